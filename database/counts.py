"""Keep the hourly count of mentions in step with the verdicts in force, in the same transaction."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session

from models import Mention, MentionCount, MentionType, Sentiment, VerdictRow

Counted = tuple[datetime, int, str, Sentiment, MentionType]


def counted(mention: Mention, verdict: VerdictRow) -> Counted:
    """Where a mention counts: its hour, brand, channel, sentiment and type."""
    hour = mention.posted_at.replace(minute=0, second=0, microsecond=0)
    return hour, mention.brand_id, mention.channel, verdict.sentiment, verdict.type


def add_counts(session: Session, more: Iterable[Counted], less: Iterable[Counted] = ()) -> None:
    """Count `more` and take back `less`; each element is one mention."""
    changes = Counter(more)
    changes.subtract(less)
    # One order for every writer, so that two never wait for each other in a circle.
    rows = [
        dict(zip(("hour", "brand_id", "channel", "sentiment", "type"), key, strict=True), count=number)
        for key, number in sorted(changes.items())
        if number
    ]
    if not rows:
        return
    table: Table = MentionCount.__table__  # type: ignore[attr-defined]  # SQLModel adds it to table classes
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    statement = insert(table)
    upsert = statement.on_conflict_do_update(
        index_elements=list(table.primary_key.columns),
        set_={"count": table.c.count + statement.excluded["count"]},
    )
    session.execute(upsert, rows)


def retire_verdict(session: Session, mention: Mention) -> None:
    """Take the verdict in force away, with its count: the mention waits to be tagged again."""
    if mention.verdict_id is None:
        return
    verdict = session.get(VerdictRow, mention.verdict_id)
    if verdict is not None:
        add_counts(session, (), [counted(mention, verdict)])
        verdict.needs_review = False
        session.add(verdict)
    mention.verdict_id = None
    mention.triaged_at = None
    session.add(mention)
