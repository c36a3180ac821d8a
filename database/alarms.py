"""Things that a person must know once."""

from datetime import datetime

from sqlalchemy import bindparam, update
from sqlmodel import Session, col, select

from database.upsert import insert_ignoring
from models import Alarm

_TELL = (
    update(Alarm)
    .where(
        col(Alarm.kind) == bindparam("of_kind"),
        col(Alarm.subject) == bindparam("of"),
        col(Alarm.cleared_at).is_(None),
        col(Alarm.message) != bindparam("told"),
    )
    .values(message=bindparam("told"))
    .execution_options(synchronize_session=False)
)


def raise_alarm(session: Session, kind: str, subject: str, message: str, now: datetime) -> None:
    """Raise an alarm; one that is open already tells from now on what is the matter now."""
    session.execute(_TELL, {"of_kind": kind, "of": subject, "told": message})
    insert_ignoring(
        session, Alarm, [{"kind": kind, "subject": subject, "message": message, "raised_at": now, "cleared_at": None}]
    )


def clear_alarm(session: Session, kind: str, subject: str, now: datetime) -> None:
    """Close the open alarm, if there is one."""
    open_ones = select(Alarm).where(Alarm.kind == kind, Alarm.subject == subject, col(Alarm.cleared_at).is_(None))
    for alarm in session.exec(open_ones):
        alarm.cleared_at = now
        session.add(alarm)
