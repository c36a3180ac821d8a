"""Full-text search over mentions, the same on both databases: every word must be there, the last may be a beginning."""

import re

from sqlalchemy import text
from sqlmodel import Session

_WORD = re.compile(r"\w+")
_MOST_WORDS = 12

# rowid order is newest first and stays fast where an order by date does not.
_SQLITE = text(
    "SELECT rowid FROM mention_search WHERE mention_search MATCH :query AND rowid < :before "
    "ORDER BY rowid DESC LIMIT :limit"
)
_POSTGRESQL = text(
    "SELECT id FROM mention WHERE to_tsvector('simple', ouvidor_fold(text)) "
    "@@ to_tsquery('simple', ouvidor_fold(:query)) AND id < :before ORDER BY id DESC LIMIT :limit"
)
_EVERY_ID = 2**62


def search_mentions(session: Session, query: str, *, limit: int = 200, before_id: int | None = None) -> list[int]:
    """Ids of the mentions with every word of `query`, newest id first; accents and case do not matter.

    Punctuation is no syntax: nothing that a person types is an error. A query without a word finds nothing.
    """
    words = _WORD.findall(query)[:_MOST_WORDS]
    if not words:
        return []
    if session.get_bind().dialect.name == "sqlite":
        statement, asked = _SQLITE, " ".join(f'"{word}"' for word in words) + " *"
    else:
        statement, asked = _POSTGRESQL, " & ".join(words) + ":*"
    bounds = {"query": asked, "before": _EVERY_ID if before_id is None else before_id, "limit": limit}
    return list(session.execute(statement, bounds).scalars())


def forget_purged_words(session: Session) -> None:
    """Take the words of purged texts out of the index's own pages; a search would not find them, a reader of the file
    would.

    Rewrites the index: once after a batch, never a mention at a time.
    """
    if session.get_bind().dialect.name == "sqlite":
        session.execute(text("INSERT INTO mention_search(mention_search) VALUES ('optimize')"))
