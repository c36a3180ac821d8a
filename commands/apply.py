"""`ouvidor apply`: brings the brands, accounts and sources of the database in line with the settings."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import typer
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DatabaseError, InternalError, OperationalError
from sqlmodel import Session, SQLModel, col, select

from channels.accounts import handle_of, place_of
from channels.options import option_mistakes
from commands.opening import database_in_use, now, settings_in_use, visible
from database.engine import one_at_a_time, transaction
from errors import SettingsError
from models import Account, AccountRole, Brand, Source
from settings import AccountSettings, Settings, SourceSettings, at, file_in_use


@dataclass(frozen=True)
class Change:
    """One difference between the settings and the database."""

    action: Literal["created", "changed", "switched on", "switched off"]
    what: str  # "source 'acme-inbox'"
    detail: str = ""

    def __str__(self) -> str:
        sign = {"created": "+", "changed": "~", "switched on": "+", "switched off": "-"}[self.action]
        return f"{sign} {self.what} {self.action}" + (f": {self.detail}" if self.detail else "")


class _DryRunError(Exception):
    """Rolls back what a dry run did."""


def apply_file(path: Path | None, *, dry_run: bool = False) -> None:
    """Apply the settings file, printing one line a change."""
    settings = settings_in_use(path)
    for key, about, advice in option_mistakes(settings):
        raise SettingsError(f"{at(file_in_use(path), key)}: {about}: {advice}")
    changes: list[Change] = []
    try:
        with database_in_use(settings) as engine, transaction(engine) as session:
            changes = apply_settings(session, settings, now())
            if dry_run:
                raise _DryRunError
    except DatabaseError as error:
        if type(error) not in (DatabaseError, InternalError, OperationalError):  # a slip of ours is not hidden
            raise
        name = make_url(settings.database).render_as_string(hide_password=True)
        raise SettingsError(
            f"the database {name} cannot be used: {error.orig}; restore a backup, or name another database"
        ) from error
    except _DryRunError:
        typer.echo("dry run: nothing was changed; this is what would be")
    for change in changes:
        typer.echo(visible(str(change)))
    if not changes:
        typer.echo("nothing to change")


def apply_settings(session: Session, settings: Settings, now: datetime) -> list[Change]:
    """Make the database say what the settings say; a second time changes nothing.

    What vanished from the settings is switched off, never deleted: mentions and cases refer to it.
    """
    one_at_a_time(session.connection())  # or two that start at once would both create what is missing
    changes: list[Change] = []
    brands = _brands(session, settings, now, changes)
    accounts = {account.name: account for account in session.exec(select(Account))}
    for wanted in settings.account:
        accounts[wanted.name] = _account(session, wanted, brands[wanted.brand], accounts.get(wanted.name), changes)
    session.flush()
    sources = {source.name: source for source in session.exec(select(Source))}
    for source in settings.source:
        account = accounts[source.account]
        _source(session, source, account, sources.get(source.name), now, changes)
    _switch_off(session, settings, changes)
    session.flush()
    return changes


def _brands(session: Session, settings: Settings, now: datetime, changes: list[Change]) -> dict[str, Brand]:
    brands = {brand.slug: brand for brand in session.exec(select(Brand))}
    for wanted in settings.brand:
        values: dict[str, Any] = {"name": wanted.name, "languages": ",".join(wanted.languages)}
        what = f"brand {wanted.slug!r}"
        found = brands.get(wanted.slug)
        if found is None:
            brands[wanted.slug] = Brand(slug=wanted.slug, created_at=now, **values)
            changes.append(Change("created", what))
        else:
            _update(found, values, what, changes)
        session.add(brands[wanted.slug])
    session.flush()
    return brands


def _account(
    session: Session, wanted: AccountSettings, brand: Brand, found: Account | None, changes: list[Change]
) -> Account:
    values: dict[str, Any] = {
        "brand_id": brand.id,
        "channel": wanted.channel,
        "place": place_of(wanted),
        "handle": handle_of(wanted),
        "role": AccountRole(wanted.role),
    }
    if wanted.external_id:  # left out, it is learnt from the platform and kept
        values["external_id"] = wanted.external_id
    what = f"account {wanted.name!r}"
    if found is None:
        found = Account(name=wanted.name, **values)
        changes.append(Change("created", what, f"{wanted.channel}, {found.handle}"))
    else:
        if not found.active:
            found.active = True
            changes.append(Change("switched on", what))
        _update(found, values, what, changes)
    session.add(found)
    return found


def _source(
    session: Session,
    wanted: SourceSettings,
    account: Account,
    found: Source | None,
    now: datetime,
    changes: list[Change],
) -> None:
    reads: dict[str, Any] = {
        "brand_id": account.brand_id,
        "account_id": account.id,
        "channel": account.channel,
        "place": account.place,
        "kind": wanted.kind,
        "query": wanted.query,
    }
    values = {**reads, "options": wanted.options, "interval_seconds": wanted.every.total_seconds()}
    what = f"source {wanted.name!r}"
    if found is None:
        session.add(Source(name=wanted.name, started_at=now, next_poll_at=now, **values))
        changes.append(Change("created", what, f"{account.channel} {wanted.kind} {wanted.query}".rstrip()))
        return
    if not found.active:
        found.active = True
        _begin_anew(found, now)
        changes.append(Change("switched on", what))
    if any(getattr(found, field) != value for field, value in reads.items()):
        # The cursor belongs to what was read before, and what the new reading finds is history.
        found.cursor = None
        _begin_anew(found, now)
    _update(found, values, what, changes)
    session.add(found)


def _begin_anew(source: Source, now: datetime) -> None:
    """A poll that is under way reads by the old settings: it loses its claim, and with it what it did not store yet."""
    source.started_at = source.next_poll_at = now
    source.claim = source.claimed_until = None


def _update(row: SQLModel, values: Mapping[str, Any], what: str, changes: list[Change]) -> None:
    for field, value in values.items():
        before = getattr(row, field)
        if before != value:
            setattr(row, field, value)
            changes.append(Change("changed", what, f"{field} {before!s} → {value!s}"))


def _switch_off(session: Session, settings: Settings, changes: list[Change]) -> None:
    sources = {source.name for source in settings.source}
    for source in session.exec(select(Source).where(col(Source.active))):
        if source.name not in sources:
            source.active = False
            session.add(source)
            changes.append(Change("switched off", f"source {source.name!r}"))
    accounts = {account.name for account in settings.account}
    for account in session.exec(select(Account).where(col(Account.active))):
        if account.name not in accounts:
            account.active = False
            session.add(account)
            changes.append(Change("switched off", f"account {account.name!r}"))
