"""What a person does with a case or a mention: take, snooze, dismiss, reopen, correct."""

from datetime import datetime

from sqlmodel import Session

from cases.triage import retag
from database.counts import add_counts, counted
from database.ledger import OUVIDOR, append
from errors import IllegalMoveError
from models import (
    Case,
    CaseMention,
    CaseState,
    Correction,
    Mention,
    MentionType,
    Sentiment,
    Urgency,
    VerdictRow,
)

_OPEN = (CaseState.OPEN, CaseState.TAKEN, CaseState.SNOOZED)
_CHOICES: dict[str, tuple[str, ...]] = {
    "sentiment": tuple(Sentiment),
    "urgency": tuple(Urgency),
    "type": tuple(MentionType),
    "lang": ("pt", "en", "es", "other"),
}


def take(session: Session, case: Case, by: str, now: datetime) -> None:
    """A person is on it; who else had it is told by the timeline."""
    _must_be_open(case)
    before = case.assignee
    case.state, case.assignee, case.snoozed_until = CaseState.TAKEN, by, None
    _note(session, case, "taken", by, now, {"from": before} if before and before != by else {})


def release(session: Session, case: Case, by: str, now: datetime) -> None:
    """Back into the queue for anyone."""
    _must_be_open(case)
    case.state, case.assignee, case.snoozed_until = CaseState.OPEN, "", None
    _note(session, case, "released", by, now)


def snooze(session: Session, case: Case, until: datetime, by: str, now: datetime) -> None:
    """Out of the queue until a moment in the future, or until the customer writes again."""
    _must_be_open(case)
    if until <= now:
        raise IllegalMoveError("a case is snoozed until a moment in the future")
    case.state, case.snoozed_until = CaseState.SNOOZED, until
    _note(session, case, "snoozed", by, now, {"until": until.isoformat()})


def wake(session: Session, case: Case, now: datetime) -> None:
    """The snooze is over."""
    if case.state is not CaseState.SNOOZED:
        return
    case.state = CaseState.TAKEN if case.assignee else CaseState.OPEN
    case.snoozed_until = None
    _note(session, case, "woken", OUVIDOR, now)


def dismiss(session: Session, case: Case, by: str, now: datetime) -> None:
    """Nothing for us to do: noise, or not our brand's matter."""
    _must_be_open(case)
    case.state, case.snoozed_until, case.resolved_at = CaseState.DISMISSED, None, now
    _note(session, case, "dismissed", by, now)


def reopen(session: Session, case: Case, by: str, now: datetime) -> None:
    """A closed case asks for work again."""
    if case.state in _OPEN:
        raise IllegalMoveError(f"case {case.protocol} is {case.state.value} already")
    case.state, case.resolved_at = (CaseState.TAKEN if case.assignee else CaseState.OPEN), None
    _note(session, case, "reopened", by, now)


def dismiss_mention(session: Session, mention: Mention, by: str, now: datetime) -> None:
    """Call a mention that has no case noise; IllegalMoveError when it has one: dismiss the case instead."""
    if mention.id is not None and session.get(CaseMention, mention.id) is not None:
        raise IllegalMoveError("the mention belongs to a case: dismiss the case")
    mention.dismissed_at = now
    session.add(mention)


def correct(session: Session, mention: Mention, field: str, value: str, by: str, now: datetime) -> None:
    """A person's word on one tag: it stands above the classifier's until the text changes.

    Never triggers a reply. IllegalMoveError for a field or a value outside the labels, or before the first verdict.
    """
    if field not in _CHOICES or value not in _CHOICES[field]:
        raise IllegalMoveError(
            f"{field} = {value!r} is no label; choose from {', '.join(_CHOICES.get(field, _CHOICES))}"
        )
    session.refresh(mention, with_for_update=True)  # two people, or a person and the classifier, may be at it
    verdict = session.get(VerdictRow, mention.verdict_id) if mention.verdict_id is not None else None
    if verdict is None or mention.id is None:
        raise IllegalMoveError("the mention was not tagged yet: try again in a moment")
    was = str(getattr(verdict, field))
    if was == value:
        return
    correction = Correction(mention_id=mention.id, field=field, was=was, now=value, by=by, at=now)
    session.add(correction)
    session.flush()
    corrected = _corrected(verdict, field, value, f"corrected:{correction.id}", now)
    session.add(corrected)
    session.flush()
    mention.verdict_id = corrected.id
    session.add(mention)
    add_counts(session, [counted(mention, corrected)], [counted(mention, verdict)])
    link = session.get(CaseMention, mention.id)
    if link is not None:
        case = session.get_one(Case, link.case_id)
        retag(session, case)
        append(
            session,
            link.case_id,
            "corrected",
            by,
            now,
            mention_id=mention.id,
            detail={"field": field, "was": was, "now": value},
        )


def _corrected(verdict: VerdictRow, field: str, value: str, version: str, now: datetime) -> VerdictRow:
    row = VerdictRow(
        mention_id=verdict.mention_id,
        text_revision=verdict.text_revision,
        version=version,
        lang=value if field == "lang" else verdict.lang,
        sentiment=Sentiment(value) if field == "sentiment" else verdict.sentiment,
        urgency=Urgency(value) if field == "urgency" else verdict.urgency,
        type=MentionType(value) if field == "type" else verdict.type,
        complaint=verdict.complaint,
        holds=list(verdict.holds),
        confidence={**verdict.confidence, field: 1.0},
        decided_at=now,
        spam=verdict.spam,
        topics=list(verdict.topics),
        personal_data=list(verdict.personal_data),
        abstained=[name for name in verdict.abstained if name != field],
        rule=verdict.rule,
    )
    if field == "type":
        # By the labels a text is a complaint when its type is one; what voices a failure under "other" stays one.
        row.complaint = row.type is MentionType.COMPLAINT or (row.type is MentionType.OTHER and verdict.complaint)
    return row


def _must_be_open(case: Case) -> None:
    if case.state not in _OPEN:
        raise IllegalMoveError(f"case {case.protocol} is {case.state.value}: reopen it first")


def _note(
    session: Session, case: Case, kind: str, by: str, now: datetime, detail: dict[str, str] | None = None
) -> None:
    session.add(case)
    append(session, case.id or 0, kind, by, now, detail=detail)
