"""What stands around a reply that someone wants to send: read at once, and said in the words of the rules."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Boolean, Row, Select, String, Table, and_, bindparam, case, cast, func, literal, or_, select
from sqlmodel import Session

from models import (
    Account,
    Case,
    CaseMention,
    CaseState,
    Correction,
    Mention,
    MentionKind,
    OwnPostSeen,
    Profile,
    Reply,
    ReplyPurpose,
    ReplyState,
    Stop,
    ThreadFactRow,
    VerdictRow,
)
from responders.policy import Intent

_CLOSED = (CaseState.RESOLVED, CaseState.DISMISSED)
_A_DAY = timedelta(hours=24)
_UNSURE = frozenset(("type", "complaint", "holds", "lang"))  # doubts of these keep automation silent
_STATUS, _FROZEN = "status", "frozen"  # the facts by which a complaint site tells where a complaint stands

# Built once, and run past the object mapper: for statements as small as these, both cost more than running them.
_REPLIES: Table = Reply.__table__  # type: ignore[attr-defined]  # SQLModel adds it to table classes
_MENTIONS: Table = Mention.__table__  # type: ignore[attr-defined]
_ACCOUNTS: Table = Account.__table__  # type: ignore[attr-defined]
_CASES: Table = Case.__table__  # type: ignore[attr-defined]
_PROFILES: Table = Profile.__table__  # type: ignore[attr-defined]
_LINKS: Table = CaseMention.__table__  # type: ignore[attr-defined]
_VERDICTS: Table = VerdictRow.__table__  # type: ignore[attr-defined]
_CORRECTIONS: Table = Correction.__table__  # type: ignore[attr-defined]
_STOPS: Table = Stop.__table__  # type: ignore[attr-defined]
_FACTS: Table = ThreadFactRow.__table__  # type: ignore[attr-defined]
_OWN: Table = OwnPostSeen.__table__  # type: ignore[attr-defined]
_IN_FORCE = _VERDICTS.alias()
_HEARD = _MENTIONS.alias()
_OTHERS = _REPLIES.alias()
_THEIRS = _ACCOUNTS.alias()
_AUTOMATIC = bindparam("automatic", type_=Boolean)
# Whoever takes a hold away, by a click or by editing the post, must not bring automation to answer.
_HELD = cast(_VERDICTS.c.holds, String) != "[]"
_HELD_IN_CASE = (
    select(_VERDICTS.c.id)
    .join(_LINKS, _LINKS.c.mention_id == _VERDICTS.c.mention_id)
    .where(_LINKS.c.case_id == bindparam("case"), _HELD)
    .exists()
)
_IN_THREAD = tuple(_HEARD.c[name] == _MENTIONS.c[name] for name in ("brand_id", "channel", "place", "thread"))
# What the person said in the thread without a case counts as well, and what somebody said whom we are not told.
_THE_PERSONS = or_(
    _HEARD.c.profile_id == _MENTIONS.c.profile_id,
    _HEARD.c.profile_id.is_(None),
    _MENTIONS.c.profile_id.is_(None),
)
_HELD_IN_CONVERSATION = (
    select(_VERDICTS.c.id)
    .join(_HEARD, _HEARD.c.id == _VERDICTS.c.mention_id)
    .where(*_IN_THREAD, _THE_PERSONS, _HELD)
    .correlate(_MENTIONS)
    .exists()
)
_CALLED_SPAM = (
    select(_CORRECTIONS.c.id)
    .join(_HEARD, _HEARD.c.id == _CORRECTIONS.c.mention_id)
    .where(*_IN_THREAD, _THE_PERSONS, _CORRECTIONS.c.field == "spam", _CORRECTIONS.c.now == "true")
    .correlate(_MENTIONS)
    .exists()
)
# A post of ours that no reply here is: somebody answered from the platform's own app, or an earlier life of ours did.
_SENT_ELSEWHERE = and_(
    _HEARD.c.is_ours,
    or_(
        _HEARD.c.parent_external_id == _MENTIONS.c.external_id,
        and_(_HEARD.c.kind == MentionKind.ANSWER, _HEARD.c.posted_at >= _MENTIONS.c.posted_at),
    ),
    ~select(_OTHERS.c.id)
    .where(
        or_(
            and_(_OTHERS.c.account_id == _MENTIONS.c.account_id, _OTHERS.c.external_id == _HEARD.c.external_id),
            # Its number is not known yet.
            and_(
                _OTHERS.c.mention_id == _MENTIONS.c.id,
                _OTHERS.c.external_id == "",
                _OTHERS.c.sending_at.is_not(None),
            ),
        )
    )
    .correlate(_HEARD, _MENTIONS)
    .exists(),
)
_ANSWERED_ELSEWHERE = or_(
    select(_HEARD.c.id).where(*_IN_THREAD, _SENT_ELSEWHERE).correlate(_MENTIONS).exists(),
    # The timeline of an account of the brand showed it.
    select(_OWN.c.id)
    .join(_THEIRS, _THEIRS.c.id == _OWN.c.account_id)
    .where(
        _THEIRS.c.brand_id == _MENTIONS.c.brand_id,
        _THEIRS.c.channel == _MENTIONS.c.channel,
        _THEIRS.c.place == _MENTIONS.c.place,
        _OWN.c.parent_external_id == _MENTIONS.c.external_id,
    )
    .correlate(_MENTIONS)
    .exists(),
)
# The newest of what the person said in the thread, or somebody of ours without us.
_NEWEST = (
    select(func.coalesce(func.max(_HEARD.c.id), 0))
    .where(*_IN_THREAD, or_(and_(~_HEARD.c.is_ours, _THE_PERSONS), _SENT_ELSEWHERE))
    .correlate(_MENTIONS)
    .scalar_subquery()
)
# What was left although its request may have left stands there perhaps.
_WENT_OUT = or_(
    _OTHERS.c.state.not_in([ReplyState.DRAFT, ReplyState.DISCARDED, ReplyState.FAILED]),
    _OTHERS.c.sending_at.is_not(None),
)


def _sent(*conditions: Any) -> Select[Any]:
    """How many other replies to the author were approved, or went out, since a day ago; their posts may be gone."""
    return (
        select(func.count())
        .select_from(_OTHERS)
        .join(_HEARD, _HEARD.c.id == _OTHERS.c.mention_id)
        .where(
            _OTHERS.c.profile_id == _MENTIONS.c.profile_id,
            _OTHERS.c.id != bindparam("reply"),
            # A platform may tell the time wrong: when we sent it counts as well.
            or_(
                func.coalesce(_OTHERS.c.posted_at, _OTHERS.c.sending_at, _OTHERS.c.approved_at)
                > bindparam("day_before"),
                _OTHERS.c.sending_at > bindparam("day_before"),
            ),
            _WENT_OUT,
            *conditions,
        )
        .correlate(_MENTIONS)
    )


_DEPTH = (
    select(func.count())
    .select_from(_HEARD)
    .where(*_IN_THREAD, _HEARD.c.profile_id == _MENTIONS.c.profile_id, ~_HEARD.c.is_ours)
    .correlate(_MENTIONS)
    .scalar_subquery()
)
_BY_AUTOMATION = or_(_OTHERS.c.automatic, _OTHERS.c.was_automatic)
_AUTOMATIC_IN_THREAD = _sent(_BY_AUTOMATION, *_IN_THREAD).scalar_subquery()
_SHOWN_AS, _NAMED = func.lower(_PROFILES.c.handle), func.lower(_THEIRS.c.handle)
_IS_HERE = _THEIRS.c.place == _MENTIONS.c.place
# An instance shows its own accounts by their names, those of others with the server; settings may name either form.
_OF_A_BRAND = (
    select(_THEIRS.c.id)
    .where(
        _THEIRS.c.channel == _MENTIONS.c.channel,
        or_(
            and_(_IS_HERE, _NAMED == _SHOWN_AS),
            and_(_IS_HERE, func.substr(_NAMED, 1, func.length(_SHOWN_AS) + 1) == _SHOWN_AS + "@"),
            and_(_SHOWN_AS.contains("@"), _SHOWN_AS.in_([_NAMED, _NAMED + "@" + func.lower(_THEIRS.c.place)])),
            and_(_IS_HERE, _THEIRS.c.external_id != "", _THEIRS.c.external_id == _PROFILES.c.external_id),
        ),
    )
    .correlate(_MENTIONS, _PROFILES)
    .exists()
)


def _stop_stands(condition: Any) -> Any:
    """Whether a stop of that kind stands over the account."""
    return (
        select(_STOPS.c.id)
        .where(
            _STOPS.c.lifted_at.is_(None),
            condition,
            or_(
                _STOPS.c.scope == "everything",
                and_(_STOPS.c.scope == "brand", _STOPS.c.subject == _ACCOUNTS.c.brand_id),
                and_(_STOPS.c.scope == "account", _STOPS.c.subject == _ACCOUNTS.c.id),
            ),
        )
        .correlate(_ACCOUNTS)
        .exists()
    )


_STOPPED, _INCIDENT = _stop_stands(~_STOPS.c.automation_only), _stop_stands(_STOPS.c.automation_only)
_RECOVERING = (
    select(_OTHERS.c.id)
    .where(
        _OTHERS.c.account_id == _ACCOUNTS.c.id,
        _OTHERS.c.frozen_at.is_not(None),
        _OTHERS.c.state == ReplyState.UNKNOWN,
    )
    .correlate(_ACCOUNTS)
    .exists()
)
# "frozen" is a fact of its own, told beside the status for as long as it holds: of the same moment it goes before it.
_NEWEST_STATUS = (
    select(case((_FACTS.c.name == _FROZEN, _FROZEN), else_=_FACTS.c.value))
    .where(
        *(_FACTS.c[name] == _MENTIONS.c[name] for name in ("brand_id", "channel", "place", "thread")),
        _FACTS.c.name.in_([_STATUS, _FROZEN]),
    )
    .order_by(_FACTS.c.at.desc(), case((_FACTS.c.name == _FROZEN, 0), else_=1), _FACTS.c.id.desc())
    .limit(1)
    .correlate(_MENTIONS)
    .scalar_subquery()
)
_THREAD_BEGAN = select(func.min(_HEARD.c.posted_at)).where(*_IN_THREAD).correlate(_MENTIONS).scalar_subquery()


def _if_automatic(count: Any) -> Any:
    """What only the rules of automation ask for is not counted for a person's reply."""
    return case((_AUTOMATIC, count), else_=literal(0))


_AROUND: Select[Any] = (
    select(
        *(_MENTIONS.c[name] for name in ("external_id", "url", "posted_at", "text_revision", "thread", "visibility")),
        *(_MENTIONS.c[name] for name in ("extra", "channel", "addresses_us", "deleted_at", "is_ours")),
        *(_MENTIONS.c.answerable_automatically, _MENTIONS.c.profile_id),
        *(_ACCOUNTS.c.active.label("account_active"), _ACCOUNTS.c.paused_reason, _ACCOUNTS.c.recovered_at),
        *(_CASES.c.lang, _CASES.c.holds, _CASES.c.state.label("case_state"), _CASES.c.version.label("case_version")),
        *(_IN_FORCE.c.spam, _IN_FORCE.c.abstained),
        *(_PROFILES.c.handle, _PROFILES.c.is_bot, _PROFILES.c.opted_out_at, _PROFILES.c.blocked_at),
        and_(_AUTOMATIC, or_(_HELD_IN_CASE, _HELD_IN_CONVERSATION)).label("was_held"),
        and_(_AUTOMATIC, _CALLED_SPAM).label("called_spam"),
        and_(_AUTOMATIC, _OF_A_BRAND).label("other_brand"),
        and_(_AUTOMATIC, _ANSWERED_ELSEWHERE).label("answered_elsewhere"),
        and_(_AUTOMATIC, _INCIDENT).label("incident"),
        _if_automatic(_sent(_BY_AUTOMATION).scalar_subquery()).label("automatic_to_person"),
        _sent().scalar_subquery().label("replies_to_person"),
        _if_automatic(_DEPTH + _AUTOMATIC_IN_THREAD).label("thread_depth"),
        _NEWEST.label("thread_mark"),
        _STOPPED.label("stopped"),
        _RECOVERING.label("recovering"),
        _NEWEST_STATUS.label("thread_status"),
        _THREAD_BEGAN.label("thread_posted_at"),
    )
    .select_from(_MENTIONS)
    .join(_ACCOUNTS, _ACCOUNTS.c.id == bindparam("account"))
    .outerjoin(_CASES, _CASES.c.id == bindparam("case"))
    .outerjoin(_PROFILES, _PROFILES.c.id == _MENTIONS.c.profile_id)
    .outerjoin(_IN_FORCE, _IN_FORCE.c.id == _MENTIONS.c.verdict_id)
    .where(_MENTIONS.c.id == bindparam("mention"))
)


@dataclass(frozen=True)
class Wanted:
    """Who wants to say what to which post; the ids are 0 where there is none yet."""

    mention_id: int
    account_id: int
    case_id: int
    purpose: ReplyPurpose
    automatic: bool = False
    private: bool = False
    sequence: int = 1
    reply_id: int = 0


def around(session: Session, wanted: Wanted, now: datetime) -> Row[Any] | None:
    """What stands around it at this moment; None where there is no account to answer as."""
    asked = {
        "mention": wanted.mention_id,
        "account": wanted.account_id,
        "case": wanted.case_id,
        "reply": wanted.reply_id,
        "automatic": wanted.automatic,
        "day_before": now - _A_DAY,
    }
    found: Row[Any] | None = session.connection().execute(_AROUND, asked).one_or_none()
    return found


_ON_HOLD = select(_ACCOUNTS.c.id).where(or_(_ACCOUNTS.c.paused_reason != "", _STOPPED, _RECOVERING))


def on_hold(session: Session) -> Collection[int]:
    """The accounts that send nothing for now: a person stopped or paused them, or a backup is being read back."""
    return session.connection().execute(_ON_HOLD).scalars().all()


def intent_of(wanted: Wanted, row: Row[Any]) -> Intent:
    """The same in the words of the rules."""
    return Intent(
        channel=row.channel,
        purpose=wanted.purpose,
        automatic=wanted.automatic,
        private=wanted.private,
        sequence=wanted.sequence,
        addresses_us=row.addresses_us,
        visibility=row.visibility,
        posted_at=row.posted_at,
        account_active=row.account_active,
        deleted=row.deleted_at is not None,
        is_ours=row.is_ours,
        answerable_automatically=row.answerable_automatically,
        author_told=row.profile_id is not None,
        author_is_bot=bool(row.is_bot),
        author_opted_out=row.opted_out_at is not None,
        author_blocked=row.blocked_at is not None,
        holds=tuple(row.holds or ()),
        was_held=bool(row.was_held),
        is_spam=bool(row.spam or row.called_spam),
        case_closed=row.case_state in _CLOSED,
        confident=_UNSURE.isdisjoint(row.abstained or ()),
        other_brand=bool(row.other_brand),
        answered_elsewhere=bool(row.answered_elsewhere),
        incident=bool(row.incident),
        automatic_to_person=row.automatic_to_person,
        replies_to_person=row.replies_to_person,
        thread_depth=row.thread_depth,
        thread_status=row.thread_status or "",
        thread_posted_at=row.thread_posted_at,
    )
