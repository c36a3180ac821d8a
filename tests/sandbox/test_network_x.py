"""The sandbox's X through tweepy, and its JSON against the documentation's."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import httpx
import pytest
import requests
import tweepy
from requests.adapters import HTTPAdapter

from sandbox import credentials
from sandbox.networks.x_text import weighted_length
from tests.sandbox.network_tools import Sandbox, differences, served

TWEET = {
    "id": str,
    "text": str,
    "edit_history_tweet_ids": [str],
    "author_id": str,
    "conversation_id": str,
    "created_at": str,
    "lang": str,
    "in_reply_to_user_id": str,
    "referenced_tweets": [{"type": str, "id": str}],
    "public_metrics": {
        "retweet_count": int,
        "reply_count": int,
        "like_count": int,
        "quote_count": int,
        "bookmark_count": int,
        "impression_count": int,
    },
}


class Prefixed(HTTPAdapter):
    def __init__(self, base: str) -> None:
        super().__init__()
        self._base = base

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        parts = urlsplit(str(request.url))
        request.url = self._base + urlunsplit(("", "", parts.path, parts.query, ""))
        return super().send(request, *args, **kwargs)


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    with served(tmp_path) as sandbox:
        yield sandbox


def client(sandbox: Sandbox, **changed: str) -> tweepy.Client:
    secrets = {
        "bearer_token": credentials.X_BEARER_TOKEN,
        "consumer_key": credentials.X_CONSUMER_KEY,
        "consumer_secret": credentials.X_CONSUMER_SECRET,
        "access_token": credentials.X_ACCESS_TOKEN,
        "access_token_secret": credentials.X_ACCESS_TOKEN_SECRET,
    }
    made = tweepy.Client(**(secrets | changed))
    made.session.mount("https://api.twitter.com", Prefixed(f"{sandbox.url}/x"))
    return made


def app(sandbox: Sandbox) -> httpx.Client:
    return httpx.Client(
        base_url=f"{sandbox.url}/x", headers={"authorization": f"Bearer {credentials.X_BEARER_TOKEN}"}, trust_env=False
    )


def test_the_mention_timeline_pages_back_to_the_first_mention(sandbox: Sandbox) -> None:
    posted = [sandbox.says("x", f"@lojaaurora pedido {number}").external_id for number in range(23)]
    brand = client(sandbox).get_me().data
    pages = list(tweepy.Paginator(client(sandbox).get_users_mentions, brand.id, max_results=10))
    assert [len(page.data) for page in pages] == [10, 10, 3]
    assert [str(tweet.id) for page in pages for tweet in page.data] == posted[::-1]
    assert pages[0].meta["newest_id"] == posted[-1]
    assert "next_token" not in pages[2].meta


def test_since_id_gives_only_what_is_newer_even_when_that_post_is_gone(sandbox: Sandbox) -> None:
    first, second = sandbox.says("x", "@lojaaurora um"), sandbox.says("x", "@lojaaurora dois")
    third = sandbox.says("x", "@lojaaurora três")
    sandbox.state.delete(second)
    brand = client(sandbox).get_me().data
    for since, expected in ((first, [third]), (second, [third]), (third, [])):
        found = client(sandbox).get_users_mentions(brand.id, since_id=since.external_id).data or []
        assert [str(tweet.id) for tweet in found] == [post.external_id for post in expected]


def test_only_the_asked_fields_appear(sandbox: Sandbox) -> None:
    post = sandbox.says("x", "@lojaaurora oi", extra={"lang": "pt"})
    with app(sandbox) as x:
        bare = x.get("/2/tweets", params={"ids": post.external_id}).json()
        assert bare == {
            "data": [{"id": post.external_id, "text": "@lojaaurora oi", "edit_history_tweet_ids": [post.external_id]}]
        }
        answer = client(sandbox).create_tweet(text="Olá!", in_reply_to_tweet_id=post.external_id).data
        asked = {"ids": answer["id"], "tweet.fields": ",".join(TWEET), "expansions": "author_id,referenced_tweets.id"}
        full = x.get("/2/tweets", params=asked).json()
    assert differences([TWEET], full["data"]) == []
    assert {user["username"] for user in full["includes"]["users"]} == {"lojaaurora"}
    assert [tweet["id"] for tweet in full["includes"]["tweets"]] == [post.external_id]


def test_a_reply_carries_the_mention_that_x_puts_before_it(sandbox: Sandbox) -> None:
    post = sandbox.says("x", "@lojaaurora cadê?")
    answer = client(sandbox).create_tweet(
        text="Olá & até já: https://example.com/a", in_reply_to_tweet_id=post.external_id
    )
    assert answer.data["text"].startswith("@marina Olá &amp; até já: https://t.co/")
    found = client(sandbox).get_tweet(answer.data["id"], tweet_fields=["entities", "conversation_id"]).data
    assert found.entities["urls"][0]["expanded_url"] == "https://example.com/a"
    assert str(found.conversation_id) == post.external_id


def test_a_deleted_post_is_named_among_the_errors(sandbox: Sandbox) -> None:
    kept, gone = sandbox.says("x", "@lojaaurora fica"), sandbox.says("x", "@lojaaurora vai")
    sandbox.state.delete(gone)
    answer = client(sandbox).get_tweets([kept.external_id, gone.external_id])
    assert [str(tweet.id) for tweet in answer.data] == [kept.external_id]
    assert answer.errors[0]["type"].endswith("/resource-not-found")
    assert answer.errors[0]["resource_id"] == gone.external_id


def test_only_who_mentions_the_account_may_be_answered(sandbox: Sandbox) -> None:
    post = sandbox.says("x", "A Loja Aurora atrasou", addresses_brand=False)
    with pytest.raises(tweepy.Forbidden, match="mentioned"):
        client(sandbox).create_tweet(text="Olá!", in_reply_to_tweet_id=post.external_id)


def test_the_same_text_twice_to_one_person_is_refused(sandbox: Sandbox) -> None:
    post, other = sandbox.says("x", "@lojaaurora oi"), sandbox.says("x", "@lojaaurora oi", "caio")
    client(sandbox).create_tweet(text="Olá!", in_reply_to_tweet_id=other.external_id)
    client(sandbox).create_tweet(text="Olá!", in_reply_to_tweet_id=post.external_id)
    with pytest.raises(tweepy.Forbidden, match="duplicate"):
        client(sandbox).create_tweet(text="Olá!", in_reply_to_tweet_id=post.external_id)
    assert len(sandbox.state.posts("x", by_brand=True)) == 2


def test_a_text_over_280_is_refused(sandbox: Sandbox) -> None:
    post = sandbox.says("x", "@lojaaurora oi")
    client(sandbox).create_tweet(text="@marina " + "a" * 280, in_reply_to_tweet_id=post.external_id)
    with pytest.raises(tweepy.BadRequest, match="too long"):
        client(sandbox).create_tweet(text="a" * 281, in_reply_to_tweet_id=post.external_id)


@pytest.mark.parametrize(
    ("text", "weight"),
    [("abc", 3), ("日本", 4), ("👩‍👩‍👧‍👦", 2), ("🇧🇷", 2), ("veja https://example.com/um/caminho", 28), ("ção", 3)],
)
def test_a_text_weighs_what_x_says(text: str, weight: int) -> None:
    assert weighted_length(text, is_reply=False) == weight


def test_a_search_knows_the_operators(sandbox: Sandbox) -> None:
    named = sandbox.says("x", "a Loja Aurora é ótima", addresses_brand=False, extra={"lang": "pt"})
    mention = sandbox.says("x", "@lojaaurora socorro", extra={"lang": "pt"})
    english = sandbox.says("x", "loja aurora rocks", "nora", addresses_brand=False, extra={"lang": "en"})
    sandbox.says("x", "aurora na loja", addresses_brand=False)
    for query, expected in (
        ('"loja aurora"', [english, named]),
        ('"Loja Aurora" lang:pt', [named]),
        ("@lojaaurora", [mention]),
        ('("loja aurora" OR @lojaaurora) -from:nora -is:retweet', [mention, named]),
        ('"loja aurora" -is:retweet -lang:pt', [english]),
    ):
        found = client(sandbox).search_recent_tweets(query, max_results=10).data or []
        assert [str(tweet.id) for tweet in found] == [post.external_id for post in expected], query


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("/2/tweets/search/recent?query=aurora&max_results=9", "[9] is not between 10 and 100"),
        ("/2/tweets/search/recent?query=lang:pt", "standalone"),
        ("/2/tweets/search/recent?query=(aurora", "missing ')'"),
        ("/2/tweets/search/recent?query=aurora&next_token=x", "not valid"),
        ("/2/tweets?ids=abc", "not valid"),
        ("/2/tweets?ids=1&tweet.fields=nonsense", "is not one of"),
        ("/2/tweets/search/recent?query=aurora&start_time=ontem", "RFC3339"),
    ],
)
def test_a_wrong_parameter_is_named(sandbox: Sandbox, path: str, message: str) -> None:
    with app(sandbox) as x:
        answer = x.get(path)
    assert answer.status_code == 400
    assert message in answer.json()["errors"][0]["message"]
    assert answer.json()["title"] == "Invalid Request"


def test_wrong_keys_and_the_wrong_kind_of_key_are_refused(sandbox: Sandbox) -> None:
    with pytest.raises(tweepy.Unauthorized):
        client(sandbox, bearer_token="another").get_tweets(["1"])
    with pytest.raises(tweepy.Unauthorized):
        client(sandbox, access_token_secret="another").create_tweet(text="Olá!")
    with app(sandbox) as x:
        assert x.post("/2/tweets", json={"text": "Olá!"}).json()["title"] == "Unsupported Authentication"
    oauth_two = client(sandbox, bearer_token=credentials.X_USER_TOKEN)
    assert oauth_two.create_tweet(text="Bom dia!", user_auth=False).data["text"] == "Bom dia!"


def test_the_rate_window_closes_turns_and_survives_a_restart(tmp_path: Path) -> None:
    with served(tmp_path) as sandbox:
        for number in range(100):
            client(sandbox).create_tweet(text=f"aviso {number}")
        with pytest.raises(tweepy.TooManyRequests) as refused:
            client(sandbox).create_tweet(text="mais um")
        headers = refused.value.response.headers
        assert headers["x-rate-limit-remaining"] == "0"
        assert int(headers["x-rate-limit-reset"]) == sandbox.clock.now().timestamp() + 900
    with served(tmp_path) as sandbox:
        with pytest.raises(tweepy.TooManyRequests):
            client(sandbox).create_tweet(text="mais um")
        sandbox.clock.advance(timedelta(minutes=15))
        assert client(sandbox).create_tweet(text="mais um").data["id"]


def test_the_brands_own_timeline_holds_its_answers(sandbox: Sandbox) -> None:
    post = sandbox.says("x", "@lojaaurora oi")
    answer = client(sandbox).create_tweet(text="Olá!", in_reply_to_tweet_id=post.external_id).data["id"]
    brand = client(sandbox).get_me().data
    assert [str(tweet.id) for tweet in client(sandbox).get_users_tweets(brand.id).data] == [answer]
    assert client(sandbox).get_users_tweets(brand.id, exclude=["replies"]).data is None


def test_an_edit_is_a_new_post_with_the_history_of_the_old(sandbox: Sandbox) -> None:
    post = sandbox.says("x", "@lojaaurora antes")
    sandbox.clock.advance(timedelta(minutes=1))
    sandbox.state.edit(post, "@lojaaurora depois")
    sandbox.state.edit(post, "@lojaaurora por fim")
    with app(sandbox) as x:
        (first,) = x.get("/2/tweets", params={"ids": post.external_id}).json()["data"]
        history = first["edit_history_tweet_ids"]
        asked = {"ids": ",".join(history), "tweet.fields": "edit_controls,created_at"}
        versions = x.get("/2/tweets", params=asked).json()["data"]
    assert (first["id"], first["text"]) == (post.external_id, "@lojaaurora antes")
    assert history[0] == post.external_id
    assert sorted(set(history), key=int) == history
    assert [version["id"] for version in versions] == history
    assert [version["text"] for version in versions] == [
        *("@lojaaurora antes", "@lojaaurora depois", "@lojaaurora por fim")
    ]
    assert all(version["edit_history_tweet_ids"] == history for version in versions)
    assert {version["edit_controls"]["edits_remaining"] for version in versions} == {3}
    assert versions[0]["created_at"] < versions[1]["created_at"]


def test_timelines_and_the_search_list_the_newest_version(sandbox: Sandbox) -> None:
    older, edited = sandbox.says("x", "@lojaaurora um"), sandbox.says("x", "@lojaaurora antes")
    newer = sandbox.says("x", "@lojaaurora três")
    sandbox.clock.advance(timedelta(minutes=1))
    sandbox.state.edit(edited, "@lojaaurora depois")
    x = client(sandbox)
    mentions = x.get_users_mentions(x.get_me().data.id).data
    assert [tweet.text for tweet in mentions] == ["@lojaaurora três", "@lojaaurora depois", "@lojaaurora um"]
    assert [str(mentions[0].id), str(mentions[2].id)] == [newer.external_id, older.external_id]
    assert mentions[1].edit_history_tweet_ids == [int(edited.external_id), mentions[1].id]
    assert [tweet.id for tweet in x.search_recent_tweets("depois").data] == [mentions[1].id]
    assert x.search_recent_tweets("antes").data is None
    history = x.get_tweets([mentions[1].id], expansions=["edit_history_tweet_ids"]).includes["tweets"]
    assert [tweet.text for tweet in history] == ["@lojaaurora antes", "@lojaaurora depois"]


def test_a_reply_to_any_version_answers_the_post_and_its_deletion_takes_all(sandbox: Sandbox) -> None:
    post = sandbox.says("x", "@lojaaurora antes")
    sandbox.clock.advance(timedelta(minutes=1))
    sandbox.state.edit(post, "@lojaaurora depois")
    x = client(sandbox)
    history = [str(version) for version in x.get_tweet(post.external_id).data.edit_history_tweet_ids]
    for number, version in enumerate(history):
        made = x.create_tweet(text=f"Olá {number}!", in_reply_to_tweet_id=version).data["id"]
        answer = sandbox.state.post("x", made)
        assert answer is not None
        assert answer.parent == post.external_id
    sandbox.state.delete(post)
    assert [error["resource_id"] for error in x.get_tweets(history).errors] == history
    with pytest.raises(tweepy.Forbidden):
        x.create_tweet(text="Olá de novo!", in_reply_to_tweet_id=history[1])
