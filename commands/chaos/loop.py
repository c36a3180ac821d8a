"""What `ouvidor chaos` kills: the loop and a person beside it, one turn whenever the one who hosts them says so.

Line by line, as JSON: the options come first, with the point to die at, and "ready" is said to them; then for each
order one turn is done, and told. When nothing more can come, because the host is gone, the process ends at once.
"""

import json
import os
import queue
import random
import sys
import threading
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from channels.connection import Connection
from classifier import configured
from commands.chaos.person import Person
from commands.logs import set_up_logs
from commands.on_sandbox import settings_on_sandbox, without_waiting_for_the_disk
from database import crash
from database.engine import open_database
from listeners import build_listener
from privacy.outbound import outbound
from responders import build_responder
from responders.opt_out import asks_to_be_left_alone
from sandbox.clock import SharedClock
from scheduler import Runtime

EVERY = timedelta(seconds=300)  # between two polls of a source
TIMEOUT = timedelta(seconds=0.8)
LATE = timedelta(seconds=1)  # that the networks take for an answer that comes too late


@dataclass(frozen=True)
class LoopOptions:
    """What the loop must know of the world around it."""

    url: str  # of the networks
    database: str
    clock: str  # the file of the shared clock
    folder: str  # for what it writes down
    seed: int
    lag: float  # seconds: the longest that a network keeps what it has taken from being seen

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def main() -> None:
    """Do as the host says until it says nothing more."""
    orders = orders_from_input()
    set_up_logs(as_json=True)
    make_what_is_made_once()
    options = first_of(orders)
    folder = Path(options.folder)
    settings = settings_on_sandbox(options.url, options.database, folder / "loop.toml", every=EVERY)
    clock = SharedClock(Path(options.clock))
    engine = without_waiting_for_the_disk(open_database(settings.database))
    runtime = Runtime(
        engine,
        settings,
        clock,
        configured(settings.classifier, settings.rule),
        listeners=lambda connection, source, clock: build_listener(impatient(connection), source, clock),
        responders=lambda connection, clock: build_responder(impatient(connection), clock),
        chance=random.Random(f"{options.seed}:jitter"),
    )
    runtime.resume(restarted=True)  # as a start does: who restarts has looked after what was paused
    person = Person(runtime, options.url, folder, options.seed, timedelta(seconds=options.lag))
    say({"ready": True})
    while True:
        arm(orders.get())
        say(told(runtime.once() + person.step(), runtime.next_due()))


def make_what_is_made_once() -> None:
    """Before the host says anything: the process before this one may still be at work, and this one waits."""
    configured().classify(["Meu pedido não chegou, e ninguém me responde."])
    outbound("Precisamos do seu CPF.")
    asks_to_be_left_alone("Parem de me responder.")


def impatient(connection: Connection) -> Connection:
    """The same, waiting less than the networks' late answers take: a real wait is all that a late answer costs here."""
    return replace(connection, timeout=TIMEOUT)


def told(done: int, next_at: datetime | None) -> dict[str, Any]:
    """What is said after a turn."""
    return {"done": done, "next": None if next_at is None else next_at.isoformat()}


def arm(order: dict[str, Any]) -> None:
    """Die at the point that the order names, if it names one."""
    if order.get("arm"):
        crash.arm(order["arm"])


def orders_from_input() -> "queue.SimpleQueue[dict[str, Any]]":
    """The host's lines, as they come; without a host, the process ends in the middle of whatever it does."""
    orders: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()

    def read() -> None:
        for line in sys.stdin:
            orders.put(json.loads(line))
        os._exit(0)

    threading.Thread(target=read, name="orders", daemon=True).start()
    return orders


def first_of(orders: "queue.SimpleQueue[dict[str, Any]]") -> LoopOptions:
    """What the host says first; until then nothing is opened or read."""
    first = orders.get()
    arm(first)
    return LoopOptions(**first["options"])


def say(word: dict[str, Any]) -> None:
    """One line to the host."""
    sys.stdout.write(json.dumps(word) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
