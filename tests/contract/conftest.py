"""The world of the contract suites: the sandbox on a virtual clock, with weather in front of it."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol, cast

import pytest

from channels.connection import Connection
from errors import RateLimitedError
from listeners import build_listener
from listeners.base import HeardMention, Listener, Page
from models import ReplyPurpose
from responders import build_responder
from responders.base import OutgoingReply, OwnTimeline, Responder
from sandbox.clock import VirtualClock
from sandbox.server import build_app
from sandbox.state import Post, State
from tests.contract.asgi import Loop
from tests.contract.stages import STAGES, Stage
from tests.contract.weather import Weather

START = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
CALM = timedelta(seconds=20)  # nobody waits that long: on a loaded machine it must never run out
SHORT = timedelta(seconds=0.4)  # for faults that are over only when the client gives up
MOST_ROUNDS = 60


class Patient(Protocol):
    """A case of bad weather."""

    @property
    def patience(self) -> timedelta:
        """How long the client waits for an answer."""


def in_brief(cases: Mapping[str, Patient]) -> list[Any]:
    """The cases of a parametrised test; those that are over only when the client gives up take long."""
    return [
        pytest.param(case, id=name, marks=[pytest.mark.slow] if case.patience is SHORT else [])
        for name, case in cases.items()
    ]


@dataclass
class World:
    """One channel of the sandbox, the clock that both sides share, and the weather between them."""

    stage: Stage
    state: State
    clock: VirtualClock
    weather: Weather

    def connection(self, timeout: timedelta = CALM, base_url: str | None = None) -> Connection:
        return self.stage.connection(base_url or self.weather.url, self.state, timeout)

    def listener(self, timeout: timedelta = CALM, base_url: str | None = None) -> Listener:
        return build_listener(self.connection(timeout, base_url), self.stage.source, self.clock)

    def responder(self, timeout: timedelta = CALM, base_url: str | None = None) -> Responder:
        return build_responder(self.connection(timeout, base_url), self.clock)

    def timeline(self, responder: Responder | None = None, timeout: timedelta = CALM) -> OwnTimeline:
        """A responder that can show the account's own posts."""
        found = responder or self.responder(timeout)
        assert hasattr(found, "own_posts"), f"{self.stage.channel} shows no posts of its own"
        return cast(OwnTimeline, found)

    def publish(
        self, *texts: str, apart: timedelta = timedelta(seconds=1), posted_at: datetime | None = None
    ) -> list[Post]:
        """Customers speak, one after the other; at `posted_at` all at once."""
        posts = []
        with self.state.transaction():
            for text in texts:
                if posted_at is None:
                    self.clock.advance(apart)
                posts.append(self.stage.publish(self.state, text, posted_at=posted_at))
        return posts

    def pages(self, listener: Listener, cursor: str | None) -> Iterator[Page]:
        """The pages of one fetch, with the waits that they ask for."""
        for page in listener.fetch(cursor):
            yield page
            if page.wait is not None:
                self.clock.advance(page.wait)

    def hear(
        self, cursor: str | None = None, listener: Listener | None = None
    ) -> tuple[dict[str, HeardMention], str | None]:
        """Everything since a cursor and the last safe cursor; told to wait, it waits and goes on from there."""
        listener = listener or self.listener()
        heard: dict[str, HeardMention] = {}
        for _ in range(MOST_ROUNDS):
            try:
                for page in self.pages(listener, cursor):
                    heard |= {mention.external_id: mention for mention in page.mentions}
                    cursor = page.cursor if page.cursor is not None else cursor
            except RateLimitedError as error:
                self.clock.advance(error.retry_after or timedelta(minutes=1))
                continue
            self.clock.advance(timedelta(minutes=1))
            return heard, cursor
        raise AssertionError(f"{MOST_ROUNDS} rounds were not enough to hear everything")

    def reply_to(
        self, post: Post, body: str = "Olá! Já vimos o seu pedido.", sequence: int = 1, *, private: bool = False
    ) -> OutgoingReply:
        """A reply to a post, approved now, with what the listener said of it."""
        heard, _ = self.hear()
        mention = heard[post.external_id]
        return OutgoingReply(
            key=f"key-{post.external_id}-{sequence}",
            body=body,
            purpose=ReplyPurpose.ANSWER,
            mention_external_id=mention.external_id,
            mention_url=mention.url,
            mention_posted_at=mention.posted_at,
            thread_external_id=mention.thread_external_id or mention.external_id,
            author_handle=mention.author.handle if mention.author else "",
            approved_at=self.clock.now(),
            visibility=mention.visibility,
            lang="pt",
            private=private,
            extra=mention.extra,
        )

    def answers(self) -> list[Post]:
        """What the brand has published."""
        return self.state.posts(self.stage.network, by_brand=True)


MakeWorld = Callable[[str], World]


@pytest.fixture(scope="session")
def loop() -> Iterator[Loop]:
    with Loop() as running:
        yield running


@pytest.fixture(scope="session")
def weather() -> Iterator[Weather]:
    with Weather() as running:
        yield running


@pytest.fixture
def make_world(tmp_path: Path, loop: Loop, weather: Weather) -> Iterator[MakeWorld]:
    """Builds the world of a channel; it ends with the test."""
    states: list[State] = []

    def make(channel: str) -> World:
        clock = VirtualClock(START)
        state = State(tmp_path / f"{channel}.sandbox.db", clock)
        states.append(state)
        return World(STAGES[channel], state, clock, weather.over(loop.asking(build_app(state))))

    yield make
    for state in states:
        state.close()


@pytest.fixture(params=sorted(STAGES))
def world(request: pytest.FixtureRequest, make_world: MakeWorld) -> World:
    """The world of each channel in turn."""
    return make_world(request.param)


@pytest.fixture(params=sorted(channel for channel, stage in STAGES.items() if stage.tokens))
def token_world(request: pytest.FixtureRequest, make_world: MakeWorld) -> World:
    """The world of each channel that asks for a token first."""
    return make_world(request.param)


@pytest.fixture(params=sorted(channel for channel, stage in STAGES.items() if not stage.by_hand))
def posting_world(request: pytest.FixtureRequest, make_world: MakeWorld) -> World:
    """The world of each channel that lets a program post."""
    return make_world(request.param)


@pytest.fixture(params=sorted(channel for channel, stage in STAGES.items() if stage.tells[1]))
def private_world(request: pytest.FixtureRequest, make_world: MakeWorld) -> World:
    """The world of each channel where one person alone can be answered."""
    return make_world(request.param)


@pytest.fixture(params=sorted(channel for channel, stage in STAGES.items() if stage.limited))
def limited_world(request: pytest.FixtureRequest, make_world: MakeWorld) -> World:
    """The world of each channel that limits the length of a reply."""
    return make_world(request.param)


@pytest.fixture(params=sorted(channel for channel, stage in STAGES.items() if stage.by_hand))
def by_hand_world(request: pytest.FixtureRequest, make_world: MakeWorld) -> World:
    """The world of each channel where a person must post."""
    return make_world(request.param)
