"""The X responder on answers as X documents them: it posts once, finds what it posted, and counts as X does."""

import json
import socket
import time
from datetime import UTC, datetime, timedelta

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
from responders.base import OutgoingReply, Posted
from responders.x import XResponder
from tests.answers import Answers, StoppedClock, json_answer, serving

NOON = datetime(2026, 3, 10, 15, 0, tzinfo=UTC)
US = "2244994945"
MENTION = "2031384329057206273"
POSTED = "2031384601686966281"
OAUTH1 = {"consumer_key": "ck", "consumer_secret": "cs", "access_token": "at", "access_token_secret": "ats"}


@pytest.fixture
def x(httpserver: HTTPServer) -> Answers:
    return serving(httpserver)


def a_responder(x: Answers, clock: StoppedClock | None = None, **fields: object) -> XResponder:
    values = {"external_id": US, "secrets": {"user_token": "sesame"}, "timeout": timedelta(seconds=2), **fields}
    connection = Connection("x", str(values.pop("base_url", x.base_url)), "x", "LojaAurora", **values)  # type: ignore[arg-type]  # as a test says
    return XResponder(connection, clock or StoppedClock(NOON))


def a_reply(body: str = "Oi, Maria! Veja aurora.com.br/pedido", **fields: object) -> OutgoingReply:
    values = {
        "key": "k1",
        "body": body,
        "purpose": ReplyPurpose.ANSWER,
        "mention_external_id": MENTION,
        "mention_url": f"https://x.com/mariasouza/status/{MENTION}",
        "mention_posted_at": NOON - timedelta(minutes=1),
        "thread_external_id": MENTION,
        "author_handle": "mariasouza",
        "approved_at": NOON,
        **fields,
    }
    return OutgoingReply(**values)  # type: ignore[arg-type]  # as a test says


def test_a_reply_is_one_request_in_the_thread(x: Answers) -> None:
    x.replay("x", "reply")
    posted = a_responder(x).post(a_reply())
    assert posted.external_id == POSTED
    assert posted.url.endswith(f"/LojaAurora/status/{POSTED}")
    assert posted.posted_at == NOON + timedelta(seconds=5)
    (asked,) = x.asked
    assert json.loads(asked.body) == {
        "reply": {"in_reply_to_tweet_id": MENTION},
        "text": "Oi, Maria! Veja aurora.com.br/pedido",
    }
    assert asked.headers["Authorization"] == "Bearer sesame"


@pytest.mark.parametrize(("body", "to"), [("@MariaSouza oi", "mariasouza"), ("oi", ""), ("oi", "not a name")])
def test_a_name_that_leads_already_or_is_none_is_not_added(x: Answers, body: str, to: str) -> None:
    x.replay("x", "reply")
    a_responder(x).post(a_reply(body, author_handle=to))
    assert json.loads(x.asked[0].body)["text"] == body


def test_four_keys_sign_with_oauth_1(x: Answers) -> None:
    x.replay("x", "reply")
    a_responder(x, secrets={**OAUTH1, "bearer_token": "reads"}).post(a_reply())
    assert x.asked[0].headers["Authorization"].startswith("OAuth ")


def test_a_bearer_token_alone_cannot_post(x: Answers) -> None:
    with pytest.raises(NeedsAttentionError, match="user_token"):
        a_responder(x, secrets={"bearer_token": "reads"}).post(a_reply())
    assert x.asked == []


def test_an_edited_post_is_answered_at_its_newest_version(x: Answers) -> None:
    x.replay("x", "reply")
    a_responder(x).post(a_reply(extra={"post_id": "2031384329057206999"}))
    assert json.loads(x.asked[0].body)["reply"]["in_reply_to_tweet_id"] == "2031384329057206999"


@pytest.mark.parametrize(
    ("body", "to", "left"),
    [
        ("", "", 280),
        ("a" * 280, "", 0),
        ("@mariasouza " + "a" * 280, "mariasouza", 0),
        ("@MariaSouza " + "a" * 281, "mariasouza", -1),
        ("@mariasouzas " + "a" * 280, "mariasouza", -13),
        ("https://loja.com/" + "a" * 300, "", 257),
        ("veja loja.com.br/" + "a" * 50, "", 252),
        ("ç" * 280, "", 0),
        ("c\u0327" * 280, "", 0),
        ("日" * 140, "", 0),
        ("👨‍👩‍👧‍👦", "", 278),
        ("a" * 100_000, "", -99_720),
    ],
)
def test_characters_count_as_x_counts_them(x: Answers, body: str, to: str, left: int) -> None:
    assert a_responder(x).room_left(body, to) == left
    assert x.asked == []


@pytest.mark.parametrize(
    "reply",
    [
        a_reply("a" * 281),
        a_reply("  "),
        a_reply(mention_external_id="row-7"),
        a_reply(private=True),
        a_reply(visibility=Visibility.PRIVATE),
    ],
)
def test_what_cannot_be_posted_is_refused_before_the_network(x: Answers, reply: OutgoingReply) -> None:
    with pytest.raises(RejectedError):
        a_responder(x).post(reply)
    assert x.asked == []


def _silent(request: Request) -> Response:
    time.sleep(0.6)
    return Response()


NOT_SUMMONED = "You can only reply to or quote posts where you are mentioned or are the author."
DUPLICATE = "You are not allowed to create a Tweet with duplicate content."
RIGHTS = "Your client app is not configured with the appropriate oauth1 app permissions for this endpoint."
KIND = "https://api.twitter.com/2/problems"
FAULTS = {
    "400": (json_answer({"detail": "bad"}, 400), RejectedError, "bad"),
    "404": (json_answer({"detail": "no such post"}, 404), RejectedError, "no such"),
    "409": (json_answer({}, 409), RejectedError, ""),
    "422": (json_answer({}, 422), RejectedError, ""),
    "401": (json_answer({"title": "Unauthorized"}, 401), NeedsAttentionError, "token"),
    "402": (json_answer({"title": "CreditsDepleted"}, 402), NeedsAttentionError, "credits"),
    "not summoned": (json_answer({"detail": NOT_SUMMONED}, 403), RejectedError, "only reply"),
    "duplicate": (json_answer({"detail": DUPLICATE}, 403), RejectedError, "look whether"),
    "rights": (json_answer({"detail": RIGHTS, "type": f"{KIND}/oauth1-permissions"}, 403), NeedsAttentionError, ""),
    "client": (json_answer({"type": f"{KIND}/client-forbidden"}, 403), NeedsAttentionError, ""),
    "locked": (json_answer({"detail": "Your account is temporarily locked."}, 403), NeedsAttentionError, ""),
    "429": (json_answer({}, 429), RateLimitedError, ""),
    "429 garbage": (json_answer({}, 429, {"x-rate-limit-reset": "soon"}), RateLimitedError, ""),
    "500": (json_answer({}, 500), OutcomeUnknownError, ""),
    "503 HTML": (Response("<html>", 503), OutcomeUnknownError, ""),
    "408": (json_answer({}, 408), OutcomeUnknownError, ""),
    "redirect": (Response("", 307, {"Location": "/place/2/tweets"}), OutcomeUnknownError, ""),
    "truncated": (Response('{"data": {"id": "1', 201), OutcomeUnknownError, ""),
    "HTML": (Response("<html>", 200), OutcomeUnknownError, ""),
    "no id": (json_answer({"data": {}}, 201), OutcomeUnknownError, ""),
    "errors alone": (json_answer({"errors": [{"detail": "?"}]}), OutcomeUnknownError, ""),
    "time-out": (_silent, OutcomeUnknownError, ""),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_while_posting_becomes_our_error_after_one_request(x: Answers, fault: str) -> None:
    answer, error, words = FAULTS[fault]
    x.add("POST", "/2/tweets", answer)  # type: ignore[arg-type]  # a table of several kinds
    with pytest.raises(ChannelError) as raised:
        a_responder(x, timeout=timedelta(seconds=0.3 if answer is _silent else 2)).post(a_reply())
    assert type(raised.value) is error
    assert words in str(raised.value)
    assert x.paths("POST") == ["/2/tweets"]


def test_a_connection_that_never_opened_published_nothing(x: Answers) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        with pytest.raises(TryLaterError):
            a_responder(x, base_url=f"http://127.0.0.1:{closed.getsockname()[1]}").post(a_reply())


def test_a_good_answer_with_odd_headers_is_a_post(x: Answers) -> None:
    x.add("POST", "/2/tweets", json_answer({"data": {"id": POSTED, "text": "a"}}, 201, {"x-rate-limit-reset": "soon"}))
    assert a_responder(x).post(a_reply()).external_id == POSTED


def test_a_reply_is_found_by_parent_and_text_though_links_are_shortened(x: Answers) -> None:
    x.replay("x", "reply")
    assert a_responder(x).find(a_reply()) == a_responder(x).post(a_reply())
    assert x.asked[0].path == f"/2/users/{US}/tweets"
    assert x.asked[0].one("since_id") == MENTION


@pytest.mark.parametrize(
    "body", ["Recebemos a sua mensagem & já respondemos.", "  @mariasouza Recebemos a sua mensagem &\njá respondemos. "]
)
def test_the_other_reply_to_the_same_post_is_told_apart(x: Answers, body: str) -> None:
    x.replay("x", "reply")
    found = a_responder(x).find(a_reply(body))
    assert isinstance(found, Posted)
    assert found.posted_at == NOON - timedelta(seconds=30)


def test_one_look_serves_all_that_are_looked_for_in_that_moment_but_each_once(x: Answers) -> None:
    x.replay("x", "reply")
    responder, other = a_responder(x), a_reply("Recebemos a sua mensagem & já respondemos.")
    assert responder.find(a_reply())
    assert responder.find(other)
    assert len(x.asked) == 1
    assert responder.find(other)  # how do things stand now?
    assert len(x.asked) == 2


def test_what_a_page_shows_is_found_however_fast_the_clock_runs(x: Answers) -> None:
    x.replay("x", "reply")

    class Racing(StoppedClock):
        def now(self) -> datetime:
            self.moment += timedelta(seconds=10)
            return self.moment

    responder = a_responder(x, Racing(NOON))
    assert responder.find(a_reply())


def test_what_was_never_posted_is_not_found_and_not_posted(x: Answers) -> None:
    x.replay("x", "reply")
    assert a_responder(x).find(a_reply("Outra coisa")) is None
    assert x.paths("POST") == []


def test_the_look_through_goes_on_until_posts_are_older_than_the_mention(x: Answers) -> None:
    def page(minutes: int) -> Response:
        made = (int((NOON - timedelta(minutes=minutes)).timestamp() * 1000) - 1288834974657) << 22
        post = {"id": str(made), "text": "a", "edit_history_tweet_ids": [str(made)]}
        return json_answer({"data": [post], "meta": {"result_count": 1, "next_token": f"t{minutes}"}})

    x.add("GET", f"/2/users/{US}/tweets", *(page(minutes) for minutes in (0, 90, 230, 250, 270)))
    reply = a_reply(mention_posted_at=NOON - timedelta(hours=3))
    assert a_responder(x).find(reply) is None
    assert [asked.one("pagination_token") for asked in x.asked] == [None, "t0", "t90", "t230"]


def test_looking_fails_rather_than_finding_nothing(x: Answers) -> None:
    for answer, error in ((json_answer({}, 401), NeedsAttentionError), (json_answer({}, 500), TryLaterError)):
        x.add("GET", f"/2/users/{US}/tweets", answer, answer)
        with pytest.raises(error):
            a_responder(x).find(a_reply())
        x._waiting.clear()


TIMELINE = f"/2/users/{US}/tweets"


def test_a_private_reply_is_refused_with_what_a_person_can_do(x: Answers) -> None:
    for ask in (a_responder(x).post, a_responder(x).find):
        with pytest.raises(RejectedError, match="write to @mariasouza in X's own messages"):
            ask(a_reply(private=True))
    assert x.asked == []


def test_an_own_post_tells_its_words_with_links_and_what_it_answers_by_its_first_version(x: Answers) -> None:
    x.replay("x", "timeline")
    answer, post, repost = a_responder(x).own_posts(NOON - timedelta(hours=1))
    assert answer.text == "@mariasouza Já enviamos & avisamos: https://loja.example/p?a=1&b=2"
    assert answer.external_id == "2031384832373686273"
    assert (answer.parent_external_id, answer.thread_external_id) == ("2031383322424246279", "2031383322424246279")
    assert answer.posted_at == NOON + timedelta(minutes=1)
    assert answer.url.endswith("/LojaAurora/status/2031384832373686273")
    # Edited four minutes after noon's predecessor: the first version stays its name, the newest tells what it says.
    assert post.external_id == "2031383574082486275"
    assert post.posted_at == NOON - timedelta(minutes=4)
    assert post.text == "Bom dia! Um texto longo que o X corta nos campos de costume: https://loja.example/novidades"
    assert post.url.endswith("/2031384329057206273")
    assert repost.text == "Chegou antes do prazo, obrigada @LojaAurora"
    assert repost.parent_external_id == ""
    (asked,) = x.asked
    assert asked.one("start_time") == "2026-03-10T14:00:00Z"
    assert asked.one("exclude") is None


def test_what_is_older_than_the_moment_within_its_second_is_left_out(x: Answers) -> None:
    x.replay("x", "timeline")
    since = NOON + timedelta(minutes=1, milliseconds=1)
    assert list(a_responder(x).own_posts(since)) == []


def a_timeline_page(request: Request) -> Response:
    start = int(request.args.get("pagination_token", "0"))
    posts = [{"id": str(int(POSTED) - start - n), "text": "a"} for n in range(100)]
    more = {"next_token": str(start + 100)} if start < 3_100 else {}
    return json_answer({"data": posts, "meta": {"result_count": 100, **more}})


def test_a_timeline_that_x_cuts_off_is_no_whole_one(x: Answers) -> None:
    x.add("GET", TIMELINE, a_timeline_page)
    with pytest.raises(TryLaterError, match="3200"):
        list(a_responder(x).own_posts(NOON - timedelta(days=400)))
    assert len(x.asked) == 32


def test_pages_that_lead_nowhere_are_no_end(x: Answers) -> None:
    page = {"data": [{"id": POSTED, "text": "a"}], "meta": {"result_count": 1, "next_token": "same"}}
    x.add("GET", TIMELINE, json_answer(page))
    with pytest.raises(TryLaterError):
        list(a_responder(x).own_posts(NOON - timedelta(days=1)))


def test_a_moment_before_x_knew_any_is_asked_for_as_the_first(x: Answers) -> None:
    x.add("GET", TIMELINE, json_answer({"meta": {"result_count": 0}}))
    assert list(a_responder(x).own_posts(datetime(2001, 1, 1, tzinfo=UTC))) == []
    assert x.asked[0].one("start_time") == "2010-11-06T00:00:00Z"
