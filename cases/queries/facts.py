"""Facts that several pages share: the person, the tags, and how both are read for many rows at once."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row
from sqlalchemy import select as sa_select
from sqlmodel import Session, col, select

from models import Correction, Hold, MentionType, Profile, Sentiment, Urgency, VerdictRow


@dataclass(frozen=True)
class Person:
    """Who wrote, as the channel shows them."""

    handle: str
    name: str
    url: str
    followers: int | None
    is_bot: bool


@dataclass(frozen=True)
class Tags:
    """The verdict in force, with the fields that a person corrected."""

    lang: str
    sentiment: Sentiment
    urgency: Urgency
    type: MentionType
    complaint: bool
    holds: tuple[Hold, ...]
    corrected: frozenset[str] = frozenset()


def known_holds(values: Collection[str]) -> tuple[Hold, ...]:
    """The holds among `values`, in the order of the enumeration; a newer version's are passed over."""
    return tuple(hold for hold in Hold if hold.value in values) if values else ()


def people(session: Session, profile_ids: Collection[int | None]) -> dict[int, Person]:
    """Profiles by id."""
    wanted = {profile_id for profile_id in profile_ids if profile_id is not None}
    if not wanted:
        return {}
    shown = (Profile.id, Profile.handle, Profile.name, Profile.url, Profile.followers, Profile.is_bot)
    found = session.execute(sa_select(*map(col, shown)).where(col(Profile.id).in_(wanted)))
    return {profile_id: Person(*values) for profile_id, *values in found}


def tags_of(session: Session, verdict_ids: Collection[int | None]) -> dict[int, Tags]:
    """The tags that verdicts in force give, by their mention's id, with the fields that a person set."""
    wanted = {verdict_id for verdict_id in verdict_ids if verdict_id is not None}
    if not wanted:
        return {}
    shown = (
        VerdictRow.mention_id,
        VerdictRow.version,
        VerdictRow.lang,
        VerdictRow.sentiment,
        VerdictRow.urgency,
        VerdictRow.type,
        VerdictRow.complaint,
        VerdictRow.holds,
    )
    verdicts = session.execute(sa_select(*map(col, shown)).where(col(VerdictRow.id).in_(wanted))).all()
    # A correction is a verdict of its own; once the text changes, the classifier's stands again.
    by_a_person = [verdict.mention_id for verdict in verdicts if verdict.version.startswith("corrected:")]
    corrected: dict[int, dict[str, str]] = {}
    if by_a_person:
        theirs = select(Correction).where(col(Correction.mention_id).in_(by_a_person))
        for correction in session.exec(theirs.order_by(col(Correction.id))):
            corrected.setdefault(correction.mention_id, {})[correction.field] = correction.now
    return {verdict.mention_id: _tags(verdict, corrected.get(verdict.mention_id, {})) for verdict in verdicts}


def _tags(verdict: Row[Any], corrections: dict[str, str]) -> Tags:
    return Tags(
        lang=verdict.lang,
        sentiment=verdict.sentiment,
        urgency=verdict.urgency,
        type=verdict.type,
        complaint=verdict.complaint,
        holds=known_holds(verdict.holds),
        corrected=frozenset(name for name, value in corrections.items() if getattr(verdict, name, None) == value),
    )
