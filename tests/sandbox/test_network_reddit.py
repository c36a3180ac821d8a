"""The sandbox's Reddit through praw, and its JSON against the documentation's."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import praw
import prawcore
import pytest
from praw.exceptions import RedditAPIException

from sandbox import credentials, messages
from sandbox.networks.reddit_messages import takes_no_messages
from sandbox.state import Post
from tests.sandbox.network_tools import Sandbox, differences, served

AGENT = "linux:ouvidor-tests:1 (by /u/LojaAuroraBR)"
MESSAGE = {
    "kind": str,
    "data": {
        **dict.fromkeys(("first_message", "first_message_name", "likes", "associated_awarding_id"), type(None)),
        **dict.fromkeys(("subreddit", "replies", "author_fullname", "id", "subject", "author", "parent_id"), str),
        **dict.fromkeys(("subreddit_name_prefixed", "type", "body", "link_title", "dest", "body_html"), str),
        **dict.fromkeys(("name", "context"), str),
        "score": int,
        "num_comments": int,
        "new": bool,
        "was_comment": bool,
        "distinguished": type(None),
        "created": float,
        "created_utc": float,
    },
}
LISTING = {
    "kind": str,
    "data": {
        "after": (str, type(None)),
        "before": (str, type(None)),
        "dist": int,
        "modhash": type(None),
        "geo_filter": str,
        "children": [MESSAGE],
    },
}


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    with served(tmp_path) as sandbox:
        yield sandbox


class OneShot(prawcore.sessions.FiniteRetryStrategy):
    def should_retry_on_failure(self) -> bool:
        return False


def client(sandbox: Sandbox, client_secret: str = "", password: str = "") -> praw.Reddit:
    # praw joins the paths of the API to oauth_url as a browser would, and only appends to reddit_url.
    reddit = praw.Reddit(
        client_id=credentials.REDDIT_CLIENT_ID,
        client_secret=client_secret or credentials.REDDIT_CLIENT_SECRET,
        username="LojaAuroraBR",
        password=password or credentials.REDDIT_PASSWORD,
        user_agent=AGENT,
        oauth_url=f"{sandbox.url}/reddit/",
        reddit_url=f"{sandbox.url}/reddit",
        check_for_updates=False,
        check_for_async=False,
        ratelimit_seconds=0,
    )
    core: Any = reddit._core
    core._retry_strategy_class = OneShot
    # The pauses of praw's own limiter are on the wall's clock, the sandbox's windows are not.
    core._rate_limiter.delay = lambda: None
    return reddit


def api(sandbox: Sandbox) -> httpx.Client:
    headers = {"authorization": f"bearer {credentials.REDDIT_ACCESS_TOKEN}", "user-agent": AGENT}
    return httpx.Client(base_url=f"{sandbox.url}/reddit", headers=headers, trust_env=False)


def thread(sandbox: Sandbox, subreddit: str = "brasil") -> Post:
    extra = {"title": "Lojas de móveis", "subreddit": subreddit}
    return sandbox.says("reddit", "Qual vocês indicam?", "ivone", addresses_brand=False, extra=extra)


def comment(sandbox: Sandbox, text: str, on: Post, handle: str = "caio") -> Post:
    return sandbox.says("reddit", text, handle, kind="comment", parent=on.external_id, thread=on.thread)


def test_the_inbox_holds_mentions_and_answers_newest_first(sandbox: Sandbox) -> None:
    root = thread(sandbox)
    mention = comment(sandbox, "u/LojaAuroraBR não entrega", root)
    ours = client(sandbox).comment(mention.external_id.removeprefix("t1_")).reply("Vamos ver!")
    assert ours is not None
    ours_post = sandbox.state.post("reddit", ours.fullname)
    assert ours_post is not None
    answer = comment(sandbox, "até agora nada", ours_post)
    comment(sandbox, "sem nome nenhum", root)
    inbox = list(client(sandbox).inbox.all(limit=None))
    assert [(item.fullname, item.type) for item in inbox] == [
        (answer.external_id, "comment_reply"),
        (mention.external_id, "username_mention"),
    ]
    assert [item.fullname for item in client(sandbox).inbox.mentions(limit=None)] == [mention.external_id]
    assert inbox[0].link_title == "Lojas de móveis"


def test_the_inbox_has_the_documented_shape(sandbox: Sandbox) -> None:
    comment(sandbox, "u/LojaAuroraBR oi", thread(sandbox))
    with api(sandbox) as reddit:
        found = reddit.get("/message/inbox", params={"raw_json": 1})
    assert differences(LISTING, found.json()) == []
    assert found.headers["x-ratelimit-remaining"] == "999.0"
    assert found.headers["x-ratelimit-used"] == "1"
    assert found.headers["x-ratelimit-reset"].isdigit()


def test_what_was_read_leaves_the_unread(sandbox: Sandbox) -> None:
    root = thread(sandbox)
    first, second = comment(sandbox, "u/LojaAuroraBR um", root), comment(sandbox, "u/LojaAuroraBR dois", root)
    reddit = client(sandbox)
    unread = list(reddit.inbox.unread(limit=None))
    assert [item.fullname for item in unread] == [second.external_id, first.external_id]
    reddit.inbox.mark_read(items=[unread[1]])
    assert [item.fullname for item in reddit.inbox.unread(limit=None)] == [second.external_id]


def test_a_listing_pages_to_its_end_and_a_deleted_anchor_empties_it(sandbox: Sandbox) -> None:
    root = thread(sandbox)
    comments = [comment(sandbox, f"número {number}", root) for number in range(130)]
    found = [item.fullname for item in client(sandbox).subreddit("brasil").comments(limit=None)]
    assert found == [one.external_id for one in comments[::-1]]
    newer = client(sandbox).subreddit("brasil").comments(params={"before": comments[126].external_id})
    assert [item.fullname for item in newer] == [one.external_id for one in comments[:126:-1]]
    sandbox.state.delete(comments[126])
    gone = client(sandbox).subreddit("brasil").comments(params={"before": comments[126].external_id})
    assert list(gone) == []


def test_a_search_finds_titles_and_texts_of_submissions(sandbox: Sandbox) -> None:
    titled = sandbox.says(
        "reddit", "aconteceu ontem", extra={"title": "Loja Aurora atrasou", "subreddit": "consumidor"}
    )
    worded = sandbox.says("reddit", "a Loja Aurora não responde", extra={"title": "Socorro", "subreddit": "brasil"})
    sandbox.says("reddit", "aurora boreal", extra={"title": "Viagem", "subreddit": "brasil"})
    reddit = client(sandbox)
    everywhere = reddit.subreddit("all").search('"Loja Aurora"', sort="new", limit=None)
    assert [item.fullname for item in everywhere] == [worded.external_id, titled.external_id]
    assert [item.title for item in reddit.subreddit("brasil").search('"Loja Aurora"', limit=None)] == ["Socorro"]


def test_a_thread_shows_the_tree_and_a_single_branch(sandbox: Sandbox) -> None:
    root = thread(sandbox)
    top = comment(sandbox, "primeiro", root)
    comment(sandbox, "outro ramo", root)
    below = comment(sandbox, "resposta", top)
    submission = client(sandbox).submission(root.external_id.removeprefix("t3_"))
    assert [str(one) for one in submission.comments.list()].count(below.external_id[3:]) == 1
    assert submission.num_comments == 3
    with api(sandbox) as reddit:
        branch = reddit.get(f"/comments/{root.external_id[3:]}", params={"comment": top.external_id[3:]}).json()
    tops = branch[1]["data"]["children"]
    assert [one["data"]["name"] for one in tops] == [top.external_id]
    assert [one["data"]["name"] for one in tops[0]["data"]["replies"]["data"]["children"]] == [below.external_id]


def test_what_was_deleted_says_so(sandbox: Sandbox) -> None:
    root = thread(sandbox)
    gone, kept = comment(sandbox, "arrependido", root), comment(sandbox, "fica", root)
    sandbox.state.delete(gone)
    reddit = client(sandbox)
    first, second = reddit.info(fullnames=[gone.external_id, kept.external_id])
    assert (first.body, first.author, second.body) == ("[deleted]", None, "fica")
    with pytest.raises(RedditAPIException) as refused:
        reddit.comment(gone.external_id[3:]).reply("Olá!")
    assert refused.value.items[0].error_type == "DELETED_COMMENT"


def test_what_is_refused_comes_as_an_error_inside_a_200(sandbox: Sandbox) -> None:
    root = thread(sandbox)
    reddit = client(sandbox)
    reddit.submission(root.external_id[3:]).reply("a" * 10_000)
    for text, code in (("a" * 10_001, "TOO_LONG"), (" ", "NO_TEXT")):
        with pytest.raises(RedditAPIException) as refused:
            reddit.submission(root.external_id[3:]).reply(text)
        assert refused.value.items[0].error_type == code
    for number in range(99):
        reddit.submission(root.external_id[3:]).reply(f"resposta {number}")
    with pytest.raises(RedditAPIException, match="Take a break for 10 minutes"):
        reddit.submission(root.external_id[3:]).reply("mais uma")


def test_calls_beyond_the_window_get_429_until_it_turns(sandbox: Sandbox) -> None:
    with api(sandbox) as reddit:
        for _ in range(1000):
            assert reddit.get("/api/v1/me").status_code == 200
        refused = reddit.get("/api/v1/me")
        assert refused.status_code == 429
        assert refused.json() == {"message": "Too Many Requests", "error": 429}
        sandbox.clock.advance(timedelta(seconds=int(refused.headers["x-ratelimit-reset"])))
        assert reddit.get("/api/v1/me").status_code == 200


def test_wrong_credentials_and_nameless_clients_are_refused(sandbox: Sandbox) -> None:
    with pytest.raises(prawcore.exceptions.ResponseException):
        client(sandbox, client_secret="another").user.me()
    with pytest.raises(prawcore.exceptions.OAuthException, match="invalid_grant"):
        client(sandbox, password="another").user.me()
    assert str(client(sandbox).user.me()) == "LojaAuroraBR"
    with api(sandbox) as reddit:
        assert reddit.get("/api/v1/me", headers={"user-agent": "python-requests/2"}).status_code == 429
        assert reddit.get("/api/v1/me", headers={"authorization": "bearer another"}).status_code == 401


LETTER = {
    "kind": str,
    "data": {
        **dict.fromkeys(("first_message", "first_message_name", "subreddit", "likes", "num_comments"), type(None)),
        **dict.fromkeys(("parent_id", "subreddit_name_prefixed", "link_title", "distinguished"), type(None)),
        "associated_awarding_id": type(None),
        **dict.fromkeys(("replies", "author_fullname", "id", "subject", "author", "type", "body", "dest"), str),
        **dict.fromkeys(("body_html", "name", "context"), str),
        "score": int,
        **dict.fromkeys(("new", "was_comment"), bool),
        **dict.fromkeys(("created", "created_utc"), float),
    },
}


def test_a_message_is_sent_listed_and_answered(sandbox: Sandbox) -> None:
    comment(sandbox, "u/LojaAuroraBR oi", thread(sandbox))
    reddit = client(sandbox)
    reddit.redditor("caio").message(subject="Sobre o pedido", message="Só para você")
    (sent,) = reddit.inbox.sent(limit=None)
    assert (sent.subject, sent.body, sent.dest, sent.author) == (
        "Sobre o pedido",
        "Só para você",
        "caio",
        "LojaAuroraBR",
    )
    told = sandbox.state.post("reddit", sent.fullname)
    assert told is not None
    answer = messages.answer_privately(sandbox.state, told, "Obrigado")
    (got, _) = reddit.inbox.all(limit=None)
    assert (got.fullname, got.first_message_name, got.parent_id) == (answer.external_id, sent.fullname, None)
    assert (got.subject, got.new) == ("Sobre o pedido", True)
    again = got.reply("De nada")
    assert isinstance(again, praw.models.Message)
    assert [one.body for one in reddit.inbox.sent(limit=None)] == ["De nada", "Só para você"]
    assert (again.first_message_name, again.dest) == (sent.fullname, "caio")
    reddit.inbox.mark_read(items=[got])
    assert got.fullname not in [one.fullname for one in reddit.inbox.unread(limit=None)]


def test_a_message_has_the_recorded_shape_and_stands_nowhere_else(sandbox: Sandbox) -> None:
    comment(sandbox, "u/LojaAuroraBR oi", thread(sandbox))
    reddit = client(sandbox)
    reddit.redditor("caio").message(subject="Sobre o pedido", message="Só para <você>")
    with api(sandbox) as raw:
        found = raw.get("/message/sent", params={"raw_json": 1}).json()
        (name,) = (child["data"]["name"] for child in found["data"]["children"])
        for path in ("/user/LojaAuroraBR/comments", "/user/LojaAuroraBR/overview", "/r/all/comments", "/message/inbox"):
            assert name not in raw.get(path).text
        assert raw.get("/api/info", params={"id": name}).json()["data"]["children"] == []
    assert differences({"kind": str, "data": {**LISTING["data"], "children": [LETTER]}}, found) == []  # type: ignore[dict-item]


def test_a_users_overview_holds_comments_and_submissions(sandbox: Sandbox) -> None:
    root = thread(sandbox)
    said = comment(sandbox, "e aí?", root, "ivone")
    found = [item.fullname for item in client(sandbox).redditor("ivone").overview.new(limit=None)]
    assert found == [said.external_id, root.external_id]


@pytest.mark.parametrize(
    ("to", "subject", "text", "code"),
    [
        ("ninguem", "a", "b", "USER_DOESNT_EXIST"),
        ("", "a", "b", "NO_USER"),
        ("caio", " ", "b", "NO_SUBJECT"),
        ("caio", "a", " ", "NO_TEXT"),
        ("caio", "a" * 101, "b", "TOO_LONG"),
        ("caio", "a", "b" * 10_001, "TOO_LONG"),
        ("ivone", "a", "b", "RESTRICTED_TO_PM"),
    ],
)
def test_a_message_that_reddit_would_not_take(sandbox: Sandbox, to: str, subject: str, text: str, code: str) -> None:
    comment(sandbox, "oi", thread(sandbox))
    sandbox.state.put(takes_no_messages("Ivone"), True)
    with api(sandbox) as reddit:
        answer = reddit.post("/api/compose", data={"api_type": "json", "to": to, "subject": subject, "text": text})
        assert answer.json()["json"]["errors"][0][0] == code
        assert reddit.get("/message/sent").json()["data"]["children"] == []


def test_messages_have_a_limit_of_their_own(sandbox: Sandbox) -> None:
    comment(sandbox, "oi", thread(sandbox))
    with api(sandbox) as reddit:
        sent = [
            reddit.post("/api/compose", data={"to": "caio", "subject": "a", "text": str(number)}).json()["json"]
            for number in range(51)
        ]
    assert [len(answer["errors"]) for answer in sent] == [0] * 50 + [1]
    assert sent[-1]["errors"][0][0] == "RATELIMIT"
