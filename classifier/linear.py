"""The linear heads: int8 weights of hashed features, read from one file and scored for a whole batch."""

import hashlib
import io
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from functools import cache, cached_property
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classifier.features import BITS, BLOCKS, SCALES, features
from classifier.polarity import WIDTH, figures
from classifier.reading import Reading
from errors import OuvidorError
from models import Hold, MentionType, Sentiment, Topic, Urgency

WEIGHTS = "weights.npz"
# The classes of each head, in the order of its columns.
CLASSES: Mapping[str, tuple[str, ...]] = {
    "sentiment": (Sentiment.NEGATIVE.value, Sentiment.NEUTRAL.value, Sentiment.POSITIVE.value),
    "urgency": tuple(urgency.value for urgency in Urgency),
    "type": tuple(kind.value for kind in MentionType),
    "complaint": ("complaint",),
    "spam": ("spam",),
    "holds": tuple(hold.value for hold in Hold),
    "topics": tuple(topic.value for topic in Topic),
}
GROUPS = ("iberian", "english")  # Portuguese, Spanish and all others share one specialist of sentiment
MOODS = len(CLASSES["sentiment"])
CARE = tuple(name for name in CLASSES if name != "sentiment")


def _columns() -> dict[str, slice]:
    """Where each head of care stands among the columns of its table."""
    found: dict[str, slice] = {}
    begin = 0
    for name in CARE:
        found[name] = slice(begin, begin + len(CLASSES[name]))
        begin += len(CLASSES[name])
    return found


COLUMNS = _columns()
CARE_WIDTH = sum(len(CLASSES[name]) for name in CARE)


@dataclass(frozen=True)
class Table:
    """The quantised weights of some columns."""

    cells: NDArray[np.int8]  # (cell, column)
    dense: NDArray[np.float32]  # (figure, column)
    scale: NDArray[np.float32]  # of each column
    bias: NDArray[np.float32]

    def scores(self, blocks: "Blocks", dense: NDArray[np.float32]) -> NDArray[np.float32]:
        """One row a text, one column a class."""
        total = np.zeros((len(dense), self.cells.shape[1]), dtype=np.float32)
        for loud, (cells, bounds) in zip(SCALES, blocks, strict=True):
            sizes = np.diff(bounds)
            filled = np.flatnonzero(sizes)
            if not len(filled):
                continue
            share = (loud / np.sqrt(sizes[filled])).astype(np.float32)
            sums = np.add.reduceat(self.cells.take(cells, axis=0), bounds[:-1][filled], axis=0, dtype=np.int32)
            total[filled] += sums * share[:, None]
        # Not a matrix product: its last digits depend on how many texts there are, and verdicts must not.
        told: NDArray[np.float32] = total * self.scale + (dense[:, :, None] * self.dense).sum(axis=1) + self.bias
        return told


Blocks = list[tuple[NDArray[np.int64], NDArray[np.int64]]]


@dataclass(frozen=True)
class Heads:
    """Weights as trained, and what turns scores into honest probabilities."""

    iberian: Table
    english: Table
    care: Table
    temperature: NDArray[np.float32]  # (group, head) in the order of CLASSES
    doubt: NDArray[np.float32]  # (group, head): the confidence below which a verdict abstains
    threshold: NDArray[np.float32]  # of each column of care that stands for itself: the probability that says yes
    together: NDArray[np.float32]  # how well type, urgency, complaint and sentiment go together
    digest: str = ""

    def scores(self, reading: Reading) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.int64]]:
        """The scores of sentiment and of care, one row a text, and each text's group."""
        blocks = list(features(reading))
        dense = figures(reading.felt)
        group = np.array([int(lang == "en") for lang, _ in reading.spoken], dtype=np.int64)
        moods = np.zeros((len(dense), MOODS), dtype=np.float32)
        for number, table in enumerate((self.iberian, self.english)):
            if (group == number).any():
                moods = np.where((group == number)[:, None], table.scores(blocks, dense), moods)
        return moods, self.care.scores(blocks, dense), group

    def hold_scores(self, reading: Reading) -> NDArray[np.float32]:
        """The scores of the holds alone, (text, hold)."""
        return self._holds.scores(list(features(reading)), figures(reading.felt))

    @cached_property
    def _holds(self) -> Table:
        held = COLUMNS["holds"]
        care = self.care
        return Table(np.ascontiguousarray(care.cells[:, held]), care.dense[:, held], care.scale[held], care.bias[held])


def quantised(
    table: NDArray[np.float32],
    dense: NDArray[np.float32],
    bias: NDArray[np.float32],
    least: NDArray[np.int64] | int = 1,
) -> Table:
    """A table from weights (cell, column): each column in 255 steps, below `least` (of all or of each) none."""
    scale = np.maximum(np.abs(table).max(axis=0), 1e-6) / 127
    cells = np.rint(table / scale).astype(np.int8)
    cells[np.abs(cells) < least] = 0
    return Table(cells, dense, scale.astype(np.float32), bias)


_TABLES = ("iberian", "english", "care")
_FIGURES = ("temperature", "doubt", "threshold", "together")


def _arrays(heads: Heads) -> dict[str, NDArray[Any]]:
    held: dict[str, NDArray[Any]] = {
        f"{name}_{part.name}": getattr(getattr(heads, name), part.name) for name in _TABLES for part in fields(Table)
    }
    return held | {name: getattr(heads, name) for name in _FIGURES}


def dump(heads: Heads) -> bytes:
    """The file of these heads: the same heads give the same bytes."""
    held = io.BytesIO()
    arrays = {
        # Column after column, and cell after cell within: like stands by like, and the file is smaller.
        name: np.ascontiguousarray(array.T) if name.endswith("_cells") else array
        for name, array in _arrays(heads).items()
    }
    np.savez_compressed(held, allow_pickle=False, **arrays)
    return held.getvalue()


def load(raw: bytes, name: str = WEIGHTS) -> Heads:
    """Heads from a file's bytes; OuvidorError when they are not such a file."""
    try:
        with np.load(io.BytesIO(raw), allow_pickle=False) as arrays:
            iberian, english, care = (
                Table(
                    np.ascontiguousarray(arrays[f"{table}_cells"].T),
                    *(arrays[f"{table}_{part.name}"] for part in fields(Table)[1:]),
                )
                for table in _TABLES
            )
            temperature, doubt, threshold, together = (arrays[figure] for figure in _FIGURES)
    except (ValueError, KeyError, OSError, EOFError) as problem:
        raise OuvidorError(f"{name} holds no weights of the embedded classifier: train it again.") from problem
    heads = Heads(iberian, english, care, temperature, doubt, threshold, together)
    if not _fits(heads):
        raise OuvidorError(f"{name} was trained for another version of the features: train it again.")
    digest = hashlib.sha256(repr((BLOCKS, SCALES, BITS, WIDTH, CLASSES)).encode())
    for array in _arrays(heads).values():
        digest.update(np.ascontiguousarray(array).tobytes())
    return replace(heads, digest=digest.hexdigest())


def _fits(heads: Heads) -> bool:
    widths = {"iberian": MOODS, "english": MOODS, "care": CARE_WIDTH}
    return all(
        table.cells.shape == (1 << BITS, width)
        and table.cells.dtype == np.int8
        and table.dense.shape == (WIDTH, width)
        and table.scale.shape == table.bias.shape == (width,)
        for name, width in widths.items()
        for table in [getattr(heads, name)]
    ) and (
        heads.temperature.shape == heads.doubt.shape == (len(GROUPS), len(CLASSES))
        and heads.threshold.shape == (CARE_WIDTH,)
        and heads.together.shape == (*(len(CLASSES[name]) for name in ("type", "urgency")), 2, MOODS)
    )


@cache
def packaged() -> Heads:
    """The heads that travel with the package, read once."""
    weights = files("classifier") / WEIGHTS
    if not weights.is_file():
        raise OuvidorError(f"classifier/{WEIGHTS} is missing: run python -m classifier.train --data DIR.")
    return load(weights.read_bytes())
