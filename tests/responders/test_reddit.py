"""The Reddit responder posts once, understands Reddit's refusals, and finds what stands there."""

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
from responders.reddit import RedditResponder
from tests.answers import Answers, StoppedClock, json_answer, serving

NOON = datetime(2026, 3, 10, 15, 0, tzinfo=UTC)
COMMENT = "/api/comment/"
OURS = "/user/lojaaurora/comments/"
THREAD = "/comments/9aurora/"
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
    ids=["another author", "another post", "another text", "before it was approved", "removed"],
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
