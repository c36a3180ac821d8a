"""The engine, short transactions, and the schema's version."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, event, func, select
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DatabaseError
from sqlmodel import Session

from errors import NewerDatabaseError, SettingsError

_MIGRATIONS = Path(__file__).parent / "migrations"
_migrating = threading.Lock()
_HOUSE = int.from_bytes(b"ouvidor")


def open_database(url: str) -> Engine:
    """An engine for SQLite or PostgreSQL; opens no table and creates none.

    SettingsError when the URL cannot be used.
    """
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise SettingsError(
            f"database = {url!r} is not a database URL; write sqlite:///ouvidor.db or postgresql://user@host/name"
        ) from None
    if parsed.drivername in ("postgresql", "postgres"):
        parsed = parsed.set(drivername="postgresql+psycopg")
    if parsed.get_backend_name() == "sqlite":
        if parsed.database in (None, "", ":memory:"):
            raise SettingsError("an SQLite database must be a file, shared by every thread: sqlite:///ouvidor.db")
        engine = create_engine(parsed, connect_args={"timeout": 30.0, "check_same_thread": False}, hide_parameters=True)
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    if parsed.drivername != "postgresql+psycopg":
        raise SettingsError(f"database = {parsed.drivername!r}: SQLite and PostgreSQL are the databases Ouvidor knows")
    try:
        return create_engine(parsed, pool_pre_ping=True, hide_parameters=True)
    except ModuleNotFoundError:
        raise SettingsError("PostgreSQL needs its driver: pip install 'ouvidor[postgres]'") from None


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves: pysqlite would begin too late and deferred
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    # With WAL, NORMAL survives every crash of the process; a power cut may lose the last commits but never corrupts.
    # FULL closes that gap too: a reply marked as sending must be on disk before its request leaves.
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.execute("PRAGMA secure_delete=ON")  # what a person deleted is overwritten, not only forgotten
    cursor.execute("PRAGMA busy_timeout=30000")
    cursor.execute("PRAGMA cache_size=-8000")
    cursor.close()


def _begin_sqlite(connection: Any) -> None:
    # A deferred transaction that turns into a writer half-way fails at once when another wrote: take the lock first.
    reads = connection.get_execution_options().get("ouvidor_reads", False)
    connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")


@contextmanager
def transaction(engine: Engine) -> Iterator[Session]:
    """A short write transaction, committed at the end, rolled back by any exception; never wait on a network in it."""
    with Session(engine, expire_on_commit=False) as session, session.begin():
        yield session


@contextmanager
def reading(engine: Engine) -> Iterator[Session]:
    """A snapshot to read from; what is changed in it is thrown away."""
    with Session(engine.execution_options(ouvidor_reads=True), expire_on_commit=False, autoflush=False) as session:
        yield session  # closing rolls back and leaves what was read usable


def one_at_a_time(connection: Connection) -> None:
    """Wait until no other process is here, and keep the others out until the transaction ends.

    For what several processes do when they start at once; SQLite's one write lock does the same by itself.
    """
    if connection.dialect.name == "postgresql":
        # It ends with the transaction - postgresql.org/docs/current/functions-admin.html, read 2026-11.
        connection.execute(select(func.pg_advisory_xact_lock(_HOUSE)))


def one_at_a_time_on(connection: Connection, number: int, name: str) -> None:
    """The same for what has this number and name alone."""
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(number, func.hashtext(name))))


def migrate(engine: Engine) -> None:
    """Bring the schema to this version's; NewerDatabaseError, naming both, when it is ahead of us."""
    with _migrating:  # Alembic's environment is global to the process
        config = Config()
        config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
        script = ScriptDirectory.from_config(config)
        try:
            with engine.connect() as connection:
                found = MigrationContext.configure(connection).get_current_heads()
        except DatabaseError as error:
            raise SettingsError(
                f"the database {engine.url!r} cannot be opened: {error.orig}; is it the right one, may you write there?"
            ) from error
        known = {revision.revision for revision in script.walk_revisions()}
        ours = script.get_current_head()
        for revision in found:
            if revision not in known:
                raise NewerDatabaseError(
                    f"the database is at version {revision!r}, made by a newer Ouvidor; this one knows {ours!r}. "
                    "Start the newer Ouvidor, or restore the backup from before it"
                )
        if found == (ours,):
            return
        with engine.begin() as connection:
            one_at_a_time(connection)
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
