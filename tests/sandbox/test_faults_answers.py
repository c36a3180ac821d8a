"""Answers that are broken, late, from elsewhere or of another time; what was asked for may have happened."""

import json
import time
from collections.abc import Iterator
from datetime import timedelta
from email.utils import format_datetime

import httpx
import pytest

from sandbox.faults.plan import FaultPlan
from tests.sandbox.fault_tools import APIS, CONNECTION_LOST, EVERYWHERE, Troubled, a_client


def answers_well_again(troubled: Troubled, plan: FaultPlan, network: str, external_id: str) -> None:
    plan.calm()
    assert troubled.ids(network)[0] == external_id


@pytest.mark.parametrize("network", APIS)
def test_error_after_accepting_is_5xx_for_a_reply_that_stands_there(troubled: Troubled, network: str) -> None:
    post = troubled.complains(network)
    plan = troubled.meets("error-after-accepting")

    assert troubled.read(network).status_code == 200
    assert troubled.reply(post, "Olá!").status_code in (500, 502, 503, 504)
    assert troubled.answers(post) == ["Olá!"]
    plan.calm()
    assert troubled.reply(post, "Mais uma palavra.").status_code < 300


@pytest.mark.parametrize("network", EVERYWHERE)
def test_truncated_body_has_a_length_that_fits_and_no_end(troubled: Troubled, network: str) -> None:
    post = troubled.complains(network)
    whole = troubled.read(network).text
    plan = troubled.meets("truncated-body")

    cut = troubled.read(network)
    assert cut.status_code == 200
    assert len(cut.content) == int(cut.headers["content-length"])
    assert whole.startswith(cut.text[:-1])
    if network != "complaints":
        with pytest.raises(json.JSONDecodeError):
            cut.json()
        assert troubled.reply(post, "Olá!").status_code < 300
        assert troubled.answers(post) == ["Olá!"]
    answers_well_again(troubled, plan, network, post.external_id)


@pytest.mark.parametrize("network", EVERYWHERE)
def test_html_with_200_stands_in_place_of_the_answer(troubled: Troubled, network: str) -> None:
    post = troubled.complains(network)
    plan = troubled.meets("html-with-200")

    for answer in (troubled.read(network), *(troubled.reply(post, "Olá!") for _ in APIS if network in APIS)):
        assert answer.status_code == 200
        assert "We will be back soon" in answer.text
        assert answer.headers["content-type"].startswith("text/html")
    answers_well_again(troubled, plan, network, post.external_id)


@pytest.mark.parametrize("network", APIS)
def test_json_of_another_shape_is_never_an_empty_page(troubled: Troubled, network: str) -> None:
    post = troubled.complains(network)
    plan = troubled.meets("json-of-another-shape")

    shapes = [troubled.read(network).json() for _ in range(8)]
    assert len({json.dumps(shape) for shape in shapes}) > 2
    assert [] not in shapes
    for shape in shapes:
        assert not (isinstance(shape, dict) and {"meta", "kind"} & shape.keys())
    assert troubled.reply(post, "Olá!").status_code < 300
    assert troubled.answers(post) == ["Olá!"]
    answers_well_again(troubled, plan, network, post.external_id)


@pytest.mark.parametrize("network", EVERYWHERE)
def test_empty_body_has_a_good_status_and_nothing_behind_it(troubled: Troubled, network: str) -> None:
    post = troubled.complains(network)
    plan = troubled.meets("empty-body")

    answer = troubled.read(network)
    assert (answer.status_code, answer.content) == (200, b"")
    if network != "complaints":
        assert troubled.reply(post, "Olá!").content == b""
        assert troubled.answers(post) == ["Olá!"]
    answers_well_again(troubled, plan, network, post.external_id)


@pytest.mark.parametrize("network", EVERYWHERE)
def test_slow_answer_lets_tens_of_seconds_pass_on_the_sandboxs_clock(troubled: Troubled, network: str) -> None:
    post = troubled.complains(network)
    plan = troubled.meets("slow-answer")
    asked, began = troubled.clock.now(), time.monotonic()

    assert troubled.ids(network)[0] == post.external_id
    assert timedelta(seconds=20) <= troubled.clock.now() - asked <= timedelta(seconds=90)
    assert time.monotonic() - began < 5
    plan.calm()
    asked = troubled.clock.now()
    assert troubled.read(network).status_code == 200
    assert troubled.clock.now() == asked


@pytest.mark.parametrize("network", APIS)
def test_no_answer_in_time_may_have_done_what_was_asked_or_not(troubled: Troubled, network: str) -> None:
    posts = [troubled.complains(network) for _ in range(5)]
    plan = troubled.meets("no-answer-in-time", patience=60)

    with a_client(read=0.05) as client:
        for post in posts:
            with pytest.raises(httpx.ReadTimeout):
                troubled.reply(post, "Olá!", client)
    plan.calm()
    assert troubled.ids(network)[0] == posts[-1].external_id
    done = [troubled.answers(post) for post in posts]
    assert [] in done
    assert ["Olá!"] in done


def test_no_answer_in_time_ends_the_connection_of_a_client_that_waits_longer(troubled: Troubled) -> None:
    plan = troubled.meets("no-answer-in-time")

    with pytest.raises(CONNECTION_LOST):
        troubled.read("complaints")
    plan.calm()
    assert troubled.read("complaints").status_code == 200


@pytest.mark.parametrize("network", EVERYWHERE)
def test_redirect_leads_a_read_elsewhere_or_once_around(troubled: Troubled, network: str) -> None:
    post = troubled.complains(network)
    plan = troubled.meets("redirect")

    answers = [troubled.read(network) for _ in range(8)]
    assert {answer.status_code for answer in answers} == {302}
    targets = {answer.headers["location"] for answer in answers}
    here = {target for target in targets if target.startswith(f"/{network}/") and target.endswith("checked=1")}
    assert len(here) == 1
    assert targets - here == {"http://127.0.0.2:9/sign-in"}
    if network != "complaints":
        assert troubled.reply(post, "Olá!").status_code < 300, "a request that publishes is never redirected"
    plan.calm()
    assert troubled.ids(network)[0] == post.external_id
    around = troubled.ask(network, here.pop().removeprefix(f"/{network}"))
    assert around.status_code == 200


@pytest.mark.parametrize("network", EVERYWHERE)
def test_wrong_date_is_hours_or_decades_off_or_no_date(troubled: Troubled, network: str) -> None:
    post = troubled.complains(network)
    plan = troubled.meets("wrong-date")

    def dates() -> Iterator[str]:
        for _ in range(9):
            answer = troubled.read(network)
            assert answer.headers.get_list("date") == [answer.headers["date"]]
            yield answer.headers["date"]

    wrong, right = set(dates()), format_datetime(troubled.clock.now(), usegmt=True)
    assert right not in wrong
    assert len(wrong) > 3
    answers_well_again(troubled, plan, network, post.external_id)
    assert troubled.read(network).headers["date"] == right
