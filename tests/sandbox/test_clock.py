"""The sandbox's clocks: the wall's, a faster one, and one that only moves when told."""

import os
import signal
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from sandbox.clock import ScaledClock, SharedClock, VirtualClock, WallClock

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


# What another process does: it says that it is ready, and then advances by milliseconds, so often or without end.
ADVANCING = """
import sys
from datetime import timedelta
from itertools import count
from sandbox.clock import SharedClock
clock = SharedClock(sys.argv[1])
print("ready", flush=True)
for _ in range(int(sys.argv[2])) if sys.argv[2] != "endless" else count():
    clock.advance(timedelta(milliseconds=1))
"""


def advancing(path: Path, times: str) -> subprocess.Popen[str]:
    """Another process with the same clock, once it is under way."""
    root = Path(__file__).parents[2]
    process = subprocess.Popen(
        [sys.executable, "-c", ADVANCING, str(path), times], cwd=root, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def test_a_shared_clock_goes_on_from_the_time_in_its_file(tmp_path: Path) -> None:
    clock = SharedClock(tmp_path / "clock", START)

    clock.advance(timedelta(microseconds=7))
    clock.sleep(timedelta(hours=2))
    clock.advance_to(START)

    assert SharedClock(tmp_path / "clock").now() == clock.now() == START + timedelta(hours=2, microseconds=7)
    assert (tmp_path / "clock").stat().st_size == 8
    with pytest.raises(ValueError, match="never goes back"):
        clock.advance(timedelta(seconds=-1))


def test_a_shared_clock_is_shared_between_objects_and_threads(tmp_path: Path) -> None:
    clocks = [SharedClock(tmp_path / "clock", START) for _ in range(2)]

    def advance(clock: SharedClock) -> None:
        for _ in range(500):
            clock.advance(timedelta(milliseconds=1))

    threads = [threading.Thread(target=advance, args=[clock]) for clock in (*clocks, *clocks)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [clock.now() for clock in clocks] == [START + timedelta(seconds=2)] * 2


def test_no_advance_is_lost_between_processes(tmp_path: Path) -> None:
    clock = SharedClock(tmp_path / "clock", START)
    with advancing(tmp_path / "clock", "2000") as other:
        for _ in range(2000):
            clock.advance(timedelta(milliseconds=1))

    assert other.returncode == 0
    assert clock.now() == START + timedelta(seconds=4)


def test_a_shared_clock_survives_the_kill_of_a_process_that_moves_it(tmp_path: Path) -> None:
    clock = SharedClock(tmp_path / "clock", START)
    for _ in range(3):
        with advancing(tmp_path / "clock", "endless") as other:
            begun = clock.now()
            while clock.now() == begun:
                time.sleep(0.001)
            os.kill(other.pid, signal.SIGKILL)
        stopped = clock.now()
        assert stopped > begun
        clock.advance(timedelta(seconds=1))
        assert clock.now() == stopped + timedelta(seconds=1)


def test_a_file_whose_maker_was_killed_before_it_wrote_the_time_becomes_a_clock(tmp_path: Path) -> None:
    (tmp_path / "clock").touch()

    assert SharedClock(tmp_path / "clock", START).now() == START
