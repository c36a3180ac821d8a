"""Things that a person must know once."""

from datetime import datetime

from sqlmodel import Session, col, select

from database.upsert import insert_ignoring
from models import Alarm


def raise_alarm(session: Session, kind: str, subject: str, message: str, now: datetime) -> None:
    """Raise an alarm unless the same one is open already."""
    insert_ignoring(
        session, Alarm, [{"kind": kind, "subject": subject, "message": message, "raised_at": now, "cleared_at": None}]
    )


def clear_alarm(session: Session, kind: str, subject: str, now: datetime) -> None:
    """Close the open alarm, if there is one."""
    open_ones = select(Alarm).where(Alarm.kind == kind, Alarm.subject == subject, col(Alarm.cleared_at).is_(None))
    for alarm in session.exec(open_ones):
        alarm.cleared_at = now
        session.add(alarm)
