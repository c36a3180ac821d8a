"""The sandbox's clocks: the wall's, a faster one, and one that only moves when told."""

import threading
import time
from datetime import UTC, datetime, timedelta, timezone

import pytest

from sandbox.clock import ScaledClock, VirtualClock, WallClock

START = datetime(2026, 11, 20, 12, tzinfo=UTC)


def test_a_virtual_clock_stands_still_until_it_is_advanced() -> None:
    clock = VirtualClock(START)

    assert clock.now() == START
    clock.advance(timedelta(hours=3))
    assert clock.now() == START + timedelta(hours=3)


def test_sleeping_advances_a_virtual_clock_and_takes_no_time() -> None:
    clock = VirtualClock(START)
    before = time.monotonic()

    clock.sleep(timedelta(days=2))

    assert clock.now() == START + timedelta(days=2)
    assert time.monotonic() - before < 1


def test_a_virtual_clock_never_goes_back() -> None:
    clock = VirtualClock(START)

    clock.advance_to(START - timedelta(hours=1))
    clock.sleep(timedelta(seconds=-5))
    with pytest.raises(ValueError, match="never goes back"):
        clock.advance(timedelta(seconds=-1))

    assert clock.now() == START


def test_a_virtual_clock_tells_utc_whatever_zone_it_was_given() -> None:
    clock = VirtualClock(datetime(2026, 11, 20, 9, tzinfo=timezone(timedelta(hours=-3))))

    assert clock.now() == START
    assert clock.now().tzinfo is UTC


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        VirtualClock(datetime(2026, 11, 20))  # noqa: DTZ001  # the very thing that is refused


def test_no_advance_is_lost_between_threads() -> None:
    clock = VirtualClock(START)

    def advance() -> None:
        for _ in range(500):
            clock.advance(timedelta(milliseconds=1))

    threads = [threading.Thread(target=advance) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert clock.now() == START + timedelta(seconds=2)


def test_a_scaled_clock_runs_faster_than_the_wall_and_sleeps_less() -> None:
    clock = ScaledClock(1000, START)
    before = time.monotonic()

    clock.sleep(timedelta(seconds=20))

    assert time.monotonic() - before < 10
    assert clock.now() >= START + timedelta(seconds=20)


def test_a_scaled_clock_needs_a_speed_above_zero() -> None:
    with pytest.raises(ValueError, match="above 0"):
        ScaledClock(0)


def test_the_wall_clock_tells_aware_utc_time() -> None:
    clock = WallClock()

    clock.sleep(timedelta())

    assert abs(clock.now() - datetime.now(UTC)) < timedelta(seconds=5)
