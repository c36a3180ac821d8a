"""Every page, in both languages, with nothing, with much, and with what attacks it."""

import re
from collections.abc import Callable
from datetime import timedelta
from urllib.parse import unquote

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import Engine
from sqlmodel import select

from database.engine import transaction
from inbox.app import build_inbox
from models import Mention, MentionText, ReplyState, Sentiment, Urgency
from settings import Settings
from tests.builders import NOON, an_author
from tests.fakes import StandingClock
from tests.inbox.rows import HIDING, a_hostile_world, a_lone_mention, a_reply, a_stored_case
from tests.inbox.visit import Visit

PAGES = (
    "/",
    "/mentions",
    "/mentions?review=yes",
    "/templates",
    "/templates/new",
    "/sources",
    "/numbers",
    "/numbers/classifier",
    "/?view=all",
    "/?view=replies",
    "/queue/more?after=9999.1",
)
LANGUAGES = ("pt", "en")


def attacks(html: str) -> list[str]:
    """Elements and attributes that none of our templates writes."""
    found = []
    for element in BeautifulSoup(html, "html.parser").find_all(True):
        if element.name in ("img", "iframe", "object", "embed", "style", "base", "noembed"):
            found.append(str(element))
        if element.name == "script" and (element.string or not str(element.get("src")).startswith("/static/")):
            found.append(str(element))
        for name, value in element.attrs.items():
            address = name in ("href", "src", "action", "formaction", "hx-get", "hx-post", "sse-connect")
            if name.startswith("on") or name == "style" or (address and not re.match(r"https?://|/|#", str(value))):
                found.append(f"{name}={value}")
    return found


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("path", PAGES)
def test_a_page_without_any_row_is_helpful(visitor_in: Callable[[str], Visit], language: str, path: str) -> None:
    answer = visitor_in(language).get(path)
    assert answer.status_code == 200
    assert "queue/more" in path or f'lang="{"pt-BR" if language == "pt" else "en"}"' in answer.text


@pytest.mark.parametrize("language", LANGUAGES)
def test_hostile_texts_stay_texts_on_every_page(
    visitor_in: Callable[[str], Visit], engine: Engine, sources: dict[str, int], language: str
) -> None:
    protocol = a_hostile_world(engine, sources)
    visitor = visitor_in(language).say_name("<script>alert('me')</script>")
    for path in (
        *PAGES,
        f"/cases/{protocol}",
        "/queue/news?mark=0.99",
        "/mentions?q=script",
        "/mentions/1/correct",
        "/templates/1",
    ):
        html = visitor.get(path).text
        assert not attacks(html), path
        assert not set(HIDING) & {"\u202e", "\u2066", "\u200b"} & set(html), path
    assert "⟦RLO⟧" in visitor.get(f"/cases/{protocol}").text


def test_links_to_pictures_are_links_alone(visit: Visit, engine: Engine, sources: dict[str, int]) -> None:
    protocol = a_stored_case(engine, sources["mastodon"], pictures=("https://img.example/a.jpg",))
    html = visit.get(f"/cases/{protocol}").text
    assert '<a class="out" href="https://img.example/a.jpg" target="_blank" rel="noopener noreferrer nofollow">' in html
    assert "<img" not in html


def test_the_queue_stands_in_priority_order(visit: Visit, engine: Engine, sources: dict[str, int]) -> None:
    for external_id, urgency in (("1", Urgency.LOW), ("2", Urgency.CRITICAL), ("3", Urgency.HIGH)):
        author = an_author(f"u{external_id}")
        a_stored_case(
            engine, sources["mastodon"], external_id, urgency=urgency, text=f"word{external_id}", author=author
        )
    html = visit.get("/").text
    assert html.index("word2") < html.index("word3") < html.index("word1")
    assert "3 cases wait" in html


def test_filters_and_search_narrow_the_queue(visit: Visit, engine: Engine, sources: dict[str, int]) -> None:
    a_stored_case(engine, sources["mastodon"], "1", text="geladeira atrasada", author=an_author("a"))
    a_stored_case(
        engine,
        sources["x"],
        "2",
        text="cobrança dupla",
        author=an_author("b"),
        sentiment=Sentiment.NEUTRAL,
        holds=["legal"],
    )
    for address, shown, hidden in (
        ("/?channel=x", "cobrança", "geladeira"),
        ("/?sentiment=neutral", "cobrança", "geladeira"),
        ("/?hold=legal", "cobrança", "geladeira"),
        ("/?q=gelad", "geladeira", "cobrança"),
        ("/?q=20260310-000002", "cobrança", "geladeira"),
        ("/?brand=aurora&channel=mastodon&type=complaint&urgency=normal", "geladeira", "cobrança"),
    ):
        html = visit.get(address).text
        assert shown in html, address
        assert hidden not in html, address
    assert "No case fits" in visit.get("/?channel=reddit").text


def test_more_rows_follow_without_a_gap_or_a_repeat(visit: Visit, engine: Engine, sources: dict[str, int]) -> None:
    for n in range(120):
        urgency = (Urgency.LOW, Urgency.HIGH)[n % 2]
        a_stored_case(engine, sources["mastodon"], f"m{n}", author=an_author(f"u{n}"), urgency=urgency)
    seen: list[str] = []
    address = "/"
    while address:
        html = visit.get(address).text
        seen += re.findall(r'<li id="case-(\d+)"', html)
        more = re.search(r'hx-get="(/queue/more\?[^"]+)"', html)
        address = more[1].replace("&amp;", "&") if more else ""
    assert len(seen) == 120 == len(set(seen))


def test_more_mentions_follow_without_a_gap_or_a_repeat(visit: Visit, engine: Engine, sources: dict[str, int]) -> None:
    for n in range(110):
        a_lone_mention(engine, sources["mastodon"], f"m{n}", author=an_author(f"u{n}"))
    first = visit.get("/mentions").text
    more = re.search(r'hx-get="(/mentions/more\?[^"]+)"', first)
    assert more is not None
    second = visit.get(more[1].replace("&amp;", "&")).text
    ids = re.findall(r'<li id="mention-(\d+)"', first + second)
    assert len(ids) == 100 == len(set(ids))
    assert ids == sorted(ids, key=int, reverse=True)


def test_what_is_fetched_into_a_list_leads_back_to_the_list(
    visit: Visit, engine: Engine, sources: dict[str, int]
) -> None:
    a_stored_case(engine, sources["mastodon"])
    for address in ("/mentions", "/mentions/more?before=9999"):
        (back,) = re.findall(r"back=([^\"]+)", visit.get(address).text)
        assert unquote(back).partition("?")[0] == "/mentions"


def test_mentions_show_what_opened_no_case(visit: Visit, engine: Engine, sources: dict[str, int]) -> None:
    a_lone_mention(engine, sources["mastodon"], "1", text="só passando", author=an_author("a"))
    protocol = a_stored_case(engine, sources["mastodon"], "2", text="não chegou", author=an_author("b"))
    html = visit.get("/mentions").text
    assert "só passando" in html
    assert "No case" in html
    assert f"/cases/{protocol}" in html
    assert "não chegou" not in visit.get("/mentions?case=no").text
    assert "só passando" not in visit.get("/mentions?case=yes").text
    assert "só passando" not in visit.get("/mentions?sentiment=negative").text


def test_a_filtered_search_looks_beyond_its_newest_hits(visit: Visit, engine: Engine, sources: dict[str, int]) -> None:
    a_stored_case(engine, sources["mastodon"], "old", text="cadê o pedido antigo", author=an_author("old"))
    for n in range(201):
        a_lone_mention(engine, sources["mastodon"], f"m{n}", text="pedido", author=an_author(f"u{n}"))
    assert "antigo" not in visit.get("/mentions?q=pedido").text
    assert "antigo" in visit.get("/mentions?q=pedido&case=yes").text


def test_edits_and_deletions_are_told(visit: Visit, engine: Engine, sources: dict[str, int]) -> None:
    protocol = a_stored_case(engine, sources["mastodon"], "1", text="depois")
    with transaction(engine) as session:
        mention = session.exec(select(Mention)).one()
        mention.edited_at, mention.text_revision = NOON, 2
        session.add(mention)
        session.add(MentionText(mention_id=mention.id or 0, revision=1, text="antes da edição", replaced_at=NOON))
    assert "antes da edição" in visit.get(f"/cases/{protocol}").text
    with transaction(engine) as session:
        mention = session.exec(select(Mention)).one()
        mention.text, mention.profile_id, mention.deleted_at = "", None, NOON
        session.add(mention)
    html = visit.get(f"/cases/{protocol}").text
    assert "Deleted by its author" in html
    assert "antes da edição" not in html
    assert "Deleted by its author" in visit.get("/mentions").text


def test_our_answer_and_its_echo_are_one_entry(visit: Visit, engine: Engine, sources: dict[str, int]) -> None:
    protocol = a_stored_case(engine, sources["mastodon"], "1")
    a_reply(engine, protocol, ReplyState.VERIFIED, body="Já estamos vendo.")
    with transaction(engine) as session:
        heard = session.exec(select(Mention)).one()
        values = heard.model_dump(exclude={"id", "external_id", "is_ours", "text", "profile_id", "verdict_id"})
        reply_id = "reply-1"
        session.add(Mention(**values, external_id=reply_id, is_ours=True, text="@maria Já estamos vendo."))
    html = visit.get(f"/cases/{protocol}").text
    assert html.count("Já estamos vendo.") == 1
    assert html.count('class="entry ours"') == 1


def test_it_is_said_plainly_that_posting_is_off(engine: Engine, settings: Settings, clock: StandingClock) -> None:
    off = Visit(build_inbox(engine, settings.model_copy(update={"posting": False}), clock))
    assert "Posting is off" in off.get("/").text
    on = Visit(build_inbox(engine, settings, clock, posting_label="the sandbox"))
    assert "Posting is off" not in on.get("/").text
    assert "the sandbox" in on.get("/").text


def test_an_unanswerable_thread_is_told_before_resolving(
    visitor_in: Callable[[str], Visit], engine: Engine, sources: dict[str, int]
) -> None:
    protocol = a_stored_case(engine, sources["x"], addresses_us=False)
    english, portuguese = (visitor_in(language).get(f"/cases/{protocol}").text for language in ("en", "pt"))
    assert "x.summoned" in english
    assert "It will not be published" in english
    assert "x.summoned" in portuguese
    assert "Não será publicada" in portuguese


def test_the_other_cases_of_a_person_are_linked(visit: Visit, engine: Engine, sources: dict[str, int]) -> None:
    first = a_stored_case(engine, sources["mastodon"], "1")
    second = a_stored_case(engine, sources["mastodon"], "2")
    assert first != second
    assert f'href="/cases/{second}"' in visit.get(f"/cases/{first}").text


def test_a_language_is_chosen_by_the_switch_then_the_browser_then_the_settings(
    visitor_in: Callable[[str], Visit],
) -> None:
    assert "Fila" in visitor_in("pt-BR,pt;q=0.9,en;q=0.8").get("/").text
    assert "Queue" in visitor_in("de, en;q=0.5, pt;q=0.1").get("/").text
    assert "Fila" in visitor_in("de").get("/").text  # the settings'
    switched = visitor_in("pt")
    assert switched.post("/language", {"language": "en", "back": "/sources"}).headers["location"] == "/sources"
    assert "Queue" in switched.get("/").text


@pytest.mark.parametrize(
    "back", ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:1", "/a\nb", ""]
)
def test_a_form_leads_back_to_our_own_pages_alone(visit: Visit, back: str) -> None:
    assert visit.post("/language", {"language": "en", "back": back}).headers["location"] == "/"


def test_sources_tell_what_to_do(visit: Visit, engine: Engine, sources: dict[str, int]) -> None:
    a_hostile_world(engine, sources)
    html = visit.get("/sources").text
    assert "Paused" in html
    assert "Failing for 1 h" in html
    assert "Mend the cause" in html


def test_a_huge_text_is_folded(visit: Visit, engine: Engine, sources: dict[str, int]) -> None:
    protocol = a_stored_case(engine, sources["mastodon"], text="palavra " * 5_000)
    assert "Show the rest" in visit.get(f"/cases/{protocol}").text


def test_news_tell_of_new_cases_and_redraw_changed_ones(visit: Visit, engine: Engine, sources: dict[str, int]) -> None:
    first = a_stored_case(engine, sources["mastodon"], "1", author=an_author("a"))
    mark = re.search(r"mark=(\d+\.\d+)", visit.get("/").text)
    assert mark is not None
    assert "Show 1 new case" not in visit.get(f"/queue/news?mark={mark[1]}").text
    a_stored_case(engine, sources["mastodon"], "2", author=an_author("b"))
    visit.say_name().post(f"/cases/{first}/take")
    news = visit.get(f"/queue/news?mark={mark[1]}").text
    assert "Show 1 new case" in news
    assert 'id="case-1-body"' in news
    assert 'id="case-2-body"' not in news
    assert "No case" not in news
    assert "Show 1 new case" not in visit.get(f"/queue/news?mark={mark[1]}&channel=x").text


def test_a_snoozed_case_says_until_when(visit: Visit, engine: Engine, sources: dict[str, int]) -> None:
    protocol = a_stored_case(engine, sources["mastodon"])
    visit.say_name().post(f"/cases/{protocol}/snooze", {"length": "4h"})
    assert (NOON + timedelta(hours=4)).hour == 19
    assert "Snoozed until 10 Mar 2026 16:00" in visit.get("/?view=snoozed").text
