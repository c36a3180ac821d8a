"""What time it is in the sandbox: the wall's, a faster one, or one that only moves when told."""

import threading
import time
from datetime import UTC, datetime, timedelta
from typing import Protocol


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


def _in_utc(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError(f"a clock needs a time with its zone, not {moment.isoformat()}")
    return moment.astimezone(UTC)
