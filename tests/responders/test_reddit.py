"""The Reddit responder posts once, understands Reddit's refusals, and finds what stands there."""

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

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
from responders.reddit import RedditResponder
from tests.answers import Answers, StoppedClock, json_answer, serving

NOON = datetime(2026, 3, 10, 15, 0, tzinfo=UTC)
COMMENT = "/api/comment/"
OURS = "/user/lojaaurora/comments/"
THREAD = "/comments/9aurora/"
OVERVIEW = "/user/lojaaurora/overview/"
COMPOSE, SENT = "/api/compose/", "/message/sent/"
SECRETS = {"client_id": "id", "client_secret": "sesame", "username": "lojaaurora", "password": "open"}
TOKEN = {"access_token": "token", "token_type": "bearer", "expires_in": 86_400, "scope": "*"}


@pytest.fixture
def reddit(httpserver: HTTPServer) -> Answers:
    answers = serving(httpserver)
    answers.add("POST", "/api/v1/access_token", json_answer(TOKEN))
    return answers


def a_responder(reddit: Answers) -> RedditResponder:
    connection = Connection("reddit", reddit.base_url, "r", "LojaAurora", "", SECRETS, timeout=timedelta(seconds=2))
    return RedditResponder(connection, StoppedClock(NOON))


def a_reply(body: str = "Olá!", **fields: Any) -> OutgoingReply:
    values: dict[str, Any] = {
        "key": "k",
        "body": body,
        "purpose": ReplyPurpose.ANSWER,
        "mention_external_id": "t1_c5",
        "mention_url": "",
        "mention_posted_at": NOON - timedelta(hours=2),
        "thread_external_id": "t3_9aurora",
        "author_handle": "maria",
        "approved_at": NOON - timedelta(minutes=1),
        **fields,
    }
    return OutgoingReply(**values)


def a_comment(name: str = "t1_r1", **fields: Any) -> dict[str, Any]:
    data = {
        "name": name,
        "author": "lojaaurora",
        "body": "Olá!",
        "parent_id": "t1_c5",
        "link_id": "t3_9aurora",
        "created_utc": NOON.timestamp(),
        "edited": False,
        "replies": "",
        **fields,
    }
    return {"kind": "t1", "data": data}


def a_listing(*children: dict[str, Any], after: str | None = None) -> dict[str, Any]:
    return {"kind": "Listing", "data": {"after": after, "children": list(children)}}


def posts(reddit: Answers) -> int:
    return sum(asked.path == COMMENT for asked in reddit.asked)


def test_a_reply_is_one_post_below_the_mention(reddit: Answers) -> None:
    reddit.replay("reddit", "reply")
    posted = a_responder(reddit).post(a_reply())
    assert posted.external_id == "t1_r1"
    assert posted.posted_at == NOON
    assert posted.url.endswith("/comments/9aurora/_/r1/")
    assert "thing_id=t1_c5" in reddit.asked[-1].body
    assert posts(reddit) == 1


def test_a_break_is_waited_for_by_the_caller(reddit: Answers) -> None:
    reddit.replay("reddit", "ratelimit")
    with pytest.raises(RateLimitedError) as caught:
        a_responder(reddit).post(a_reply())
    assert caught.value.retry_after == timedelta(minutes=9)
    assert posts(reddit) == 1


@pytest.mark.parametrize(
    ("sentence", "wait"),
    [
        ("Take a break for 5 seconds before trying again.", timedelta(seconds=5)),
        ("Take a break for 200 milliseconds before trying again.", timedelta(seconds=1)),
        ("Take a break for 1 hour before trying again.", timedelta(hours=1)),
        ("try again later", None),
    ],
)
def test_every_way_to_ask_for_a_break_is_understood(reddit: Answers, sentence: str, wait: timedelta | None) -> None:
    reddit.add("POST", COMMENT, json_answer({"json": {"errors": [["RATELIMIT", sentence, "ratelimit"]]}}))
    with pytest.raises(RateLimitedError) as caught:
        a_responder(reddit).post(a_reply())
    assert caught.value.retry_after == wait
    assert posts(reddit) == 1


@pytest.mark.parametrize(
    ("errors", "error"),
    [
        ([["THREAD_LOCKED", "Comments are locked.", "parent"]], RejectedError),
        ([["DELETED_COMMENT", "that comment has been deleted", "parent"]], RejectedError),
        ([["DELETED_LINK", "that has been deleted", "parent"]], RejectedError),
        ([["TOO_LONG", "this is too long (max: 10000)", "text"]], RejectedError),
        ([["NO_TEXT", "we need something here", "text"]], RejectedError),
        ([["USER_BLOCKED", None, None]], RejectedError),
        ([["SUBREDDIT_OUTBOUND_LINKING_DISALLOWED", "", ""]], RejectedError),
        ([[]], RejectedError),
        (["strange"], RejectedError),
        ([["USER_REQUIRED", "Please log in", None]], NeedsAttentionError),
    ],
)
def test_errors_that_come_as_success_are_refusals(
    reddit: Answers, errors: list[Any], error: type[ChannelError]
) -> None:
    reddit.add("POST", COMMENT, json_answer({"json": {"errors": errors}}))
    with pytest.raises(error):
        a_responder(reddit).post(a_reply())
    assert posts(reddit) == 1


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (json_answer({}, 500), OutcomeUnknownError),
        (json_answer({}, 503), OutcomeUnknownError),
        (json_answer({}, 408), OutcomeUnknownError),
        (Response("", 302, {"Location": "/api/comment/"}), OutcomeUnknownError),
        (Response("<html>", 200), OutcomeUnknownError),
        (Response("", 200), OutcomeUnknownError),
        (json_answer({}), OutcomeUnknownError),
        (json_answer({"json": {"errors": [], "data": {"things": []}}}), OutcomeUnknownError),
        (json_answer({"json": {"errors": [], "data": {"things": [{"kind": "t1", "data": {}}]}}}), OutcomeUnknownError),
        (json_answer({"reason": "x"}, 400), RejectedError),
        (json_answer({}, 401), NeedsAttentionError),
        (json_answer({}, 403), NeedsAttentionError),
        (json_answer({}, 429, {"retry-after": "7"}), RateLimitedError),
    ],
)
def test_whatever_comes_back_one_post_was_sent(reddit: Answers, answer: Response, error: type[ChannelError]) -> None:
    reddit.add("POST", COMMENT, answer)
    with pytest.raises(error):
        a_responder(reddit).post(a_reply())
    assert posts(reddit) == 1


@pytest.mark.parametrize(
    "reply",
    [
        a_reply("a" * 10_001),
        a_reply("  \n"),
        a_reply(visibility=Visibility.PRIVATE),
        a_reply(mention_external_id="t4_m1"),
    ],
    ids=["too long", "empty", "private", "a message"],
)
def test_what_cannot_be_published_never_reaches_the_network(reddit: Answers, reply: OutgoingReply) -> None:
    with pytest.raises(RejectedError):
        a_responder(reddit).post(reply)
    assert reddit.asked == []


def test_our_reply_is_found_among_our_comments(reddit: Answers) -> None:
    others = [a_comment(f"t1_o{n}", parent_id="t1_x") for n in range(5)]
    reddit.add("GET", OURS, json_answer(a_listing(*others, a_comment(), after=None)))
    found = a_responder(reddit).find(a_reply())
    assert found is not None
    assert found.external_id == "t1_r1"
    assert reddit.paths() == [OURS]


def test_who_asks_again_is_told_how_things_stand_now(reddit: Answers) -> None:
    reddit.add("GET", OURS, json_answer(a_listing(a_comment())))
    responder = a_responder(reddit)
    assert [responder.find(a_reply()) is not None for _ in range(2)] == [True, True]
    assert reddit.paths() == [OURS, OURS]


def test_our_reply_is_found_in_the_thread_when_our_list_lags(reddit: Answers) -> None:
    mention = a_comment("t1_c5", author="maria", parent_id="t3_9aurora", replies=a_listing(a_comment()))
    reddit.add("GET", OURS, json_answer(a_listing()))
    reddit.add("GET", THREAD, json_answer([a_listing(), a_listing(mention)]))
    found = a_responder(reddit).find(a_reply())
    assert found is not None
    assert found.external_id == "t1_r1"


@pytest.mark.parametrize(
    "other",
    [
        a_comment(author="papagaio"),
        a_comment(parent_id="t1_other"),
        a_comment(body="Outro texto"),
        a_comment(created_utc=(NOON - timedelta(days=2)).timestamp()),
        a_comment(body="[removed]", author="[deleted]"),
    ],
    ids=["another author", "another post", "another text", "older than what it answers", "removed"],
)
def test_nothing_else_is_taken_for_our_reply(reddit: Answers, other: dict[str, Any]) -> None:
    reddit.add("GET", OURS, json_answer(a_listing(other)))
    reddit.add("GET", THREAD, json_answer([a_listing(), a_listing(other)]))
    assert a_responder(reddit).find(a_reply()) is None


def test_looking_never_publishes(reddit: Answers) -> None:
    reddit.add("GET", OURS, json_answer(a_listing()))
    reddit.add("GET", THREAD, json_answer([a_listing(), a_listing()]))
    a_responder(reddit).find(a_reply())
    assert posts(reddit) == 0


def test_a_look_that_fails_says_so(reddit: Answers) -> None:
    reddit.add("GET", OURS, json_answer(a_listing()))
    reddit.add("GET", THREAD, json_answer({}))
    with pytest.raises(TryLaterError):
        a_responder(reddit).find(a_reply())


def test_room_is_counted_in_characters(reddit: Answers) -> None:
    assert a_responder(reddit).room_left("é" * 9_999) == 1


def a_private_reply(body: str = "Olá!", **fields: Any) -> OutgoingReply:
    return a_reply(body, **{"author_handle": "maria_recife", "lang": "pt", "private": True, **fields})


def a_message(name: str = "t4_2r1s1", **fields: Any) -> dict[str, Any]:
    data = {
        "name": name,
        "author": "lojaaurora",
        "dest": "maria_recife",
        "subject": "Sobre /comments/9aurora/_/c5/",
        "body": "Olá!",
        "created_utc": NOON.timestamp(),
        "first_message_name": None,
        "parent_id": None,
        **fields,
    }
    return {"kind": "t4", "data": data}


def form(reddit: Answers, path: str) -> dict[str, str]:
    (asked,) = (asked for asked in reddit.asked if asked.path == path)
    return {name: values[0] for name, values in parse_qs(asked.body).items() if name != "api_type"}


def test_a_private_reply_is_one_message_to_the_author_with_a_subject_that_names_the_post(reddit: Answers) -> None:
    reddit.replay("reddit", "message")
    posted = a_responder(reddit).post(a_private_reply())
    assert posted.external_id == "t4_2r1s1"
    assert posted.url.endswith("/message/messages/2r1s1")
    assert form(reddit, COMPOSE) == {
        "to": "maria_recife",
        "subject": "Sobre /comments/9aurora/_/c5/",
        "text": "Olá!",
    }
    assert posts(reddit) == 0


@pytest.mark.parametrize(
    ("fields", "subject"),
    [
        ({"lang": "en"}, "About /comments/9aurora/_/c5/"),
        ({"lang": "", "mention_external_id": "t3_9aurora"}, "About /comments/9aurora/"),
        ({"lang": "es", "thread_external_id": "t1_c5"}, "Sobre /comments/_/_/c5/"),
    ],
)
def test_the_subject_is_in_the_persons_language_and_names_what_is_known(
    reddit: Answers, fields: dict[str, Any], subject: str
) -> None:
    reddit.replay("reddit", "message")
    a_responder(reddit).post(a_private_reply(**fields))
    assert form(reddit, COMPOSE)["subject"] == subject


def test_a_message_is_answered_in_its_conversation(reddit: Answers) -> None:
    mine = a_message(subject="re: Pedido 4417", first_message_name="t4_m9")
    reddit.add("POST", COMMENT, json_answer({"json": {"errors": [], "data": {"things": []}}}))
    reddit.add("GET", SENT, json_answer(a_listing(mine)))
    reply = a_private_reply(mention_external_id="t4_m9", visibility=Visibility.PRIVATE, author_handle="")
    posted = a_responder(reddit).post(reply)
    assert posted.external_id == "t4_2r1s1"
    assert form(reddit, COMMENT) == {"thing_id": "t4_m9", "text": "Olá!"}


def test_a_message_that_was_sent_is_posted_even_when_it_cannot_be_read_back(reddit: Answers) -> None:
    reddit.add("POST", COMPOSE, json_answer({"json": {"errors": []}}))
    reddit.add("GET", SENT, json_answer({}, 503))
    posted = a_responder(reddit).post(a_private_reply())
    assert posted.external_id == ""
    assert posted.url


@pytest.mark.parametrize(
    ("answer", "error", "words"),
    [
        ({"json": {"errors": [["RESTRICTED_TO_PM", "User doesn't accept", "to"]]}}, RejectedError, "answer in public"),
        ({"json": {"errors": [["NOT_WHITELISTED_BY_USER_MESSAGE", "", "to"]]}}, RejectedError, "answer in public"),
        ({"json": {"errors": [["USER_DOESNT_EXIST", "that user doesn't exist", "to"]]}}, RejectedError, "exist"),
        ({"json": {"errors": [["RATELIMIT", "Take a break for 5 minutes", "ratelimit"]]}}, RateLimitedError, "break"),
        ({"json": {}}, OutcomeUnknownError, "does not say"),
        ({}, OutcomeUnknownError, "does not say"),
    ],
)
def test_what_becomes_of_a_message_is_said(
    reddit: Answers, answer: dict[str, Any], error: type[ChannelError], words: str
) -> None:
    reddit.add("POST", COMPOSE, json_answer(answer))
    with pytest.raises(error, match=words):
        a_responder(reddit).post(a_private_reply())
    assert reddit.paths("POST").count(COMPOSE) == 1


@pytest.mark.parametrize(
    "reply",
    [a_private_reply(author_handle=""), a_private_reply("a" * 10_001), a_private_reply(mention_external_id="row-7")],
    ids=["nobody is known", "too long", "no post of Reddit"],
)
def test_a_message_that_cannot_be_sent_never_reaches_the_network(reddit: Answers, reply: OutgoingReply) -> None:
    with pytest.raises(RejectedError):
        a_responder(reddit).post(reply)
    assert reddit.asked == []


@pytest.mark.parametrize(
    "sent",
    [
        a_message(),
        a_message(subject="RE: sobre /comments/9aurora/_/c5/", dest="Maria_Recife"),
        a_message(subject="[direct chat room]", first_message_name="t4_old"),
        a_message(created_utc=(NOON - timedelta(hours=2)).timestamp()),
    ],
    ids=["as it was sent", "in other letters", "in a chat without a subject", "before the approval"],
)
def test_our_message_is_found_in_every_form(reddit: Answers, sent: dict[str, Any]) -> None:
    reddit.add("GET", SENT, json_answer(a_listing(a_message("t4_x", dest="joao"), sent)))
    found = a_responder(reddit).find(a_private_reply())
    assert found is not None
    assert found.external_id == "t4_2r1s1"
    assert reddit.paths() == [SENT]


@pytest.mark.parametrize(
    "other",
    [
        a_message(dest="joao_pe"),
        a_message(author="papagaio"),
        a_message(body="Outro texto"),
        a_message(subject="Sobre /comments/9aurora/_/c4/"),
        a_message(subject="Sobre /comments/9aurora/"),
        a_message(created_utc=(NOON - timedelta(days=2)).timestamp()),
        a_comment(),
    ],
    ids=["to another", "by another", "another text", "about another comment", "about the post", "older", "a comment"],
)
def test_nothing_else_is_taken_for_our_message(reddit: Answers, other: dict[str, Any]) -> None:
    reddit.add("GET", SENT, json_answer(a_listing(other)))
    assert a_responder(reddit).find(a_private_reply()) is None


@pytest.mark.parametrize(
    ("fields", "is_ours"),
    [
        ({"parent_id": "t4_m9", "first_message_name": "t4_m1"}, True),
        ({"first_message_name": "t4_m1"}, True),
        ({"parent_id": "t4_m7", "first_message_name": "t4_m5"}, False),
        ({}, False),
    ],
)
def test_our_answer_to_a_message_is_known_by_its_parent_or_its_conversation(
    reddit: Answers, fields: dict[str, Any], is_ours: bool
) -> None:
    reddit.add("GET", SENT, json_answer(a_listing(a_message(subject="re: Pedido", **fields))))
    reply = a_private_reply(mention_external_id="t4_m9", extra={"conversation": "t4_m1"})
    assert (a_responder(reddit).find(reply) is not None) is is_ours


def test_what_we_sent_is_read_down_to_the_mention_and_no_further(reddit: Answers) -> None:
    def page(hours: int) -> Response:
        name = f"t4_p{hours}"
        sent = a_message(name, body="outra", created_utc=(NOON - timedelta(hours=hours)).timestamp())
        return json_answer(a_listing(sent, after=name))

    reddit.add("GET", SENT, page(1), page(2), page(4), page(6))
    assert a_responder(reddit).find(a_private_reply()) is None
    assert len(reddit.paths()) == 3


@pytest.mark.parametrize(("thread", "asked"), [("t3_9aurora", [OURS, OURS, THREAD]), ("t1_c5", [OURS, OURS, OURS])])
def test_our_own_comments_are_read_down_to_the_approval_or_without_a_thread_down_to_the_mention(
    reddit: Answers, thread: str, asked: list[str]
) -> None:
    def page(minutes: int) -> Response:
        comment = a_comment(f"t1_p{minutes}", body="outra", created_utc=(NOON - timedelta(minutes=minutes)).timestamp())
        return json_answer(a_listing(comment, after=f"t1_p{minutes}"))

    reddit.add("GET", OURS, page(1), page(100), page(200))
    reddit.add("GET", THREAD, json_answer([a_listing(), a_listing()]))
    assert a_responder(reddit).find(a_reply(thread_external_id=thread)) is None
    assert reddit.paths() == asked


def test_our_own_comments_and_submissions_are_shown_with_what_they_answer(reddit: Answers) -> None:
    post = {"name": "t3_ad", "author": "lojaaurora", "title": "Promoção", "selftext": "Só hoje", "is_self": True}
    removed = a_comment("t1_gone", author="[deleted]", body="[removed]")
    old = a_comment("t1_old", created_utc=(NOON - timedelta(days=2)).timestamp())
    ad = {"kind": "t3", "data": {**post, "created_utc": (NOON - timedelta(minutes=1)).timestamp()}}
    reddit.add("GET", OVERVIEW, json_answer(a_listing(a_comment(), removed, ad, old, after="t1_old")))
    comment, submission = a_responder(reddit).own_posts(NOON - timedelta(days=1))
    assert (comment.external_id, comment.parent_external_id, comment.thread_external_id) == (
        "t1_r1",
        "t1_c5",
        "t3_9aurora",
    )
    assert (comment.text, comment.posted_at) == ("Olá!", NOON)
    assert (submission.external_id, submission.parent_external_id) == ("t3_ad", "")
    assert submission.text == "Promoção\n\nSó hoje"
    assert reddit.paths() == [OVERVIEW]


def test_a_timeline_that_reddit_cuts_off_is_no_whole_one(reddit: Answers) -> None:
    def page(request: Request) -> Response:
        start = int(request.args.get("after", "t1_0")[3:])
        names = [f"t1_{number}" for number in range(start + 1, start + 101)]
        return json_answer(a_listing(*map(a_comment, names), after=names[-1] if start < 900 else None))

    reddit.add("GET", OVERVIEW, page)
    shown = a_responder(reddit).own_posts(NOON - timedelta(days=1))
    with pytest.raises(TryLaterError, match="1000"):
        list(shown)
