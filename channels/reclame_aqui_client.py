"""Reclame AQUI's company API (RA API, HugMe): the token, ten calls a minute, tickets, answers public and private.

The API's pages are for customers (developer.hugme.com.br): paths, fields and limits as its public clients state them,
read 2026-11.
"""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from channels.call_window import call_window
from channels.connection import Clock, Connection
from channels.http import Answer, BoundedClient
from channels.reclame_aqui_tickets import iso
from channels.transport import UnusableAnswerError
from channels.untrusted import mapping, text_of, whole
from errors import (
    NeedsAttentionError,
    OutcomeUnknownError,
    RateLimitedError,
    RejectedError,
    TryLaterError,
)

CALLS = 10  # a minute, for all of a company's programs together
MINUTE = timedelta(minutes=1)
PAGE = 50  # tickets, at most
PUBLIC_SITE = "https://www.reclameaqui.com.br"
_RENEW_BEFORE = timedelta(minutes=2)
_LONGEST_TOKEN = timedelta(hours=12)


@dataclass(frozen=True)
class TicketPage:
    """Some tickets of a search, how many it finds in all, and when the server's clock says that it answered."""

    tickets: tuple[Mapping[str, Any], ...]
    total: int
    at: datetime | None = None
    number: int | None = None  # of the page, as the answer says it


class ReclameAquiClient:
    """One company's way to its tickets; `answers` tells who answers from who listens."""

    def __init__(self, connection: Connection, clock: Clock, *, answers: bool = False) -> None:
        self._connection = connection
        self._clock = clock
        self._http = BoundedClient(connection.base_url, connection.timeout, clock)
        self._token = ""
        self._token_until = datetime.min.replace(tzinfo=UTC)
        self._window = call_window(connection, clock, CALLS)
        self._answers = answers

    @property
    def about(self) -> str:
        return f"Reclame AQUI ({self._connection.handle or self._connection.place})"

    def tickets(self, since: datetime | None, until: datetime | None, page: int) -> TicketPage:
        """A page of the tickets that changed from `since` on and before `until`, the oldest ticket first."""
        asked = {"sort[id]": "ASC", "page[size]": str(PAGE), "page[number]": str(page)}
        if until is not None:
            asked["last_modification_date[lt]"] = iso(until)
        if since is not None:
            asked["last_modification_date[gte]"] = iso(since)
        return self._search(asked)

    def tickets_by_id(self, ids: list[str]) -> TicketPage:
        """The tickets of these ids that there are; 50 ids at most."""
        compare = "id[eq]" if len(ids) == 1 else "id[in]"
        return self._search({compare: ",".join(ids), "page[size]": str(PAGE), "page[number]": "1"})

    def answer(self, ticket_id: str, message: str, about: str) -> None:
        """Publish the company's answer: one POST. Returns only when the API says that it stands there."""
        number = whole(ticket_id)
        fields = {"id": ticket_id if number is None else number, "message": message}
        self._say("ticket/v1/tickets/message/public", about, json=fields)

    def tell(self, ticket_id: str, message: str, email: str, about: str) -> None:
        """Send the consumer a message that they alone see, on the ticket and by e-mail: one POST, as above.

        All known clients of the API send it as multipart.
        """
        fields = {"id": ticket_id, "message": message, "email": email}
        parts = {name: (None, value) for name, value in fields.items()}
        self._say("ticket/v1/tickets/message/private", about, files=parts)

    def _say(self, path: str, about: str, **content: Any) -> None:
        # A token that has to be renewed takes a call as well: between the two there would be no way back.
        self._refuse(self._window.wait(self._clock, 2, answers=self._answers))
        headers = self._authorised()
        self._spend()
        try:
            answer = self._http.post(path, about=about, headers=headers, **content)
        except NeedsAttentionError:
            self._token = ""
            raise
        except RateLimitedError as error:
            raise RateLimitedError(str(error), error.retry_after or MINUTE) from error
        try:
            said = mapping(answer.json())
        except UnusableAnswerError as error:
            raise OutcomeUnknownError(f"{about}: {error}") from error
        if said.get("success") is False:
            raise RejectedError(f"{about}: {text_of(said.get('message'))[:200]} ({text_of(said.get('code'))[:20]})")
        if said.get("success") is not True and not said.get("message") and not said.get("data"):
            raise OutcomeUnknownError(f"{about}: the answer says nothing")

    def _search(self, asked: Mapping[str, str]) -> TicketPage:
        try:
            answer = self._read(asked)
        except NeedsAttentionError:
            if not self._token:
                raise
            # The API does not say whether a token has run out or was revoked: a new one tells. Reading may be repeated.
            self._token = ""
            answer = self._read(asked)
        return self._page(*answer)

    def _read(self, asked: Mapping[str, str]) -> tuple[Any, datetime | None]:
        headers = self._authorised()
        self._spend()
        try:
            answer = self._http.read("ticket/v1/tickets", about=self.about, params=asked, headers=headers)
            return answer.json(), _date_of(answer)
        except UnusableAnswerError as error:
            raise TryLaterError(f"{self.about}: {error}") from error
        except RateLimitedError as error:
            raise RateLimitedError(str(error), error.retry_after or MINUTE) from error

    def _page(self, answer: Any, at: datetime | None) -> TicketPage:
        found = mapping(answer).get("data")
        if not isinstance(found, list) or not all(isinstance(ticket, dict) for ticket in found):
            raise TryLaterError(f"{self.about}: the answer is not a page of tickets")
        meta = mapping(mapping(answer).get("meta"))
        total = whole(meta.get("total"))
        if total is None:
            if len(found) >= PAGE:
                raise TryLaterError(f"{self.about}: the answer does not say how many tickets there are")
            total = len(found)
        return TicketPage(tuple(found), max(total, len(found)), at, whole(mapping(meta.get("page")).get("number")))

    def _authorised(self) -> dict[str, str]:
        """The headers with a token that will last for a while; asks for a new one where none does."""
        if not self._token or self._clock.now() + _RENEW_BEFORE >= self._token_until:
            self._renew()
        return {"Authorization": f"Bearer {self._token}"}

    def _renew(self) -> None:
        about = f"the token of {self.about}"
        secrets = self._connection.secrets
        client_id, client_secret = secrets.get("client_id", ""), secrets.get("client_secret", "")
        if not client_id or not client_secret:
            missing = "client_secret" if client_id else "client_id"
            raise NeedsAttentionError(f"{about}: the account lacks the secret {missing}; give it")
        credentials = base64.b64encode(f"{client_id}:{client_secret}".encode()).decode()
        self._spend()
        try:
            answer = self._http.post(
                "auth/oauth/token",
                about=about,
                params={"grant_type": "client_credentials"},
                headers={"Authorization": f"Basic {credentials}"},
            ).json()
        except (UnusableAnswerError, OutcomeUnknownError) as error:
            raise TryLaterError(f"{about}: {error}") from error  # no answer of ours is at stake
        except RejectedError as error:
            raise NeedsAttentionError(f"{error}; check client_id and client_secret") from error
        token, lasts = text_of(mapping(answer).get("access_token")), whole(mapping(answer).get("expires_in"))
        if not token.isascii() or not token.isprintable() or not token:
            raise TryLaterError(f"{about}: the answer holds no token")
        self._token = token
        self._token_until = self._clock.now() + min(timedelta(seconds=max(lasts or 0, 300)), _LONGEST_TOKEN)

    def _spend(self) -> None:
        """Count a call, or refuse it before the network sees it."""
        self._refuse(self._window.spend(self._clock, answers=self._answers))

    def _refuse(self, wait: timedelta | None) -> None:
        if wait is not None:
            raise RateLimitedError(f"{self.about}: {CALLS} calls a minute are used up", wait)


def _date_of(answer: Answer) -> datetime | None:
    """The server's clock; the earliest where a gateway has put its own beside it, None where one cannot be read."""
    try:
        moments = map(parsedate_to_datetime, answer.headers.get_list("Date"))
        return min((at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC) for at in moments)
    except (ValueError, TypeError, OverflowError):
        return None
