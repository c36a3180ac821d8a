"""Everything that the sandbox's networks know, in one SQLite file that survives a kill at any moment."""

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from errors import SettingsError
from sandbox import ids, tickets
from sandbox.clock import Clock
from sandbox.records import (
    BRAND_FOLLOWERS,
    BRAND_HANDLES,
    BRAND_NAME,
    DEACTIVATED_BY_CONSUMER,
    NETWORKS,
    POST_COLUMNS,
    PRIVATE,
    LogEntry,
    Person,
    Post,
    Ticket,
    log_entry_from,
    moment,
    person_from,
    post_from,
    stamp,
)
from sandbox.search import match_expression
from sandbox.store import Store
from sandbox.tickets import Modified
from sandbox.veil import veil

__all__ = ["NETWORKS", "Person", "Post", "State", "Ticket"]

INSERT_PERSON = "INSERT INTO person (network, external_id, handle, name, followers, is_brand) VALUES (?, ?, ?, ?, ?, ?)"
INSERT_POST = (
    "INSERT INTO post (network, family, serial, external_id, person_id, by_brand, text, kind, parent, thread,"
    " posted_at, addresses_brand, in_reply_to, extra) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)


class State:
    """The networks' memory: people, posts, tickets, small facts and the truth log."""

    def __init__(self, path: str | Path, clock: Clock, seed: int = 1) -> None:
        self.clock = clock
        self.seed = seed
        self._store = Store(path)
        self._people: dict[int, Person] = {}
        made_with = self.get("seed")
        if made_with is None:
            self.put("seed", seed)
        elif made_with != seed:
            self.close()
            raise SettingsError(
                f"the sandbox's file {path} was made with seed {made_with}, not {seed}: "
                f"continue it with seed {made_with}, or start another file"
            )

    def close(self) -> None:
        self._store.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Everything inside commits together or not at all; may be nested."""
        try:
            with self._store.transaction():
                yield
        except BaseException:
            self._people.clear()  # it may hold somebody who was rolled back
            raise

    # People

    def person(self, network: str, handle: str) -> Person | None:
        """By handle, without its @; capitals do not matter."""
        return self._person_where("network = ? AND handle = ?", _known(network), handle.removeprefix("@"))

    def person_by_id(self, network: str, external_id: str) -> Person | None:
        return self._person_where("network = ? AND external_id = ?", _known(network), external_id)

    def add_person(self, network: str, handle: str, name: str, followers: int, is_brand: bool = False) -> Person:
        """Adds somebody, or returns whoever has that handle already."""
        found = self.person(network, handle)
        if found is not None:
            return found
        with self.transaction():
            found = self.person(network, handle)  # another thread may have been faster
            if found is not None:
                return found
            nonce = 0
            external_id = ids.person_id(self.seed, network, handle, nonce)
            while self.person_by_id(network, external_id) is not None:
                nonce += 1
                external_id = ids.person_id(self.seed, network, handle, nonce)
            key = self._store.change(INSERT_PERSON, network, external_id, handle, name, followers, is_brand)
            return self._person(key)

    def brand(self, network: str) -> Person:
        """The brand's own identity on the network, made when first asked for."""
        handle = BRAND_HANDLES[_known(network)]
        found = self.person(network, handle)
        return found or self.add_person(network, handle, BRAND_NAME, BRAND_FOLLOWERS[network], is_brand=True)

    # Posts

    def publish(
        self,
        person: Person,
        text: str,
        *,
        kind: str,
        parent: str | None = None,
        thread: str | None = None,
        addresses_brand: bool = True,
        extra: Mapping[str, str] | None = None,
        posted_at: datetime | None = None,
    ) -> Post:
        """A post by anybody; without a thread it opens one, without a time it is posted now."""
        network = person.network
        with self.transaction():
            at = posted_at or self.clock.now()
            family = ids.family(network, kind, opens_thread=thread is None)
            last = self._store.value("SELECT max(serial) FROM post WHERE family = ?", family)
            serial = ids.next_serial(self.seed, family, last, stamp(at))
            external_id = ids.external_id(family, serial)
            thread = thread or external_id
            facts = dict(extra or {})
            if family == "reclame_aqui":
                # The site's public address of a complaint is not the number that the company's API gives it.
                facts.setdefault("source_external_id", ids.public_complaint_id(self.seed, serial))
            in_reply_to = self._author_of(network, parent)
            written = json.dumps(facts, ensure_ascii=False)
            key = self._store.change(
                INSERT_POST,
                *(network, family, serial, external_id, person.id, person.is_brand, text, kind, parent, thread),
                *(stamp(at), addresses_brand, in_reply_to, written),
            )
            self._store.change("INSERT INTO post_text (rowid, text) VALUES (?, ?)", key, _searched(facts, text))
            self._log("answered" if person.is_brand else "posted", key, at, text)
            if facts.get("visibility") in PRIVATE:
                tickets.touch(self._store, thread, at)
            else:
                tickets.move(self._store, person, kind, thread, at)
            return self._one(key)

    def answer(
        self,
        network: str,
        text: str,
        *,
        parent: str,
        thread: str,
        kind: str = "comment",
        extra: Mapping[str, str] | None = None,
    ) -> Post:
        """What the brand posts, through an API or by hand."""
        brand = self.brand(network)
        return self.publish(brand, text, kind=kind, parent=parent, thread=thread, addresses_brand=False, extra=extra)

    def edit(self, post: Post, text: str) -> Post:
        with self.transaction():
            at = self.clock.now()
            self._store.change("UPDATE post SET text = ?, edited_at = ? WHERE id = ?", text, stamp(at), post.id)
            self._store.change("UPDATE post_text SET text = ? WHERE rowid = ?", _searched(post.extra, text), post.id)
            tickets.touch(self._store, post.thread, at)
            self._log("edited", post.id, at, text)
            return self._one(post.id)

    def delete(self, post: Post) -> Post:
        """Takes a post back: it stays in the truth log, and no network shows it any more."""
        with self.transaction():
            at = self.clock.now()
            gone = "UPDATE post SET deleted_at = coalesce(deleted_at, ?) WHERE id = ?"
            self._store.change(gone, stamp(at), post.id)
            if post.kind == "complaint":
                self.set_ticket_status(post.thread, DEACTIVATED_BY_CONSUMER)
            tickets.touch(self._store, post.thread, at)
            self._log("deleted", post.id, at, "")
            return self._one(post.id)

    def set_extra(self, post: Post, **facts: str) -> Post:
        """Adds facts to a post, keeping those it has."""
        with self.transaction():
            kept = self._one(post.id).extra | facts
            written = json.dumps(kept, ensure_ascii=False)
            self._store.change("UPDATE post SET extra = ? WHERE id = ?", written, post.id)
            return self._one(post.id)

    def post(self, network: str, external_id: str) -> Post | None:
        """Deleted ones too: look at `deleted_at`."""
        found = self.select_posts("post.network = ? AND post.external_id = ?", (_known(network), external_id))
        return found[0] if found else None

    def post_by_id(self, post_id: int) -> Post | None:
        found = self.select_posts("post.id = ?", (post_id,))
        return found[0] if found else None

    def posts(
        self,
        network: str,
        *,
        since_id: int | None = None,
        until_id: int | None = None,
        thread: str | None = None,
        addressing_brand: bool | None = None,
        by_brand: bool | None = None,
        query: str | None = None,
        newest_first: bool = True,
        limit: int = 100,
        include_deleted: bool = False,
    ) -> list[Post]:
        """Posts with since_id < id < until_id (our own ids); `query` holds words, "phrases", OR and -word."""
        conditions: list[tuple[str, object]] = [
            ("post.network = ?", _known(network)),
            ("post.id > ?", since_id),
            ("post.id < ?", until_id),
            ("post.thread = ?", thread),
            ("post.addresses_brand = ?", addressing_brand),
            ("post.by_brand = ?", by_brand),
        ]
        if query is not None:
            expression = match_expression(query)
            if not expression:
                return []
            conditions.append(("post_text MATCH ?", expression))
        given = [(test, value) for test, value in conditions if value is not None]
        where = " AND ".join(test for test, _ in given) + ("" if include_deleted else " AND post.deleted_at IS NULL")
        values = [value for _, value in given]
        return self.select_posts(where, values, "DESC" if newest_first else "ASC", max(limit, 0), query is not None)

    def select_posts(
        self, where: str, values: Sequence[object] = (), order: str = "ASC", limit: int = -1, searching: bool = False
    ) -> list[Post]:
        """For the sandbox's own modules: posts by an SQL condition, in the order of their ids.

        `searching` says that the condition has a `post_text MATCH`. Posts behind the reader's veil are left out.
        """
        where = f"({where}) AND {veil().seen('post.id')}"
        key, source = "post.id", "post"
        if searching:
            # The index leads and gives its rows in id order, so that the newest hits need no sorting.
            key, source = "post_text.rowid", "post_text CROSS JOIN post ON post.id = post_text.rowid"
            where = where.replace("post.id ", "post_text.rowid ")
        statement = f"SELECT {POST_COLUMNS} FROM {source} WHERE {where} ORDER BY {key} {order} LIMIT ?"
        return [self._post(row) for row in self._store.rows(statement, [*values, limit])]

    def count_posts(self, by_brand: bool) -> int:
        """Deleted ones too, for they were posted; what only stands in the background is not counted."""
        statement = "SELECT count(*) FROM post WHERE by_brand = ? AND instr(extra, '\"background\"') = 0"
        return int(self._store.value(statement, by_brand))

    def newest(self) -> int:
        """Our own id of the newest post; 0 without any."""
        return int(self._store.value("SELECT coalesce(max(id), 0) FROM post"))

    def logged(self) -> int:
        """The id of the newest entry of the truth log; 0 without any."""
        return int(self._store.value("SELECT coalesce(max(id), 0) FROM log"))

    def latest(self) -> datetime | None:
        """When anything last happened; a virtual clock that continues a file starts no earlier."""
        at = self._store.value("SELECT at FROM log ORDER BY id DESC LIMIT 1")
        return None if at is None else moment(at)

    def log(self, since_id: int = 0, what: str | None = None, post_id: int | None = None) -> list[LogEntry]:
        """The truth log, oldest first; only entries of one kind, or of one post, when they are named."""
        asked = [("id > ?", since_id), ("what = ?", what), ("post_id = ?", post_id)]
        where = " AND ".join(test for test, value in asked if value is not None)
        values = [value for _, value in asked if value is not None]
        return [log_entry_from(row) for row in self._store.rows(f"SELECT * FROM log WHERE {where} ORDER BY id", values)]

    # Tickets of the complaint sites

    def ticket(self, thread: str) -> Ticket | None:
        return tickets.ticket(self._store, thread)

    def tickets(
        self,
        network: str,
        *,
        modified_from: datetime | None = None,
        modified_before: datetime | None = None,
        by_modification: bool = True,
        descending: bool = False,
        limit: int = 100,
        offset: int = 0,
    ) -> list[Ticket]:
        """Tickets with modified_from <= modification < modified_before, by modification or by age."""
        modified = Modified(_known(network), modified_from, modified_before)
        return tickets.tickets(
            self._store, modified, by_modification=by_modification, descending=descending, limit=limit, offset=offset
        )

    def count_tickets(
        self, network: str, *, modified_from: datetime | None = None, modified_before: datetime | None = None
    ) -> int:
        return tickets.count_tickets(self._store, Modified(_known(network), modified_from, modified_before))

    def ticket_status(self, thread: str) -> int | None:
        found = self.ticket(thread)
        return None if found is None else found.status

    def set_ticket_status(self, thread: str, status: int) -> None:
        tickets.set_status(self._store, thread, status, self.clock.now())

    def evaluate(self, thread: str, grade: int, resolved: bool, again: bool) -> None:
        """The consumer's closing word on a ticket; a second one replaces the first."""
        with self.transaction():
            tickets.evaluate(self._store, thread, grade, resolved, again, self.clock.now())

    # Small facts

    def get(self, key: str, default: Any = None) -> Any:
        """A fact that was put: anything that JSON holds."""
        return self._store.get(key, default)

    def put(self, key: str, value: Any) -> None:
        """Keeps a fact, replacing what had the key."""
        self._store.put(key, value)

    def remove(self, key: str) -> None:
        self._store.remove(key)

    def facts(self, prefix: str, limit: int = -1) -> dict[str, Any]:
        """Every fact whose key starts so, in the order of the keys."""
        return self._store.facts(prefix, limit)

    # What the methods above share

    def _person_where(self, where: str, *values: object) -> Person | None:
        row = self._store.row(f"SELECT * FROM person WHERE {where}", *values)
        return None if row is None else person_from(row)

    def _person(self, person_id: int) -> Person:
        known = self._people.get(person_id) or self._person_where("id = ?", person_id)
        if known is None:
            raise LookupError(f"the sandbox holds no person {person_id}")
        self._people[person_id] = known
        return known

    def _post(self, row: sqlite3.Row) -> Post:
        in_reply_to = None if row["in_reply_to"] is None else self._person(row["in_reply_to"])
        return post_from(row, self._person(row["person_id"]), in_reply_to)

    def _one(self, post_id: int) -> Post:
        return self.select_posts("post.id = ?", (post_id,))[0]

    def _author_of(self, network: str, parent: str | None) -> int | None:
        if parent is None:
            return None
        author: int | None = self._store.value(
            "SELECT person_id FROM post WHERE network = ? AND external_id = ?", network, parent
        )
        return author

    def _log(self, what: str, post_id: int, at: datetime, text: str) -> None:
        self._store.change(
            "INSERT INTO log (what, post_id, at, text) VALUES (?, ?, ?, ?)", what, post_id, stamp(at), text
        )


def _known(network: str) -> str:
    if network not in NETWORKS:
        raise ValueError(f"the sandbox has no network {network!r}; it has {', '.join(NETWORKS)}")
    return network


def _searched(extra: Mapping[str, str], text: str) -> str:
    """A search finds a title's words too."""
    return f"{extra['title']}\n{text}" if "title" in extra else text
