"""`ouvidor run` and `ouvidor once`: the loop, with the inbox beside it."""

import os
import sys
import time
from datetime import timedelta
from pathlib import Path

import typer
from sqlalchemy import Engine

from cases.queries.sources import sources
from classifier import configured
from commands.apply import apply_settings
from commands.logs import set_up_logs
from commands.opening import WallClock, database_in_use, settings_in_use, visible
from commands.serving import WebServer, asked_to_stop
from commands.sources import state_of
from database.engine import reading, transaction
from errors import OuvidorError
from inbox.app import build_inbox
from scheduler import Runtime
from settings import Settings

_PATIENCE = timedelta(seconds=4)  # for what is in flight when a stop is asked for, which is over within 5 s


def run_until_stopped(path: Path | None, *, port: int | None = None, inbox: bool = True) -> None:
    """Run the loop and serve the inbox until SIGTERM or Ctrl-C."""
    settings = settings_in_use(path)
    if port is not None:
        settings = settings.model_copy(update={"inbox": settings.inbox.model_copy(update={"port": port})})
    set_up_logs()
    with asked_to_stop() as stopped, database_in_use(settings) as engine:
        server = WebServer(settings.inbox.host, settings.inbox.port) if inbox else None
        if server is not None:  # port 0 has become a real one, which the inbox's guards must know
            settings = settings.model_copy(update={"inbox": settings.inbox.model_copy(update={"port": server.port})})
        runtime = _prepared(engine, settings)
        if server is not None:
            server.start(build_inbox(engine, settings, WallClock(), classifier=runtime.classifier))
            if not server.wait_until_serving():
                raise OuvidorError("the inbox did not start; the log says why")
            typer.echo(f"inbox: {server.url}/")
        runtime.start()
        typer.echo(_told(settings))
        sys.stdout.flush()
        stopped.wait()
        typer.echo("stopping: what is in flight finishes first", err=True)
        finish(runtime, server)


def run_once(path: Path | None) -> int:
    """Run each step once; 1 when a step fails, or a source fails or is paused."""
    settings = settings_in_use(path)
    set_up_logs()
    with database_in_use(settings) as engine:
        runtime = _prepared(engine, settings)
        done = runtime.once()
        with reading(engine) as session:
            failing = [source for source in sources(session) if state_of(source) in ("failing", "paused")]
    for source in failing:
        reason = visible(source.paused_reason or source.last_error)
        typer.echo(f"source {source.name!r} is {state_of(source)}: {reason}", err=True)
    for name in runtime.failing:
        typer.echo(f"{visible(name)} failed: the log says why; what waits for it is still there", err=True)
    nothing = "nothing was done" if runtime.failing else "nothing was waiting"
    typer.echo(f"done: {done} pieces of work" if done else f"done: {nothing}")
    return 1 if failing or runtime.failing else 0


def _prepared(engine: Engine, settings: Settings) -> Runtime:
    """The database in line with the settings, and the loop over it."""
    clock = WallClock()
    with transaction(engine) as session:
        changes = apply_settings(session, settings, clock.now())
    for change in changes:
        typer.echo(visible(str(change)))
    return Runtime(engine, settings, clock, configured(settings.classifier, settings.rule))


def _told(settings: Settings) -> str:
    listened = (
        f"listening to {len(settings.source)} sources" if settings.source else "no sources yet: see `ouvidor init`"
    )
    posting = "replies are posted" if settings.posting else "nothing is posted (posting = false)"
    return f"{listened}; {posting}; Ctrl-C stops"


def finish(runtime: Runtime, server: WebServer | None) -> None:
    """Stop both within 5 s, whatever hangs: a claim that is cut off is found again after the next start."""
    until = time.monotonic() + _PATIENCE.total_seconds()
    if server is not None:
        server.ask_to_stop()
    finished = runtime.stop(_PATIENCE)
    if server is not None:
        finished = server.stop(timedelta(seconds=until - time.monotonic())) and finished
    if not finished:
        typer.echo("something did not finish in time; it is taken up again after the next start", err=True)
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)  # a thread that waits on a network would hold the interpreter back
