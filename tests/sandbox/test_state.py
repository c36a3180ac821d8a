"""The networks' memory: ids, posts, tickets, facts, transactions, the truth log."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from errors import SettingsError
from sandbox.clock import VirtualClock
from sandbox.records import ANSWERED, COMPANY_REPLICA, CONSUMER_REPLICA, EVALUATED, NETWORKS, NOT_ANSWERED
from sandbox.state import Person, Post, State
from sandbox.truth import Truth

START = datetime(2026, 11, 20, 12, tzinfo=UTC)
SHAPES = {
    "x": r"\d{19}",
    "reddit": r"t3_[0-9a-z]{7}",
    "mastodon": r"\d{18}",
    "reclame_aqui": r"\d{8}",
    "complaints": r"[0-9a-z]{6}",
}


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(START)


@pytest.fixture
def state(tmp_path: Path, clock: VirtualClock) -> Iterator[State]:
    opened = State(tmp_path / "sandbox.db", clock, seed=7)
    yield opened
    opened.close()


def a_person(state: State, network: str = "x", handle: str = "marina") -> Person:
    return state.add_person(network, handle, "Marina Sobral", 120)


def a_post(
    state: State, network: str = "x", text: str = "@lojaaurora cadê meu pedido?", handle: str = "marina"
) -> Post:
    kind = "complaint" if network in ("reclame_aqui", "complaints") else "post"
    return state.publish(a_person(state, network, handle), text, kind=kind)


@pytest.mark.parametrize("network", NETWORKS)
def test_external_ids_have_the_networks_own_shape_and_ascend(state: State, network: str) -> None:
    posts = [a_post(state, network) for _ in range(5)]

    assert all(re.fullmatch(SHAPES[network], post.external_id) for post in posts)
    ids = [(len(post.external_id), post.external_id) for post in posts]
    assert ids == sorted(set(ids))
    assert [post.id for post in posts] == sorted(post.id for post in posts)


def test_ids_are_the_same_again_for_the_same_seed(tmp_path: Path, clock: VirtualClock) -> None:
    made = []
    for seed, name in ((1, "a"), (1, "b"), (2, "c")):
        state = State(tmp_path / name, clock, seed)
        made.append(
            [(post.external_id, post.person.external_id) for network in NETWORKS for post in [a_post(state, network)]]
        )
        state.close()

    assert made[0] == made[1]
    assert all(one != other for one, other in zip(made[0], made[2], strict=True))


def test_a_comment_on_reddit_has_an_id_of_its_own_kind(state: State) -> None:
    root = a_post(state, "reddit")
    comment = state.publish(root.person, "oi", kind="comment", parent=root.external_id, thread=root.external_id)

    assert comment.external_id.startswith("t1_")
    assert comment.thread == root.external_id
    assert comment.in_reply_to_person == root.person


def test_a_person_is_found_by_handle_whatever_the_capitals_and_by_id(state: State) -> None:
    person = a_person(state, handle="Marina")

    assert state.person("x", "@mARINA") == person
    assert state.person_by_id("x", person.external_id) == person
    assert state.add_person("x", "marina", "Other", 1) == person
    assert state.person("mastodon", "marina") is None


def test_the_brand_is_one_person_a_network(state: State) -> None:
    assert state.brand("reddit").handle == "LojaAuroraBR"
    assert state.brand("x") == state.brand("x")
    assert state.brand("x").is_brand


def test_an_unknown_network_is_named(state: State) -> None:
    with pytest.raises(ValueError, match="no network 'orkut'"):
        state.posts("orkut")


def test_posts_are_bounded_by_our_ids_and_ordered_either_way(state: State) -> None:
    posts = [a_post(state) for _ in range(5)]

    between = state.posts("x", since_id=posts[0].id, until_id=posts[4].id)
    assert [post.id for post in between] == [posts[3].id, posts[2].id, posts[1].id]
    assert [post.id for post in state.posts("x", newest_first=False, limit=2)] == [posts[0].id, posts[1].id]


def test_posts_are_filtered_by_whom_they_address_and_who_wrote_them(state: State) -> None:
    to_us = a_post(state)
    state.publish(a_person(state), "Loja Aurora de novo", kind="post", addresses_brand=False)
    ours = state.answer("x", "Olá!", parent=to_us.external_id, thread=to_us.thread)

    assert state.posts("x", addressing_brand=True) == [to_us]
    assert state.posts("x", by_brand=True) == [ours]
    assert len(state.posts("x", by_brand=False)) == 2
    assert state.posts("x", thread=to_us.thread) == [ours, to_us]


@pytest.mark.parametrize(
    ("query", "is_found"),
    [
        ("NAO chegou", True),
        ('"não chegou"', True),
        ('"chegou não"', False),
        ("pedido -chegou", False),
        ("xyz OR geladeira", True),
        ('xyz "loja aurora"', False),
        ("chegou*", True),
        ('" ( OR', False),
        ("NEAR(a b)", False),
        ("", False),
    ],
)
def test_a_search_finds_words_and_phrases_and_takes_no_input_for_syntax(
    state: State, query: str, is_found: bool
) -> None:
    a_post(state, text="Minha geladeira não chegou, Loja Aurora! pedido 1")

    assert bool(state.posts("x", query=query)) is is_found


def test_a_search_finds_a_titles_words_and_follows_an_edit(state: State) -> None:
    post = state.publish(a_person(state, "reddit"), "texto", kind="post", extra={"title": "Loja Aurora sumiu"})
    state.edit(post, "outro corpo")

    assert len(state.posts("reddit", query='"loja aurora" corpo')) == 1
    assert state.posts("reddit", query="texto") == []


def test_an_edit_and_a_deletion_keep_their_times(state: State, clock: VirtualClock) -> None:
    post = a_post(state)
    clock.advance(timedelta(minutes=5))
    edited = state.edit(post, "@lojaaurora cadê? (editado)")
    clock.advance(timedelta(minutes=5))
    deleted = state.delete(edited)

    assert edited.edited_at == START + timedelta(minutes=5)
    assert deleted.deleted_at == START + timedelta(minutes=10)
    assert state.posts("x") == []
    assert state.posts("x", include_deleted=True) == [deleted]
    assert [entry.what for entry in state.log()] == ["posted", "edited", "deleted"]


def test_two_posts_of_one_second_keep_their_order(state: State) -> None:
    first, second = a_post(state), a_post(state)

    assert first.posted_at == second.posted_at
    assert int(first.external_id) < int(second.external_id)


def test_a_complaint_goes_through_the_life_of_a_ticket(state: State, clock: VirtualClock) -> None:
    complaint = a_post(state, "reclame_aqui", "Não chegou.")
    thread = complaint.thread
    statuses = [state.ticket_status(thread)]
    answer = state.answer("reclame_aqui", "Olá.", parent=thread, thread=thread, kind="answer")
    statuses.append(state.ticket_status(thread))
    state.publish(complaint.person, "E aí?", kind="replica", parent=answer.external_id, thread=thread)
    statuses.append(state.ticket_status(thread))
    state.answer("reclame_aqui", "Resolvido.", parent=thread, thread=thread, kind="answer")
    statuses.append(state.ticket_status(thread))
    clock.advance(timedelta(hours=1))
    state.evaluate(thread, 8, resolved=True, again=False)

    ticket = state.ticket(thread)
    assert statuses == [NOT_ANSWERED, ANSWERED, CONSUMER_REPLICA, COMPANY_REPLICA]
    assert ticket is not None
    assert (ticket.status, ticket.grade, ticket.resolved, ticket.again) == (EVALUATED, 8, True, False)
    assert ticket.modified_at == START + timedelta(hours=1)
    assert complaint.extra["source_external_id"]


def test_a_private_message_does_not_answer_a_complaint(state: State) -> None:
    complaint = a_post(state, "reclame_aqui", "Não chegou.")
    private = {"visibility": "private"}
    state.answer("reclame_aqui", "Oi", parent=complaint.thread, thread=complaint.thread, kind="answer", extra=private)

    assert state.ticket_status(complaint.thread) == NOT_ANSWERED


def test_a_grade_beyond_ten_is_refused(state: State) -> None:
    complaint = a_post(state, "reclame_aqui", "Não chegou.")

    with pytest.raises(ValueError, match="0 to 10"):
        state.evaluate(complaint.thread, 11, resolved=True, again=True)


def test_tickets_are_listed_by_when_they_last_changed(state: State, clock: VirtualClock) -> None:
    first = a_post(state, "reclame_aqui", "um")
    clock.advance(timedelta(minutes=1))
    second = a_post(state, "reclame_aqui", "dois")
    clock.advance(timedelta(minutes=1))
    state.answer("reclame_aqui", "Olá", parent=first.thread, thread=first.thread, kind="answer")

    assert [one.thread for one in state.tickets("reclame_aqui")] == [second.thread, first.thread]
    later = state.tickets("reclame_aqui", modified_from=START + timedelta(minutes=2))
    assert [one.thread for one in later] == [first.thread]
    assert state.count_tickets("reclame_aqui", modified_before=START + timedelta(minutes=2)) == 1


def test_a_failed_transaction_leaves_nothing(state: State) -> None:
    def fail() -> None:
        with state.transaction():
            a_post(state, handle="nobody")
            state.put("key", 1)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()

    assert state.posts("x") == []
    assert state.get("key") is None
    assert state.person("x", "nobody") is None
    assert a_post(state, handle="somebody").person.handle == "somebody"


def test_an_inner_failure_takes_back_its_own_part_alone(state: State) -> None:
    def fail() -> None:
        with state.transaction():
            state.put("inner", 1)
            raise RuntimeError

    with state.transaction():
        state.put("outer", 1)
        with pytest.raises(RuntimeError):
            fail()

    assert (state.get("outer"), state.get("inner")) == (1, None)


def test_facts_survive_and_are_found_by_the_start_of_their_key(tmp_path: Path, clock: VirtualClock) -> None:
    first = State(tmp_path / "s.db", clock)
    first.put("token:b", {"until": 3})
    first.put("token:a", "x")
    first.put("tokens", 1)
    first.close()

    again = State(tmp_path / "s.db", clock)
    assert list(again.facts("token:").items()) == [("token:a", "x"), ("token:b", {"until": 3})]
    again.remove("token:a")
    assert again.get("token:a", "gone") == "gone"
    again.close()


def test_a_file_of_another_seed_is_refused(tmp_path: Path, clock: VirtualClock) -> None:
    State(tmp_path / "s.db", clock, seed=1).close()

    with pytest.raises(SettingsError, match="made with seed 1, not 2"):
        State(tmp_path / "s.db", clock, seed=2)


def test_the_latest_moment_is_that_of_the_last_thing_that_happened(state: State, clock: VirtualClock) -> None:
    assert state.latest() is None
    post = a_post(state)
    clock.advance(timedelta(minutes=1))
    state.edit(post, "mudou")

    assert state.latest() == START + timedelta(minutes=1)


def test_the_truth_knows_which_kind_of_source_shows_a_post(state: State) -> None:
    marina = a_person(state)
    state.publish(marina, "a Loja Aurora sumiu", kind="post", addresses_brand=False)
    state.publish(marina, "@LojaAurora oi", kind="post")
    state.publish(marina, "nada a ver", kind="post", addresses_brand=False)
    caio = a_person(state, "reddit", "caio")
    root = state.publish(caio, "x", kind="post", extra={"title": "Loja Aurora", "subreddit": "brasil"})
    for text, subreddit in (("Loja Aurora", "brasil"), ("oi", "LojaAurora")):
        said = {"subreddit": subreddit}
        state.publish(caio, text, kind="comment", parent=root.external_id, thread=root.external_id, extra=said)
    state.publish(a_person(state, "mastodon"), "oi #LojaAurora", kind="post", addresses_brand=False)

    seen = [sorted(post.sources) for post in Truth(state).customer_posts()]

    assert seen == [["search"], ["mentions"], ["search"], ["subreddit"], ["hashtag"]]


def test_the_truth_counts_an_answer_given_twice(state: State) -> None:
    post, other = a_post(state), a_post(state)
    state.answer("x", "Olá,  Marina!", parent=post.external_id, thread=post.thread)
    state.answer("x", "Olá, Marina!", parent=other.external_id, thread=other.thread)
    truth = Truth(state)
    assert truth.doubled_answers() == []

    state.answer("x", "olá, marina!", parent=post.external_id, thread=post.thread)

    assert [len(group) for group in truth.doubled_answers()] == [2]
    assert len(truth.brand_answers()) == 3


def test_the_truth_keeps_what_was_deleted_and_can_leave_it_out(state: State) -> None:
    state.delete(a_post(state))
    truth = Truth(state)

    assert [post.deleted_at for post in truth.customer_posts()] == [START]
    assert truth.customer_posts(include_deleted=False) == []
