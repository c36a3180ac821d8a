"""Whether work grows with the text alone, or with its square."""

import time
from collections.abc import Callable

import pytest


def assert_linear(work: Callable[[str], object], unit: str, length: int, *, most: float = 2.6) -> None:
    """Twice the text takes about twice the time; `most` is how many times as long it may take.

    The least of several runs tells the work apart from the machine's other business, and a busy machine gets five
    tries: work that grows with the square fails every one of them.
    """
    half, whole = (unit * (size // len(unit)) for size in (length // 2, length))
    for tried in range(5):
        grown = _least_time(work, whole, 2 + tried) / max(_least_time(work, half, 2 + tried), 0.002)
        if grown <= most:
            return
    pytest.fail(f"twice the text took {grown:.1f} times as long")


def _least_time(work: Callable[[str], object], text: str, runs: int) -> float:
    times = []
    for _ in range(runs):
        start = time.process_time()
        work(text)
        times.append(time.process_time() - start)
    return min(times)
