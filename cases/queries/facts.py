"""Facts that several pages share: the person, the tags, and how both are read for many rows at once."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, TypeVar

from sqlalchemy import Row, String, cast, literal
from sqlalchemy import select as sa_select
from sqlmodel import Session, col, select

from cases.labels import CORRECTED, written
from models import (
    Correction,
    Hold,
    Mention,
    MentionType,
    PersonalData,
    Profile,
    Sentiment,
    Topic,
    Urgency,
    VerdictRow,
)

Known = TypeVar("Known", bound=StrEnum)
# The version of the verdict that a correction made, which knows of which text it spoke.
MADE_BY = literal(CORRECTED) + cast(col(Correction.id), String)
_SHOWN = (
    VerdictRow.mention_id,
    VerdictRow.version,
    VerdictRow.lang,
    VerdictRow.sentiment,
    VerdictRow.urgency,
    VerdictRow.type,
    VerdictRow.complaint,
    VerdictRow.holds,
    VerdictRow.spam,
    VerdictRow.topics,
    VerdictRow.personal_data,
    VerdictRow.abstained,
    VerdictRow.rule,
)
# In the order of a Person's fields.
_OF_A_PERSON = (
    Profile.handle,
    Profile.name,
    Profile.url,
    Profile.followers,
    Profile.is_bot,
    Profile.id,
    Profile.opted_out_at,
    Profile.blocked_at,
)


@dataclass(frozen=True)
class Person:
    """Who wrote, as the channel shows them."""

    handle: str
    name: str
    url: str
    followers: int | None
    is_bot: bool
    profile_id: int = 0
    opted_out_at: datetime | None = None  # asked not to be answered automatically
    blocked_at: datetime | None = None  # nothing is sent to them


@dataclass(frozen=True)
class Tags:
    """The verdict in force, with the fields that a person set."""

    lang: str
    sentiment: Sentiment
    urgency: Urgency
    type: MentionType
    complaint: bool
    holds: tuple[Hold, ...]
    spam: bool = False
    topics: tuple[Topic, ...] = ()
    personal_data: tuple[PersonalData, ...] = ()
    abstained: frozenset[str] = frozenset()
    rule: str = ""
    corrected: frozenset[str] = frozenset()
    confirmed: frozenset[str] = frozenset()

    def mark(self, field: str) -> str:
        """Who stands behind a field: "corrected" or "confirmed" by a person, "unsure", or "" for the classifier."""
        if field in self.confirmed:
            return "confirmed"
        if field in self.corrected:
            return "corrected"
        return "unsure" if field in self.abstained else ""


def known_holds(values: Collection[str]) -> tuple[Hold, ...]:
    """The holds among `values`, in the order of the enumeration; a newer version's are passed over."""
    return _known(Hold, values)


def people(session: Session, profile_ids: Collection[int | None]) -> dict[int, Person]:
    """Profiles by id."""
    wanted = {profile_id for profile_id in profile_ids if profile_id is not None}
    if not wanted:
        return {}
    found = session.execute(sa_select(*map(col, _OF_A_PERSON)).where(col(Profile.id).in_(wanted)))
    return {person.profile_id: person for person in (Person(*values) for values in found)}


def tags_of(session: Session, verdict_ids: Collection[int | None]) -> dict[int, Tags]:
    """The tags that verdicts in force give, by their mention's id, with the fields that a person set."""
    wanted = {verdict_id for verdict_id in verdict_ids if verdict_id is not None}
    if not wanted:
        return {}
    verdicts = session.execute(sa_select(*map(col, _SHOWN)).where(col(VerdictRow.id).in_(wanted))).all()
    # A correction is a verdict of its own; once the text changes, the classifier's stands again.
    by_a_person = [verdict.mention_id for verdict in verdicts if verdict.version.startswith(CORRECTED)]
    said = corrections_in_force(session, by_a_person)
    return {verdict.mention_id: _tags(verdict, said.get(verdict.mention_id, {})) for verdict in verdicts}


def corrections_in_force(session: Session, mention_ids: Collection[int]) -> dict[int, dict[str, Correction]]:
    """The last word of a person on each field of the text that stands now, by mention and field."""
    if not mention_ids:
        return {}
    oldest_first = (
        select(Correction)
        .join(Mention, col(Mention.id) == col(Correction.mention_id))
        .join(VerdictRow, (col(VerdictRow.mention_id) == Mention.id) & (col(VerdictRow.version) == MADE_BY))
        .where(col(Mention.id).in_(mention_ids), col(VerdictRow.text_revision) == Mention.text_revision)
        .order_by(col(Correction.id))
    )
    said: dict[int, dict[str, Correction]] = {}
    for correction in session.exec(oldest_first):
        said.setdefault(correction.mention_id, {})[correction.field] = correction
    return said


def _tags(verdict: Row[Any], said: Mapping[str, Correction]) -> Tags:
    # What a later word on another field changed is no longer this one's.
    standing = {name: said for name, said in said.items() if written(getattr(verdict, name, "")) == said.now}
    confirmed = frozenset(name for name, said in standing.items() if said.was == said.now)
    return Tags(
        lang=verdict.lang,
        sentiment=verdict.sentiment,
        urgency=verdict.urgency,
        type=verdict.type,
        complaint=verdict.complaint,
        holds=known_holds(verdict.holds),
        spam=verdict.spam,
        topics=_known(Topic, verdict.topics),
        personal_data=_known(PersonalData, verdict.personal_data),
        abstained=frozenset(verdict.abstained),
        rule=verdict.rule,
        corrected=frozenset(standing) - confirmed,
        confirmed=confirmed,
    )


def _known(options: type[Known], values: Collection[str]) -> tuple[Known, ...]:
    return tuple(option for option in options if option.value in values) if values else ()
