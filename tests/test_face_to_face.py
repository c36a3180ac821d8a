"""Two Ouvidors that answer each other: a day of it, and each has said one thing at most."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest
from sqlmodel import func, select
from starlette.responses import Response

from commands.apply import apply_settings
from database.engine import migrate, open_database, reading, transaction
from models import Reply
from sandbox.clock import VirtualClock
from sandbox.records import BRAND_HANDLES, BRAND_NAME, Post
from sandbox.server import DROPPED, Faults, SandboxServer
from sandbox.state import State
from scheduler import Runtime
from settings import AccountSettings, AcknowledgeRule, BrandSettings, Settings, SourceSettings, TriageRule
from tests.builders import NOON
from tests.contract.stages import STAGES
from tests.fakes import OneVerdict

pytestmark = pytest.mark.slow

DAY = timedelta(hours=24)
OFTEN, SELDOM = timedelta(seconds=30), timedelta(minutes=15)  # how often a source is read
KNOWN_AS = ("lojaaustral", "lojaboreal")  # each brand's name on the other's network
TEMPLATE = "Registramos sua reclamação com o protocolo {{ protocol }}."
TRIGGER = "Comprei com vocês faz um mês e até agora nada. Que vergonha de atendimento!"


class Line:
    """What lies between an Ouvidor and its network, and may swallow the answer to a post that stands all the same."""

    def __init__(self, network: str) -> None:
        self.swallows = False
        self._publishes = STAGES[network].publishes

    def after(self, _network: str, method: str, path: str) -> Response | None:
        if not self.swallows or (method, path) != self._publishes:
            return None
        self.swallows = False
        return DROPPED


@dataclass(frozen=True)
class House:
    """A brand, its Ouvidor and its own network, on which the other brand is one customer more."""

    network: str
    known_as: str  # elsewhere
    state: State
    line: Line
    runtime: Runtime
    twins: dict[str, str] = field(default_factory=dict)  # posts here, and the same ones on the other's network

    def said(self) -> list[Post]:
        """Whatever the brand posted, oldest first."""
        return self.state.select_posts("post.by_brand = 1")

    def approved(self) -> int:
        """Replies that somebody let out, whatever became of them."""
        with reading(self.runtime.engine) as session:
            return session.exec(select(func.count()).where(Reply.key != "")).one()


@dataclass(frozen=True)
class Bridge:
    """Shows what each brand posts on the other's network, as servers that federate do."""

    houses: tuple[House, House]
    keeps_threads: bool  # False: as where a post arrives whose parent does not

    def carry(self) -> None:
        """Show everything that was posted since."""
        for here, there in (self.houses, self.houses[::-1]):
            for post in here.said():
                if post.external_id not in here.twins:
                    self._show(post, here, there)

    def _show(self, post: Post, here: House, there: House) -> None:
        author = there.state.add_person(there.network, here.known_as, here.known_as.title(), 2000)
        answered = here.twins.get(post.parent or "", "") if self.keeps_threads else ""
        parent = there.state.post(there.network, answered)
        us = f"@{there.state.brand(there.network).handle}"
        text = post.text.replace(f"@{there.known_as}", us)
        shown = there.state.publish(
            author,
            text if us in text else f"{us} {text}",  # X puts the name before an answer by itself
            kind="comment" if parent else "post",
            parent=parent.external_id if parent else None,
            thread=parent.thread if parent else None,
            addresses_brand=True,
        )
        here.twins[post.external_id] = shown.external_id
        there.twins[shown.external_id] = post.external_id


@contextmanager
def a_house(folder: Path, network: str, known_as: str, clock: VirtualClock, every: timedelta) -> Iterator[House]:
    """One that acknowledges whatever it hears, takes everything for a complaint, and posts."""
    state, line = State(folder / f"{known_as}-networks.db", clock), Line(network)
    server = SandboxServer(state, faults=Faults(after=line.after))
    engine = open_database(f"sqlite:///{folder / known_as}.db")
    migrate(engine)
    settings = settings_of(network, server.start(), every)
    with transaction(engine) as session:
        apply_settings(session, settings, clock.now())
    yield House(network, known_as, state, line, Runtime(engine, settings, clock, OneVerdict()))
    engine.dispose()
    server.stop()
    state.close()


def settings_of(network: str, url: str, every: timedelta) -> Settings:
    stage = STAGES[network]
    return Settings(
        posting=True,
        brand=[BrandSettings(slug="aurora", name=BRAND_NAME)],
        account=[
            AccountSettings(
                name="conta",
                brand="aurora",
                channel=network,
                handle=BRAND_HANDLES[network],
                base_url=f"{url}/{network}",
                secrets={name: f"env:{name.upper()}" for name in stage.secrets},
            )
        ],
        source=[SourceSettings(name="menções", account="conta", kind=stage.source.kind, every=every)],
        triage=[TriageRule(opens_case=True)],
        acknowledge=[AcknowledgeRule(template={"pt": TEMPLATE})],
    )


@pytest.fixture
def houses(
    tmp_path: Path, network: str, every: timedelta, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[House, House]]:
    for name, secret in STAGES[network].secrets.items():
        monkeypatch.setenv(name.upper(), secret)
    clock = VirtualClock(NOON)
    with (
        a_house(tmp_path, network, KNOWN_AS[0], clock, every) as austral,
        a_house(tmp_path, network, KNOWN_AS[1], clock, every) as boreal,
    ):
        yield austral, boreal


def live(bridge: Bridge, duration: timedelta) -> None:
    """Whatever is due on either side, one moment after another; given up once they talk to each other."""
    clock = bridge.houses[0].runtime.clock
    assert isinstance(clock, VirtualClock)
    end = clock.now() + duration
    while clock.now() < end and all(len(house.said()) < 5 for house in bridge.houses):
        for house in bridge.houses:
            house.runtime.once()
            assert house.runtime.failing == []
            bridge.carry()
        due = [moment for house in bridge.houses if (moment := house.runtime.next_due()) is not None]
        clock.advance_to(min(end, max(min(due), clock.now() + timedelta(seconds=5))))


def assert_one_thing_each(houses: tuple[House, House]) -> None:
    austral, boreal = houses
    assert len(austral.said()) == austral.approved() == 1  # what the trigger asked for
    assert len(boreal.said()) <= 2  # with the trigger itself, which a person posted
    assert boreal.approved() <= 1


@pytest.mark.parametrize("network", ["mastodon", "x"])
@pytest.mark.parametrize("every", [SELDOM], ids=["seldom"])
@pytest.mark.parametrize("keeps_threads", [True, False], ids=["threads", "no threads"])
def test_two_that_answer_each_other_say_one_thing_each_in_a_day(
    houses: tuple[House, House], network: str, keeps_threads: bool
) -> None:
    austral, boreal = houses
    boreal.state.publish(boreal.state.brand(network), f"@{austral.known_as} {TRIGGER}", kind="post")
    live(Bridge(houses, keeps_threads), DAY)
    assert_one_thing_each(houses)


@pytest.mark.parametrize("network", ["mastodon", "x"])
@pytest.mark.parametrize("every", [OFTEN], ids=["often"])
def test_an_answer_to_what_we_do_not_know_yet_that_we_said_is_not_answered(
    houses: tuple[House, House], network: str
) -> None:
    """The other is faster than our read-back of a post whose outcome is unknown, and so its thread is strange to us."""
    austral, boreal = houses
    boreal.state.publish(boreal.state.brand(network), f"@{austral.known_as} {TRIGGER}", kind="post")
    austral.line.swallows = True
    live(Bridge(houses, keeps_threads=True), timedelta(minutes=10))
    assert not austral.line.swallows
    assert_one_thing_each(houses)
