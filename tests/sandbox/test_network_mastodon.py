"""The sandbox's Mastodon through Mastodon.py, and its JSON against the documentation's."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import httpx
import pytest
from mastodon import Mastodon
from mastodon.errors import MastodonAPIError, MastodonNotFoundError, MastodonRatelimitError, MastodonUnauthorizedError

from sandbox import credentials
from sandbox.networks.mastodon_shapes import length
from sandbox.state import Post
from tests.sandbox.network_tools import Sandbox, differences, served

NOTHING = type(None)
ACCOUNT = {
    **dict.fromkeys(("id", "username", "acct", "display_name", "created_at", "note", "url", "uri"), str),
    **dict.fromkeys(("avatar", "avatar_static", "header", "header_static", "last_status_at"), str),
    **dict.fromkeys(("avatar_description", "header_description"), str),
    **dict.fromkeys(("locked", "bot", "discoverable", "indexable", "group", "noindex"), bool),
    **dict.fromkeys(("show_media", "show_media_replies", "show_featured"), bool),
    **dict.fromkeys(("followers_count", "following_count", "statuses_count"), int),
    "hide_collections": NOTHING,
    "emojis": list,
    "roles": list,
    "fields": list,
    "feature_approval": {"automatic": list, "manual": list, "current_user": str},
}
STATUS = {
    **dict.fromkeys(("id", "created_at", "spoiler_text", "visibility", "language", "uri", "url", "content"), str),
    **dict.fromkeys(("in_reply_to_id", "in_reply_to_account_id", "edited_at"), (str, NOTHING)),
    **dict.fromkeys(("replies_count", "reblogs_count", "favourites_count", "quotes_count"), int),
    **dict.fromkeys(("sensitive", "favourited", "reblogged", "muted", "bookmarked"), bool),
    **dict.fromkeys(("reblog", "quote", "card", "poll"), NOTHING),
    "application": {"name": str, "website": NOTHING},
    **dict.fromkeys(("filtered", "media_attachments", "emojis", "tagged_collections"), list),
    "account": ACCOUNT,
    "mentions": [{"id": str, "username": str, "url": str, "acct": str}],
    "tags": [{"name": str, "url": str}],
    "quote_approval": {"automatic": [str], "manual": list, "current_user": str},
}
NOTIFICATION = {"id": str, "type": str, "created_at": str, "group_key": str, "account": ACCOUNT, "status": STATUS}


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    with served(tmp_path) as sandbox:
        yield sandbox


def client(sandbox: Sandbox, token: str = credentials.MASTODON_ACCESS_TOKEN) -> Mastodon:
    url = f"{sandbox.url}/mastodon"
    return Mastodon(access_token=token, api_base_url=url, ratelimit_method="throw", request_timeout=10)


def test_the_server_tells_its_limits(sandbox: Sandbox) -> None:
    statuses = client(sandbox).instance_v2().configuration.statuses
    assert (statuses.max_characters, statuses.characters_reserved_per_url) == (500, 23)
    assert client(sandbox).instance_v1().version.startswith("4.")
    assert client(sandbox).account_verify_credentials().acct == "lojaaurora"


def test_notifications_have_the_documented_shape(sandbox: Sandbox) -> None:
    sandbox.says("mastodon", "@lojaaurora oi #atraso", extra={"lang": "pt"})
    headers = {"authorization": f"Bearer {credentials.MASTODON_ACCESS_TOKEN}"}
    answer = httpx.get(f"{sandbox.url}/mastodon/api/v1/notifications?types[]=mention", headers=headers, trust_env=False)
    assert differences([NOTIFICATION], answer.json()) == []
    assert answer.headers["x-ratelimit-limit"] == "300"
    assert datetime.fromisoformat(answer.headers["x-ratelimit-reset"]) > sandbox.clock.now()
    assert answer.headers["link"].startswith(
        f"<{sandbox.url}/mastodon/api/v1/notifications?types%5B%5D=mention&min_id="
    )
    content = answer.json()[0]["status"]["content"]
    assert content.startswith('<p><span class="h-card" translate="no"><a href="')
    assert 'class="mention hashtag" rel="tag">#<span>atraso</span></a></p>' in content


def test_notifications_page_forward_and_back_and_skip_nothing(sandbox: Sandbox) -> None:
    posted = [sandbox.says("mastodon", f"@lojaaurora {number}").external_id for number in range(25)]
    mastodon = client(sandbox)
    page, seen = mastodon.notifications(types=["mention"], limit=10), []
    while page:
        seen += [str(one.status.id) for one in page]
        page = mastodon.fetch_next(page)
    assert seen == posted[::-1]
    forward, place = [], "0"
    while page := mastodon.notifications(types=["mention"], min_id=place, limit=10):
        forward += [str(one.status.id) for one in reversed(page)]
        place = page[0].id
    assert forward == posted
    assert [str(one.status.id) for one in mastodon.notifications(since_id=place)] == []


def test_the_same_key_gives_the_same_status_for_an_hour(sandbox: Sandbox) -> None:
    post = sandbox.says("mastodon", "@lojaaurora oi")
    mastodon = client(sandbox)
    answers = [
        mastodon.status_post(
            "@marina Olá!", in_reply_to_id=post.external_id, idempotency_key="k", visibility="unlisted"
        )
        for _ in range(2)
    ]
    assert answers[0].id == answers[1].id
    assert (str(answers[0].in_reply_to_id), answers[0].visibility) == (post.external_id, "unlisted")
    sandbox.clock.advance(timedelta(hours=2))
    assert mastodon.status_post("@marina Olá!", idempotency_key="k").id != answers[0].id


def test_a_context_shows_what_is_above_and_below(sandbox: Sandbox) -> None:
    root = sandbox.says("mastodon", "@lojaaurora oi")
    mastodon = client(sandbox)
    ours = mastodon.status_post("@marina Olá!", in_reply_to_id=root.external_id)
    after = sandbox.says(
        "mastodon", "@lojaaurora obrigada", kind="comment", parent=str(ours.id), thread=root.external_id
    )
    context = mastodon.status_context(ours.id)
    assert [str(one.id) for one in context.ancestors] == [root.external_id]
    assert [str(one.id) for one in context.descendants] == [after.external_id]
    assert [one.id for one in mastodon.account_statuses(mastodon.me().id)] == [ours.id]


def test_a_context_leaves_out_what_hangs_on_a_deleted_status(sandbox: Sandbox) -> None:
    root = sandbox.says("mastodon", "@lojaaurora oi")

    def below(post: Post) -> Post:
        text = f"@lojaaurora sob {post.external_id}"
        return sandbox.says("mastodon", text, kind="comment", parent=post.external_id, thread=root.external_id)

    kept, gone = below(root), below(root)
    deep, _lost = below(kept), below(gone)
    sandbox.state.delete(gone)
    descendants = client(sandbox).status_context(root.external_id).descendants
    assert [str(one.id) for one in descendants] == [kept.external_id, deep.external_id]


def test_what_was_deleted_is_not_found(sandbox: Sandbox) -> None:
    kept, gone = sandbox.says("mastodon", "@lojaaurora um"), sandbox.says("mastodon", "@lojaaurora dois")
    sandbox.state.delete(gone)
    mastodon = client(sandbox)
    with pytest.raises(MastodonNotFoundError):
        mastodon.status(gone.external_id)
    with pytest.raises(MastodonNotFoundError):
        mastodon.status_post("Olá!", in_reply_to_id=gone.external_id)
    assert [str(one.id) for one in mastodon.statuses([kept.external_id, gone.external_id])] == [kept.external_id]
    assert len(mastodon.notifications()) == 1


def test_an_edited_status_shows_when(sandbox: Sandbox) -> None:
    post = sandbox.says("mastodon", "@lojaaurora antes")
    sandbox.clock.advance(timedelta(minutes=1))
    sandbox.state.edit(post, "@lojaaurora depois")
    found = client(sandbox).status(post.external_id)
    assert found.edited_at == sandbox.clock.now()
    assert client(sandbox).status_source(post.external_id).text == "@lojaaurora depois"


def test_a_hashtag_timeline_shows_public_statuses_alone(sandbox: Sandbox) -> None:
    shown = sandbox.says("mastodon", "nada da #LojaAurora", addresses_brand=False)
    sandbox.says("mastodon", "só pra vocês #lojaaurora", addresses_brand=False, extra={"visibility": "private"})
    sandbox.says("mastodon", "outra #lojaaurora2", addresses_brand=False)
    assert [str(one.id) for one in client(sandbox).timeline_hashtag("lojaaurora")] == [shown.external_id]


@pytest.mark.parametrize(
    ("text", "counted"),
    [
        ("abc", 3),
        ("@nome@servidor.example oi", 8),
        ("veja https://example.com/um/caminho/bem/comprido", 28),
        ("Olá 👩‍👩‍👧‍👦 🇧🇷 e\u0301", 9),
    ],
)
def test_a_status_is_counted_as_mastodon_says(text: str, counted: int) -> None:
    assert length(text) == counted


def test_what_is_refused_says_why(sandbox: Sandbox) -> None:
    mastodon = client(sandbox)
    mastodon.status_post("a" * 500)
    for text, message in (("a" * 501, "character limit of 500"), ("", "can't be blank")):
        with pytest.raises(MastodonAPIError, match=message):
            mastodon.status_post(text)
    with pytest.raises(MastodonUnauthorizedError):
        client(sandbox, "another").notifications()


def test_the_rate_window_is_on_the_sandbox_clock(sandbox: Sandbox) -> None:
    mastodon = client(sandbox)
    with pytest.raises(MastodonRatelimitError):
        [mastodon.notifications() for _ in range(301)]
    sandbox.clock.advance(timedelta(minutes=5))
    assert mastodon.notifications() == []
