"""CPF, CNPJ and payment cards: numbers that verify themselves."""

import re

from validate_docbr import CNPJ, CPF

from models import PersonalData
from privacy.near import begins_freely, ends_freely, is_in_link, word_beside, words_before
from privacy.phones import is_brazilian_mobile

_CPF = CPF()
_CNPJ = CNPJ()

_CPF_SHAPE = re.compile(r"[0-9]{3}([. -]?)[0-9]{3}\1[0-9]{3}([-/. ]|\s-\s)?[0-9]{2}(?![0-9])")
_CNPJ_SHAPE = re.compile(r"[0-9]{2}([. ]?)[0-9]{3}\1[0-9]{3}([/ ]?)[0-9]{4}([- ]?)[0-9]{2}(?![0-9])")
# From 2026 on letters stand in a CNPJ - gov.br/receitafederal, CNPJ alfanumérico, read 2026-11
_LETTERED = re.compile(
    r"(?:(?<!\w)|(?<=cnpj))[A-Z0-9]{2}\.?[A-Z0-9]{3}\.?[A-Z0-9]{3}/?[A-Z0-9]{4}-?[0-9]{2}(?!\w)", re.IGNORECASE
)
_LONGEST_CNPJ = 18  # signs, all that part its digits among them
_PARTS_OF_CNPJ = str.maketrans("", "", "./-")

_CARD_SHAPE = re.compile(
    r"[0-9]{4}(?:([ .-]?)[0-9]{4}\1[0-9]{4}\1[0-9]{1,4}(?P<last>\1[0-9]{1,3})?"
    r"|([ .-])[0-9]{6}\3[0-9]{4,5})(?![0-9])"
)
_EXPIRY_OR_CODE = re.compile(r"(?:[/:-]|(?<=\.[0-9]{4})\.)[0-9]{2,4}(?![0-9])")  # straight after a card
_CARD_BEFORE = re.compile(r"\b(?:cart[aã]o|tarjeta|card)\b\D{0,24}\Z", re.IGNORECASE)
_REACH = 40
# How the numbers of each brand begin, and how many digits they have.
_BRANDS: tuple[tuple[re.Pattern[str], frozenset[int]], ...] = (
    (re.compile(r"4"), frozenset((13, 16, 19))),  # Visa, and the Elo cards that begin alike
    (re.compile(r"5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720"), frozenset((16,))),  # Mastercard
    (re.compile(r"3[47]"), frozenset((15,))),  # American Express
    (re.compile(r"30[0-5]|3[689]"), frozenset((14,))),  # Diners Club
    (re.compile(r"6011|64[4-9]|65|62|35(?:2[89]|[3-8])"), frozenset((16, 17, 18, 19))),  # Discover, UnionPay, JCB
    (re.compile(r"5041|5066|5067|509|6277|6362|6363"), frozenset((16,))),  # Elo
    (re.compile(r"606282|3841"), frozenset((16, 19))),  # Hipercard
    (re.compile(r"5018|5020|5038|5893|6304|6759|676[123]"), frozenset((13, 16, 18, 19))),  # Maestro
)


def digits_of(text: str) -> str:
    return "".join(sign for sign in text if "0" <= sign <= "9")


def passes_luhn(digits: str) -> bool:
    total = 0
    for place, sign in enumerate(reversed(digits)):
        value = int(sign) * (1 + place % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def is_of_a_brand(digits: str) -> bool:
    return any(len(digits) in lengths and begins.match(digits) for begins, lengths in _BRANDS)


def cpf_at(text: str, at: int) -> int:
    """Where the CPF that begins here ends; 0 when none does."""
    found = _CPF_SHAPE.match(text, at)
    if not found or not begins_freely(text, at):
        return 0
    end, number = found.end(), found[0]
    said = word_beside(text, at, end)
    if said == "cpf":
        return end if ends_freely(text, end) else 0
    if not _CPF.validate(digits_of(number)) or found[2] == "." or is_in_link(text, at):
        return 0
    if not number.isdigit():
        return end
    is_mobile = is_brazilian_mobile(number)
    if "cpf" in words_before(text, at):  # with check digits it weighs more than a nearer word, as in "CPF na nota"
        is_other = is_mobile and said == "phone"
    else:
        is_other = is_mobile or said in ("order", "phone", "cnpj")
    return 0 if is_other or not ends_freely(text, end) else end


def cnpj_at(text: str, at: int) -> int:
    """Where the CNPJ in digits that begins here ends; 0 when none does."""
    found = _CNPJ_SHAPE.match(text, at)
    if not found or not begins_freely(text, at) or not ends_freely(text, found.end()) or is_in_link(text, at):
        return 0
    end, number = found.end(), found[0]
    said = word_beside(text, at, end)
    if said == "cnpj":
        return end
    if number.isdigit() and said == "order":
        return 0
    return end if _CNPJ.validate(digits_of(number)) else 0


def card_at(text: str, at: int) -> int:
    """Where the card number that begins here ends, without an expiry or a code after it; 0 when none begins."""
    found = _CARD_SHAPE.match(text, at)
    if not found or not begins_freely(text, at) or is_in_link(text, at):
        return 0
    ends = [found.end()]
    if found["last"] and not found["last"].isdigit():  # a group of the card's own, or the month or the code after it
        ends.append(found.start("last"))
    return next((end for end in ends if _is_card(text, at, end)), 0)


def _is_card(text: str, at: int, end: int) -> bool:
    digits = digits_of(text[at:end])
    if not is_of_a_brand(digits) or not passes_luhn(digits):
        return False
    is_free = ends_freely(text, end)
    if not is_free and not _EXPIRY_OR_CODE.match(text, end):
        return False
    is_clear = is_free and not text[at:end].isdigit()
    if is_clear or _CARD_BEFORE.search(text, max(0, at - _REACH), at):
        return True
    return word_beside(text, at, end) not in ("order", "cnpj")


def lettered_cnpjs(text: str) -> list[tuple[int, int, PersonalData]]:
    """Every CNPJ that holds letters."""
    return [(*found.span(), PersonalData.CNPJ) for found in _LETTERED.finditer(text) if _is_lettered(text, found)]


def _is_lettered(text: str, found: re.Match[str]) -> bool:
    start, end = found.span()
    number = found[0].translate(_PARTS_OF_CNPJ)
    if number[:12].isdigit() or not begins_freely(text, start) or not ends_freely(text, end) or is_in_link(text, start):
        return False
    said = word_beside(text, start, end)
    if len(found[0]) == _LONGEST_CNPJ and said == "cnpj":
        return True
    is_told = said == "cnpj" or "cnpj" in words_before(text, start)
    is_code = said == "order" or not number.isupper()
    if not is_told and is_code and len(found[0]) < _LONGEST_CNPJ:
        return False
    return bool(_CNPJ.validate(number.upper()))
