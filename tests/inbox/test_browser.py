"""The pages in a real browser: what only a browser can tell."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from fastapi import FastAPI
from playwright.sync_api import Page, expect
from sqlalchemy import Engine
from sqlmodel import select

from database.engine import transaction
from inbox.app import build_inbox
from models import CaseState, Urgency, VerdictRow
from settings import Settings
from tests.builders import an_author
from tests.fakes import StandingClock
from tests.inbox.fakes import Telling
from tests.inbox.rows import a_hostile_world, a_stored_case, the_case

pytestmark = [pytest.mark.chromium, pytest.mark.slow]


@pytest.fixture
def app(engine: Engine, settings: Settings, clock: StandingClock) -> FastAPI:
    reasons = {"type": (("não chegou", 1.5),), "sentiment": (("geladeira", -0.3), ("<script>alert(5)</script>", 0.2))}
    return build_inbox(engine, settings, clock, classifier=Telling("test", **reasons))


def test_a_case_is_taken_answered_and_resolved(
    page: Page, url: str, said: list[str], engine: Engine, sources: dict[str, int]
) -> None:
    protocol = a_stored_case(engine, sources["x"], text="Minha geladeira não chegou")
    page.goto(url)
    page.get_by_role("button", name=f"Assumir o caso {protocol}").click()
    expect(page.locator("#notice")).to_contain_text("O caso é seu")
    expect(page.locator(".state-taken")).to_have_text("Ana")
    page.get_by_role("link", name="Minha geladeira").click()
    page.fill("#body", "Olá! Veja https://exemplo.com.br/um/endereco/muito/longo/mesmo")
    expect(page.locator("#room")).to_have_text("Restam 247 caracteres")
    page.locator("#compose").get_by_role("button", name="Aprovar e enviar").click()
    expect(page.locator("#replies .reply-approved")).to_be_visible()
    page.fill("#resolution", "Entregamos hoje.")
    page.get_by_role("button", name="Resolver e publicar").click()
    expect(page.locator("#case-state")).to_contain_text("Resolvido")
    assert the_case(engine, protocol).state is CaseState.RESOLVED
    assert said == []


def test_news_wait_for_a_click_and_keep_what_was_picked(
    page: Page, url: str, said: list[str], engine: Engine, sources: dict[str, int]
) -> None:
    first = a_stored_case(engine, sources["mastodon"], "1", author=an_author("a"), urgency=Urgency.LOW)
    page.goto(url)
    page.locator(".pick input").first.check()
    a_stored_case(engine, sources["mastodon"], "2", author=an_author("b"), urgency=Urgency.CRITICAL)
    news = page.get_by_role("button", name="Mostrar 1 caso novo")
    expect(news).to_be_visible(timeout=15_000)
    assert page.locator("[data-row]").count() == 1
    news.click()
    expect(page.locator("[data-row]")).to_have_count(2)
    case_id = the_case(engine, first).id
    expect(page.locator(f"#pick-{case_id}")).to_be_checked()
    expect(page.locator("[data-row] .pick input").first).not_to_be_checked()
    assert said == []


def test_the_queue_is_walked_by_keys(page: Page, url: str, engine: Engine, sources: dict[str, int]) -> None:
    for n in range(3):
        a_stored_case(engine, sources["mastodon"], str(n), author=an_author(str(n)), text=f"caso {n}")
    page.goto(url)
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("x")
    expect(page.locator(".pick input").nth(1)).to_be_checked()
    page.keyboard.press("k")
    expect(page.locator("[data-open]").first).to_be_focused()
    page.keyboard.press("/")
    expect(page.locator("#search")).to_be_focused()
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url("**/cases/*")


def test_tags_are_corrected_and_confirmed_in_the_list(
    page: Page, url: str, said: list[str], engine: Engine, sources: dict[str, int]
) -> None:
    a_stored_case(engine, sources["x"], text="Minha geladeira não chegou")
    with transaction(engine) as session:
        verdict = session.exec(select(VerdictRow)).one()
        verdict.abstained, verdict.needs_review = ["urgency"], True
        session.add(verdict)
    page.goto(f"{url}/mentions?review=yes")
    expect(page.locator("#review-count")).to_have_text("1")
    page.locator(".tags summary").click()
    expect(page.locator("#why-1-type")).to_contain_text("não chegou +1,50")
    page.locator(".tags").get_by_role("button", name="Elogio").click()
    expect(page.locator(".tags .pill").first).to_contain_text("Elogio")
    expect(page.locator("#set-1-type-praise")).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#set-1-type-praise")).to_be_focused()
    expect(page.locator("#why-1-type")).to_have_count(0)
    expect(page.locator("#why-1-sentiment")).to_contain_text("geladeira")
    expect(page.locator("#why-1")).to_contain_text("Palavras que mais pesaram")
    for hold in ("Imprensa", "Morte", "Imprensa"):
        button = page.locator(".tags").get_by_role("button", name=hold)
        was = button.get_attribute("aria-pressed")
        button.click()
        expect(button).to_have_attribute("aria-pressed", "false" if was == "true" else "true")
    expect(page.locator(".tags .pill.hold")).to_have_count(1)
    death = page.locator("#set-1-holds-death")
    death.click()
    expect(death).to_have_attribute("aria-pressed", "false")
    death.click(click_count=2, delay=300)  # milliseconds: the panel is told anew between the two
    page.wait_for_timeout(500)
    expect(death).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="Está certo: Urgência, Normal").click()
    expect(page.locator("#review-count")).to_have_text("")
    expect(page.locator(".tags")).not_to_contain_text("em dúvida")
    page.keyboard.press("Escape")
    expect(page.locator(".tags details")).not_to_have_attribute("open", "")
    page.locator(".tags summary").click()
    page.locator("h1").click()
    expect(page.locator(".tags details")).not_to_have_attribute("open", "")
    assert said == []


def test_a_correction_on_the_page_of_a_case_shows_at_once_all_around(
    page: Page, url: str, said: list[str], engine: Engine, sources: dict[str, int]
) -> None:
    protocol = a_stored_case(engine, sources["x"])
    page.goto(f"{url}/cases/{protocol}")
    page.fill("#body", "o que eu já escrevi")
    page.locator(".correct summary").click()
    page.get_by_role("button", name="Crítica").click()
    expect(page.locator("#case-tags")).to_contain_text("Crítica")
    expect(page.locator("#timeline")).to_contain_text("Correção em Urgência: de Normal para Crítica")
    expect(page.locator("#set-1-urgency-critical")).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#body")).to_have_value("o que eu já escrevi")
    expect(page.locator("#news button")).to_have_count(0)
    assert said == []


def test_a_text_is_written_with_a_preview_and_put_into_an_answer(
    page: Page, url: str, said: list[str], engine: Engine, sources: dict[str, int]
) -> None:
    protocol = a_stored_case(engine, sources["x"])
    page.goto(f"{url}/templates/new")
    page.fill("#template-form [name=name]", "saudação")
    page.fill("#template-body", "Olá da {{ brand }}, {{ nobody }}")
    expect(page.locator("#template-preview")).to_contain_text("Não há parte com o nome “nobody”")
    page.fill("#template-body", "Olá da {{ brand }}! {{ protocol }}")
    expect(page.locator("#template-preview .words")).to_have_text("Olá da Loja Aurora! 20260101-000001")
    page.locator("#template-form [name=channel]").select_option("x")
    expect(page.locator("#template-preview .fits")).to_have_text("X Restam 245 caracteres")
    page.get_by_role("button", name="Salvar", exact=True).click()
    expect(page.locator(".page-head")).to_contain_text("Versão 1 em uso")
    page.goto(f"{url}/cases/{protocol}")
    page.fill("#body", "Oi, Maria!")
    page.select_option("#pick", label="saudação")
    page.get_by_role("button", name="Inserir").click()
    expect(page.locator("#body")).to_have_value(f"Oi, Maria!\n\nOlá da Loja Aurora! {protocol}")
    expect(page.locator("#body")).to_be_focused()
    expect(page.locator("#room")).to_have_text("Restam 233 caracteres")
    assert said == []


def test_menus_stay_on_a_narrow_screen(page: Page, url: str, engine: Engine, sources: dict[str, int]) -> None:
    protocol = a_stored_case(engine, sources["x"])
    page.set_viewport_size({"width": 390, "height": 800})
    for path, menu in (("/mentions", ".tags"), (f"/cases/{protocol}", ".case-side .menu")):
        page.goto(url + path)
        page.locator(f"{menu} summary").click()
        expect(page.locator(f"{menu} .panel button").last).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, path


@pytest.mark.parametrize("width", [360, 390])
def test_the_pages_names_stand_in_one_line_on_a_narrow_screen(
    page: Page, url: str, engine: Engine, sources: dict[str, int], width: int
) -> None:
    a_stored_case(engine, sources["x"])
    page.set_viewport_size({"width": width, "height": 800})
    for path in ("/", "/mentions", "/templates", "/sources", "/numbers"):
        page.goto(url + path)
        page.evaluate("document.querySelector('.top nav .count').textContent = '123'")
        tops = page.locator(".top nav a").evaluate_all("links => links.map((link) => link.getBoundingClientRect().top)")
        assert max(tops) - min(tops) < 5, path  # pixels


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_is_accessible_and_runs_nothing_of_a_stranger(
    page: Page, url: str, said: list[str], engine: Engine, sources: dict[str, int], scheme: str
) -> None:
    protocol = a_hostile_world(engine, sources)
    a_stored_case(engine, sources["x"], "2", author=an_author("b"), urgency=Urgency.CRITICAL, holds=["legal"])
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.on("dialog", lambda dialog: said.append(dialog.message))
    paths = (
        "/",
        "/mentions",
        "/mentions?review=yes",
        "/mentions/1/correct",
        f"/cases/{protocol}",
        "/templates",
        "/templates/new",
        "/templates/1",
        "/templates/2",
        "/sources",
        "/numbers",
        "/numbers/classifier",
        "/numbers/classifier?lang=es",
        "/?view=all&channel=reddit",
        "/nope",
    )
    for path in paths:
        page.goto(url + path)
        for closed in page.locator(".tags summary, .correct summary").all()[:1]:
            closed.click()
        page.wait_for_timeout(300)  # milliseconds, for the live counts and the panel
        found = Axe().run(page)
        assert found.violations_count == 0, f"{path}\n{found.generate_report()}"
        page.set_viewport_size({"width": 390, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, path
        page.set_viewport_size({"width": 1280, "height": 800})
    assert [message for message in said if "404" not in message] == []
