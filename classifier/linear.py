"""The linear heads: int8 weights of hashed features, read from one file and scored for a whole batch."""

import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from classifier.features import BITS, BLOCKS, SCALES, features
from classifier.text import Batch
from errors import OuvidorError

WEIGHTS = "weights.npz"
# Columns of the table: three of sentiment for pt and es, three for en, one for a complaint in English.
IBERIAN, ENGLISH, COMPLAINT = slice(0, 3), slice(3, 6), 6
COLUMNS = 7


@dataclass(frozen=True)
class Heads:
    """Weights as trained, and the temperatures that turn scores into honest probabilities."""

    table: NDArray[np.int8]  # (column, cell)
    scale: NDArray[np.float32]  # of each column
    bias: NDArray[np.float32]
    temperature: NDArray[np.float32]  # of each of the three heads
    digest: str = ""

    def scores(self, batch: Batch, columns: Sequence[int] = range(COLUMNS)) -> NDArray[np.float32]:
        """One row a text, one column a class; a column that is not asked for holds its bias alone."""
        total = np.zeros((COLUMNS, len(batch.ends)), dtype=np.float32)
        for loud, (cells, bounds) in zip(SCALES, features(batch), strict=True):
            sizes = np.diff(bounds)
            filled = np.flatnonzero(sizes)
            if not len(filled):
                continue
            starts = bounds[:-1][filled]
            share = (loud / np.sqrt(sizes[filled])).astype(np.float32)
            for column in columns:
                # A column is 256 KiB and stays in the processor's cache; three packed side by side were no faster.
                sums = np.add.reduceat(self.table[column].take(cells), starts, dtype=np.int32)
                total[column, filled] += sums * share
        return (total * self.scale[:, None] + self.bias[:, None]).T


def quantised(table: NDArray[np.float32], bias: NDArray[np.float32], temperature: NDArray[np.float32]) -> Heads:
    """Heads from weights (cell, column): each column in 255 steps."""
    scale = np.maximum(np.abs(table).max(axis=0), 1e-6) / 127
    steps = np.rint(table / scale).astype(np.int8)
    return Heads(np.ascontiguousarray(steps.T), scale.astype(np.float32), bias, temperature)


def dump(heads: Heads) -> bytes:
    """The file of these heads: the same heads give the same bytes."""
    held = io.BytesIO()
    np.savez_compressed(held, table=heads.table, scale=heads.scale, bias=heads.bias, temperature=heads.temperature)
    return held.getvalue()


def load(raw: bytes, name: str = WEIGHTS) -> Heads:
    """Heads from a file's bytes; OuvidorError when they are not such a file."""
    try:
        with np.load(io.BytesIO(raw), allow_pickle=False) as arrays:
            table, scale = arrays["table"], arrays["scale"]
            bias, temperature = arrays["bias"], arrays["temperature"]
    except (ValueError, KeyError, OSError, EOFError) as problem:
        raise OuvidorError(f"{name} holds no weights of the embedded classifier: train it again.") from problem
    if table.shape != (COLUMNS, 1 << BITS) or table.dtype != np.int8 or scale.shape != (COLUMNS,):
        raise OuvidorError(f"{name} was trained for another version of the features: train it again.")
    digest = hashlib.sha256(repr((BLOCKS, SCALES, BITS)).encode())
    for array in (table, scale, bias, temperature):
        digest.update(np.ascontiguousarray(array).tobytes())
    return Heads(table, scale, bias, temperature, digest.hexdigest())


@cache
def packaged() -> Heads:
    """The heads that travel with the package, read once."""
    weights = files("classifier") / WEIGHTS
    if not weights.is_file():
        raise OuvidorError(f"classifier/{WEIGHTS} is missing: run python -m classifier.train --data DIR.")
    return load(weights.read_bytes())
