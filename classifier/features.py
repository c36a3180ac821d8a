"""Hashed n-grams of words and characters, for a whole batch in a few array operations."""

import tomllib
from collections.abc import Iterator
from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from classifier.text import SINGLE, WORD, Batch

BITS = 18
CHARACTERS = (3, 4, 5)
BLOCKS = ("word", "accented", "pair", "negated", "polarity", *(f"char{n}" for n in CHARACTERS))
SCALES = (1.0,) * 8  # how loud each block speaks
NEGATION_REACH = 3  # words after a negation that it turns round

_BASE = 0x9E3779B97F4A7C15 | 1
_MIX = tuple((0xD6E8FEB86659FD93 * (2 * block + 1) + 0x632BE59BD9B4E019 * block) | 1 for block in range(len(BLOCKS)))


@cache
def _powers(length: int) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """Powers of the base and of its inverse modulo 2**64."""
    inverse = pow(_BASE, -1, 1 << 64)
    bases = np.full(length, _BASE, dtype=np.uint64)
    inverses = np.full(length, inverse, dtype=np.uint64)
    bases[0] = inverses[0] = 1
    return np.cumprod(bases), np.cumprod(inverses)


class _Hashes:
    """Hashes of any span of the batch at one subtraction and one product each.

    With prefix sums of c[i] * B**i, a span from s to e is (S[e] - S[s]) * B**-s, wherever it stands.
    """

    def __init__(self, codes: NDArray[np.uint32]) -> None:
        size = 1 << max(12, len(codes).bit_length())
        powers, self._inverses = _powers(size)
        self._sums = np.zeros(len(codes) + 1, dtype=np.uint64)
        np.cumsum((codes.astype(np.uint64) + np.uint64(7)) * powers[: len(codes)], out=self._sums[1:])

    def spans(self, starts: NDArray[np.int64], ends: NDArray[np.int64]) -> NDArray[np.uint64]:
        hashes: NDArray[np.uint64] = (self._sums[ends] - self._sums[starts]) * self._inverses[starts]
        return hashes

    def grams(self, length: int) -> NDArray[np.uint64]:
        count = max(0, len(self._sums) - length)
        hashes: NDArray[np.uint64] = (self._sums[length : length + count] - self._sums[:count]) * self._inverses[:count]
        return hashes


class _Lookup:
    """Codes of known words, found by their hash."""

    def __init__(self, codes: dict[str, int]) -> None:
        words = sorted(codes)
        hashes = np.concatenate([_word_hash(word) for word in words])
        order = np.argsort(hashes)
        self._hashes = hashes[order]
        self._codes = np.array([codes[word] for word in words], dtype=np.int64)[order]

    def codes(self, hashes: NDArray[np.uint64]) -> NDArray[np.int64]:
        """The code of each word, 0 for one that is not known."""
        where = np.minimum(np.searchsorted(self._hashes, hashes), len(self._hashes) - 1)
        found: NDArray[np.int64] = np.where(self._hashes[where] == hashes, self._codes[where], 0)
        return found


def _word_hash(word: str) -> NDArray[np.uint64]:
    codes = np.array([ord(character) for character in word], dtype=np.uint32)
    return _Hashes(codes).grams(len(codes))


@cache
def _polarity() -> tuple[_Lookup, _Lookup]:
    """Words that praise (1) or blame (2), and words that negate (1)."""
    lexicon = tomllib.loads((files("classifier") / "lexicons" / "polarity.toml").read_text("utf-8"))
    codes: dict[str, int] = {}
    for code, side in ((1, "positive"), (2, "negative")):
        for words in lexicon[side].values():
            codes.update((word, code) for word in words.split())
    return _Lookup(codes), _Lookup(dict.fromkeys(lexicon["negators"].split(), 1))


def _cells(hashes: NDArray[np.uint64], block: int) -> NDArray[np.int64]:
    mixed = hashes ^ (hashes >> np.uint64(31))
    mixed *= np.uint64(_MIX[block] & 0xFFFFFFFFFFFFFFFF)
    mixed >>= np.uint64(64 - BITS)
    return mixed.view(np.int64)


def features(batch: Batch) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """For each block: the cells of all texts in order, and where each text's cells begin (one more at the end)."""
    folded = _Hashes(batch.folded)
    accented = _Hashes(batch.lower)
    word = batch.kind == WORD
    before = np.empty(len(word), dtype=bool)
    before[0] = False
    before[1:] = word[:-1]
    after = np.empty(len(word), dtype=bool)
    after[-1] = False
    after[:-1] = word[1:]
    single = batch.kind == SINGLE
    starts = np.flatnonzero((word & ~before) | single)
    ends = np.flatnonzero((word & ~after) | single) + 1
    bounds = np.concatenate(([0], np.searchsorted(starts, batch.ends)))

    words = folded.spans(starts, ends)
    yield _cells(words, 0), bounds
    yield _cells(accented.spans(starts, ends), 1), bounds
    yield _pairs(words, bounds)
    yield from _turned(words, bounds)
    for block, length in enumerate(CHARACTERS, start=5):
        yield _grams(folded, batch.ends, length, block)


def _turned(
    words: NDArray[np.uint64], bounds: NDArray[np.int64]
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Words that a negation before them turns round, then the praise and blame that the words carry."""
    polarity, negation = _polarity()
    owner = np.repeat(np.arange(len(bounds) - 1), np.diff(bounds))
    negates = negation.codes(words) > 0
    negated = np.zeros(len(words), dtype=bool)
    for back in range(1, min(NEGATION_REACH, len(words) - 1) + 1):
        negated[back:] |= negates[:-back] & (owner[back:] == owner[:-back])
    kept = np.concatenate(([0], np.cumsum(negated)))
    yield _cells(words[negated], 3), kept[bounds]
    codes = polarity.codes(words)
    carries = codes > 0
    kept = np.concatenate(([0], np.cumsum(carries)))
    yield _cells((codes * 2 + negated)[carries].astype(np.uint64), 4), kept[bounds]


def _pairs(words: NDArray[np.uint64], bounds: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Neighbouring words of one text."""
    if len(words) < 2:
        return np.zeros(0, dtype=np.int64), np.zeros_like(bounds)
    pairs = words[:-1] * np.uint64(_BASE) + words[1:]
    inside = np.ones(len(pairs), dtype=bool)
    inner = bounds[1:-1]
    inside[inner[(inner > 0) & (inner <= len(pairs))] - 1] = False
    kept = np.concatenate(([0], np.cumsum(inside)))
    return _cells(pairs[inside], 2), kept[np.minimum(bounds, len(pairs))]


def _grams(
    folded: _Hashes, ends: NDArray[np.int64], length: int, block: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Runs of characters that lie in one text; the closing line feed counts as one of them."""
    hashes = folded.grams(length)
    inside = np.ones(len(hashes), dtype=bool)
    for back in range(1, length):
        # A run that starts this far before a text's end would reach into the next text.
        crossing = ends - (length - 1) + back
        inside[crossing[(crossing >= 0) & (crossing < len(hashes))]] = False
    kept = np.concatenate(([0], np.cumsum(inside)))
    bounds = np.concatenate(([0], ends + 1))
    return _cells(hashes[inside], block), kept[np.minimum(bounds, len(hashes))]
