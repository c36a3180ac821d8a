"""Hear Reclame AQUI through its company API: every complaint with all that is said below it.

How a person gets the credentials (reclameaqui.com.br/empresas, read 2026-11):
1. The API is part of the paid plans for companies: ask the site's sales team for access to the RA API (HugMe).
2. The API's team gives a client id and a client secret for the company; they come with a licence that ends on a date.
3. Ask which consumer data they open to you, and have the agreement on personal data signed: tickets hold CPFs,
   addresses and phone numbers. This listener takes the consumer's name and number there, and nothing else.
4. All programs of a company share ten calls a minute: tell the others before you begin.

Source kinds: `tickets`, which needs no query. The public site is walled against programs and is never read.
"""

from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from channels.catch_up import ASKED, MOST_DOUBTS
from channels.connection import Clock, Connection, SourceConfig
from channels.reclame_aqui_client import PAGE, ReclameAquiClient, TicketPage
from channels.reclame_aqui_tickets import (
    ANSWER,
    EVALUATION,
    THIRD_PARTY,
    Interaction,
    interactions_of,
    is_deactivated,
    iso,
    moment_of,
    words_in,
)
from channels.ticket_window import Window, cursor_of, pages_of, place_of
from channels.untrusted import mapping, text_of, truth, whole
from errors import SettingsError, TryLaterError
from listeners.base import Author, Edited, Gone, HeardMention, Page, ThreadFact, Unchanged
from models import MentionKind, Visibility

# Clocks differ, and a change may be found a little after it was made: so much is read once more.
OVERLAP = timedelta(minutes=10)
INSTANT = timedelta(milliseconds=1)  # in which the API counts: "before the next one" is "up to now"
SECOND = timedelta(seconds=1)  # in which an HTTP date counts: what changed in that second is within the window
DAY = timedelta(days=1)  # where nothing tells the site's clock, ours is taken to be wrong by less than that
EVALUATED = frozenset((9, 18, 19))
_MOST_ROUNDS = 10_000  # pages; a page that never comes to an end is a fault


class ReclameAquiListener:
    """Reads the tickets of one company."""

    def __init__(self, connection: Connection, source: SourceConfig, clock: Clock) -> None:
        if source.kind != "tickets":
            raise SettingsError(f"reclame_aqui has no source of kind {source.kind!r}; there is tickets")
        self._client = ReclameAquiClient(connection, clock)
        self._connection = connection
        self._clock = clock

    def fetch(self, cursor: str | None) -> Iterator[Page]:
        """Every ticket that changed since `cursor`; each page moves it, for a long backlog takes many minutes."""
        since, window = place_of(cursor)
        if window is not None:
            since = yield from self._backwards(window)
        until = self._clock.now() + INSTANT
        stored = moment_of(since)
        start = stored - OVERLAP if stored is not None else None
        first = self._client.tickets(start, until, 1)
        seen = _newest(first.tickets)
        # Tickets stamped after the answer's own date come from another clock, of which that date says nothing.
        sure = first.at is not None and (seen is None or seen <= first.at + OVERLAP)
        window = Window(
            since=iso(start) if start else None,
            until=iso(min(until, first.at + SECOND) if first.at is not None and sure else until),
            page=pages_of(first.total),
            total=first.total,
            newest=iso(seen) if seen else None,
            sure=sure,
        )
        if first.total <= PAGE:
            yield self._heard(first.tickets, cursor_of(since=self._stored_until(window)))
            return
        yield self._heard(first.tickets, cursor_of(window=window))
        yield from self._backwards(window)

    def check(self, ids: Sequence[str]) -> Iterator[Unchanged | Edited | Gone]:
        """Of complaints: their tickets. What stands below them is heard again by `fetch` whenever a ticket changes."""
        asked = [ticket_id for ticket_id in dict.fromkeys(ids) if ticket_id.isascii() and ticket_id.isdecimal()]
        for start in range(0, len(asked), PAGE):
            chunk = asked[start : start + PAGE]
            for ticket in self._client.tickets_by_id(chunk).tickets:
                ticket_id = text_of(ticket.get("id"))
                if ticket_id not in chunk:
                    continue
                if is_deactivated(ticket):
                    yield Gone(ticket_id)
                else:
                    complaint = self._complaint(ticket, self._interactions(ticket))
                    # The API does not say whether a text was changed: it is handed over, and compared with ours.
                    yield Edited(ticket_id, complaint.text, complaint.edited_at)

    def _stored_until(self, window: Window) -> str:
        """Up to when everything is stored once the window is read: never later than the site's clock has come."""
        until, seen, since = map(moment_of, (window.until, window.newest, window.since))
        if window.sure or until is None:
            return window.until
        reached = [until - DAY]
        if since is not None:
            reached.append(since + OVERLAP)
        if seen is not None:
            # A ticket may have changed behind our back while the pages were read.
            reached.append(seen - max(self._clock.now() - until, timedelta(0)))
        return iso(min(until, max(reached)))

    def _backwards(self, window: Window) -> Generator[Page, None, str]:
        """The pages of a window; returns up to when everything is stored then."""
        for _ in range(_MOST_ROUNDS):
            found, is_it = self._page_of(window)
            if not is_it and window.doubts < MOST_DOUBTS:
                yield Page((), cursor_of(window=replace(window, doubts=window.doubts + 1)))
                raise TryLaterError(
                    f"{self._client.about}: not page {window.page} came but another; it is asked for again"
                )
            window = replace(window, doubts=0 if is_it else window.doubts, first=_first(found.tickets))
            if found.total > window.total:
                # A clock that is ahead of ours let tickets come in: what they moved on has to be read again.
                window = replace(window, page=pages_of(found.total), total=found.total, first=None)
                continue
            seen = max(filter(None, (_newest(found.tickets), moment_of(window.newest))), default=None)
            window = replace(window, page=window.page - 1, newest=iso(seen) if seen else None)
            if window.page < 1:
                stored = self._stored_until(window)
                yield self._heard(found.tickets, cursor_of(since=stored))
                return stored
            yield self._heard(found.tickets, cursor_of(window=window))
        raise TryLaterError(f"{self._client.about}: the pages of tickets do not end")

    def _page_of(self, window: Window) -> tuple[TicketPage, bool]:
        """The next page of a window, and whether it is that one: the page before it may come in its place.

        It tells its number itself; one that does not is known by its first ticket. Where so many left the window that
        there is no such page any more, any answer will do.
        """
        for _ in range(ASKED if window.doubts < MOST_DOUBTS else 1):
            found = self._client.tickets(moment_of(window.since), moment_of(window.until), window.page)
            is_known = window.first is not None and _first(found.tickets) == window.first
            is_it = not is_known if found.number is None else found.number == window.page
            if is_it or pages_of(found.total) < window.page:
                return found, True
        return found, False

    def _heard(self, tickets: Sequence[Mapping[str, Any]], cursor: str) -> Page:
        mentions: list[HeardMention] = []
        facts: list[ThreadFact] = []
        for ticket in tickets:
            interactions = self._interactions(ticket)
            facts += _facts(ticket, self._ticket_id(ticket))
            words = [self._complaint(ticket, interactions), *self._later_words(ticket, interactions)]
            if is_deactivated(ticket):  # the site shows none of it any more
                words = [word.taken_back() for word in words if not word.is_ours]
            mentions += words
        return Page(tuple(mentions), cursor, tuple(facts))

    def _interactions(self, ticket: Mapping[str, Any]) -> list[Interaction]:
        return interactions_of(ticket, self._client.about)

    def _ticket_id(self, ticket: Mapping[str, Any]) -> str:
        ticket_id = text_of(ticket.get("id"))
        if not ticket_id:
            raise TryLaterError(f"{self._client.about}: a ticket came without an id")
        return ticket_id

    def _complaint(self, ticket: Mapping[str, Any], interactions: Sequence[Interaction]) -> HeardMention:
        """The complaint itself, which is the ticket: its title and its text."""
        ticket_id = self._ticket_id(ticket)
        first = _opening(interactions)
        posted_at = first.posted_at if first else moment_of(ticket.get("creation_date"))
        if posted_at is None:
            raise TryLaterError(f"{self._client.about}: ticket {ticket_id[:30]} came without a time")
        words = text_of(ticket.get("complaint_content")) or (first.text if first else "")
        parts = [text_of(ticket.get("complaint_title")), words]
        return HeardMention(
            external_id=ticket_id,
            kind=MentionKind.COMPLAINT,
            text="\n\n".join(part for part in map(words_in, parts) if part),
            posted_at=posted_at,
            author=_consumer(ticket),
            url=self._url(ticket),
            thread_external_id=ticket_id,
            lang="pt",
            pictures=first.pictures if first else (),
            edited_at=first.edited_at if first else None,
            addresses_us=True,
            extra={"ticket_id": ticket_id},
        )

    def _later_words(self, ticket: Mapping[str, Any], interactions: Sequence[Interaction]) -> Iterator[HeardMention]:
        ticket_id, opening = self._ticket_id(ticket), _opening(interactions)
        for interaction in interactions:
            if interaction is opening:
                continue
            yield HeardMention(
                external_id=interaction.id,
                kind=_kind(interaction),
                text=words_in(interaction.text),
                posted_at=interaction.posted_at,
                author=self._author(ticket, interaction),
                url=self._url(ticket),
                parent_external_id=ticket_id,
                thread_external_id=ticket_id,
                lang="pt",
                pictures=interaction.pictures,
                edited_at=interaction.edited_at,
                visibility=Visibility.PRIVATE if interaction.is_private else Visibility.PUBLIC,
                is_ours=interaction.is_company,
                addresses_us=not interaction.is_company,
                extra={"ticket_id": ticket_id},
            )

    def _author(self, ticket: Mapping[str, Any], interaction: Interaction) -> Author | None:
        if interaction.is_company:
            handle = self._connection.handle
            return Author(self._connection.external_id or f"company:{handle}", handle, handle)
        if interaction.type == THIRD_PARTY:
            return Author(f"third:{interaction.customer_id}", "") if interaction.customer_id else None
        return _consumer(ticket)

    def _url(self, ticket: Mapping[str, Any]) -> str:
        """Where the company's people see the ticket: the API does not tell the public address."""
        base = self._connection.base_url.rstrip("/").removesuffix("/api")
        return f"{base}/app.html#/ticket/{self._ticket_id(ticket)}"


def _opening(interactions: Sequence[Interaction]) -> Interaction | None:
    """The entry that is the complaint: the consumer's first public word."""
    return next((one for one in interactions if not one.is_company and not one.is_private), None)


def _kind(interaction: Interaction) -> MentionKind:
    if interaction.type == EVALUATION:
        return MentionKind.EVALUATION
    if interaction.is_company:
        return MentionKind.ANSWER if interaction.type == ANSWER else MentionKind.COMMENT
    return MentionKind.COMMENT if interaction.type == THIRD_PARTY else MentionKind.REPLICA


def _consumer(ticket: Mapping[str, Any]) -> Author | None:
    """Name and number of the consumer: whatever else the ticket holds of them is none of our business."""
    customer = mapping(ticket.get("customer"))
    number, name = text_of(customer.get("id")), " ".join(text_of(customer.get("name")).split())[:200]
    return Author(external_id=number or f"name:{name}", handle=name, name=name) if number or name else None


def _facts(ticket: Mapping[str, Any], thread: str) -> list[ThreadFact]:
    """Status, evaluation and moderation, each as of the ticket's last change."""
    at = moment_of(ticket.get("last_modification_date")) or moment_of(ticket.get("creation_date"))
    if at is None:
        return []
    status = mapping(ticket.get("ra_status"))
    told = {"status": text_of(status.get("name")) or text_of(status.get("id"))}
    grade = whole(ticket.get("rating"))
    if whole(status.get("id")) in EVALUATED or (grade is not None and grade >= 0):
        told["grade"] = text_of(ticket.get("rating")) if grade is not None and grade >= 0 else ""
        told["resolved"] = "yes" if truth(ticket.get("resolved_issue")) else "no"
        told["would_return"] = "yes" if truth(ticket.get("back_doing_business")) else "no"
    told["moderation"] = text_of(mapping(ticket.get("moderation")).get("status"))
    if ticket.get("frozen") is True:
        told["frozen"] = "yes"
    return [ThreadFact(thread, name, value, at) for name, value in told.items() if value]


def _first(tickets: Sequence[Mapping[str, Any]]) -> str | None:
    return (text_of(tickets[0].get("id")) or None) if tickets else None


def _newest(tickets: Sequence[Mapping[str, Any]]) -> datetime | None:
    return max(filter(None, (moment_of(ticket.get("last_modification_date")) for ticket in tickets)), default=None)
