"""What the sandbox's networks keep: people, posts, tickets and the truth log, and their tables."""

import json
import sqlite3
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

NETWORKS = ("x", "reddit", "mastodon", "reclame_aqui", "complaints")
COMPLAINT_SITES = ("reclame_aqui", "complaints")
BRAND_NAME = "Loja Aurora"
BRAND_HANDLES = {
    "x": "lojaaurora",
    "reddit": "LojaAuroraBR",
    "mastodon": "lojaaurora",
    "reclame_aqui": "lojaaurora",
    "complaints": "lojaaurora",
}
BRAND_FOLLOWERS = {"x": 48_210, "reddit": 312, "mastodon": 1_904, "reclame_aqui": 0, "complaints": 0}

# How Reclame AQUI numbers the life of a ticket in its company API (`ra_status`).
NOT_ANSWERED, ANSWERED, CONSUMER_REPLICA, COMPANY_REPLICA, EVALUATED = 5, 6, 7, 8, 9
DEACTIVATED_BY_CONSUMER = 12
PRIVATE = ("private", "direct")  # what `visibility` says of a post that is not for everybody


@dataclass(frozen=True)
class Person:
    """Somebody's identity on one network."""

    id: int
    network: str
    external_id: str
    handle: str
    name: str
    followers: int
    is_brand: bool


@dataclass(frozen=True)
class Post:
    """One text; `id` ascends over all networks, `external_id` has the network's own shape."""

    id: int
    network: str
    external_id: str
    person: Person
    text: str
    kind: str  # post, comment, complaint, replica, answer, evaluation, message
    parent: str | None  # external id of what it answers
    thread: str  # external id of the conversation's root; on complaint sites the ticket's id
    posted_at: datetime
    edited_at: datetime | None
    deleted_at: datetime | None
    addresses_brand: bool
    in_reply_to_person: Person | None
    extra: dict[str, str]

    @property
    def is_private(self) -> bool:
        """Whether only those whom it is for may see it."""
        return self.extra.get("visibility") in PRIVATE


@dataclass(frozen=True)
class Ticket:
    """Where a complaint stands on a complaint site."""

    thread: str
    network: str
    status: int  # Reclame AQUI's numbering
    created_at: datetime
    modified_at: datetime
    grade: int | None  # 0..10; None while it is not evaluated
    resolved: bool | None
    again: bool | None  # would do business again
    evaluated_at: datetime | None


@dataclass(frozen=True)
class LogEntry:
    """One line of the truth log: what happened to which post, and when."""

    id: int
    what: str  # posted, answered, edited, deleted
    post_id: int
    at: datetime
    text: str


SCHEMA = """
CREATE TABLE IF NOT EXISTS person (
    id INTEGER PRIMARY KEY, network TEXT NOT NULL, external_id TEXT NOT NULL, handle TEXT NOT NULL COLLATE NOCASE,
    name TEXT NOT NULL, followers INTEGER NOT NULL, is_brand INTEGER NOT NULL,
    UNIQUE (network, handle), UNIQUE (network, external_id));
CREATE TABLE IF NOT EXISTS post (
    id INTEGER PRIMARY KEY AUTOINCREMENT, network TEXT NOT NULL, family TEXT NOT NULL, serial INTEGER NOT NULL,
    external_id TEXT NOT NULL, person_id INTEGER NOT NULL, by_brand INTEGER NOT NULL, text TEXT NOT NULL,
    kind TEXT NOT NULL, parent TEXT, thread TEXT NOT NULL, posted_at INTEGER NOT NULL, edited_at INTEGER,
    deleted_at INTEGER, addresses_brand INTEGER NOT NULL, in_reply_to INTEGER, extra TEXT NOT NULL,
    UNIQUE (network, external_id));
CREATE INDEX IF NOT EXISTS post_serial ON post (family, serial);
CREATE INDEX IF NOT EXISTS post_network ON post (network, id);
CREATE INDEX IF NOT EXISTS post_thread ON post (network, thread, id);
CREATE INDEX IF NOT EXISTS post_addressing ON post (network, addresses_brand, by_brand, id);
CREATE INDEX IF NOT EXISTS post_parent ON post (network, parent);
CREATE INDEX IF NOT EXISTS post_person ON post (person_id, id);
CREATE INDEX IF NOT EXISTS post_by_brand ON post (by_brand, id);
CREATE VIRTUAL TABLE IF NOT EXISTS post_text USING fts5 (text, tokenize = "unicode61 remove_diacritics 2");
CREATE TABLE IF NOT EXISTS ticket (
    thread TEXT PRIMARY KEY, network TEXT NOT NULL, status INTEGER NOT NULL, created_at INTEGER NOT NULL,
    modified_at INTEGER NOT NULL, grade INTEGER, resolved INTEGER, again INTEGER, evaluated_at INTEGER);
CREATE INDEX IF NOT EXISTS ticket_modified ON ticket (network, modified_at);
CREATE TABLE IF NOT EXISTS log (
    id INTEGER PRIMARY KEY AUTOINCREMENT, what TEXT NOT NULL, post_id INTEGER NOT NULL, at INTEGER NOT NULL,
    text TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS log_what ON log (what, id);
CREATE INDEX IF NOT EXISTS log_post ON log (post_id, id);
CREATE TABLE IF NOT EXISTS fact (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
"""
POST_COLUMNS = (
    "post.id, post.network, post.external_id, post.person_id, post.text, post.kind, post.parent, post.thread,"
    " post.posted_at, post.edited_at, post.deleted_at, post.addresses_brand, post.in_reply_to, post.extra"
)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def stamp(moment: datetime) -> int:
    """Microseconds since 1970, exact; only aware times."""
    return (moment - EPOCH) // timedelta(microseconds=1)


def moment(microseconds: int) -> datetime:
    return EPOCH + timedelta(microseconds=microseconds)


def person_from(row: sqlite3.Row) -> Person:
    return Person(
        id=row["id"],
        network=row["network"],
        external_id=row["external_id"],
        handle=row["handle"],
        name=row["name"],
        followers=row["followers"],
        is_brand=bool(row["is_brand"]),
    )


def post_from(row: sqlite3.Row, author: Person, in_reply_to: Person | None) -> Post:
    extra = json.loads(row["extra"])
    return Post(
        id=row["id"],
        network=row["network"],
        external_id=row["external_id"],
        person=author,
        text=row["text"],
        kind=row["kind"],
        parent=row["parent"],
        thread=row["thread"],
        posted_at=moment(row["posted_at"]),
        edited_at=None if row["edited_at"] is None else moment(row["edited_at"]),
        deleted_at=None if row["deleted_at"] is None else moment(row["deleted_at"]),
        addresses_brand=bool(row["addresses_brand"]),
        in_reply_to_person=in_reply_to,
        extra={str(key): str(value) for key, value in extra.items()},
    )


def ticket_from(row: sqlite3.Row) -> Ticket:
    return Ticket(
        thread=row["thread"],
        network=row["network"],
        status=row["status"],
        created_at=moment(row["created_at"]),
        modified_at=moment(row["modified_at"]),
        grade=row["grade"],
        resolved=None if row["resolved"] is None else bool(row["resolved"]),
        again=None if row["again"] is None else bool(row["again"]),
        evaluated_at=None if row["evaluated_at"] is None else moment(row["evaluated_at"]),
    )


def log_entry_from(row: sqlite3.Row) -> LogEntry:
    return LogEntry(id=row["id"], what=row["what"], post_id=row["post_id"], at=moment(row["at"]), text=row["text"])
