"""The Mastodon responder on answers as Mastodon documents them: it posts once, to whom it should, and finds it."""

import socket
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from channels import mastodon_client
from channels.connection import Connection
from errors import (
    ChannelError,
    NeedsAttentionError,
    OutcomeUnknownError,
    RateLimitedError,
    RejectedError,
    SettingsError,
    TryLaterError,
)
from models import ReplyPurpose, Visibility
from responders.base import OutgoingReply
from responders.mastodon import MastodonResponder
from tests.answers import Answers, StoppedClock, json_answer, serving

NOON = datetime(2026, 3, 10, 15, 0, tzinfo=UTC)
MENTION, POSTED = "116205465108480001", "116205473300480003"
CONTEXT = f"/api/v1/statuses/{MENTION}/context"
BODY = "Oi, Ana!\n\nJá estamos vendo com @bia@rio.example & avisamos: https://loja.example/pedidos/2026/03/10"


@pytest.fixture
def mastodon(httpserver: HTTPServer) -> Iterator[Answers]:
    yield serving(httpserver)
    mastodon_client._LIMITS.clear()  # another test's server may get the same port


def a_responder(mastodon: Answers, **fields: object) -> MastodonResponder:
    values = {"secrets": {"access_token": "sesame"}, "timeout": timedelta(seconds=2), **fields}
    base_url = str(values.pop("base_url", mastodon.base_url))
    return MastodonResponder(
        Connection("mastodon", base_url, "ondas.example", "lojaaurora", **values),  # type: ignore[arg-type]  # as a test says
        StoppedClock(NOON),
    )


def a_reply(body: str = BODY, **fields: object) -> OutgoingReply:
    values = {
        "key": "k1",
        "body": body,
        "purpose": ReplyPurpose.ANSWER,
        "mention_external_id": MENTION,
        "mention_url": f"https://mar.example/@ana/{MENTION}",
        "mention_posted_at": NOON - timedelta(minutes=2),
        "thread_external_id": MENTION,
        "author_handle": "ana@mar.example",
        "approved_at": NOON,
        "lang": "pt",
        "extra": {"acct": "ana@mar.example", "visibility": "public"},
        **fields,
    }
    return OutgoingReply(**values)  # type: ignore[arg-type]  # as a test says


def posted_form(mastodon: Answers) -> dict[str, str]:
    (asked,) = (asked for asked in mastodon.asked if asked.method == "POST")
    return {name: values[0] for name, values in parse_qs(asked.body).items()}


def test_a_reply_is_one_request_with_its_key(mastodon: Answers) -> None:
    mastodon.replay("mastodon", "reply")
    posted = a_responder(mastodon).post(a_reply())
    assert posted.external_id == POSTED
    assert posted.url.startswith("https://ondas.example/@lojaaurora/")
    assert posted.posted_at == NOON + timedelta(seconds=5)
    form = posted_form(mastodon)
    assert form["status"] == f"@ana@mar.example {BODY}"
    assert form["in_reply_to_id"] == MENTION
    assert form["visibility"] == "unlisted"
    assert form["language"] == "pt"
    assert [asked.headers["Idempotency-Key"] for asked in mastodon.asked] == ["k1"]


@pytest.mark.parametrize(
    ("body", "sent"),
    [
        ("Oi!", "@ana@mar.example Oi!"),
        ("@ana@mar.example Oi!", "@ana@mar.example Oi!"),
        ("@bia @Ana@Mar.example Oi!", "@bia @Ana@Mar.example Oi!"),
        ("@ana Oi!", "@ana@mar.example @ana Oi!"),
        ("Oi, @ana@mar.example!", "@ana@mar.example Oi, @ana@mar.example!"),
    ],
)
def test_the_name_of_whom_it_answers_leads_once(mastodon: Answers, body: str, sent: str) -> None:
    mastodon.replay("mastodon", "reply")
    a_responder(mastodon).post(a_reply(body))
    assert posted_form(mastodon)["status"] == sent


@pytest.mark.parametrize(
    ("option", "seen_by", "visibility"),
    [
        ({}, Visibility.PUBLIC, "unlisted"),
        ({"visibility": "public"}, Visibility.PUBLIC, "public"),
        ({"visibility": "public"}, Visibility.UNLISTED, "unlisted"),
        ({"visibility": "direct"}, Visibility.UNLISTED, "direct"),
        ({"visibility": "public"}, Visibility.PRIVATE, "direct"),
    ],
)
def test_a_reply_is_never_seen_by_more_than_the_post(
    mastodon: Answers, option: dict[str, object], seen_by: Visibility, visibility: str
) -> None:
    mastodon.replay("mastodon", "reply")
    a_responder(mastodon, options=option).post(a_reply(visibility=seen_by))
    assert posted_form(mastodon)["visibility"] == visibility


def test_an_unknown_visibility_is_refused(mastodon: Answers) -> None:
    with pytest.raises(SettingsError, match="visibility"):
        a_responder(mastodon, options={"visibility": "everyone"})


@pytest.mark.parametrize(
    ("body", "to", "left"),
    [
        ("", "", 500),
        ("a" * 500, "", 0),
        ("a" * 495, "ana@mar.example", 0),
        ("@ana@mar.example " + "a" * 495, "ana@mar.example", 0),
        ("https://loja.com.br/" + "a" * 300, "", 477),
        ("loja.com.br/" + "a" * 88, "", 400),
        ("👨‍👩‍👧‍👦" * 500, "", 0),
        ("a" * 100_000, "", -99_500),
    ],
)
def test_characters_count_as_mastodon_counts_them(mastodon: Answers, body: str, to: str, left: int) -> None:
    assert a_responder(mastodon).room_left(body, to) == left
    assert mastodon.asked == []


def test_the_length_of_the_settings_counts(mastodon: Answers) -> None:
    assert a_responder(mastodon, options={"max_characters": 5000}).room_left("a") == 4999
    assert a_responder(mastodon, options={"max_characters": "many"}).room_left("a") == 499


def test_the_length_of_the_instance_is_learnt_once_while_looking(mastodon: Answers) -> None:
    mastodon.replay("mastodon", "reply")
    responder = a_responder(mastodon)
    responder.find(a_reply())
    responder.find(a_reply())
    assert mastodon.paths().count("/api/v2/instance/") == 1
    assert a_responder(mastodon).room_left("https://loja.com.br/a") == 970


@pytest.mark.parametrize("reply", [a_reply("a" * 501), a_reply(" \n"), a_reply(mention_external_id="../x")])
def test_what_cannot_be_posted_is_refused_before_the_network(mastodon: Answers, reply: OutgoingReply) -> None:
    with pytest.raises(RejectedError):
        a_responder(mastodon).post(reply)
    assert mastodon.asked == []


def _silent(request: Request) -> Response:
    time.sleep(0.6)
    return Response()


FAULTS = {
    "400": (json_answer({"error": "bad"}, 400), RejectedError, "bad"),
    "404": (json_answer({"error": "The post you are trying to reply to"}, 404), RejectedError, "trying to reply"),
    "409": (json_answer({}, 409), RejectedError, ""),
    "422": (json_answer({"error": "Validation failed: Text character limit"}, 422), RejectedError, "limit"),
    "401": (json_answer({"error": "The access token was revoked"}, 401), NeedsAttentionError, "revoked"),
    "403": (json_answer({"error": "This action is not allowed"}, 403), RejectedError, "not allowed"),
    "scope": (json_answer({"error": "This action is outside the authorized scopes"}, 403), NeedsAttentionError, ""),
    "disabled": (json_answer({"error": "Your login is currently disabled"}, 403), NeedsAttentionError, ""),
    "429": (json_answer({"error": "Too many requests"}, 429), RateLimitedError, ""),
    "500": (json_answer({"error": "oops"}, 500), OutcomeUnknownError, ""),
    "503": (Response("<html>", 503), OutcomeUnknownError, ""),
    "408": (json_answer({}, 408), OutcomeUnknownError, ""),
    "redirect": (Response("", 307, {"Location": "/place/api/v1/statuses"}), OutcomeUnknownError, ""),
    "truncated": (Response('{"id": "1', content_type="application/json"), OutcomeUnknownError, ""),
    "HTML": (Response("<html>"), OutcomeUnknownError, ""),
    "a list": (json_answer([]), OutcomeUnknownError, ""),
    "no id": (json_answer({"url": "https://ondas.example/1"}), OutcomeUnknownError, ""),
    "time-out": (_silent, OutcomeUnknownError, ""),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_while_posting_becomes_our_error_after_one_request(mastodon: Answers, fault: str) -> None:
    answer, error, words = FAULTS[fault]
    mastodon.add("POST", "/api/v1/statuses", answer)  # type: ignore[arg-type]  # a table of several kinds
    with pytest.raises(ChannelError) as raised:
        a_responder(mastodon, timeout=timedelta(seconds=0.25 if answer is _silent else 2)).post(a_reply())
    assert type(raised.value) is error
    assert words in str(raised.value)
    assert [asked.method for asked in mastodon.asked] == ["POST"]


@pytest.mark.parametrize(
    "headers", [{"X-RateLimit-Reset": "soon"}, {"X-RateLimit-Remaining": "-"}, {"Deprecation": "1"}]
)
def test_a_good_answer_with_odd_headers_is_a_post(mastodon: Answers, headers: dict[str, str]) -> None:
    status = {"id": POSTED, "url": "https://ondas.example/1", "created_at": "2026-03-10T15:00:05.000Z"}
    mastodon.add("POST", "/api/v1/statuses", json_answer(status, headers=headers))
    assert a_responder(mastodon).post(a_reply()).external_id == POSTED


def test_a_connection_that_never_opened_published_nothing(mastodon: Answers) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        with pytest.raises(TryLaterError):
            a_responder(mastodon, base_url=f"http://127.0.0.1:{closed.getsockname()[1]}").post(a_reply())


def test_a_reply_is_found_by_author_parent_and_text(mastodon: Answers) -> None:
    mastodon.replay("mastodon", "reply")
    assert a_responder(mastodon).find(a_reply()) == a_responder(mastodon).post(a_reply())
    found = a_responder(mastodon).find(a_reply("Recebemos."))
    assert found is not None
    assert found.external_id != POSTED


@pytest.mark.parametrize("context", [json_answer({"error": "Record not found"}, 404), json_answer({"descendants": []})])
def test_what_the_thread_does_not_show_is_found_among_our_own_posts(mastodon: Answers, context: Response) -> None:
    mastodon.add("GET", CONTEXT, context)
    mastodon.replay("mastodon", "reply")
    found = a_responder(mastodon).find(a_reply())
    assert found is not None
    assert found.external_id == POSTED


@pytest.mark.parametrize(
    ("links", "pages"),
    [
        ('<https://ondas.example/?min_id=9>; rel="prev"', 1),
        ('<https://ondas.example/?max_id=9>; rel="next", <https://ondas.example/?min_id=9>; rel="prev"', 2),
        ("", 2),
    ],
)
def test_our_own_posts_are_read_on_unless_the_server_links_to_no_older_ones(
    mastodon: Answers, links: str, pages: int
) -> None:
    status = {"id": "9", "in_reply_to_id": "1", "content": "<p>Oi</p>", "created_at": "2100-01-01T00:00:00.000Z"}
    mastodon.add("GET", CONTEXT, json_answer({"descendants": []}))
    mastodon.add("GET", "/api/v1/accounts/verify_credentials", json_answer({"id": "110"}))
    mastodon.add("GET", "/api/v1/accounts/110/statuses", json_answer([status], headers={"Link": links}))
    assert a_responder(mastodon).find(a_reply()) is None
    assert mastodon.paths().count("/api/v1/accounts/110/statuses") == pages


def test_what_was_never_posted_is_not_found_and_not_posted(mastodon: Answers) -> None:
    mastodon.replay("mastodon", "reply")
    assert a_responder(mastodon).find(a_reply("Oi, Ana!")) is None  # another person answered just that
    assert mastodon.paths("POST") == []


@pytest.mark.parametrize(
    ("path", "answer", "error"),
    [
        (CONTEXT, json_answer({"error": "x"}, 401), NeedsAttentionError),
        (CONTEXT, json_answer({"error": "x"}, 503), TryLaterError),
        (CONTEXT, Response("<html>", 404), NeedsAttentionError),
        ("/api/v1/accounts/110/statuses", json_answer({"error": "x"}, 429), RateLimitedError),
    ],
)
def test_looking_fails_rather_than_finding_nothing(
    mastodon: Answers, path: str, answer: Response, error: type[ChannelError]
) -> None:
    mastodon.add("GET", path, answer)
    mastodon.add("GET", CONTEXT, json_answer({"descendants": []}))
    mastodon.replay("mastodon", "reply")
    with pytest.raises(error):
        a_responder(mastodon).find(a_reply("Outra coisa"))
