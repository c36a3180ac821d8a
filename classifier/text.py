"""Normalises a batch of texts at once: one array of characters, and the words that the rules read."""

import html
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SPACE, WORD, SINGLE, OTHER_MARK, DROPPED = range(5)

# A text longer than this is judged by its beginning and its end, where people state their matter.
HEAD = 5_000
TAIL = 2_500
LONG = 160  # characters from which on a text is taken for several sentences
_SHORT = (HEAD + TAIL) // 18  # one sign may stand for eighteen letters; a text up to this never grows too long

HANDLE = "\ue000"
LINK = "\ue001"
_REFERENCE = re.compile(r"https?(?:://\S{1,2000})?(?!\w)|www\.\S{1,2000}|(?<!\w)@\w{1,100}")
_END = re.compile(r"(?<=[.!?…])\s+|\n+")
_ENTITY = re.compile(r"&#?\w{1,20};")
# Signs that nobody sees and that split words; not the joiner, since emoji hang together by it.
_HIDDEN = re.compile("[\u00ad\u200b\u200c\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]")
# "m@tar": an a in disguise, unless a domain follows, as in an address of mail.
_DISGUISED = re.compile(r"(?<=[^\W\d_])@(?=[^\W\d_]{2,40}(?![\w-]{0,60}\.\w))")
# Letters of other alphabets that look like these.
_ALIKE = dict(
    zip(
        "\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0456\u0458\u0455\u043a\u043c\u0442\u03b1\u03bf\u03b9\u03bd\u03c1",
        "aeopcyxijskmtaoivp",
        strict=True,
    )
)
_TABLE_SIZE = 0x20000
_NEWLINE = 10


def _tables() -> tuple[NDArray[np.uint32], NDArray[np.uint32], NDArray[np.uint8]]:
    """Lower case with accents, lower case without, and the kind of each code point."""
    lower = np.arange(_TABLE_SIZE, dtype=np.uint32)
    folded = lower.copy()
    kind = np.full(_TABLE_SIZE, WORD, dtype=np.uint8)
    for code in range(0x2600):
        character = chr(code)
        category = unicodedata.category(character)
        if category in {"Mn", "Me", "Cf"}:
            kind[code] = DROPPED
        elif category[0] in "ZC":
            kind[code] = SPACE
        elif category[0] not in "LN":
            kind[code] = SINGLE if character in "!?" or category == "So" else OTHER_MARK
        small = character.lower()
        lower[code] = ord(small[0])
        plain = unicodedata.normalize("NFD", small)[0]
        folded[code] = ord(_ALIKE.get(plain, plain))
    for first, last, what in (
        (0x2600, 0x2BFF, SINGLE),
        (0x2E00, 0x303F, OTHER_MARK),
        (0xD800, 0xDFFF, SPACE),  # halves of pairs, which no text should hold
        (0xE000, 0xF8FF, SINGLE),
        (0xFE00, 0xFE0F, DROPPED),
        (0x1F000, 0x1FAFF, SINGLE),
        (0x1F3FB, 0x1F3FF, DROPPED),  # skin tones
        (_TABLE_SIZE - 1, _TABLE_SIZE - 1, SPACE),
    ):
        kind[first : last + 1] = what
    # Apostrophes vanish, so that "don't", "dont" and "don’t" are one word.
    for code in (0x27, 0x2019, 0x60, 0xB4, 0xFEFF, 0x200D):
        kind[code] = DROPPED
    return lower, folded, kind


_LOWER, _FOLDED, _KIND = _tables()


@dataclass(frozen=True)
class Batch:
    """Texts end to end, each closed by a line feed."""

    lower: NDArray[np.uint32]  # accents kept
    folded: NDArray[np.uint32]  # accents taken off
    kind: NDArray[np.uint8]
    ends: NDArray[np.int64]  # where each text's line feed stands
    plain: list[str]  # each text without handles and links, its case and accents kept
    words: list[str]  # each text for the rules: folded, elongations shortened to one letter


def _clean(text: str) -> str:
    """One line of bounded length, however its signs are composed; entities of HTML become what they stand for."""
    if len(text) > _SHORT:
        text = shortened(text)
    if len(text) >= LONG:
        text = _said_once(text)
    if "&" in text and _ENTITY.search(text):
        text = html.unescape(text)
    if len(text) > _SHORT and not text.isascii():
        text = shortened(unicodedata.normalize("NFKC", text))
    return text.replace("\n", "\r") if "\n" in text else text


def sentences(text: str) -> list[str]:
    """The sentences and lines of a text."""
    return _END.split(text)


def _said_once(text: str) -> str:
    """The text without the sentences that it says again: saying a thing twenty times makes it no other thing."""
    said = sentences(text.strip())
    once = dict.fromkeys(said)
    return text if len(once) == len(said) else "\n".join(once)


def shortened(text: str) -> str:
    """Of a text that is too long its beginning and its end."""
    return text[:HEAD] + "\n" + text[-TAIL:] if len(text) > HEAD + TAIL else text


def _reference(found: re.Match[str]) -> str:
    return HANDLE if found[0][0] == "@" else LINK


def normalise(texts: Sequence[str]) -> Batch:
    """The texts as one batch; never raises, whatever they hold."""
    joined = "\n".join([_clean(text) for text in texts]) + "\n"
    if not joined.isascii():
        joined = _HIDDEN.sub("", unicodedata.normalize("NFKC", joined))
    if "@" in joined:
        joined = _DISGUISED.sub("a", joined)
    joined = _REFERENCE.sub(_reference, joined)
    plain = joined.split("\n")[:-1]
    codes = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    codes = np.minimum(codes, _TABLE_SIZE - 1)
    folded = _FOLDED[codes]
    kind = _KIND[codes]
    same = np.zeros(len(codes) + 1, dtype=bool)
    same[1:-1] = folded[1:] == folded[:-1]
    third = same[:-1].copy()
    third[1:] &= same[:-2]
    # "soooo" and "soo" are one word, which "so" is not; digits mean what they say.
    third &= (folded < 0x30) | (folded > 0x39)
    third &= codes != _NEWLINE
    keep = (kind != DROPPED) & ~third
    lower, kept_kind = _LOWER[codes][keep], kind[keep]
    kept = folded[keep]
    ends = np.flatnonzero(kept == _NEWLINE)
    return Batch(lower, kept, kept_kind, ends, plain, _words(folded, kind, same, third))


def _words(
    folded: NDArray[np.uint32], kind: NDArray[np.uint8], same: NDArray[np.bool_], third: NDArray[np.bool_]
) -> list[str]:
    """The folded texts with every run of three and more of a letter cut to one."""
    inside = same[:-1] & same[1:]  # the middle of a run
    repeated = third.copy()
    repeated[:-1] |= third[1:] & inside[:-1]
    repeated &= folded != 0x6B  # a laugh of many k must not become the letter k
    shown = folded[~repeated & (kind != DROPPED)]
    text: str = shown.tobytes().decode("utf-32-le", "surrogatepass")
    return text.split("\n")[:-1]
