"""What time it is in the sandbox: the wall's, a faster one, or one that only moves when told, here or everywhere."""

import fcntl
import mmap
import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Clock(Protocol):
    """Tells the time and waits; `now` is an aware UTC datetime and never goes back."""

    def now(self) -> datetime: ...

    def sleep(self, duration: timedelta) -> None: ...


class WallClock:
    """The machine's own time."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def sleep(self, duration: timedelta) -> None:
        if duration > timedelta():
            time.sleep(duration.total_seconds())


class ScaledClock:
    """Starts at `start` (None: at the wall's time) and runs `speed` times faster than the wall."""

    def __init__(self, speed: float, start: datetime | None = None) -> None:
        if speed <= 0:
            raise ValueError(f"a clock's speed must be above 0, not {speed}")
        self.speed = speed
        # The monotonic clock does not jump when the machine's time is corrected.
        self._started_at = datetime.now(UTC) if start is None else _in_utc(start)
        self._started = time.monotonic()

    def now(self) -> datetime:
        return self._started_at + timedelta(seconds=(time.monotonic() - self._started) * self.speed)

    def sleep(self, duration: timedelta) -> None:
        if duration > timedelta():
            time.sleep(duration.total_seconds() / self.speed)


class VirtualClock:
    """Stands still until it is advanced; sleeping advances it, so hours of waiting take no time."""

    def __init__(self, start: datetime) -> None:
        self._now = _in_utc(start)
        self._lock = threading.Lock()

    def now(self) -> datetime:
        with self._lock:
            return self._now

    def advance(self, duration: timedelta) -> None:
        """Moves forward; a negative duration is refused."""
        if duration < timedelta():
            raise ValueError(f"a clock never goes back: cannot advance by {duration}")
        with self._lock:
            self._now += duration

    def advance_to(self, moment: datetime) -> None:
        """Moves forward to the moment; one that has already passed changes nothing."""
        moment = _in_utc(moment)
        with self._lock:
            self._now = max(self._now, moment)

    def sleep(self, duration: timedelta) -> None:
        if duration > timedelta():
            self.advance(duration)


class SharedClock:
    """A virtual clock that several processes share through a file, each with an object of its own.

    The file holds the microseconds since 1970 in eight bytes. A process that dies leaves the time as it was before
    its last advance or after it, and holds nothing up: the lock goes with the process.
    """

    def __init__(self, path: str | Path, start: datetime | None = None) -> None:
        """A file that is there goes on from its time; a new one begins at `start`, or at the wall's time."""
        self._path = str(path)
        begin = datetime.now(UTC) if start is None else _in_utc(start)
        os.close(os.open(self._path, os.O_CREAT | os.O_RDWR, 0o600))
        with self._locked() as file:
            # One call writes all eight bytes: whoever is killed here leaves an empty file or a whole time.
            if os.fstat(file).st_size < 8:
                os.pwrite(file, _microseconds(begin).to_bytes(8, sys.byteorder), 0)
            self._memory = mmap.mmap(file, 8)
        # Eight aligned bytes are read and written by one instruction: no reader sees half of a new time.
        self._shown = memoryview(self._memory).cast("q")

    def now(self) -> datetime:
        return _EPOCH + timedelta(microseconds=self._shown[0])

    def advance(self, duration: timedelta) -> None:
        """Moves forward; a negative duration is refused."""
        if duration < timedelta():
            raise ValueError(f"a clock never goes back: cannot advance by {duration}")
        with self._locked():
            self._shown[0] += duration // _MICROSECOND

    def advance_to(self, moment: datetime) -> None:
        """Moves forward to the moment; one that has already passed changes nothing."""
        moment = _in_utc(moment)
        with self._locked():
            self._shown[0] = max(self._shown[0], _microseconds(moment))

    def sleep(self, duration: timedelta) -> None:
        if duration > timedelta():
            self.advance(duration)

    def close(self) -> None:
        """Lets go of the file, which stays; the clock must not be asked any more."""
        self._shown.release()
        self._memory.close()

    @contextmanager
    def _locked(self) -> Iterator[int]:
        # A lock belongs to one opening of the file: a new one each time keeps threads and forks apart as well.
        file = os.open(self._path, os.O_RDWR)
        try:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield file
        finally:
            # The memory map keeps a copy of the descriptor, and with it a lock that nobody lets go.
            fcntl.flock(file, fcntl.LOCK_UN)
            os.close(file)


def _microseconds(moment: datetime) -> int:
    return (moment - _EPOCH) // _MICROSECOND


def _in_utc(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError(f"a clock needs a time with its zone, not {moment.isoformat()}")
    return moment.astimezone(UTC)
