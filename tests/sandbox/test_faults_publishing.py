"""What goes wrong with a reply that is being published, and only with that."""

import pytest

from tests.sandbox.fault_tools import APIS, Troubled

REFUSALS = {
    "x": (403, "duplicate content"),
    "reddit": (200, "RATELIMIT"),
    "mastodon": (422, "Validation failed"),
    "reclame_aqui": (422, "4220"),
}
OF_DELETED = {
    "x": (403, "deleted or not visible"),
    "reddit": (200, "DELETED_COMMENT"),
    "mastodon": (404, "does not appear to exist"),
    "reclame_aqui": (409, "4091"),
}


@pytest.mark.parametrize("network", APIS)
def test_reply_refused_says_so_and_publishes_nothing(troubled: Troubled, network: str) -> None:
    post = troubled.complains(network)
    plan = troubled.meets("reply-refused")
    status, words = REFUSALS[network]

    assert troubled.read(network).status_code == 200
    answer = troubled.reply(post, "Olá!")
    assert (answer.status_code, words in answer.text) == (status, True)
    assert troubled.answers(post) == []
    plan.calm()
    troubled.reply(post, "Olá!")
    assert troubled.answers(post) == ["Olá!"]


def test_key_ignored_publishes_the_same_reply_twice(troubled: Troubled) -> None:
    first, second = troubled.complains("mastodon"), troubled.complains("mastodon")
    plan = troubled.meets("key-ignored")

    ids = {troubled.reply(first, "Olá!", key="one").json()["id"] for _ in range(2)}
    assert len(ids) == 2
    assert troubled.answers(first) == ["Olá!", "Olá!"]
    plan.calm()
    ids = {troubled.reply(second, "Olá!", key="two").json()["id"] for _ in range(2)}
    assert len(ids) == 1
    assert troubled.answers(second) == ["Olá!"]


def test_key_ignored_on_the_second_try_alone_publishes_twice_as_well(troubled: Troubled) -> None:
    post = troubled.complains("mastodon")
    troubled.reply(post, "Olá!", key="three")
    plan = troubled.meets("key-ignored")

    troubled.reply(post, "Olá!", key="three")
    assert troubled.answers(post) == ["Olá!", "Olá!"]
    assert plan.counts == {"key-ignored": 1}


@pytest.mark.parametrize("network", APIS)
def test_deleted_before_answer_takes_the_post_away_from_under_the_reply(troubled: Troubled, network: str) -> None:
    post, other = troubled.complains(network), troubled.complains(network)
    plan = troubled.meets("deleted-before-answer")
    status, words = OF_DELETED[network]

    answer = troubled.reply(post, "Olá!")
    assert (answer.status_code, words in answer.text) == (status, True)
    assert troubled.answers(post) == []
    gone = troubled.state.post(network, post.external_id)
    assert gone is not None
    assert gone.deleted_at == troubled.clock.now()
    plan.calm()
    troubled.reply(other, "Olá!")
    assert troubled.answers(other) == ["Olá!"]


def test_deleted_before_answer_leaves_our_own_posts_and_the_standing_threads(troubled: Troubled) -> None:
    post = troubled.complains("mastodon")
    ours = troubled.state.answer("mastodon", "Olá!", parent=post.external_id, thread=post.thread)
    standing = troubled.sandbox.says("mastodon", "Tópico da semana", extra={"background": "yes"})
    plan = troubled.meets("deleted-before-answer")

    for kept in (ours, standing):
        assert troubled.reply(kept, "Mais uma coisa.").status_code == 200
    assert plan.counts == {"deleted-before-answer": 0}
