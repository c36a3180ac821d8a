"""Fuses: what no account of a care team does in earnest pauses the account before it does it again."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, Table, bindparam, case, func, select
from sqlmodel import Session

from database.alarms import raise_alarm
from models import Account, Reply, ReplyState

_REPLIES: Table = Reply.__table__  # type: ignore[attr-defined]  # SQLModel adds it to table classes
_ACCOUNTS: Table = Account.__table__  # type: ignore[attr-defined]
_MINUTE, _HOUR = timedelta(minutes=1), timedelta(hours=1)
BLOWN = "fuse."  # how the reason of a pause begins that only a person who looked lifts
_FEWEST_UNKNOWN = 10  # in the hour, before their share says anything
# One whose outcome is not known, or that went from there to a person.
_IS_UNKNOWN = _REPLIES.c.state.in_([ReplyState.UNKNOWN, ReplyState.NEEDS_HUMAN])


def _sum(condition: Any) -> Any:
    return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)


# Built once: for statements as small as this, building costs more than running.
_SENT = select(
    func.count(),
    _sum(_REPLIES.c.sending_at > bindparam("minute_before")),
    _sum(_REPLIES.c.body_hash == bindparam("words")),
    _sum(_IS_UNKNOWN),
).where(
    _REPLIES.c.account_id == bindparam("account"),
    _REPLIES.c.sending_at > bindparam("hour_before"),
    _REPLIES.c.id != bindparam("reply"),
)
_RESUMED = select(_ACCOUNTS.c.resumed_at).where(_ACCOUNTS.c.id == bindparam("account"))


@dataclass(frozen=True)
class Fuses:
    """What an account may do before a person looks after it; 0 switches a fuse off."""

    a_minute: int = 60  # replies sent
    an_hour: int = 600
    same_text: int = 20  # the very same words to so many posts within an hour
    unknown_share: float = 0.5  # of the last hour's replies, from ten unknown ones on


def blown(session: Session, row: Row[Any], now: datetime, fuses: Fuses) -> str:
    """Which fuse the next request of this reply's account would blow, in words; "" for none.

    What was sent before a person resumed the account does not count.
    """
    if not (fuses.a_minute or fuses.an_hour or fuses.same_text or fuses.unknown_share):
        return ""  # nothing bounds what the hour holds, so it is not counted
    connection = session.connection()
    since = connection.execute(_RESUMED, {"account": row.account_id}).scalar_one_or_none()
    hour_before, minute_before = now - _HOUR, now - _MINUTE
    asked = {
        "account": row.account_id,
        "reply": row.id,
        "words": row.body_hash,
        "hour_before": hour_before if since is None else max(hour_before, since),
        "minute_before": minute_before if since is None else max(minute_before, since),
    }
    in_hour, in_minute, same, unknown = connection.execute(_SENT, asked).one()
    if 0 < fuses.a_minute <= in_minute:
        return f"{BLOWN}a_minute: {in_minute} replies were sent within a minute"
    if 0 < fuses.an_hour <= in_hour:
        return f"{BLOWN}an_hour: {in_hour} replies were sent within an hour"
    if 0 < fuses.same_text <= same:
        return f"{BLOWN}same_text: the same words went to {same} posts within an hour"
    if fuses.unknown_share > 0 and unknown >= _FEWEST_UNKNOWN and unknown >= fuses.unknown_share * in_hour:
        return f"{BLOWN}unknown: of {in_hour} replies within an hour, {unknown} have an unknown outcome"
    return ""


def blow(session: Session, account_id: int, reason: str, now: datetime) -> None:
    """Pause the account, with an alarm; a person who looked resumes it."""
    account = session.get_one(Account, account_id)
    told = f"{reason}; look at what it sends, then resume it"
    account.paused_reason = told
    session.add(account)
    raise_alarm(session, "account_paused", f"account:{account.id}", f"{account.name}: {told}", now)
