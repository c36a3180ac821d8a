"""The Reclame AQUI responder answers once, in public, and finds what stands on the ticket."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Response

from channels.connection import Connection
from errors import (
    ChannelError,
    NeedsAttentionError,
    OutcomeUnknownError,
    RateLimitedError,
    RejectedError,
    TryLaterError,
)
from models import ReplyPurpose, Visibility
from responders.base import OutgoingReply
from responders.reclame_aqui import ReclameAquiResponder
from tests.answers import Answers, StoppedClock, json_answer, serving

NOON = datetime(2026, 3, 10, 15, 0, tzinfo=UTC)
TICKETS = "/ticket/v1/tickets"
ANSWER = "/ticket/v1/tickets/message/public"
TOKEN = "/auth/oauth/token"
BODY = "Olá, Maria! A entrega foi remarcada."


@pytest.fixture
def api(httpserver: HTTPServer) -> Answers:
    answers = serving(httpserver, "/api")
    answers.add("POST", TOKEN, json_answer({"access_token": "token", "expires_in": 86_400}))
    return answers


def a_responder(api: Answers) -> ReclameAquiResponder:
    secrets = {"client_id": "id", "client_secret": "sesame"}
    timeout = timedelta(seconds=2)
    connection = Connection("reclame_aqui", api.base_url, "ra.test", "loja-aurora", "77", secrets, timeout=timeout)
    return ReclameAquiResponder(connection, StoppedClock(NOON))


def a_reply(**fields: Any) -> OutgoingReply:
    values: dict[str, Any] = {
        "key": "k",
        "body": BODY,
        "purpose": ReplyPurpose.ANSWER,
        "mention_external_id": "160441820",
        "mention_url": "",
        "mention_posted_at": NOON - timedelta(hours=2),
        "thread_external_id": "43534294",
        "author_handle": "Maria",
        "approved_at": NOON - timedelta(minutes=1),
        **fields,
    }
    return OutgoingReply(**values)


def a_search(*interactions: dict[str, Any]) -> dict[str, Any]:
    ticket = {"id": 43534294, "interactions": list(interactions)}
    return {"data": [ticket], "meta": {"page": {"number": 1, "size": 50}, "total": 1}}


def an_interaction(**fields: Any) -> dict[str, Any]:
    return {
        "ticket_interaction_id": "7",
        "ticket_interaction_type_id": 2,
        "responsible_id": 5,
        "message": BODY,
        "privacy": False,
        "creation_date": NOON.isoformat(),
        **fields,
    }


def posts(api: Answers) -> list[str]:
    return [asked.body for asked in api.asked if asked.path == ANSWER]


def test_an_answer_is_one_post_and_the_ticket_tells_its_number(api: Answers) -> None:
    api.replay("reclame_aqui", "answer")
    posted = a_responder(api).post(a_reply())
    assert posted.external_id == "160442000"
    assert posted.posted_at == NOON
    assert [json.loads(body) for body in posts(api)] == [{"id": 43534294, "message": BODY}]


def test_an_answer_that_was_published_is_posted_even_when_the_ticket_cannot_be_read(api: Answers) -> None:
    api.add("POST", ANSWER, json_answer({"message": "Mensagem enviada com sucesso", "success": True}))
    api.add("GET", TICKETS, json_answer({}, 503))
    posted = a_responder(api).post(a_reply())
    assert posted.external_id == ""
    assert posted.url
    assert len(posts(api)) == 1


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (json_answer({"code": 4090, "message": "conflito", "success": False}, 409), RejectedError),
        (json_answer({"code": 4091, "message": "inativo", "success": False}, 200), RejectedError),
        (json_answer({"code": 4220}, 422), RejectedError),
        (json_answer({}, 404), RejectedError),
        (json_answer({}, 401), NeedsAttentionError),
        (json_answer({}, 403), NeedsAttentionError),
        (json_answer({}, 429), RateLimitedError),
        (json_answer({}, 500), OutcomeUnknownError),
        (json_answer({}, 504), OutcomeUnknownError),
        (Response("", 302, {"Location": "/elsewhere"}), OutcomeUnknownError),
        (json_answer({}), OutcomeUnknownError),
        (json_answer([]), OutcomeUnknownError),
        (Response("<html>", 200), OutcomeUnknownError),
        (Response('{"success": tr', 200), OutcomeUnknownError),
    ],
)
def test_whatever_comes_back_one_post_was_sent(api: Answers, answer: Response, error: type[ChannelError]) -> None:
    api.add("POST", ANSWER, answer)
    with pytest.raises(error):
        a_responder(api).post(a_reply())
    assert len(posts(api)) == 1


def test_ten_calls_a_minute_hold_for_answers_before_the_network(api: Answers) -> None:
    api.add("GET", TICKETS, json_answer(a_search()))
    api.add("POST", ANSWER, json_answer({"success": True, "message": "ok"}))
    responder = a_responder(api)
    for _ in range(8):
        responder.find(a_reply())
    with pytest.raises(RateLimitedError) as caught:
        responder.post(a_reply())
    assert posts(api) == []
    assert caught.value.retry_after is not None


@pytest.mark.parametrize(
    "reply",
    [
        a_reply(body="a" * 10_001),
        a_reply(body=" "),
        a_reply(visibility=Visibility.PRIVATE),
        a_reply(thread_external_id="../x"),
    ],
    ids=["too long", "empty", "private", "no ticket"],
)
def test_what_cannot_be_published_never_reaches_the_network(api: Answers, reply: OutgoingReply) -> None:
    with pytest.raises(RejectedError):
        a_responder(api).post(reply)
    assert api.asked == []


@pytest.mark.parametrize(
    "shown", [BODY, f"<p>{BODY}</p>", BODY.replace("! ", "!<br />"), BODY.replace("á", "&aacute;")]
)
def test_our_answer_is_found_in_every_form(api: Answers, shown: str) -> None:
    api.add("GET", TICKETS, json_answer(a_search(an_interaction(message=shown))))
    found = a_responder(api).find(a_reply())
    assert found is not None
    assert found.external_id == "7"


@pytest.mark.parametrize(
    "other",
    [
        an_interaction(message="Outro texto"),
        an_interaction(ticket_interaction_type_id=3),
        an_interaction(privacy="true"),
        an_interaction(ticket_interaction_type_id=1, responsible_id=None, customer_id="9"),
        an_interaction(creation_date=(NOON - timedelta(days=1)).isoformat()),
    ],
    ids=["another text", "private", "marked private", "the consumer's", "before it was approved"],
)
def test_nothing_else_is_taken_for_our_answer(api: Answers, other: dict[str, Any]) -> None:
    api.add("GET", TICKETS, json_answer(a_search(other)))
    assert a_responder(api).find(a_reply()) is None
    assert posts(api) == []


@pytest.mark.parametrize(
    "answer", [{}, {"data": [], "meta": {"total": 0}}, {"data": [{"id": 1}], "meta": {"total": 1}}]
)
def test_a_ticket_that_cannot_be_seen_does_not_mean_that_nothing_is_there(api: Answers, answer: dict[str, Any]) -> None:
    api.add("GET", TICKETS, json_answer(answer))
    with pytest.raises(TryLaterError):
        a_responder(api).find(a_reply())
