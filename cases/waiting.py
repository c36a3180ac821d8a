"""The steps that sweep for cases' work: triage what was tagged, acknowledge what was opened, wake what slept."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Engine, bindparam, or_, select
from sqlmodel import Session, col

from cases.actions import wake
from cases.approval import Terms
from cases.automation import Plan, automate
from cases.opt_out import hear_opt_outs
from cases.triage import triage_all
from database.crash import crash_point
from database.engine import transaction
from models import Account, Brand, Case, CaseState, Mention, Profile, VerdictRow
from settings import AcknowledgeRule, AutomationRule, Settings, TriageRule

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
    contacts: Mapping[str, Sequence[str]] = field(default_factory=dict)  # each brand's own, by its slug
    automation: Sequence[AutomationRule] = ()

    def terms(self, brand: str) -> Terms:
        """The terms of an approval by rule."""
        return Terms(staleness=self.staleness, contacts=self.contacts.get(brand, ()))


def rules_of(settings: Settings) -> Rules:
    """The rules as the settings have them."""
    return Rules(
        settings.triage,
        settings.acknowledge,
        settings.zone,
        settings.delivery.staleness,
        {brand.slug: brand.contacts for brand in settings.brand},
        settings.automation,
    )


def triage_waiting(engine: Engine, rules: Rules, limit: int, now: datetime) -> int:
    """Triage up to `limit` tagged mentions, oldest first, in one transaction; how many there were.

    What automation says or proposes for it is written in the same transaction, so that neither happens without the
    other; and whoever asks in it to be left alone is heard before that.
    """
    with transaction(engine) as session:
        tagged = session.execute(_TAGGED, {"most": limit}).all()
        pairs = [(mention, _in_force(session, mention, verdict)) for mention, verdict, *_ in tagged]
        triaged = triage_all(session, pairs, rules.triage, now, zone=rules.zone)
        hear_opt_outs(session, triaged, now)
        plan = Plan(rules.acknowledge, rules.automation, rules.terms)
        for found, (_, verdict) in zip(triaged, pairs, strict=True):
            automate(session, found, verdict, plan, now)
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
