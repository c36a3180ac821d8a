"""How the contract suites reach each channel in the sandbox: a new channel adds one Stage."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from channels.connection import Connection, SourceConfig
from sandbox import credentials, messages
from sandbox.records import BRAND_HANDLES
from sandbox.sample import sample_settings
from sandbox.state import Person, Post, State
from tests.contract.weather import Seen


@dataclass(frozen=True)
class Stage:
    """One channel, with what it takes to set it up and to tell its requests apart."""

    channel: str  # as in the registries
    network: str  # as the sandbox calls it
    source: SourceConfig
    publishes: tuple[str, str]  # the method and the end of the path of the request that publishes a reply
    tells: tuple[str, str] = ("", "")  # the same of the request that sends a private reply; "" without such a way
    kind: str = "post"  # what a customer publishes there
    secrets: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[str, object] = field(default_factory=dict)
    tokens: tuple[str, ...] = ()  # ends of the paths that hand out tokens: their POST publishes nothing
    by_hand: bool = False
    limited: bool = True  # whether the platform limits the length of a reply
    page: int = 100  # mentions that the listener gets with one request
    wraps_links: bool = False  # whether the platform shows links as links of its own
    refuses_repeats: bool = False  # whether the platform takes the same text from us only once
    opens_with: str = ""  # what a customer's text has to begin with, to address the brand
    inside: bool = False  # customers speak inside somebody's thread, not in one of their own
    strange_id: str = "1"  # an id as the network makes them, of a post that never was
    facts: Mapping[str, str] = field(default_factory=dict)  # what the sandbox holds of a post besides its text

    def connection(self, base_url: str, state: State, timeout: timedelta) -> Connection:
        brand = state.brand(self.network)
        return Connection(
            channel=self.channel,
            base_url=f"{base_url}/{self.network}",
            place=f"{self.network}.test",
            handle=brand.handle,
            external_id=brand.external_id,
            secrets=self.secrets,
            options=self.options,
            timeout=timeout,
        )

    def is_publishing(self, seen: Seen) -> bool:
        return _is(self.publishes, seen)

    def is_telling(self, seen: Seen) -> bool:
        return _is(self.tells, seen)

    def is_token(self, seen: Seen) -> bool:
        return any(seen.path.rstrip("/").endswith(end) for end in self.tokens)

    def is_reading(self, seen: Seen) -> bool:
        """Whatever is asked besides tokens, robots.txt and what is published."""
        return seen.method == "GET" and not self.is_token(seen) and not seen.path.endswith("/robots.txt")

    def is_writing(self, seen: Seen) -> bool:
        """Whatever could change something on the platform."""
        return seen.method != "GET" and not self.is_token(seen)

    def publish(
        self,
        state: State,
        text: str,
        *,
        by: Person | None = None,
        posted_at: datetime | None = None,
        within: Post | None = None,
    ) -> Post:
        """A customer speaks to the brand; `within` is the post in whose thread."""
        person = by or state.add_person(self.network, "maria.souza", "Maria Souza", 120)
        if within is None and self.inside:
            other = state.add_person(self.network, "someone", "Someone", 3)
            within = state.publish(other, "A thread", kind="post", addresses_brand=False, posted_at=posted_at)
        return state.publish(
            person,
            f"{self.opens_with}{text}",
            kind=self.kind,
            parent=within.external_id if within else None,
            thread=within.thread if within else None,
            addresses_brand=True,
            extra=self.facts,
            posted_at=posted_at,
        )

    def answer(self, state: State, post: Post, text: str) -> Post:
        """The brand answers by hand, before everybody."""
        kind = "answer" if self.kind == "complaint" else "comment"
        return state.answer(self.network, text, parent=post.external_id, thread=post.thread, kind=kind)

    def tell(self, state: State, post: Post, text: str) -> Post:
        """The brand answers by hand, to the person alone."""
        brand, extra = state.brand(self.network), {"visibility": "private"}
        match self.network:
            case "reddit":
                on = post if post.kind == "message" else None
                return messages.send(state, brand, post.person, "[direct chat room]", text, on=on)
            case "mastodon":
                text, extra = f"@{post.person.handle} {text}", {"visibility": "direct"}
        kind = "answer" if self.kind == "complaint" else "comment"
        return state.answer(self.network, text, parent=post.external_id, thread=post.thread, kind=kind, extra=extra)

    def whisper(self, state: State, text: str) -> Post:
        """A customer speaks to the brand alone, of their own accord."""
        person = state.add_person(self.network, "maria.souza", "Maria Souza", 120)
        match self.network:
            case "reddit":
                return messages.send(state, person, state.brand("reddit"), "Meu pedido", text)
            case "mastodon":
                return state.publish(person, f"{self.opens_with}{text}", kind="post", extra={"visibility": "direct"})
        complaint = self.publish(state, "Não chegou", by=person)
        return state.publish(
            person,
            text,
            kind="replica",
            parent=complaint.external_id,
            thread=complaint.thread,
            extra={"visibility": "private"},
        )


def _is(request: tuple[str, str], seen: Seen) -> bool:
    method, end = request
    return bool(end) and seen.method == method and seen.path.rstrip("/").endswith(end)


def _sample_options(channel: str) -> Mapping[str, object]:
    """The options of a channel's account in the settings that the sandbox prints for its users."""
    accounts = tomllib.loads(sample_settings("http://127.0.0.1:1"))["account"]
    (options,) = (account.get("options", {}) for account in accounts if account["channel"] == channel)
    return {str(key): value for key, value in options.items()}


STAGES: Mapping[str, Stage] = {
    stage.channel: stage
    for stage in (
        Stage(
            channel="x",
            network="x",
            source=SourceConfig(kind="mentions"),
            publishes=("POST", "/2/tweets"),
            secrets={
                "bearer_token": credentials.X_BEARER_TOKEN,
                "consumer_key": credentials.X_CONSUMER_KEY,
                "consumer_secret": credentials.X_CONSUMER_SECRET,
                "access_token": credentials.X_ACCESS_TOKEN,
                "access_token_secret": credentials.X_ACCESS_TOKEN_SECRET,
            },
            opens_with=f"@{BRAND_HANDLES['x']} ",
            wraps_links=True,  # t.co
            refuses_repeats=True,
        ),
        Stage(
            channel="reddit",
            network="reddit",
            source=SourceConfig(kind="inbox"),
            publishes=("POST", "/api/comment"),
            tells=("POST", "/api/compose"),
            kind="comment",
            secrets={
                "client_id": credentials.REDDIT_CLIENT_ID,
                "client_secret": credentials.REDDIT_CLIENT_SECRET,
                "username": BRAND_HANDLES["reddit"],
                "password": credentials.REDDIT_PASSWORD,
            },
            tokens=("/api/v1/access_token",),
            opens_with=f"u/{BRAND_HANDLES['reddit']} ",
            inside=True,
            strange_id="t1_zzz",
        ),
        Stage(
            channel="mastodon",
            network="mastodon",
            source=SourceConfig(kind="notifications"),
            publishes=("POST", "/api/v1/statuses"),
            tells=("POST", "/api/v1/statuses"),
            secrets={"access_token": credentials.MASTODON_ACCESS_TOKEN},
            opens_with=f"@{BRAND_HANDLES['mastodon']} ",
            page=80,
        ),
        Stage(
            channel="reclame_aqui",
            network="reclame_aqui",
            source=SourceConfig(kind="tickets"),
            publishes=("POST", "/message/public"),
            tells=("POST", "/message/private"),
            kind="complaint",
            secrets={
                "client_id": credentials.RECLAME_AQUI_CLIENT_ID,
                "client_secret": credentials.RECLAME_AQUI_CLIENT_SECRET,
            },
            tokens=("/auth/oauth/token",),
            page=50,
            limited=False,
            facts={"title": "Pedido atrasado"},
        ),
        Stage(
            channel="complaint_page",
            network="complaints",
            source=SourceConfig(kind="page", query=f"empresa/{BRAND_HANDLES['complaints']}"),
            options=_sample_options("complaint_page"),
            publishes=("POST", ""),
            strange_id="zzzzz",
            kind="complaint",
            by_hand=True,
            page=20,
            limited=False,
            facts={"title": "Pedido atrasado"},
        ),
    )
}
