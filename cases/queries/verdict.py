"""One verdict in full: what each field says, how sure the classifier is, and what a person said of it."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from cases.labels import CHOICES, CORRECTED, FIELDS, SETS, written
from cases.queries.facts import corrections_in_force
from cases.queries.mentions import MentionRow, mention_rows
from models import Mention, VerdictRow


@dataclass(frozen=True)
class FieldFacts:
    """One field of a verdict; values as corrections keep them."""

    field: str
    value: str
    options: tuple[str, ...]
    is_set: bool  # any number of the options, not one
    told: str  # the classifier's own
    confidence: float | None  # of the classifier; None when it gives none, or the value is not its own
    mark: str  # as Tags.mark
    by: str  # the person who set it; "" when the classifier's word stands
    at: datetime | None
    was: str  # before that

    @property
    def chosen(self) -> frozenset[str]:
        """The options that hold."""
        return frozenset(self.value.split(",")) if self.is_set else frozenset({self.value})


@dataclass(frozen=True)
class VerdictPage:
    """A mention with every field that can be corrected."""

    row: MentionRow
    fields: tuple[FieldFacts, ...]
    version: str  # of the classifier that tagged this text
    rule: str  # by which it decided, whatever people said since


def verdict_page(session: Session, mention_id: int) -> VerdictPage | None:
    """All that is known of the verdict in force; None for what does not exist or waits to be tagged."""
    rows = mention_rows(session, [mention_id])
    if not rows or rows[0].tags is None:
        return None
    tags = rows[0].tags
    mention = session.get_one(Mention, mention_id)
    verdict = session.get_one(VerdictRow, mention.verdict_id)
    told = told_of(session, mention) or verdict
    said = corrections_in_force(session, [mention_id]).get(mention_id, {})
    fields = []
    for field in FIELDS:
        mark = tags.mark(field)
        by_a_person = said.get(field) if mark in ("corrected", "confirmed") else None
        fields.append(
            FieldFacts(
                field=field,
                value=written(getattr(tags, field)),
                options=CHOICES.get(field) or SETS[field],
                is_set=field in SETS,
                told=written(getattr(told, field)),
                confidence=None if by_a_person else verdict.confidence.get(field),
                mark=mark,
                by=by_a_person.by if by_a_person else "",
                at=by_a_person.at if by_a_person else None,
                was=by_a_person.was if by_a_person else "",
            )
        )
    return VerdictPage(rows[0], tuple(fields), told.version, told.rule)


def told_of(session: Session, mention: Mention) -> VerdictRow | None:
    """What the classifier itself said last of the text that stands; None before it was tagged."""
    newest_first = (
        select(VerdictRow)
        .where(
            VerdictRow.mention_id == mention.id,
            VerdictRow.text_revision == mention.text_revision,
            ~col(VerdictRow.version).startswith(CORRECTED),
        )
        .order_by(col(VerdictRow.id).desc())
    )
    return session.exec(newest_first).first()
