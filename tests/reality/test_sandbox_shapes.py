"""The sandbox answers in the shapes of the real platforms: what was recorded there has its place here."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from sandbox import credentials
from sandbox.clock import VirtualClock
from sandbox.records import BRAND_HANDLES
from sandbox.server import SandboxServer
from sandbox.state import State
from tests.contract.stages import STAGES
from tests.reality.replay import recordings
from tests.reality.shapes import differences, shape_of

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
AGENT = {"User-Agent": "linux:ouvidor-tests:v1 (by /u/nobody)"}


@pytest.fixture
def recorded(request: pytest.FixtureRequest) -> Path:
    """The folder of --recorded."""
    return Path(request.config.getoption("--recorded")).resolve()


@pytest.fixture
def state(tmp_path: Path) -> Iterator[State]:
    opened = State(tmp_path / "sandbox.db", VirtualClock(NOW))
    yield opened
    opened.close()


@pytest.fixture
def client(state: State) -> Iterator[httpx.Client]:
    server = SandboxServer(state)
    with httpx.Client(base_url=server.start(), headers=AGENT, trust_env=False) as opened:
        yield opened
    server.stop()


def _recorded(folder: Path, name: str, method: str, path: str) -> tuple[Any, dict[str, str]]:
    """The body and the headers of a recorded answer."""
    found = next(e for e in recordings(folder / name) if e.method == method and path in e.path and e.status == 200)
    return found.json(), {header.lower(): value for header, value in found.headers.items()}


def _same_shape(recorded: Any, headers: dict[str, str], answer: httpx.Response) -> None:
    answer.raise_for_status()
    assert differences(shape_of(recorded), shape_of(answer.json())) == []
    listed = answer.json()
    assert listed, "an empty list has every shape"
    limits = {name for name in headers if "ratelimit" in name or "rate-limit" in name}
    assert limits - answer.headers.keys() == set()


def test_mentions_on_x(recorded: Path, state: State, client: httpx.Client) -> None:
    body, headers = _recorded(recorded, "x/mentions.json", "GET", "/mentions")
    for number in range(12):  # a page and a bit: the recorded one has a next_token
        STAGES["x"].publish(state, f"número {number}")
    answer = client.get(
        f"/x/2/users/{state.brand('x').external_id}/mentions",
        headers={"Authorization": f"Bearer {credentials.X_BEARER_TOKEN}"},
    )
    _same_shape(body, headers, answer)
    assert len(answer.json()["data"]) == len(body["data"])


def _reddit_token(client: httpx.Client) -> dict[str, str]:
    answer = client.post(
        "/reddit/api/v1/access_token",
        auth=(credentials.REDDIT_CLIENT_ID, credentials.REDDIT_CLIENT_SECRET),
        data={
            "grant_type": "password",
            "username": BRAND_HANDLES["reddit"],
            "password": credentials.REDDIT_PASSWORD,
        },
    )
    answer.raise_for_status()
    return {"Authorization": f"bearer {answer.json()['access_token']}"}


def test_a_reddit_inbox(recorded: Path, state: State, client: httpx.Client) -> None:
    body, headers = _recorded(recorded, "reddit/unread.json", "GET", "/message/unread")
    # What is published below is a comment: it is compared with comments, and not with messages.
    body["data"]["children"] = [item for item in body["data"]["children"] if item["kind"] == "t1"]
    STAGES["reddit"].publish(state, "cadê o meu pedido?")
    answer = client.get("/reddit/message/unread/?mark=False&limit=64&raw_json=1", headers=_reddit_token(client))
    _same_shape(body, headers, answer)
    assert len(answer.json()["data"]["children"]) == 1


def test_a_reddit_comment(recorded: Path, state: State, client: httpx.Client) -> None:
    body, headers = _recorded(recorded, "reddit/reply.json", "POST", "/api/comment")
    post = STAGES["reddit"].publish(state, "cadê o meu pedido?")
    answer = client.post(
        "/reddit/api/comment/?raw_json=1",
        headers=_reddit_token(client),
        data={"api_type": "json", "thing_id": post.external_id, "text": "Já vimos."},
    )
    _same_shape(body, headers, answer)


def test_mastodon_notifications(recorded: Path, state: State, client: httpx.Client) -> None:
    name = "mastodon/notifications_mentions.json"
    body, headers = _recorded(recorded, name, "GET", "/api/v1/notifications")
    STAGES["mastodon"].publish(state, "cadê o meu pedido?")
    answer = client.get(
        "/mastodon/api/v1/notifications?types[]=mention",
        headers={"Authorization": f"Bearer {credentials.MASTODON_ACCESS_TOKEN}"},
    )
    _same_shape(body, headers, answer)
    assert "link" in answer.headers


def test_a_mastodon_reply(recorded: Path, state: State, client: httpx.Client) -> None:
    exchanges = recordings(recorded / "mastodon" / "reply.json")
    found = next(e for e in exchanges if e.method == "POST" and "in_reply_to_id" in e.form())
    post = STAGES["mastodon"].publish(state, "cadê o meu pedido?")
    answer = client.post(
        "/mastodon/api/v1/statuses",
        headers={"Authorization": f"Bearer {credentials.MASTODON_ACCESS_TOKEN}"},
        data={
            "status": f"@{post.person.handle} Já vimos.",
            "in_reply_to_id": post.external_id,
            "visibility": "public",
        },
    )
    _same_shape(found.json(), {k.lower(): v for k, v in found.headers.items()}, answer)


def test_a_missing_key_and_another_kind_are_seen() -> None:
    there = shape_of({"data": [{"id": "1", "n": 1, "who": {"name": "a"}}], "next": None})
    assert differences(there, shape_of({"data": [{"id": 1, "who": {}}]})) == [
        "data[].id is number, recorded as text",
        "data[].n is missing",
        "data[].who.name is missing",
        "next is missing",
    ]
    assert differences(there, shape_of({"data": [], "next": "a"})) == []
