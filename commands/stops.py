"""`ouvidor stop` and `ouvidor resume`: the kill switch from a shell."""

import getpass
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import typer
from sqlmodel import Session, select

from cases.stops import ACCOUNT, BRAND, EVERYTHING, Scope, resume, standing, stop
from commands.opening import database_in_use, now, settings_in_use, visible
from database.alarms import clear_alarm
from database.engine import reading, transaction
from database.ledger import OUVIDOR, signs_as_the_program
from errors import OuvidorError
from models import Account, Brand
from settings_values import instead_of


def stop_sending(
    path: Path | None,
    accounts: Sequence[str],
    brands: Sequence[str],
    *,
    automation_only: bool = False,
    reason: str = "",
    by: str = "",
) -> None:
    """Set a stop for each scope that is named, or for everything; then tell what is stopped."""
    name = acting(by)
    with database_in_use(settings_in_use(path)) as engine:
        with transaction(engine) as session:
            for scope in _scopes(session, accounts, brands, automation_only=automation_only):
                stop(session, scope, name, reason, now())
        with reading(engine) as session:
            _tell(session)


def resume_sending(
    path: Path | None,
    accounts: Sequence[str],
    brands: Sequence[str],
    *,
    automation_only: bool = False,
    by: str = "",
) -> None:
    """Lift the stop of each scope, and the pause of each account that is named; then tell what is still stopped."""
    name = acting(by)
    with database_in_use(settings_in_use(path)) as engine:
        with transaction(engine) as session:
            scopes = _scopes(session, accounts, brands, automation_only=automation_only)
            lifted = [scope for scope in scopes if resume(session, scope, name, now())]
            paused = [_let_go_on(session, scope.subject, now()) for scope in scopes if scope.kind == ACCOUNT]
        if not lifted and not any(paused):
            typer.echo("nothing of this scope was stopped")
        with reading(engine) as session:
            _tell(session)


def acting(by: str) -> str:
    """Who acts: the name that was given, or whoever runs this."""
    name = by.strip() or _own_name()
    if signs_as_the_program(name):
        raise OuvidorError(f"{OUVIDOR!r} is how the program signs: write a person's name after --as")
    return name


def _own_name() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        raise OuvidorError("the system does not say who you are: write your name after --as") from None


def _scopes(session: Session, accounts: Sequence[str], brands: Sequence[str], *, automation_only: bool) -> list[Scope]:
    """Every account of that handle, on whatever channel: a stop too many is better than one too few."""
    if not accounts and not brands:
        return [Scope(EVERYTHING, 0, automation_only)]
    known_brands = {brand.slug: brand.id or 0 for brand in session.exec(select(Brand))}
    found = [Scope(BRAND, _brand(known_brands, slug), automation_only) for slug in brands]
    known = session.exec(select(Account)).all()
    for name in accounts:
        ids = [account.id or 0 for account in known if _is_called(account, name)]
        if not ids:
            names = [account.name for account in known]
            raise OuvidorError(f"no account is called {visible(name)!r}; {instead_of(name, names)}")
        found += [Scope(ACCOUNT, account_id, automation_only) for account_id in ids]
    return list(dict.fromkeys(found))


def _brand(known: dict[str, int], slug: str) -> int:
    if slug not in known:
        raise OuvidorError(f"no brand has the slug {visible(slug)!r}; {instead_of(slug, list(known))}")
    return known[slug]


def _is_called(account: Account, name: str) -> bool:
    if account.name == name:
        return True
    handle = name.removeprefix("@").removeprefix("u/").casefold()
    return bool(handle) and account.handle.casefold() in (handle, handle.partition("@")[0])


def _let_go_on(session: Session, account_id: int, at: datetime) -> bool:
    account = session.get_one(Account, account_id)
    if not account.paused_reason:
        return False
    account.paused_reason, account.resumed_at = "", at
    session.add(account)
    clear_alarm(session, "account_paused", f"account:{account_id}", at)
    return True


def _tell(session: Session) -> None:
    stops = standing(session)
    for one in stops:
        what = "automation is stopped" if one.automation_only else "nothing is sent"
        why = f": {visible(one.reason)}" if one.reason else ""
        typer.echo(f"{what} for {visible(one.scope_name)} (by {visible(one.by)}, {one.set_at:%Y-%m-%d %H:%M} UTC){why}")
    if not stops:
        typer.echo("nothing is stopped")
