"""The step that tags what was heard: read, compute outside any transaction, write."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import Engine, bindparam, update
from sqlmodel import Session, col, select

from classifier.base import Classifier, Verdict
from classifier.operator_rules import Heard, classify_heard
from database.counts import add_counts, counted
from database.crash import crash_point
from database.engine import reading, transaction
from database.review import asks_for_review
from database.upsert import insert_ignoring
from models import Mention, VerdictRow


@dataclass(frozen=True)
class _Waiting:
    id: int
    revision: int
    heard: Heard


def tag(engine: Engine, classifier: Classifier, limit: int, now: datetime) -> int:
    """Tag up to `limit` mentions that wait for it, oldest first; how many were tagged.

    Repeating is safe: one verdict a mention, text revision and classifier version. A text that changed meanwhile
    keeps waiting.
    """
    with reading(engine) as session:
        waiting = _waiting(session, limit)
    if not waiting:
        return 0
    verdicts = classify_heard(classifier, [mention.heard for mention in waiting])
    rows = [_row(mention, verdict, now) for mention, verdict in zip(waiting, verdicts, strict=True)]
    crash_point("tag.computed")
    with transaction(engine) as session:
        insert_ignoring(session, VerdictRow, rows)
        tagged = _put_in_force(session, waiting, classifier.version)
        crash_point("tag.stored")
    return tagged


def _waiting(session: Session, limit: int) -> list[_Waiting]:
    # SQLModel's own select knows the types of four columns at most.
    statement = (
        sa.select(*map(col, (Mention.id, Mention.text_revision, Mention.text, Mention.channel, Mention.reach)))
        .where(col(Mention.verdict_id).is_(None), ~col(Mention.is_ours), col(Mention.deleted_at).is_(None))
        .order_by(col(Mention.id))
        .limit(limit)
    )
    return [
        _Waiting(row.id, row.text_revision, Heard(row.text, row.channel, row.reach))
        for row in session.execute(statement)
    ]


def _row(mention: _Waiting, verdict: Verdict, now: datetime) -> dict[str, object]:
    return {
        "mention_id": mention.id,
        "text_revision": mention.revision,
        "version": verdict.version,
        "lang": verdict.lang,
        "sentiment": verdict.sentiment,
        "urgency": verdict.urgency,
        "type": verdict.type,
        "complaint": verdict.complaint,
        "holds": [hold.value for hold in verdict.holds],
        "confidence": dict(verdict.confidence),
        "decided_at": now,
        "spam": verdict.spam,
        "topics": [topic.value for topic in verdict.topics],
        "personal_data": [kind.value for kind in verdict.personal_data],
        "abstained": list(verdict.abstained),
        "rule": verdict.rule,
        "needs_review": asks_for_review(
            verdict.abstained, spam=verdict.spam, type_=verdict.type, urgency=verdict.urgency
        ),
    }


def _put_in_force(session: Session, waiting: Sequence[_Waiting], version: str) -> int:
    """Point each mention that still waits, with the same text, at its verdict; count it."""
    pairs = session.exec(
        select(Mention, VerdictRow)
        .join(VerdictRow, col(VerdictRow.mention_id) == Mention.id)
        .where(
            col(Mention.id).in_([mention.id for mention in waiting]),
            col(Mention.verdict_id).is_(None),
            col(Mention.deleted_at).is_(None),
            VerdictRow.version == version,
            VerdictRow.text_revision == Mention.text_revision,
        )
        .with_for_update(of=Mention)  # another process must not count the same verdict; SQLite needs no such word
    ).all()
    if pairs:
        # One statement for all: a row at a time costs more than the classifier.
        session.connection().execute(
            update(Mention).where(col(Mention.id) == bindparam("mention")).values(verdict_id=bindparam("verdict")),
            [{"mention": mention.id, "verdict": verdict.id} for mention, verdict in pairs],
        )
        add_counts(session, [counted(mention, verdict) for mention, verdict in pairs])
    return len(pairs)
