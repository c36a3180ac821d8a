"""Fits linear heads on hashed features; the same seed gives the same weights."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from classifier.features import BITS, SCALES, features
from classifier.polarity import figures
from classifier.probabilities import Floats, sigmoid, softmax
from classifier.reading import read

Doubles = NDArray[np.float64]
_MIDDLE = 4.0  # the logarithm of how much rarer than the rows a cell is that speaks as loud as it stands
_FAINTEST = 0.1
_SMOOTH = 1000


@dataclass(frozen=True)
class Rows:
    """Sparse rows: row i holds cells[starts[i]:starts[i + 1]] with the weights beside them, and some dense figures."""

    cells: NDArray[np.int32]
    weights: Floats
    starts: NDArray[np.int64]
    dense: Floats  # (row, figure)

    def __len__(self) -> int:
        return len(self.starts) - 1


def rows_of(texts: Sequence[str], batch: int = 512, spoken: Sequence[tuple[str, float]] | None = None) -> Rows:
    """The features of the texts, each block of a text scaled to the same length.

    spoken: the language of each text and how sure that is, where it is known.
    """
    cells: list[NDArray[np.int32]] = []
    weights: list[Floats] = []
    counts: list[NDArray[np.int64]] = []
    dense: list[Floats] = []
    for first in range(0, len(texts), batch):
        last = first + batch
        part = read(texts[first:last], spoken[first:last] if spoken is not None else None)
        blocks = list(features(part))
        dense.append(figures(part.felt))
        sizes = [np.diff(bounds) for _, bounds in blocks]
        owner = np.concatenate([np.repeat(np.arange(len(size)), size) for size in sizes])
        order = np.argsort(owner, kind="stable")
        scale = [np.repeat(s / np.sqrt(np.maximum(size, 1)), size) for s, size in zip(SCALES, sizes, strict=True)]
        cells.append(np.concatenate([c for c, _ in blocks]).astype(np.int32)[order])
        weights.append(np.concatenate(scale).astype(np.float32)[order])
        counts.append(np.sum(sizes, axis=0))
    starts = np.concatenate(([0], np.cumsum(np.concatenate(counts))))
    return Rows(np.concatenate(cells), np.concatenate(weights), starts, np.concatenate(dense))


def take(rows: Rows, chosen: NDArray[np.int64]) -> Rows:
    """The chosen rows, in the order chosen."""
    sizes = rows.starts[chosen + 1] - rows.starts[chosen]
    starts = np.concatenate(([0], np.cumsum(sizes)))
    where = np.arange(starts[-1]) + np.repeat(rows.starts[chosen] - starts[:-1], sizes)
    return Rows(rows.cells[where], rows.weights[where], starts, rows.dense[chosen])


def joined(parts: Sequence[Rows]) -> Rows:
    """All parts as one."""
    starts = [np.zeros(1, dtype=np.int64)]
    for part in parts:
        starts.append(part.starts[1:] + starts[-1][-1])
    return Rows(
        np.concatenate([part.cells for part in parts]),
        np.concatenate([part.weights for part in parts]),
        np.concatenate(starts),
        np.concatenate([part.dense for part in parts]),
    )


def scores(rows: Rows, weights: "Weights") -> Floats:
    """One score a row and class."""
    matrix = csr_array((rows.weights, rows.cells, rows.starts), shape=(len(rows), len(weights.table)))
    result = rows.dense @ weights.dense + matrix @ weights.table
    told: Floats = result + weights.bias
    return told


@dataclass(frozen=True)
class Weights:
    """What was fitted for the classes of one head."""

    table: Floats  # (cell, class)
    dense: Floats  # (figure, class)
    bias: Floats


@dataclass(frozen=True)
class Recipe:
    """How hard and how long to fit."""

    decay: float = 1e-3  # what large weights cost
    rounds: int = 40
    memory: int = 6  # steps from which the curvature is learnt
    exclusive: bool = True  # one class a row; else any number of them
    rarity: float = 1.0  # the power of a cell's inverse document frequency by which it speaks louder
    telling: float = 0.0  # the power of how much a cell tells a class from the others by which it speaks louder


def _loudness(cells: NDArray[np.int64], rows: Rows, wanted: Floats, recipe: Recipe) -> Floats:
    """How loud each cell speaks for each class, (class, cell): by how seldom it occurs and how much it tells apart.

    Large weights cost, so a louder cell is cheaper to heed. The first is the inverse document frequency, the second
    the ratio of naive Bayes: https://aclanthology.org/P12-2018/
    """
    counts = np.bincount(cells)
    rarity = (np.log((len(rows) + 1) / (counts + 1)) / _MIDDLE).clip(_FAINTEST) ** recipe.rarity
    if not recipe.telling:
        return np.tile(rarity.astype(np.float32), (wanted.shape[1], 1))
    owners = np.repeat(np.arange(len(rows)), np.diff(rows.starts))
    found = np.empty((wanted.shape[1], len(counts)), dtype=np.float32)
    for column in range(wanted.shape[1]):
        inside = np.bincount(cells, weights=wanted[owners, column], minlength=len(counts))
        outside = counts - inside
        ratio = np.log((inside + 1) / (inside.sum() + _SMOOTH)) - np.log((outside + 1) / (outside.sum() + _SMOOTH))
        found[column] = rarity * (np.abs(ratio) + _FAINTEST) ** recipe.telling
    return found


class _Loss:
    """The logistic loss of all rows, over the cells that occur alone, then the dense figures, then the biases."""

    def __init__(self, rows: Rows, wanted: Floats, importance: Floats, recipe: Recipe, known: Floats | None) -> None:
        self.cells, inverse = np.unique(rows.cells, return_inverse=True)
        self.loud = _loudness(inverse, rows, wanted, recipe)
        shape = (len(rows), len(self.cells))
        self._matrix = csr_array((rows.weights, inverse.astype(np.int32), rows.starts.astype(np.int32)), shape=shape)
        self._turned = csr_array(self._matrix.T)
        self._rows, self._decay, self._exclusive = rows, recipe.decay, recipe.exclusive
        self.classes = wanted.shape[1]
        self.width = len(self.cells) + rows.dense.shape[1]
        self._wanted = wanted
        self._known = np.zeros_like(wanted) if known is None else known
        self._share = importance / importance.sum(axis=0)

    def __call__(self, point: Doubles) -> tuple[float, Doubles]:
        """The loss and its gradient at a point: the weights of class after class, then the biases."""
        sparse = len(self.cells)
        weights = point[: -self.classes].reshape(self.classes, self.width).astype(np.float32)
        raw = self._known + self._rows.dense @ weights[:, sparse:].T
        raw += self._matrix @ np.ascontiguousarray((weights[:, :sparse] * self.loud).T)
        raw += point[-self.classes :].astype(np.float32)
        shares = softmax(raw) if self._exclusive else sigmoid(raw)
        surprise = -self._wanted * np.log(np.maximum(shares, 1e-12))
        if not self._exclusive:
            surprise -= (1 - self._wanted) * np.log(np.maximum(1 - shares, 1e-12))
        surprise = surprise * (self._share[:, :1] if self._exclusive else self._share)
        error = (shares - self._wanted) * self._share
        gradient = np.empty_like(point)
        pulls = gradient[: -self.classes].reshape(self.classes, self.width)
        pulls[:, :sparse] = (self._turned @ error).T * self.loud
        pulls[:, sparse:] = error.T @ self._rows.dense
        gradient[: -self.classes] += self._decay * point[: -self.classes]
        gradient[-self.classes :] = error.sum(axis=0)
        cost = 0.5 * self._decay * float((point[: -self.classes] ** 2).sum())
        return float(surprise.sum()) + cost, gradient


def _direction(gradient: Doubles, steps: Sequence[tuple[Doubles, Doubles]]) -> Doubles:
    """Downhill as L-BFGS sees it: the gradient corrected by the curvature of the last steps."""
    way = -gradient
    shares = []
    for moved, changed in reversed(steps):
        share = (moved @ way) / (changed @ moved)
        way = way - share * changed
        shares.append(share)
    moved, changed = steps[-1]
    way = way * ((moved @ changed) / (changed @ changed))
    for (moved, changed), share in zip(steps, reversed(shares), strict=True):
        way = way + moved * (share - (changed @ way) / (changed @ moved))
    return way


def fit(rows: Rows, wanted: Floats, importance: Floats, recipe: Recipe, known: Floats | None = None) -> Weights:
    """The weights that minimise the logistic loss plus the cost of large weights.

    wanted: (row, class), 1 where the class holds, or its probability.
    importance: (row, class), or (row, 1) of exclusive classes.
    known: (row, class), the scores that other weights give already; what is fitted then is what to add to those.
    """
    loss = _Loss(rows, wanted, importance, recipe, known)
    point = np.zeros(loss.classes * loss.width + loss.classes)
    value, gradient = loss(point)
    steps: list[tuple[Doubles, Doubles]] = []
    for _ in range(recipe.rounds):
        way = _direction(gradient, steps) if steps else -gradient * (100 / max(1e-9, np.abs(gradient).sum()))
        length = 1.0
        reached, slope = loss(point + way), float(gradient @ way)
        while reached[0] > value + 1e-4 * length * slope and length > 1e-4:
            length /= 2
            reached = loss(point + length * way)
        moved, changed = length * way, reached[1] - gradient
        settled = abs(value - reached[0]) < 1e-5 * abs(value)
        point = point + moved
        value, gradient = reached
        if moved @ changed > 1e-12:
            steps = [*steps, (moved, changed)][-recipe.memory :]
        if settled:
            break
    fitted = point[: -loss.classes].reshape(loss.classes, -1).T.astype(np.float32)
    table = np.zeros((1 << BITS, loss.classes), dtype=np.float32)
    table[loss.cells] = fitted[: len(loss.cells)] * loss.loud.T
    return Weights(table, fitted[len(loss.cells) :], point[-loss.classes :].astype(np.float32))
