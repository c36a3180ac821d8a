"""The calls that a company may make in a minute, shared by all that works for it in one process."""

import threading
from collections import deque
from datetime import datetime, timedelta
from weakref import WeakKeyDictionary

from channels.connection import Clock, Connection

MINUTE = timedelta(minutes=1)
KEPT_FOR_LISTENING = 1  # call a minute: answers that wait in line must not make us deaf
KEPT_FOR_ANSWERS = 4  # calls a minute, while an answer waits for room: a look, a token, the answer, its reading back
_WAITING = 2 * MINUTE  # after which an answer that was refused is taken to wait no more


class CallWindow:
    """Counts calls, and tells how long to wait for room."""

    def __init__(self, calls: int) -> None:
        self._most = calls
        self._lock = threading.Lock()
        self._calls: deque[tuple[datetime, bool]] = deque()  # when, and whether it was for an answer
        self._answer_refused_at: datetime | None = None

    def wait(self, clock: Clock, needs: int, *, answers: bool) -> timedelta | None:
        """How long until there is room for so many calls; None when there is."""
        with self._lock:
            return self._wait(clock.now(), needs, answers=answers)

    def spend(self, clock: Clock, *, answers: bool) -> timedelta | None:
        """Count a call; where there is no room, count nothing and tell how long to wait."""
        with self._lock:
            now = clock.now()
            wait = self._wait(now, 1, answers=answers)
            if wait is None:
                self._calls.append((now, answers))
            return wait

    def _wait(self, now: datetime, needs: int, *, answers: bool) -> timedelta | None:
        while self._calls and not now - MINUTE < self._calls[0][0] <= now:
            self._calls.popleft()
        every = [at for at, _ in self._calls]
        own = [at for at, for_an_answer in self._calls if for_an_answer is answers]
        share = self._share(now, answers=answers)
        freed_by = [
            calls[len(calls) + needs - room - 1]
            for calls, room in ((every, self._most), (own, share))
            if len(calls) + needs > room
        ]
        if not freed_by:
            return None
        if answers:
            self._answer_refused_at = now
        return max(freed_by) + MINUTE - now + timedelta(seconds=1)

    def _share(self, now: datetime, *, answers: bool) -> int:
        if answers:
            return self._most - KEPT_FOR_LISTENING
        refused = self._answer_refused_at
        is_waiting = refused is not None and timedelta(0) <= now - refused < _WAITING
        return self._most - KEPT_FOR_ANSWERS if is_waiting else self._most


_windows: WeakKeyDictionary[Clock, dict[tuple[str, str], CallWindow]] = WeakKeyDictionary()


def call_window(connection: Connection, clock: Clock, calls: int) -> CallWindow:
    """The window of a company: who lives by the same clock lives in the same process."""
    company = (connection.base_url, connection.secrets.get("client_id", ""))
    try:
        return _windows.setdefault(clock, {}).setdefault(company, CallWindow(calls))
    except TypeError:  # a clock that nothing can be kept for
        return CallWindow(calls)
