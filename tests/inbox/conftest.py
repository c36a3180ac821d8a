"""An inbox over a real database, with a clock that stands."""

from collections.abc import Callable

import pytest
from fastapi import FastAPI
from sqlalchemy import Engine

from database.engine import transaction
from inbox.app import build_inbox
from models import Source
from settings import AccountSettings, BrandSettings, Settings
from tests.builders import NOON, a_brand, a_source, an_account
from tests.fakes import StandingClock
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
