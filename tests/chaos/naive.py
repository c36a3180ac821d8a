"""`python -m tests.chaos.naive [--seed N] [--mentions N] [--crashes N]`: the figures of the naive client."""

import argparse
import tempfile
import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from commands.chaos.ledger import Intent, Ledger, Name, network_of
from commands.chaos.loop import EVERY, LoopOptions
from commands.chaos.run import tell
from commands.chaos.stops import Stopped, Switch
from commands.chaos.subject import Place
from commands.chaos.world import Trial, try_out
from commands.on_sandbox import ended_by_sigterm, settings_on_sandbox
from sandbox.state import State
from tests.chaos.naive_client import Notes


class NoSwitch:
    """A naive client has none: whoever wants it silent must find its process."""

    def set(self, what: Stopped, now: datetime) -> None:
        pass

    def lift(self, what: Stopped, now: datetime) -> None:
        pass


class NaiveSubject:
    """The client of `tests.chaos.naive_client`, with its notes for a ledger."""

    module = "tests.chaos.naive_client"

    def __init__(self, place: Place, seed: int) -> None:
        folder, lag = str(place.folder), place.lag.total_seconds()
        self._options = LoopOptions(place.url, "", str(place.clock), folder, seed, lag)
        self._notes = place.folder / "notes.json"
        settings = settings_on_sandbox(place.url, "sqlite:///unused.db", place.folder / "host.toml", every=EVERY)
        channels = {account.name: account.channel for account in settings.account}
        self._sources = {one.name: (network_of(channels[one.account]), one.kind) for one in settings.source}

    def options(self) -> Mapping[str, Any]:
        return self._options.as_dict()

    def switch(self) -> Switch:
        return NoSwitch()

    def read_at(self) -> Mapping[Name, datetime]:
        read = Notes.of(self._notes).read_at
        return {self._sources[name]: datetime.fromisoformat(at) for name, at in read.items()}

    def is_finished(self, state: State, shown: datetime, now: datetime) -> bool:
        return True  # it never waits for anything

    def unfinished(self, state: State) -> Sequence[str]:
        return ["the naive client is never at its end"]

    def ledger(self) -> Ledger:
        notes = Notes.of(self._notes)
        return Ledger(
            mentions=[_name(key) for key in notes.seen],
            intents=[_intent(*numbered) for numbered in enumerate(notes.answered.items())],
        )

    def close(self) -> None:
        pass


def _name(key: str) -> Name:
    channel, _, external_id = key.partition(" ")
    return network_of(channel), external_id


def _intent(number: int, answered: tuple[str, str]) -> Intent:
    (network, mention), external_id = _name(answered[0]), answered[1]
    return Intent(number, network, mention, mention, "", external_id, stands=True, ended=True, automatic=True)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos.naive")
    for name, usual in (("--seed", 1), ("--mentions", 300), ("--crashes", 10)):
        parser.add_argument(name, type=int, default=usual)
    given = parser.parse_args()
    trial = Trial(given.seed, given.mentions, given.crashes)
    started = time.monotonic()
    with ended_by_sigterm(), tempfile.TemporaryDirectory(prefix="ouvidor-naive-", ignore_cleanup_errors=True) as made:
        outcome = try_out(trial, Path(made), lambda place: NaiveSubject(place, trial.seed))
    return tell(outcome, time.monotonic() - started, as_json=True)


if __name__ == "__main__":
    raise SystemExit(main())
