"""Telephone numbers of persons, as people write them in posts."""

import re
from collections.abc import Iterator
from functools import lru_cache

from phonenumbers import (
    NumberParseException,
    PhoneNumber,
    PhoneNumberType,
    is_possible_number,
    is_valid_number,
    number_type,
    parse,
)

from privacy.near import begins_freely, ends_freely, follows_telephone, is_chat_link, is_in_link, word_beside

# Lines of companies: free of charge, at the caller's cost, or the same everywhere.
_OF_COMPANIES = frozenset(
    (
        PhoneNumberType.TOLL_FREE,
        PhoneNumberType.PREMIUM_RATE,
        PhoneNumberType.SHARED_COST,
        PhoneNumberType.UAN,
        PhoneNumberType.VOICEMAIL,
        PhoneNumberType.UNKNOWN,
    )
)
_SERVICE = re.compile(
    r"\(?(?:0[35689]00|(?:400[0-9]|300[0-9]|4020|4062)[ .-]?[0-9]{4}(?![0-9])"
    r"|1-?8[0-9]{2}-|8(?:00|88|77|66|55|44|33|22)[ .)-])"
)

# The same lines once nothing parts their digits, and those of Spain, Mexico, Colombia and the United States.
_COMPANY_DIGITS = re.compile(
    r"(?:55)?(?:0[35689]00[0-9]{6,7}|0?(?:400[0-9]|300[0-9]|4020|4062)[0-9]{4}|0?1?8(?:00|88|77|66|55|44|33|22)[0-9]{6,7}"
    r"|1900[0-9]{7}|(?:34)?90[0-2][0-9]{6}|018000[0-9]{5,7}|0810[0-9]{7})"
)

_MOST_TRIMS = 4  # groups of digits after a number that belong to something else
_FEWEST_ABROAD = 8  # digits, the country's among them
_LIKELY_ABROAD = range(11, 14)
_ABROAD = re.compile(r"00[ .-]?[1-9]")
_GROUPS = re.compile(r"[0-9](?:[ .()/-]{0,3}[0-9]){7,14}(?![0-9])")
_BRAZIL = re.compile(
    r"(?:(?:00)?55[ .-]{0,2}\(?)?(?:0|0?[0-9]{2} )?([1-9][0-9])\)?[ .-]{0,3}"
    r"(9[ .-]?[0-9]{4}|[2-5][0-9]{3})[-. ]{0,3}([0-9]{4})(?![0-9])"
)
_NORTH_AMERICA = re.compile(
    r"(?:1[ .-]{1,2}\(?)?([2-9][0-9]{2})(\)?[ .-]{1,2}|\))([2-9][0-9]{2})([ .-])([0-9]{4})(?![0-9])"
)
# A shape, the countries that write so.
_WRITTEN: tuple[tuple[re.Pattern[str], tuple[str, ...]], ...] = (
    (re.compile(r"[0-9]{2}\)?[ -]{1,2}[0-9]{4}[ -][0-9]{4}(?![0-9])"), ("MX", "AR")),
    (re.compile(r"[0-9]{3}\)?[ -]{1,2}[0-9]{3}[ -][0-9]{4}(?![0-9])"), ("CO", "MX", "AR", "IN")),
    (re.compile(r"0[1-9][0-9]{0,3}\)?(?:[ -]{1,2}[0-9]{2,4}){2,4}(?![0-9])"), ("GB", "IE", "AU", "AR")),
    (re.compile(r"0[0-9]{4}\)?[ -]{1,2}[0-9]{5,6}(?![0-9])"), ("GB", "IN")),
    (re.compile(r"[679][0-9]{2}([ -])[0-9]{3}\1[0-9]{3}(?![0-9])"), ("ES", "PE")),
    (re.compile(r"[679][0-9]{2}([ -])[0-9]{2}\1[0-9]{2}\1[0-9]{2}(?![0-9])"), ("ES",)),
    (re.compile(r"9[0-9]([ -])[0-9]{3}\1[0-9]{2}\1[0-9]{2}(?![0-9])"), ("ES",)),
    (re.compile(r"9 [0-9]{4}[ -][0-9]{4}(?![0-9])"), ("CL",)),
    (re.compile(r"[6-9][0-9]{4}[ -][0-9]{5}(?![0-9])"), ("IN",)),
)
_LOCAL = re.compile(r"(?:9[ .]?[0-9]{4}|[2-5][0-9]{3})[ .-]?[0-9]{4}(?![0-9])")
_LOCAL_MOBILE = re.compile(r"9[ ]?[5-9][0-9]{3}-[0-9]{4}")
_TWO_YEARS = re.compile(r"(?:19|20)[0-9]{2}\D?(?:19|20)[0-9]{2}")
# The last digits of another line of the same place, as in 3456-7890/7891: no year.
_OTHER_LINE = re.compile(r"/(?!19|20)[1-9][0-9]{3}(?![\w%]|[.,:-][0-9])")
_BARE = re.compile(r"[0-9]{7,13}(?![0-9])")
_BARE_MOBILE = re.compile(r"07[4-9][0-9]{8}")
_HOMES = ("BR", "US", "GB", "IN", "IE", "AU", "MX", "AR", "CL", "CO", "PE", "ES")
_COUNTED = re.compile(r" ?(?:reais|euros?|pesos|pessoas|personas|people|d[oó]lares|dollars|views|seguidores|vezes)")


def _is_of_a_person(number: PhoneNumber) -> bool:
    return is_valid_number(number) and number_type(number) not in _OF_COMPANIES


@lru_cache(maxsize=4096)
def _is_brazilian(digits: str) -> bool:
    """Area code and number, ten digits or eleven."""
    return _is_of_a_person(PhoneNumber(country_code=55, national_number=int(digits)))


def is_brazilian_mobile(digits: str) -> bool:
    """Whether eleven digits are an area code of Brazil and a mobile number."""
    return len(digits) == 11 and digits[2] == "9" and _is_brazilian(digits)


def is_of_a_company(digits: str) -> bool:
    """Whether digits without signs are a line that many call: free of charge, or the same everywhere."""
    return bool(_COMPANY_DIGITS.fullmatch(digits))


def is_valid_phone(digits: str, *, anywhere: bool = False) -> bool:
    """Whether digits, a plus before them at most, are a mobile of Brazil or, `anywhere`, a number of a person."""
    if digits.startswith("+"):
        return any(map(_is_of_a_person, _numbers(digits, ("ZZ",))))
    national = digits.removeprefix("00")
    if len(national) in (12, 13):
        national = national.removeprefix("55")
    if is_brazilian_mobile(national.removeprefix("0")):
        return True
    if not anywhere:
        return False
    return (len(national) == 10 and _is_brazilian(national)) or (
        len(national) >= 9 and any(_is_of_a_person_in(national, (home,)) for home in _HOMES)
    )


def is_long_enough(digits: str) -> bool:
    """Whether what is told to be a telephone may be one, be it without its area code or made up."""
    return 8 <= len(digits) <= 13


def _numbers(digits: str, regions: tuple[str, ...]) -> Iterator[PhoneNumber]:
    for region in regions:
        try:
            yield parse(digits, region)
        except NumberParseException:
            continue


@lru_cache(maxsize=4096)  # the same number is looked at in several forms, and a text made to cost time repeats one
def _is_of_a_person_in(digits: str, regions: tuple[str, ...], *, is_told: bool = False) -> bool:
    """Whether a person may have it in the first of the countries that know it.

    Beside a word that says so (`is_told`), a number that none of them has given out counts too.
    """
    numbers = list(_numbers(digits, regions))
    known = next(filter(is_valid_number, numbers), None)
    if known is None:
        return is_told and any(map(is_possible_number, numbers[:1]))
    return number_type(known) not in _OF_COMPANIES


def phone_at(text: str, at: int) -> tuple[int, int] | None:
    """The span of the number whose first digit stands here, its plus and bracket included; None when none does."""
    start = at - 1 if text[at - 1 : at] == "(" else at
    plus = start
    while plus > 0 and start - plus < 2 and text[plus - 1] == " ":
        plus -= 1
    if text[plus - 1 : plus] == "+" or _ABROAD.match(text, at) or is_chat_link(text, at):
        is_marked = text[plus - 1 : plus] == "+"
        if end := _international(text, at):
            return (plus - 1 if is_marked else start), end
    if _SERVICE.match(text, at) or not begins_freely(text, start) or is_in_link(text, start):
        return None
    end = _brazilian(text, at, start) or _north_american(text, at) or _written(text, at) or _local(text, at)
    end = end or _bare(text, at)
    if not end or _COUNTED.match(text, end):
        return None
    return start, end


def _international(text: str, at: int) -> int:
    """The longest run of groups from here that is a number with its country's code."""
    found = _GROUPS.match(text, at)
    if not found:
        return 0
    end = found.end()
    for _ in range(_MOST_TRIMS):
        digits = _digits(text[at:end]).removeprefix("00")
        number = next(_numbers("+" + digits, ("ZZ",)), None) if len(digits) >= _FEWEST_ABROAD else None
        if number is None:
            break
        if is_valid_number(number):
            return end if number_type(number) not in _OF_COMPANIES else 0
        while end > at and text[end - 1].isdigit():
            end -= 1
        while end > at and not text[end - 1].isdigit():
            end -= 1
    # Made up, or in a form that is no longer valid, such as the mobiles of Mexico with a 1: a plus says enough.
    is_likely = text[at - 1 : at] == "+" and len(_digits(found[0])) in _LIKELY_ABROAD
    return found.end() if is_likely and ends_freely(text, found.end()) else 0


def _digits(text: str) -> str:
    return "".join(sign for sign in text if sign.isdigit())


def _ends(text: str, end: int) -> bool:
    """Whether a number of Brazil may end here, be it before the last digits of another."""
    return ends_freely(text, end) or bool(_OTHER_LINE.match(text, end))


def _brazilian(text: str, at: int, start: int) -> int:
    found = _BRAZIL.match(text, at)
    if not found or not _ends(text, found.end()):
        return 0
    number = _digits("".join(found.groups()))
    if not _is_brazilian(number):
        return 0
    if not found[0].isdigit():
        return found.end()
    said = word_beside(text, start, found.end())
    if said in ("order", "cpf", "cnpj"):
        return 0
    is_enough = len(found[0]) in (11, 13) and number[2] == "9"
    return found.end() if is_enough or said == "phone" or start < at else 0


def _north_american(text: str, at: int) -> int:
    """By its shape: the numbers that people make up for examples count too."""
    found = _NORTH_AMERICA.match(text, at)
    if not found or not ends_freely(text, found.end()):
        return 0
    if found[2] == found[4] == " " or (found[2] == " " and text[at - 1 : at] != "("):
        return found.end() if _is_of_a_person_in(found[0], ("US",)) else 0
    return found.end()


def _written(text: str, at: int) -> int:
    for shape, regions in _WRITTEN:
        found = shape.match(text, at)
        if not found or not ends_freely(text, found.end()):
            continue
        said = word_beside(text, at, found.end())
        if said != "order" and _is_of_a_person_in(found[0], regions, is_told=said == "phone"):
            return found.end()
    return 0


def _local(text: str, at: int) -> int:
    """A number of Brazil without its area code: a mobile by its hyphen, others beside a word that says so."""
    found = _LOCAL.match(text, at)
    if not found or not _ends(text, found.end()) or _TWO_YEARS.match(found[0]):
        return 0
    said = word_beside(text, at, found.end())
    is_second = said != "order" and not found[0].isdigit() and follows_telephone(text, at)
    if said == "phone" or is_second or (_LOCAL_MOBILE.match(found[0]) and said in ("", "cpf")):
        return found.end()
    return 0


def _bare(text: str, at: int) -> int:
    found = _BARE.match(text, at)
    if not found or not ends_freely(text, found.end()) or len(found[0]) < 9:
        return 0
    said = word_beside(text, at, found.end())
    is_mobile = _BARE_MOBILE.fullmatch(found[0]) and said == ""
    if said != "phone" and not is_mobile:
        return 0
    return found.end() if any(map(_is_of_a_person, _numbers(found[0], _HOMES))) else 0
