"""What a person does with a case, a mention or its author: take, snooze, dismiss, block, correct, opt in."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam
from sqlmodel import Session, col, select

from cases import labels
from cases.drafts import withdraw
from cases.queries.facts import corrections_in_force
from cases.queries.verdict import told_of
from cases.triage import retag
from classifier.corrections import following
from database.counts import add_counts, counted
from database.ledger import OUVIDOR, append
from database.review import asks_for_review
from errors import IllegalMoveError, OutdatedError
from models import Case, CaseMention, CaseState, Correction, Mention, Profile, TimelineEvent, VerdictRow

_OPEN = (CaseState.OPEN, CaseState.TAKEN, CaseState.SNOOZED)
_OF_THE_CASE = frozenset({"sentiment", "urgency", "type", "holds", "lang"})  # what a case has from its mentions
_OF_ONE_RULING = frozenset({"type", "complaint", "spam"})  # each follows from the others
_OPTED_OUT_IN = (
    select(TimelineEvent.case_id)
    .join(CaseMention, col(CaseMention.case_id) == TimelineEvent.case_id)
    .join(Mention, col(Mention.id) == CaseMention.mention_id)
    .where(
        col(Mention.profile_id) == bindparam("profile"),
        col(TimelineEvent.mention_id) == Mention.id,
        col(TimelineEvent.kind) == "opted_out",
    )
    .distinct()
    .order_by(col(TimelineEvent.case_id))
)


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
        raise IllegalMoveError("a case is snoozed until a moment in the future", why="past")
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
    withdraw(session, case, by, now)


def reopen(session: Session, case: Case, by: str, now: datetime) -> None:
    """A closed case asks for work again."""
    if case.state in _OPEN:
        raise IllegalMoveError(f"case {case.protocol} is {case.state.value} already", why="is_open")
    case.state, case.resolved_at = (CaseState.TAKEN if case.assignee else CaseState.OPEN), None
    _note(session, case, "reopened", by, now)


def dismiss_mention(session: Session, mention: Mention, by: str, now: datetime) -> None:
    """Call a mention that has no case noise; IllegalMoveError when it has one: dismiss the case instead."""
    if mention.id is not None and session.get(CaseMention, mention.id) is not None:
        raise IllegalMoveError("the mention belongs to a case: dismiss the case", why="of_case")
    mention.dismissed_at = now
    session.add(mention)
    verdict = session.get(VerdictRow, mention.verdict_id) if mention.verdict_id is not None else None
    if verdict is not None:
        verdict.needs_review = False
        session.add(verdict)


def block(session: Session, case: Case, profile: Profile, by: str, now: datetime) -> None:
    """Nothing more is sent to the person, what was approved included, until they are unblocked."""
    if profile.blocked_at is not None:
        raise IllegalMoveError("this person is blocked already", why="blocked")
    profile.blocked_at = now
    _note_person(session, case, profile, "blocked", by, now)


def unblock(session: Session, case: Case, profile: Profile, by: str, now: datetime) -> None:
    """People may answer them again; what waited in line meanwhile went to a person."""
    if profile.blocked_at is None:
        raise IllegalMoveError("this person is not blocked", why="not_blocked")
    profile.blocked_at = None
    _note_person(session, case, profile, "unblocked", by, now)


def opt_in(session: Session, profile: Profile, by: str, now: datetime) -> None:
    """The person may be answered automatically again; the cases that told of their wish tell of this.

    IllegalMoveError when they never asked to be left alone. Asking once more, they are heard once more.
    """
    if profile.opted_out_at is None:
        raise IllegalMoveError("this person did not ask to be left alone: there is nothing to take back", why="no_wish")
    profile.opted_out_at = None
    session.add(profile)
    for case_id in session.exec(_OPTED_OUT_IN, params={"profile": profile.id}).all():
        append(session, case_id, "opted_in", by, now)


def correct(
    session: Session,
    mention: Mention,
    field: str,
    value: str,
    by: str,
    now: datetime,
    *,
    revision: int | None = None,
    shown: str | None = None,
) -> None:
    """A person's word on one field: it stands above the classifier's until the text changes.

    `value` as `cases.labels.meant` reads it. The value that stands there already is kept as a confirmation when the
    classifier was not sure of it, once; otherwise it changes nothing. Never triggers a reply and reopens nothing.
    `revision` is that of the text which the person read, None for the one that stands; `shown` is what the field said
    there, written as a correction keeps it. IllegalMoveError for a field or a value outside the labels, or before the
    first verdict; OutdatedError when the text was edited or deleted since, or the word takes away what was not shown.
    """
    verdict = _shown(session, mention, revision)
    was = _written(verdict, field)
    if shown is not None and labels.taken_unseen(field, was, value, shown):
        raise _now_another(field, was)
    _say(session, mention, verdict, _Word(field, was, labels.meant(field, was, value)), by, now)


def confirm(
    session: Session, mention: Mention, field: str, shown: str, by: str, now: datetime, *, revision: int | None = None
) -> None:
    """A person's word that a field is right as it was `shown`: "low", or "=legal,press"; otherwise as `correct`.

    OutdatedError when the field says something else by now, so that nobody undoes what they never saw.
    """
    verdict = _shown(session, mention, revision)
    was = _written(verdict, field)
    if labels.meant(field, was, shown) != was:
        raise _now_another(field, was)
    _say(session, mention, verdict, _Word(field, was, was), by, now)


def _now_another(field: str, was: str) -> OutdatedError:
    return OutdatedError(f"{field} has become {was or 'none'} since: open the tags again and look")


@dataclass(frozen=True)
class _Word:
    """What a person says of a field."""

    field: str
    was: str
    now: str


def _shown(session: Session, mention: Mention, revision: int | None) -> VerdictRow:
    """The verdict in force, its mention locked: two people, or a person and the classifier, may be at it."""
    session.refresh(mention, with_for_update=True)
    if mention.deleted_at is not None:
        raise OutdatedError("its author deleted the post: there is no text left to speak of")
    if revision is not None and revision != mention.text_revision:
        raise OutdatedError("the post was edited since: read it again and say what you think of it now")
    verdict = session.get(VerdictRow, mention.verdict_id) if mention.verdict_id is not None else None
    if verdict is None:
        raise IllegalMoveError("the mention was not tagged yet: try again in a moment", why="untagged")
    return verdict


def _written(verdict: VerdictRow, field: str) -> str:
    return labels.written(getattr(verdict, field)) if field in labels.FIELDS else ""


def _say(session: Session, mention: Mention, verdict: VerdictRow, word: _Word, by: str, now: datetime) -> None:
    if word.now == word.was and word.field not in verdict.abstained:
        return
    told, mention_id = told_of(session, mention) or verdict, verdict.mention_id
    correction = Correction(mention_id=mention_id, field=word.field, was=word.was, now=word.now, by=by, at=now)
    session.add(correction)
    session.flush()
    said = corrections_in_force(session, [mention_id]).get(mention_id, {})
    earlier = sorted((one for one in said.values() if one.field != word.field), key=lambda one: one.id or 0)
    corrected = _corrected(told, [*earlier, correction], now)
    corrected.needs_review = mention.dismissed_at is None and asks_for_review(
        corrected.abstained, spam=corrected.spam, type_=corrected.type, urgency=corrected.urgency
    )
    verdict.needs_review = False
    session.add_all([verdict, corrected])
    session.flush()
    mention.verdict_id = corrected.id
    session.add(mention)
    add_counts(session, [counted(mention, corrected)], [counted(mention, verdict)])
    link = session.get(CaseMention, mention_id)
    if link is None:
        return
    if any(_written(corrected, name) != _written(verdict, name) for name in _OF_THE_CASE):
        retag(session, session.get_one(Case, link.case_id))
    kind = "confirmed" if word.now == word.was else "corrected"
    detail = {"field": word.field, "was": word.was, "now": word.now}
    append(session, link.case_id, kind, by, now, mention_id=mention_id, detail=detail)


def _corrected(told: VerdictRow, words: Sequence[Correction], now: datetime) -> VerdictRow:
    """What the classifier told, with the last word of people on each field, the oldest first.

    Told anew each time, so that a word which is taken back takes back what followed from it.
    """
    said: dict[str, Any] = told.model_dump(exclude={"id"})
    sure, doubts = dict(told.confidence), list(told.abstained)
    for word in words:
        said[word.field] = labels.column_value(word.field, word.now)
        follows = following(word.field, said)
        said |= follows
        sure = {name: share for name, share in sure.items() if name not in follows} | {word.field: 1.0}
        doubts = [name for name in doubts if name != word.field and name not in follows]
        if word.field == "complaint" and not said["complaint"] and "type" in follows:
            doubts.append("type")  # which of the others it is, nobody said
    said |= {
        "version": f"{labels.CORRECTED}{words[-1].id}",
        "decided_at": now,
        "confidence": sure,
        "abstained": doubts,
    }
    corrected = VerdictRow(**said)
    if _overrules(told, corrected):
        corrected.rule = ""
    return corrected


def _overrules(told: VerdictRow, corrected: VerdictRow) -> bool:
    """Whether people say otherwise of all that the operator's rule decided: it is certain, and never the language.

    Holds are never certain, since a rule only adds to them: a rule that decided nothing else added some.
    """
    decided = {name for name, share in told.confidence.items() if share >= 1.0 and name in labels.FIELDS}
    decided = decided - {"lang", "holds"} or {"holds"}
    otherwise = {name for name in decided if labels.is_against(name, _written(told, name), _written(corrected, name))}
    if otherwise & _OF_ONE_RULING:
        otherwise |= decided & _OF_ONE_RULING
    return otherwise == decided


def _must_be_open(case: Case) -> None:
    if case.state not in _OPEN:
        raise IllegalMoveError(f"case {case.protocol} is {case.state.value}: reopen it first", why="closed")


def _note_person(session: Session, case: Case, profile: Profile, kind: str, by: str, now: datetime) -> None:
    session.add(profile)
    _note(session, case, kind, by, now, {"profile": str(profile.id)})


def _note(
    session: Session, case: Case, kind: str, by: str, now: datetime, detail: dict[str, str] | None = None
) -> None:
    session.add(case)
    append(session, case.id or 0, kind, by, now, detail=detail)
