"""Troubles that last for a while, and end by themselves or with calm."""

import base64

import httpx
import pytest

from sandbox import credentials
from tests.sandbox.fault_tools import APIS, EVERYWHERE, Troubled

LONGEST = 121  # seconds, and a little


def lasts_for_a_while(troubled: Troubled, kind: str, network: str) -> list[int]:
    """The statuses of a trouble that is there again a moment later, and has gone when its time has come."""
    plan = troubled.meets_once(kind)
    first = troubled.read(network)
    troubled.later(seconds=5)
    second = troubled.read(network)
    assert plan.counts == {kind: 2}
    troubled.later(seconds=LONGEST)
    assert troubled.read(network).status_code == 200
    assert plan.counts == {kind: 2}
    return [first.status_code, second.status_code]


def ends_with_calm(troubled: Troubled, kind: str, network: str) -> None:
    plan = troubled.meets(kind)
    assert troubled.read(network).status_code >= 400
    plan.calm()
    assert troubled.read(network).status_code == 200


@pytest.mark.parametrize("network", EVERYWHERE)
def test_server_errors_last_for_a_while_and_publish_nothing(troubled: Troubled, network: str) -> None:
    assert set(lasts_for_a_while(troubled, "server-errors", network)) <= {500, 502, 503, 504}
    post = troubled.complains("mastodon")
    troubled.meets("server-errors")
    assert troubled.reply(post, "Olá!").status_code >= 500
    assert troubled.answers(post) == []
    ends_with_calm(troubled, "server-errors", network)


@pytest.mark.parametrize("network", APIS)
def test_token_revoked_refuses_every_request_for_a_while(troubled: Troubled, network: str) -> None:
    assert lasts_for_a_while(troubled, "token-revoked", network) == [401, 401]
    ends_with_calm(troubled, "token-revoked", network)


@pytest.mark.parametrize("network", ["reddit", "reclame_aqui"])
def test_token_revoked_makes_no_new_token_either(troubled: Troubled, network: str) -> None:
    basic = {
        "reddit": f"{credentials.REDDIT_CLIENT_ID}:{credentials.REDDIT_CLIENT_SECRET}",
        "reclame_aqui": f"{credentials.RECLAME_AQUI_CLIENT_ID}:{credentials.RECLAME_AQUI_CLIENT_SECRET}",
    }[network]
    path = {"reddit": "/api/v1/access_token", "reclame_aqui": "/auth/oauth/token?grant_type=client_credentials"}
    headers = {"authorization": f"Basic {base64.b64encode(basic.encode()).decode()}"}
    form = {"grant_type": "password", "username": "LojaAuroraBR", "password": credentials.REDDIT_PASSWORD}
    plan = troubled.meets("token-revoked")

    assert troubled.ask(network, path[network], form=form, headers=headers).status_code == 401
    plan.calm()
    assert "access_token" in troubled.ask(network, path[network], form=form, headers=headers).json()


@pytest.mark.parametrize("network", EVERYWHERE)
def test_account_suspended_locks_out_for_a_while(troubled: Troubled, network: str) -> None:
    assert lasts_for_a_while(troubled, "account-suspended", network) == [403, 403]
    ends_with_calm(troubled, "account-suspended", network)


def test_credits_used_up_is_402_for_a_while(troubled: Troubled) -> None:
    assert lasts_for_a_while(troubled, "credits-used-up", "x") == [402, 402]
    ends_with_calm(troubled, "credits-used-up", "x")


def test_layout_change_renames_the_classes_of_every_page_and_takes_it_back(troubled: Troubled) -> None:
    post = troubled.complains("complaints")
    before = troubled.ask("complaints", f"/{post.external_id}").text
    plan = troubled.meets_once("layout-change")

    listed = troubled.read("complaints")
    assert post.external_id in listed.text
    assert "complaint-entry" not in listed.text
    changed = troubled.ask("complaints", f"/{post.external_id}").text
    assert post.text in changed
    assert "complaint-text" not in changed
    troubled.later(seconds=LONGEST)
    assert troubled.ask("complaints", f"/{post.external_id}").text == before
    assert plan.counts == {"layout-change": 2}
    plan = troubled.meets("layout-change")
    assert troubled.ids("complaints") == []
    plan.calm()
    assert troubled.ids("complaints")[0] == post.external_id


@pytest.mark.parametrize("network", ["reddit", "mastodon", "reclame_aqui"])
def test_thread_missing_hides_one_thread_for_a_while_and_no_other(troubled: Troubled, network: str) -> None:
    there, other = troubled.complains(network), troubled.complains(network)
    troubled.reply(there, "Olá, aqui está.")
    troubled.reply(other, "Olá, aqui também.")
    plan = troubled.meets_once("thread-missing")

    def thread(name: str) -> httpx.Response:
        path = {"reddit": f"/comments/{name[3:]}", "mastodon": f"/api/v1/statuses/{name}/context"}
        return troubled.ask(network, path.get(network, f"/ticket/v1/tickets?id[eq]={name}"))

    missing = thread(there.thread)
    assert missing.status_code == (200 if network == "reclame_aqui" else 404)
    assert "aqui está" not in missing.text
    assert "aqui também" in thread(other.thread).text
    assert "aqui está" not in thread(there.thread).text
    troubled.later(seconds=LONGEST)
    assert "aqui está" in thread(there.thread).text
    plan = troubled.meets("thread-missing")
    assert "aqui está" not in thread(there.thread).text
    plan.calm()
    assert "aqui está" in thread(there.thread).text


def test_robots_failing_is_5xx_for_whoever_asks_for_the_rules(troubled: Troubled) -> None:
    plan = troubled.meets("robots-failing")

    assert troubled.page("/robots.txt").status_code >= 500
    assert troubled.page("/complaints/robots.txt").status_code >= 500
    assert troubled.read("complaints").status_code == 200
    plan.calm()
    assert "Disallow" in troubled.page("/robots.txt").text
