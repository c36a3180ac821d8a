"""CPF, CNPJ and payment cards: numbers that verify themselves."""

import re

from validate_docbr import CNPJ, CPF

from models import PersonalData
from privacy.near import begins_freely, ends_freely, is_in_link, word_beside
from privacy.phones import is_brazilian_mobile

_CPF = CPF()
_CNPJ = CNPJ()

_CPF_SHAPE = re.compile(r"[0-9]{3}([. -]?)[0-9]{3}\1[0-9]{3}([-/. ]|\s-\s)?[0-9]{2}(?![0-9])")
_CNPJ_SHAPE = re.compile(r"[0-9]{2}([. ]?)[0-9]{3}\1[0-9]{3}([/ ]?)[0-9]{4}([- ]?)[0-9]{2}(?![0-9])")
# From 2026 on letters stand in a CNPJ - gov.br/receitafederal, CNPJ alfanumérico, read 2026-11
_LETTERED = re.compile(r"[A-Z0-9]{2}\.[A-Z0-9]{3}\.[A-Z0-9]{3}/[A-Z0-9]{4}-[0-9]{2}(?!\w)", re.IGNORECASE)
_LETTERED_BARE = re.compile(r"cnpj[^\w\[\]]{0,4}([A-Z0-9]{12}[0-9]{2})(?!\w)", re.IGNORECASE)
_BEFORE_SLASH = 10  # signs of a written CNPJ that stand before its slash

_CARD_SHAPE = re.compile(
    r"[0-9]{4}(?:([ .-]?)[0-9]{4}\1[0-9]{4}(?:\1[0-9]{1,4}(?:\1[0-9]{1,3})?)"
    r"|([ .-])[0-9]{6}\2[0-9]{4,5})(?![0-9])"
)
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


def _passes_luhn(digits: str) -> bool:
    total = 0
    for place, sign in enumerate(reversed(digits)):
        value = int(sign) * (1 + place % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def _is_of_a_brand(digits: str) -> bool:
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
    if number.isdigit():
        is_other = said in ("order", "phone", "cnpj") or is_brazilian_mobile(number) or not ends_freely(text, end)
        return 0 if is_other else end
    return end


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
    """Where the card number that begins here ends; 0 when none does."""
    found = _CARD_SHAPE.match(text, at)
    if not found or not begins_freely(text, at) or not ends_freely(text, found.end()) or is_in_link(text, at):
        return 0
    digits = digits_of(found[0])
    if not _is_of_a_brand(digits) or not _passes_luhn(digits):
        return 0
    if found[0].isdigit() and word_beside(text, at, found.end()) in ("order", "cnpj"):
        return 0
    return found.end()


def lettered_cnpjs(text: str) -> list[tuple[int, int, PersonalData]]:
    """Every CNPJ that holds letters."""
    found: list[tuple[int, int, PersonalData]] = []
    slash = text.find("/")
    while slash >= 0:
        start = slash - _BEFORE_SLASH
        shape = _LETTERED.match(text, start) if start >= 0 else None
        if shape and not shape[0][:15].replace(".", "").replace("/", "").isdigit() and begins_freely(text, start):
            said = word_beside(text, start, shape.end())
            if said == "cnpj" or _is_lettered(shape[0]):
                found.append((start, shape.end(), PersonalData.CNPJ))
        slash = text.find("/", slash + 1)
    if "cnpj" in text.lower():
        found += [
            (bare.start(1), bare.end(1), PersonalData.CNPJ)
            for bare in _LETTERED_BARE.finditer(text)
            if not bare[1].isdigit() and _is_lettered(bare[1])
        ]
    return found


def _is_lettered(number: str) -> bool:
    return bool(_CNPJ.validate(number.upper()))
