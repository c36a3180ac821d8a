"""Answer a complaint on Reclame AQUI in public, through the company API.

How a person gets the credentials: as for reading, see listeners/reclame_aqui.py. Besides them
1. have the API's team confirm that the licence covers public answers;
2. remember that the first public answer counts in the company's score: nothing is answered here automatically.
"""

from datetime import timedelta

from channels.connection import Clock, Connection
from channels.reclame_aqui_client import ANSWER, ReclameAquiClient, interactions_of
from channels.text import html_to_text, same_text
from channels.untrusted import text_of
from errors import ChannelError, RejectedError, TryLaterError
from models import Visibility
from responders.base import OutgoingReply, Posted

TEXT_LIMIT = 10_000  # characters; the API states none, and longer answers were refused by none we know of
# An answer cannot stand there from before it was approved; clocks may differ by so much.
EARLIER = timedelta(hours=1)


class ReclameAquiResponder:
    """Answers for one company."""

    def __init__(self, connection: Connection, clock: Clock) -> None:
        self._client = ReclameAquiClient(connection, clock, answers=True)
        self._base = connection.base_url.rstrip("/").removesuffix("/api")

    def room_left(self, body: str, to: str = "") -> int:
        """Characters; the consumer's name takes none."""
        return TEXT_LIMIT - len(body)

    def post(self, reply: OutgoingReply) -> Posted:
        """One public answer on the ticket; the API does not tell its number, so the ticket is read afterwards."""
        ticket_id = _ticket_of(reply)
        about = f"the answer to ticket {ticket_id} on Reclame AQUI"
        if reply.visibility is Visibility.PRIVATE:
            raise RejectedError(f"{about}: a private message is not answered in public")
        if not reply.body.strip() or self.room_left(reply.body) < 0:
            raise RejectedError(f"{about} has {len(reply.body)} characters; 1 to {TEXT_LIMIT} are allowed")
        self._client.answer(ticket_id, reply.body, about)
        try:
            found = self.find(reply)
        except ChannelError:
            found = None  # it was published and the API said so; verifying will learn its number
        return found or Posted("", self._url(ticket_id))

    def find(self, reply: OutgoingReply) -> Posted | None:
        """Look among the company's public answers on the ticket."""
        ticket_id = _ticket_of(reply)
        found = self._client.tickets_by_id([ticket_id]).tickets
        ticket = next((one for one in found if text_of(one.get("id")) == ticket_id), None)
        if ticket is None:
            raise TryLaterError(f"ticket {ticket_id} on Reclame AQUI cannot be seen")
        for interaction in interactions_of(ticket, self._client.about):
            is_ours = interaction.type == ANSWER and interaction.is_company and not interaction.is_private
            is_new = interaction.posted_at >= reply.approved_at - EARLIER
            if is_ours and is_new and _same(reply.body, interaction.text):
                return Posted(interaction.id, self._url(ticket_id), interaction.posted_at)
        return None

    def _url(self, ticket_id: str) -> str:
        return f"{self._base}/app.html#/ticket/{ticket_id}"


def _ticket_of(reply: OutgoingReply) -> str:
    ticket_id = reply.extra.get("ticket_id") or reply.thread_external_id
    if not (ticket_id.isascii() and ticket_id.isdecimal()):
        raise RejectedError(f"{ticket_id[:40]!r} is not the number of a ticket")
    return ticket_id


def _same(ours: str, theirs: str) -> bool:
    return same_text(ours, theirs) or same_text(ours, html_to_text(theirs))
