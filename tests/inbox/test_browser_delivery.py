"""Stopping, answering in private and what stands in the way, in a real browser."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect
from sqlalchemy import Engine

from cases.stops import Scope, stop
from database.engine import transaction
from models import ReplyState
from tests.builders import NOON, an_author
from tests.inbox.rows import a_reply, a_stored_case, replies_of

pytestmark = [pytest.mark.chromium, pytest.mark.slow]


def faults(page: Page) -> str:
    """What axe holds against the page, and how far it is wider than its window."""
    found = Axe().run(page)
    wider = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    return (found.generate_report() if found.violations_count else "") + (f"{wider} px too wide" if wider > 0 else "")


def test_stopping_keeps_what_is_being_written_and_tells_the_other_pages(
    page: Page, url: str, said: list[str], engine: Engine, sources: dict[str, int]
) -> None:
    protocol = a_stored_case(engine, sources["mastodon"])
    other = page.context.new_page()
    other.goto(f"{url}/numbers")
    page.goto(f"{url}/cases/{protocol}")
    page.fill("#body", "o que eu já escrevi")
    page.locator(".stop-menu summary").click()
    page.get_by_label("Motivo").fill("texto errado")
    page.get_by_role("button", name="Parar agora").click()
    expect(page.locator("#stops")).to_contain_text("Nada é enviado, de nenhuma conta.")
    expect(page.locator("#stops")).to_contain_text("texto errado")
    expect(page.locator(".stop-menu")).not_to_have_attribute("open", "")
    expect(page.locator("#body")).to_have_value("o que eu já escrevi")
    expect(other.locator("#stops")).to_contain_text("texto errado", timeout=15_000)
    page.get_by_role("button", name="Retomar").click()
    expect(page.locator("#stops")).to_have_text("")
    expect(page.locator("#body")).to_have_value("o que eu já escrevi")
    expect(other.locator("#stops")).to_have_text("", timeout=15_000)
    assert said == []


def test_a_refused_stop_is_told_where_one_stands(page: Page, url: str, engine: Engine, sources: dict[str, int]) -> None:
    page.goto(f"{url}/sources")
    page.locator(".stop-menu summary").click()
    page.evaluate("document.querySelector('.stop-menu option').value = 'account:999'")
    page.get_by_role("button", name="Parar agora").click()
    expect(page.locator("#notice")).to_contain_text("Isso não é possível agora")


def test_the_private_switch_turns_the_box(
    page: Page, url: str, said: list[str], engine: Engine, sources: dict[str, int]
) -> None:
    protocol = a_stored_case(engine, sources["mastodon"])
    page.goto(f"{url}/cases/{protocol}")
    expect(page.locator("#compose-title")).to_have_text("Responder em público", use_inner_text=True)
    page.fill("#body", "O telefone (11) 98765-4321 é seu?")
    expect(page.locator("#room")).to_contain_text("Não pode ir a público: telefone")
    page.locator("#private").check()
    expect(page.locator("#compose-title")).to_have_text("Responder em particular", use_inner_text=True)
    expect(page.locator("#room")).not_to_contain_text("público")
    page.get_by_role("button", name="Aprovar e enviar").click()
    expect(page.locator("#replies .reply.private")).to_contain_text("Em particular")
    assert [(reply.private, reply.state) for reply in replies_of(engine, protocol)] == [(True, ReplyState.APPROVED)]
    assert said == []


def test_the_offered_sentence_joins_what_is_written(
    page: Page, url: str, said: list[str], engine: Engine, sources: dict[str, int]
) -> None:
    protocol = a_stored_case(engine, sources["mastodon"])
    a_reply(engine, protocol, ReplyState.VERIFIED, private=True)
    page.goto(f"{url}/cases/{protocol}")
    page.fill("#body", "Oi, Maria!")
    page.locator("[data-say]").click()
    expect(page.locator("#body")).to_have_value("Oi, Maria!\nJá falamos com você por mensagem privada aqui.")
    expect(page.locator("#body")).to_be_focused()
    assert said == []


def test_a_finding_is_shown_in_its_box_and_passes_with_a_reason(
    page: Page, url: str, engine: Engine, sources: dict[str, int]
) -> None:
    protocol = a_stored_case(engine, sources["mastodon"])
    page.goto(f"{url}/cases/{protocol}")
    page.fill("#body", "A loja atende em (11) 98765-4321")
    page.get_by_role("button", name="Aprovar e enviar").click()
    expect(page.locator("#compose mark")).to_have_text("(11) 98765-4321")
    expect(page.locator("#body")).to_be_focused()
    expect(page.locator("#body")).to_be_in_viewport()
    page.get_by_role("button", name="Aprovar mesmo assim").click()  # the browser asks for the reason
    assert replies_of(engine, protocol) == []
    page.get_by_label("Por que pode ficar em público").fill("é o celular da loja")
    page.get_by_role("button", name="Aprovar mesmo assim").click()
    expect(page.locator("#replies .reply-approved")).to_be_visible()
    assert replies_of(engine, protocol)[0].override == "phone"


def test_the_person_is_blocked_from_the_menu(
    page: Page, url: str, said: list[str], engine: Engine, sources: dict[str, int]
) -> None:
    protocol = a_stored_case(engine, sources["mastodon"])
    page.goto(f"{url}/cases/{protocol}")
    page.locator(".person-menu summary").click()
    page.get_by_role("button", name="Bloquear").click()
    expect(page.locator(".pill.blocked")).to_have_text("Bloqueada")
    assert said == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_every_state_of_these_pages_is_accessible(
    page: Page, url: str, engine: Engine, sources: dict[str, int], scheme: str, width: int
) -> None:
    protocol = a_stored_case(engine, sources["mastodon"], author=an_author(name="Maria dos Anjos Albuquerque " * 2))
    a_reply(engine, protocol, ReplyState.VERIFIED, private=True)
    for state in (ReplyState.NEEDS_HUMAN, ReplyState.FAILED, ReplyState.UNKNOWN, ReplyState.BY_HAND):
        a_reply(engine, protocol, state, body="supercalifragilistico" * 20)
    for body in ("um", "dois"):
        a_reply(engine, protocol, ReplyState.DRAFT, body=body, automatic=body == "dois", ready=body == "dois")
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.set_viewport_size({"width": width, "height": 850})
    page.goto(f"{url}/cases/{protocol}")
    page.wait_for_timeout(400)  # milliseconds, for the live counts
    assert faults(page) == ""
    page.locator(".person-menu summary").click()
    assert faults(page) == ""
    page.locator(".stop-menu summary").click()
    expect(page.locator(".stop-menu .panel button")).to_be_in_viewport()
    assert faults(page) == ""
    page.keyboard.press("Escape")
    page.locator("#private").check()
    assert faults(page) == ""
    page.locator("#private").uncheck()
    page.fill("#body", f"CPF 529.982.247-25 {'compridíssimo' * 30}")
    page.locator("#compose button.primary").click()
    expect(page.locator("#compose mark")).to_be_visible()
    assert faults(page) == ""
    with transaction(engine) as session:
        stop(session, Scope(), "Ana", "motivo " * 70, NOON)
        stop(session, Scope("account", 1, automation_only=True), "Ana", "incomunicabilidade" * 25, NOON)
    page.goto(f"{url}/cases/{protocol}")
    assert faults(page) == ""
