"""Keep the tests on this machine: no socket is opened beyond loopback, not even to look up a name."""

import ipaddress
import sys
import threading

_LOCAL_NAMES = frozenset({"localhost", "ip6-localhost", "localhost.localdomain"})
_WATCHED = frozenset({"socket.connect", "socket.bind", "socket.sendto", "socket.getaddrinfo", "socket.gethostbyname"})


class BeyondLoopbackError(BaseException):
    """A test reached for the network.

    Not an Exception, so that no client library can take it for a connection that failed and carry on.
    """


class Guard:
    """Refuses what leaves the machine, and remembers it for the test to fail by."""

    def __init__(self) -> None:
        self.refused: list[str] = []
        self._lock = threading.Lock()

    def take_refused(self) -> list[str]:
        """What was refused since the last call."""
        with self._lock:
            refused, self.refused = self.refused, []
        return refused

    def hear(self, event: str, arguments: tuple[object, ...]) -> None:
        """The audit hook: Python tells it of every socket before the system does anything."""
        if event not in _WATCHED:
            return
        target = arguments[0] if event in ("socket.getaddrinfo", "socket.gethostbyname") else arguments[-1]
        if is_local(target):
            return
        with self._lock:
            self.refused.append(f"{event} {target!r}")
        raise BeyondLoopbackError(f"a test may only use loopback, and this one called {event} with {target!r}")


def is_local(target: object) -> bool:
    """Whether an address as the socket module takes it stays on this machine.

    A path is a unix socket; None and "" are what a passive look-up and an unnamed socket use.
    """
    if isinstance(target, tuple):
        host = target[0] if target else ""
        return host != "" and is_local(host)  # bound to "" a server would listen on every interface
    if isinstance(target, bytes):
        target = target.decode("utf-8", "replace")
    if target is None or not isinstance(target, str):
        return True
    if target == "" or target.startswith(("/", "\0")) or target.lower() in _LOCAL_NAMES:
        return True
    try:
        return ipaddress.ip_address(target.partition("%")[0]).is_loopback
    except ValueError:
        return False


def install() -> Guard:
    """Start watching; an audit hook stays for the life of the process."""
    guard = Guard()
    sys.addaudithook(guard.hear)
    return guard
