"""Answer a complaint on Reclame AQUI through the company API, in public or to the consumer alone.

How a person gets the credentials: as for reading, see listeners/reclame_aqui.py. Besides them
1. have the API's team confirm that the licence covers public answers, and private messages if they shall be sent;
2. remember that the first public answer counts in the company's score: nothing is answered here automatically.

A private message stands on the ticket and goes to the consumer's e-mail address, which the API wants to be told: it is
read from the ticket for that one request, and stored nowhere.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from channels.connection import Clock, Connection
from channels.glance import Glance
from channels.reclame_aqui_client import PAGE, ReclameAquiClient
from channels.reclame_aqui_tickets import ANSWER, Interaction, email_of, interactions_of, is_deactivated, words_in
from channels.text import html_to_text, same_text
from channels.untrusted import text_of
from errors import ChannelError, RejectedError, TryLaterError
from responders.base import OutgoingReply, OwnPost, Posted

TEXT_LIMIT = 10_000  # characters; the API states none, and longer answers were refused by none we know of
_MOST_PAGES = 10_000  # a page that never comes to an end is a fault


@dataclass
class _Look:
    """A look through the tickets of some time, which may take longer than ten calls a minute let it."""

    since: datetime
    page: int = 1
    found: dict[str, OwnPost] = field(default_factory=dict)


class ReclameAquiResponder:
    """Answers for one company."""

    def __init__(self, connection: Connection, clock: Clock) -> None:
        self._client = ReclameAquiClient(connection, clock, answers=True)
        self._base = connection.base_url.rstrip("/").removesuffix("/api")
        self._look: _Look | None = None
        self._consumers: Glance[tuple[str, str]] = Glance(clock)  # tickets and their consumers' addresses

    def room_left(self, body: str, to: str = "") -> int:
        """Characters; the consumer's name takes none."""
        return TEXT_LIMIT - len(body)

    def post(self, reply: OutgoingReply) -> Posted:
        """One answer on the ticket; the API does not tell its number, so the ticket is read afterwards."""
        ticket_id = _ticket_of(reply)
        about = f"the answer to ticket {ticket_id} on Reclame AQUI"
        if reply.is_exposing:
            raise RejectedError(f"{about}: a private message is not answered in public; answer in private")
        if not reply.body.strip() or self.room_left(reply.body) < 0:
            raise RejectedError(f"{about} has {len(reply.body)} characters; 1 to {TEXT_LIMIT} are allowed")
        if reply.private:
            # Whoever has just looked has read it: a slow answer now would send what was stopped meanwhile.
            read = self._consumers.take(lambda one: one[0] == ticket_id)
            email = email_of(self._ticket(ticket_id)) if read is None else read[1]
            if not email:
                raise RejectedError(
                    f"{about}: the ticket shows no e-mail address of the consumer, and a private message needs it; "
                    "answer in public"
                )
            self._client.tell(ticket_id, reply.body, email, about)
        else:
            self._client.answer(ticket_id, reply.body, about)
        try:
            found = self.find(reply)
        except ChannelError:
            found = None  # it was published and the API said so; verifying will learn its number
        return found or Posted("", self._url(ticket_id))

    def find(self, reply: OutgoingReply) -> Posted | None:
        """Look among the company's public answers on the ticket, or among its private messages there."""
        ticket_id = _ticket_of(reply)
        ticket = self._ticket(ticket_id)
        for interaction in interactions_of(ticket, self._client.about):
            is_meant = _is_private_word(interaction) if reply.private else _is_answer(interaction)
            if is_meant and interaction.posted_at >= reply.not_before and _same(reply.body, interaction.text):
                return Posted(interaction.id, self._url(ticket_id), interaction.posted_at)
        if reply.private:
            self._consumers.keep([(ticket_id, email_of(ticket))])
        return None

    def own_posts(self, since: datetime) -> Iterator[OwnPost]:
        """The company's public answers on every ticket that changed since then.

        Told to wait, the same question goes on where it stopped. What changes while we read comes into the pages that
        are still to be read, or into the next look; none leaves them, for they have no end in time.
        """
        look = self._look if self._look is not None and self._look.since == since else _Look(since)
        self._look = look
        for _ in range(_MOST_PAGES):
            page = self._client.tickets(since, None, look.page)
            for ticket in page.tickets:
                look.found |= {
                    answer.external_id: answer for answer in self._answers(ticket) if answer.posted_at >= since
                }
            if len(page.tickets) < PAGE or look.page * PAGE >= page.total:
                self._look = None
                yield from sorted(look.found.values(), key=lambda answer: answer.posted_at, reverse=True)
                return
            look.page += 1
        raise TryLaterError(f"{self._client.about}: the pages of tickets do not end")

    def _answers(self, ticket: Mapping[str, Any]) -> Iterator[OwnPost]:
        """What stands below a complaint for everybody; of one that was taken back the site shows nothing."""
        ticket_id = text_of(ticket.get("id"))
        for interaction in [] if is_deactivated(ticket) else interactions_of(ticket, self._client.about):
            if _is_answer(interaction):
                words, url = words_in(interaction.text), self._url(ticket_id)
                yield OwnPost(interaction.id, url, words, interaction.posted_at, ticket_id, ticket_id)

    def _ticket(self, ticket_id: str) -> Mapping[str, Any]:
        found = self._client.tickets_by_id([ticket_id]).tickets
        ticket = next((one for one in found if text_of(one.get("id")) == ticket_id), None)
        if ticket is None:
            raise TryLaterError(f"ticket {ticket_id} on Reclame AQUI cannot be seen")
        return ticket

    def _url(self, ticket_id: str) -> str:
        return f"{self._base}/app.html#/ticket/{ticket_id}"


def _is_answer(interaction: Interaction) -> bool:
    return interaction.type == ANSWER and interaction.is_company and not interaction.is_private


def _is_private_word(interaction: Interaction) -> bool:
    return interaction.is_company and interaction.is_private


def _ticket_of(reply: OutgoingReply) -> str:
    ticket_id = reply.extra.get("ticket_id") or reply.thread_external_id
    if not (ticket_id.isascii() and ticket_id.isdecimal()):
        raise RejectedError(f"{ticket_id[:40]!r} is not the number of a ticket")
    return ticket_id


def _same(ours: str, theirs: str) -> bool:
    return same_text(ours, theirs) or same_text(ours, html_to_text(theirs))
