"""What the classifier said beside what people said of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, and_, case, func, or_
from sqlalchemy import select as sa_select
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from cases.labels import CHOICES, CORRECTED, written
from cases.queries.facts import MADE_BY
from models import Correction, Mention, VerdictRow

JUDGED = ("sentiment", "urgency", "type", "complaint", "spam")  # the fields that have a matrix


@dataclass(frozen=True)
class ConfusionFilter:
    """Which verdicts are compared; None and "" ask for all."""

    field: str
    brand_id: int | None = None
    channel: str = ""
    lang: str = ""


@dataclass(frozen=True)
class Confusion:
    """Texts by the classifier's label and the person's, and how many nobody judged."""

    labels: tuple[str, ...]
    judged: Mapping[tuple[str, str], int]  # by classifier's label and person's
    unjudged: Mapping[str, int]  # by classifier's label

    @property
    def total(self) -> int:
        """How many texts a person judged."""
        return sum(self.judged.values())

    @property
    def agreed(self) -> int:
        """How many of them kept the classifier's label."""
        return sum(count for (said, meant), count in self.judged.items() if said == meant)

    @property
    def share_agreed(self) -> float | None:
        """None before anything was judged."""
        return self.agreed / self.total if self.total else None

    def row_total(self, label: str) -> int:
        """How many of a classifier's label a person judged."""
        return sum(count for (said, _), count in self.judged.items() if said == label)


def confusion(session: Session, asked: ConfusionFilter) -> Confusion:
    """The last word of a person on each text, beside what the classifier had said of it; as it stands now."""
    return Confusion(CHOICES[asked.field], _judged(session, asked), _unjudged(session, asked))


def _judged(session: Session, asked: ConfusionFilter) -> Mapping[tuple[str, str], int]:
    made, newest = aliased(VerdictRow), aliased(VerdictRow)
    # A correction knows of which text it spoke by the verdict that it made.
    lang = (
        select(newest.lang)
        .where(col(newest.mention_id) == col(made.mention_id), col(newest.text_revision) == col(made.text_revision))
        .order_by(col(newest.id).desc())
        .limit(1)
        .scalar_subquery()
    )
    newest_first = func.row_number().over(
        partition_by=[col(Correction.mention_id), col(made.text_revision)], order_by=col(Correction.id).desc()
    )
    words = (
        sa_select(
            _told(made, asked.field).label("said"),
            col(Correction.now).label("meant"),
            lang.label("lang"),
            newest_first.label("nth"),
        )
        .join(made, _made_by_it(made))
        .join(Mention, col(Mention.id) == col(Correction.mention_id))
        .where(col(Correction.field) == asked.field, *_narrowed(asked))
        .subquery()
    )
    last = sa_select(words.c.said, words.c.meant, func.count()).where(words.c.nth == 1, words.c.said.is_not(None))
    if asked.lang:
        last = last.where(words.c.lang == asked.lang)
    counts = session.execute(last.group_by(words.c.said, words.c.meant))
    return {(written(label), meant): count for label, meant, count in counts}


def _unjudged(session: Session, asked: ConfusionFilter) -> Mapping[str, int]:
    made = aliased(VerdictRow)
    judged = (
        select(Correction.id)
        .join(made, _made_by_it(made))
        .where(
            col(Correction.mention_id) == col(Mention.id),
            col(Correction.field) == asked.field,
            col(made.text_revision) == col(Mention.text_revision),
        )
        .exists()
    )
    is_told = ~col(VerdictRow.version).startswith(CORRECTED)
    label = case((is_told, getattr(VerdictRow, asked.field)), else_=_told(VerdictRow, asked.field)).label("label")
    in_force = (
        sa_select(label)
        .join(Mention, col(Mention.verdict_id) == col(VerdictRow.id))
        .where(or_(is_told, ~judged), *_narrowed(asked))
    )
    if asked.lang:
        in_force = in_force.where(col(VerdictRow.lang) == asked.lang)
    found = in_force.subquery()
    counts = session.execute(sa_select(found.c.label, func.count()).group_by(found.c.label))
    return {written(value): count for value, count in counts if value is not None}


def _told(stood: type[VerdictRow], field: str) -> ScalarSelect[Any]:
    """What the classifier itself said last of a text on which `stood` is a verdict."""
    before = aliased(VerdictRow)
    return (
        sa_select(getattr(before, field))
        .where(
            col(before.mention_id) == col(stood.mention_id),
            col(before.text_revision) == col(stood.text_revision),
            col(before.id) < col(stood.id),
            ~col(before.version).startswith(CORRECTED),
        )
        .order_by(col(before.id).desc())
        .limit(1)
        .scalar_subquery()
    )


def _made_by_it(made: type[VerdictRow]) -> ColumnElement[bool]:
    return and_(col(made.mention_id) == col(Correction.mention_id), col(made.version) == MADE_BY)


def _narrowed(asked: ConfusionFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if asked.brand_id is not None:
        conditions.append(col(Mention.brand_id) == asked.brand_id)
    if asked.channel:
        conditions.append(col(Mention.channel) == asked.channel)
    return conditions
