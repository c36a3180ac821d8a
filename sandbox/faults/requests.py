"""What a request means on its network: whether it publishes, reads a listing, a thread, or asks for a token."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl


class Operation(StrEnum):
    SIGN_IN = "sign-in"  # asks for a token
    PUBLISH = "publish"
    LISTING = "listing"  # a page of what customers say
    OWN = "own"  # a page of what the account itself said
    THREAD = "thread"
    LOOKUP = "lookup"  # posts by their ids
    ROBOTS = "robots"
    OTHER = "other"


_OPERATIONS: Mapping[str, tuple[tuple[Operation, str, str], ...]] = {
    "x": (
        (Operation.PUBLISH, "POST", r"/2/tweets"),
        (Operation.LISTING, "GET", r"/2/users/\d+/mentions|/2/tweets/search/recent"),
        (Operation.OWN, "GET", r"/2/users/\d+/tweets"),
        (Operation.LOOKUP, "GET", r"/2/tweets(/\d+)?"),
    ),
    "reddit": (
        (Operation.SIGN_IN, "POST", r"/api/v1/access_token"),
        (Operation.PUBLISH, "POST", r"/api/comment"),
        (Operation.LISTING, "GET", r"/message/\w+|/r/[^/]+/(new|comments|search)|/search"),
        (Operation.OWN, "GET", r"/user/[^/]+/comments"),
        (Operation.THREAD, "GET", r"/comments/\w+"),
        (Operation.LOOKUP, "GET", r"/api/info"),
    ),
    "mastodon": (
        (Operation.PUBLISH, "POST", r"/api/v1/statuses"),
        (Operation.LISTING, "GET", r"/api/v1/notifications|/api/v1/timelines/tag/[^/]+"),
        (Operation.OWN, "GET", r"/api/v1/accounts/\d+/statuses"),
        (Operation.THREAD, "GET", r"/api/v1/statuses/\d+/context"),
        (Operation.LOOKUP, "GET", r"/api/v1/statuses(/\d+)?"),
    ),
    "reclame_aqui": (
        (Operation.SIGN_IN, "POST", r"/auth/oauth/token"),
        (Operation.PUBLISH, "POST", r"/ticket/v1/tickets/message/public"),
        (Operation.LISTING, "GET", r"/ticket/v1/tickets"),
    ),
    "complaints": (
        (Operation.ROBOTS, "GET", r"/robots\.txt"),
        (Operation.LISTING, "GET", r"/|/empresa/\w+"),
        (Operation.PUBLISH, "POST", r"/\w+/answer"),
        (Operation.THREAD, "GET", r"/\w+"),
    ),
}
# By what a request tells which page it asks for.
_PLACES = ("pagination_token", "next_token", "after", "max_id", "page[number]", "pagina")

# Where a reply names what it answers.
_ANSWERS = {
    "x": "in_reply_to_tweet_id",
    "reddit": "thing_id",
    "mastodon": "in_reply_to_id",
    "reclame_aqui": "id",
}


@dataclass(frozen=True)
class Asked:
    """One request, by its head alone."""

    network: str
    method: str
    path: str  # without the prefix of the network
    query: str

    @cached_property
    def parameters(self) -> Mapping[str, str]:
        return dict(parse_qsl(self.query, keep_blank_values=True))

    @cached_property
    def operation(self) -> Operation:
        # Reddit takes every address with and without a slash at its end, and `.json` behind it.
        path = self.path.removesuffix(".json").rstrip("/") or "/"
        for operation, method, pattern in _OPERATIONS[self.network]:
            if method == self.method and re.fullmatch(pattern, path):
                # Reclame AQUI has one address for listing tickets and for reading one.
                is_one = operation is Operation.LISTING and self.parameters.keys() & {"id", "id[eq]"}
                return Operation.THREAD if is_one else operation
        return Operation.OTHER

    @property
    def is_page(self) -> bool:
        """Whether it asks for a page of something longer."""
        return self.operation in (Operation.LISTING, Operation.OWN)

    @property
    def list_read(self) -> str:
        """The list that a page belongs to, the same for each of its pages."""
        wanted = sorted((name, value) for name, value in self.parameters.items() if name not in _PLACES)
        return f"{self.network}{self.path}{wanted}"

    @property
    def place_read(self) -> tuple[str, ...]:
        """Which page of the list it is."""
        return tuple(self.parameters.get(name, "") for name in _PLACES)

    @property
    def thread_read(self) -> str:
        """What a reading of a thread reads."""
        wanted = self.parameters.get("id[eq]") or self.parameters.get("id") or ""
        return f"{self.network}{self.path}{wanted if self.network == 'reclame_aqui' else ''}"


def answered_post(network: str, content_type: str, body: bytes) -> str:
    """The external id of the post that a publishing request answers; "" when it names none."""
    text = body.decode("utf-8", "replace")
    try:
        fields: Mapping[str, Any] = json.loads(text) if "json" in content_type else dict(parse_qsl(text))
        within = fields["reply"] if network == "x" else fields
        return str(within.get(_ANSWERS[network]) or "")
    except (ValueError, TypeError, LookupError, AttributeError):
        return ""
