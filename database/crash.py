"""Named points at which a test may kill the process, to show that nothing is lost or doubled there.

`OUVIDOR_CRASH_AT=deliver.answered:3` kills, as SIGKILL would, the third time that the point is passed. Unset, nothing.
"""

import os
import signal
import threading

# Every point of the house, in the order in which data passes them.
POINTS = (
    "poll.stored",
    "poll.committed",
    "tag.computed",
    "tag.stored",
    "triage.stored",
    "deliver.claimed",
    "deliver.looked",
    "deliver.sending",
    "deliver.answered",
    "deliver.recorded",
    "verify.looked",
    "verify.recorded",
    "reconcile.read",
    "reconcile.recorded",
    "learned.weights",
    "learned.listed",
    "learned.written",
)
VARIABLE = "OUVIDOR_CRASH_AT"

_wanted, _, _COUNT = os.environ.get(VARIABLE, "").partition(":")
_left = int(_COUNT or 1)
_lock = threading.Lock()


def arm(where: str) -> None:
    """From now on, die at this point as the environment would have it: `deliver.answered:3`."""
    global _wanted, _left
    name, _, count = where.partition(":")
    with _lock:
        _wanted, _left = name, int(count or 1)


def crash_point(name: str) -> None:
    """Die here when the environment asks for it."""
    global _left  # noqa: PLW0603 - the count belongs to the process, as the death does
    if name != _wanted:
        return
    with _lock:
        _left -= 1
        if _left <= 0:
            os.kill(os.getpid(), signal.SIGKILL)
