"""What readings of the platform do not show yet, while people see it."""

from datetime import timedelta

import pytest

from sandbox.faults.sight import LATEST
from sandbox.state import Post
from sandbox.truth import Truth
from tests.sandbox.fault_tools import EVERYWHERE, Troubled


def people_see(troubled: Troubled, post: Post, text: str) -> bool:
    return text in troubled.page(f"/t/{post.network}/{post.thread}").text


@pytest.mark.parametrize("network", EVERYWHERE)
def test_read_back_lag_hides_our_reply_from_every_reading_but_not_from_people(troubled: Troubled, network: str) -> None:
    plan = troubled.meets("read-back-lag")
    post, other = troubled.complains(network), troubled.complains(network)
    first, second = f"Olá, já vimos {post.id}.", f"Olá, vimos agora {other.id}."

    assert troubled.reply(post, first).status_code < 400
    assert not troubled.shows_reply(post, first)
    assert people_see(troubled, post, first)
    assert Truth(troubled.state).brand_answers()[-1].text == first
    troubled.clock.advance(plan.greatest_lag)
    assert troubled.shows_reply(post, first)
    assert plan.counts == {"read-back-lag": 1}
    troubled.reply(other, second)
    assert not troubled.shows_reply(other, second)
    plan.calm()
    assert troubled.shows_reply(other, second)


def test_read_back_lag_is_over_after_five_minutes_at_the_latest(troubled: Troubled) -> None:
    plan = troubled.meets("read-back-lag")
    assert plan.greatest_lag == timedelta(minutes=5)
    post = troubled.complains("mastodon")
    waits = []
    for number in range(10):
        troubled.reply(post, f"Resposta {number}.")
        began = troubled.clock.now()
        while not troubled.shows_reply(post, f"Resposta {number}."):
            troubled.later(seconds=30)
        waits.append(troubled.clock.now() - began)
    assert max(waits) > timedelta(minutes=2)
    assert max(waits) <= plan.greatest_lag


def test_read_back_lag_does_not_fool_the_network_itself(troubled: Troubled) -> None:
    on_x, on_mastodon = troubled.complains("x"), troubled.complains("mastodon")
    troubled.meets("read-back-lag")
    for _ in range(2):
        troubled.reply(on_x, "Olá!")
        troubled.reply(on_mastodon, "Olá!", key="one")

    assert troubled.answers(on_x) == ["Olá!"], "X still knows what it was told a moment ago"
    assert troubled.answers(on_mastodon) == ["Olá!"], "Mastodon still knows the key"


def listed(troubled: Troubled, network: str) -> list[str]:
    """What a listener reads of posts that may come late there."""
    if network != "mastodon":
        return troubled.ids(network, {"sort[id]": "DESC"} if network == "reclame_aqui" else None)
    return [status["id"] for status in troubled.ask("mastodon", "/api/v1/timelines/tag/LojaAurora").json()]


def speaks(troubled: Troubled, network: str) -> Post:
    if network != "mastodon":
        return troubled.complains(network)
    return troubled.sandbox.says("mastodon", "Nada de novo da #LojaAurora", addresses_brand=False)


@pytest.mark.parametrize("network", sorted(LATEST))
def test_late_post_comes_in_behind_newer_ones_within_what_a_client_reads_again(
    troubled: Troubled, network: str
) -> None:
    plan = troubled.meets_once("late-post")
    late, newer = speaks(troubled, network), speaks(troubled, network)

    assert listed(troubled, network)[0] == newer.external_id
    assert late.external_id not in listed(troubled, network)
    assert late.external_id in {post.external_id for post in Truth(troubled.state).customer_posts()}
    troubled.clock.advance_to(late.posted_at + LATEST[network])
    assert listed(troubled, network)[:2] == [newer.external_id, late.external_id]
    assert plan.counts == {"late-post": 1}


@pytest.mark.parametrize("network", sorted(LATEST))
def test_late_post_is_there_at_once_when_calm_has_come(troubled: Troubled, network: str) -> None:
    plan = troubled.meets("late-post")
    post = speaks(troubled, network)
    assert post.external_id not in listed(troubled, network)
    plan.calm()
    assert listed(troubled, network)[0] == post.external_id


def test_late_post_spares_lists_that_a_client_cannot_read_again(troubled: Troubled) -> None:
    plan = troubled.meets("late-post")
    on_the_site, notified = troubled.complains("complaints"), troubled.complains("mastodon")

    assert troubled.ids("complaints")[0] == on_the_site.external_id
    assert troubled.ids("mastodon")[0] == notified.external_id
    assert plan.counts == {"late-post": 0}


def test_late_post_on_a_complaint_site_has_no_ticket_yet(troubled: Troubled) -> None:
    before = troubled.ask("reclame_aqui", "/ticket/v1/tickets/count").json()
    troubled.meets("late-post")
    post = troubled.complains("reclame_aqui")

    assert troubled.ask("reclame_aqui", "/ticket/v1/tickets/count").json() == before
    assert troubled.ask("reclame_aqui", f"/ticket/v1/tickets?id[eq]={post.thread}").json()["data"] == []
    troubled.clock.advance(LATEST["reclame_aqui"])
    assert troubled.ask("reclame_aqui", f"/ticket/v1/tickets?id[eq]={post.thread}").json()["data"] != []
