"""`ouvidor recover`: after a backup was put back, everything unfinished is read back before anything moves."""

import json
from collections import Counter
from dataclasses import asdict
from pathlib import Path

import typer
from sqlalchemy import Engine
from sqlmodel import col, select

from cases.recovery import freeze
from channels.accounts import connection_of
from commands.opening import WallClock, database_in_use, settings_in_use, visible
from database.engine import reading, transaction
from errors import SettingsError
from models import Account, Reply, ReplyState
from responders import build_responder
from responders.base import Responder
from responders.settle import Terms
from responders.verify import verify
from settings import Settings


def recover_after_a_backup(path: Path | None, *, as_json: bool = False) -> int:
    """Freeze, then look for each once; what is not seen yet goes on being looked for by `ouvidor run`.

    1 where an account could not be asked: its replies stay frozen.
    """
    settings, clock = settings_in_use(path), WallClock()
    with database_in_use(settings) as engine:
        with transaction(engine) as session:
            frozen = freeze(session, clock.now(), settings.zone)
        states, is_read = _read_back(engine, settings, clock)
    found = {**asdict(frozen), **{state.value: count for state, count in sorted(states.items())}}
    if as_json:
        typer.echo(json.dumps(found))
        return 0 if is_read else 1
    if not frozen.replies and not states:
        typer.echo("nothing was unfinished")
        return 0
    replies = "1 reply was" if frozen.replies == 1 else f"{frozen.replies} replies were"
    accounts = "1 account" if frozen.accounts == 1 else f"{frozen.accounts} accounts"
    typer.echo(f"{replies} frozen, of {accounts}")
    for state, count in sorted(states.items()):
        typer.echo(f"{count:>6}  {_MEANING.get(state, state.value)}")
    settle = settings.delivery.settle.total_seconds()
    length = f"{settle / 60:g}m" if settle >= 60 else f"{settle:g}s"
    typer.echo(f"`ouvidor run` looks on for {length}; what is not there then waits for a person")
    return 0 if is_read else 1


_MEANING = {
    ReplyState.VERIFIED: "stand on their networks: adopted",
    ReplyState.UNKNOWN: "are not to be seen yet",
    ReplyState.NEEDS_HUMAN: "wait for a person",
    ReplyState.POSTED: "were confirmed by the platform and are not to be seen yet",
    ReplyState.BY_HAND: "wait to be posted by hand",
}


def _read_back(engine: Engine, settings: Settings, clock: WallClock) -> tuple[Counter[ReplyState], bool]:
    """Look for each reply that is due; the states that they are in afterwards, and whether every account was asked."""
    with reading(engine) as session:
        waiting = session.exec(
            select(Reply.id, Account.name)
            .join(Account, col(Account.id) == Reply.account_id)
            .where(
                col(Reply.state).in_([ReplyState.UNKNOWN, ReplyState.POSTED, ReplyState.BY_HAND]),
                col(Reply.next_attempt_at) <= clock.now(),
            )
            .order_by(col(Reply.id))
        ).all()
    delivery = settings.delivery
    terms = Terms(delivery.settle, delivery.staleness, delivery.lease, delivery.settle_on)
    responders: dict[str, Responder | None] = {}
    states: Counter[ReplyState] = Counter()
    for reply_id, account in waiting:
        if account not in responders:
            responders[account] = _responder(settings, account, clock)
        responder = responders[account]
        if responder is not None:
            verify(engine, responder, reply_id or 0, clock.now(), terms)
        with reading(engine) as session:
            states[session.get_one(Reply, reply_id).state] += 1
    return states, None not in responders.values()


def _responder(settings: Settings, account: str, clock: WallClock) -> Responder | None:
    """None, told, where it cannot be asked: its replies stay frozen."""
    try:
        return build_responder(connection_of(settings, account), clock)
    except SettingsError as error:
        typer.echo(f"account {visible(account)} cannot be read back: {visible(str(error))}", err=True)
        return None
