"""Append to a case's timeline; move a reply from state to state. The only ways to do either."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Table, Update, bindparam, insert, update
from sqlalchemy.orm.attributes import set_committed_value
from sqlmodel import Session, select

from errors import IllegalMoveError, NothingToDecideError
from models import Reply, ReplyState, TimelineEvent

_APPEND = insert(TimelineEvent.__table__)  # type: ignore[attr-defined]  # SQLModel adds it to table classes
OUVIDOR = "ouvidor"  # who acted, when no person did


def plain_name(name: str) -> str:
    """A person's name as it reads, whatever letters it is dressed in: by this two names are one person's."""
    visible = "".join(sign for sign in unicodedata.normalize("NFKC", name) if unicodedata.category(sign)[0] != "C")
    return " ".join(unicodedata.normalize("NFKC", visible.casefold()).split())


def signs_as_the_program(name: str) -> bool:
    """Whether a person's name would read as the program's own, in full-width letters or any other dress."""
    return plain_name(name) == OUVIDOR


S = ReplyState
MOVES: Mapping[ReplyState, frozenset[ReplyState]] = {
    S.DRAFT: frozenset({S.APPROVED, S.DISCARDED}),
    # Posted without a request: it stood there already. Unknown: a backup was put back, so it may have been sent.
    S.APPROVED: frozenset({S.SENDING, S.POSTED, S.UNKNOWN, S.DISCARDED, S.FAILED, S.NEEDS_HUMAN}),
    # Back to approved: the platform said that nothing was published.
    S.SENDING: frozenset({S.POSTED, S.APPROVED, S.FAILED, S.UNKNOWN, S.BY_HAND, S.NEEDS_HUMAN}),
    S.UNKNOWN: frozenset({S.POSTED, S.NEEDS_HUMAN}),
    S.POSTED: frozenset({S.VERIFIED, S.NEEDS_HUMAN}),
    S.BY_HAND: frozenset({S.POSTED, S.VERIFIED, S.NEEDS_HUMAN, S.DISCARDED}),
    S.NEEDS_HUMAN: frozenset({S.APPROVED, S.POSTED, S.VERIFIED, S.DISCARDED}),
    S.FAILED: frozenset({S.APPROVED, S.DISCARDED}),
    S.VERIFIED: frozenset(),
    S.DISCARDED: frozenset(),
}


def must_wait(reply: Reply, decided: ReplyState) -> None:
    """NothingToDecideError where a person's word comes too early or too late."""
    if decided not in MOVES[reply.state]:
        raise nothing_to_decide(reply)


def nothing_to_decide(reply: Reply) -> NothingToDecideError:
    """What a person is told of a reply that does not wait for their word."""
    how = "while it is looked for" if reply.state in (S.SENDING, S.UNKNOWN, S.POSTED) else "about it"
    return NothingToDecideError(f"reply {reply.id} is {reply.state.value}: there is nothing to decide {how}")


def append(
    session: Session,
    case_id: int,
    kind: str,
    by: str,
    at: datetime,
    *,
    mention_id: int | None = None,
    reply_id: int | None = None,
    detail: Mapping[str, str] | None = None,
) -> None:
    """Add one event to a case's timeline; `detail` holds ids, states and rule names, never personal content."""
    session.connection().execute(_APPEND, event(case_id, kind, by, at, mention_id, reply_id, detail))


def event(
    case_id: int,
    kind: str,
    by: str,
    at: datetime,
    mention_id: int | None = None,
    reply_id: int | None = None,
    detail: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """The row of an event, for inserting many at once."""
    return {
        "case_id": case_id,
        "kind": kind,
        "by": by,
        "at": at,
        "mention_id": mention_id,
        "reply_id": reply_id,
        "detail": dict(detail or {}),
    }


def move(
    session: Session,
    reply: Reply,
    to: ReplyState,
    by: str,
    at: datetime,
    *,
    detail: Mapping[str, str] | None = None,
) -> None:
    """Bring a reply to another state, with its timeline event in the same transaction.

    IllegalMoveError when the table of moves does not allow it, or when somebody else moved it in this moment. The row
    must have been read in this transaction.
    """
    was = reply.state
    # SQLite's one write lock keeps others out; elsewhere the row must be locked, and be as we read it.
    if reply.id is not None and session.get_bind().dialect.name != "sqlite":
        stored = ReplyState(session.exec(select(Reply.state).where(Reply.id == reply.id).with_for_update()).one())
        if stored is not was:
            raise IllegalMoveError(f"reply {reply.id} has just become {stored.value}: look at it again", why="moved")
    if to not in MOVES[was]:
        raise IllegalMoveError(f"reply {reply.id} is {was.value}: it cannot become {to.value}", why="moved")
    if reply.id is None:
        raise IllegalMoveError("a reply must be stored before it moves")
    reply.state = to
    session.add(reply)
    append(
        session,
        reply.case_id,
        f"reply_{to.value}",
        by,
        at,
        mention_id=reply.mention_id,
        reply_id=reply.id,
        detail={"from": was.value, **(detail or {})},
    )


def move_at_once(
    session: Session, reply: Reply, to: ReplyState, by: str, at: datetime, changes: Mapping[str, Any]
) -> None:
    """The same as `move`, written here and now together with `changes`: what a unique index refuses is told here.

    After an IntegrityError the reply is as it was; on PostgreSQL the caller holds a savepoint for it.
    """
    was = reply.state
    if to not in MOVES[was]:
        raise IllegalMoveError(f"reply {reply.id} is {was.value}: it cannot become {to.value}", why="moved")
    session.flush()
    asked = {**changes, "_reply": reply.id, "_was": was, "state": to}
    if session.connection().execute(_moving(frozenset(changes)), asked).rowcount != 1:
        raise IllegalMoveError(
            f"reply {reply.id} has just become another than {was.value}: look at it again", why="moved"
        )
    for name, value in {**changes, "state": to}.items():
        set_committed_value(reply, name, value)
    told = {"from": was.value}
    append(
        session, reply.case_id, f"reply_{to.value}", by, at, mention_id=reply.mention_id, reply_id=reply.id, detail=told
    )


@dataclass(frozen=True)
class Moving:
    """A reply that was claimed, by what moving it needs; `claim` is the token that was set."""

    reply_id: int
    case_id: int
    mention_id: int
    state: ReplyState
    claim: str


def move_claimed(
    session: Session,
    moving: Moving,
    to: ReplyState,
    by: str,
    at: datetime,
    changes: Mapping[str, Any],
    *,
    detail: Mapping[str, str] | None = None,
) -> bool:
    """The same as `move`, for a claimed reply that is not loaded: one conditional UPDATE, which also writes `changes`.

    False, and nothing written, when the claim or the state is no longer what it was.
    """
    if to not in MOVES[moving.state]:
        raise IllegalMoveError(
            f"reply {moving.reply_id} is {moving.state.value}: it cannot become {to.value}", why="moved"
        )
    asked = {**changes, "_reply": moving.reply_id, "_was": moving.state, "_claim": moving.claim, "state": to}
    connection = session.connection()
    if connection.execute(_moving(frozenset(changes), claimed=True), asked).rowcount != 1:
        return False
    told = {"from": moving.state.value, **(detail or {})}
    row = event(moving.case_id, f"reply_{to.value}", by, at, moving.mention_id, moving.reply_id, told)
    connection.execute(_APPEND, row)
    return True


@cache
def _moving(columns: frozenset[str], *, claimed: bool = False) -> Update:
    replies: Table = Reply.__table__  # type: ignore[attr-defined]
    statement = update(replies).where(replies.c.id == bindparam("_reply"), replies.c.state == bindparam("_was"))
    if claimed:
        statement = statement.where(replies.c.claim == bindparam("_claim"))
    return statement.values({name: bindparam(name) for name in {*columns, "state"}})
