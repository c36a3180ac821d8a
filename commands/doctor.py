"""`ouvidor doctor`: what is wrong, one line each, and what to do about it."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import typer
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DatabaseError
from sqlmodel import col, select

import database
from cases.queries.sources import alarms, paused_accounts
from channels.accounts import base_url_of, connection_of
from channels.connection import SourceConfig
from channels.options import option_mistakes
from classifier import configured
from commands.logs import set_up_logs
from commands.opening import WallClock, now, settings_in_use, visible
from database.engine import open_database, reading
from errors import OuvidorError
from listeners import build_listener
from listeners.base import Listener
from models import Mention
from responders import build_responder
from settings import AccountSettings, Settings, at, file_in_use

_LEAST_SPACE = 500_000_000  # bytes
_RELEASED = datetime(2026, 11, 1, tzinfo=UTC)  # a clock before this is wrong: this program did not exist


@dataclass(frozen=True)
class Finding:
    """One line: about what, whether it is well, and what to do if not."""

    about: str
    well: bool
    words: str


def examine(path: Path | None, *, network: bool = False) -> int:
    """Print the findings; 1 when something is wrong."""
    set_up_logs()
    wrong = 0
    for finding in findings(path, network=network):
        wrong += not finding.well
        typer.echo(f"{'ok ' if finding.well else 'FIX'}  {finding.about}: {visible(finding.words)}")
    return 1 if wrong else 0


def findings(path: Path | None, *, network: bool = False) -> Iterator[Finding]:
    """What is found, as it is found; without readable settings there is nothing else to ask."""
    try:
        settings = settings_in_use(path)
    except OuvidorError as error:
        yield Finding("settings", False, str(error))
        return
    counts = f"{len(settings.brand)} brands, {len(settings.account)} accounts, {len(settings.source)} sources"
    yield Finding("settings", True, f"{file_in_use(path)}: {counts}")
    newest: list[datetime] = []
    yield from _database(settings, newest)
    yield _classifier(settings)
    for account in settings.account:
        mistakes = list(option_mistakes(settings, account.name))
        for key, about, advice in mistakes:
            yield Finding(about, False, f"{at(file_in_use(path), key)}: {advice}")
        yield from _account(settings, account, network=network, is_sound=not mistakes)
    yield _clock(max(newest, default=None))
    yield _posting(settings)
    yield from _disk(settings)


def _database(settings: Settings, newest: list[datetime]) -> Iterator[Finding]:
    """Looks without migrating: a doctor changes nothing. `newest` takes the time of the newest mention."""
    try:
        engine = open_database(settings.database)
        file = _sqlite_file(settings)
        if file is not None and not file.exists():
            folder = file.absolute().parent
            words = "not there yet: `ouvidor apply` makes it"
            yield Finding("database", folder.is_dir(), words if folder.is_dir() else f"make the folder {folder} first")
            return
        yield from _opened(engine, newest)
        engine.dispose()
    except OuvidorError as error:
        yield Finding("database", False, str(error))
    except DatabaseError as error:
        yield Finding("database", False, f"it cannot be used ({error.orig}): is `database` right, may you write there?")


def _sqlite_file(settings: Settings) -> Path | None:
    try:
        url = make_url(settings.database)
    except ArgumentError:
        return None
    return Path(url.database) if url.get_backend_name() == "sqlite" and url.database else None


def _opened(engine: Engine, newest: list[datetime]) -> Iterator[Finding]:
    with engine.connect() as connection:
        found = MigrationContext.configure(connection).get_current_revision()
    ours = ScriptDirectory(str(Path(database.__file__).with_name("migrations"))).get_current_head()
    name = engine.url.render_as_string(hide_password=True)
    if found is None:
        yield Finding("database", True, f"{name} is empty: `ouvidor apply` prepares it")
        return
    if found != ours:
        words = (
            f"{name} is at version {found!r}, this Ouvidor at {ours!r}: `ouvidor apply` brings an older one up to date"
        )
        yield Finding("database", False, f"{words}; for a newer one, start the newer Ouvidor")
        return
    yield Finding("database", True, f"{name}, version {found}")
    with reading(engine) as session:
        seen = session.exec(select(Mention.seen_at).order_by(col(Mention.id).desc()).limit(1)).first()
        newest += [] if seen is None else [seen]
        for account in paused_accounts(session):
            words = f"nothing is posted as it: {account.reason}; mend that, then restart `ouvidor run`"
            yield Finding(f"account {account.name}", False, words)
        for alarm in alarms(session):
            yield Finding("alarm", False, f"{alarm.message} (since {alarm.raised_at:%Y-%m-%d %H:%M} UTC)")


def _account(settings: Settings, account: AccountSettings, *, network: bool, is_sound: bool) -> Iterator[Finding]:
    """Whether it can be reached; `is_sound` is false where its options were found wrong, and nothing is built."""
    about = f"account {account.name}"
    url = urlsplit(base_url_of(account))
    if (
        url.scheme == "http"
        and url.hostname not in ("127.0.0.1", "::1", "localhost")
        and account.channel != "complaint_page"
    ):
        yield Finding(about, False, "its base_url is plain http, so its secrets could be read on the way: use https")
    clock = WallClock()
    try:
        connection = connection_of(settings, account.name)
        if not is_sound:
            return
        build_responder(connection, clock)
        sources = [source for source in settings.source if source.account == account.name]
        configs = [SourceConfig(source.kind, source.query, source.options) for source in sources]
        listeners = [build_listener(connection, config, clock) for config in configs]
    except OuvidorError as error:
        yield Finding(about, False, str(error))
        return
    named = ", ".join(sorted(connection.secrets)) or "none needed"
    heard = f"{len(sources)} sources" if sources else "no source reads it: add a [[source]] to listen"
    yield Finding(about, True, f"{account.channel} at {connection.base_url}, secrets: {named}; {heard}")
    if network and listeners:
        yield _asked(about, listeners[0])


def _asked(about: str, listener: Listener) -> Finding:
    """One page is one request or two, the cheapest read that every channel has."""
    try:
        page = next(iter(listener.fetch(None)), None)
    except OuvidorError as error:
        return Finding(about, False, f"the network was asked and answered: {error}")
    return Finding(about, True, f"the network answers: {len(page.mentions) if page else 0} mentions on its first page")


def _classifier(settings: Settings) -> Finding:
    """Loads every model that is to speak, as `ouvidor run` would."""
    try:
        return Finding("classifier", True, configured(settings.classifier, settings.rule).version)
    except OuvidorError as error:
        return Finding("classifier", False, str(error))


def _clock(newest: datetime | None) -> Finding:
    moment = now()
    if moment < _RELEASED:
        return Finding("clock", False, f"it says {moment:%Y-%m-%d}, which is past: set the machine's time (NTP)")
    if newest is not None and newest > moment + timedelta(minutes=1):
        words = (
            f"it says {moment:%Y-%m-%d %H:%M} UTC, but mentions were stored at {newest:%Y-%m-%d %H:%M}: set it (NTP)"
        )
        return Finding("clock", False, words)
    return Finding("clock", True, f"{moment:%Y-%m-%d %H:%M:%S} UTC")


def _posting(settings: Settings) -> Finding:
    if not settings.posting:
        return Finding("posting", True, "off: nothing is sent to any network (posting = false)")
    names = ", ".join(account.name for account in settings.account) or "no account"
    return Finding("posting", True, f"ON: approved replies go out as {names}")


def _disk(settings: Settings) -> Iterator[Finding]:
    file = _sqlite_file(settings)
    if file is None or not file.absolute().parent.is_dir():
        return
    folder = file.absolute().parent
    free = shutil.disk_usage(folder).free
    words = f"{free / 1e9:.1f} GB free at {folder}"
    yield Finding("disk", free >= _LEAST_SPACE, words if free >= _LEAST_SPACE else f"{words}: make room")
