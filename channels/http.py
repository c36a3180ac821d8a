"""One bounded HTTP exchange, and what its outcome means for whoever asked: statuses and faults become our errors."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urljoin

import httpx

from channels.connection import Clock
from channels.transport import BoundedTransport, Deadline, UnusableAnswerError, timeouts
from errors import (
    ChannelError,
    NeedsAttentionError,
    OutcomeUnknownError,
    RateLimitedError,
    RejectedError,
    TryLaterError,
)

USER_AGENT = "ouvidor/0.1 (self-hosted customer care)"
MAX_BODY = 10 * 1024 * 1024  # bytes, decoded
MAX_REDIRECTS = 4
# Reddit's window is 10 minutes, Reclame AQUI's a minute; a figure far beyond is a mistake of theirs, and whoever waits
# a day for it leaves customers unheard.
LONGEST_WAIT = timedelta(hours=1)


@dataclass(frozen=True)
class Answer:
    """A whole answer: the body is already decoded and within bounds."""

    status: int
    headers: httpx.Headers  # names are matched without regard to case
    body: bytes
    url: str

    def json(self) -> Any:
        """The body as JSON; raises UnusableAnswerError for anything else, such as an error page in HTML."""
        return parsed_json(self.body)


def parsed_json(body: bytes | str) -> Any:
    """What a body says in JSON; raises UnusableAnswerError where it is none."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise UnusableAnswerError("the body is not the JSON that was due") from None


_TO_DO = {
    401: "the credentials were refused; renew them",
    402: "the account has no credit left; add some",
    403: "access was refused; check what the account may read",
    404: "nothing is there; check the address and the settings",
}


class BoundedClient:
    """One site, reached by requests that end in time, hold at most 10 MB and never leave the host."""

    def __init__(
        self,
        base_url: str,
        timeout: timedelta,
        clock: Clock,
        *,
        user_agent: str = USER_AGENT,
        deadline: timedelta | None = None,
        max_body: int = MAX_BODY,
    ) -> None:
        """`timeout` bounds one wait for the server, `deadline` (twice as long by default) the whole exchange."""
        self.base_url = base_url.rstrip("/")
        self._timeouts = timeouts(timeout.total_seconds())
        self._whole = (deadline or timeout * 2).total_seconds()
        self._clock = clock
        # The encodings are those that `decoded` can bound.
        own = {"User-Agent": user_agent, "Accept": "*/*", "Accept-Encoding": "gzip, deflate"}
        self._headers = [(name, name.lower(), value) for name, value in own.items()]
        self._max_body = max_body
        self._deadline = Deadline()
        self._client: BoundedTransport | None = None

    def url(self, path: str) -> str:
        """The absolute URL of a path below the base; the base's own path is kept."""
        return path if "://" in path else f"{self.base_url}/{path.lstrip('/')}"

    def exchange(self, method: str, url: str, *, headers: Mapping[str, str] | None = None, **content: Any) -> Answer:
        """One request, one answer, no redirect followed.

        Raises httpx.TransportError or UnusableAnswerError; never an error of ours.
        `content` is what httpx takes: params, json, data, content.
        """
        self._deadline.start(self._whole)
        told, carrier = self._told(headers), self._opened()
        if method == "GET" and not any(content.values()):
            answered = carrier.get(url, told, self._timeouts, self._max_body)
            if answered is not None:
                return Answer(*answered, url)
        request = httpx.Request(method, url, headers=told, extensions={"timeout": self._timeouts}, **content)
        if request.url.userinfo:
            request = next(httpx.BasicAuth(request.url.username, request.url.password).sync_auth_flow(request))
        return Answer(*carrier.exchange(request, self._max_body), str(request.url))

    def _told(self, headers: Mapping[str, str] | None) -> list[tuple[str, str]]:
        """What a request says about us, unless it says otherwise itself."""
        given = list(headers.items()) if headers else []
        names = {name.lower() for name, _ in given}
        return [*((name, value) for name, lower, value in self._headers if lower not in names), *given]

    def read(
        self,
        path: str,
        *,
        about: str,
        accept: frozenset[int] = frozenset(),
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """GET a path or URL, following redirects within the host.

        Statuses from 200 to 299 and those in `accept` are answers; all else raises what `reading_error` says.
        """
        url = self.url(path)
        for _ in range(MAX_REDIRECTS + 1):
            try:
                answer = self.exchange("GET", url, headers=headers, params=params)
            except (httpx.TransportError, httpx.InvalidURL, UnusableAnswerError) as error:
                raise broken_reading(error, about) from error
            if 200 <= answer.status < 300 or answer.status in accept:
                return answer
            target = answer.headers.get("Location")
            if answer.status not in (301, 302, 303, 307, 308) or not target:
                raise reading_error(answer.status, answer.headers, self._clock.now(), about)
            url, params = urljoin(answer.url, target), None
            if not same_site(answer.url, url):
                raise NeedsAttentionError(f"{about} redirects to another site ({host_of(url)}); check the base URL")
        raise NeedsAttentionError(f"{about} redirects in circles; check the address")

    def read_json(self, path: str, *, about: str, **request: Any) -> Any:
        """GET a path as JSON; anything but JSON raises TryLaterError."""
        try:
            return self.read(path, about=about, **request).json()
        except UnusableAnswerError as error:
            raise TryLaterError(f"{about}: {error}") from error

    def post(self, path: str, *, about: str, headers: Mapping[str, str] | None = None, **content: Any) -> Answer:
        """POST once; all but a status from 200 to 299 raises what `posting_error` says."""
        try:
            answer = self.exchange("POST", self.url(path), headers=headers, **content)
        except (httpx.TransportError, httpx.InvalidURL, UnusableAnswerError) as error:
            raise broken_posting(error, about) from error
        if 200 <= answer.status < 300:
            return answer
        raise posting_error(answer.status, answer.headers, self._clock.now(), about)

    def close(self) -> None:
        """Let go of the connections; the next request opens new ones."""
        if self._client is not None:
            self._client.close()
            self._client = None

    def _opened(self) -> BoundedTransport:
        # Made on first use: it reads the system's certificates, and building a channel touches nothing.
        if self._client is None:
            self._client = BoundedTransport(self._deadline)
        return self._client


def reading_error(status: int, headers: Mapping[str, str], now: datetime, about: str) -> ChannelError:
    """What a status means for a reader."""
    if status == 429:
        return RateLimitedError(f"{about}: too many requests (HTTP 429)", retry_after(headers, now))
    if status in (408, 425) or not 300 <= status < 500:
        return TryLaterError(f"{about}: the server failed (HTTP {status})")
    return NeedsAttentionError(f"{about}: {_TO_DO.get(status, 'check the address and the settings')} (HTTP {status})")


def posting_error(status: int, headers: Mapping[str, str], now: datetime, about: str) -> ChannelError:
    """What a status means for whoever posted: only a clear refusal says that nothing was published."""
    match status:
        case 429:
            return RateLimitedError(f"{about}: too many requests (HTTP 429)", retry_after(headers, now))
        case 401 | 402 | 403:
            return NeedsAttentionError(f"{about}: posting was refused (HTTP {status}); check the account's rights")
        case 408:
            return OutcomeUnknownError(f"{about}: the server gave up on the request (HTTP 408)")
        case _ if 400 <= status < 500:
            return RejectedError(f"{about}: the platform refused it (HTTP {status})")
        case _:
            return OutcomeUnknownError(f"{about}: no usable answer (HTTP {status})")


def broken_reading(error: Exception, about: str) -> TryLaterError:
    """What a fault of the network, or an answer beyond its bounds, means for a reader."""
    return TryLaterError(f"{about}: {_named(error)}")


def broken_posting(error: Exception, about: str) -> TryLaterError | OutcomeUnknownError:
    """What a fault of the network means for whoever posted: known only if the connection never opened."""
    if never_opened(error):
        return TryLaterError(f"{about}: the connection did not open ({_named(error)})")
    return OutcomeUnknownError(f"{about}: the request may have left, no answer came ({_named(error)})")


def never_opened(error: BaseException) -> bool:
    """Whether a fault happened before a single byte of the request could leave.

    Client libraries wrap the fault in errors of their own: the whole chain is looked through.
    """
    seen: set[int] = set()
    waiting: list[object] = [error]
    while waiting:
        fault = waiting.pop()
        if not isinstance(fault, BaseException) or id(fault) in seen:
            continue
        if isinstance(fault, (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.InvalidURL)):
            return True
        seen.add(id(fault))
        waiting += [fault.__cause__, fault.__context__, getattr(fault, "original_exception", None), *fault.args]
    return False


def retry_after(headers: Mapping[str, str], now: datetime) -> timedelta | None:
    """How long the platform asks us to wait, between 1 s and an hour; None where it does not say so clearly.

    Read from Retry-After (seconds or an HTTP date), or else from the reset header of the platform's rate limit
    (seconds to go, a Unix time or an ISO time).
    """
    lower = {name.lower(): value for name, value in headers.items()}
    for name in ("retry-after", "x-rate-limit-reset", "x-ratelimit-reset", "ratelimit-reset"):
        wait = _wait(lower.get(name, ""), now)
        if wait is not None:
            return min(max(wait, timedelta(seconds=1)), LONGEST_WAIT)
    return None


def wait_asked(headers: Mapping[str, str], now: datetime) -> timedelta | None:
    """How long to wait before the next request because an answer says that none is left; None to go on."""
    lower = {name.lower(): value for name, value in headers.items()}
    for name in ("x-rate-limit-remaining", "x-ratelimit-remaining", "ratelimit-remaining"):
        if name in lower:
            left = _number(lower[name])
            return retry_after(headers, now) if left is not None and left < 1 else None
    return None


def _wait(value: str, now: datetime) -> timedelta | None:
    number = _number(value)
    if number is not None:
        # A figure of this size is a moment, not a duration: it lies after the year 2001.
        seconds = number - now.timestamp() if number > 1e9 else number
        return timedelta(seconds=max(min(seconds, LONGEST_WAIT.total_seconds()), 0))
    for read in (parsedate_to_datetime, datetime.fromisoformat):
        try:
            moment = read(value.strip())
            return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - now
        except (ValueError, TypeError, OverflowError):
            continue
    return None


def _number(value: str) -> float | None:
    try:
        number = float(value)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def host_of(url: str) -> str:
    """The host that a URL names, for a message; "?" where it names none."""
    try:
        return httpx.URL(url).host or "?"
    except httpx.InvalidURL:
        return "?"


def same_site(ours: str, theirs: str) -> bool:
    """Whether two URLs name one host and port; a step from http up to https on the default ports is the same."""
    try:
        a, b = httpx.URL(ours), httpx.URL(theirs)
    except httpx.InvalidURL:
        return False
    if b.scheme not in ("http", "https") or a.host != b.host:
        return False
    upgraded = a.scheme == "http" and b.scheme == "https" and a.port is None and b.port is None
    return upgraded or (a.scheme == b.scheme and a.port == b.port)


def _named(error: Exception) -> str:
    text = str(error)[:200]
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
