"""The Mastodon listener on answers as Mastodon documents them, and on those of servers that are only like it."""

import gzip
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from channels.catch_up import MOST_DOUBTS
from channels.connection import Connection, SourceConfig
from errors import ChannelError, NeedsAttentionError, RateLimitedError, SettingsError, TryLaterError
from listeners.base import Edited, Gone, HeardMention, Page, Unchanged
from listeners.mastodon import MastodonListener
from models import MentionKind, Visibility
from tests.answers import Answers, StoppedClock, json_answer, serving

NOON = datetime(2026, 3, 10, 15, 0, tzinfo=UTC)
NOTIFICATIONS = "/api/v1/notifications"
TAG = "/api/v1/timelines/tag/LojaAurora"
FIRST, SECOND, EDITED, NEVER = (
    "116205469040640001",
    "116205465108480001",
    "116205457244160001",
    "116204817678336001",
)


@pytest.fixture
def mastodon(httpserver: HTTPServer) -> Answers:
    return serving(httpserver)


def a_listener(
    mastodon: Answers, kind: str = "notifications", query: str = "", *, now: datetime = NOON, **fields: object
) -> MastodonListener:
    values = {"secrets": {"access_token": "sesame"}, "timeout": timedelta(seconds=2), **fields}
    connection = Connection("mastodon", mastodon.base_url, "ondas.example", "lojaaurora", **values)  # type: ignore[arg-type]  # as a test says
    return MastodonListener(connection, SourceConfig(kind, query), StoppedClock(now))


def heard(pages: list[Page]) -> list[HeardMention]:
    return [mention for page in pages for mention in page.mentions]


@pytest.fixture
def mentions(mastodon: Answers) -> list[HeardMention]:
    mastodon.replay("mastodon", "notifications")
    return heard(list(a_listener(mastodon).fetch(None)))


def test_mentions_alone_are_asked_for_page_after_page(mastodon: Answers) -> None:
    mastodon.replay("mastodon", "notifications")
    pages = list(a_listener(mastodon).fetch(None))
    assert [(asked.query["types[]"], asked.one("max_id")) for asked in mastodon.asked] == [
        (["mention"], None),
        (["mention"], "54"),
    ]
    assert [len(page.mentions) for page in pages] == [4, 0]
    assert pages[-1].cursor == '{"since":"58"}'
    assert all(asked.headers["Authorization"] == "Bearer sesame" for asked in mastodon.asked)


def test_html_becomes_text_with_its_breaks_and_whole_links(mentions: list[HeardMention]) -> None:
    assert mentions[0].text == (
        "@lojaaurora preço < 10 & prazo > 5?\n"
        "Veja https://loja.example/pedidos/2026/03/10?id=7&x=1\n\n"
        "Obrigada :blobcat: #Aurora"
    )


def test_a_mention_says_who_wrote_what_where_and_when(mentions: list[HeardMention]) -> None:
    mention = mentions[0]
    assert mention.external_id == FIRST
    assert mention.kind is MentionKind.POST
    assert mention.author is not None
    assert (mention.author.handle, mention.author.name, mention.author.followers) == ("maria", "Maria :blobcat:", 42)
    assert mention.posted_at == NOON - timedelta(minutes=1)
    assert mention.url == f"https://ondas.example/@maria/{FIRST}"
    assert mention.pictures == ("https://ondas.example/media/5.png",)
    assert mention.lang == "pt"
    assert mention.addresses_us
    assert not mention.is_ours
    assert mention.thread_external_id is None
    assert mention.extra == {"acct": "maria", "visibility": "public"}


def test_a_reply_from_another_server_knows_its_parent_and_its_whole_name(mentions: list[HeardMention]) -> None:
    mention = mentions[1]
    assert mention.kind is MentionKind.COMMENT
    assert mention.parent_external_id == "116205210828800007"
    assert mention.visibility is Visibility.UNLISTED
    assert mention.extra["acct"] == "ana@mar.example"


def test_what_is_not_for_everybody_is_private_and_a_warning_is_part_of_the_text(mentions: list[HeardMention]) -> None:
    mention = mentions[2]
    assert mention.visibility is Visibility.PRIVATE
    assert mention.text == "pedido\n\n@lojaaurora meu CPF é segredo"


def test_a_bot_is_known_and_an_edit_dated(mentions: list[HeardMention]) -> None:
    mention = mentions[3]
    assert mention.author is not None
    assert mention.author.is_bot
    assert mention.edited_at == NOON - timedelta(seconds=200)


def test_a_post_with_the_tag_addresses_us_only_where_it_names_us(mastodon: Answers) -> None:
    mastodon.replay("mastodon", "hashtag")
    (mention,) = heard(list(a_listener(mastodon, "hashtag", "#LojaAurora").fetch(None)))
    assert mention.text == "Alguém mais sem receber da Loja Aurora? #LojaAurora"
    assert not mention.addresses_us


def a_status(status_id: str, **fields: object) -> dict[str, object]:
    account = {"id": "9", "acct": "maria", "url": "https://ondas.example/@maria"}
    made = {"id": status_id, "created_at": "2026-03-10T14:00:00.000Z", "content": f"<p>{status_id}</p>"}
    return {**made, "visibility": "public", "account": account, "mentions": [], **fields}


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ('<a href="https://e.example/x">aqui</a>', "aqui (https://e.example/x)"),
        ('<a href="https://e.example/long/path">e.example/long…</a>', "https://e.example/long/path"),
        ('<a href="javascript:alert(1)">aqui</a>', "aqui"),
        ('<a href="https://e.example/@bia" class="u-url mention">@<span>bia</span></a> oi', "@bia oi"),
        ("a &amp;lt;b&amp;gt; &quot;c&quot;", 'a &lt;b&gt; "c"'),
        ("<script>x()</script><p>a</p>", "a"),
        ("https://e.example/only", "https://e.example/only"),
        ("<p>a<br />b</p><blockquote>c</blockquote>", "a\nb\n\nc"),
        ("<a <a <a" * 5000, "<a <a <a" * 5000),
        ("oi" + '<a href="https://e.example/">' * 5000 + "x", "oix"),
        ('<a href="https://e.example/x?a=1&amp;b=2" title="a > b">e.example/x</a>', "https://e.example/x?a=1&b=2"),
        ("<div>" * 5000 + '<a href="https://e.example/">x</a>', "x (https://e.example/)"),
    ],
)
def test_the_html_of_other_servers_is_read_too(mastodon: Answers, content: str, text: str) -> None:
    mastodon.add("GET", TAG, json_answer([a_status("5", content=content)]))
    assert heard(list(a_listener(mastodon, "hashtag", "LojaAurora").fetch(None)))[0].text == text


class Notifications:
    """Newest first, three a page, `since_id` and `max_id` exclusive unless told otherwise."""

    def __init__(self, *ids: str, inclusive: bool = False, deaf_to: str = "") -> None:
        self.ids, self.inclusive, self.deaf_to = list(ids), inclusive, deaf_to  # oldest first

    def _place(self, request: Request, name: str, otherwise: int) -> int:
        value = request.args.get(name)
        if value is None or self.deaf_to == name:
            return otherwise
        return self.ids.index(value) if value in self.ids else otherwise

    def __call__(self, request: Request) -> Response:
        since, until = self._place(request, "since_id", -1), self._place(request, "max_id", len(self.ids))
        if self.inclusive:
            since, until = since - 1, until + 1
        found = [self.ids[i] for i in range(len(self.ids)) if since < i < until][::-1][:3]
        return json_answer([{"id": i, "type": "mention", "status": a_status(f"s{i}")} for i in found])


SERVERS = {
    "numbers": ([str(i) for i in range(95, 108)], {}),
    "inclusive": ([str(i) for i in range(95, 108)], {"inclusive": True}),
    "no since_id": ([str(i) for i in range(95, 108)], {"deaf_to": "since_id"}),
    "ids that are no numbers": ([f"01H{c}QZ" for c in "ABCDEFGHJKMNP"], {}),
    "inclusive, no numbers": ([f"01H{c}QZ" for c in "ABCDEFGHJKMNP"], {"inclusive": True}),
}


@pytest.mark.parametrize("server", SERVERS)
@pytest.mark.parametrize("stop_after", range(1, 6))
def test_a_stop_after_any_page_skips_nothing(mastodon: Answers, server: str, stop_after: int) -> None:
    ids, ways = SERVERS[server]
    notifications = Notifications(*ids[:9], **ways)  # type: ignore[arg-type]  # a table of several kinds
    mastodon.add("GET", NOTIFICATIONS, notifications)
    cursor: str | None = None
    got: list[str] = []
    for number, page in enumerate(a_listener(mastodon).fetch(None), 1):
        cursor, got = page.cursor, got + [m.external_id for m in page.mentions]
        if number == stop_after:
            break
    notifications.ids += ids[9:]
    rest = [m.external_id for m in heard(list(a_listener(mastodon).fetch(cursor)))]
    assert set(got) | set(rest) == {f"s{i}" for i in ids}


@pytest.mark.parametrize("server", SERVERS)
def test_a_later_read_hears_what_is_new_and_ends(mastodon: Answers, server: str) -> None:
    ids, ways = SERVERS[server]
    notifications = Notifications(*ids[:9], **ways)  # type: ignore[arg-type]  # a table of several kinds
    mastodon.add("GET", NOTIFICATIONS, notifications)
    cursor = list(a_listener(mastodon).fetch(None))[-1].cursor
    notifications.ids += ids[9:]
    again = list(a_listener(mastodon).fetch(cursor))
    assert {f"s{i}" for i in ids[9:]} <= {m.external_id for m in heard(again)}
    assert len(heard(again)) <= 6
    assert again[-1].cursor == f'{{"since":"{ids[-1]}"}}'


def poll(mastodon: Answers, cursor: str | None) -> tuple[list[str], str | None, bool]:
    """What one fetch brings, the cursor after it, and whether a page came again in it for too often."""
    got: list[str] = []
    try:
        for page in a_listener(mastodon).fetch(cursor):
            got, cursor = got + [m.external_id for m in page.mentions], page.cursor
    except TryLaterError:
        return got, cursor, True
    return got, cursor, False


def test_a_page_that_comes_twice_is_asked_for_again_and_ends_nothing(mastodon: Answers) -> None:
    notifications = Notifications(*(str(i) for i in range(95, 107)))
    answers = [notifications(Request.from_values(query_string=query)) for query in ("", "", "max_id=104")]
    mastodon.add("GET", NOTIFICATIONS, *answers, answers[1], notifications)
    got, cursor, _ = poll(mastodon, None)
    assert got == [f"s{i}" for i in range(106, 94, -1)]
    assert cursor == '{"since":"106"}'
    assert [asked.one("max_id") for asked in mastodon.asked] == [None, "104", "104", "101", "101", "98", "95"]


def test_a_server_that_gives_the_same_page_for_ever_is_left_in_peace_at_last(mastodon: Answers) -> None:
    notifications = Notifications("1", "2", "3", "4", deaf_to="max_id")
    mastodon.add("GET", NOTIFICATIONS, notifications)
    cursor: str | None = None
    for _ in range(MOST_DOUBTS):
        _, cursor, is_doubted = poll(mastodon, cursor)
        assert is_doubted
    _, cursor, is_doubted = poll(mastodon, cursor)
    assert not is_doubted
    notifications.ids.append("5")
    mastodon.asked.clear()
    got, cursor, is_doubted = poll(mastodon, cursor)
    assert (got, is_doubted) == (["s5"], False)
    assert len(mastodon.asked) == 2, "a server that is known to repeat its page is not asked more often"


def test_other_notifications_and_those_without_a_post_move_the_place_only(mastodon: Answers) -> None:
    page = [{"id": "9", "type": "favourite", "status": a_status("5")}, {"id": "8", "type": "mention", "status": None}]
    mastodon.add("GET", NOTIFICATIONS, json_answer(page), json_answer([]))
    pages = list(a_listener(mastodon).fetch(None))
    assert heard(pages) == []
    assert pages[-1].cursor == '{"since":"9"}'


def test_a_post_that_federation_brings_late_is_heard(mastodon: Answers) -> None:
    def made(minutes: int) -> str:
        return str(int((NOON - timedelta(minutes=minutes)).timestamp() * 1000) << 16)

    def newest_first(request: Request) -> Response:
        ids = [i for i in sorted(known, key=int, reverse=True) if int(i) > int(request.args.get("since_id", 0))]
        return json_answer([a_status(i) for i in ids if int(i) < int(request.args.get("max_id", 10**20))])

    known = [made(60), made(2)]
    mastodon.add("GET", TAG, newest_first)
    cursor = list(a_listener(mastodon, "hashtag", "LojaAurora").fetch(None))[-1].cursor
    known.append(made(9))
    again = heard(list(a_listener(mastodon, "hashtag", "LojaAurora").fetch(cursor)))
    assert {m.external_id for m in again} == {made(2), made(9)}


@pytest.mark.parametrize(
    ("reset", "wait"),
    [
        ("2026-03-10T15:05:00.123456Z", timedelta(minutes=5, microseconds=123456)),
        (str(int(NOON.timestamp()) + 60), timedelta(minutes=1)),
        ("2026-03-10T14:00:00Z", timedelta(seconds=1)),
        ("2036-03-10T14:00:00Z", timedelta(hours=1)),
        ("soon", None),
        (None, None),
    ],
)
def test_a_rate_limit_and_its_approach_say_how_long_within_reason(
    mastodon: Answers, reset: str | None, wait: timedelta | None
) -> None:
    headers = {"X-RateLimit-Remaining": "0", **({} if reset is None else {"X-RateLimit-Reset": reset})}
    mastodon.add("GET", NOTIFICATIONS, json_answer([], headers=headers), json_answer({"error": "x"}, 429, headers))
    (page,) = a_listener(mastodon).fetch(None)
    assert page.wait == wait
    with pytest.raises(RateLimitedError) as raised:
        list(a_listener(mastodon).fetch(None))
    assert raised.value.retry_after == wait
    assert len(mastodon.asked) == 2


def test_a_server_without_rate_headers_is_read(mastodon: Answers) -> None:
    mastodon.add("GET", NOTIFICATIONS, json_answer([]))
    assert [page.wait for page in a_listener(mastodon).fetch(None)] == [None]


def _dripping(request: Request) -> Response:
    def drops() -> Iterator[bytes]:
        while True:
            yield b" "
            time.sleep(0.1)

    return Response(drops(), content_type="application/json")


def _bomb(request: Request) -> Response:
    headers = {"Content-Encoding": "gzip"}
    return Response(gzip.compress(b" " * 50_000_000), headers=headers, content_type="application/json")


FAULTS = {
    "401": (json_answer({"error": "The access token is invalid"}, 401), NeedsAttentionError, "token is invalid"),
    "403": (json_answer({"error": "Your login is currently disabled"}, 403), NeedsAttentionError, "disabled"),
    "404 HTML": (Response("<html>", 404), NeedsAttentionError, "lojaaurora"),
    "500": (json_answer({"error": "oops"}, 500), TryLaterError, ""),
    "503 HTML": (Response("<html>", 503), TryLaterError, ""),
    "truncated JSON": (Response('[{"id": "1', content_type="application/json"), TryLaterError, ""),
    "HTML": (Response("<html>", content_type="text/html"), TryLaterError, ""),
    "empty": (Response(""), TryLaterError, ""),
    "an object": (json_answer({}), TryLaterError, ""),
    "numbers": (json_answer([1, 2]), TryLaterError, ""),
    "no id": (json_answer([{"type": "mention"}]), TryLaterError, "id"),
    "an id that is a path": (json_answer([{"id": "../x", "type": "mention"}]), TryLaterError, "id"),
    "a post without a time": (
        json_answer([{"id": "1", "type": "mention", "status": a_status("5", created_at="x")}]),
        TryLaterError,
        "time",
    ),
    "gzip bomb": (_bomb, TryLaterError, ""),
    "endless": (_dripping, TryLaterError, ""),
    "redirect": (Response("", 301, {"Location": "https://elsewhere.example/"}), NeedsAttentionError, "redirect"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_becomes_our_error_and_no_page(mastodon: Answers, fault: str) -> None:
    answer, error, words = FAULTS[fault]
    mastodon.add("GET", NOTIFICATIONS, answer)  # type: ignore[arg-type]  # a table of several kinds
    pages: list[Page] = []
    with pytest.raises(error) as raised:
        pages.extend(a_listener(mastodon, timeout=timedelta(seconds=0.5)).fetch(None))
    assert pages == []
    assert words in str(raised.value)
    assert "sesame" not in str(raised.value)
    assert len(mastodon.asked) == 1


def test_a_missing_token_needs_attention_before_the_network(mastodon: Answers) -> None:
    with pytest.raises(NeedsAttentionError, match="access_token"):
        list(a_listener(mastodon, secrets={}).fetch(None))
    assert mastodon.asked == []


def test_check_tells_unchanged_edited_and_gone_apart(mastodon: Answers) -> None:
    mastodon.replay("mastodon", "lookup")
    facts = list(a_listener(mastodon).check([FIRST, EDITED, NEVER, "../etc"]))
    assert facts == [
        Unchanged(FIRST),
        Edited(EDITED, "@lojaaurora notícias", NOON - timedelta(seconds=200)),
        Gone(NEVER),
    ]
    assert mastodon.asked[0].query["id[]"] == [FIRST, EDITED, NEVER]


def test_check_asks_for_twenty_at_once(mastodon: Answers) -> None:
    def every(request: Request) -> Response:
        return json_answer([a_status(i) for i in request.args.getlist("id[]")])

    mastodon.add("GET", "/api/v1/statuses", every)
    assert len(list(a_listener(mastodon).check([str(i) for i in range(45)]))) == 45
    assert [len(asked.query["id[]"]) for asked in mastodon.asked] == [20, 20, 5]


def test_a_server_without_the_look_up_is_asked_one_by_one(mastodon: Answers) -> None:
    mastodon.add("GET", "/api/v1/statuses", Response("<html>", 404))
    mastodon.add("GET", "/api/v1/statuses/5", json_answer(a_status("5")))
    assert set(a_listener(mastodon).check(["5", "6"])) == {Unchanged("5"), Gone("6")}


@pytest.mark.parametrize("answer", [Response("<html>", 404), json_answer({}, 404), json_answer({}, 500)])
def test_an_error_page_is_never_taken_for_a_deletion(mastodon: Answers, answer: Response) -> None:
    mastodon.add("GET", "/api/v1/statuses", json_answer([]))
    mastodon.add("GET", "/api/v1/statuses/5", answer)
    facts: list[object] = []
    with pytest.raises(ChannelError):
        facts.extend(a_listener(mastodon).check(["5"]))
    assert facts == []


@pytest.mark.parametrize(("kind", "query"), [("home", ""), ("hashtag", ""), ("hashtag", "a/b"), ("hashtag", "# ")])
def test_an_unknown_kind_and_no_tag_are_refused(mastodon: Answers, kind: str, query: str) -> None:
    with pytest.raises(SettingsError):
        a_listener(mastodon, kind, query)


def test_an_account_without_an_instance_is_refused() -> None:
    with pytest.raises(SettingsError, match="base_url"):
        MastodonListener(Connection("mastodon", "", "", "a"), SourceConfig("notifications"), StoppedClock(NOON))
