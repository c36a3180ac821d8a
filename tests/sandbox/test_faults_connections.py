"""Connections that end at the wrong moment: what the client notices, and what the network has done."""

import httpx
import pytest

from tests.sandbox.fault_tools import APIS, CONNECTION_LOST, EVERYWHERE, Troubled, a_client


@pytest.mark.parametrize("network", EVERYWHERE)
def test_dropped_unread_resets_the_connection_and_nothing_was_done(troubled: Troubled, network: str) -> None:
    post = troubled.complains(network)
    plan = troubled.meets("dropped-unread")

    with pytest.raises(httpx.ReadError, match="reset"):
        troubled.read(network)
    if network != "complaints":
        with pytest.raises(CONNECTION_LOST):  # the reset may meet a client that is still sending
            troubled.reply(post, "Olá!")
    assert troubled.answers(post) == []
    plan.calm()
    assert troubled.ids(network)[0] == post.external_id


@pytest.mark.parametrize("network", EVERYWHERE)
def test_dropped_mid_answer_ends_where_more_was_announced(troubled: Troubled, network: str) -> None:
    post = troubled.complains(network)
    plan = troubled.meets("dropped-mid-answer")

    with pytest.raises(httpx.RemoteProtocolError, match="without sending complete message body"):
        troubled.read(network)
    plan.calm()
    assert troubled.ids(network)[0] == post.external_id


@pytest.mark.parametrize("network", APIS)
def test_dropped_mid_answer_strikes_a_reply_that_was_published(troubled: Troubled, network: str) -> None:
    post = troubled.complains(network)
    troubled.meets("dropped-mid-answer")

    with pytest.raises(httpx.RemoteProtocolError):
        troubled.reply(post, "Olá!")
    assert troubled.answers(post) == ["Olá!"]


@pytest.mark.parametrize("network", APIS)
def test_dropped_after_accepting_publishes_and_answers_nothing(troubled: Troubled, network: str) -> None:
    post = troubled.complains(network)
    plan = troubled.meets("dropped-after-accepting")

    assert troubled.read(network).status_code == 200
    with pytest.raises(CONNECTION_LOST) as lost:
        troubled.reply(post, "Olá!")
    assert "complete message body" not in str(lost.value)
    assert troubled.answers(post) == ["Olá!"]
    plan.calm()
    assert troubled.reply(post, "Mais uma palavra.").status_code < 300
    assert plan.counts == {"dropped-after-accepting": 1}


def test_dropped_after_accepting_leaves_a_refusal_alone(troubled: Troubled) -> None:
    post = troubled.complains("reddit")
    plan = troubled.meets("dropped-after-accepting", "error-after-accepting")

    assert troubled.reply(post, " ").json()["json"]["errors"][0][0] == "NO_TEXT"
    assert set(plan.counts.values()) == {0}


@pytest.mark.parametrize("network", EVERYWHERE)
def test_stale_connection_ends_under_the_request_that_reuses_it(troubled: Troubled, network: str) -> None:
    post = troubled.complains(network)
    plan = troubled.meets("stale-connection")

    with a_client() as client:
        assert troubled.read(network, client=client).status_code == 200
        with pytest.raises(httpx.RemoteProtocolError, match="without sending a response"):
            troubled.reply(post, "Olá!", client) if network != "complaints" else troubled.read(network, client=client)
        assert troubled.read(network, client=client).status_code == 200, "a new connection serves again"
        assert troubled.answers(post) == []
        plan.calm()
        assert [troubled.read(network, client=client).status_code for _ in range(2)] == [200, 200]
