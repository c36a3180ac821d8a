"""A client library's exchanges, noted as they pass, and what their faults mean: for libraries built on requests."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import requests
from requests.structures import CaseInsensitiveDict

from channels.http import broken_posting, broken_reading, posting_error, reading_error, retry_after, wait_asked
from channels.requests_adapter import BoundedAdapter
from channels.transport import UnusableAnswerError
from errors import ChannelError, NeedsAttentionError, OutcomeUnknownError, RateLimitedError, TryLaterError

# What a library raises over an answer that it did not expect: besides its own errors, whatever its code trips over.
LIBRARY_FAULTS = (
    requests.RequestException,
    UnusableAnswerError,
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    ArithmeticError,
    RecursionError,
)
# A library that parses these trips over a value that it cannot read, even when the post itself went through.
_KEPT_FROM_THE_LIBRARY = ("deprecation", "x-rate-limit-reset", "x-ratelimit-reset", "x-ratelimit-remaining")

for _logger in ("tweepy", "oauthlib", "requests_oauthlib"):
    logging.getLogger(_logger).setLevel(logging.INFO)  # at DEBUG they write tokens into the log


@dataclass(frozen=True)
class Noted:
    """One answer as it came."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def is_good(self) -> bool:
        return 200 <= self.status < 300


class NotingAdapter(BoundedAdapter):
    """A bounded adapter that keeps the last answer, because a library hides status and headers.

    One client serves one thread at a time.
    """

    last: Noted | None = None  # None while, and after, an exchange brought no whole answer
    hollow = False  # whether the library is given good answers without their contents, for the caller reads `last`

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: float | tuple[float, float] | tuple[float, None] | None = None,
        verify: bool | str = True,
        cert: bytes | str | tuple[bytes | str, bytes | str] | None = None,
        proxies: Mapping[str, str] | None = None,
    ) -> requests.Response:
        self.last = None
        response = super().send(request, stream, timeout, verify, cert, proxies)
        self.last = Noted(response.status_code, dict(response.headers), response.content)
        for name in _KEPT_FROM_THE_LIBRARY:
            response.headers.pop(name, None)
        if self.hollow and self.last.is_good:
            response._content = b"[]" if self.last.body.lstrip()[:1] == b"[" else b"{}"
        return response


class LeanSession(requests.Session):
    """A session without what nobody here asks of one; merging it all took longer than carrying the request.

    The environment is not read: proxies are the adapter's affair, and no password from a .netrc replaces the token.
    No redirect is followed, for it could post twice.
    """

    def __init__(self) -> None:
        super().__init__()
        self.trust_env = False
        self.max_redirects = 0
        self.auth = _as_it_is

    def prepare_request(self, request: requests.Request) -> requests.PreparedRequest:
        """The request with the session's headers; no cookie is ever told back."""
        prepared = requests.PreparedRequest()
        headers = CaseInsensitiveDict(self.headers)
        headers.update(request.headers or {})
        prepared.prepare(
            method=request.method,
            url=request.url,
            headers={name: value for name, value in headers.items() if value is not None},
            files=request.files,
            data=request.data,
            json=request.json,
            params=request.params,
            auth=request.auth or self.auth,
            hooks=request.hooks,
        )
        return prepared

    def merge_environment_settings(self, *_: object) -> Any:
        """Ours are the adapter's."""
        return {"proxies": {}, "stream": False, "verify": True, "cert": None}


def _as_it_is(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


def fault(
    error: Exception, noted: Noted | None, about: str, now: datetime, longest: timedelta, *, posting: bool
) -> ChannelError:
    """What a failed call means; `about` names the account and the platform's reason, `longest` bounds a wait."""
    if noted is None:
        if not posting and any(isinstance(e, requests.TooManyRedirects) for e in (error, error.__context__)):
            return NeedsAttentionError(f"{about}: the server redirects to another site; check the base URL")
        return broken_posting(error, about) if posting else broken_reading(error, about)
    if noted.is_good:
        text = f"{about}: the answer cannot be read ({type(error).__name__})"
        return OutcomeUnknownError(text) if posting else TryLaterError(text)
    if 300 <= noted.status < 400:
        text = f"{about}: the server redirects elsewhere (HTTP {noted.status}); check the base URL"
        return OutcomeUnknownError(text) if posting else NeedsAttentionError(text)
    if noted.status == 429:
        return RateLimitedError(f"{about}: too many requests (HTTP 429)", capped(noted, now, longest))
    say = posting_error if posting else reading_error
    return say(noted.status, noted.headers, now, about)


def capped(noted: Noted, now: datetime, longest: timedelta) -> timedelta | None:
    """How long the platform asks us to wait, never beyond its longest window; None where it does not say."""
    wait = retry_after(noted.headers, now)
    return None if wait is None else min(wait, longest)


def pause(noted: Noted | None, now: datetime, longest: timedelta) -> timedelta | None:
    """What a good answer's rate headers ask for before the next request; None when they ask nothing."""
    wait = None if noted is None else wait_asked(noted.headers, now)
    return None if wait is None else min(wait, longest)
