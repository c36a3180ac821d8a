"""The steps that sweep for cases' work: triage what was tagged, acknowledge what was opened, wake what slept."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Engine, bindparam, or_, select
from sqlmodel import Session, col

from cases.acknowledge import acknowledge
from cases.actions import wake
from cases.triage import triage_all
from database.crash import crash_point
from database.engine import transaction
from models import Account, Brand, Case, CaseState, Mention, Profile, VerdictRow
from settings import AcknowledgeRule, TriageRule

# With what acknowledging asks for: held beside the mention, it is not asked for again a case at a time.
_TAGGED = (
    select(Mention, VerdictRow, Profile, Account, Brand)
    .outerjoin(VerdictRow, col(VerdictRow.id) == Mention.verdict_id)
    .outerjoin(Profile, col(Profile.id) == Mention.profile_id)
    .outerjoin(Account, col(Account.id) == Mention.account_id)
    .join(Brand, col(Brand.id) == Mention.brand_id)
    .where(
        col(Mention.triaged_at).is_(None),
        or_(col(Mention.is_ours), col(Mention.verdict_id).is_not(None)),
    )
    # By the time of posting: what opened a conversation comes before what was said in it.
    .order_by(col(Mention.posted_at), col(Mention.id))
    .limit(bindparam("most"))
    # A person may be correcting one of them at this very moment; SQLite needs no such word.
    .with_for_update(of=Mention, key_share=True)
)
_ASLEEP = select(Case).where(col(Case.state) == CaseState.SNOOZED, col(Case.snoozed_until) <= bindparam("now"))


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
        tagged = session.execute(_TAGGED, {"most": limit}).all()
        pairs = [(mention, _in_force(session, mention, verdict)) for mention, verdict, *_ in tagged]
        for found in triage_all(session, pairs, rules.triage, now, zone=rules.zone):
            if found.opened and found.case is not None:
                acknowledge(session, found.case, found.mention, rules.acknowledge, now, rules.staleness)
        crash_point("triage.stored")
    return len(tagged)


def _in_force(session: Session, mention: Mention, verdict: VerdictRow | None) -> VerdictRow | None:
    """The mention's verdict; PostgreSQL joins none where another came in force while it waited for the lock."""
    if mention.verdict_id is None or (verdict is not None and verdict.id == mention.verdict_id):
        return verdict
    return session.get_one(VerdictRow, mention.verdict_id)


def wake_snoozed(engine: Engine, now: datetime) -> int:
    """Bring back the cases whose snooze is over; how many."""
    with transaction(engine) as session:
        due = session.scalars(_ASLEEP, {"now": now}).all()
        for case in due:
            wake(session, case, now)
    return len(due)
