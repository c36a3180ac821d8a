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
    ("option", "seen_by", "private", "visibility"),
    [
        ({}, Visibility.PUBLIC, False, "unlisted"),
        ({"visibility": "public"}, Visibility.PUBLIC, False, "public"),
        ({"visibility": "public"}, Visibility.UNLISTED, False, "unlisted"),
        ({"visibility": "direct"}, Visibility.UNLISTED, False, "direct"),
        ({"visibility": "public"}, Visibility.PUBLIC, True, "direct"),
        ({"visibility": "public"}, Visibility.PRIVATE, True, "direct"),
    ],
)
def test_a_reply_is_never_seen_by_more_than_the_post(
    mastodon: Answers, option: dict[str, object], seen_by: Visibility, private: bool, visibility: str
) -> None:
    mastodon.replay("mastodon", "reply")
    a_responder(mastodon, options=option).post(a_reply("Oi, Ana!", visibility=seen_by, private=private))
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


@pytest.mark.parametrize(
    "reply",
    [
        a_reply("a" * 501),
        a_reply(" \n"),
        a_reply(mention_external_id="../x"),
        a_reply(visibility=Visibility.PRIVATE),
        a_reply("Oi!", private=True, author_handle="", extra={}),
        a_reply("Oi! Falamos com @bia@rio.example", private=True),
        a_reply("Oi! Falamos com @bia.", private=True),
        a_reply("Oi, @ana!", private=True),  # somebody of our own server
    ],
)
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


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ("Oi, Ana! Escreva a sac@loja.example ou veja https://loja.example/@ana", {}),
        ("@ana@mar.example oi! Somos nós, a @lojaaurora (@LojaAurora@localhost).", {}),
        ("@ana oi! @ana@localhost", {"author_handle": "ana", "extra": {"acct": "ana"}}),
    ],
)
def test_a_private_reply_may_name_the_person_and_ourselves(
    mastodon: Answers, body: str, fields: dict[str, object]
) -> None:
    mastodon.replay("mastodon", "reply")
    a_responder(mastodon).post(a_reply(body, private=True, **fields))
    assert posted_form(mastodon)["visibility"] == "direct"


def a_status(status_id: str, minutes: int = 0, **fields: object) -> dict[str, object]:
    made = (NOON - timedelta(minutes=minutes)).isoformat()
    return {
        "id": status_id,
        "created_at": made,
        "in_reply_to_id": MENTION,
        "visibility": "unlisted",
        "url": f"https://ondas.example/@lojaaurora/{status_id}",
        "content": "<p>@ana Oi!</p>",
        "account": {"id": "110", "acct": "lojaaurora"},
        **fields,
    }


@pytest.mark.parametrize(
    ("option", "private", "found"),
    [("unlisted", False, "1"), ("unlisted", True, "2"), ("direct", False, "1"), ("direct", True, "2")],
)
def test_a_look_takes_what_is_as_private_as_the_reply(
    mastodon: Answers, option: str, private: bool, found: str
) -> None:
    told = a_status("2", visibility="direct")
    mastodon.add("GET", CONTEXT, json_answer({"descendants": [a_status("1"), told]}))
    reply = a_reply("Oi!", private=private)
    posted = a_responder(mastodon, external_id="110", options={"visibility": option}).find(reply)
    assert posted is not None
    assert posted.external_id == found


def test_where_every_reply_is_direct_a_direct_one_is_found(mastodon: Answers) -> None:
    mastodon.add("GET", CONTEXT, json_answer({"descendants": [a_status("2", visibility="direct")]}))
    assert a_responder(mastodon, external_id="110", options={"visibility": "direct"}).find(a_reply("Oi!"))


OWN = "/api/v1/accounts/110/statuses"


@pytest.mark.parametrize(
    ("context", "pages"),
    [(json_answer({"descendants": []}), 2), (json_answer({"error": "Record not found"}, 404), 3)],
    ids=["with a thread down to the approval", "without one down to the mention"],
)
def test_how_far_our_own_posts_are_read(mastodon: Answers, context: Response, pages: int) -> None:
    mastodon.add("GET", CONTEXT, context)
    other = [json_answer([a_status(str(9 - n), minutes, content="<p>?</p>")]) for n, minutes in enumerate((1, 90, 200))]
    mastodon.add("GET", OWN, *other)
    reply = a_reply("Oi!", mention_posted_at=NOON - timedelta(hours=2))
    assert a_responder(mastodon, external_id="110").find(reply) is None
    assert mastodon.paths().count(OWN) == pages


def test_own_posts_are_what_everybody_may_read(mastodon: Answers) -> None:
    boosted = a_status("70", 300, content="<p>Chegou antes do prazo!</p>", account={"id": "7", "acct": "ana"})
    listed = [
        a_status("9", 1, spoiler_text="Aviso", content='<p>Veja <a href="https://loja.example/a">loja…</a></p>'),
        a_status("8", 2, visibility="direct"),
        a_status("7", 3, visibility="private"),
        a_status("6", 4, visibility="public", in_reply_to_id=None, content="", reblog=boosted),
        a_status("5", 90),
    ]
    mastodon.add("GET", OWN, json_answer(listed[:2]), json_answer(listed[2:]))
    answer, boost = a_responder(mastodon, external_id="110").own_posts(NOON - timedelta(minutes=30))
    assert (answer.external_id, answer.parent_external_id, answer.posted_at) == (
        "9",
        MENTION,
        NOON - timedelta(minutes=1),
    )
    assert answer.text == "Aviso\n\nVeja https://loja.example/a"
    assert answer.url == "https://ondas.example/@lojaaurora/9"
    assert (boost.external_id, boost.parent_external_id, boost.text) == ("6", "", "Chegou antes do prazo!")
    assert mastodon.paths() == [OWN, OWN]


def test_an_own_post_that_cannot_be_placed_in_time_ends_the_look(mastodon: Answers) -> None:
    mastodon.add("GET", OWN, json_answer([a_status("9", created_at="soon")]))
    with pytest.raises(TryLaterError):
        list(a_responder(mastodon, external_id="110").own_posts(NOON))
