"""X API v2 through tweepy: one account's client within bounds, and what X's errors mean for us."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import tweepy

from channels.connection import Clock, Connection
from channels.http import parsed_json
from channels.noted import LIBRARY_FAULTS, LeanSession, Noted, NotingAdapter, fault, pause
from channels.transport import UnusableAnswerError
from errors import ChannelError, NeedsAttentionError, RejectedError, TryLaterError

OFFICIAL = ("https://api.x.com", "https://api.twitter.com")
PAGE = 100  # posts a page and ids a look-up - docs.x.com/x-api/posts/timelines/introduction, read 2026-11
# Windows last 15 minutes, those of a day reset within it; asking once an hour costs nothing
# - docs.x.com/x-api/fundamentals/rate-limits, read 2026-11.
LONGEST_WAIT = timedelta(hours=1)
_OAUTH1 = ("consumer_key", "consumer_secret", "access_token", "access_token_secret")

# Everything that a mention is made of; X leaves out what is not asked for
# - docs.x.com/x-api/fundamentals/data-dictionary, read 2026-11.
FIELDS: Mapping[str, Sequence[str]] = {
    "tweet_fields": [
        *("attachments", "author_id", "conversation_id", "created_at", "edit_history_tweet_ids", "entities"),
        *("in_reply_to_user_id", "lang", "note_tweet", "public_metrics", "referenced_tweets"),
    ],
    "expansions": ["author_id", "attachments.media_keys", "referenced_tweets.id", "referenced_tweets.id.author_id"],
    "user_fields": ["name", "username", "public_metrics", "url"],
    "media_fields": ["type", "url", "preview_image_url"],
}

# Problems of the app or the account, not of one post - docs.x.com/x-api/fundamentals/response-codes-and-errors,
# read 2026-11.
_ACCOUNT_PROBLEMS = ("client-forbidden", "oauth1-permissions", "unsupported-authentication", "not-authorized-for-field")
_ACCOUNT_TROUBLE = re.compile(
    r"oauth1 app permissions|access level|not enrolled|application-only|unsupported authentication"
    r"|(?:your|this) account (?:is |has been )?(?:temporarily |permanently )?(?:locked|suspended|restricted)",
    re.IGNORECASE,
)


class OutOfReachError(NeedsAttentionError):
    """X refuses an id as too old for the search that it bounds; `parameter` is since_id or until_id."""

    def __init__(self, message: str, parameter: str) -> None:
        super().__init__(message)
        self.parameter = parameter


class XClient:
    """What one account reads and writes on X. Building it touches nothing."""

    def __init__(self, connection: Connection, clock: Clock) -> None:
        self._connection = connection
        self._clock = clock
        base = connection.base_url.rstrip("/") or OFFICIAL[0]
        self._is_official = base in OFFICIAL
        self.web = str(connection.options.get("web_url") or ("https://x.com" if self._is_official else base)).rstrip(
            "/"
        )
        # An OAuth 1 signature covers the host that tweepy names: at the official one, requests go where it says.
        self._adapter = NotingAdapter(connection.timeout, clock, base_url=None if self._is_official else base)
        self._clients: dict[str, tuple[tweepy.Client, bool]] = {}
        self._id = connection.external_id

    @property
    def about(self) -> str:
        return f"X account @{self._connection.handle}"

    def pause(self) -> timedelta | None:
        """What the rate headers of the last answer ask for before the next request."""
        return pause(self._adapter.last, self._clock.now(), LONGEST_WAIT)

    def own_id(self) -> str:
        """The id of the account, looked up by its name once when the settings do not give it."""
        if not self._id:
            body = self._read("get_user", username=self._connection.handle)
            user = body.get("data")
            found = user.get("id") if isinstance(user, dict) else None
            if not isinstance(found, str) or not found.isdecimal():
                reason = reason_of(body)
                if not reason:
                    raise TryLaterError(f"{self.about}: the look-up of its id brought none")
                raise NeedsAttentionError(f"{self.about}: X does not know it ({reason}); check the handle")
            self._id = found
        return self._id

    def mentions(self, since: str | None, until: str | None, token: str | None) -> dict[str, Any]:
        """One page of the posts that mention the account, newest first."""
        wanted = {"since_id": since, "until_id": until, "pagination_token": token, "max_results": PAGE}
        return self._page("get_users_mentions", self.own_id(), **wanted, **FIELDS)

    def search(self, query: str, since: str | None, until: str | None, token: str | None) -> dict[str, Any]:
        """One page of the posts of the last seven days that a query finds, newest first."""
        wanted = {"since_id": since, "until_id": until, "next_token": token, "max_results": PAGE}
        return self._page("search_recent_tweets", query, **wanted, **FIELDS)

    def own_posts(self, since: str, token: str | None) -> dict[str, Any]:
        """One page of what the account itself posted after a post, newest first."""
        wanted = {"since_id": since, "pagination_token": token, "max_results": PAGE, "exclude": ["retweets"]}
        fields = ["created_at", "note_tweet", "referenced_tweets"]  # with id and text: what tells a reply of ours
        return self._page("get_users_tweets", self.own_id(), **wanted, tweet_fields=fields)

    def timeline(self, since: datetime, token: str | None) -> dict[str, Any]:
        """One page of all that the account posted since a moment, reposts too, newest first, with what it answers."""
        # X knows no earlier time - docs.x.com/x-api/users/get-posts, read 2026-11.
        start = max(since.astimezone(UTC), datetime(2010, 11, 6, tzinfo=UTC)).strftime("%Y-%m-%dT%H:%M:%SZ")
        fields = ["conversation_id", "created_at", "edit_history_tweet_ids", "entities", "note_tweet"]
        wanted = {"start_time": start, "pagination_token": token, "max_results": PAGE}
        return self._page(
            "get_users_tweets",
            self.own_id(),
            **wanted,
            tweet_fields=[*fields, "referenced_tweets"],
            expansions=["referenced_tweets.id"],
        )

    def posts(self, ids: Sequence[str]) -> dict[str, Any]:
        """Up to 100 posts by their ids; those that cannot be shown stand under `errors`."""
        body = self._read("get_tweets", list(ids), tweet_fields=FIELDS["tweet_fields"])
        if not isinstance(body.get("data"), list) and not isinstance(body.get("errors"), list):
            raise TryLaterError(f"{self.about}: X answered a look-up with neither posts nor errors")
        return body

    def reply(self, text: str, to: str) -> dict[str, Any]:
        """Publish a reply: one request."""
        return self._call("create_tweet", posting=True, text=text, in_reply_to_tweet_id=to)

    def _page(self, method: str, *args: object, **params: object) -> dict[str, Any]:
        body = self._read(method, *args, **params)
        # X reports some failures as a 200 with `errors` and no page: that must never pass for "no posts".
        meta, listed = body.get("meta"), body.get("data", [])
        if not isinstance(meta, dict) or not isinstance(listed, list) or (meta.get("result_count") and not listed):
            reason = reason_of(body)
            if body.get("errors") and reason:
                raise NeedsAttentionError(f"{self.about}: X shows no page ({reason}); check the account and its rights")
            raise TryLaterError(f"{self.about}: X answered without a page of posts")
        return body

    def _read(self, method: str, *args: object, **params: object) -> dict[str, Any]:
        return self._call(method, *args, posting=False, **params)

    def _call(self, method: str, *args: object, posting: bool, **params: object) -> dict[str, Any]:
        client, user_auth = self._client(posting=posting)
        call: Callable[..., object] = getattr(client, method)
        self._adapter.last = None  # what fails before it is sent must not be read by an older answer
        try:
            body = call(*args, user_auth=user_auth, **{name: value for name, value in params.items() if value})
            if not isinstance(body, dict):
                raise UnusableAnswerError("the body is not the JSON object that was due")
        except (tweepy.TweepyException, *LIBRARY_FAULTS) as error:
            raise self._meaning(error, posting=posting) from error
        return body

    def _client(self, *, posting: bool) -> tuple[tweepy.Client, bool]:
        """The library's client and whether it signs with OAuth 1; made on first use."""
        secrets = self._connection.secrets
        signing = all(secrets.get(name) for name in _OAUTH1)
        token = secrets.get("user_token", "")
        if not posting:
            token = secrets.get("bearer_token") or token
        if not token and not signing:
            wanted = "user_token, or " + ", ".join(_OAUTH1) if posting else "bearer_token"
            raise NeedsAttentionError(f"{self.about} has no secrets for this; give {wanted}")
        user_auth = signing and (posting or not token)
        kind = "oauth1" if user_auth else token
        if kind not in self._clients:
            client = tweepy.Client(
                None if user_auth else token,
                *((secrets[name] for name in _OAUTH1) if user_auth else ()),
                return_type=dict,
                wait_on_rate_limit=False,
            )
            client.session = LeanSession()
            for host in OFFICIAL:
                client.session.mount(host, self._adapter)
            self._clients[kind] = client, user_auth
        return self._clients[kind]

    def _meaning(self, error: Exception, *, posting: bool) -> ChannelError:
        noted, now = self._adapter.last, self._clock.now()
        problem = problem_of(noted)
        reason = reason_of(problem)
        about = f"{self.about} ({reason})" if reason else self.about
        if noted is None or noted.status < 400:
            return fault(error, noted, about, now, LONGEST_WAIT, posting=posting)
        if noted.status == 402 or _is_a(problem, "usage-capped"):
            return NeedsAttentionError(
                f"{about}: X's credits or its monthly cap are used up; add credits at console.x.com"
            )
        if noted.status == 401:
            return NeedsAttentionError(
                f"{about}: X refuses the token (HTTP 401); make a new one and put it in its place"
            )
        if noted.status == 403 and posting:
            return _forbidden(about, problem, reason)
        if noted.status == 400 and not posting:
            for parameter in ("since_id", "until_id"):
                if f"'{parameter}' must be a tweet id created after" in reason:
                    return OutOfReachError(about, parameter)
        return fault(error, noted, about, now, LONGEST_WAIT, posting=posting)


def _forbidden(about: str, problem: Mapping[str, Any], reason: str) -> ChannelError:
    """A 403 to a post is about this post, unless it says that it is about the app or the account."""
    if _ACCOUNT_TROUBLE.search(reason) or any(_is_a(problem, name) for name in _ACCOUNT_PROBLEMS):
        return NeedsAttentionError(f"{about}: X refuses the app or the account (HTTP 403); see to it at console.x.com")
    if "duplicate" in reason.lower():
        return RejectedError(f"{about}: X holds this very text of ours already; look whether the reply stands there")
    return RejectedError(f"{about}: X refused the reply (HTTP 403)")


def problem_of(noted: Noted | None) -> dict[str, Any]:
    """X's problem document; empty where the body is none."""
    if noted is None:
        return {}
    try:
        body = parsed_json(noted.body)
    except UnusableAnswerError:
        return {}
    return body if isinstance(body, dict) else {}


def reason_of(problem: Mapping[str, Any]) -> str:
    """X's own words for what went wrong, on one line; "" where it says none."""
    errors = problem.get("errors")
    listed = [entry for entry in errors if isinstance(entry, dict)] if isinstance(errors, list) else []
    for entry in (*listed, problem):
        for name in ("message", "detail", "title"):
            if isinstance(entry.get(name), str) and entry[name].strip():
                return " ".join(entry[name].split())[:300]
    return ""


def _is_a(problem: Mapping[str, Any], name: str) -> bool:
    errors = problem.get("errors")
    entries = [problem, *(errors if isinstance(errors, list) else [])]
    return any(isinstance(e, dict) and str(e.get("type", "")).rstrip("/").endswith(f"/{name}") for e in entries)


_EPOCH = 1_288_834_974_657  # ms; an id is (ms since here) << 22 | ... - docs.x.com/fundamentals/x-ids, read 2026-11
_FIRST_TIMED = 29_700_859_247  # the first id that carries its time, of 2010-11-04 - the same page


def time_of_id(post_id: str, now: datetime) -> datetime | None:
    """When a post was made, as its id says; None for an id that carries no time."""
    if not post_id.isdecimal() or len(post_id) > 19 or int(post_id) < _FIRST_TIMED:
        return None
    moment = datetime.fromtimestamp(((int(post_id) >> 22) + _EPOCH) / 1000, UTC)
    return moment if moment <= now + timedelta(days=1) else None


def id_at(moment: datetime) -> int:
    """The lowest id that a post made at this moment could have."""
    return max(int(moment.timestamp() * 1000) - _EPOCH, 0) << 22
