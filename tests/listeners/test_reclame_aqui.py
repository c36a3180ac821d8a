"""The Reclame AQUI listener on tickets as the company API gives them, changing while they are read."""

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from channels.catch_up import ASKED
from channels.connection import Connection, SourceConfig
from channels.reclame_aqui_client import ReclameAquiClient
from errors import ChannelError, NeedsAttentionError, RateLimitedError, SettingsError, TryLaterError
from listeners.base import Edited, Gone, HeardMention, Page
from listeners.reclame_aqui import ReclameAquiListener
from models import MentionKind, Visibility
from tests.answers import Answers, StoppedClock, json_answer, serving

NOON = datetime(2026, 3, 10, 15, 0, tzinfo=UTC)
TICKETS = "/ticket/v1/tickets"
TOKEN = "/auth/oauth/token"
SECRETS = {"client_id": "id", "client_secret": "sesame"}


class Site:
    """Tickets as the API searches them: by when they changed, in the order of their numbers."""

    def __init__(self, count: int) -> None:
        self.changed = {n: NOON - timedelta(days=2, minutes=-n) for n in range(1, count + 1)}
        self.asked: list[dict[str, str]] = []

    def __call__(self, request: Request) -> Response:
        query = request.args.to_dict()
        self.asked.append(query)
        since = datetime.fromisoformat(query.get("last_modification_date[gte]", "1970-01-01T00:00:00Z"))
        until = datetime.fromisoformat(query.get("last_modification_date[lt]", "2999-01-01T00:00:00Z"))
        found = [n for n, at in sorted(self.changed.items()) if since <= at < until]
        size, number = int(query["page[size]"]), int(query["page[number]"])
        page = found[(number - 1) * size : number * size]
        return json_answer(an_answer([a_ticket(n, self.changed[n]) for n in page], len(found), number))


def an_answer(tickets: Sequence[dict[str, Any]], total: int, number: int | None = 1) -> dict[str, Any]:
    numbered = {} if number is None else {"number": number}
    return {"data": list(tickets), "meta": {"page": {**numbered, "size": 50}, "total": total}}


def a_ticket(number: int, at: datetime = NOON, **fields: Any) -> dict[str, Any]:
    stamp = at.isoformat()
    first = {
        "ticket_interaction_id": f"1{number:06}",
        "ticket_interaction_type_id": 1,
        "customer_id": "9",
        "message": "texto",
        "privacy": False,
        "creation_date": stamp,
        "details": [],
    }
    return {
        "id": number,
        "ra_status": {"id": 5, "name": "Não respondido"},
        "customer": {"id": 9, "name": "Maria"},
        "complaint_title": "Atraso",
        "complaint_content": f"texto {number}",
        "creation_date": stamp,
        "last_modification_date": stamp,
        "active": True,
        "rating": "-1",
        "interactions": [first],
        **fields,
    }


MINUTE = timedelta(minutes=1)


@pytest.fixture
def api(httpserver: HTTPServer) -> Answers:
    answers = serving(httpserver, "/api")
    answers.add("POST", TOKEN, json_answer({"access_token": "token", "expires_in": 86_400}))
    return answers


def a_listener(api: Answers, clock: StoppedClock | None = None) -> ReclameAquiListener:
    timeout = timedelta(seconds=2)
    connection = Connection("reclame_aqui", api.base_url, "ra.test", "loja-aurora", "77", SECRETS, timeout=timeout)
    return ReclameAquiListener(connection, SourceConfig("tickets"), clock or StoppedClock(NOON))


def heard(pages: Sequence[Page]) -> list[HeardMention]:
    return [mention for page in pages for mention in page.mentions]


def read_all(api: Answers, clock: StoppedClock, cursor: str | None = None) -> tuple[set[str], str | None, int]:
    """All that there is, waiting as we are told; how often we were told so."""
    listener, found, waits = a_listener(api, clock), set(), 0
    while True:
        try:
            for page in listener.fetch(cursor):
                found |= {mention.external_id for mention in page.mentions}
                cursor = page.cursor or cursor
        except RateLimitedError as error:
            clock.moment += error.retry_after or timedelta(hours=1)
            waits += 1
            continue
        return found, cursor, waits


def test_each_interaction_is_a_mention_of_one_thread(api: Answers) -> None:
    api.replay("reclame_aqui", "tickets")
    mentions = [mention for mention in heard(list(a_listener(api).fetch(None))) if not mention.gone]
    assert [(m.external_id, m.kind, m.visibility, m.is_ours) for m in mentions] == [
        ("43534294", MentionKind.COMPLAINT, Visibility.PUBLIC, False),
        ("160441800", MentionKind.ANSWER, Visibility.PUBLIC, True),
        ("160441810", MentionKind.REPLICA, Visibility.PRIVATE, False),
        ("160441820", MentionKind.REPLICA, Visibility.PUBLIC, False),
        ("160441840", MentionKind.EVALUATION, Visibility.PUBLIC, False),
    ]
    assert {m.thread_external_id for m in mentions} == {"43534294"}
    assert {m.parent_external_id for m in mentions[1:]} == {"43534294"}
    complaint, answer = mentions[0], mentions[1]
    assert complaint.text == "Geladeira não chegou\n\nComprei em 1º de março.\nAté hoje nada & ninguém atende."
    assert complaint.pictures == ("https://uploads.example/nota.png",)
    assert complaint.posted_at == datetime(2026, 3, 9, 13, 0, tzinfo=UTC)
    assert answer.text == "Olá, Maria! A entrega foi remarcada.\nProtocolo 20260309-000004."
    assert mentions[3].posted_at == datetime(2026, 3, 9, 23, 0, tzinfo=UTC)


def test_of_the_consumer_only_name_and_number_are_kept(api: Answers) -> None:
    api.replay("reclame_aqui", "tickets")
    pages = list(a_listener(api).fetch(None))
    author = heard(pages)[0].author
    assert author is not None
    assert (author.external_id, author.handle, author.name) == ("9001", "Maria das Dores", "Maria das Dores")
    for secret in ("00000000191", "81900000000", "consumidora@example.com", "203.0.113.9"):
        assert secret not in repr(pages)


def test_status_and_evaluation_are_facts_of_the_thread(api: Answers) -> None:
    api.replay("reclame_aqui", "tickets")
    facts = [fact for page in a_listener(api).fetch(None) for fact in page.facts]
    assert {fact.name: fact.value for fact in facts if fact.thread_external_id == "43534294"} == {
        "status": "Avaliado Resolvido",
        "grade": "8",
        "resolved": "yes",
        "would_return": "yes",
    }
    assert {fact.at for fact in facts if fact.thread_external_id == "43534294"} == {
        datetime(2026, 3, 10, 14, 50, tzinfo=UTC)
    }
    assert {fact.value for fact in facts if fact.thread_external_id == "43534300"} == {"Desativado pelo consumidor"}


def test_moderation_and_freezing_are_facts_too(api: Answers) -> None:
    ticket = a_ticket(1, frozen=True, moderation={"status": "Pendente", "reason": 4})
    api.add("GET", TICKETS, json_answer(an_answer([ticket], 1)))
    facts = [fact for page in a_listener(api).fetch(None) for fact in page.facts]
    assert {fact.name: fact.value for fact in facts} == {
        "status": "Não respondido",
        "moderation": "Pendente",
        "frozen": "yes",
    }


def test_of_what_its_author_took_back_only_the_count_is_heard(api: Answers) -> None:
    taken_back = a_ticket(1, active=False)
    opening = taken_back["interactions"][0]
    for number, kind in ((71, 1), (72, 2)):  # a word more of the consumer, and the company's
        later = {"ticket_interaction_id": number, "ticket_interaction_type_id": kind, "message": "mais palavras"}
        taken_back["interactions"].append({**opening, **later, "creation_date": (NOON + MINUTE).isoformat()})
    api.add("GET", TICKETS, json_answer(an_answer([taken_back, a_ticket(2, ra_status={"id": 12}), a_ticket(3)], 3)))
    told = {mention.external_id: mention for mention in heard(list(a_listener(api).fetch(None)))}
    assert {name: mention.gone for name, mention in told.items()} == {"1": True, "71": True, "2": True, "3": False}
    assert {(told[name].text, told[name].author, told[name].url) for name in ("1", "71", "2")} == {("", None, "")}


def test_a_backlog_is_read_within_ten_calls_a_minute(api: Answers) -> None:
    site, clock = Site(1234), StoppedClock(NOON)
    api.add("GET", TICKETS, site)
    found, cursor, waits = read_all(api, clock)
    assert found == {str(n) for n in range(1, 1235)}
    assert waits == 2
    assert clock.moment - NOON < timedelta(minutes=4)
    site.asked.clear()
    read_all(api, clock, cursor)
    assert len(site.asked) == 1


def test_ten_calls_a_minute_are_never_exceeded(api: Answers) -> None:
    api.add("GET", TICKETS, Site(2000))
    with pytest.raises(RateLimitedError) as caught:
        list(a_listener(api).fetch(None))
    assert len(api.asked) == 10
    assert caught.value.retry_after is not None
    assert timedelta(0) < caught.value.retry_after <= timedelta(minutes=1, seconds=2)


@pytest.mark.parametrize("stop", range(1, 8))
def test_stopping_after_any_page_and_resuming_skips_nothing(api: Answers, stop: int) -> None:
    site, clock = Site(260), StoppedClock(NOON)
    api.add("GET", TICKETS, site)
    found: set[str] = set()
    cursor = None
    for number, page in enumerate(a_listener(api, clock).fetch(None), 1):
        found |= {mention.external_id for mention in page.mentions}
        cursor = page.cursor
        if number == stop:
            break
    clock.moment += timedelta(hours=5)
    rest, _, _ = read_all(api, clock, cursor)
    assert found | rest == {str(n) for n in range(1, 261)}


@pytest.mark.parametrize("seed", range(5))
def test_tickets_that_change_between_two_pages_are_not_skipped(api: Answers, seed: int) -> None:
    site, clock = Site(230), StoppedClock(NOON)
    api.add("GET", TICKETS, site)
    found: set[str] = set()
    cursor = None
    for number, page in enumerate(a_listener(api, clock).fetch(None)):
        found |= {mention.external_id for mention in page.mentions}
        cursor = page.cursor
        clock.moment += timedelta(seconds=8)
        for ticket in range(1 + seed, 230, 7 + number):  # they leave the window that is being read
            site.changed[ticket] = clock.moment
        site.changed[1000 + number] = clock.moment
    rest, _, _ = read_all(api, clock, cursor)
    assert found | rest >= {str(n) for n in site.changed}


def test_tickets_that_come_into_a_window_make_it_be_read_again(api: Answers) -> None:
    site, clock = Site(120), StoppedClock(NOON)
    api.add("GET", TICKETS, site)
    found: set[str] = set()
    cursor = None
    for number, page in enumerate(a_listener(api, clock).fetch(None)):
        found |= {mention.external_id for mention in page.mentions}
        cursor = page.cursor
        clock.moment += timedelta(seconds=5)
        if number == 1:  # a clock of theirs that is behind ours
            site.changed |= {-n: NOON - timedelta(seconds=n) for n in range(1, 30)}
    rest, _, _ = read_all(api, clock, cursor)
    assert found | rest >= {str(n) for n in range(1, 121)}


def another_page(site: Site, *, numbered: bool) -> Callable[[Request], Response]:
    """The site, but for its second page, in whose place the third one comes."""

    def answer(request: Request) -> Response:
        number = request.args.get("page[number]", type=int)
        shown = 3 if number == 2 else number
        asked = Request.from_values(TICKETS, query_string={**request.args, "page[number]": str(shown)})
        told = json.loads(site(asked).get_data())
        if not numbered:
            del told["meta"]["page"]
        return json_answer(told)

    return answer


@pytest.mark.parametrize("numbered", [True, False], ids=["numbered", "without numbers"])
def test_another_page_in_place_of_one_is_not_taken_for_it(api: Answers, *, numbered: bool) -> None:
    site, clock = Site(130), StoppedClock(NOON)
    api.add("GET", TICKETS, another_page(site, numbered=numbered))
    pages: list[Page] = []
    with pytest.raises(TryLaterError, match="not page 2"):
        pages.extend(a_listener(api, clock).fetch(None))
    assert len(site.asked) == 2 + ASKED
    api.add("GET", TICKETS, site)  # the next answer is another page once more
    clock.moment += timedelta(minutes=2)
    rest, _, _ = read_all(api, clock, pages[-1].cursor)
    assert {mention.external_id for mention in heard(pages)} | rest == {str(n) for n in range(1, 131)}


def test_a_window_that_shrinks_below_a_page_is_read_on_from_what_is_left(api: Answers) -> None:
    site, clock = Site(160), StoppedClock(NOON)

    def nearest(request: Request) -> Response:
        told = json.loads(site(request).get_data())
        last = -(-told["meta"]["total"] // 50)
        if told["meta"]["page"]["number"] <= last:
            return json_answer(told)
        query = {**request.args, "page[number]": str(last)}
        return site(Request.from_values(TICKETS, query_string=query))

    api.add("GET", TICKETS, nearest)
    found: set[str] = set()
    for number, page in enumerate(a_listener(api, clock).fetch(None)):
        found |= {mention.external_id for mention in page.mentions}
        if number == 1:
            site.changed |= dict.fromkeys(range(1, 81), clock.moment + MINUTE)  # they leave the window
    assert found >= {str(n) for n in range(81, 161)}


def test_a_change_of_the_last_minutes_is_looked_for_again(api: Answers) -> None:
    site, clock = Site(3), StoppedClock(NOON)
    api.add("GET", TICKETS, site)
    _, cursor, _ = read_all(api, clock)
    site.changed[2] = NOON - timedelta(minutes=5)  # it can be found only now
    clock.moment += timedelta(minutes=1)
    found, _, _ = read_all(api, clock, cursor)
    assert "2" in found


def test_a_token_is_asked_for_once_and_renewed_before_it_runs_out(api: Answers) -> None:
    api.add("GET", TICKETS, Site(1))
    clock = StoppedClock(NOON)
    listener = a_listener(api, clock)
    list(listener.fetch(None))
    list(listener.fetch(None))
    assert api.paths("POST") == [TOKEN]
    clock.moment += timedelta(days=2)
    list(listener.fetch(None))
    assert api.paths("POST") == [TOKEN, TOKEN]


def test_a_token_that_was_revoked_is_renewed_once(api: Answers) -> None:
    api.add("GET", TICKETS, json_answer({}, 401), json_answer(an_answer([a_ticket(1)], 1)))
    assert len(heard(list(a_listener(api).fetch(None)))) == 1
    assert api.paths("POST") == [TOKEN, TOKEN]


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (json_answer({"code": 4010}, 401), NeedsAttentionError),
        (json_answer({}, 403), NeedsAttentionError),
        (json_answer({"code": 4290}, 429), RateLimitedError),
        (json_answer({}, 502), TryLaterError),
        (Response("<html>", 200), TryLaterError),
        (Response('{"data": [', 200), TryLaterError),
        (json_answer({}), TryLaterError),
        (json_answer({"data": [1]}), TryLaterError),
        (json_answer(an_answer([{"no": "id"}], 1)), TryLaterError),
        (json_answer(an_answer([a_ticket(1), a_ticket(2, interactions=[{"message": "?"}])], 2)), TryLaterError),
    ],
)
def test_a_page_that_is_not_whole_is_rejected_whole(api: Answers, answer: Response, error: type[ChannelError]) -> None:
    api.add("GET", TICKETS, answer)
    with pytest.raises(error) as caught:
        list(a_listener(api).fetch(None))
    assert "sesame" not in str(caught.value)


def test_a_limit_without_a_wait_is_waited_for_a_minute(api: Answers) -> None:
    api.add("GET", TICKETS, json_answer({}, 429))
    with pytest.raises(RateLimitedError) as caught:
        list(a_listener(api).fetch(None))
    assert caught.value.retry_after == timedelta(minutes=1)


def test_check_tells_of_changed_and_of_deactivated_complaints(api: Answers) -> None:
    tickets = [a_ticket(1), a_ticket(2, active=False), a_ticket(3, ra_status={"id": 13}), a_ticket(99)]
    api.add("GET", TICKETS, json_answer(an_answer(tickets, 4)))
    facts = list(a_listener(api).check(["1", "2", "3", "4", "not-a-number"]))
    assert facts == [Edited("1", "Atraso\n\ntexto 1"), Gone("2"), Gone("3")]
    assert api.asked[-1].one("id[in]") == "1,2,3,4"


def test_what_check_hands_over_is_what_was_heard(api: Answers) -> None:
    api.replay("reclame_aqui", "tickets")
    complaint = heard(list(a_listener(api).fetch(None)))[0]
    (fact, _) = a_listener(api).check(["43534294", "43534300"])
    assert fact == Edited(complaint.external_id, complaint.text)


def test_times_without_an_offset_are_brasilias(api: Answers) -> None:
    ticket = a_ticket(1, interactions=[], creation_date="2026-03-09T10:00:00")
    api.add("GET", TICKETS, json_answer(an_answer([ticket], 1)))
    (complaint,) = heard(list(a_listener(api).fetch(None)))
    assert complaint.posted_at == datetime(2026, 3, 9, 13, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "cursor",
    ["{", "[]", '{"since": "soon"}', '{"window": {}}', json.dumps({"window": {"since": None, "until": 5, "page": 0}})],
)
def test_a_place_that_cannot_be_read_back_is_for_a_person(api: Answers, cursor: str) -> None:
    with pytest.raises(NeedsAttentionError):
        list(a_listener(api).fetch(cursor))


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(SettingsError):
        ReclameAquiListener(
            Connection("reclame_aqui", "http://x", "p", "h"), SourceConfig("mentions"), StoppedClock(NOON)
        )


def dated(answer: Callable[[Request], Response], moment: Callable[[], datetime]) -> Callable[[Request], Response]:
    """The same answers, dated by a clock of the site's own."""

    def answered(request: Request) -> Response:
        response = answer(request)
        response.headers["Date"] = format_datetime(moment(), usegmt=True)
        return response

    return answered


@pytest.mark.parametrize("count", [3, 130])
@pytest.mark.parametrize("told", ["2026-03-10", "soon"])
def test_a_clock_ahead_of_the_sites_passes_over_no_ticket(api: Answers, count: int, told: str) -> None:
    ahead, clock = timedelta(hours=1), StoppedClock(NOON)
    site = Site(count)
    site.changed[1] = NOON - ahead - timedelta(minutes=1)
    if told == "soon":
        api.add("GET", TICKETS, lambda request: undated(site(request)))
    else:
        api.add("GET", TICKETS, dated(site, lambda: clock.moment - ahead))
    _, cursor, _ = read_all(api, clock)
    clock.moment += timedelta(minutes=5)
    site.changed[9001] = clock.moment - ahead - timedelta(minutes=1)
    found, cursor, _ = read_all(api, clock, cursor)
    assert "9001" in found
    for minute in range(6):
        clock.moment += timedelta(minutes=5)
        site.changed[9002 + minute] = clock.moment - ahead - timedelta(minutes=2)
        found, cursor, _ = read_all(api, clock, cursor)
        assert str(9002 + minute) in found
    assert len(found) < 50  # and what was stored long ago is not read again


def undated(response: Response) -> Response:
    response.headers["Date"] = "soon"
    return response


def test_where_nothing_tells_the_sites_clock_the_place_stays_for_a_day_at_most(api: Answers) -> None:
    clock = StoppedClock(NOON)
    api.add("GET", TICKETS, lambda _: undated(json_answer(an_answer([], 0))))
    before = json.dumps({"since": "2026-03-10T13:00:00.000Z"})
    _, cursor, _ = read_all(api, clock, before)
    assert json.loads(cursor or "") == json.loads(before)
    clock.moment += timedelta(days=3)
    _, cursor, _ = read_all(api, clock, cursor)
    assert json.loads(cursor or "")["since"].startswith("2026-03-12T15:00")


def test_where_nothing_changed_the_sites_date_moves_the_place(api: Answers) -> None:
    clock = StoppedClock(NOON)
    api.add("GET", TICKETS, dated(lambda _: json_answer(an_answer([], 0)), lambda: clock.moment - timedelta(hours=1)))
    _, cursor, _ = read_all(api, clock, json.dumps({"since": "2026-03-10T13:00:00.000Z"}))
    assert json.loads(cursor or "")["since"] == "2026-03-10T14:00:01.000Z"


def test_who_listens_and_who_answers_share_ten_calls_a_minute(api: Answers) -> None:
    api.add("GET", TICKETS, json_answer(an_answer([a_ticket(1)], 1)))
    clock = StoppedClock(NOON)
    connection = Connection("reclame_aqui", api.base_url, "ra.test", "loja-aurora", "77", SECRETS)
    listening, answering = ReclameAquiClient(connection, clock), ReclameAquiClient(connection, clock, answers=True)

    def calls_until_it_must_wait(client: ReclameAquiClient) -> int:
        def ask_on() -> None:
            while True:
                client.tickets_by_id(["1"])

        before = len(api.asked)
        with pytest.raises(RateLimitedError) as caught:
            ask_on()
        assert caught.value.retry_after == timedelta(seconds=61)
        return len(api.asked) - before

    listening.tickets_by_id(["1"])  # two calls: one is for the token
    assert [calls_until_it_must_wait(client) for client in (answering, listening)] == [8, 0]
    clock.moment += timedelta(seconds=61)
    assert listening.tickets_by_id(["1"]).tickets
