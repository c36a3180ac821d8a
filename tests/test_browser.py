"""A person in a browser: takes a case, answers, resolves it, and sees the resolution on the public page."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect, sync_playwright
from sqlalchemy import Engine

from classifier import configured
from commands.apply import apply_settings
from commands.opening import WallClock
from commands.serving import WebServer
from database.engine import transaction
from inbox.app import build_inbox
from sandbox.server import SandboxServer, sample_environment, sample_settings
from sandbox.state import State
from scheduler import Runtime
from settings import load

pytestmark = [pytest.mark.chromium, pytest.mark.slow]

PATIENCE = 30_000  # milliseconds; the loop polls, sends and reads back in real time
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]


@dataclass(frozen=True)
class Places:
    """Where the browser goes."""

    inbox: str
    public: str


@pytest.fixture
def places(engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Places]:
    """The sandbox with one complaint, the loop and the inbox, all in this process."""
    for name, value in sample_environment().items():
        monkeypatch.setenv(name, value)
    clock = WallClock()
    state = State(tmp_path / "networks.db", clock)
    networks = SandboxServer(state)
    public = networks.start()
    (tmp_path / "ouvidor.toml").write_text(sample_settings(public))
    written = load(tmp_path / "ouvidor.toml", {})
    server = WebServer("127.0.0.1", 0)
    settings = written.model_copy(
        update={
            "posting": True,
            "source": [s.model_copy(update={"every": timedelta(seconds=1)}) for s in written.source],
            "inbox": written.inbox.model_copy(update={"port": server.port}),
        }
    )
    with transaction(engine) as session:
        apply_settings(session, settings, clock.now())
    runtime = Runtime(engine, settings, clock, configured())
    server.start(build_inbox(engine, settings, clock))
    assert server.wait_until_serving()
    customer = state.add_person("mastodon", "joana_prado", "Joana Prado", 250)
    state.publish(
        customer,
        "@lojaaurora paguei e até hoje o fogão não chegou, cadê meu pedido?",
        kind="post",
        addresses_brand=True,
    )
    runtime.start()
    yield Places(server.url, public)
    assert runtime.stop(timedelta(seconds=30))
    server.stop()
    networks.stop()
    state.close()


@pytest.fixture
def browser_page(chromium: str) -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        page = browser.new_page(locale="pt-BR")
        page.set_default_timeout(PATIENCE)
        yield page
        browser.close()


def reload_until(page: Page, selector: str, words: str) -> None:
    """Nothing moves under a person's cursor: the page tells of news, and they reload."""
    for _ in range(40):
        if page.locator(selector, has_text=words).count():
            return
        page.wait_for_timeout(500)
        page.reload()
    expect(page.locator(selector)).to_contain_text(words)


@pytest.mark.timeout(180)
def test_a_complaint_is_taken_answered_and_resolved_in_public(places: Places, browser_page: Page) -> None:
    page = browser_page
    page.goto(places.inbox)
    page.fill("#name", "Ana")
    page.click(".ask-name button.primary")
    reload_until(page, "#rows", "fogão")
    page.locator("#rows li", has_text="fogão").locator("a").first.click()
    page.wait_for_url("**/cases/*")
    protocol = page.inner_text("#protocol")

    page.click("form[action$='/take'] button")
    expect(page.locator("#case-state")).to_contain_text("Ana")

    page.fill("#body", "Olá, Joana! Localizamos o seu pedido.")
    expect(page.locator("#room")).to_contain_text("4")  # what is left of the 500 characters
    page.click("#compose button[value=approve]")
    reload_until(page, "#thread", "Localizamos o seu pedido")

    page.fill("#resolution", "Resolvido: o fogão foi entregue hoje.")
    page.click("#resolve button.primary")
    expect(page.locator("#case-state .state-resolved")).to_be_visible()

    page.goto(places.public)
    reload_until(page, "body", "o fogão foi entregue hoje")
    expect(page.locator("body")).to_contain_text(protocol)
    expect(page.locator("body")).to_contain_text("Localizamos o seu pedido")
