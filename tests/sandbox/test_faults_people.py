"""People who make trouble, when their time has come: what they did, and that calm ends it."""

import pytest

from sandbox.faults import FaultPlan
from sandbox.faults.people import MOST_OF_THE_BOT
from sandbox.state import Post
from sandbox.truth import Truth
from tests.sandbox.fault_tools import APIS, EVERYWHERE, Troubled

SOCIAL = ("x", "reddit", "mastodon")


def comes_to_pass(troubled: Troubled, plan: FaultPlan) -> int:
    """Lets the time come for what people will do next."""
    due = plan.next_at()
    assert due is not None
    assert due > troubled.clock.now()
    assert plan.step(troubled.clock.now()) == 0
    troubled.clock.advance_to(due)
    return plan.step(troubled.clock.now())


def now(troubled: Troubled, post: Post) -> Post:
    found = troubled.state.post_by_id(post.id)
    assert found is not None
    return found


def look_up(troubled: Troubled, post: Post) -> str:
    """What the platform says of one post."""
    name = post.external_id
    paths = {
        "x": f"/2/tweets?ids={name}",
        "reddit": f"/api/info?id={name}",
        "mastodon": f"/api/v1/statuses/{name}",
        "reclame_aqui": f"/ticket/v1/tickets?id[eq]={post.thread}",
        "complaints": f"/{name}",
    }
    answer = troubled.ask(post.network, paths[post.network])
    return f"{answer.status_code} {answer.text}"


def calm_ends_it(troubled: Troubled, kind: str, network: str) -> None:
    """What was going to happen does not, once the plan is calm, and nobody plans anything new."""
    plan = troubled.meets(kind)
    post = troubled.complains(network)
    troubled.reply(post, "Olá, já vimos.")
    assert plan.next_at() is not None
    plan.calm()
    before = troubled.state.logged()
    troubled.complains(network)
    assert plan.next_at() is None
    troubled.later(hours=2)
    assert plan.step(troubled.clock.now()) == 0
    assert troubled.state.logged() - before == (2 if network == "reddit" else 1)


@pytest.mark.parametrize("network", EVERYWHERE)
def test_edited_post_has_another_text_and_the_time_of_the_edit(troubled: Troubled, network: str) -> None:
    plan = troubled.meets("edited-post")
    post = troubled.complains(network)

    assert comes_to_pass(troubled, plan) == 1
    assert now(troubled, post).edited_at == troubled.clock.now()
    new = now(troubled, post).text
    assert new.startswith(post.text)
    assert new != post.text
    if network == "x":
        newest = troubled.read("x").json()["data"][0]
        assert newest["edit_history_tweet_ids"] == [post.external_id, newest["id"]]
        assert newest["text"] == new
    else:
        assert new.removeprefix(post.text).strip() in look_up(troubled, post)
    assert plan.counts == {"edited-post": 1}
    calm_ends_it(troubled, "edited-post", "x" if network == "reddit" else network)


def test_edited_post_is_never_a_reply_on_x(troubled: Troubled) -> None:
    plan = troubled.meets("edited-post")
    first = troubled.state.post("x", troubled.complains("x").external_id)
    assert first is not None
    troubled.sandbox.says("x", "@lojaaurora e aí?", kind="comment", parent=first.external_id, thread=first.thread)

    assert comes_to_pass(troubled, plan) == 1
    assert plan.next_at() is None


@pytest.mark.parametrize("network", EVERYWHERE)
def test_deleted_post_is_gone_for_readers_and_in_the_truth_log(troubled: Troubled, network: str) -> None:
    plan = troubled.meets("deleted-post")
    post = troubled.complains(network)
    assert post.external_id in troubled.ids(network, {"sort[id]": "DESC"} if network == "reclame_aqui" else None)

    assert comes_to_pass(troubled, plan) == 1
    gone = {
        "x": "resource-not-found",
        "reddit": '"author":"[deleted]"',
        "mastodon": "404",
        "reclame_aqui": '"active":false',
        "complaints": "410",
    }
    assert gone[network] in look_up(troubled, post)
    assert now(troubled, post).deleted_at == troubled.clock.now()
    assert [entry.what for entry in troubled.state.log(post_id=post.id)] == ["posted", "deleted"]
    assert plan.counts == {"deleted-post": 1}
    calm_ends_it(troubled, "deleted-post", network)


@pytest.mark.parametrize("network", EVERYWHERE)
def test_author_gone_takes_somebody_away_with_all_that_they_said(troubled: Troubled, network: str) -> None:
    plan = troubled.meets("author-gone")
    troubled.complains(network)

    comes_to_pass(troubled, plan)
    (said,) = (post for post in Truth(troubled.state).customer_posts() if post.posted_at == troubled.clock.now())
    post = troubled.state.post(network, said.external_id)
    assert post is not None
    assert post.text in [found.text for found in troubled.state.posts(network)]
    assert plan.counts == {"author-gone": 0}
    assert comes_to_pass(troubled, plan) == 1
    gone = {
        "x": "not-authorized-for-resource",
        "reddit": '"author":"[deleted]"',
        "mastodon": "404",
        "reclame_aqui": '"active":false',
        "complaints": "410",
    }
    assert gone[network] in look_up(troubled, post)
    if network == "reddit":
        words = post.text.split()[0]
        assert words in look_up(troubled, post), "Reddit leaves the words of an account that is gone"
    assert now(troubled, post).deleted_at == troubled.clock.now()
    assert plan.counts == {"author-gone": 1}
    calm_ends_it(troubled, "author-gone", network)


@pytest.mark.parametrize("network", EVERYWHERE)
def test_native_answer_is_the_brands_own_and_not_through_ouvidor(troubled: Troubled, network: str) -> None:
    plan = troubled.meets("native-answer")
    post = troubled.complains(network)

    assert comes_to_pass(troubled, plan) == 1
    (text,) = troubled.answers(post)
    assert troubled.shows_reply(post, text.partition(".")[0].partition("!")[0])
    answer = Truth(troubled.state).brand_answers()[-1]
    assert (answer.text, answer.parent, answer.native) == (text, post.external_id, True)
    assert plan.counts == {"native-answer": 1}
    troubled.reply(post, "Olá, já vimos.")
    assert not Truth(troubled.state).brand_answers()[-1].native
    calm_ends_it(troubled, "native-answer", network)


@pytest.mark.parametrize("network", SOCIAL)
def test_other_bot_acknowledges_every_answer_of_a_thread_and_stops_at_last(troubled: Troubled, network: str) -> None:
    plan = troubled.meets("other-bot")
    to = troubled.complains(network)

    for number in range(MOST_OF_THE_BOT):
        troubled.reply(to, f"Resposta {number}.")
        assert comes_to_pass(troubled, plan) == 1
        to = troubled.state.posts(network, thread=to.thread)[0]
        assert to.person.handle == "sac_atendeja"
        assert "protocolo" in to.text
        assert troubled.ids(network)[0] == to.external_id, "we are told of it like of any customer"
    troubled.reply(to, "Mais uma.")
    assert comes_to_pass(troubled, plan) == 0
    assert plan.counts == {"other-bot": MOST_OF_THE_BOT}
    calm_ends_it(troubled, "other-bot", network)


@pytest.mark.parametrize("network", EVERYWHERE)
def test_parrot_says_our_words_in_our_thread_and_is_not_us(troubled: Troubled, network: str) -> None:
    plan = troubled.meets("parrot")
    post = troubled.complains(network)
    troubled.reply(post, "Olá, já vimos o seu pedido.")

    assert comes_to_pass(troubled, plan) == 1
    parrot = troubled.state.posts(network, thread=post.thread)[0]
    assert parrot.text == "Olá, já vimos o seu pedido."
    assert not parrot.person.is_brand
    if network in SOCIAL:
        assert parrot.parent == post.external_id
    else:
        assert parrot.person == post.person
    assert troubled.answers(post) == ["Olá, já vimos o seu pedido."]
    assert plan.counts == {"parrot": 1}
    calm_ends_it(troubled, "parrot", network)


@pytest.mark.parametrize("network", EVERYWHERE)
def test_reply_removed_is_taken_down_after_it_could_be_seen(troubled: Troubled, network: str) -> None:
    plan = troubled.meets("reply-removed")
    post = troubled.complains(network)
    words = f"Olá, já vimos o pedido {post.id}."
    troubled.reply(post, words)
    assert troubled.shows_reply(post, words)

    began = troubled.clock.now()
    assert comes_to_pass(troubled, plan) == 1
    assert troubled.clock.now() - began >= plan.greatest_lag
    assert not troubled.shows_reply(post, words)
    assert Truth(troubled.state).brand_answers()[-1].deleted_at == troubled.clock.now()
    assert plan.counts == {"reply-removed": 1}
    calm_ends_it(troubled, "reply-removed", network)


def test_what_stood_there_before_the_plan_is_left_alone(troubled: Troubled) -> None:
    for network in APIS:
        troubled.reply(troubled.complains(network), "Olá, já vimos.")
    plan = troubled.meets("edited-post", "deleted-post", "native-answer", "parrot", "reply-removed", "read-back-lag")

    assert plan.next_at() is None
    assert set(plan.counts.values()) == {0}


def test_what_trouble_says_is_no_cause_for_further_trouble(troubled: Troubled) -> None:
    plan = troubled.meets("other-bot", "parrot", "native-answer")
    troubled.complains("mastodon")
    assert comes_to_pass(troubled, plan) == 1

    assert plan.next_at() is None, "the native answer has neither a parrot nor a bot"
