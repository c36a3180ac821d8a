"""Mastodon's API through Mastodon.py: one account's client within bounds, and what its errors mean for us."""

import re
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

from mastodon import Mastodon, MastodonError

from channels.connection import Clock, Connection
from channels.http import host_of, parsed_json
from channels.mastodon_text import Limits, is_id
from channels.noted import LIBRARY_FAULTS, LeanSession, NotingAdapter, fault, pause
from channels.transport import UnusableAnswerError
from errors import ChannelError, NeedsAttentionError, RejectedError, SettingsError, TryLaterError

NOTIFICATIONS = 80  # a page - docs.joinmastodon.org/methods/notifications, read 2026-11
STATUSES = 40  # a page - docs.joinmastodon.org/methods/timelines, read 2026-11
LOOKED_UP = 20  # ids a look-up; a server refuses more - app/controllers/api/v1/statuses_controller.rb, read 2026-11
# Posts are counted over three hours, everything else over less - docs.joinmastodon.org/api/rate-limits, read 2026-11.
LONGEST_WAIT = timedelta(hours=3)

# A 403 that speaks of the token or the account, and not of one post
# - docs.joinmastodon.org/entities/Error and app/controllers/api/base_controller.rb, read 2026-11.
_ACCOUNT_TROUBLE = re.compile(
    r"outside the authorized scopes|insufficient.scope|login is (?:currently|missing)|account is (?:suspended|disabled"
    r"|frozen|pending)|confirmed e-?mail|pending approval|authenticated user",
    re.IGNORECASE,
)


_RELATION = re.compile(r"""rel=["']?(\w+)""", re.IGNORECASE)


class _Library(Mastodon):
    """The library without its foretelling, which asks the instance about itself before a timeline is read."""

    def timeline_is_available(self, *_: object, **__: object) -> bool:
        """The timeline's own answer says it better."""
        return True


_LIMITS: dict[str, Limits] = {}  # by instance: asked once a process, for whoever counts must not touch the network


class MastodonClient:
    """What one account reads and writes on its instance. Building it touches nothing."""

    def __init__(self, connection: Connection, clock: Clock) -> None:
        self.base = connection.base_url.rstrip("/")
        if not self.base:
            raise SettingsError("a mastodon account needs base_url: the address of its instance")
        self._connection = connection
        self._clock = clock
        self._adapter = NotingAdapter(connection.timeout, clock)
        # The library's types take several milliseconds an entry, and drop what they do not expect.
        self._adapter.hollow = True
        self._library: Mastodon | None = None
        self._id = connection.external_id

    @property
    def about(self) -> str:
        return f"Mastodon account @{self._connection.handle} on {host_of(self.base)}"

    def pause(self) -> timedelta | None:
        """What the rate headers of the last answer ask for before the next request; many servers send none."""
        return pause(self._adapter.last, self._clock.now(), LONGEST_WAIT)

    @property
    def host(self) -> str:
        return host_of(self.base)

    def own_names(self) -> set[str]:
        """How texts may name the account, in small letters."""
        name = self._connection.handle.partition("@")[0].lower()
        return {name, f"{name}@{self.host}", self._connection.handle.lower()}

    def is_us(self, account: object) -> bool:
        """Whether an account of an answer is ours: by its id where we know it, else by its local name."""
        if not isinstance(account, dict):
            return False
        if self._id and account.get("id"):
            return str(account["id"]) == self._id
        name, _, domain = self._connection.handle.partition("@")
        acct, _, theirs = str(account.get("acct") or "").partition("@")
        return acct.casefold() == name.casefold() and theirs.casefold() in ("", domain.casefold(), host_of(self.base))

    def own_id(self) -> str:
        """The id of the account, asked for once when the settings do not give it."""
        if not self._id:
            found = _dict(self._read(lambda m: m.account_verify_credentials())).get("id")
            if not isinstance(found, str | int) or not is_id(str(found)):
                raise TryLaterError(f"{self.about}: the server did not say who we are")
            self._id = str(found)
        return self._id

    def notifications(self, since: str | None, until: str | None) -> list[dict[str, Any]]:
        """One page of mentions, newest first."""
        return self._list(
            lambda m: m.notifications(types=["mention"], since_id=since, max_id=until, limit=NOTIFICATIONS)
        )

    def hashtag(self, tag: str, since: str | None, until: str | None) -> list[dict[str, Any]]:
        """One page of the posts with a hashtag that the instance knows of, newest first."""
        return self._list(lambda m: m.timeline_hashtag(tag, since_id=since, max_id=until, limit=STATUSES))

    def own_statuses(self, since: str | None, until: str | None) -> list[dict[str, Any]]:
        """One page of what the account itself posted, newest first."""
        own_id = self.own_id()
        return self._list(lambda m: m.account_statuses(own_id, since_id=since, max_id=until, limit=STATUSES))

    def is_last_page(self) -> bool:
        """Whether the last answer links to newer posts and to no older ones; False where the server links to nothing.

        docs.joinmastodon.org/api/guidelines#pagination, read 2026-11.
        """
        last = self._adapter.last
        links = next((value for name, value in last.headers.items() if name.lower() == "link"), "") if last else ""
        relations = {relation.lower() for relation in _RELATION.findall(links)}
        return "prev" in relations and "next" not in relations

    def statuses(self, ids: Sequence[str]) -> list[dict[str, Any]] | None:
        """Those of up to 20 posts that can be shown; None where the server knows no such look-up (before 4.3)."""
        try:
            return self._list(lambda m: m.statuses(list(ids)))
        except (NeedsAttentionError, TryLaterError):
            last = self._adapter.last
            if last is not None and last.status not in (401, 403) and last.status < 500:
                return None
            raise

    def status(self, status_id: str) -> dict[str, Any] | None:
        """One post; None when the server says that it is not there."""
        return self._one(lambda m: m.status(status_id))

    def context(self, status_id: str) -> dict[str, Any] | None:
        """What stands above and below a post; None when the server says that the post is not there."""
        return self._one(lambda m: m.status_context(status_id))

    def publish(self, text: str, to: str, key: str, visibility: str, language: str | None) -> dict[str, Any]:
        """Post a reply: one request. A server that has seen the key within the hour answers with the first post."""
        posted = self._call(
            lambda m: m.status_post(
                text, in_reply_to_id=to, idempotency_key=key, visibility=visibility, language=language
            ),
            posting=True,
        )
        return _dict(posted)

    def limits(self) -> Limits:
        """How the instance counts, as far as it is known by now; never touches the network."""
        options, known = self._connection.options, _LIMITS.get(self.base, Limits())
        return Limits(
            _positive(options.get("max_characters"), known.characters),
            _positive(options.get("characters_reserved_per_url"), known.per_url),
        )

    def learn_limits(self) -> None:
        """Ask the instance how it counts, once; a failure leaves the usual figures in force."""
        if self.base in _LIMITS:
            return
        found = Limits()
        try:
            rules = _dict(_dict(_dict(self._read(lambda m: m.instance_v2())).get("configuration")).get("statuses"))
            found = Limits(
                _positive(rules.get("max_characters"), found.characters),
                _positive(rules.get("characters_reserved_per_url"), found.per_url),
            )
        except ChannelError:
            pass  # older and compatible servers do not tell
        _LIMITS[self.base] = found

    def _one(self, ask: Callable[[Mastodon], object]) -> dict[str, Any] | None:
        try:
            return _dict(self._read(ask))
        except NeedsAttentionError:
            # Only the API's own words count: a wrong address answers 404 as well, and this is grounds for erasing.
            last = self._adapter.last
            if last is not None and last.status in (404, 410) and self._reason():
                return None
            raise

    def _list(self, ask: Callable[[Mastodon], object]) -> list[dict[str, Any]]:
        body = self._read(ask)
        if not isinstance(body, list) or not all(isinstance(entry, dict) for entry in body):
            raise TryLaterError(f"{self.about}: the server answered without the list that was due")
        return body

    def _read(self, ask: Callable[[Mastodon], object]) -> object:
        return self._call(ask, posting=False)

    def _call(self, ask: Callable[[Mastodon], object], *, posting: bool) -> object:
        """The body of the answer, as it came."""
        if not self._connection.secrets.get("access_token"):
            raise NeedsAttentionError(f"{self.about} has no secret access_token; give one")
        self._adapter.last = None  # what fails before it is sent must not be read by an older answer
        trouble: Exception | None = None
        try:
            ask(self._opened())
        except (MastodonError, *LIBRARY_FAULTS) as error:
            trouble = error
        last = self._adapter.last
        if trouble is not None and (last is None or not last.is_good):
            raise self._meaning(trouble, posting=posting) from trouble
        try:
            # A good answer counts even where the library trips over it.
            body = parsed_json(last.body if last is not None else b"")
        except UnusableAnswerError as error:
            raise self._meaning(error, posting=posting) from error
        return body

    def _opened(self) -> Mastodon:
        if self._library is None:
            session = LeanSession()
            for scheme in ("https://", "http://"):
                session.mount(scheme, self._adapter)
            self._library = _Library(
                access_token=self._connection.secrets["access_token"],
                api_base_url=self.base,
                ratelimit_method="throw",
                request_timeout=self._connection.timeout.total_seconds(),
                version_check_mode="none",
                session=session,
                user_agent="ouvidor",
            )
        return self._library

    def _meaning(self, error: Exception, *, posting: bool) -> ChannelError:
        noted, reason = self._adapter.last, self._reason()
        about = f"{self.about} ({reason})" if reason else self.about
        if noted is not None and noted.status == 401:
            return NeedsAttentionError(f"{about}: the access token is refused (HTTP 401); make a new one in its place")
        if noted is not None and noted.status == 403 and posting and not _ACCOUNT_TROUBLE.search(reason):
            return RejectedError(f"{about}: the server refused the reply (HTTP 403)")
        return fault(error, noted, about, self._clock.now(), LONGEST_WAIT, posting=posting)

    def _reason(self) -> str:
        """The server's own words for what went wrong; "" where it says none."""
        last = self._adapter.last
        if last is None or last.is_good:
            return ""
        try:
            said = _dict(parsed_json(last.body)).get("error")
        except UnusableAnswerError:
            return ""
        return " ".join(said.split())[:300] if isinstance(said, str) else ""


def _dict(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _positive(value: object, otherwise: int) -> int:
    is_usable = isinstance(value, int) and not isinstance(value, bool) and 0 < value <= 1_000_000
    return value if is_usable and isinstance(value, int) else otherwise
