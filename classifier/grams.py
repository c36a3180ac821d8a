"""The byte n-grams by which languages are told: py3langid's, narrowed to the languages that matter here."""

import io
from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from errors import OuvidorError

TABLES = "languages.npz"
SHORTEST, LONGEST = 2, 6  # bytes of an n-gram

_MOST_STEPS = 1000  # of finding every n-gram its slot; the packaged ones need a few dozen
_BITS = 17  # slots for n-grams, twice: under half of them are taken
_MIXES = (np.uint64(0x9E3779B97F4A7C15), np.uint64(0xD6E8FEB86659FD93))
_BETWEEN = b"\xff"  # no byte of UTF-8, so that no n-gram reaches from one text into the next


@dataclass(frozen=True)
class Tables:
    """Which n-grams there are, and how much each speaks for each language."""

    grams: NDArray[np.uint64]  # the bytes of an n-gram behind a leading 1, ascending
    features: NDArray[np.int32]  # the feature that each n-gram stands for
    rows: NDArray[np.uint16]  # where each feature stands in the table
    table: NDArray[np.float16]  # (row, language)
    prior: NDArray[np.float32]  # of each language


class Grams:
    """Scores texts by the n-grams that they hold."""

    def __init__(self, tables: Tables) -> None:
        self._rows = tables.rows
        self._table = tables.table.astype(np.float32)
        self._prior = tables.prior
        places = _hashed(tables.grams)
        self._grams = np.append(tables.grams, np.uint64(0))[places]
        self._features = np.append(tables.features, np.int32(-1))[places]

    def _heard(self, letters: NDArray[np.uint8]) -> NDArray[np.int32]:
        """The feature of the longest known n-gram that ends at each letter but the first few; -1 for none."""
        wide = letters.astype(np.uint64)
        tail = wide[LONGEST:]
        heard = np.full(len(tail), -1, dtype=np.int32)
        for length in range(SHORTEST, LONGEST + 1):
            tail = tail | wide[LONGEST - length + 1 : 1 - length] << np.uint64(8 * (length - 1))
            grams = tail | np.uint64(1 << 8 * length)
            for known, features, mix in zip(self._grams, self._features, _MIXES, strict=True):
                slots = _slots(grams, mix)
                hits = np.flatnonzero(known.take(slots) == grams)
                heard[hits] = features.take(slots[hits])
        return heard

    def scores(self, texts: Sequence[bytes]) -> NDArray[np.float32]:
        """One row a text of UTF-8, one column a language; zeros for a text that holds no known n-gram."""
        scores = np.zeros((len(texts), len(self._prior)), dtype=np.float32)
        letters = np.frombuffer(LONGEST * _BETWEEN + _BETWEEN.join((*texts, b"")), dtype=np.uint8)
        heard = self._heard(letters)
        places = np.flatnonzero(heard >= 0)
        if not len(places):
            return scores
        owner = np.repeat(np.arange(len(texts)), [len(text) + 1 for text in texts])
        stride = len(self._rows)
        both, counts = np.unique(owner[places] * stride + heard[places], return_counts=True)
        texts_of = both // stride
        products = self._table.take(self._rows.take(both - texts_of * stride), axis=0)
        products *= np.log1p(counts.astype(np.float32))[:, None]
        starts = np.flatnonzero(np.diff(texts_of, prepend=-1))
        scores[texts_of[starts]] = np.add.reduceat(products, starts, axis=0) + self._prior
        return scores


def _hashed(grams: NDArray[np.uint64]) -> NDArray[np.int64]:
    """Which n-gram stands in each slot of two tables, -1 for none: every one in its slot of the one or the other."""
    held = np.full((len(_MIXES), 1 << _BITS), -1, dtype=np.int64)
    left = np.arange(len(grams))
    for step in range(_MOST_STEPS):
        if not len(left):
            return held
        turn = step % 2
        slots = _slots(grams[left], _MIXES[turn])
        moved = held[turn][slots]
        held[turn][slots] = left
        # Who was there before, and who wanted the same slot, go to the other table.
        left = np.unique(np.concatenate((left[held[turn][slots] != left], moved[moved >= 0])))
    raise OuvidorError(f"{TABLES} holds an n-gram twice, or too many: run python -m classifier.narrow.")


def _slots(grams: NDArray[np.uint64], mix: np.uint64) -> NDArray[np.int64]:
    slots: NDArray[np.int64] = ((grams * mix) >> np.uint64(64 - _BITS)).view(np.int64)
    return slots


def dump(tables: Tables) -> bytes:
    """The file of these tables: the same tables give the same bytes."""
    held = io.BytesIO()
    np.savez_compressed(held, **{field.name: getattr(tables, field.name) for field in fields(Tables)})
    return held.getvalue()


def load(raw: bytes) -> Grams:
    """The n-grams from a file's bytes; OuvidorError when they are not such a file."""
    try:
        with np.load(io.BytesIO(raw), allow_pickle=False) as arrays:
            return Grams(Tables(*(arrays[field.name] for field in fields(Tables))))
    except (ValueError, KeyError, OSError, EOFError) as problem:
        raise OuvidorError(f"{TABLES} holds no n-grams of languages: run python -m classifier.narrow.") from problem


@cache
def packaged() -> Grams:
    """The n-grams that travel with the package, read once."""
    path = files("classifier") / TABLES
    if not path.is_file():
        raise OuvidorError(f"classifier/{TABLES} is missing: run python -m classifier.narrow.")
    return load(path.read_bytes())
