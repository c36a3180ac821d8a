"""The steps that sweep for cases' work: triage what was tagged, acknowledge what was opened, wake what slept."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Engine
from sqlmodel import Session, col, or_, select

from cases.acknowledge import acknowledge
from cases.actions import wake
from cases.triage import triage_all
from database.crash import crash_point
from database.engine import transaction
from models import Case, CaseState, Mention, VerdictRow
from settings import AcknowledgeRule, TriageRule


@dataclass(frozen=True)
class Rules:
    """The operator's rules, as far as cases ask for them."""

    triage: Sequence[TriageRule]
    acknowledge: Sequence[AcknowledgeRule]
    zone: ZoneInfo
    staleness: timedelta


def triage_waiting(engine: Engine, rules: Rules, limit: int, now: datetime) -> int:
    """Triage up to `limit` tagged mentions, oldest first, in one transaction; how many there were.

    A case that this opens is acknowledged in the same transaction, so that neither happens without the other.
    """
    with transaction(engine) as session:
        pairs = _tagged(session, limit)
        for found in triage_all(session, pairs, rules.triage, now, zone=rules.zone):
            if found.opened and found.case is not None:
                acknowledge(session, found.case, found.mention, rules.acknowledge, now, rules.staleness)
        crash_point("triage.stored")
    return len(pairs)


def _tagged(session: Session, limit: int) -> Sequence[tuple[Mention, VerdictRow | None]]:
    statement = (
        select(Mention, VerdictRow)
        .outerjoin(VerdictRow, col(VerdictRow.id) == Mention.verdict_id)
        .where(
            col(Mention.triaged_at).is_(None),
            or_(col(Mention.is_ours), col(Mention.verdict_id).is_not(None)),
        )
        # By the time of posting: what opened a conversation comes before what was said in it.
        .order_by(col(Mention.posted_at), col(Mention.id))
        .limit(limit)
    )
    return list(session.exec(statement).all())


def wake_snoozed(engine: Engine, now: datetime) -> int:
    """Bring back the cases whose snooze is over; how many."""
    with transaction(engine) as session:
        due = session.exec(select(Case).where(Case.state == CaseState.SNOOZED, col(Case.snoozed_until) <= now)).all()
        for case in due:
            wake(session, case, now)
    return len(due)
