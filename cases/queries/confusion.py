"""What the classifier said beside what people said of it."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, func, or_
from sqlalchemy import select as sa_select
from sqlalchemy.orm import Mapped, aliased
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
    made, before = aliased(VerdictRow), aliased(VerdictRow)
    # A correction knows of which text it spoke by the verdict that it made; what stood before is the classifier's.
    said = (
        select(getattr(before, asked.field))
        .where(
            col(before.mention_id) == col(made.mention_id),
            col(before.text_revision) == col(made.text_revision),
            col(before.id) < col(made.id),
            ~col(before.version).startswith(CORRECTED),
        )
        .order_by(col(before.id).desc())
        .limit(1)
        .scalar_subquery()
    )
    newest_first = func.row_number().over(
        partition_by=[col(Correction.mention_id), col(made.text_revision)], order_by=col(Correction.id).desc()
    )
    words = (
        sa_select(said.label("said"), col(Correction.now).label("meant"), newest_first.label("nth"))
        .join(made, _made_by_it(made))
        .join(Mention, col(Mention.id) == col(Correction.mention_id))
        .where(col(Correction.field) == asked.field, *_narrowed(asked, col(made.lang)))
        .subquery()
    )
    last = sa_select(words.c.said, words.c.meant, func.count()).where(words.c.nth == 1, words.c.said.is_not(None))
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
    label = getattr(VerdictRow, asked.field)
    counts = (
        sa_select(label, func.count())
        .join(Mention, col(Mention.verdict_id) == col(VerdictRow.id))
        .where(or_(~col(VerdictRow.version).startswith(CORRECTED), ~judged), *_narrowed(asked, col(VerdictRow.lang)))
        .group_by(label)
    )
    return {written(value): count for value, count in session.execute(counts)}


def _made_by_it(made: type[VerdictRow]) -> ColumnElement[bool]:
    return and_(col(made.mention_id) == col(Correction.mention_id), col(made.version) == MADE_BY)


def _narrowed(asked: ConfusionFilter, lang: Mapped[str]) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if asked.brand_id is not None:
        conditions.append(col(Mention.brand_id) == asked.brand_id)
    if asked.channel:
        conditions.append(col(Mention.channel) == asked.channel)
    if asked.lang:
        conditions.append(lang == asked.lang)
    return conditions
