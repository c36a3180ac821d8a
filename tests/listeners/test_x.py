"""The X listener on answers as X documents them: what a post becomes, and that no stop skips one."""

import gzip
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from channels.connection import Connection, SourceConfig
from errors import ChannelError, NeedsAttentionError, RateLimitedError, SettingsError, TryLaterError
from listeners.base import Edited, Gone, HeardMention, Page, Unchanged
from listeners.x import XListener
from models import MentionKind
from tests.answers import Answers, StoppedClock, json_answer, serving

NOON = datetime(2026, 3, 10, 15, 0, tzinfo=UTC)
US = "2244994945"
MENTIONS = f"/2/users/{US}/mentions"
SEARCH = "/2/tweets/search/recent"


@pytest.fixture
def x(httpserver: HTTPServer) -> Answers:
    return serving(httpserver)


def a_listener(x: Answers, kind: str = "mentions", query: str = "", **fields: object) -> XListener:
    values = {"external_id": US, "secrets": {"bearer_token": "sesame"}, "timeout": timedelta(seconds=1), **fields}
    connection = Connection("x", x.base_url, "x", "LojaAurora", **values)  # type: ignore[arg-type]  # as a test says
    return XListener(connection, SourceConfig(kind, query), StoppedClock(NOON))


def heard(pages: list[Page]) -> list[HeardMention]:
    return [mention for page in pages for mention in page.mentions]


@pytest.fixture
def mentions(x: Answers) -> dict[str, HeardMention]:
    x.replay("x", "mentions")
    return {m.text[:24]: m for m in heard(list(a_listener(x, external_id="").fetch(None)))}


def test_the_account_is_looked_up_once_and_pages_follow_the_token(x: Answers) -> None:
    x.replay("x", "mentions")
    pages = list(a_listener(x, external_id="").fetch(None))
    assert x.paths() == ["/2/users/by/username/LojaAurora", MENTIONS, MENTIONS]
    assert [asked.one("pagination_token") for asked in x.asked[1:]] == [None, "7140dibdnow9c7btw480a"]
    assert x.asked[1].one("max_results") == "100"
    assert {"created_at", "author_id", "referenced_tweets"} <= set((x.asked[1].one("tweet.fields") or "").split(","))
    assert [len(page.mentions) for page in pages] == [3, 3]
    assert all(asked.headers["Authorization"] == "Bearer sesame" for asked in x.asked)


def test_only_the_entities_that_x_escapes_are_resolved_and_once(mentions: dict[str, HeardMention]) -> None:
    mention = next(m for m in mentions.values() if "troco" in m.text)
    assert mention.text == "@lojaaurora R$ 10 < R$ 20 & o troco? &lt; > https://t.co/AbC123xyz0"
    assert mention.addresses_us
    assert mention.author is not None
    assert (mention.author.handle, mention.author.followers) == ("mariasouza", 120)
    assert mention.posted_at == NOON - timedelta(minutes=1)
    assert mention.url.endswith(f"/mariasouza/status/{mention.external_id}")
    assert mention.thread_external_id == mention.external_id


def test_a_reply_knows_its_parent_and_its_conversation(mentions: dict[str, HeardMention]) -> None:
    mention = next(m for m in mentions.values() if "novidade" in m.text)
    assert mention.kind is MentionKind.COMMENT
    assert mention.parent_external_id == "2031346831979446277"
    assert mention.thread_external_id == "2031369481221046273"


def test_a_repost_addresses_nobody(mentions: dict[str, HeardMention]) -> None:
    assert not [text for text in mentions if text.startswith("RT ")]


def test_a_quote_of_a_post_of_ours_addresses_us_without_naming_us(mentions: dict[str, HeardMention]) -> None:
    mention = next(m for m in mentions.values() if "responderam" in m.text)
    assert mention.addresses_us
    assert mention.kind is MentionKind.POST


def test_a_long_post_is_read_whole(mentions: dict[str, HeardMention]) -> None:
    mention = next(m for m in mentions.values() if "geladeira" in m.text)
    assert len(mention.text) > 300
    assert "…" not in mention.text


def test_pictures_come_from_the_expansions(mentions: dict[str, HeardMention]) -> None:
    mention = next(m for m in mentions.values() if m.pictures)
    assert mention.pictures == ("https://pbs.twimg.com/media/a.jpg", "https://pbs.twimg.com/ext/b.jpg")


def test_an_edited_post_keeps_the_id_and_the_time_of_its_first_version(mentions: dict[str, HeardMention]) -> None:
    mention = next(m for m in mentions.values() if "corrigido" in m.text)
    assert mention.external_id == "2031380386411446273"
    assert mention.posted_at == NOON - timedelta(seconds=1000)
    assert mention.edited_at == NOON - timedelta(seconds=700)
    assert mention.extra == {"post_id": "2031381644702646273"}


def test_a_post_without_the_asked_fields_is_read_all_the_same(x: Answers) -> None:
    bare = {"id": "2031384329057206273", "text": "oi @LOJAAURORA!", "edit_history_tweet_ids": ["2031384329057206273"]}
    x.add("GET", MENTIONS, json_answer({"data": [bare], "meta": {"result_count": 1}}))
    (mention,) = heard(list(a_listener(x).fetch(None)))
    assert mention.author is None
    assert mention.addresses_us
    assert mention.posted_at == NOON - timedelta(minutes=1)


@pytest.mark.parametrize(("text", "addresses"), [("e a @LojaAurora_SAC?", False), ("a@lojaaurora.example", False)])
def test_a_longer_name_or_an_address_is_not_ours(x: Answers, text: str, addresses: bool) -> None:
    post = {"id": "2031384329057206273", "text": text}
    x.add("GET", SEARCH, json_answer({"data": [post], "meta": {"result_count": 1}}))
    (mention,) = heard(list(a_listener(x, "search", "aurora").fetch(None)))
    assert mention.addresses_us is addresses


class Timeline:
    """Newest first, `since_id` and `until_id` exclusive, three a page: as X documents its timelines."""

    def __init__(self, *ids: int) -> None:
        self.ids = list(ids)

    def __call__(self, request: Request) -> Response:
        since, until = int(request.args.get("since_id", 0)), int(request.args.get("until_id", 10**19))
        token = request.args.get("pagination_token") or request.args.get("next_token")
        below = min(until, int(token.removeprefix("t")) if token else until)
        found = sorted((i for i in self.ids if since < i < below), reverse=True)
        page, rest = found[:3], found[3:]
        meta: dict[str, object] = {"result_count": len(page)}
        if page:
            meta |= {"newest_id": str(page[0]), "oldest_id": str(page[-1])}
        if rest:
            meta["next_token"] = f"t{page[-1]}"
        data = [{"id": str(i), "text": f"@LojaAurora {i}", "created_at": "2026-03-10T14:00:00.000Z"} for i in page]
        return json_answer({"data": data, "meta": meta} if data else {"meta": meta})


@pytest.mark.parametrize("stop_after", range(1, 6))
def test_a_stop_after_any_page_skips_nothing_and_repeats_nothing(x: Answers, stop_after: int) -> None:
    timeline = Timeline(*range(995, 1008))
    x.add("GET", MENTIONS, timeline)
    cursor: str | None = None
    got: list[str] = []
    for number, page in enumerate(a_listener(x).fetch(None), 1):
        cursor, got = page.cursor or cursor, got + [m.external_id for m in page.mentions]
        if number == stop_after:
            break
    timeline.ids += [1008, 1009, 1010, 1011]
    rest = [m.external_id for m in heard(list(a_listener(x).fetch(cursor)))]
    assert sorted([*got, *rest], key=int) == [str(i) for i in range(995, 1012)]


def test_what_came_while_paging_is_heard_the_next_time(x: Answers) -> None:
    timeline = Timeline(*range(1, 8))
    x.add("GET", MENTIONS, timeline)
    cursor, got = None, set()
    for page in a_listener(x).fetch(None):
        cursor = page.cursor or cursor
        got |= {m.external_id for m in page.mentions}
        timeline.ids.append(max(timeline.ids) + 1)
    assert {str(i) for i in timeline.ids} == got | {m.external_id for m in heard(list(a_listener(x).fetch(cursor)))}


def test_ids_compare_as_numbers(x: Answers) -> None:
    timeline = Timeline(8, 9, 10, 11)
    x.add("GET", MENTIONS, timeline)
    cursor = list(a_listener(x).fetch(None))[-1].cursor
    timeline.ids.append(100)
    assert [m.external_id for m in heard(list(a_listener(x).fetch(cursor)))] == ["100"]


def test_posts_of_the_last_minute_are_read_once_more_for_those_listed_late(x: Answers) -> None:
    made = 2031384580832460800  # at NOON
    timeline = Timeline(made - (10_000 << 22), made - (1_000 << 22))
    x.add("GET", MENTIONS, timeline)
    cursor = list(a_listener(x).fetch(None))[-1].cursor
    timeline.ids.append(made - (5_000 << 22))
    assert str(made - (5_000 << 22)) in {m.external_id for m in heard(list(a_listener(x).fetch(cursor)))}


def test_an_empty_first_read_keeps_no_place(x: Answers) -> None:
    x.add("GET", MENTIONS, Timeline())
    (page,) = a_listener(x).fetch(None)
    assert page == Page((), None)


def test_a_token_that_names_itself_ends_the_read_without_moving_on(x: Answers) -> None:
    x.add("GET", MENTIONS, json_answer({"data": [{"id": "5", "text": "a", "created_at": "2026-03-10T14:00:00Z"}],
                                        "meta": {"result_count": 1, "next_token": "same"}}))  # fmt: skip
    pages = list(a_listener(x).fetch(None))
    assert len(pages) == 2
    assert '"since"' not in (pages[-1].cursor or "")


def test_search_lets_go_of_a_place_that_left_its_seven_days(x: Answers) -> None:
    x.add("GET", SEARCH, Timeline())
    old = 2031384580832460800 - (8 * 86_400_000 << 22)
    list(a_listener(x, "search", "aurora").fetch(f'{{"since":"{old}"}}'))
    assert x.asked[0].one("since_id") is None
    assert x.asked[0].one("query") == "aurora"


@pytest.mark.parametrize("parameter", ["since_id", "until_id"])
def test_a_place_that_search_refuses_is_let_go(x: Answers, parameter: str) -> None:
    message = f"'{parameter}' must be a tweet id created after 2026-03-03T15:00Z. Please use a '{parameter}' that is"
    refusal = {"errors": [{"parameters": {parameter: ["5"]}, "message": message}], "title": "Invalid Request"}
    x.add("GET", SEARCH, json_answer(refusal, 400), Timeline(7))
    pages = list(a_listener(x, "search", "aurora").fetch('{"since":"3","top":"9","until":"5"}'))
    assert pages[-1].cursor == '{"since":"9"}'


def test_rate_headers_of_a_good_answer_ask_for_a_pause(x: Answers) -> None:
    reset = int(NOON.timestamp()) + 300
    headers = {"x-rate-limit-remaining": "0", "x-rate-limit-reset": str(reset)}
    x.add("GET", MENTIONS, json_answer({"meta": {"result_count": 0}}, headers=headers))
    (page,) = a_listener(x).fetch(None)
    assert page.wait == timedelta(minutes=5)


def _dripping(request: Request) -> Response:
    def drops() -> Iterator[bytes]:
        while True:
            yield b" "
            time.sleep(0.1)

    return Response(drops(), content_type="application/json")


def _html(request: Request) -> Response:
    return Response("<html>Over capacity</html>", content_type="text/html")


def _bomb(request: Request) -> Response:
    headers = {"Content-Encoding": "gzip"}
    return Response(gzip.compress(b" " * 50_000_000), headers=headers, content_type="application/json")


FAULTS = {
    "401": (json_answer({"title": "Unauthorized", "status": 401}, 401), NeedsAttentionError, "LojaAurora"),
    "402": (json_answer({"title": "CreditsDepleted", "detail": "no credits"}, 402), NeedsAttentionError, "credits"),
    "403": (json_answer({"detail": "When authenticating, you must use keys"}, 403), NeedsAttentionError, "keys"),
    "capped": (json_answer({"type": "https://api.twitter.com/2/problems/usage-capped"}, 429), NeedsAttentionError, ""),
    "500": (json_answer({"detail": "oops"}, 500), TryLaterError, ""),
    "503 HTML": (Response("<html>", 503), TryLaterError, ""),
    "truncated JSON": (Response('{"data": [{"id": "1', content_type="application/json"), TryLaterError, ""),
    "HTML": (_html, TryLaterError, ""),
    "a list": (json_answer([1]), TryLaterError, ""),
    "nothing": (json_answer({}), TryLaterError, ""),
    "errors alone": (json_answer({"errors": [{"detail": "Could not find user"}]}), NeedsAttentionError, "find user"),
    "count without posts": (json_answer({"meta": {"result_count": 3}}), TryLaterError, ""),
    "an id that is none": (json_answer({"data": [{"id": "x", "text": "a"}], "meta": {}}), TryLaterError, "id"),
    "a post without text": (json_answer({"data": [{"id": "5"}], "meta": {}}), TryLaterError, "text"),
    "gzip bomb": (_bomb, TryLaterError, ""),
    "endless": (_dripping, TryLaterError, ""),
    "redirect": (Response("", 302, {"Location": "https://elsewhere.example/"}), NeedsAttentionError, "redirect"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_becomes_our_error_and_no_page(x: Answers, fault: str) -> None:
    answer, error, words = FAULTS[fault]
    x.add("GET", MENTIONS, answer)  # type: ignore[arg-type]  # a table of several kinds
    pages: list[Page] = []
    with pytest.raises(error) as raised:
        pages.extend(a_listener(x).fetch(None))
    assert pages == []
    assert words in str(raised.value)
    assert "sesame" not in str(raised.value)
    assert len(x.asked) == 1


@pytest.mark.parametrize(
    ("headers", "least", "most"),
    [
        ({"x-rate-limit-reset": str(int(NOON.timestamp()) + 60)}, 60, 60),
        ({"x-rate-limit-reset": str(int(NOON.timestamp()) - 900)}, 1, 1),
        ({"x-rate-limit-reset": "99999999999"}, 900, 3600),
        ({"x-rate-limit-reset": "soon"}, None, None),
        ({}, None, None),
    ],
)
def test_a_rate_limit_says_how_long_within_reason(
    x: Answers, headers: dict[str, str], least: int | None, most: int | None
) -> None:
    x.add("GET", MENTIONS, json_answer({"title": "Too Many Requests"}, 429, headers))
    with pytest.raises(RateLimitedError) as raised:
        list(a_listener(x).fetch(None))
    wait = raised.value.retry_after
    if least is None or most is None:
        assert wait is None
    else:
        assert wait is not None
        assert timedelta(seconds=least) <= wait <= timedelta(seconds=most)
    assert len(x.asked) == 1


def test_a_fault_on_the_second_page_keeps_the_place_of_the_first(x: Answers) -> None:
    timeline = Timeline(1, 2, 3, 4, 5)
    x.add("GET", MENTIONS, timeline, Response("<html>", 503), timeline)
    pages: list[Page] = []
    with pytest.raises(TryLaterError):
        pages.extend(a_listener(x).fetch(None))
    rest = heard(list(a_listener(x).fetch(pages[-1].cursor)))
    assert {m.external_id for m in heard(pages)} | {m.external_id for m in rest} == {"1", "2", "3", "4", "5"}


def test_an_account_that_x_does_not_know_needs_attention(x: Answers) -> None:
    x.add("GET", "/2/users/by/username/LojaAurora", json_answer({"errors": [{"detail": "Could not find user"}]}))
    with pytest.raises(NeedsAttentionError, match="handle"):
        list(a_listener(x, external_id="").fetch(None))


def test_a_missing_token_needs_attention_before_the_network(x: Answers) -> None:
    with pytest.raises(NeedsAttentionError, match="bearer_token"):
        list(a_listener(x, secrets={}).fetch(None))
    assert x.asked == []


def test_check_tells_unchanged_edited_and_gone_apart(x: Answers) -> None:
    x.replay("x", "lookup")
    kept, edited, gone, hidden, silent = "2031384329057206273", "2031380386411446273", "2031363609195446273", \
        "2031363189765046273", "2031363189765046999"  # fmt: skip
    facts = list(a_listener(x).check([kept, edited, gone, hidden, silent, "not-an-id"]))
    text = "@LojaAurora o pedido 123 não chegou (corrigido)"
    assert set(facts) == {
        Unchanged(kept),
        Edited(edited, text, NOON - timedelta(seconds=700)),
        Gone(gone),
        Gone(hidden),
    }
    assert x.asked[0].one("ids") == ",".join([kept, edited, gone, hidden, silent])


def test_check_asks_for_a_hundred_at_once(x: Answers) -> None:
    x.add("GET", "/2/tweets", json_answer({"errors": []}))
    assert list(a_listener(x).check([str(number) for number in range(1, 251)])) == []
    assert [len((asked.one("ids") or "").split(",")) for asked in x.asked] == [100, 100, 50]


@pytest.mark.parametrize("body", [{}, [], {"data": None}])
def test_an_empty_look_up_deletes_nothing(x: Answers, body: object) -> None:
    x.add("GET", "/2/tweets", json_answer(body))
    with pytest.raises(ChannelError):
        list(a_listener(x).check(["5"]))


@pytest.mark.parametrize(("kind", "query"), [("likes", ""), ("search", " ")])
def test_an_unknown_kind_and_an_empty_search_are_refused(x: Answers, kind: str, query: str) -> None:
    with pytest.raises(SettingsError):
        a_listener(x, kind, query)


def test_a_cursor_that_makes_no_sense_needs_attention(x: Answers) -> None:
    with pytest.raises(NeedsAttentionError, match="place"):
        list(a_listener(x).fetch('{"since": [1'))
