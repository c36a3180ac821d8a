"""Geometry of stacked bars: counts in, rectangles in percent out; a template draws them."""

from collections.abc import Sequence
from dataclasses import dataclass

from reputation.trends import Series

HEIGHT = 100.0  # of the drawing, in its own units; the page stretches it


@dataclass(frozen=True)
class Bar:
    """One rectangle; `slot` is the colour's number, -1 none."""

    x: float
    y: float
    width: float
    height: float
    slot: int
    count: int


@dataclass(frozen=True)
class StackedBars:
    """A drawing that is `width` by 100, its bars and the values of its grid lines from top to bottom."""

    width: float
    bars: tuple[Bar, ...]
    totals: tuple[int, ...]
    grid: tuple[int, ...]


def stacked_bars(series: Sequence[Series]) -> StackedBars:
    """One stack a day, the first series at the bottom."""
    days = max((len(one.counts) for one in series), default=0)
    totals = tuple(sum(one.counts[day] for one in series) for day in range(days))
    top = _round_up(max(totals, default=0))
    bars = []
    for day in range(days):
        floor = HEIGHT
        for slot, one in enumerate(series):
            height = one.counts[day] / top * HEIGHT
            floor -= height
            if height:
                bars.append(Bar(day * 10 + 1, round(floor, 3), 8, round(height, 3), slot, one.counts[day]))
    return StackedBars(max(days, 1) * 10, tuple(bars), totals, (top, top // 2, 0))


def _round_up(largest: int) -> int:
    """The next even number whose first digit alone is not zero, so that half of it is whole."""
    size = int(10 ** max(len(str(largest)) - 1, 0))
    steps = -(-largest // size)
    return max(2, (steps + steps % 2) * size if size == 1 else steps * size)
