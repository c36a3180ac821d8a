"""What a chaos run tries out: a program that listens and answers, in a process that may be killed at any moment."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy import Engine
from sqlmodel import col, select

from commands.chaos.ledger import Ledger, Name, network_of, read_ledger
from commands.chaos.loop import EVERY, LoopOptions
from commands.chaos.stops import Switch
from commands.chaos.switch import OuvidorSwitch
from commands.on_sandbox import prepared, settings_on_sandbox, without_waiting_for_the_disk
from commands.report import finished, stuck
from database.engine import reading
from models import Account, Source
from sandbox.state import State


@dataclass(frozen=True)
class Place:
    """Where the world of a run is: what a program that is tried out must be told of it."""

    url: str  # of the networks
    clock: Path
    folder: Path  # for what is written down
    lag: timedelta  # the longest that a network keeps what it has taken from being seen
    now: datetime


class Subject(Protocol):
    """What the host must know of a program to try it out."""

    @property
    def module(self) -> str:
        """Which runs it, and speaks as `commands.chaos.loop` does."""
        ...

    def options(self) -> Mapping[str, Any]:
        """What its process is told first."""
        ...

    def switch(self) -> Switch:
        """Its kill switch."""
        ...

    def read_at(self) -> Mapping[Name, datetime]:
        """When each network's kinds of source were last read to their end."""
        ...

    def is_finished(self, state: State, shown: datetime, now: datetime) -> bool:
        """Whether all that it will ever do is done, with the networks' word from after `shown`."""
        ...

    def unfinished(self, state: State) -> Sequence[str]:
        """What never came to an end, in words."""
        ...

    def ledger(self) -> Ledger:
        """What it holds to be true."""
        ...

    def close(self) -> None: ...


class OuvidorSubject:
    """Ouvidor's loop on a database."""

    module = "commands.chaos.loop"

    def __init__(self, place: Place, database: str, seed: int) -> None:
        folder, lag = str(place.folder), place.lag.total_seconds()
        self._options = LoopOptions(place.url, database, str(place.clock), folder, seed, lag)
        settings = settings_on_sandbox(place.url, database, place.folder / "host.toml", every=EVERY)
        self._engine: Engine = without_waiting_for_the_disk(prepared(settings, place.now))

    def options(self) -> Mapping[str, Any]:
        return self._options.as_dict()

    def switch(self) -> Switch:
        return OuvidorSwitch(self._engine)

    def read_at(self) -> Mapping[Name, datetime]:
        with reading(self._engine) as session:
            rows = session.exec(
                select(Source.channel, Source.kind, Source.last_success_at).where(
                    col(Source.last_success_at).is_not(None)
                )
            ).all()
        return {(network_of(channel), kind): at for channel, kind, at in rows if at is not None}

    def is_finished(self, state: State, shown: datetime, now: datetime) -> bool:
        with reading(self._engine) as session:
            compared = session.exec(select(Account.reconciled_to).where(col(Account.reconciled_to).is_not(None))).all()
        return all(at is not None and at > shown for at in compared) and finished(self._engine, state, now)

    def unfinished(self, state: State) -> Sequence[str]:
        return stuck(self._engine, state)

    def ledger(self) -> Ledger:
        return read_ledger(self._engine)

    def close(self) -> None:
        self._engine.dispose()
