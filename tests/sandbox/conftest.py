"""The sandbox that the tests of the faults spoil: one server a module, calm again after every test."""

from collections.abc import Iterator

import pytest

from sandbox.clock import VirtualClock
from sandbox.server import SandboxServer
from sandbox.state import State
from tests.sandbox.fault_tools import Troubled
from tests.sandbox.network_tools import START, Sandbox


@pytest.fixture(scope="module")
def served_with_faults(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Troubled]:
    clock = VirtualClock(START)
    state = State(tmp_path_factory.mktemp("faults") / "sandbox.db", clock)
    server = SandboxServer(state)
    troubled = Troubled(Sandbox(state, clock, server.start()), server)
    yield troubled
    troubled.close()
    server.stop()
    state.close()


@pytest.fixture
def troubled(served_with_faults: Troubled) -> Iterator[Troubled]:
    """The module's sandbox, as good as new."""
    yield served_with_faults
    served_with_faults.calm_down()
