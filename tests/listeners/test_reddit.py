"""The Reddit listener on answers as Reddit documents them, and on listings that change while they are read."""

import gzip
import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from channels.catch_up import MOST_DOUBTS
from channels.connection import Connection, SourceConfig
from errors import ChannelError, NeedsAttentionError, RateLimitedError, SettingsError, TryLaterError
from listeners.base import Edited, Gone, HeardMention, Page, Unchanged
from listeners.reddit import RedditListener
from models import MentionKind, Visibility
from tests.answers import Answers, StoppedClock, json_answer, serving

NOON = datetime(2026, 3, 10, 15, 0, tzinfo=UTC)
NOW = int(NOON.timestamp())
INBOX = "/message/inbox/"
TOKEN = "/api/v1/access_token"
SECRETS = {"client_id": "id", "client_secret": "sesame", "username": "lojaaurora", "password": "open"}


@pytest.fixture
def reddit(httpserver: HTTPServer) -> Answers:
    answers = serving(httpserver)
    answers.add("POST", TOKEN, json_answer(a_token()))
    return answers


def a_token(**fields: object) -> dict[str, object]:
    return {"access_token": "token", "token_type": "bearer", "expires_in": 86_400, "scope": "*", **fields}


def a_listener(reddit: Answers, kind: str = "inbox", query: str = "", **fields: object) -> RedditListener:
    values = {"secrets": SECRETS, "timeout": timedelta(seconds=2), **fields}
    connection = Connection("reddit", reddit.base_url, "reddit.test", "LojaAurora", **values)  # type: ignore[arg-type]  # as a test says
    return RedditListener(connection, SourceConfig(kind, query), StoppedClock(NOON))


def a_comment(number: int, at: int | None = None, **fields: object) -> dict[str, Any]:
    return {
        "kind": "t1",
        "data": {
            "name": f"t1_{number}",
            "id": str(number),
            "author": "ana",
            "author_fullname": "t2_ana",
            "body": f"texto {number}",
            "parent_id": "t3_p",
            "link_id": "t3_p",
            "created_utc": float(NOW - 10_000 + number if at is None else at),
            "edited": False,
            **fields,
        },
    }


def a_listing(children: Sequence[dict[str, Any]], after: str | None = None) -> dict[str, Any]:
    return {"kind": "Listing", "data": {"after": after, "children": list(children), "before": None}}


class Inbox:
    """A listing as Reddit keeps it: newest first, and empty below an entry that is no longer there."""

    def __init__(self, *comments: dict[str, Any], size: int = 3) -> None:
        self.comments = list(comments)
        self.deleted: set[str] = set()
        self.size = size

    def __call__(self, request: Request) -> Response:
        after = request.args.get("after")
        shown = [c for c in self.comments if c["data"]["name"] not in self.deleted]
        shown.sort(key=lambda c: -c["data"]["created_utc"])
        names = [c["data"]["name"] for c in shown]
        if after is not None and after not in names:
            return json_answer(a_listing([]))
        start = names.index(after) + 1 if after else 0
        page = shown[start : start + self.size]
        more = len(shown) > start + self.size
        return json_answer(a_listing(page, page[-1]["data"]["name"] if more else None))


def heard(pages: Sequence[Page]) -> list[HeardMention]:
    return [mention for page in pages for mention in page.mentions]


def names(pages: Sequence[Page]) -> set[str]:
    return {mention.external_id for mention in heard(pages)}


def test_an_inbox_is_heard_with_what_it_says(reddit: Answers) -> None:
    reddit.replay("reddit", "inbox")
    (page,) = a_listener(reddit).fetch(None)
    mention, reply, message, praise = page.mentions
    assert mention.text == "u/lojaaurora o pedido 4417 sumiu, <3 dias> & ninguém responde"
    assert mention.kind is MentionKind.COMMENT
    assert mention.parent_external_id == "t1_c4"
    assert mention.thread_external_id == "t3_9aurora"
    assert mention.url.endswith("/r/LojaAurora/comments/9aurora/entrega_em_recife/c5/")
    assert mention.author is not None
    assert mention.author.handle == "maria_recife"
    assert mention.addresses_us
    assert reply.text == "Também comprei e **não chegou**."
    assert (message.visibility, message.thread_external_id) == (Visibility.PRIVATE, "t4_m9")
    assert praise.external_id == "t1_c2"
    assert page.cursor is not None
    assert page.wait is None


def test_what_people_answer_in_a_chat_is_heard_in_private_where_it_belongs(reddit: Answers) -> None:
    reddit.replay("reddit", "chats")
    (page,) = a_listener(reddit).fetch(None)
    chat, answer, older = page.mentions
    assert {mention.visibility for mention in page.mentions} == {Visibility.PRIVATE}
    # A chat without a subject names what began it: whoever stores the answer knows whether that is a message of ours.
    assert (chat.text, chat.parent_external_id, chat.thread_external_id) == ("Ainda nada.", "t4_2r0zzz", None)
    assert chat.extra == {"conversation": "t4_2r0zzz"}
    # The subject that we gave a conversation names the submission.
    assert answer.text == "Obrigada, recebi o código."
    assert (answer.parent_external_id, answer.thread_external_id) == ("t4_2r1s1", "t3_9aurora")
    # As messages were before they were chats.
    assert older.text == "re: Pedido 88\n\nSim, foi esse."
    assert (older.parent_external_id, older.thread_external_id) == ("t4_2q9m2", "t4_2q9m1")


@pytest.mark.parametrize(
    "subject",
    ["Sobre o pedido", "Sobre /comments/../x/", "Sobre /comments/9aurora/_/c5/ e mais", "/comments/9aurora/", "Sobre"],
)
def test_a_subject_that_is_none_of_ours_is_part_of_the_text_and_names_no_thread(reddit: Answers, subject: str) -> None:
    message = {"name": "t4_m9", "author": "ana", "subject": subject, "body": "Oi", "created_utc": float(NOW)}
    reddit.add("GET", INBOX, json_answer(a_listing([{"kind": "t4", "data": message}])))
    (mention,) = heard(list(a_listener(reddit).fetch(None)))
    assert mention.text == f"{subject}\n\nOi"
    assert (mention.thread_external_id, mention.parent_external_id) == ("t4_m9", None)


def test_what_was_deleted_before_we_came_is_not_heard(reddit: Answers) -> None:
    reddit.replay("reddit", "inbox")
    assert "t1_c3" not in names(list(a_listener(reddit).fetch(None)))


def test_listening_marks_nothing_as_read(reddit: Answers) -> None:
    reddit.replay("reddit", "inbox")
    list(a_listener(reddit).fetch(None))
    assert [asked.one("mark") for asked in reddit.asked if asked.method == "GET"] == ["false"]
    assert [asked.path for asked in reddit.asked if asked.method == "POST"] == [TOKEN]


def test_a_subreddit_is_its_submissions_and_its_comments(reddit: Answers) -> None:
    reddit.replay("reddit", "subreddit")
    pages = list(a_listener(reddit, "subreddit", "r/LojaAurora").fetch(None))
    post, comment = heard(pages)
    assert (post.kind, post.text) == (
        MentionKind.POST,
        "Entrega em Recife\n\nAlguém recebeu esta semana?\n\nhttps://i.redd.it/etiqueta.jpeg",
    )
    assert post.pictures == ("https://i.redd.it/etiqueta.jpeg",)
    assert post.thread_external_id == post.external_id
    assert not post.addresses_us
    assert comment.addresses_us, "it names the account"
    assert pages[-1].cursor is not None
    assert set(json.loads(pages[-1].cursor)) == {"new", "comments"}


def test_our_own_comments_are_known_as_ours(reddit: Answers) -> None:
    reddit.add("GET", INBOX, json_answer(a_listing([a_comment(1, author="lojaAURORA")])))
    (mention,) = heard(list(a_listener(reddit).fetch(None)))
    assert mention.is_ours
    assert not mention.addresses_us


@pytest.mark.parametrize("stop", [1, 2, 3])
def test_stopping_after_any_page_and_resuming_skips_nothing(reddit: Answers, stop: int) -> None:
    reddit.add("GET", INBOX, Inbox(*(a_comment(n) for n in range(10))))
    cursor = None
    for number, page in enumerate(a_listener(reddit).fetch(None), 1):
        cursor = page.cursor or cursor
        if number == stop:
            break
    assert names(list(a_listener(reddit).fetch(cursor))) == {f"t1_{n}" for n in range(10)}


def test_once_read_to_the_end_only_what_is_new_is_paged_through(reddit: Answers) -> None:
    inbox = Inbox(*(a_comment(n, NOW - 50_000 + n * 3000) for n in range(12)))
    reddit.add("GET", INBOX, inbox)
    pages = list(a_listener(reddit).fetch(None))
    inbox.comments.append(a_comment(50, NOW - 5))
    reddit.asked.clear()
    later = list(a_listener(reddit).fetch(pages[-1].cursor))
    assert "t1_50" in names(later)
    assert len(reddit.paths()) == 1


def test_equal_times_on_both_sides_of_the_place_are_heard(reddit: Answers) -> None:
    inbox = Inbox(*(a_comment(n, NOW - 60) for n in range(7)))
    reddit.add("GET", INBOX, inbox)
    cursor = list(a_listener(reddit).fetch(None))[-1].cursor
    inbox.comments += [a_comment(n, NOW - 60) for n in range(7, 12)]
    assert names(list(a_listener(reddit).fetch(cursor))) >= {f"t1_{n}" for n in range(7, 12)}


def test_deleting_the_newest_entry_that_we_know_hides_nothing(reddit: Answers) -> None:
    inbox = Inbox(*(a_comment(n) for n in range(4)))
    reddit.add("GET", INBOX, inbox)
    cursor = list(a_listener(reddit).fetch(None))[-1].cursor
    inbox.deleted.add("t1_3")
    inbox.comments.append(a_comment(9))
    assert "t1_9" in names(list(a_listener(reddit).fetch(cursor)))


def test_an_entry_deleted_between_two_pages_does_not_end_the_listing(reddit: Answers) -> None:
    inbox = Inbox(*(a_comment(n) for n in range(9)))
    reddit.add("GET", INBOX, inbox)
    pages = []
    for page in a_listener(reddit).fetch(None):
        pages.append(page)
        if len(pages) == 1:
            inbox.deleted.add(page.mentions[-1].external_id)
    assert names(pages) == {f"t1_{n}" for n in range(9)}


def test_a_time_ahead_of_us_does_not_hide_what_comes_before_it(reddit: Answers) -> None:
    inbox = Inbox(a_comment(1, NOW + 10**8))
    reddit.add("GET", INBOX, inbox)
    cursor = list(a_listener(reddit).fetch(None))[-1].cursor
    inbox.comments.extend(a_comment(n, NOW - n) for n in range(2, 9))
    assert names(list(a_listener(reddit).fetch(cursor))) >= {f"t1_{n}" for n in range(2, 9)}


def test_a_listing_that_repeats_itself_comes_to_an_end_at_last(reddit: Answers) -> None:
    reddit.add("GET", INBOX, json_answer(a_listing([a_comment(1)], "t1_1")))
    cursor: str | None = None
    for _ in range(MOST_DOUBTS):
        pages: list[Page] = []
        with pytest.raises(TryLaterError, match="once more"):
            pages.extend(a_listener(reddit).fetch(cursor))
        cursor = pages[-1].cursor
    pages = list(a_listener(reddit).fetch(cursor))
    assert names(pages) == {"t1_1"}
    assert pages[-1].cursor == json.dumps({"inbox": NOW - 9_999.0}, separators=(",", ":"))


def test_a_page_that_comes_twice_is_asked_for_again_and_ends_nothing(reddit: Answers) -> None:
    inbox = Inbox(*(a_comment(n) for n in range(9)))
    first = inbox(Request.from_values())
    reddit.add("GET", INBOX, first, first, inbox)
    assert names(list(a_listener(reddit).fetch(None))) == {f"t1_{n}" for n in range(9)}
    assert len(reddit.paths("GET")) == 4


def test_a_name_in_the_middle_of_a_page_does_not_lead_back_into_it(reddit: Answers) -> None:
    inbox = Inbox(*(a_comment(n) for n in range(9)))
    first = json_answer(a_listing([a_comment(n) for n in (8, 7, 6)], "t1_8"))
    reddit.add("GET", INBOX, first, inbox)
    assert names(list(a_listener(reddit).fetch(None))) == {f"t1_{n}" for n in range(9)}
    assert [asked.one("after") for asked in reddit.asked if asked.method == "GET"] == [None, "t1_6", "t1_3"]


def test_a_used_up_window_asks_for_a_wait_without_sleeping(reddit: Answers) -> None:
    headers = {"x-ratelimit-remaining": "0.0", "x-ratelimit-used": "1000", "x-ratelimit-reset": "381"}
    reddit.add("GET", INBOX, json_answer(a_listing([a_comment(1)]), headers=headers))
    listener = a_listener(reddit)
    assert [page.wait for page in listener.fetch(None)] == [timedelta(seconds=381)]
    list(listener.fetch(None))  # prawcore's own limiter would sleep here for minutes


@pytest.mark.parametrize("reset", ["381.7", "soon", "nan", "-1"])
def test_strange_rate_headers_break_nothing(reddit: Answers, reset: str) -> None:
    headers = {"x-ratelimit-remaining": "5.0", "x-ratelimit-reset": reset}
    reddit.add("GET", INBOX, json_answer(a_listing([a_comment(1)]), headers=headers))
    assert names(list(a_listener(reddit).fetch(None))) == {"t1_1"}


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (json_answer({"message": "Unauthorized"}, 401), NeedsAttentionError),
        (json_answer({"message": "Forbidden"}, 403), NeedsAttentionError),
        (json_answer({}, 429, {"retry-after": "soon"}), RateLimitedError),
        (json_answer({}, 500), TryLaterError),
        (json_answer({}, 520), TryLaterError),
        (Response("<html>", 200), TryLaterError),
        (Response('{"kind": "Listing", "da', 200), TryLaterError),
        (Response("[" * 100_000, 200), TryLaterError),
        (Response("", 200), TryLaterError),
        (json_answer({"kind": "Listing", "data": {"children": "no"}}), TryLaterError),
        (json_answer(a_listing([a_comment(1), {"kind": "t1", "data": {"body": "nameless"}}])), TryLaterError),
        (json_answer(a_listing([a_comment(1), a_comment(2, created_utc=float("nan"))])), TryLaterError),
        (
            Response(gzip.compress(b" " * 12_000_000), 200, {"Content-Encoding": "gzip"}),
            TryLaterError,
        ),
    ],
)
def test_a_page_that_is_not_whole_is_rejected_whole(
    reddit: Answers, answer: Response, error: type[ChannelError]
) -> None:
    reddit.add("GET", INBOX, answer)
    with pytest.raises(error):
        list(a_listener(reddit).fetch(None))


def test_a_token_that_ran_out_is_renewed_once_for_reading(reddit: Answers) -> None:
    reddit.add("GET", INBOX, json_answer(a_listing([])), json_answer({}, 401), json_answer(a_listing([a_comment(1)])))
    listener = a_listener(reddit)
    list(listener.fetch(None))
    assert names(list(listener.fetch(None))) == {"t1_1"}
    assert reddit.paths("POST") == [TOKEN, TOKEN]


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (json_answer({"error": "invalid_grant"}), NeedsAttentionError),
        (json_answer({"message": "Unauthorized"}, 401), NeedsAttentionError),
        (json_answer({}, 429), RateLimitedError),
        (json_answer({}, 503), TryLaterError),
        (json_answer({"access_token": "x"}), TryLaterError),
        (json_answer(a_token(expires_in=-100)), TryLaterError),
        (json_answer([]), TryLaterError),
        (Response("<html>", 200), TryLaterError),
    ],
)
def test_a_token_that_does_not_come_says_why(httpserver: HTTPServer, answer: Response, error: type[Exception]) -> None:
    reddit = serving(httpserver)
    reddit.add("POST", TOKEN, answer)
    with pytest.raises(error) as caught:
        list(a_listener(reddit).fetch(None))
    assert "sesame" not in str(caught.value)
    assert "open" not in str(caught.value).split()


def test_check_tells_what_became_of_each(reddit: Answers) -> None:
    reddit.replay("reddit", "lookup")
    facts = list(a_listener(reddit).check(["t1_d1", "t1_d2", "t1_d3", "t1_d4", "t1_d5", "t4_m1"]))
    assert facts == [
        Unchanged("t1_d1"),
        Edited("t1_d2", "Chegou!", datetime.fromtimestamp(NOW - 10, UTC)),
        Gone("t1_d3"),
        Gone("t1_d4"),
    ]
    assert reddit.asked[-1].one("id") == "t1_d1,t1_d2,t1_d3,t1_d4,t1_d5"


def test_a_long_check_is_asked_in_hundreds(reddit: Answers) -> None:
    reddit.add("GET", "/api/info/", json_answer(a_listing([])))
    list(a_listener(reddit).check([f"t1_{n}" for n in range(250)]))
    assert [len((asked.one("id") or "").split(",")) for asked in reddit.asked if asked.method == "GET"] == [
        100,
        100,
        50,
    ]


def test_a_person_who_writes_deleted_is_heard(reddit: Answers) -> None:
    reddit.add("GET", INBOX, json_answer(a_listing([a_comment(1, body="[deleted]")])))
    assert names(list(a_listener(reddit).fetch(None))) == {"t1_1"}


@pytest.mark.parametrize(
    ("kind", "query"),
    [("inboxes", ""), ("subreddit", ""), ("subreddit", "a/../b"), ("search", " "), ("search", "x" * 600)],
)
def test_a_source_that_cannot_be_is_refused_before_the_network(reddit: Answers, kind: str, query: str) -> None:
    with pytest.raises(SettingsError):
        a_listener(reddit, kind, query)
    assert reddit.asked == []


@pytest.mark.parametrize(
    "cursor", ["{", "[]", '{"inbox": "x"}', '{"doubts": {"inbox": 5}}', '{"inbox": 1e300}', "[" * 50_000]
)
def test_a_place_that_cannot_be_read_back_is_for_a_person(reddit: Answers, cursor: str) -> None:
    with pytest.raises(NeedsAttentionError):
        list(a_listener(reddit).fetch(cursor))


def test_a_missing_secret_is_named(reddit: Answers) -> None:
    with pytest.raises(NeedsAttentionError, match="client_secret"):
        list(a_listener(reddit, secrets={"client_id": "id"}).fetch(None))
