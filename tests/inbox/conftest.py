"""An inbox over a real database, with a clock that stands."""

import threading
import time
from collections.abc import Callable, Iterator

import pytest
from fastapi import FastAPI
from playwright.sync_api import ConsoleMessage, Page
from sqlalchemy import Engine

from database.engine import transaction
from inbox.app import build_inbox, inbox_server
from models import Source
from settings import AccountSettings, BrandSettings, Settings
from tests.builders import NOON, a_brand, a_source, an_account
from tests.fakes import StandingClock
from tests.inbox.screenshots import chromium as running_chromium
from tests.inbox.screenshots import say_name
from tests.inbox.visit import Visit

CHANNELS = ("mastodon", "x", "complaint_page")


@pytest.fixture
def clock() -> StandingClock:
    return StandingClock(NOON)


@pytest.fixture
def sources(engine: Engine) -> dict[str, int]:
    """One brand, with an account and a source on several channels; their ids by channel."""
    with transaction(engine) as session:
        brand = a_brand(session)
        made: dict[str, Source] = {}
        for channel in CHANNELS:
            account = an_account(session, brand, channel, name=f"aurora-{channel}")
            made[channel] = a_source(session, account, name=f"source-{channel}")
        return {channel: source.id or 0 for channel, source in made.items()}


@pytest.fixture
def settings(database_url: str) -> Settings:
    accounts = [
        AccountSettings(
            name=f"aurora-{channel}",
            brand="aurora",
            channel=channel,
            handle="lojaaurora",
            base_url="http://127.0.0.1:9",
        )
        for channel in CHANNELS
    ]
    return Settings(
        database=database_url, posting=True, brand=[BrandSettings(slug="aurora", name="Loja Aurora")], account=accounts
    )


@pytest.fixture
def app(engine: Engine, settings: Settings, clock: StandingClock) -> FastAPI:
    return build_inbox(engine, settings, clock)


@pytest.fixture
def visit(app: FastAPI) -> Visit:
    """A visitor who reads English and has not said their name."""
    return Visit(app)


@pytest.fixture
def ana(visit: Visit) -> Visit:
    """A visitor called Ana."""
    return visit.say_name("Ana")


@pytest.fixture
def visitor_in(app: FastAPI) -> Callable[[str], Visit]:
    """A visitor who reads the given language."""
    return lambda language: Visit(app, language=language)


@pytest.fixture
def url(app: FastAPI) -> Iterator[str]:
    server = inbox_server(app, "127.0.0.1", 0)
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join(timeout=10)


@pytest.fixture
def said() -> list[str]:
    """What the browser complained of: a refused style or script shows here."""
    return []


@pytest.fixture
def page(url: str, said: list[str]) -> Iterator[Page]:
    """A page at the queue, its visitor called Ana."""

    def hear(message: ConsoleMessage) -> None:
        # A request that leaving the page cut off is no fault; htmx names those by their event.
        if message.type in ("error", "warning") and not message.text.startswith("htmx:"):
            said.append(message.text)

    with running_chromium() as browser:
        context = browser.new_context(locale="pt-BR", viewport={"width": 1280, "height": 800})
        opened = context.new_page()
        opened.on("console", hear)
        opened.on("pageerror", lambda error: said.append(str(error)))
        opened.goto(url)
        say_name(opened, "Ana")
        yield opened
        context.close()
