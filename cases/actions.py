"""What a person does with a case or a mention: take, snooze, dismiss, reopen, correct."""

from datetime import datetime
from typing import Any

from sqlmodel import Session

from cases import labels
from cases.triage import retag
from database.counts import add_counts, counted
from database.ledger import OUVIDOR, append
from database.review import asks_for_review
from errors import IllegalMoveError
from models import Case, CaseMention, CaseState, Correction, Mention, MentionType, VerdictRow

_OPEN = (CaseState.OPEN, CaseState.TAKEN, CaseState.SNOOZED)
_OF_THE_CASE = frozenset({"sentiment", "urgency", "type", "holds", "lang"})  # what a case has from its mentions


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
    verdict = session.get(VerdictRow, mention.verdict_id) if mention.verdict_id is not None else None
    if verdict is not None:
        verdict.needs_review = False
        session.add(verdict)


def correct(session: Session, mention: Mention, field: str, value: str, by: str, now: datetime) -> None:
    """A person's word on one field: it stands above the classifier's until the text changes.

    `value` as `cases.labels.meant` reads it. The value that stands there already is kept as a confirmation when the
    classifier was not sure of it, once; otherwise it changes nothing. Never triggers a reply and reopens nothing.
    IllegalMoveError for a field or a value outside the labels, or before the first verdict.
    """
    session.refresh(mention, with_for_update=True)  # two people, or a person and the classifier, may be at it
    verdict = session.get(VerdictRow, mention.verdict_id) if mention.verdict_id is not None else None
    was = labels.written(getattr(verdict, field)) if verdict is not None and field in labels.FIELDS else ""
    meant = labels.meant(field, was, value)
    if verdict is None or mention.id is None:
        raise IllegalMoveError("the mention was not tagged yet: try again in a moment")
    if meant == was and field not in verdict.abstained:
        return
    correction = Correction(mention_id=mention.id, field=field, was=was, now=meant, by=by, at=now)
    session.add(correction)
    session.flush()
    corrected = _corrected(verdict, field, meant, f"{labels.CORRECTED}{correction.id}", now)
    verdict.needs_review = False
    session.add_all([verdict, corrected])
    session.flush()
    mention.verdict_id = corrected.id
    session.add(mention)
    add_counts(session, [counted(mention, corrected)], [counted(mention, verdict)])
    link = session.get(CaseMention, mention.id)
    if link is None:
        return
    if meant != was and field in _OF_THE_CASE:
        retag(session, session.get_one(Case, link.case_id))
    kind = "confirmed" if meant == was else "corrected"
    detail = {"field": field, "was": was, "now": meant}
    append(session, link.case_id, kind, by, now, mention_id=mention.id, detail=detail)


def _corrected(verdict: VerdictRow, field: str, text: str, version: str, now: datetime) -> VerdictRow:
    settled = {field}
    said: dict[str, Any] = {**verdict.model_dump(exclude={"id"}), field: labels.column_value(field, text)}
    if field == "type" and said["type"] is not MentionType.OTHER:
        # By the labels a text is a complaint when its type is one; what voices a failure under "other" stays one.
        said["complaint"] = said["type"] is MentionType.COMPLAINT
        settled.add("complaint")
    said |= {
        "version": version,
        "decided_at": now,
        "confidence": {**verdict.confidence, field: 1.0},
        "abstained": [name for name in verdict.abstained if name not in settled],
    }
    row = VerdictRow(**said)
    row.needs_review = asks_for_review(row.abstained, spam=row.spam, type_=row.type, urgency=row.urgency)
    return row


def _must_be_open(case: Case) -> None:
    if case.state not in _OPEN:
        raise IllegalMoveError(f"case {case.protocol} is {case.state.value}: reopen it first")


def _note(
    session: Session, case: Case, kind: str, by: str, now: datetime, detail: dict[str, str] | None = None
) -> None:
    session.add(case)
    append(session, case.id or 0, kind, by, now, detail=detail)
