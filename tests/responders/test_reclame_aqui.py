"""The Reclame AQUI responder answers once, in public, and finds what stands on the ticket."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Response

from channels.connection import Connection
from channels.reclame_aqui_tickets import email_of
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
PRIVATE = "/ticket/v1/tickets/message/private"
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
    ids=["another text", "private", "marked private", "the consumer's", "older than what it answers"],
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


TOLD = "Olá, Maria! O código de rastreio é QX-3381."


def a_private_reply(**fields: Any) -> OutgoingReply:
    return a_reply(**{"body": TOLD, "private": True, **fields})


def a_private_word(**fields: Any) -> dict[str, Any]:
    return an_interaction(**{"ticket_interaction_type_id": 3, "message": TOLD, "privacy": True, **fields})


def test_a_private_reply_is_one_message_to_the_consumers_address_and_the_ticket_tells_its_number(api: Answers) -> None:
    api.replay("reclame_aqui", "private")
    posted = a_responder(api).post(a_private_reply(visibility=Visibility.PRIVATE))
    assert posted.external_id == "160442010"
    (asked,) = (asked for asked in api.asked if asked.path == PRIVATE)
    assert asked.headers["Content-Type"].startswith("multipart/form-data; boundary=")
    for name, value in {"id": "43534294", "message": TOLD, "email": "consumidora@example.com"}.items():
        assert f'name="{name}"\r\n\r\n{value}\r\n' in asked.body
    assert posts(api) == []


def test_nothing_is_read_between_the_look_and_a_private_message(api: Answers) -> None:
    ticket = {"id": 43534294, "customer": {"email": ["maria@example.com"]}, "interactions": []}
    api.add("GET", TICKETS, json_answer({"data": [ticket], "meta": {"total": 1}}))
    api.add("POST", PRIVATE, json_answer({"success": True, "message": "ok"}))
    responder = a_responder(api)
    assert responder.find(a_private_reply()) is None
    looked = len(api.asked)
    responder.post(a_private_reply())
    assert api.asked[looked].path.endswith(PRIVATE)
    assert "maria@example.com" in api.asked[looked].body


def test_without_an_address_nothing_private_is_sent(api: Answers) -> None:
    api.add("GET", TICKETS, json_answer(a_search()))
    with pytest.raises(RejectedError, match="answer in public"):
        a_responder(api).post(a_private_reply())
    assert api.paths("POST") == [TOKEN]


@pytest.mark.parametrize(
    ("customer", "address"),
    [
        ({"email": ["a@b.com.br", "c@d.com"]}, "a@b.com.br"),
        ({"email": "a@b.com"}, "a@b.com"),
        ({"email": ["", "não tem", "a@b.com, x@y.com", "a@b.com\nBcc: x@y.com", " c@d.com "]}, "c@d.com"),
        ({"email": [7, None]}, ""),
        ({}, ""),
        (None, ""),
    ],
)
def test_the_address_is_one_that_can_be_written_to(customer: object, address: str) -> None:
    assert email_of({"customer": customer}) == address


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (json_answer({"code": 40919, "message": "origem sem mensagem privada", "success": False}, 409), RejectedError),
        (json_answer({"code": 40925, "message": "já finalizada", "success": False}, 409), RejectedError),
        (json_answer({"code": 40925, "message": "já finalizada", "success": False}), RejectedError),
        (json_answer({}, 403), NeedsAttentionError),
        (json_answer({}, 429), RateLimitedError),
        (json_answer({}, 502), OutcomeUnknownError),
        (json_answer({}), OutcomeUnknownError),
    ],
)
def test_what_becomes_of_a_private_message_is_said(api: Answers, answer: Response, error: type[ChannelError]) -> None:
    ticket = {**a_search()["data"][0], "customer": {"email": ["maria@example.com"]}}
    api.add("GET", TICKETS, json_answer({"data": [ticket], "meta": {"total": 1}}))
    api.add("POST", PRIVATE, answer)
    with pytest.raises(error) as caught:
        a_responder(api).post(a_private_reply())
    assert "maria@example.com" not in str(caught.value)
    assert api.paths("POST").count(PRIVATE) == 1


@pytest.mark.parametrize(
    ("word", "is_ours"),
    [
        (a_private_word(), True),
        (a_private_word(ticket_interaction_type_id=2), True),
        (a_private_word(creation_date=(NOON - timedelta(hours=2)).isoformat()), True),
        (a_private_word(creation_date=(NOON - timedelta(hours=4)).isoformat()), False),
        (a_private_word(ticket_interaction_type_id=2, privacy=False), False),
        (a_private_word(ticket_interaction_type_id=6, responsible_id=None, customer_id="9"), False),
        (a_private_word(message="Outro texto"), False),
    ],
    ids=["ours", "marked private", "before the approval", "older", "public", "the consumer's", "another text"],
)
def test_our_private_message_is_known_from_everything_else(api: Answers, word: dict[str, Any], is_ours: bool) -> None:
    api.add("GET", TICKETS, json_answer(a_search(word)))
    assert (a_responder(api).find(a_private_reply()) is not None) is is_ours


def test_an_answer_from_before_the_approval_is_found(api: Answers) -> None:
    before = an_interaction(creation_date=(NOON - timedelta(hours=2)).isoformat())
    api.add("GET", TICKETS, json_answer(a_search(before)))
    assert a_responder(api).find(a_reply()) is not None


def a_page(numbers: range, total: int) -> Response:
    tickets = [
        {
            "id": number,
            "interactions": [
                an_interaction(
                    ticket_interaction_id=str(number),
                    message=f"<p>Resposta {number}</p>",
                    creation_date=(NOON - timedelta(minutes=number)).isoformat(),
                )
            ],
        }
        for number in numbers
    ]
    return json_answer({"data": tickets, "meta": {"total": total}})


def test_a_look_that_must_wait_goes_on_where_it_stopped(api: Answers) -> None:
    pages = [a_page(range(start, min(start + 50, 601)), 600) for start in range(1, 601, 50)]
    api.add("GET", TICKETS, *pages)
    clock = StoppedClock(NOON)
    responder = ReclameAquiResponder(
        Connection("reclame_aqui", api.base_url, "ra", "loja-aurora", "77", {"client_id": "id", "client_secret": "s"}),
        clock,
    )
    since = NOON - timedelta(days=1)
    with pytest.raises(RateLimitedError) as caught:
        list(responder.own_posts(since))
    clock.moment += caught.value.retry_after or timedelta()
    shown = list(responder.own_posts(since))
    assert [own.external_id for own in shown] == [str(number) for number in range(1, 601)]
    assert [asked.one("page[number]") for asked in api.asked if asked.method == "GET"] == [
        str(number) for number in range(1, 13)
    ]
    assert {asked.one("last_modification_date[lt]") for asked in api.asked} == {None}
    assert (shown[0].text, shown[0].parent_external_id, shown[0].thread_external_id) == ("Resposta 1", "1", "1")


def test_what_the_site_took_off_and_what_is_private_or_older_is_not_shown(api: Answers) -> None:
    kept, old, told = (
        an_interaction(ticket_interaction_id="1"),
        an_interaction(ticket_interaction_id="2", creation_date=(NOON - timedelta(days=2)).isoformat()),
        a_private_word(ticket_interaction_id="3"),
    )
    taken_back = {"id": 9, "active": False, "interactions": [an_interaction(ticket_interaction_id="4")]}
    answer = {"data": [*a_search(kept, old, told)["data"], taken_back], "meta": {"total": 2}}
    api.add("GET", TICKETS, json_answer(answer))
    assert [own.external_id for own in a_responder(api).own_posts(NOON - timedelta(days=1))] == ["1"]
