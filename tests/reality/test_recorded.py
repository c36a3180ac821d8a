"""Real answers of the platforms, through the real clients, our listeners and responders: nothing is lost on the way."""

import html
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from channels.connection import Connection, SourceConfig
from errors import RateLimitedError
from listeners import build_listener
from listeners.base import HeardMention
from models import MentionKind, ReplyPurpose, Visibility
from responders import build_responder
from responders.base import OutgoingReply
from sandbox.clock import VirtualClock
from tests.reality.replay import Asked, Recorded, Replay, recordings

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


@pytest.fixture
def recorded(request: pytest.FixtureRequest) -> Path:
    """The folder of --recorded."""
    return Path(request.config.getoption("--recorded")).resolve()


def _one(exchanges: list[Recorded], method: str, path: str) -> Recorded:
    return next(exchange for exchange in exchanges if exchange.method == method and path in exchange.path)


def _connection(replay: Replay, channel: str, handle: str, external_id: str = "") -> Connection:
    secrets = {
        "x": {"bearer_token": "token"},
        "reddit": {"client_id": "id", "client_secret": "secret", "username": handle, "password": "password"},
        "mastodon": {"access_token": "token"},
    }[channel]
    return Connection(channel, replay.url, f"{channel}.test", handle, external_id, secrets)


def _heard(connection: Connection, source: SourceConfig) -> dict[str, HeardMention]:
    """What one fetch brings; a platform that says that its window is used up is believed, and asked again later."""
    clock = VirtualClock(NOW)
    heard: dict[str, HeardMention] = {}
    cursor = None
    for _ in range(5):
        try:
            for page in build_listener(connection, source, clock).fetch(cursor):
                heard |= {mention.external_id: mention for mention in page.mentions}
                cursor = page.cursor or cursor
        except RateLimitedError as error:
            clock.advance(error.retry_after or timedelta(minutes=1))
            continue
        break
    return heard


def _reply(
    mention: str, handle: str, body: str, thread: str = "", extra: dict[str, str] | None = None
) -> OutgoingReply:
    return OutgoingReply(
        key="a-key",
        body=body,
        purpose=ReplyPurpose.ANSWER,
        mention_external_id=mention,
        mention_url="",
        mention_posted_at=NOW - timedelta(hours=1),
        thread_external_id=thread or mention,
        author_handle=handle,
        approved_at=datetime(2016, 1, 1, tzinfo=UTC),  # before the recordings were made: find looks back this far
        extra=extra or {},
    )


def test_every_post_of_x_is_heard_with_its_exact_text(recorded: Path) -> None:
    exchanges = recordings(recorded / "x" / "mentions.json")
    mentions = _one(exchanges, "GET", "/mentions")
    own_id = mentions.path.split("/")[-2]
    posts = {post["id"]: post for post in mentions.json()["data"]}

    def documented(asked: Asked) -> Any:
        # The page after the last one - docs.x.com/x-api/fundamentals/pagination, read 2026-11.
        return {"meta": {"result_count": 0}} if asked.place == mentions.place else None

    with Replay(exchanges, documented) as replay:
        heard = _heard(_connection(replay, "x", "Twitter", own_id), SourceConfig("mentions"))
    assert replay.unexpected == []
    assert replay.asked[0].place == mentions.place
    assert replay.asked[0].headers["authorization"] == "Bearer token"
    assert len(posts) == 10
    assert heard.keys() == posts.keys()
    for post_id, post in posts.items():
        assert heard[post_id].text == html.unescape(post["text"])
        assert heard[post_id].addresses_us == ("@twitter" in post["text"].lower().replace("@twittersupport", ""))
        assert heard[post_id].extra["post_id"] == post["edit_history_tweet_ids"][-1]
        assert not heard[post_id].is_ours


def test_every_item_of_a_reddit_inbox_is_heard_with_its_exact_text(recorded: Path) -> None:
    exchanges = recordings(recorded / "reddit" / "unread.json")
    unread = _one(exchanges, "GET", "/message/unread")
    items = unread.json()["data"]["children"]

    def documented(asked: Asked) -> Any:
        # The listings of an inbox share their shape; the page after the last one holds nothing
        # - reddit.com/dev/api#section_messages, read 2026-11.
        if asked.method == "GET" and asked.path.startswith("/message/"):
            is_first = "after" not in asked.query and asked.path.rstrip("/") not in answered
            answered.add(asked.path.rstrip("/"))
            return unread.json() if is_first else {"kind": "Listing", "data": {"after": None, "children": []}}
        return None

    answered: set[str] = set()
    exchanges = [exchange for exchange in exchanges if exchange is not unread]
    with Replay(exchanges, documented) as replay:
        heard = _heard(_connection(replay, "reddit", "somebody"), SourceConfig("inbox"))
    assert replay.unexpected == []
    token = _one(exchanges, "POST", "/api/v1/access_token")
    assert len(replay.asked_at(token)) == 1
    assert {asked.path.split("/")[1] for asked in replay.asked if asked.method == "GET"} == {"message"}
    assert len(items) == 64
    assert heard.keys() == {item["data"]["name"] for item in items}
    for item in items:
        mention = heard[item["data"]["name"]]
        is_private = item["kind"] == "t4"  # a message: nobody may answer it in public
        said = f"{item['data']['subject']}\n\n{item['data']['body']}" if is_private else item["data"]["body"]
        assert mention.text.strip() == said.strip()
        assert mention.posted_at == datetime.fromtimestamp(item["data"]["created_utc"], UTC)
        assert mention.visibility is (Visibility.PRIVATE if is_private else Visibility.PUBLIC)
        assert (mention.author.handle if mention.author else None) == item["data"]["author"]
        if not is_private:
            assert mention.parent_external_id == item["data"]["parent_id"]
            assert mention.kind is MentionKind.COMMENT


def test_a_reply_on_reddit_asks_and_answers_as_recorded(recorded: Path) -> None:
    exchanges = recordings(recorded / "reddit" / "reply.json")
    comment = _one(exchanges, "POST", "/api/comment")
    form = comment.form()
    made = comment.json()["json"]["data"]["things"][0]["data"]
    with Replay(exchanges) as replay:
        connection = _connection(replay, "reddit", "somebody")
        reply = _reply(form["thing_id"], "", form["text"], made["link_id"])
        posted = build_responder(connection, VirtualClock(NOW)).post(reply)
    assert replay.unexpected == []
    (asked,) = replay.asked_at(comment)
    assert {name: asked.form().get(name) for name in form} == form
    (token,) = replay.asked_at(_one(exchanges, "POST", "/access_token"))
    assert token.form()["grant_type"] == "password"
    assert posted.external_id == made["name"]
    assert posted.posted_at == datetime.fromtimestamp(made["created_utc"], UTC)


def test_a_mention_on_mastodon_is_heard_as_its_author_wrote_it(recorded: Path) -> None:
    exchanges = recordings(recorded / "mastodon" / "notifications_mentions.json")
    listing = next(e for e in exchanges if e.place == ("GET", "/api/v1/notifications"))
    (notification,) = listing.json()
    status = notification["status"]
    # Deleting a status gives back the text that was typed: the recording tells what we must hear.
    typed = _one(exchanges, "DELETE", "/api/v1/statuses/").json()["text"]

    def documented(asked: Asked) -> Any:
        # The page after the last one - docs.joinmastodon.org/methods/notifications, read 2026-11.
        return [] if asked.place == listing.place else None

    with Replay([listing], documented) as replay:
        heard = _heard(_connection(replay, "mastodon", "mastodonpy_test"), SourceConfig("notifications"))
    assert replay.unexpected == []
    assert replay.asked[0].place == listing.place
    assert replay.asked[0].query["types[]"] == "mention"
    mention = heard[status["id"]]
    assert heard.keys() == {status["id"]}
    assert mention.text == typed
    assert mention.posted_at == datetime.fromisoformat(status["created_at"])
    assert mention.url == status["url"]
    assert mention.author is not None
    assert (mention.author.external_id, mention.author.handle) == (status["account"]["id"], status["account"]["acct"])
    assert mention.addresses_us
    assert not mention.is_ours


def test_a_reply_on_mastodon_asks_and_answers_as_recorded_and_is_found(recorded: Path) -> None:
    exchanges = recordings(recorded / "mastodon" / "reply.json")
    post = next(e for e in exchanges if e.method == "POST" and "in_reply_to_id" in e.form())
    form, status = post.form(), post.json()
    _, _, body = form["status"].partition(" ")
    (author,) = (person["acct"] for person in status["mentions"])

    def documented(asked: Asked) -> Any:
        # docs.joinmastodon.org/methods/statuses/#context and /methods/instance/#v2, read 2026-11.
        path = asked.path.rstrip("/")
        if path == f"/api/v1/statuses/{form['in_reply_to_id']}/context":
            return {"ancestors": [], "descendants": [status]}
        if path == "/api/v2/instance":
            return {"configuration": {"statuses": {"max_characters": 500, "characters_reserved_per_url": 23}}}
        return None

    with Replay([post], documented) as replay:
        connection = _connection(replay, "mastodon", status["account"]["username"], status["account"]["id"])
        responder = build_responder(connection, VirtualClock(NOW))
        reply = _reply(form["in_reply_to_id"], author, body, extra={"acct": author})
        posted = responder.post(reply)
        found = responder.find(reply)
    assert replay.unexpected == []
    (asked,) = replay.asked_at(post)
    assert asked.form()["status"] == form["status"]
    assert asked.form()["in_reply_to_id"] == form["in_reply_to_id"]
    assert asked.headers["idempotency-key"] == "a-key"
    assert posted.external_id == status["id"]
    assert posted.url == status["url"]
    assert found is not None
    assert found.external_id == status["id"]


def test_the_recordings_are_the_ones_that_these_tests_know(recorded: Path) -> None:
    """A recording that no test reads would look as if it passed."""
    known = {
        "x/mentions.json",
        "reddit/unread.json",
        "reddit/reply.json",
        "mastodon/notifications_mentions.json",
        "mastodon/reply.json",
    }
    there = {path.relative_to(recorded).as_posix() for path in recorded.rglob("*.json")}
    assert there == known
    for name in sorted(known):
        assert all(json.loads(exchange.body) is not None for exchange in recordings(recorded / name))
