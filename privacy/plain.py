"""A text as the patterns read it: plain digits and signs, nothing unseen in between, and the way back."""

import re
import unicodedata
from bisect import bisect_right
from dataclasses import dataclass
from functools import lru_cache

# What the patterns read as it stands: ASCII and the letters of Latin-1, no controls, no-break space or soft hyphen.
_STRANGE = re.compile(r"[^\x20-\x7e\t\n\r\xa1-\xac\xae-\xff]")
_LONGEST = 4  # one sign may stand for eighteen letters: no text grows beyond its bound by that
# Letters of other scripts that nobody tells from ours.
_ALIKE = dict(
    zip(
        "авсеԁһіјкӏморԛѕтуԝхАВСЕНІЈКМОРԚЅТУԜХαικνορυχΑΒΕΖΗΙΚΜΝΟΡΤΥΧ",
        "abcedhijklmopqstuwxABCEHIJKMOPQSTYWXaiknopuxABEZHIKMNOPTYX",
        strict=True,
    )
)
_UNSEEN = frozenset(("Cc", "Cf", "Mn", "Me"))
_BREAKS = frozenset("\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029")


@dataclass(frozen=True)
class Plain:
    """A text made plain. `shifts` and `origins` name the places from which on an offset differs, in order."""

    text: str
    original: str
    shifts: tuple[int, ...] = ()  # offsets in the plain text
    origins: tuple[int, ...] = ()  # what they are in the original

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Where a span of the plain text stands in the original, marks that sit on its last sign included."""
        if not self.shifts:
            return start, end
        first, last = self._origin(start), self._origin(end - 1) + 1
        while last < len(self.original) and unicodedata.category(self.original[last]) in ("Mn", "Me"):
            last += 1
        return first, last

    def _origin(self, offset: int) -> int:
        place = bisect_right(self.shifts, offset) - 1
        if place < 0:
            return offset
        most = self.origins[place + 1] - 1 if place + 1 < len(self.origins) else len(self.original) - 1
        return min(self.origins[place] + offset - self.shifts[place], most)


@lru_cache(maxsize=4096)
def plain_sign(sign: str) -> str:
    """What one sign reads as: "" for what nobody sees, itself for what means nothing here."""
    if sign in _BREAKS:
        return "\n"
    sign = _ALIKE.get(sign, sign)
    category = unicodedata.category(sign)
    if category in _UNSEEN:
        return ""
    if category == "Nd":
        return str(unicodedata.decimal(sign))
    if category == "Pd" or sign == "\u2212":
        return "-"
    if category == "Zs":
        return " "
    compatible = unicodedata.normalize("NFKC", sign)
    return compatible if len(compatible) <= _LONGEST else sign


def made_plain(text: str) -> Plain:
    """The text with every digit in ASCII, its signs in their common form and what nobody sees left out.

    Takes time in proportion to the text, never more than four times as long as it.
    """
    if not _STRANGE.search(text):
        return Plain(text, text)
    parts: list[str] = []
    shifts: list[int] = []
    origins: list[int] = []
    taken = length = 0
    for found in _STRANGE.finditer(text):
        at = found.start()
        sign = plain_sign(found[0])
        parts.append(text[taken:at])
        length += at - taken
        if len(sign) > 1:
            shifts.append(length)
            origins.append(at)
        parts.append(sign)
        length += len(sign)
        taken = at + 1
        if len(sign) != 1:
            shifts.append(length)
            origins.append(taken)
    parts.append(text[taken:])
    return Plain("".join(parts), text, tuple(shifts), tuple(origins))
