"""What the tests of the sandbox's networks share: a served sandbox and a comparison of JSON shapes."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sandbox.clock import VirtualClock
from sandbox.server import Faults, SandboxServer
from sandbox.state import Post, State

START = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


class Sandbox:
    """A sandbox that is being served, and hands for the people in it."""

    def __init__(self, state: State, clock: VirtualClock, url: str) -> None:
        self.state = state
        self.clock = clock
        self.url = url

    def says(self, network: str, text: str, handle: str = "marina", *, kind: str = "post", **facts: object) -> Post:
        """Somebody posts a second later."""
        self.clock.advance(timedelta(seconds=1))
        person = self.state.add_person(network, handle, handle.title(), 120)
        return self.state.publish(person, text, kind=kind, **facts)  # type: ignore[arg-type]  # the test's own facts


@contextmanager
def served(folder: Path, faults: Faults | None = None) -> Iterator[Sandbox]:
    clock = VirtualClock(START)
    state = State(folder / "sandbox.db", clock)
    server = SandboxServer(state, faults=faults)
    try:
        yield Sandbox(state, clock, server.start())
    finally:
        server.stop()
        state.close()


def differences(shape: object, found: object, path: str = "$") -> list[str]:
    """Where `found` lacks a key of `shape`, has one more, or another type; a tuple allows several types."""
    if isinstance(shape, dict):
        if not isinstance(found, dict):
            return [f"{path}: {type(found).__name__} instead of an object"]
        keys = [f"{path}.{key}: missing" for key in shape if key not in found]
        keys += [f"{path}.{key}: not in the documentation" for key in found if key not in shape]
        return keys + [
            line for key in shape if key in found for line in differences(shape[key], found[key], f"{path}.{key}")
        ]
    if isinstance(shape, list):
        if not isinstance(found, list):
            return [f"{path}: {type(found).__name__} instead of a list"]
        return [line for place, one in enumerate(found) for line in differences(shape[0], one, f"{path}[{place}]")]
    allowed = shape if isinstance(shape, tuple) else (shape,)
    return [] if type(found) in allowed else [f"{path}: {type(found).__name__} instead of {allowed}"]
