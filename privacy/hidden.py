"""Numbers in a form that keeps them from being seen: spaced, parted by other signs, spelled, or with look-alikes."""

import re
from dataclasses import dataclass
from functools import cached_property

from validate_docbr import CNPJ, CPF

from models import PersonalData
from privacy.documents import is_of_a_brand, passes_luhn
from privacy.near import is_in_link, word_beside, words_before
from privacy.phones import is_brazilian_mobile, is_long_enough, is_of_a_company, is_valid_phone
from privacy.spelled import Piece, runs

_CPF, _CNPJ = CPF(), CNPJ()
_MOST_DIGITS = 19  # of a card
_FEWEST_DIGITS = 8  # of a telephone
_AND = 3
# How many digits the groups of each number have where it is written as usual.
_CPF_GROUPS = (3, 3, 3, 2)
_CNPJ_GROUPS = (2, 3, 3, 4, 2)
_USUAL = frozenset((_CPF_GROUPS, _CNPJ_GROUPS))
_MOST_GROUPS = 5
_PHONE_GROUPS = ((2, 5, 4), (2, 4, 4), (2, 1, 4, 4), (2, 2, 5, 4))
_JOINED_BEFORE = frozenset("#$€£@/\\&=%")
_JOINED_AFTER = frozenset("%@")
_DATE = re.compile(
    r"(?:(?:0?[1-9]|[12][0-9]|3[01])([./-])(?:0?[1-9]|1[0-2])\1(?:19|20)?[0-9]{2}"
    r"|(?:19|20)[0-9]{2}([./-])(?:0?[1-9]|1[0-2])\2(?:0?[1-9]|[12][0-9]|3[01]))(?![0-9])"
)
_PLUS = re.compile(r"(?:\+|\bmais|\bplus|\bmas)[ (]{0,2}\Z", re.IGNORECASE)
_LETTERED = re.compile(
    r"(?<![\w./-])[A-Z0-9]{2}[ ._/-]{0,3}[A-Z0-9]{3}[ ._/-]{0,3}[A-Z0-9]{3}[ ._/-]{0,3}[A-Z0-9]{4}[ ._/-]{0,3}"
    r"[0-9][ ._/-]?[0-9](?![\w/])|(?<!\w)(?:[A-Z0-9][ ._/-]{1,3}){13}[0-9](?!\w)",
    re.IGNORECASE,
)
_PARTS = re.compile(r"[ ._/-]+")


@dataclass(frozen=True)
class Seen:
    """A number in a plain text, and its digits as they read."""

    kind: PersonalData
    start: int
    end: int
    core: str


@dataclass(frozen=True)
class _Window:
    """Neighbouring pieces of a run, taken for one number."""

    text: str
    pieces: tuple[Piece, ...]
    is_apart: bool  # what stands beside it is further away than its pieces are from each other

    @property
    def start(self) -> int:
        return self.pieces[0].start

    @property
    def end(self) -> int:
        return self.pieces[-1].end

    @cached_property
    def digits(self) -> str:
        return "".join(piece.digits for piece in self.pieces)

    @cached_property
    def groups(self) -> tuple[int, ...]:
        return tuple(len(piece.digits) for piece in self.pieces)

    @cached_property
    def said(self) -> str:
        return word_beside(self.text, self.start, self.end)

    @cached_property
    def is_disguised(self) -> bool:
        """Whether somebody wrote it so that it is not seen: digit by digit or in words."""
        return all(len(piece.digits) == 1 or not piece.is_plain for piece in self.pieces)

    @property
    def is_after_cpf(self) -> bool:
        return "cpf" in words_before(self.text, self.start)

    @property
    def is_in_words(self) -> bool:
        return sum(not piece.is_plain for piece in self.pieces) * 2 > len(self.pieces)


def hidden(text: str) -> list[Seen]:
    """Every number that is spaced, spelled or parted in an uncommon way, in order; time in proportion to the text."""
    seen: list[Seen] = []
    for run in runs(text):
        if sum(len(piece.digits) for piece in run) < _FEWEST_DIGITS or (len(run) == 1 and run[0].is_plain):
            continue
        first = 0
        while first < len(run):
            found, first = _longest(text, run, first)
            if found:
                seen.append(found)
    return seen + _lettered(text)


def _longest(text: str, run: list[Piece], first: int) -> tuple[Seen | None, int]:
    """The longest number that begins at a piece of the run, and the piece to go on from."""
    best: tuple[Seen | None, int] = (None, first + 1)
    length = within = 0
    for last in range(first, len(run)):
        length += len(run[last].digits)
        within = max(within, run[last].parted) if last > first else 0
        if length > _MOST_DIGITS:
            break
        if length < _FEWEST_DIGITS or (last == first and run[first].is_plain):
            continue
        begins = first == 0 or run[first].parted > within
        ends = last + 1 == len(run) or run[last + 1].parted > within
        # Most windows of a long run end here: what follows takes a hundred times as long.
        if not (begins and ends) and last - first >= _MOST_GROUPS:
            continue
        window = _Window(text, tuple(run[first : last + 1]), begins and ends)
        if (window.is_apart or window.groups in _USUAL) and (kind := _kind(window)) and _stands_freely(window):
            best = Seen(kind, window.start, window.end, window.digits), last + 1
    return best


def _stands_freely(window: _Window) -> bool:
    """Whether it is no piece of a link, an amount or a code."""
    before, after = window.text[window.start - 1 : window.start], window.text[window.end : window.end + 1]
    return before not in _JOINED_BEFORE and after not in _JOINED_AFTER and not is_in_link(window.text, window.start)


def _kind(window: _Window) -> PersonalData | None:
    """What a window is; None when it is no number of a person."""
    match len(window.digits):
        case 11 if _is_cpf(window):
            return PersonalData.CPF
        case 14 if _is_cnpj(window):
            return PersonalData.CNPJ
    if _is_card(window):
        return PersonalData.CARD
    return PersonalData.PHONE if _is_phone(window) else None


def _is_code(window: _Window) -> bool:
    """Whether a word says that it is an order or the like, and nobody hid it."""
    return window.said == "order" and not window.is_disguised and all(piece.is_plain for piece in window.pieces)


def _is_cpf(window: _Window) -> bool:
    is_usual = window.groups == _CPF_GROUPS
    if not is_usual and (not window.is_apart or _is_code(window)):
        return False
    if window.said == "cpf":
        return True
    # One mobile number in a hundred has a CPF's check digits, and one CPF in thirty reads as a mobile number.
    is_shaped = window.groups in _PHONE_GROUPS and is_brazilian_mobile(window.digits)
    is_phone = not is_usual and (is_shaped or (window.said == "phone" and not window.is_after_cpf))
    return not is_phone and bool(_CPF.validate(window.digits))


def _is_cnpj(window: _Window) -> bool:
    is_usual = window.groups == _CNPJ_GROUPS
    if not is_usual and (not window.is_apart or _is_code(window)):
        return False
    return window.said == "cnpj" or bool(_CNPJ.validate(window.digits))


def _is_card(window: _Window) -> bool:
    digits = window.digits
    if not is_of_a_brand(digits) or not passes_luhn(digits):
        return False
    return window.is_apart and not _is_code(window)


def _is_phone(window: _Window) -> bool:
    digits, said = window.digits, window.said
    if len(digits) > 14 or not window.is_apart or _is_code(window) or _is_amount_or_date(window):
        return False
    if is_of_a_company(digits) or _DATE.match(window.text, window.start):
        return False
    if _PLUS.search(window.text, max(0, window.start - 8), window.start):
        return is_valid_phone("+" + digits)
    is_sure = said == "phone" or window.is_disguised
    return is_valid_phone(digits, anywhere=is_sure) or (
        (said == "phone" or window.is_in_words) and is_long_enough(digits)
    )


def _is_amount_or_date(window: _Window) -> bool:
    """Whether an "and", a comma, a slash or a colon parts figures that have more than one digit each."""
    if window.is_disguised:
        return False
    if any(piece.parted == _AND for piece in window.pieces[1:]):
        return True
    parting = ",;" if window.said == "phone" or window.groups in _PHONE_GROUPS else ",;/:"
    return any(sign in piece.gap for piece in window.pieces[1:] for sign in parting)


def _lettered(text: str) -> list[Seen]:
    """Every CNPJ with letters that is parted in an uncommon way; in small letters beside the word alone."""
    seen = []
    for found in _LETTERED.finditer(text):
        number = _PARTS.sub("", found[0])
        if number[:12].isdigit() or not _CNPJ.validate(number.upper()) or is_in_link(text, found.start()):
            continue
        if number.isupper() or word_beside(text, *found.span()) == "cnpj":
            seen.append(Seen(PersonalData.CNPJ, *found.span(), number.lower()))
    return seen
