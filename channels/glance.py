"""What a look at our own posts showed a moment ago, for the other replies that are looked for in the same moment."""

import threading
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from channels.connection import Clock

Shown = TypeVar("Shown")
MOMENT = timedelta(seconds=3)


class Glance(Generic[Shown]):
    """One page of our posts answers for every reply on it: each request costs quota, on X each post read costs money.

    Nothing is told from it twice: who asks again about the same post wants to know how things stand now.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._taking = threading.Lock()
        self._shown: list[Shown] = []
        self._at: datetime | None = None

    def keep(self, shown: Iterable[Shown]) -> None:
        """Remember a page that has just been read, in place of the one before."""
        with self._taking:
            self._shown, self._at = list(shown), self._clock.now()

    def take(self, is_it: Callable[[Shown], bool]) -> Shown | None:
        """The first entry that it is, when it was read just now and nobody took it yet."""
        with self._taking:
            if self._at is None or not timedelta(0) <= self._clock.now() - self._at <= MOMENT:
                self._shown.clear()
            for place, entry in enumerate(self._shown):
                if is_it(entry):
                    return self._shown.pop(place)
        return None
