"""Reclame AQUI's tickets, out of the JSON of its company API: times, interactions and what of them is private.

The API's pages are for customers (developer.hugme.com.br): names and numbers as its public clients state them,
read 2026-11.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from channels.text import html_to_text
from channels.untrusted import listed, mapping, text_of, truth, whole
from errors import ChannelError, TryLaterError

# Times come with an offset; should one come without, it is the site's own.
_ZONE = ZoneInfo("America/Sao_Paulo")
_EMAIL = re.compile(r"[^\s@<>,;\"]{1,64}@[^\s@<>,;\"]{1,189}\.[^\s@<>,;\".]{2,}")
DEACTIVATED = frozenset((12, 13))  # by the consumer, by the site


def iso(moment: datetime) -> str:
    """A time as the API takes it, to the millisecond."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def moment_of(value: object) -> datetime | None:
    """A time as the API gives it; None for anything that is none."""
    try:
        moment = datetime.fromisoformat(text_of(value).strip())
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=_ZONE)).astimezone(UTC)


@dataclass(frozen=True)
class Interaction:
    """One entry of a ticket's history."""

    id: str
    type: int
    text: str
    posted_at: datetime
    edited_at: datetime | None
    is_company: bool
    is_private: bool
    customer_id: str
    pictures: tuple[str, ...]


# Types of interactions: 1 complaint and the consumer's further words, 2 the company's answer, 3 and 6 private messages
# of company and consumer, 7 a third party, 8 to 10 mediation and redistribution, 11 evaluation, 151 moderation.
COMPLAINT, ANSWER, COMPANY_PRIVATE, CONSUMER_PRIVATE, THIRD_PARTY, EVALUATION = 1, 2, 3, 6, 7, 11
NO_WORDS = frozenset((8, 9, 10, 151))
ATTACHMENTS = frozenset((15, 33))  # types of details


def interactions_of(ticket: Mapping[str, Any], about: str) -> list[Interaction]:
    """A ticket's history in its order; raises TryLaterError for an entry without an id or a time."""
    found = []
    for entry in map(mapping, listed(ticket.get("interactions"))):
        kind = whole(entry.get("ticket_interaction_type_id")) or 0
        interaction_id, posted_at = text_of(entry.get("ticket_interaction_id")), moment_of(entry.get("creation_date"))
        if kind in NO_WORDS:
            continue
        if not interaction_id or posted_at is None:
            raise _unusable(ticket, about)
        responsible = entry.get("responsible_id") is not None and not entry.get("customer_id")
        details = [mapping(detail) for detail in listed(entry.get("details"))]
        found.append(
            Interaction(
                id=interaction_id,
                type=kind,
                text=text_of(entry.get("message")),
                posted_at=posted_at,
                edited_at=moment_of(entry.get("modification_date")),
                is_company=kind in (ANSWER, COMPANY_PRIVATE) or (responsible and kind != THIRD_PARTY),
                # Of a type that we do not know nothing says that the public sees it.
                is_private=truth(entry.get("privacy")) or kind not in (COMPLAINT, ANSWER, THIRD_PARTY, EVALUATION),
                customer_id=text_of(entry.get("customer_id")),
                pictures=tuple(
                    url
                    for detail in details
                    if whole(detail.get("ticket_detail_type_id")) in ATTACHMENTS and not truth(detail.get("privacy"))
                    for url in [text_of(detail.get("value"))]
                    if url.startswith(("https://", "http://"))
                ),
            )
        )
    return sorted(found, key=lambda interaction: interaction.posted_at)


def is_deactivated(ticket: Mapping[str, Any]) -> bool:
    """Whether the site shows it no more: its consumer or the site took it back."""
    return ticket.get("active") is False or whole(mapping(ticket.get("ra_status")).get("id")) in DEACTIVATED


def email_of(ticket: Mapping[str, Any]) -> str:
    """The consumer's e-mail address; "" where the ticket holds none. Used for one request, and kept nowhere."""
    given = mapping(ticket.get("customer")).get("email")
    addresses = (text_of(one).strip() for one in (listed(given) or [given]))
    return next((address for address in addresses if _EMAIL.fullmatch(address)), "")


def words_in(text: str) -> str:
    """Without the markup that the site leaves in some texts; text without any keeps its line breaks and signs."""
    text = text.replace("\r\n", "\n").replace("\n\r", "\n").replace("\r", "\n")
    marked = any(mark in text.lower() for mark in ("<br", "<p>", "</p>", "</div>"))
    return html_to_text(text) if marked else text.strip()


def _unusable(ticket: Mapping[str, Any], about: str) -> ChannelError:
    return TryLaterError(f"{about}: ticket {text_of(ticket.get('id'))[:30]} has an entry without an id or a time")
