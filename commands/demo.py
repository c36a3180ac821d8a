"""`ouvidor demo`: networks, loop and inbox in one process; `--once` runs the loop to its end and checks it."""

import threading
import time
from collections.abc import Callable
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import typer
from sqlalchemy import Engine

from classifier import configured
from commands.approver import Approver
from commands.by_hand import poster
from commands.demo_files import check_nothing_is_forgotten, demo_files, networks_of
from commands.logs import set_up_logs
from commands.on_sandbox import START, ended_by_sigterm, prepared, settings_on_sandbox
from commands.report import Report, finished, report, stuck
from commands.running import finish
from commands.serving import WebServer, asked_to_stop
from errors import SettingsError
from inbox.app import build_inbox
from models import Case
from sandbox.clock import VirtualClock, WallClock
from sandbox.population import Population
from sandbox.server import SandboxServer
from sandbox.state import State
from scheduler import Runtime
from settings import Settings

_PORT = 8080
_RATE_ONCE = 8.0  # new conversations a minute of the virtual clock
_RATE_LIVE = 15.0
_PACE_ONCE = timedelta(minutes=10)  # customers leave their posts up long enough for every source's interval
_SOONEST = timedelta(seconds=60)  # the virtual clock moves at least this far, so that work comes in batches
_STUCK = timedelta(hours=6)  # of virtual time in which nothing was done
_CLOCK = "demo:clock"  # where the sandbox's file keeps the virtual time


def once(mentions: int, seed: int, database: Path | None, as_json: bool) -> int:
    """Run the loop until `mentions` have been posted, seen and handled; 1 when anything was lost or doubled.

    With `database` the files stay, the sandbox's beside ours, and a repeat goes on from where the last run stopped,
    however it stopped.
    """
    set_up_logs()
    started = time.monotonic()
    clock = VirtualClock(START)
    with (
        ended_by_sigterm(),
        demo_files(database) as path,
        closing(State(networks_of(path), clock, seed)) as state,
    ):
        check_nothing_is_forgotten(path, state)
        clock.advance_to(datetime.fromisoformat(state.get(_CLOCK, START.isoformat())))
        server = SandboxServer(state)
        try:
            url = server.start()
            settings = settings_on_sandbox(url, f"sqlite:///{path}", _toml(path), every=timedelta(seconds=300))
            engine = prepared(settings, clock.now())
            try:
                found = _run(engine, settings, state, clock, url, seed, mentions)
            finally:
                engine.dispose()
        finally:
            server.stop()
    seconds = round(time.monotonic() - started, 2)
    typer.echo(found.as_json(seconds) if as_json else found.as_text(seconds))
    return 0 if found.is_whole else 1


def _run(
    engine: Engine, settings: Settings, state: State, clock: VirtualClock, url: str, seed: int, mentions: int
) -> Report:
    population = Population(state, seed, _RATE_ONCE, pace=_PACE_ONCE, site=url)
    runtime = Runtime(engine, settings, clock, configured(settings.classifier, settings.rule))
    approver = Approver(runtime, poster(url))
    until = clock.now() + _STUCK
    while True:
        done = population.step(clock.now(), limit=mentions) + runtime.once() + approver.step()
        now = clock.now()
        if done:
            until = now + _STUCK
        quiet = population.next_at() is None
        if quiet and finished(engine, state, now):
            return report(engine, state, runtime.redelivered)
        if now > until:
            return report(engine, state, runtime.redelivered, stuck=stuck(engine, state))
        due = [moment for moment in (population.next_at(), runtime.next_due()) if moment is not None]
        ahead = max(min(due, default=now), now + _SOONEST)
        # On disk before it is lived through: after a kill no row of ours is from the future.
        state.put(_CLOCK, ahead.isoformat())
        clock.advance_to(ahead)


def interactive(port: int | None, seed: int) -> None:
    """Show everything live until Ctrl-C, on a database that is thrown away."""
    set_up_logs()
    with demo_files(None) as path, asked_to_stop() as stopped:
        clock = WallClock()
        state = State(path.with_name("networks.db"), clock, seed)
        networks = SandboxServer(state)
        inbox = _inbox_server(port)
        url = networks.start()
        settings = settings_on_sandbox(
            url, f"sqlite:///{path}", _toml(path), every=timedelta(seconds=4), inbox_port=inbox.port
        )
        engine = prepared(settings, clock.now())
        runtime = Runtime(engine, settings, clock, configured(settings.classifier, settings.rule))
        inbox.start(build_inbox(engine, settings, clock, classifier=runtime.classifier))
        inbox.wait_until_serving()
        typer.echo(f"public timelines: {url}/")
        typer.echo(f"inbox:            {inbox.url}/")
        typer.echo("customers are posting; a demo colleague answers every other case, the rest is yours. Ctrl-C stops")
        population = Population(state, seed, _RATE_LIVE, pace=timedelta(seconds=20), site=url)
        approver = Approver(runtime, poster(url), takes=_is_routine, patience=timedelta(seconds=15))
        runtime.start()
        threads = [
            _repeat("customers", lambda: population.step(clock.now()), stopped),
            _repeat("colleague", approver.step, stopped),
        ]
        stopped.wait()
        typer.echo("stopping", err=True)
        for thread in threads:
            thread.join(timeout=2)
        networks.stop()
        finish(runtime, inbox)
        engine.dispose()
        state.close()


def _is_routine(case: Case) -> bool:
    """Every other case; one that is held for a person waits for a person."""
    return not case.holds and (case.id or 0) % 2 == 0


def _repeat(name: str, act: Callable[[], int], stopped: threading.Event) -> threading.Thread:
    def body() -> None:
        while not stopped.wait(0.5):
            act()

    thread = threading.Thread(target=body, name=name, daemon=True)
    thread.start()
    return thread


def _inbox_server(port: int | None) -> WebServer:
    """The port that was asked for, or the usual one, or any that is free."""
    if port is not None:
        return WebServer("127.0.0.1", port)
    try:
        return WebServer("127.0.0.1", _PORT)
    except SettingsError:
        return WebServer("127.0.0.1", 0)


def _toml(path: Path) -> Path:
    return path.with_name(f"{path.name}.toml")
