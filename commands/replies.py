"""`ouvidor cases`, `ouvidor replies` and `ouvidor approve`: the inbox's essentials without a browser."""

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

import typer
from sqlmodel import Session, col, select

from cases.approval import approve, leave, post_again, terms_of
from cases.queries.queue import QueueFilter, queue_page
from cases.resolution import resolve_with
from channels.accounts import connection_of
from commands.opening import WallClock, columns, database_in_use, in_json, now, settings_in_use
from commands.stops import acting
from database.engine import reading, transaction
from database.ledger import OUVIDOR, signs_as_the_program
from errors import OuvidorError
from models import Account, Brand, Case, Mention, Profile, Reply, ReplyState
from responders import build_responder
from settings import Settings
from settings_values import instead_of

_MOST = 200
_LARGEST_ID = 2**31 - 1  # what every database compares an id with


def list_cases(path: Path | None, *, as_json: bool = False) -> None:
    """Print the cases that wait, the most pressing first."""
    with database_in_use(settings_in_use(path)) as engine, reading(engine) as session:
        rows = queue_page(session, QueueFilter(), limit=_MOST).rows
    if as_json:
        facts = [
            {
                "protocol": row.protocol,
                "brand": row.brand,
                "channel": row.channel,
                "state": row.state.value,
                "priority": row.priority,
                "sentiment": row.sentiment.value,
                "urgency": row.urgency.value,
                "type": row.type.value,
                "holds": [hold.value for hold in row.holds],
                "lang": row.lang,
                "assignee": row.assignee,
                "opened_at": row.opened_at.isoformat(),
                "mentions": row.mentions,
                "words": row.words,
            }
            for row in rows
        ]
        typer.echo(in_json(facts, indent=2))
        return
    if not rows:
        typer.echo("no case waits")
        return
    header = ("PROTOCOL", "PRIORITY", "CHANNEL", "URGENCY", "SENTIMENT", "TYPE", "STATE", "WORDS")
    listed = [
        (
            row.protocol,
            str(row.priority),
            row.channel,
            row.urgency.value,
            row.sentiment.value,
            row.type.value,
            row.state.value,
            row.words[:60],
        )
        for row in rows
    ]
    for line in columns([header, *listed]):
        typer.echo(line)


def list_replies(path: Path | None, *, state: str | None = None, as_json: bool = False) -> None:
    """Print the newest replies, of one state or of all."""
    states = [one.value for one in ReplyState]
    if state is not None and state not in states:
        raise OuvidorError(f"no reply is ever {state!r}; {instead_of(state, states)}")
    statement = select(Reply, Case.protocol, Account.name).order_by(col(Reply.id).desc()).limit(_MOST)
    statement = statement.join(Case, col(Case.id) == Reply.case_id).join(Account, col(Account.id) == Reply.account_id)
    if state is not None:
        statement = statement.where(Reply.state == ReplyState(state))
    with database_in_use(settings_in_use(path)) as engine, reading(engine) as session:
        found = session.exec(statement).all()
    if as_json:
        typer.echo(in_json([_facts(*row) for row in found], indent=2))
        return
    if not found:
        typer.echo("no replies")
        return
    header = ("ID", "CASE", "ACCOUNT", "PURPOSE", "STATE", "WRITTEN BY", "APPROVED BY", "TEXT")
    rows = [
        (
            str(reply.id),
            protocol,
            account,
            reply.purpose.value,
            reply.state.value,
            reply.drafted_by,
            reply.approved_by,
            reply.body[:60],
        )
        for reply, protocol, account in found
    ]
    for line in columns([header, *rows]):
        typer.echo(line)


def approve_reply(
    path: Path | None, reply_id: int, by: str, *, second: bool = False, override: str = "", note: str = ""
) -> None:
    """Approve a draft in somebody's name; `ouvidor run` delivers it."""
    if signs_as_the_program(by):
        raise OuvidorError(f"{OUVIDOR!r} is how the program signs: write a person's name after --as")
    settings = settings_in_use(path)
    with database_in_use(settings) as engine:
        with reading(engine) as session:
            room = _room_left(settings, session, reply_id)
        with transaction(engine) as session:
            reply = session.get_one(Reply, reply_id)
            brand = session.get_one(Brand, session.get_one(Case, reply.case_id).brand_id)
            terms = terms_of(settings, brand.slug, again=second, override=override, note=note)
            approve(session, reply, by.strip(), now(), room, terms)
            resolve_with(session, reply, by.strip(), now(), terms)
    if settings.posting:
        typer.echo(f"reply {reply_id} is approved: `ouvidor run` delivers it")
    else:
        typer.echo(f"reply {reply_id} is approved, and waits: the settings say posting = false")


def resend(path: Path | None, reply_ids: Sequence[int], by: str) -> None:
    """A person looked, and it is not there: back in line, where it is looked for once more before it goes out."""
    _decide(path, reply_ids, by, post_again)
    typer.echo("they are back in line: each is looked for once more, and goes out where it is not to be seen")


def leave_alone(path: Path | None, reply_ids: Sequence[int], by: str) -> None:
    """A person decided that these do not go out, or that it does not matter whether they did."""
    _decide(path, reply_ids, by, leave)
    typer.echo("left: they are not sent again")


def _decide(
    path: Path | None, reply_ids: Sequence[int], by: str, act: Callable[[Session, Reply, str, datetime], None]
) -> None:
    """All of them or, where one cannot be decided, none."""
    name = acting(by)
    with database_in_use(settings_in_use(path)) as engine, transaction(engine) as session:
        for reply_id in dict.fromkeys(reply_ids):
            reply = _stored(session, reply_id)
            if reply is None:
                raise OuvidorError(f"there is no reply {reply_id}; `ouvidor replies --state needs_human` lists them")
            act(session, reply, name, now())


def _stored(session: Session, reply_id: int) -> Reply | None:
    return session.get(Reply, reply_id) if reply_id <= _LARGEST_ID else None


def _room_left(settings: Settings, session: Session, reply_id: int) -> int | None:
    """What the channel counts; None for a channel that cannot be posted to, as an import's."""
    reply = _stored(session, reply_id)
    if reply is None:
        raise OuvidorError(f"there is no reply {reply_id}; `ouvidor replies --state draft` lists the drafts")
    account = session.get_one(Account, reply.account_id)
    if not any(known.name == account.name for known in settings.account):
        return None
    mention = session.get_one(Mention, reply.mention_id)
    author = session.get(Profile, mention.profile_id) if mention.profile_id is not None else None
    connection = connection_of(settings, account.name, with_secrets=False)
    return build_responder(connection, WallClock()).room_left(reply.body, author.handle if author else "")


def _facts(reply: Reply, protocol: str, account: str) -> dict[str, object]:
    return {
        "id": reply.id,
        "case": protocol,
        "account": account,
        "purpose": reply.purpose.value,
        "state": reply.state.value,
        "drafted_by": reply.drafted_by,
        "approved_by": reply.approved_by,
        "body": reply.body,
        "url": reply.url,
        "last_error": reply.last_error,
    }
