"""The fitting of heads: its slope is that of its loss, it arrives, and rare and telling cells are the louder ones."""

from dataclasses import replace

import numpy as np
import pytest

from classifier import fit as fitting
from classifier.features import BITS
from classifier.fit import Recipe, Rows, fit, joined, scores, take
from classifier.polarity import WIDTH

RECIPES = [
    Recipe(decay=1e-2),
    Recipe(decay=1e-2, exclusive=False, rarity=0.5),
    Recipe(decay=1e-2, rarity=1.0, telling=0.7),
]


def rows(count: int, cells: int = 30, seed: int = 1) -> Rows:
    """Rows of a few cells each."""
    random = np.random.default_rng(seed)
    sizes = random.integers(3, 9, count)
    starts = np.concatenate(([0], np.cumsum(sizes)))
    return Rows(
        random.integers(0, cells, starts[-1]).astype(np.int32),
        random.random(starts[-1]).astype(np.float32) + 0.2,
        starts,
        random.random((count, WIDTH)).astype(np.float32),
    )


def wanted(count: int, exclusive: bool, seed: int = 2) -> np.ndarray:
    random = np.random.default_rng(seed)
    if exclusive:
        return np.eye(3, dtype=np.float32)[random.integers(0, 3, count)]
    return (random.random((count, 3)) < 0.4).astype(np.float32)


def loss_of(recipe: Recipe) -> fitting._Loss:
    random = np.random.default_rng(3)
    count = 40
    importance = (random.random((count, 1 if recipe.exclusive else 3)) + 0.1).astype(np.float32)
    known = random.normal(size=(count, 3)).astype(np.float32)
    return fitting._Loss(rows(count), wanted(count, recipe.exclusive), importance, recipe, known)


@pytest.mark.parametrize("recipe", RECIPES)
def test_the_slope_is_that_of_the_loss(recipe: Recipe) -> None:
    loss = loss_of(recipe)
    random = np.random.default_rng(4)
    point = random.normal(size=loss.classes * loss.width + loss.classes) * 0.3
    _, slope = loss(point)
    for _ in range(12):
        way = random.normal(size=len(point))
        step = 1e-2
        rise = (loss(point + step * way)[0] - loss(point - step * way)[0]) / (2 * step)
        assert rise == pytest.approx(slope @ way, rel=2e-2, abs=2e-3)


@pytest.mark.parametrize("recipe", RECIPES)
def test_it_arrives_where_the_slope_is_flat(recipe: Recipe) -> None:
    count = 60
    given, so = rows(count), wanted(count, recipe.exclusive)
    importance = np.ones((count, 1 if recipe.exclusive else 3), dtype=np.float32)
    loss = fitting._Loss(given, so, importance, recipe, None)
    fitted = fit(given, so, importance, replace(recipe, rounds=200))
    table = fitted.table[loss.cells] / loss.loud.T
    point = np.concatenate((np.concatenate((table, fitted.dense)).T.ravel(), fitted.bias)).astype(np.float64)
    begin = np.zeros_like(point)
    reached, slope = loss(point)
    assert reached < loss(begin)[0]
    assert np.linalg.norm(slope) < 0.1 * np.linalg.norm(loss(begin)[1])


@pytest.mark.parametrize("heavy", [0, 1])
def test_of_two_labels_of_one_text_the_one_that_counts_more_is_learnt(heavy: int) -> None:
    given = rows(2)
    twice = joined([given, given])
    labels = [0, 1, 1, 0]  # each text once with each label
    importance = np.array([[9.0 if (place < 2) == (heavy == 0) else 1.0] for place in range(4)], dtype=np.float32)
    fitted = fit(twice, np.eye(2, dtype=np.float32)[labels], importance, Recipe(decay=1e-4))
    assert scores(given, fitted).argmax(axis=1).tolist() == (labels[:2] if heavy == 0 else labels[2:])


def test_a_rare_cell_speaks_louder_than_a_frequent_one() -> None:
    cells = np.array([0, 1] + [1] * 30)
    given = Rows(cells.astype(np.int32), np.ones(32, np.float32), np.arange(33), np.zeros((32, WIDTH), np.float32))
    loud = fitting._loudness(cells, given, wanted(32, exclusive=True), Recipe())
    assert (loud[:, 0] > loud[:, 1]).all()
    assert np.allclose(fitting._loudness(cells, given, wanted(32, exclusive=True), Recipe(rarity=0.0)), 1)


def test_a_cell_that_tells_a_class_speaks_louder_for_it() -> None:
    cells = np.array([0, 1] * 40)
    so = np.zeros((80, 2), np.float32)
    so[::2, 0] = 1  # cell 0 only where class 0 holds
    so[:, 1] = np.arange(80) % 4 < 2  # class 1 has nothing to do with the cells
    given = Rows(cells.astype(np.int32), np.ones(80, np.float32), np.arange(81), np.zeros((80, WIDTH), np.float32))
    loud = fitting._loudness(cells, given, so, Recipe(rarity=0.0, telling=1.0))
    assert loud[0, 0] > loud[1, 0]


def test_rows_are_taken_and_joined_as_they_stand() -> None:
    given = rows(9)
    chosen = np.array([4, 0, 8])
    some = take(given, chosen)
    whole = joined([some, given])
    table = np.random.default_rng(5).normal(size=(1 << BITS, 2)).astype(np.float32)
    weights = fitting.Weights(table, np.ones((WIDTH, 2), np.float32), np.zeros(2, np.float32))
    assert np.allclose(scores(some, weights), scores(given, weights)[chosen])
    assert np.allclose(scores(whole, weights)[3:], scores(given, weights))
