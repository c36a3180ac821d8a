"""What processes on one database did, as the database itself and the sandbox's networks tell it."""

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Engine, text
from starlette.responses import Response

# The requests that a listener alone makes, by the name of its source in the sandbox's sample settings. The list of
# Reclame AQUI and the list of the complaint site are read by responders as well.
LISTENED = {
    "x-mentions": ("x", r"/2/users/[^/]+/mentions"),
    "x-search": ("x", r"/2/tweets/search/recent"),
    "reddit-inbox": ("reddit", r"/message/inbox/?"),
    "reddit-subreddit": ("reddit", r"/r/[^/]+/(new|comments)/?"),
    "reddit-search": ("reddit", r"/search/?"),
    "mastodon-notifications": ("mastodon", r"/api/v1/notifications"),
    "mastodon-hashtag": ("mastodon", r"/api/v1/timelines/tag/[^/]+"),
}
PUBLISHING = (
    ("x", "/2/tweets"),
    ("reddit", "/api/comment"),
    ("mastodon", "/api/v1/statuses"),
    ("reclame_aqui", "/ticket/v1/tickets/message/public"),
)


@dataclass(frozen=True)
class Request:
    """One request as it reached a network."""

    at: datetime
    network: str
    method: str
    path: str


class Requests:
    """Every request of every process, in order; give `note` to the sandbox as a fault that never strikes."""

    def __init__(self) -> None:
        self.seen: list[Request] = []

    def note(self, network: str, method: str, path: str) -> Response | None:
        self.seen.append(Request(datetime.fromtimestamp(time.time(), UTC), network, method, path))
        return None

    def of_source(self, name: str) -> list[Request]:
        """Those by which a source is read, and nothing else is."""
        network, path = LISTENED[name]
        return [
            seen
            for seen in self.seen
            if (seen.network, seen.method) == (network, "GET") and re.fullmatch(path, seen.path)
        ]

    def publishing(self) -> list[Request]:
        """Those by which an answer of ours is published."""
        return [
            seen
            for seen in self.seen
            if seen.method == "POST" and (seen.network, seen.path.rstrip("/").removesuffix(".json")) in PUBLISHING
        ]


@dataclass(frozen=True)
class Poll:
    """One claim of a source, from the commit that took it to the one that gave it back."""

    source: str
    by: str  # the process
    rested_until: datetime  # when the source was due
    since: datetime
    until: datetime | None  # None where it was never given back
    took_from: str  # the process whose claim was still there; "" for nobody's


_NAME = 12  # characters of a claim that name its process
# The moment is the clock's, not the transaction's: what counts is the order of what the database let happen.
_WATCH = (
    """CREATE TABLE claim_log (
        id bigserial PRIMARY KEY, at timestamptz, source text, was text, "now" text, due timestamptz)""",
    """CREATE FUNCTION note_claim() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        INSERT INTO claim_log (at, source, was, "now", due)
        VALUES (clock_timestamp(), NEW.name, coalesce(OLD.claim, ''), coalesce(NEW.claim, ''), OLD.next_poll_at);
        RETURN NULL;
    END $$""",
    """CREATE TRIGGER note_claims AFTER UPDATE ON source FOR EACH ROW
        WHEN (OLD.claim IS DISTINCT FROM NEW.claim) EXECUTE FUNCTION note_claim()""",
)


def watch_claims(engine: Engine) -> None:
    """Have PostgreSQL itself write down who claims a source, and when; on a migrated database of the test's own."""
    with engine.begin() as connection:
        for statement in _WATCH:
            connection.execute(text(statement))


def polls(engine: Engine) -> list[Poll]:
    """Every claim since `watch_claims`, in the order in which they were taken."""
    with engine.connect() as connection:
        noted = connection.execute(
            text('SELECT at, source, was, "now" AS becomes, due FROM claim_log ORDER BY id')
        ).all()
    found = []
    for place, row in enumerate(noted):
        if row.becomes:
            ended = next((later.at for later in noted[place + 1 :] if later.was == row.becomes), None)
            found.append(Poll(row.source, row.becomes[:_NAME], row.due, row.at, ended, took_from=row.was[:_NAME]))
    return found


def outside(requests: Sequence[Request], held: Sequence[Poll]) -> list[Request]:
    """Requests that were made while nobody held their source."""
    return [
        request
        for request in requests
        if not any(poll.since <= request.at and (poll.until is None or request.at <= poll.until) for poll in held)
    ]
