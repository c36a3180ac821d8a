"""429 in every bad way, and what is gone when the plan is calm."""

from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime

import httpx
import pytest

from tests.sandbox.fault_tools import EVERYWHERE, Troubled

RESETS = ("x-rate-limit-reset", "x-ratelimit-reset", "retry-after")


def limited(troubled: Troubled, network: str, kind: str) -> list[httpx.Response]:
    """Some answers of a network that limits the rate badly; when calm has come it answers well again."""
    plan = troubled.meets(kind)
    answers = [troubled.read(network) for _ in range(8)]
    assert {answer.status_code for answer in answers} == {429}
    assert plan.counts == {kind: 8}
    plan.calm()
    assert troubled.read(network).status_code == 200
    return answers


def reset_of(answer: httpx.Response, now: datetime) -> timedelta:
    """The wait that the platform's own header asks for."""
    told = next(answer.headers[name] for name in RESETS if name in answer.headers)
    if "T" in told:
        return datetime.fromisoformat(told) - now
    number = float(told)
    return timedelta(seconds=number - now.timestamp() if number > 1e9 else number)


@pytest.mark.parametrize("network", EVERYWHERE)
def test_rate_limit_past_names_a_time_that_is_long_over(troubled: Troubled, network: str) -> None:
    for answer in limited(troubled, network, "rate-limit-past"):
        assert reset_of(answer, troubled.clock.now()) < timedelta()


@pytest.mark.parametrize("network", EVERYWHERE)
def test_rate_limit_far_asks_for_days(troubled: Troubled, network: str) -> None:
    for answer in limited(troubled, network, "rate-limit-far"):
        assert reset_of(answer, troubled.clock.now()) >= timedelta(days=2)


@pytest.mark.parametrize("network", EVERYWHERE)
def test_rate_limit_garbage_is_no_time_that_anybody_can_read(troubled: Troubled, network: str) -> None:
    for answer in limited(troubled, network, "rate-limit-garbage"):
        with pytest.raises((ValueError, OverflowError)):
            reset_of(answer, troubled.clock.now())


@pytest.mark.parametrize("network", EVERYWHERE)
def test_rate_limit_silent_says_nothing_of_the_wait(troubled: Troubled, network: str) -> None:
    for answer in limited(troubled, network, "rate-limit-silent"):
        assert not set(RESETS) & set(answer.headers)


@pytest.mark.parametrize("network", EVERYWHERE)
def test_retry_after_date_is_an_http_date_that_is_to_come(troubled: Troubled, network: str) -> None:
    for answer in limited(troubled, network, "retry-after-date"):
        wait = parsedate_to_datetime(answer.headers["retry-after"]) - troubled.clock.now()
        assert timedelta() < wait < timedelta(minutes=2)
        assert "x-ratelimit-reset" not in answer.headers


def test_a_reply_that_met_a_limit_was_not_published(troubled: Troubled) -> None:
    post = troubled.complains("mastodon")
    troubled.meets("rate-limit-silent")

    assert troubled.reply(post, "Olá!").status_code == 429
    assert troubled.answers(post) == []
