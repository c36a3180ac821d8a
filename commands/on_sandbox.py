"""What the commands that run the whole loop against the sandbox share: their settings, database and end."""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from types import FrameType
from typing import Any

from sqlalchemy import Engine, event

from commands.apply import apply_settings
from database.engine import migrate, open_database, transaction
from sandbox.sample import sample_environment, sample_settings
from settings import Settings, load

START = datetime.fromisoformat("2026-03-02T11:00:00+00:00")  # a Monday, eight in the morning in São Paulo


def settings_on_sandbox(url: str, database: str, file: Path, *, every: timedelta, inbox_port: int = 0) -> Settings:
    """The settings of the sandbox at `url`, posting, on our database, with every source polled at one interval.

    Writes them to `file` for a moment, and puts the made-up secrets of the made-up networks into the environment.
    """
    os.environ.update(sample_environment())
    # Where a proxy is set, the networks of this machine are not behind it.
    os.environ["NO_PROXY"] = os.environ["no_proxy"] = "127.0.0.1,localhost"
    file.write_text(sample_settings(url), encoding="utf-8")
    settings = load(file, {})
    file.unlink()
    sources = [source.model_copy(update={"every": every}) for source in settings.source]
    return settings.model_copy(
        update={
            "database": database,
            "posting": True,
            "source": sources,
            "inbox": settings.inbox.model_copy(update={"port": inbox_port}),
        }
    )


def prepared(settings: Settings, now: datetime) -> Engine:
    """The database of the settings, brought in line with them."""
    engine = open_database(settings.database)
    migrate(engine)
    with transaction(engine) as session:
        apply_settings(session, settings, now)
    return engine


def without_waiting_for_the_disk(engine: Engine) -> Engine:
    """The same, quicker on SQLite: a process that is killed loses nothing by it, only a power cut would."""

    def hurry(connection: Any, _record: object) -> None:
        connection.execute("PRAGMA synchronous=OFF")

    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", hurry)
        engine.dispose()  # connections that were opened before
    return engine


@contextmanager
def ended_by_sigterm() -> Iterator[None]:
    """SIGTERM ends the main thread as Ctrl-C does, so that what is temporary goes; a second one kills at once."""

    def end(number: int, _frame: FrameType | None) -> None:
        signal.signal(number, signal.SIG_DFL)
        raise SystemExit(128 + number)

    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread may say what a signal does
        return
    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
