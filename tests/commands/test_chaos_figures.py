"""Each figure of a chaos run counts what it is named after, and nothing else."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest

from commands.chaos.figures import MUST_BE_ZERO, Record, StopSet, faults_found
from commands.chaos.ledger import HeldCase, Intent, Ledger, Name, Span
from commands.chaos.tries import REQUESTS
from sandbox.truth import BrandAnswer, CustomerPost
from tests.builders import NOON

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


def a_post(external_id: str = "p1", network: str = "mastodon", **fields: Any) -> CustomerPost:
    values: dict[str, Any] = {
        "thread": external_id,
        "kind": "post",
        "author": "u1",
        "text": "Minha encomenda não chegou",
        "posted_at": NOON,
        "edited_at": None,
        "deleted_at": None,
        "addresses_brand": True,
        "sources": frozenset({"notifications"}),
        "corpus": "",
        **fields,
    }
    return CustomerPost(network=network, external_id=external_id, **values)


def an_answer(external_id: str = "a1", network: str = "mastodon", **fields: Any) -> BrandAnswer:
    values: dict[str, Any] = {
        "thread": "p1",
        "parent": "p1",
        "text": "Olá! Já estamos vendo.",
        "at": NOON + MINUTE,
        "deleted_at": None,
        **fields,
    }
    return BrandAnswer(network=network, external_id=external_id, **values)


def an_intent(number: int = 1, external_id: str = "a1", network: str = "mastodon", **fields: Any) -> Intent:
    values: dict[str, Any] = {
        "parent": "p1",
        "thread": "p1",
        "body": "Olá! Já estamos vendo.",
        "stands": True,
        "ended": True,
        "automatic": False,
        **fields,
    }
    return Intent(number=number, network=network, external_id=external_id, **values)


def a_record(posts: Sequence[CustomerPost] = (), answers: Sequence[BrandAnswer] = (), **fields: Any) -> Record:
    return Record({(post.network, post.external_id): post for post in posts}, answers, **fields)


def a_ledger(posts: Sequence[CustomerPost] = (), intents: Sequence[Intent] = (), **fields: Any) -> Ledger:
    held = [(post.network, post.external_id) for post in posts]
    return Ledger(**{"mentions": held, "intents": intents, **fields})


def counted(record: Record, ledger: Ledger) -> Mapping[str, int]:
    """The figures that are not 0."""
    return {name: len(wrong) for name, wrong in faults_found(record, ledger).items() if wrong}


def of_one_answer(post: CustomerPost, answer: BrandAnswer, **intent: Any) -> Mapping[str, int]:
    """What counts where one answer stands below one post, and both are known."""
    known = an_intent(external_id=answer.external_id, network=answer.network, **intent)
    return counted(a_record([post], [answer]), a_ledger([post], [known]))


def test_a_post_that_was_heard_and_answered_once_counts_nowhere() -> None:
    assert of_one_answer(a_post(), an_answer(), automatic=True) == {}
    assert len(MUST_BE_ZERO) == 8


def test_what_a_source_shows_and_nobody_stored_is_lost() -> None:
    assert counted(a_record([a_post()]), a_ledger()) == {"mentions_lost": 1}
    assert counted(a_record([a_post(sources=frozenset())]), a_ledger()) == {}


@pytest.mark.parametrize(
    ("read_after", "lost"),
    [((), 0), ((2,), 0), ((4,), 1), ((6,), 0), ((2, 6), 0), ((2, 4, 6), 1)],
)
def test_what_nobody_could_have_heard_before_its_deletion_is_excused(read_after: Sequence[int], lost: int) -> None:
    """It could be seen from the third minute on, for the network lags so much, and was deleted in the fifth."""
    post = a_post(deleted_at=NOON + 5 * MINUTE)
    readings = {("mastodon", "notifications"): [NOON + minutes * MINUTE for minutes in read_after]}
    record = a_record([post], readings=readings, lag=3 * MINUTE)
    assert counted(record, a_ledger()).get("mentions_lost", 0) == lost


def test_a_source_of_another_kind_excuses_and_accuses_nobody() -> None:
    post = a_post(deleted_at=NOON + 5 * MINUTE)
    record = a_record([post], readings={("mastodon", "hashtag"): [NOON + MINUTE], ("x", "notifications"): [NOON]})
    assert counted(record, a_ledger()) == {}


def test_a_second_row_of_one_post_and_a_row_of_none_are_doubled() -> None:
    post = a_post()
    assert counted(a_record([post]), a_ledger([post, post, post])) == {"mentions_doubled": 2}
    assert counted(a_record([post]), a_ledger([post, a_post("phantom")])) == {"mentions_doubled": 1}


def cases_doubled(*spans: Span, other_author: str = "u1", other_thread: str = "p1") -> int:
    posts = [a_post("p1"), a_post("p2", author=other_author, thread=other_thread)]
    first, *rest = spans
    cases = [
        HeldCase("1", "mastodon", "p1", "p1", (first,)),
        HeldCase("2", "mastodon", other_thread, "p2", tuple(rest)),
    ]
    return counted(a_record(posts), a_ledger(posts, cases=cases)).get("cases_doubled", 0)


def test_two_cases_of_one_person_in_one_thread_are_doubled_while_both_are_open() -> None:
    open_till_one = Span(NOON, NOON + 60 * MINUTE)
    assert cases_doubled(open_till_one, Span(NOON + 59 * MINUTE)) == 1
    assert cases_doubled(Span(NOON), Span(NOON)) == 1
    assert cases_doubled(open_till_one, Span(NOON + 60 * MINUTE)) == 0
    assert cases_doubled(open_till_one, Span(NOON - DAY, NOON), Span(NOON + MINUTE, NOON + 2 * MINUTE)) == 1
    assert cases_doubled(Span(NOON), Span(NOON), other_author="u2") == 0
    assert cases_doubled(Span(NOON), Span(NOON), other_thread="p2") == 0


def doubled(*answers: BrandAnswer) -> int:
    return counted(a_record([a_post()], answers), a_ledger([a_post()])).get("replies_doubled", 0)


def test_two_answers_to_one_post_that_say_the_same_are_doubled() -> None:
    assert doubled(an_answer("a1"), an_answer("a2", text="@maria  OLÁ! já estamos\nvendo.")) == 1
    assert doubled(an_answer("a1"), an_answer("a2"), an_answer("a3")) == 2
    assert doubled(an_answer("a1"), an_answer("a2", text="Resolvido.")) == 0
    assert doubled(an_answer("a1"), an_answer("a2", parent="p2")) == 0
    assert doubled(an_answer("a1"), an_answer("a2", network="x")) == 0


def test_a_double_that_was_deleted_since_was_a_double() -> None:
    assert doubled(an_answer("a1", deleted_at=NOON + 2 * MINUTE), an_answer("a2")) == 1


@pytest.mark.parametrize(
    ("deleted", "confirmed", "sent", "doubled_and_lost"),
    [
        (4, None, True, (0, 0)),
        (4, 6, True, (0, 0)),
        (4, 3, True, (1, 1)),
        (4, None, False, (1, 1)),
        (6, None, True, (1, 0)),
        (None, None, True, (1, 1)),
    ],
    ids=["never confirmed", "confirmed later", "confirmed before", "never sent", "stood together", "stands"],
)
def test_an_answer_that_was_taken_down_before_anybody_could_know_of_it_is_no_half_of_a_double(
    deleted: int | None, confirmed: int | None, sent: bool, doubled_and_lost: tuple[int, int]
) -> None:
    """It was posted in the first minute; the second one, which is known, in the fifth."""
    gone = None if deleted is None else NOON + deleted * MINUTE
    answers = [an_answer("a1", deleted_at=gone), an_answer("a2", at=NOON + 5 * MINUTE)]
    known = an_intent(
        external_id="a2", sent=sent, confirmed_at=None if confirmed is None else NOON + confirmed * MINUTE
    )
    found = counted(a_record([a_post()], answers), a_ledger([a_post()], [known]))
    assert (found.get("replies_doubled", 0), found.get("replies_lost", 0)) == doubled_and_lost


def test_on_a_complaint_site_an_answer_is_to_the_complaint_whatever_was_said_last() -> None:
    post = a_post("p1", "reclame_aqui")
    answer = an_answer(network="reclame_aqui", parent="another interaction")
    nameless = an_intent(network="reclame_aqui", external_id="")
    assert counted(a_record([post], [answer]), a_ledger([post], [nameless])) == {}


def test_what_a_colleague_typed_in_the_platforms_app_is_no_double_but_on_the_complaint_site_it_is() -> None:
    assert doubled(an_answer("a1"), an_answer("a2", by_hand=True, native=True)) == 0
    on_the_site = [an_answer(name, network="complaints", by_hand=True) for name in ("a1", "a2")]
    assert doubled(*on_the_site) == 1


def test_a_reply_that_is_held_to_stand_and_never_did_is_lost() -> None:
    post = a_post()
    assert counted(a_record([post]), a_ledger([post], [an_intent()])) == {"replies_lost": 1}
    deleted = an_answer(deleted_at=NOON + DAY)
    assert counted(a_record([post], [deleted]), a_ledger([post], [an_intent()])) == {}


def test_a_reply_whose_number_is_not_known_is_found_by_its_words() -> None:
    post, nameless = a_post(), an_intent(external_id="")
    assert counted(a_record([post], [an_answer()]), a_ledger([post], [nameless])) == {}
    other = an_answer(text="Outra coisa")
    assert counted(a_record([post], [other]), a_ledger([post], [nameless]))["replies_lost"] == 2


def test_what_stands_although_it_is_held_to_have_never_left_is_lost() -> None:
    post, unsent = a_post(), an_intent(external_id="", stands=False, sent=False)
    assert counted(a_record([post], [an_answer()]), a_ledger([post], [unsent])) == {"replies_lost": 1}
    left = an_intent(external_id="", stands=False, sent=True)
    assert counted(a_record([post], [an_answer()]), a_ledger([post], [left])) == {}


def test_an_answer_that_nobody_knows_of_is_lost_unless_a_hand_typed_it_or_it_is_noted_as_foreign() -> None:
    post, other = a_post(), an_answer("a2", text="Outra coisa")
    assert counted(a_record([post], [an_answer(), other]), a_ledger([post], [an_intent()]))["replies_lost"] == 1
    by_hand = an_answer("a2", text="Outra coisa", by_hand=True, native=True)
    assert counted(a_record([post], [by_hand]), a_ledger([post])) == {}
    seen = frozenset({("mastodon", "a2")})
    assert "replies_lost" not in counted(a_record([post], [other]), a_ledger([post], seen_elsewhere=seen))


def test_a_reply_that_came_to_no_end_is_lost() -> None:
    post = a_post()
    waiting = an_intent(external_id="", stands=False, ended=False)
    assert counted(a_record([post]), a_ledger([post], [waiting])) == {"replies_lost": 1}
    assert counted(a_record([post]), a_ledger([post], [an_intent(external_id="", stands=False)])) == {}


@pytest.mark.parametrize(
    ("post", "answer", "by_a_person", "by_itself"),
    [
        ({"network": "reclame_aqui"}, {"network": "reclame_aqui"}, 0, 1),
        ({"network": "x", "addresses_brand": False}, {"network": "x"}, 1, 1),
        ({"addresses_brand": False}, {}, 0, 0),
        ({"deleted_at": NOON}, {}, 1, 1),
        ({"deleted_at": NOON + 2 * MINUTE}, {}, 0, 0),
        ({"is_private": True}, {}, 1, 1),
        ({"is_private": True}, {"is_private": True}, 0, 0),
        ({"by_bot": True}, {}, 0, 1),
    ],
)
def test_a_rule_that_is_broken_counts(
    post: Mapping[str, Any], answer: Mapping[str, Any], by_a_person: int, by_itself: int
) -> None:
    for automatic, breaches in ((False, by_a_person), (True, by_itself)):
        found = of_one_answer(a_post(**post), an_answer(**answer), automatic=automatic)
        assert found == ({"policy_breaches": 1} if breaches else {})


def test_what_a_person_typed_elsewhere_breaks_no_rule_of_automation() -> None:
    post = a_post(deleted_at=NOON)
    assert counted(a_record([post], [an_answer(by_hand=True, native=True)]), a_ledger([post])) == {}


def test_an_answer_that_no_reply_knows_is_taken_for_automatic() -> None:
    post = a_post("p1", "reclame_aqui")
    found = counted(a_record([post], [an_answer(network="reclame_aqui")]), a_ledger([post]))
    assert found == {"policy_breaches": 1, "replies_lost": 1}


@pytest.mark.parametrize(("opted_out", "breaches"), [(NOON, 1), (NOON + 2 * MINUTE, 0)])
def test_automation_is_silent_to_whoever_opted_out_before(opted_out: datetime, breaches: int) -> None:
    post = a_post()
    out: Mapping[Name, datetime] = {("mastodon", "u1"): opted_out}
    for automatic, expected in ((True, breaches), (False, 0)):
        ledger = a_ledger([post], [an_intent(automatic=automatic)], opted_out=out)
        assert counted(a_record([post], [an_answer()]), ledger).get("policy_breaches", 0) == expected


@pytest.mark.parametrize(
    ("later", "thread", "author", "breaches"),
    [
        (MINUTE, "p2", "u1", 1),
        (DAY, "p2", "u1", 0),
        (3 * DAY, "p1", "u1", 1),
        (MINUTE, "p2", "u2", 0),
        (MINUTE, "p1", "u2", 0),
    ],
)
def test_a_second_automatic_answer_to_one_person_counts(
    later: timedelta, thread: str, author: str, breaches: int
) -> None:
    posts = [a_post("p1"), a_post("p2", author=author, thread=thread)]
    answers = [an_answer("a1"), an_answer("a2", parent="p2", thread=thread, at=NOON + MINUTE + later)]
    intents = [an_intent(1, "a1", automatic=True), an_intent(2, "a2", automatic=True)]
    found = counted(a_record(posts, answers), a_ledger(posts, intents))
    assert found == ({"policy_breaches": breaches} if breaches else {})


def test_an_automatic_answer_to_ourselves_counts() -> None:
    answers = [an_answer("a1"), an_answer("a2", parent="a1", text="Outra coisa")]
    intents = [an_intent(1, "a1"), an_intent(2, "a2", automatic=True)]
    assert counted(a_record([a_post()], answers), a_ledger([a_post()], intents)) == {"policy_breaches": 1}


def test_a_public_request_for_data_counts_as_a_breach() -> None:
    assert of_one_answer(a_post(), an_answer(text=REQUESTS[0]))["policy_breaches"] == 1


@pytest.mark.parametrize(
    ("words", "leaked"),
    [
        ("o CPF 529.982.247-25", 1),
        ("ligue (11) 98765-4321", 1),
        ("escreva a maria@example.com", 1),
        ("o cartão 4111 1111 1111 1111", 1),
        ("o CPF 529.982.247-25 e maria@example.com", 2),
        ("o protocolo 20260302-000123", 0),
    ],
)
def test_personal_data_in_a_public_answer_counts_by_its_kind(words: str, leaked: int) -> None:
    found = of_one_answer(a_post(), an_answer(text=f"Olá! Temos {words}."))
    assert found == ({"leaked_personal_data": leaked} if leaked else {})
    assert of_one_answer(a_post(is_private=True), an_answer(text=words, is_private=True)) == {}


def sent(after: timedelta, stop: StopSet, **fields: Any) -> int:
    answer = an_answer(at=NOON + after, **{name: value for name, value in fields.items() if name != "automatic"})
    ledger = a_ledger([a_post()], [an_intent(automatic=fields.get("automatic", False))])
    return counted(a_record([a_post()], [answer], stops=[stop]), ledger).get("sends_after_kill_switch", 0)


def test_what_is_sent_while_a_stop_is_in_force_counts() -> None:
    stop = StopSet(None, Span(NOON, NOON + 10 * MINUTE))
    assert sent(timedelta(seconds=1.5), stop) == 1
    assert sent(timedelta(seconds=1), stop) == 0
    assert sent(-MINUTE, stop) == 0
    assert sent(10 * MINUTE, stop) == 0
    assert sent(MINUTE, stop, by_hand=True) == 0
    assert sent(DAY, StopSet(None, Span(NOON))) == 1


def test_a_stop_of_one_network_or_of_automation_counts_its_own() -> None:
    span = Span(NOON, NOON + 10 * MINUTE)
    assert sent(MINUTE, StopSet("mastodon", span)) == 1
    assert sent(MINUTE, StopSet("x", span)) == 0
    assert sent(MINUTE, StopSet(None, span, automation_only=True)) == 0
    assert sent(MINUTE, StopSet(None, span, automation_only=True), automatic=True) == 1
