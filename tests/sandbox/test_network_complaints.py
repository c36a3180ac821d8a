"""The sandbox's complaint site as a browser and as a listener see it."""

import tomllib
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from urllib.robotparser import RobotFileParser

import httpx
import pytest
from bs4 import BeautifulSoup

from sandbox import credentials
from sandbox.server import sample_settings
from sandbox.state import Post
from tests.sandbox.network_tools import Sandbox, served


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    with served(tmp_path) as sandbox:
        yield sandbox


@pytest.fixture
def site(sandbox: Sandbox) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=sandbox.url, trust_env=False) as site:
        yield site


def complaint(sandbox: Sandbox, text: str = "Não chegou", handle: str = "tais") -> Post:
    return sandbox.says("complaints", text, handle, kind="complaint", extra={"title": f"Sobre: {text}"})


def options(sandbox: Sandbox) -> dict[str, str]:
    accounts = tomllib.loads(sample_settings(sandbox.url))["account"]
    found: dict[str, str] = next(one["options"] for one in accounts if one["channel"] == "complaint_page")
    return found


def test_the_sample_selectors_read_every_page_of_the_list(sandbox: Sandbox, site: httpx.Client) -> None:
    posts = [complaint(sandbox, f"número {number}") for number in range(23)]
    css, seen, path = options(sandbox), [], "/complaints/"
    for expected in (10, 10, 3):
        page = site.get(path)
        soup = BeautifulSoup(page.content, "html.parser")
        links = [entry.select_one(css["link"]) for entry in soup.select(css["list"])]
        assert len(links) == expected
        seen += [str(link["href"]).rpartition("/")[2] for link in links if link is not None]
        following = soup.select_one(css["next"])
        path = str(page.url.join(str(following["href"]))) if following else ""
    assert path == ""
    assert seen == [post.external_id for post in posts[::-1]]


def test_the_sample_selectors_read_a_complaint_and_its_answer(sandbox: Sandbox, site: httpx.Client) -> None:
    post = complaint(sandbox, "A <b>porta</b> & o vidro\n\nvieram quebrados")
    form = {"token": credentials.COMPLAINTS_COMPANY_TOKEN, "text": "Olá!\nJá vamos trocar."}
    assert site.post(f"/complaints/{post.external_id}/answer", data=form).status_code == 303
    css = options(sandbox)
    page = site.get(f"/complaints/{post.external_id}")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    soup = BeautifulSoup(page.content, "html.parser")
    read = {
        name: [found.get_text("\n", strip=True) for found in soup.select(css[name])]
        for name in ("title", "text", "author", "date", "answer_text", "answer_author")
    }
    assert read == {
        "title": ["Sobre: A <b>porta</b> & o vidro vieram quebrados".replace(" vieram", "\n\nvieram")],
        "text": ["A <b>porta</b> & o vidro\nvieram quebrados"],
        "author": ["Tais"],
        "date": ["20/11/2026 09:00"],
        "answer_text": ["Olá!\nJá vamos trocar."],
        "answer_author": ["Loja Aurora"],
    }
    assert "Respondida" in soup.select_one(".complaint-status").get_text()  # type: ignore[union-attr]


def test_an_answer_needs_the_company_and_some_text(sandbox: Sandbox, site: httpx.Client) -> None:
    post = complaint(sandbox)
    path = f"/complaints/{post.external_id}/answer"
    assert site.post(path, data={"token": "another", "text": "Olá!"}).status_code == 403
    assert site.post(path, data={"token": credentials.COMPLAINTS_COMPANY_TOKEN, "text": " "}).status_code == 422
    form = {"token": credentials.COMPLAINTS_COMPANY_TOKEN, "text": "Olá!"}
    assert site.post("/complaints/nothing/answer", data=form).status_code == 404
    assert sandbox.state.posts("complaints", by_brand=True) == []


def test_a_page_that_has_not_changed_is_not_sent_again(sandbox: Sandbox, site: httpx.Client) -> None:
    post = complaint(sandbox)
    for path in ("/complaints/", f"/complaints/{post.external_id}"):
        first = site.get(path)
        by_tag = {"if-none-match": first.headers["etag"]}
        assert site.get(path, headers=by_tag).status_code == 304
        assert site.get(path, headers={"if-modified-since": first.headers["last-modified"]}).status_code == 304
    sandbox.clock.advance(timedelta(minutes=1))
    sandbox.state.edit(post, "Chegou quebrado")
    changed = site.get(f"/complaints/{post.external_id}", headers={"if-none-match": first.headers["etag"]})
    assert changed.status_code == 200
    assert "Chegou quebrado" in changed.text


def test_a_complaint_that_was_taken_back_is_gone(sandbox: Sandbox, site: httpx.Client) -> None:
    post = complaint(sandbox)
    sandbox.state.delete(post)
    assert site.get(f"/complaints/{post.external_id}").status_code == 410
    assert site.get("/complaints/unknown").status_code == 404
    assert "complaint-entry" not in site.get("/complaints/").text


def test_the_robots_file_forbids_the_search_and_asks_for_a_pause(sandbox: Sandbox, site: httpx.Client) -> None:
    for path in ("/robots.txt", "/complaints/robots.txt"):
        robots = RobotFileParser()
        robots.parse(site.get(path).text.splitlines())
        assert not robots.can_fetch("ouvidor", f"{sandbox.url}/complaints/busca?q=aurora")
        assert robots.can_fetch("ouvidor", f"{sandbox.url}/complaints/")
        assert str(robots.crawl_delay("ouvidor")) == "1"
