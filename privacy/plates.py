"""Number plates of cars."""

import re

_MERCOSUL = re.compile(r"[A-Z]{3}[ -]?[0-9][A-J][0-9]{2}(?!\w)")
_LINKED = frozenset("/-_@#")
_BESIDE_A_WORD = re.compile(
    r"[A-Z]{3}[ -]?[0-9]{4}(?!\w)"  # Brazil before 2018
    r"|[A-Z]{3}[ -]?[0-9][A-J][0-9]{2}(?!\w)"  # Brazil, Mercosul
    r"|[A-Z]{3}[ -]?[0-9]{3}(?:[ -]?[A-Z])?(?!\w)"  # Argentina before 2016, Colombia, Peru, Mexico
    r"|[A-Z]{2}[ -]?[0-9]{3}[ -]?[A-Z]{2}(?!\w)"  # Argentina
    r"|[A-Z]{2}[0-9]{2}[ -]?[A-Z]{3}(?!\w)"  # United Kingdom
    r"|[A-Z]{4}[ -]?[0-9]{2}(?!\w)"  # Chile
    r"|[A-Z]{3}-[0-9]{2}-[0-9]{2}(?!\w)"  # Mexico
    r"|[A-Z][0-9]{3}[A-Z]{3}(?!\w)"  # motorcycles of Argentina
    r"|[0-9]{4}[ -]?[B-DF-HJ-NP-TV-Z]{3}(?!\w)",  # Spain
    re.IGNORECASE,
)
_WORD_BEFORE = re.compile(
    r"\b(?:placas?|patentes?|matr[ií]culas?|dominio|reg(?:istration)?|plates?)\b"
    r"(?! (?:de v[ií]deo|m[aã]e|solar|de som|gr[aá]fica|madre))[^\d\n.;]{0,24}\Z",
    re.IGNORECASE,
)
_WORD_AFTER = re.compile(
    r"[\s,()-]{1,3}(?:[eé] |is |es |era )?(?:(?:a|o|la|el|my|the|minha|mi) )?(?:placa|plate|patente)\b", re.I
)
_CARS = re.compile(r"\b(?:carro|ve[ií]culo|moto|caminh[aã]o|motorista|autom[oó]vel)\b[^\d\n.;]{0,24}\Z", re.IGNORECASE)
_CODE_BEFORE = re.compile(
    r"\b(?:models?|modelos?|cupom|cup[oó]n|coupon|s[eé]ries?|serial|sku|c[oó]digo|code|lote)\b"
    r"\W{1,3}(?:(?:n[º°o.]{1,2}|number|[eé]|is|es|era|was)\W{1,2})?\Z",
    re.IGNORECASE,
)
_CARDS = frozenset(("rtx", "gtx"))  # a computer's placa
_REACH = 50
_MOST_LETTERS = 5  # letters, and a sign, before the first digit


def plate_at(text: str, at: int) -> tuple[int, int] | None:
    """The span of the plate whose first digit stands here; None when none does."""
    start = _start(text, at)
    found = _BESIDE_A_WORD.match(text, start)
    if found and _is_told(text, start, found.end()):
        return start, found.end()
    # The shape of Mercosul is no other's: in capitals it needs no word, unless it is a piece of a link or a name,
    # or a word says that it is a code.
    found = _MERCOSUL.match(text, start) if start < at else None
    if not found or text[max(0, start - 1) : start] in _LINKED:
        return None
    is_code = _CODE_BEFORE.search(text, max(0, start - _REACH), start)
    return None if is_code else (start, found.end())


def _start(text: str, at: int) -> int:
    """Where the letters before a digit begin; the digit itself when there are none, or the word is a longer one."""
    start = at
    if start and text[start - 1] in " -":
        start -= 1
    letters = start
    while letters and at - letters < _MOST_LETTERS + 1 and text[letters - 1].isalpha() and text[letters - 1].isascii():
        letters -= 1
    if 1 <= start - letters <= 4 and not text[letters - 1 : letters].isalnum():
        return letters
    return at


def _is_told(text: str, start: int, end: int) -> bool:
    if text[start : start + 3].lower() in _CARDS:
        return False
    window = max(0, start - _REACH)
    if _WORD_BEFORE.search(text, window, start) or _WORD_AFTER.match(text, end, end + 24):
        return True
    return "-" in text[start:end] and text[start : start + 3].isupper() and bool(_CARS.search(text, window, start))
