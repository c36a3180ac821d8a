"""On a complaint page a person posts, and the page tells whether the answer stands there."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Response

from channels.connection import Connection
from errors import ByHandError, ChannelError, NeedsAttentionError, RateLimitedError, RejectedError, TryLaterError
from models import ReplyPurpose, Visibility
from responders.base import OutgoingReply
from responders.complaint_page import ComplaintPageResponder
from tests.answers import Answers, StoppedClock, serving

NOON = datetime(2026, 3, 10, 15, 0, tzinfo=UTC)
PAGE = "/reclamacao/geladeira-nao-chegou_a2/"
OPTIONS: dict[str, object] = {
    "list": "li.caso",
    "link": "a.ver",
    "text": "div.texto",
    "date": "time",
    "answer": "section.resposta",
    "answer_text": "div",
    "answer_author": "b",
    "delay": "0s",
}


@pytest.fixture
def site(httpserver: HTTPServer) -> Answers:
    answers = serving(httpserver, "")
    answers.base_url = answers.base_url.rstrip("/")
    return answers


def a_responder(site: Answers, handle: str = "lojaaurora", **options: object) -> ComplaintPageResponder:
    given = {name: value for name, value in {**OPTIONS, **options}.items() if value}
    connection = Connection("complaint_page", site.base_url, "p", handle, "", {}, given, timedelta(seconds=2))
    return ComplaintPageResponder(connection, StoppedClock(NOON))


def a_reply(site: Answers, body: str = "Olá, Maria! Já estamos vendo.", **fields: Any) -> OutgoingReply:
    values: dict[str, Any] = {
        "key": "k",
        "body": body,
        "purpose": ReplyPurpose.ANSWER,
        "mention_external_id": "a2",
        "mention_url": f"{site.base_url}{PAGE}",
        "mention_posted_at": NOON - timedelta(hours=2),
        "thread_external_id": "a2",
        "author_handle": "Maria D.",
        "approved_at": NOON,
        **fields,
    }
    return OutgoingReply(**values)


def test_posting_is_for_a_person(site: Answers) -> None:
    with pytest.raises(ByHandError, match="geladeira"):
        a_responder(site).post(a_reply(site))
    assert site.asked == []


@pytest.mark.parametrize("fields", [{"private": True}, {"visibility": Visibility.PRIVATE}])
def test_nothing_private_is_for_the_page(site: Answers, fields: dict[str, Any]) -> None:
    for ask in (a_responder(site).post, a_responder(site).find):
        with pytest.raises(RejectedError, match="write to the person"):
            ask(a_reply(site, **fields))
    assert site.asked == []


def test_the_answer_is_found_on_the_page(site: Answers) -> None:
    site.replay("complaint_page", "list")
    found = a_responder(site).find(a_reply(site))
    assert found is not None
    assert found.external_id == "r7"
    assert found.url.endswith(f"{PAGE}#r7")
    assert {asked.method for asked in site.asked} == {"GET"}


def test_another_text_or_another_author_is_not_ours(site: Answers) -> None:
    site.replay("complaint_page", "list")
    assert a_responder(site).find(a_reply(site, "Outro texto")) is None
    assert a_responder(site, "outraempresa").find(a_reply(site)) is None
    assert a_responder(site, "outraempresa", company="LOJA AURORA").find(a_reply(site)) is not None


def test_a_page_that_is_gone_holds_no_answer(site: Answers) -> None:
    assert a_responder(site).find(a_reply(site)) is None


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (Response("<html><body>Novo site</body></html>"), NeedsAttentionError),
        (Response("<html><body><div class='texto'>"), TryLaterError),
        (Response("", 403), NeedsAttentionError),
        (Response("", 429), RateLimitedError),
        (Response("", 502), TryLaterError),
        (Response("", 302, {"Location": "http://127.0.0.2:9/"}), NeedsAttentionError),
    ],
)
def test_a_look_that_fails_never_says_that_nothing_is_there(
    site: Answers, answer: Response, error: type[ChannelError]
) -> None:
    site.add("GET", PAGE, answer)
    with pytest.raises(error):
        a_responder(site).find(a_reply(site))


def test_without_a_selector_for_answers_nobody_pretends_to_have_looked(site: Answers) -> None:
    with pytest.raises(NeedsAttentionError, match="'answer'"):
        a_responder(site, answer="").find(a_reply(site))


def test_an_address_on_another_site_is_looked_for_on_ours(site: Answers) -> None:
    site.replay("complaint_page", "list")
    assert a_responder(site).find(a_reply(site, mention_url=f"http://old.example{PAGE}")) is not None
    with pytest.raises(NeedsAttentionError):
        a_responder(site).find(a_reply(site, mention_url=""))


def test_there_is_room_for_any_answer(site: Answers) -> None:
    assert a_responder(site).room_left("a" * 100_000) > 0
