"""Numbers as people spell them: words for digits, letters that look like digits, and the signs between them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from unicodedata import normalize

_UNITS = (
    "zero cero nought zerro",
    "um uno one hum",
    "dois dos two doiz",
    "tres three treis",
    "quatro cuatro four",
    "cinco five sinco",
    "seis six meia",
    "sete siete seven",
    "oito ocho eight",
    "nove nueve nine",
)
_TEENS = (
    "dez diez ten",
    "onze once eleven",
    "doze doce twelve",
    "treze trece thirteen",
    "quatorze catorze catorce fourteen",
    "quinze quince fifteen",
    "dezesseis dezasseis dieciseis sixteen",
    "dezessete dezassete diecisiete seventeen",
    "dezoito dieciocho eighteen",
    "dezenove dezanove diecinueve nineteen",
    "vinte veinte twenty",
    "veintiuno veintiun",
    "veintidos",
    "veintitres",
    "veinticuatro",
    "veinticinco",
    "veintiseis",
    "veintisiete",
    "veintiocho",
    "veintinueve",
)
_TENS = (
    "vinte veinte twenty",
    "trinta treinta thirty",
    "quarenta cuarenta forty fourty",
    "cinquenta cincuenta fifty",
    "sessenta sesenta sixty",
    "setenta seventy",
    "oitenta ochenta eighty",
    "noventa ninety",
)
_HUNDREDS = (
    "cem cento cien ciento",
    "duzentos doscientos",
    "trezentos trescientos",
    "quatrocentos cuatrocientos",
    "quinhentos quinientos",
    "seiscentos seiscientos",
    "setecentos setecientos",
    "oitocentos ochocientos",
    "novecentos novecientos",
)


def _valued(rows: tuple[str, ...], first: int, step: int = 1) -> dict[str, int]:
    return {word: first + step * place for place, row in enumerate(rows) for word in row.split()}


_UNIT = _valued(_UNITS, 0)
_TEEN = _valued(_TEENS, 10)
_TEN = _valued(_TENS, 20, 10)
_HUNDRED = _valued(_HUNDREDS, 100, 100)
_TIMES = {"double": 2, "doble": 2, "duplo": 2, "dobro": 2, "triple": 3, "treble": 3, "triplo": 3}
_ANDS = frozenset(("e", "y", "and"))
# Words that stand for a sign inside a number: what they part belongs together.
_SIGN_WORDS = """
    ponto punto dot point traco tracinho hifen dash hyphen guion barra slash espaco espacio space virgula coma comma
    underline underscore menos minus depois then luego
"""
_SIGNS = frozenset(_SIGN_WORDS.split())
_MOST_BETWEEN = 2  # such words between two pieces
_MOST_SIGNS = 6  # signs between two pieces, beside the words
# What parts numbers that do not belong together: amounts, ends of sentences, codes and links.
_PARTING = re.compile(r"[%$€£#@=&?!<>\"'ºª°§]")

_LOOK_ALIKE = str.maketrans(
    dict.fromkeys("oOοОоΟօ", "0") | dict.fromkeys("lLIi|ІіΙ", "1") | {"S": "5", "s": "5", "B": "8", "Z": "2"}
)
_LONE_LOOK_ALIKE = {"o": "0", "oh": "0", "l": "1", "i": "1"}
_SHORT = 4  # signs of a piece in which one figure tells that the letters are some too
_LEET = str.maketrans("013457", "oieast")
_ANY_UNIT = "|".join(sorted(_UNIT, key=len, reverse=True))
_GLUED_UNITS = re.compile(rf"(?:{_ANY_UNIT}){{3,24}}")
_ONE_UNIT = re.compile(_ANY_UNIT)
_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True)
class Piece:
    """Digits that stand together: figures as they are (`is_plain`), a word, or figures and letters that look like some.

    `parted` tells how far the piece before is: 0 by a sign, 1 by a space, 2 by a comma or a line, 3 by an "and".
    """

    start: int
    end: int
    digits: str
    is_plain: bool
    gap: str = ""
    parted: int = 0


@lru_cache(maxsize=4096)
def _folded_sign(sign: str) -> str:
    return (normalize("NFD", sign.lower()) or sign)[0]


def folded(text: str) -> str:
    """The text in small letters without accents, each sign in its place."""
    return text.lower() if text.isascii() else "".join(map(_folded_sign, text))


def runs(text: str) -> Iterator[list[Piece]]:
    """The pieces of a plain text that may belong to one number, run by run."""
    words = _Words(text, folded(text), tuple(found.span() for found in _WORD.finditer(text)))
    run: list[Piece] = []
    between: list[str] = []
    at = 0
    while at < len(words.spans):
        read = _read(words, at, run[-1] if run else None)
        if read is None:
            between.append(words[at])
            at += 1
            if run and (len(between) > _MOST_BETWEEN or between[-1] not in _SIGNS | _ANDS):
                yield run
                run = []
            continue
        digits, after, is_plain = read
        start, end = words.spans[at][0], words.spans[after - 1][1]
        gap = text[run[-1].end : start] if run else ""
        parted = _parted(gap, between) if run else 0
        if parted is None:
            yield run
            run, gap = [], ""
        run.append(Piece(start, end, digits, is_plain, gap, parted or 0))
        between, at = [], after
    if run:
        yield run


@dataclass(frozen=True)
class _Words:
    """The words of a text, folded; "" where there is none."""

    text: str
    low: str
    spans: tuple[tuple[int, int], ...]

    def __getitem__(self, at: int) -> str:
        return self.low[slice(*self.spans[at])] if at < len(self.spans) else ""

    def is_joined(self, at: int) -> bool:
        """Whether a space or a hyphen alone parts a word from the one before."""
        return 0 < at < len(self.spans) and self.low[self.spans[at - 1][1] : self.spans[at][0]] in (" ", "-")


_Read = tuple[str, int, bool]  # digits, the word after them, whether they stand there as they are


def _parted(gap: str, between: list[str]) -> int | None:
    """How far a gap parts two pieces; None when they belong to different numbers."""
    signs = "".join(sign for sign in gap if not sign.isalnum()) if between else gap
    if len(signs) > _MOST_SIGNS or _PARTING.search(signs):
        return None
    if not _ANDS.isdisjoint(between):
        return 3
    if "," in signs or ";" in signs or "\n" in signs or signs == ". ":
        return 2
    return 1 if " " in signs and not between else 0


def _read(words: _Words, at: int, before: Piece | None) -> _Read | None:
    """The digits that begin at a word; None when it is none."""
    written, word = words.text[slice(*words.spans[at])], words[at]
    figures = sum("0" <= sign <= "9" for sign in written)
    if figures == len(written):
        return written, at + 1, True
    if figures:
        digits = written.translate(_LOOK_ALIKE)
        if digits.isascii() and digits.isdigit() and (2 * figures >= len(written) or len(written) <= _SHORT):
            return digits, at + 1, False
        word = word.translate(_LEET)
    elif word in _LONE_LOOK_ALIKE:  # among single digits alone: it is an article elsewhere
        following = words[at + 1]
        is_among = before is not None and len(before.digits) == 1 and (len(following) == 1 or following in _UNIT)
        return (_LONE_LOOK_ALIKE[word], at + 1, False) if is_among else None
    return _counted(words, at, word)


def _counted(words: _Words, at: int, word: str) -> _Read | None:
    """The digits that a word says, together with the words that belong to it."""
    following = words[at + 1]
    if word in _TIMES and following in _UNIT:
        return str(_UNIT[following]) * _TIMES[word], at + 2, False
    if word in _UNIT and following == "hundred":
        return _and_less(words, at + 2, 100 * _UNIT[word])
    if word in _HUNDRED:
        return _and_less(words, at + 1, _HUNDRED[word])
    if word in _TEN or word in _TEEN:
        tens, after = _tens(words, at, word)
        return str(tens), after, False
    if word in _UNIT or _GLUED_UNITS.fullmatch(word):
        return "".join(str(_UNIT[unit]) for unit in _ONE_UNIT.findall(word)), at + 1, False
    return None


def _and_less(words: _Words, at: int, hundreds: int) -> _Read:
    """Hundreds and what follows them below a hundred: five hundred and twenty-nine."""
    following = at
    if words.is_joined(following) and words[following] in _ANDS:
        following += 1
    if words.is_joined(following):
        word = words[following]
        if word in _TEN or word in _TEEN:
            tens, after = _tens(words, following, word)
            return str(hundreds + tens), after, False
        if following > at and _UNIT.get(word):
            return str(hundreds + _UNIT[word]), following + 1, False
    return str(hundreds), at, False


def _tens(words: _Words, at: int, word: str) -> tuple[int, int]:
    """A number from ten to ninety-nine, and the word after it."""
    if word not in _TEN:
        return _TEEN[word], at + 1
    following = at + 1
    if words.is_joined(following) and words[following] in _ANDS:
        following += 1
    unit = _UNIT.get(words[following]) if words.is_joined(following) else None
    return (_TEN[word] + unit, following + 1) if unit else (_TEN[word], at + 1)  # no unit, and no zero
