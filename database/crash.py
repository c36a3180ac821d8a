"""Named points at which a test may kill the process, to show that nothing is lost or doubled there.

`OUVIDOR_CRASH_AT=deliver.sent:3` kills, as SIGKILL would, the third time that the point is passed. Unset, nothing.
"""

import os
import signal
import threading

_WANTED, _, _COUNT = os.environ.get("OUVIDOR_CRASH_AT", "").partition(":")
_left = int(_COUNT or 1)
_lock = threading.Lock()


def crash_point(name: str) -> None:
    """Die here when the environment asks for it."""
    global _left  # noqa: PLW0603 - the count belongs to the process, as the death does
    if name != _WANTED:
        return
    with _lock:
        _left -= 1
        if _left <= 0:
            os.kill(os.getpid(), signal.SIGKILL)
