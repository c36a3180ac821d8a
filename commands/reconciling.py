"""`ouvidor reconcile`: each account's own posts against the ledger, now."""

from pathlib import Path
from typing import Any, cast

import typer
from sqlalchemy import Engine
from sqlmodel import col, select

from channels.accounts import connection_of
from commands.opening import WallClock, database_in_use, in_json, settings_in_use, visible
from database.engine import reading, transaction
from errors import SettingsError
from models import Account
from responders import build_responder
from responders.base import OwnTimeline
from responders.reconcile import Reconciled, reconcile, shows_its_posts
from settings import Settings


def reconcile_accounts(path: Path | None, *, as_json: bool = False) -> int:
    """Compare every account in use; 1 where something does not agree or an account could not be read."""
    settings = settings_in_use(path)
    with database_in_use(settings) as engine:
        with reading(engine) as session:
            accounts = session.exec(select(Account.id, Account.name).where(col(Account.active))).all()
        found = {name: _one(engine, settings, account_id or 0, name) for account_id, name in accounts}
    if as_json:
        typer.echo(in_json([{"account": name, **one} for name, one in found.items()]))
    elif not found:
        typer.echo("no account is in use: there is nothing to compare")
    else:
        for name, one in found.items():
            typer.echo(f"{visible(name)}: {visible(_told(one))}")
    return 1 if any(one["error"] or one["foreign"] or one["vanished"] for one in found.values()) else 0


def _one(engine: Engine, settings: Settings, account_id: int, name: str) -> dict[str, Any]:
    clock = WallClock()
    try:
        responder = build_responder(connection_of(settings, name), clock)
    except SettingsError as error:
        return _facts(Reconciled(), error=str(error))
    if not shows_its_posts(responder):
        return _facts(Reconciled(), skipped="its channel does not show an account its own posts")
    with transaction(engine) as session:  # asked by a person: it is due now
        account = session.get_one(Account, account_id)
        account.next_reconcile_at = None
        session.add(account)
    every = settings.delivery.reconcile
    compared = reconcile(engine, responder, cast(OwnTimeline, responder), account_id, clock.now(), every)
    if compared is None:
        return _facts(Reconciled(), skipped="another process compares it at this moment")
    return _facts(compared, error=str(compared.error) if compared.error is not None else "")


def _facts(compared: Reconciled, *, error: str = "", skipped: str = "") -> dict[str, Any]:
    return {
        "own_posts": compared.own_posts,
        "foreign": [post.url or post.external_id for post in compared.foreign],
        "vanished": list(compared.vanished),
        "error": error,
        "skipped": skipped,
    }


def _told(one: dict[str, Any]) -> str:
    if one["error"]:
        return f"could not be compared: {one['error']}"
    if one["skipped"]:
        return f"not compared: {one['skipped']}"
    lines = [f"{one['own_posts']} own posts compared"]
    lines += [f"nobody here sent {place}" for place in one["foreign"]]
    lines += [f"reply {reply_id} no longer stands" for reply_id in one["vanished"]]
    return "; ".join(lines)
