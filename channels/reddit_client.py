"""Reddit's API through praw: one request is one request, nothing sleeps, and every outcome is one of our errors."""

import re
import time
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import praw
import prawcore
import requests
from prawcore.rate_limit import RateLimiter
from prawcore.sessions import FiniteRetryStrategy

from channels.connection import Clock, Connection
from channels.http import broken_posting, broken_reading, posting_error, reading_error, wait_asked
from channels.requests_adapter import BoundedAdapter
from channels.untrusted import listed, mapping, text_of
from errors import (
    ChannelError,
    NeedsAttentionError,
    OutcomeUnknownError,
    RateLimitedError,
    RejectedError,
    TryLaterError,
)

API = "https://oauth.reddit.com"
SITE = "https://www.reddit.com"  # hands out the tokens, and is where people read
TEXT_LIMIT = 10_000  # characters of a comment; longer ones are refused as TOO_LONG - reddit.com/dev/api, read 2026-11
_RENEW_BEFORE = 120 * 10**9  # nanoseconds; prawcore uses a token until 10 s after it has expired
_BREAK = re.compile(r"(\d+(?:\.\d+)?)\s*(milli)?(second|minute|hour)", re.IGNORECASE)
_UNITS = {"second": 1, "minute": 60, "hour": 3600}


class _OneShot(FiniteRetryStrategy):
    """Never a second attempt: prawcore would repeat a POST after a 5xx or a time-out, and publish twice."""

    def should_retry_on_failure(self) -> bool:
        return False


class _NoLimiter(RateLimiter):
    """prawcore's limiter puts the calling thread to sleep, and fails on headers that are no whole numbers."""

    def delay(self) -> None:
        """Go on at once: the caller is told to wait, and decides."""

    def update(self, *, response_headers: Mapping[str, str]) -> None:
        """Keep nothing."""


class _StatusError(Exception):
    """The platform answered with anything but success; raised before prawcore makes something else of it."""

    def __init__(self, response: requests.Response) -> None:
        super().__init__(f"HTTP {response.status_code}")
        self.response = response


class _Requestor(prawcore.Requestor):
    """Keeps the headers of the last answer."""

    headers: Mapping[str, str] = {}

    def request(self, *args: Any, timeout: float | None = None, **kwargs: Any) -> requests.Response:
        self.headers = {}
        response = super().request(*args, timeout=timeout, **kwargs)
        self.headers = response.headers
        if not 200 <= response.status_code < 300:
            raise _StatusError(response)
        return response


class RedditClient:
    """One account's way to Reddit."""

    def __init__(self, connection: Connection, clock: Clock) -> None:
        base = connection.base_url.rstrip("/") or API
        # Reddit itself hands out tokens on another host than its API; any other server does both.
        self.site = SITE if urlsplit(base).hostname == urlsplit(API).hostname else base
        self.me = (connection.secrets.get("username") or connection.handle).removeprefix("u/")
        self._base = base
        self._connection = connection
        self._clock = clock
        self._reddit: praw.Reddit | None = None
        self._requestor: _Requestor | None = None

    @property
    def wait(self) -> timedelta | None:
        """What the last answer asks us to wait before the next request; None when it asks nothing."""
        return wait_asked(self._requestor.headers, self._clock.now()) if self._requestor else None

    def read(self, path: str, about: str, params: Mapping[str, str]) -> Any:
        """One GET; a token that was refused is renewed once, for reading may be repeated."""
        renewed = self._authorise()
        try:
            return self._request("GET", path, params=dict(params))
        except _StatusError as error:
            if error.response.status_code != 401 or renewed:
                raise self._refused_reading(error, about) from error
        except prawcore.RequestException as error:
            raise broken_reading(_cause(error), about) from error
        except (prawcore.PrawcoreException, RecursionError) as error:
            raise TryLaterError(f"{about}: the answer is not the JSON that was due") from error
        self._forget_token()
        return self.read(path, about, params)

    def post(self, path: str, about: str, fields: Mapping[str, str]) -> Any:
        """One POST, never repeated; the answer may still hold errors, see `refusal`."""
        self._authorise()
        try:
            return self._request("POST", path, data=dict(fields))
        except _StatusError as error:
            if error.response.status_code == 401:
                self._forget_token()
            response = error.response
            raise posting_error(response.status_code, response.headers, self._clock.now(), about) from error
        except prawcore.RequestException as error:
            raise broken_posting(_cause(error), about) from error
        except (prawcore.PrawcoreException, RecursionError) as error:
            raise OutcomeUnknownError(f"{about}: the answer is not the JSON that was due") from error

    def _request(self, method: str, path: str, **content: Any) -> Any:
        # Not praw's own post(): that one sleeps and posts again when Reddit asks for a break of milliseconds.
        return self._opened().request(method=method, path=path, **content)

    def _refused_reading(self, error: _StatusError, about: str) -> ChannelError:
        return reading_error(error.response.status_code, error.response.headers, self._clock.now(), about)

    def _authorise(self) -> bool:
        """Have a token that will last for a while; True when it is a new one. Publishes nothing, whatever happens."""
        authorizer: Any = self._core().authorizer
        if authorizer.is_valid() and authorizer._expiration_timestamp_ns - time.monotonic_ns() > _RENEW_BEFORE:
            return False
        about = f"the token of u/{self.me}"
        try:
            authorizer.refresh()
        except _StatusError as error:
            raise self._refused_reading(error, about) from error
        except prawcore.RequestException as error:
            raise broken_reading(_cause(error), about) from error
        except prawcore.OAuthException as error:
            # Reddit refuses a wrong password with status 200.
            raise NeedsAttentionError(
                f"{about} was refused ({error.error}); check client_id, client_secret, username and password"
            ) from error
        except (ValueError, TypeError, LookupError, AttributeError, RecursionError) as error:
            raise TryLaterError(f"{about}: the answer is not the JSON that was due") from error
        if not authorizer.is_valid():
            raise TryLaterError(f"{about}: it had expired when it came")
        return True

    def _forget_token(self) -> None:
        authorizer: Any = self._core().authorizer
        authorizer._clear_access_token()

    def _core(self) -> Any:
        return self._opened()._core

    def _opened(self) -> praw.Reddit:
        if self._reddit is None:
            secrets = self._connection.secrets
            missing = [name for name in ("client_id", "client_secret") if not secrets.get(name)]
            if missing:
                raise NeedsAttentionError(f"the Reddit account u/{self.me} lacks the secret {missing[0]}; give it")
            session = requests.Session()
            session.trust_env = False  # a .netrc would replace the token; proxies are the adapter's affair
            adapter = BoundedAdapter(self._connection.timeout, self._clock)
            session.mount("https://", adapter)
            session.mount("http://", adapter)
            self._reddit = praw.Reddit(
                "DEFAULT",  # whatever section of a praw.ini the environment names is not ours
                requestor_class=_Requestor,
                requestor_kwargs={"session": session},
                client_id=secrets["client_id"],
                client_secret=secrets["client_secret"],
                username=secrets.get("username") or None,
                password=secrets.get("password") or None,
                # github.com/reddit-archive/reddit/wiki/API asks for this form, read 2026-11.
                user_agent=f"python:ouvidor:v0.1 (by /u/{self.me})",
                oauth_url=f"{self._base}/",  # paths are joined relatively: without the slash a prefix is lost
                reddit_url=self.site,
                check_for_updates=False,
                check_for_async=False,
                ratelimit_seconds=0,
            )
            core: Any = self._reddit._core
            core._retry_strategy_class = _OneShot
            core._rate_limiter = _NoLimiter(window_size=600)
            self._requestor = core.requestor
        return self._reddit


def refusal(answer: object, about: str) -> ChannelError | None:
    """What the errors in an answer of HTTP 200 mean; None when there are none.

    Reddit names errors of writing by code, sentence and field - reddit.com/dev/api, read 2026-11.
    """
    body = mapping(mapping(answer).get("json"))
    errors = [listed(error) or [error] for error in listed(body.get("errors"))]
    if not errors:
        return None
    code, sentence = text_of(errors[0][0]) or "?", text_of(errors[0][1]) if len(errors[0]) > 1 else ""
    text = f"{about}: {sentence[:200]} ({code[:60]})"
    match code:
        case "RATELIMIT" | "QUOTA_FILLED":
            return RateLimitedError(text, _break_asked(sentence, body.get("ratelimit")))
        case "USER_REQUIRED" | "BAD_CAPTCHA" | "USER_SUSPENDED":
            return NeedsAttentionError(text)
        case "RESTRICTED_TO_PM" | "NOT_WHITELISTED_BY_USER_MESSAGE":
            return RejectedError(f"{text}: they take no messages from this account; answer in public")
        case _:
            return RejectedError(text)


def _break_asked(sentence: str, seconds: object) -> timedelta | None:
    """How long a break Reddit asks for, in figures or in words."""
    if isinstance(seconds, (int, float)) and not isinstance(seconds, bool) and 0 < seconds < 86_400:
        return timedelta(seconds=int(seconds) + 1)
    found = _BREAK.search(sentence)
    if found is None:
        return None
    count = float(found[1][:9]) * _UNITS[found[3].lower()] / (1000 if found[2] else 1)
    return timedelta(seconds=min(max(count, 1), 86_400))


def _cause(error: prawcore.RequestException) -> Exception:
    return error.original_exception
