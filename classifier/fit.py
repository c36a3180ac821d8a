"""Fits linear heads on hashed features, with numpy alone; the same seed gives the same weights."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from classifier.features import BITS, SCALES, features
from classifier.text import normalise

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]


@dataclass(frozen=True)
class Rows:
    """Sparse rows: row i holds cells[starts[i]:starts[i + 1]] with the weights beside them."""

    cells: NDArray[np.int32]
    weights: Floats
    starts: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.starts) - 1


def rows_of(texts: Sequence[str], batch: int = 512) -> Rows:
    """The features of the texts, each block of a text scaled to the same length."""
    cells: list[NDArray[np.int32]] = []
    weights: list[Floats] = []
    counts: list[NDArray[np.int64]] = []
    for first in range(0, len(texts), batch):
        part = normalise(texts[first : first + batch])
        blocks = list(features(part))
        sizes = [np.diff(bounds) for _, bounds in blocks]
        owner = np.concatenate([np.repeat(np.arange(len(size)), size) for size in sizes])
        order = np.argsort(owner, kind="stable")
        scale = [np.repeat(s / np.sqrt(np.maximum(size, 1)), size) for s, size in zip(SCALES, sizes, strict=True)]
        cells.append(np.concatenate([c for c, _ in blocks]).astype(np.int32)[order])
        weights.append(np.concatenate(scale).astype(np.float32)[order])
        counts.append(np.sum(sizes, axis=0))
    starts = np.concatenate(([0], np.cumsum(np.concatenate(counts))))
    return Rows(np.concatenate(cells), np.concatenate(weights), starts)


def take(rows: Rows, chosen: NDArray[np.int64]) -> Rows:
    """The chosen rows, in the order chosen."""
    sizes = rows.starts[chosen + 1] - rows.starts[chosen]
    starts = np.concatenate(([0], np.cumsum(sizes)))
    where = np.arange(starts[-1]) + np.repeat(rows.starts[chosen] - starts[:-1], sizes)
    return Rows(rows.cells[where], rows.weights[where], starts)


def scores(rows: Rows, table: Floats, bias: Floats) -> Floats:
    """One score a row and class."""
    result = np.zeros((len(rows), table.shape[1]), dtype=np.float32)
    owner = np.repeat(np.arange(len(rows)), np.diff(rows.starts))
    for column in range(table.shape[1]):
        products = table[rows.cells, column] * rows.weights
        result[:, column] = np.bincount(owner, weights=products, minlength=len(rows))
    return result + bias


def softmax(raw: Floats) -> Floats:
    """Scores to probabilities; one column means the score of yes against no."""
    if raw.shape[1] == 1:
        yes = 1 / (1 + np.exp(-np.clip(raw, -30, 30)))
        return np.concatenate((1 - yes, yes), axis=1).astype(np.float32)
    shifted = np.exp(raw - raw.max(axis=1, keepdims=True))
    result: Floats = shifted / shifted.sum(axis=1, keepdims=True)
    return result


@dataclass(frozen=True)
class Recipe:
    """How hard and how long to fit."""

    decay: float = 1e-3  # what large weights cost
    rounds: int = 30
    memory: int = 6  # steps from which the curvature is learnt


class _Loss:
    """The logistic loss of all rows, over the cells that occur alone."""

    def __init__(self, rows: Rows, labels: NDArray[np.int64], importance: Floats, decay: float) -> None:
        self.cells, inverse = np.unique(rows.cells, return_inverse=True)
        self._inverse = inverse.astype(np.int32)
        self._rows, self._decay = rows, decay
        self.classes = int(labels.max()) + 1
        self._wanted = np.zeros((len(rows), self.classes), dtype=np.float32)
        self._wanted[np.arange(len(rows)), labels] = 1
        self._share = importance / importance.sum()
        self._owner = np.repeat(np.arange(len(rows), dtype=np.int32), np.diff(rows.starts))

    def __call__(self, point: Doubles) -> tuple[float, Doubles]:
        """The loss and its gradient at a point: the weights of class after class, then the biases."""
        width = len(self.cells)
        weights = point[: -self.classes].reshape(self.classes, width).astype(np.float32)
        raw = np.empty_like(self._wanted)
        for column in range(self.classes):
            products = weights[column][self._inverse] * self._rows.weights
            raw[:, column] = np.bincount(self._owner, weights=products, minlength=len(raw))
        shares = softmax(raw + point[-self.classes :].astype(np.float32))
        surprise = -np.log(np.maximum((shares * self._wanted).sum(axis=1), 1e-12))
        error = (shares - self._wanted) * self._share[:, None]
        gradient = np.empty_like(point)
        for column in range(self.classes):
            pull = error[:, column][self._owner] * self._rows.weights
            gradient[column * width : (column + 1) * width] = np.bincount(self._inverse, weights=pull, minlength=width)
        gradient[: -self.classes] += self._decay * point[: -self.classes]
        gradient[-self.classes :] = error.sum(axis=0)
        cost = 0.5 * self._decay * float((point[: -self.classes] ** 2).sum())
        return float((surprise * self._share).sum()) + cost, gradient


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


def fit(rows: Rows, labels: NDArray[np.int64], importance: Floats, recipe: Recipe) -> tuple[Floats, Floats]:
    """A table (cell, class) and a bias (class) that minimise the logistic loss plus the cost of large weights."""
    loss = _Loss(rows, labels, importance, recipe.decay)
    point = np.zeros(loss.classes * len(loss.cells) + loss.classes)
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
    table = np.zeros((1 << BITS, loss.classes), dtype=np.float32)
    table[loss.cells] = point[: -loss.classes].reshape(loss.classes, -1).T
    return table, point[-loss.classes :].astype(np.float32)
