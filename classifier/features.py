"""Hashed n-grams of words and characters, for a whole batch in a few array operations."""

import hashlib
from collections.abc import Iterator
from functools import cache

import numpy as np
from numpy.typing import NDArray

from classifier.classes import class_names
from classifier.lexicon import LANGUAGES, negators
from classifier.reading import Reading
from classifier.text import SINGLE, WORD

BITS = 18
CHARACTERS = (2, 3, 4, 5)
BLOCKS = ("word", "accented", "pair", "negated", "class", "classes", "signal", *(f"char{n}" for n in CHARACTERS))
SCALES = (1.0, 1.0, 1.0, 1.0, 1.0, 0.5, 0.5, 1.0, 1.5, 2.0, 2.0)  # how loud each block speaks
CLASSES_AHEAD = 6  # how many of the classes that follow a class are joined with it
CLASS_REACH = 4  # words
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


def _named(name: str) -> int:
    """A hash of a name that is the same everywhere."""
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), "little")


@cache
def _class_hashes() -> NDArray[np.uint64]:
    return np.array([_named(f"class {name}") for name in class_names()], dtype=np.uint64)


@cache
def _signal_hash(name: str, count: int) -> int:
    return _named(f"signal {name} {count}")


def _word_hash(word: str) -> NDArray[np.uint64]:
    codes = np.array([ord(character) for character in word], dtype=np.uint32)
    return _Hashes(codes).grams(len(codes))


def _cells(hashes: NDArray[np.uint64], block: int) -> NDArray[np.int64]:
    mixed = hashes ^ (hashes >> np.uint64(31))
    mixed *= np.uint64(_MIX[block] & 0xFFFFFFFFFFFFFFFF)
    mixed >>= np.uint64(64 - BITS)
    return mixed.view(np.int64)


def features(reading: Reading) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """For each block: the cells of all texts in order, and where each text's cells begin (one more at the end)."""
    batch = reading.batch
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
    yield _turned(words, bounds)
    yield from _classes(reading)
    yield _signals(reading)
    for block, length in enumerate(CHARACTERS, start=7):
        yield _grams(folded, batch.ends, length, block)


@cache
def _negators_hashed() -> NDArray[np.uint64]:
    return np.sort(np.concatenate([_word_hash(word) for word in sorted(frozenset().union(*map(negators, LANGUAGES)))]))


def _turned(words: NDArray[np.uint64], bounds: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Words that a negation before them turns round."""
    owner = np.repeat(np.arange(len(bounds) - 1), np.diff(bounds))
    known = _negators_hashed()
    where = np.minimum(np.searchsorted(known, words), len(known) - 1)
    negates = known[where] == words
    negated = np.zeros(len(words), dtype=bool)
    for back in range(1, min(NEGATION_REACH, len(words) - 1) + 1):
        negated[back:] |= negates[:-back] & (owner[back:] == owner[:-back])
    kept = np.concatenate(([0], np.cumsum(negated)))
    return _cells(words[negated], 3), kept[bounds]


def _classes(reading: Reading) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """The classes of words, then classes that stand near each other, in their order."""
    numbers = np.array([number for found, _ in reading.classes for number in found], dtype=np.int64)
    places = np.array([place for _, found in reading.classes for place in found], dtype=np.int64)
    bounds = np.concatenate(([0], np.cumsum([len(found) for found, _ in reading.classes])))
    hashes = _class_hashes()[numbers]
    yield _cells(hashes, 4), bounds
    owner = np.repeat(np.arange(len(bounds) - 1), np.diff(bounds))
    pairs: list[NDArray[np.uint64]] = []
    owners: list[NDArray[np.int64]] = []
    for ahead in range(1, min(CLASSES_AHEAD, len(numbers) - 1) + 1):
        gap = places[ahead:] - places[:-ahead]
        near = (owner[ahead:] == owner[:-ahead]) & (gap > 0) & (gap <= CLASS_REACH)
        pairs.append((hashes[:-ahead] * np.uint64(_BASE) + hashes[ahead:])[near])
        owners.append(owner[:-ahead][near])
    of = np.concatenate(owners) if owners else np.zeros(0, dtype=np.int64)
    order = np.argsort(of, kind="stable")
    cells = np.concatenate(pairs)[order] if pairs else np.zeros(0, dtype=np.uint64)
    yield _cells(cells, 5), np.searchsorted(of[order], np.arange(len(bounds)))


def _signals(reading: Reading) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The signals of phrases, and a second cell for those that stand there more than once."""
    hashes: list[int] = []
    sizes: list[int] = []
    for found in reading.signals:
        held = [_signal_hash(name, 1) for name in found] + [_signal_hash(name, 2) for name, n in found.items() if n > 1]
        hashes.extend(held)
        sizes.append(len(held))
    return _cells(np.array(hashes, dtype=np.uint64), 6), np.concatenate(([0], np.cumsum(sizes)))


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
