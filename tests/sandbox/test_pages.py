"""The public timelines: everything escaped, the brand's answers and resolutions standing out."""

import asyncio
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from bs4 import BeautifulSoup
from starlette.applications import Starlette

from sandbox.clock import VirtualClock
from sandbox.pages import page_routes, timelines_page
from sandbox.records import NETWORKS
from sandbox.state import State

HOSTILE = "<script>alert(1)</script> <img src=x onerror=alert(2)> \"'&amp; </p></article> {{ 7*7 }} @lojaaurora"


@pytest.fixture
def state(tmp_path: Path) -> Iterator[State]:
    opened = State(tmp_path / "sandbox.db", VirtualClock(datetime(2026, 11, 20, 15, tzinfo=UTC)))
    yield opened
    opened.close()


class Reader:
    """A browser's part in these tests: it asks the pages in process and follows nothing by itself."""

    def __init__(self, state: State) -> None:
        self._app = Starlette(routes=page_routes(state))

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> httpx.Response:
        return asyncio.run(self._get(path, headers or {"accept-language": "pt"}))

    async def _get(self, path: str, headers: Mapping[str, str]) -> httpx.Response:
        transport = httpx.ASGITransport(app=self._app)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            return await client.get(path, headers=headers)


@pytest.fixture
def client(state: State) -> Reader:
    return Reader(state)


def read(client: Reader, path: str = "/") -> BeautifulSoup:
    answer = client.get(path)
    assert answer.status_code == 200
    return BeautifulSoup(answer.text, "html.parser")


def test_whatever_a_customer_writes_is_shown_as_text(state: State, client: Reader) -> None:
    for network in NETWORKS:
        person = state.add_person(network, "hostile", "<b>Eve</b>", 1)
        extra = {"title": HOSTILE, "city": HOSTILE, "subreddit": HOSTILE, "pictures": "javascript:alert(1)"}
        state.publish(person, HOSTILE, kind="post", extra=extra)

    page = read(client)

    assert page.select("script, b, [onerror], article img") == []
    assert [text.get_text() for text in page.select(".text")] == [HOSTILE] * len(NETWORKS)
    assert "<b>Eve</b>" in page.get_text()


def test_the_page_runs_nothing_loads_nothing_from_elsewhere_and_refreshes_itself(client: Reader) -> None:
    answer = client.get("/")

    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "script-src" not in answer.headers["content-security-policy"]
    refresh = BeautifulSoup(answer.text, "html.parser").select_one("meta[http-equiv=refresh]")
    assert refresh is not None
    assert refresh["content"] == "5"
    assert client.get("/timelines.css").headers["content-type"].startswith("text/css")


def test_an_answer_and_a_resolution_of_the_brand_stand_out(state: State, client: Reader) -> None:
    marina = state.add_person("x", "marina", "Marina", 10)
    post = state.publish(marina, "@lojaaurora cadê?", kind="post")
    state.answer("x", "Olá! Protocolo 1.", parent=post.external_id, thread=post.thread)
    state.answer("x", "Resolvido, Marina. Protocolo 1.", parent=post.external_id, thread=post.thread)

    page = read(client)

    assert len(page.select(".post.brand")) == 2
    resolution = page.select_one(".post.brand.resolution .text")
    assert resolution is not None
    assert resolution.get_text() == "Resolvido, Marina. Protocolo 1."
    assert page.select_one(".thread.resolved") is not None


def test_a_thread_has_a_page_that_the_first_page_links_to(state: State, client: Reader) -> None:
    marina = state.add_person("reclame_aqui", "marina", "Marina", 10)
    post = state.publish(marina, "Não chegou.", kind="complaint", extra={"title": "Atraso"})
    state.answer("reclame_aqui", "Olá.", parent=post.thread, thread=post.thread, kind="answer")
    link = read(client).select_one(".open a")
    assert link is not None

    page = read(client, str(link["href"]))

    assert [text.get_text() for text in page.select(".text")] == ["Não chegou.", "Olá."]
    assert "Respondida" in page.get_text()
    assert client.get(f"/reclame_aqui/t/{post.thread}").text == client.get(str(link["href"])).text


@pytest.mark.parametrize("path", ["/t/x/123", "/t/orkut/1", "/orkut/t/1"])
def test_a_thread_that_is_not_there_is_a_404(client: Reader, path: str) -> None:
    assert client.get(path).status_code == 404


def test_a_deleted_post_loses_its_words_and_its_author(state: State, client: Reader) -> None:
    marina = state.add_person("x", "marina", "Marina Sobral", 10)
    post = state.publish(marina, "me arrependi disto", kind="post")
    state.answer("x", "Olá!", parent=post.external_id, thread=post.thread)
    state.delete(post)

    words = read(client).get_text()

    assert "me arrependi" not in words
    assert "Marina Sobral" not in words
    assert "Apagado por quem escreveu." in words


def test_a_long_thread_shows_its_ends_and_says_how_much_is_between(state: State, client: Reader) -> None:
    marina = state.add_person("reddit", "marina", "Marina", 10)
    root = state.publish(marina, "raiz", kind="post")
    for number in range(9):
        state.publish(marina, f"comentário {number}", kind="comment", parent=root.external_id, thread=root.thread)

    page = read(client)

    assert page.select(".text")[0].get_text() == "raiz"
    assert len(page.select(".post")) == 5
    assert "mais 5 no meio" in page.get_text()
    assert len(read(client, f"/t/reddit/{root.thread}").select(".post")) == 10


def test_the_page_speaks_english_to_those_who_ask(state: State, client: Reader) -> None:
    assert "Public timelines" in client.get("/", headers={"accept-language": "en-GB,en"}).text
    assert "Public timelines" in client.get("/?lang=en").text
    assert "Linhas do tempo" in timelines_page(state)


def test_a_picture_is_drawn_and_shown_and_no_foreign_one_is(state: State, client: Reader) -> None:
    marina = state.add_person("x", "marina", "Marina", 10)
    pictures = "http://127.0.0.1:1/pictures/3.svg http://elsewhere.example/a.png"
    state.publish(marina, "olha isso", kind="post", extra={"pictures": pictures})

    images = read(client).select("article img")

    assert [image["src"] for image in images] == ["/pictures/3.svg"]
    drawing = client.get("/pictures/3.svg")
    assert drawing.headers["content-type"].startswith("image/svg+xml")
    assert "<script" not in client.get("/pictures/<script>.svg").text
