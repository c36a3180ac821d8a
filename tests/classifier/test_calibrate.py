"""What turns scores into honest probabilities, and from which one on a thing is said, and said without a doubt."""

import numpy as np
import pytest

from classifier import calibrate
from classifier.calibrate import (
    COSTLY,
    FEWEST_SAID,
    HOLD_FLOOR,
    HOLD_PRECISION,
    MOST_DOUBTED,
    _corners,
    _doubted,
    _hold_thresholds,
    temperature,
)
from classifier.probabilities import softmax

COUNT = 2_000


def hold(right: int, wrong: int, rest: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Falling scores, and what is so: `right` true ones, each followed by its share of `wrong`, then `rest` true."""
    so = np.zeros(COUNT, dtype=bool)
    so[: right + wrong : (right + wrong) // right] = True
    so[COUNT - rest :] = rest > 0
    return np.linspace(0.99, 0.01, COUNT, dtype=np.float32), so


def said(*holds: tuple[np.ndarray, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """What is said of each text by the bars, and what is so, (text, hold)."""
    sure, so = (np.stack(parts, axis=1) for parts in zip(*holds, strict=True))
    return sure >= _hold_thresholds(sure, so), so


def thinning(from_chance: float) -> tuple[np.ndarray, np.ndarray]:
    """The surer the text, the likelier it is so: as many true ones as chances that fall to nothing add up to."""
    due = np.floor(np.cumsum(np.linspace(from_chance, -0.4, COUNT).clip(0)))
    return np.linspace(0.99, 0.01, COUNT, dtype=np.float32), np.diff(due, prepend=0) > 0


def test_all_holds_together_are_right_often_enough_and_no_more_careful_than_that() -> None:
    told, so = said(thinning(0.95), thinning(0.9))
    assert HOLD_PRECISION <= (told & so).sum() / told.sum() < HOLD_PRECISION + 0.05


def test_what_is_right_seldom_is_not_taken_far_however_right_the_others_are() -> None:
    told, so = said(hold(200, 0), hold(40, 200))
    assert told[:, 1].sum() <= FEWEST_SAID or (told & so)[:, 1].sum() / told[:, 1].sum() >= HOLD_FLOOR
    assert (told & so)[:, 0].sum() == 200


def test_a_hold_that_begins_with_a_false_alarm_is_lowered_all_the_same() -> None:
    sure, so = hold(60, 0)
    so[[0, 8, 9, 10]] = False
    told, so = said((sure, so), hold(60, 0))
    assert (told & so)[:, 0].sum() == so[:, 0].sum()


def test_a_costly_miss_lowers_its_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    cases = [thinning(0.95), thinning(0.9)]
    monkeypatch.setattr(calibrate, "COSTLY", {})
    before = said(*cases)[0][:, 1].sum()
    monkeypatch.setattr(calibrate, "COSTLY", {1: 2.0})
    assert said(*cases)[0][:, 1].sum() > before
    assert min(COSTLY.values()) > 1


def test_the_hull_turns_where_hits_get_rarer() -> None:
    assert _corners(np.array([0, 1, 2, 2, 3, 3, 3])) == [0, 2, 4, 6]


@pytest.mark.parametrize("divisor", [0.4, 1.0, 3.0])
def test_the_temperature_makes_probabilities_come_true(divisor: float) -> None:
    random = np.random.default_rng(1)
    honest = random.normal(size=(4_000, 3)).astype(np.float32) * 2
    shares = softmax(honest)
    labels = (random.random((4_000, 1)) > np.cumsum(shares, axis=1)).sum(axis=1).clip(0, 2)
    assert temperature(honest * divisor, labels) == pytest.approx(divisor, rel=0.15)


def test_doubt_begins_where_what_is_left_is_right_often_enough() -> None:
    sure = np.linspace(1.0, 0.5, 100, dtype=np.float32)
    right = np.arange(100) < 90  # the ten least sure are wrong
    least = _doubted(sure, right, 0.95)
    kept = sure >= least
    assert right[kept].mean() == pytest.approx(0.95, abs=0.01)
    assert kept.sum() < 100
    assert _doubted(sure, right, 0.9) == 0.0  # all are right as often as that


def test_no_more_is_doubted_than_people_can_look_at() -> None:
    sure = np.linspace(1.0, 0.5, 100, dtype=np.float32)
    kept = sure >= _doubted(sure, np.zeros(100, dtype=bool), 0.95)
    assert kept.sum() >= (1 - MOST_DOUBTED) * 100
