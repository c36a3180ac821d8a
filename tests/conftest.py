"""What every test stands on: no network beyond loopback, and a database of its own."""

import os
import shutil
import sqlite3
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Dialect, Engine, create_engine, make_url, text

import models
from database.engine import migrate, open_database
from tests import guard, requirement

pytest_plugins = ["pytester"]  # the suite tests its own guards

_GUARD = guard.install()
_REALITY = Path(__file__).parent / "reality"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--recorded", metavar="DIR", default=None, help="replay the recorded platform answers in DIR (tests/reality)"
    )


def pytest_configure(config: pytest.Config) -> None:
    # Two rooms may each have a test_x.py; only this mode keeps modules of one name apart without an __init__.py each.
    config.option.importmode = "importlib"
    requirement.required()
    if os.environ.get("OUVIDOR_TEST_DATABASE", "sqlite") not in ("sqlite", "postgres"):
        raise pytest.UsageError("OUVIDOR_TEST_DATABASE is sqlite or postgres")
    recorded = config.getoption("--recorded")
    if recorded is not None and not Path(recorded).is_dir():
        raise pytest.UsageError(f"--recorded {recorded}: there is no such folder")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--recorded") is not None:
        return
    without = [item for item in items if _REALITY in item.path.parents]
    if without:
        config.hook.pytest_deselected(items=without)
        items[:] = [item for item in items if _REALITY not in item.path.parents]


def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("postgres") and (reason := _why_no_postgres(item.config)):
        requirement.absent("postgres", reason)
    if item.get_closest_marker("chromium") and requirement.chromium_path() is None:
        requirement.absent("chromium", "no Chromium is installed; set OUVIDOR_TEST_CHROMIUM to its path")


_POSTGRES_REASON = pytest.StashKey[str]()


def _why_no_postgres(config: pytest.Config) -> str:
    """Asked once a session: a server that is not there takes seconds to say so."""
    if _POSTGRES_REASON not in config.stash:
        config.stash[_POSTGRES_REASON] = requirement.why_no_postgres()
    return config.stash[_POSTGRES_REASON]


@pytest.fixture(autouse=True)
def loopback_only() -> Iterator[None]:
    """Fail the test that reached for the network, even where a library hid the refusal."""
    _GUARD.take_refused()
    yield
    refused = _GUARD.take_refused()
    assert not refused, f"beyond loopback: {'; '.join(refused)}"


@pytest.fixture
def chromium() -> str:
    """The path of a Chromium."""
    path = requirement.chromium_path()
    if path is None:
        requirement.absent("chromium", "no Chromium is installed; set OUVIDOR_TEST_CHROMIUM to its path")
        raise AssertionError  # absent() never returns
    return path


def _migrated(url: str) -> None:
    engine = open_database(url)
    migrate(engine)
    engine.dispose()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated, empty SQLite file: copying it is a hundred times faster than migrating."""
    path = tmp_path_factory.mktemp("template") / "template.db"
    _migrated(f"sqlite:///{path}")
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    return path


@contextmanager
def _server() -> Iterator[Engine]:
    url = make_url(requirement.postgres_url()).set(database="postgres")
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    try:
        yield engine
    finally:
        engine.dispose()


@contextmanager
def _postgres_database() -> Iterator[str]:
    """A database that nobody else uses, dropped at the end even when a test left a connection open."""
    name = f"ouvidor_test_{os.getpid()}_{uuid.uuid4().hex[:8]}"
    with _server() as engine, engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE \"{name}\" TEMPLATE template0 ENCODING 'UTF8'"))
    try:
        url = make_url(requirement.postgres_url()).set(database=name)
        yield url.render_as_string(hide_password=False)
    finally:
        with _server() as engine, engine.connect() as connection:
            connection.execute(text(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))


@pytest.fixture(scope="session")
def postgres_session_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """The session's own migrated PostgreSQL database."""
    if reason := _why_no_postgres(request.config):
        requirement.absent("postgres", reason)
    with _postgres_database() as url:
        _migrated(url)
        yield url


def _empty(url: str) -> None:
    """Take every row away and start the ids again; a test that leaves a lock behind fails here, named."""
    engine = open_database(url)
    tables = ", ".join(f'"{table.name}"' for table in models.metadata.sorted_tables)
    try:
        with engine.begin() as connection:
            connection.execute(text("SET LOCAL lock_timeout = '5s'"))
            connection.execute(text(f"TRUNCATE {tables} RESTART IDENTITY CASCADE"))
    finally:
        engine.dispose()


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """A migrated SQLite file of the test's own."""
    path = tmp_path / "ouvidor.db"
    shutil.copyfile(sqlite_template, path)
    return f"sqlite:///{path}"


@pytest.fixture
def postgres_url(postgres_session_url: str) -> Iterator[str]:
    """A migrated, empty PostgreSQL database."""
    yield postgres_session_url
    _empty(postgres_session_url)


@pytest.fixture
def empty_postgres_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """A PostgreSQL database without a single table."""
    if reason := _why_no_postgres(request.config):
        requirement.absent("postgres", reason)
    with _postgres_database() as url:
        yield url


@pytest.fixture
def database_url(request: pytest.FixtureRequest) -> str:
    """A migrated, empty database: SQLite, or PostgreSQL under OUVIDOR_TEST_DATABASE=postgres."""
    chosen = os.environ.get("OUVIDOR_TEST_DATABASE", "sqlite")
    url: str = request.getfixturevalue("postgres_url" if chosen == "postgres" else "sqlite_url")
    return url


_COMPILED: dict[str, tuple[Dialect, Any]] = {}


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """The engine on `database_url`."""
    opened = open_database(database_url)
    # A statement takes longer to compile than to run: what one test had compiled serves the next.
    shared = _COMPILED.setdefault(opened.dialect.name, (opened.dialect, opened._compiled_cache))
    opened.dialect, opened._compiled_cache = shared
    yield opened
    opened.dispose()
