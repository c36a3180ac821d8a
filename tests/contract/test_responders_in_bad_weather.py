"""What every responder does in bad weather: it never publishes twice, and says whether it may have published."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

import pytest

from errors import (
    ChannelError,
    NeedsAttentionError,
    OutcomeUnknownError,
    RateLimitedError,
    RejectedError,
    TryLaterError,
)
from tests.contract import weather
from tests.contract.conftest import CALM, SHORT, World, in_brief
from tests.contract.weather import Fault, answers

UNKNOWN = (OutcomeUnknownError,)
REFUSED = (NeedsAttentionError, RejectedError)
LOST = (TryLaterError, RateLimitedError, NeedsAttentionError)


@dataclass(frozen=True)
class Case:
    fault: Fault
    becomes: tuple[type[ChannelError], ...]
    patience: timedelta = CALM


# Nothing was published, and the platform said so.
SAID_NO: Mapping[str, Case] = {
    "400": Case(answers(400), REFUSED),
    "401": Case(answers(401), REFUSED),
    "402 without credit": Case(answers(402), REFUSED),
    "403": Case(answers(403), REFUSED),
    "404": Case(answers(404), REFUSED),
    "422": Case(answers(422), REFUSED),
    "429": Case(answers(429), (RateLimitedError,)),
    "429 for a minute": Case(answers(429, {"Retry-After": "60"}), (RateLimitedError,)),
}
# Anything may have happened; here nothing has.
NO_WORD: Mapping[str, Case] = {
    "500": Case(answers(500), UNKNOWN),
    "502": Case(answers(502), UNKNOWN),
    "503": Case(answers(503), UNKNOWN),
    "503 with a wait": Case(answers(503, {"Retry-After": "1"}), UNKNOWN),
    "time-out": Case(weather.silence(first=False), UNKNOWN, SHORT),
    "reset": Case(weather.reset(first=False), UNKNOWN),
    "redirect elsewhere": Case(weather.elsewhere, UNKNOWN),
}
# The platform published it, and its answer was lost or made no sense.
PUBLISHED: Mapping[str, Case] = {
    "time-out": Case(weather.silence(first=True), UNKNOWN, SHORT),
    "reset": Case(weather.reset(first=True), UNKNOWN),
    "500": Case(answers(500, first=True), UNKNOWN),
    "502": Case(answers(502, first=True), UNKNOWN),
    "503": Case(answers(503, first=True), UNKNOWN),
    "answer cut short": Case(weather.cut_short, UNKNOWN),
    "half a body": Case(weather.half_a_body, UNKNOWN),
    "HTML": Case(weather.sign_in_page, UNKNOWN),
    "an answer that says nothing": Case(answers(200, body={}, first=True), UNKNOWN),
    "gzip bomb": Case(weather.bomb, UNKNOWN),
    "11 MB": Case(weather.huge, UNKNOWN),
    "endless": Case(weather.endless, UNKNOWN, SHORT),
}


def _secrets(world: World) -> list[str]:
    return [secret for name, secret in world.stage.secrets.items() if name != "username"]


@pytest.mark.parametrize("case", in_brief({**SAID_NO, **NO_WORD}))
def test_a_fault_is_met_with_one_request_and_says_what_it_means(posting_world: World, case: Case) -> None:
    world = posting_world
    (post,) = world.publish("meu pedido não chegou")
    reply = world.reply_to(post)
    world.weather.clear()
    world.weather.strike(case.fault, when=world.stage.is_publishing)
    with pytest.raises(case.becomes) as caught:
        world.responder(case.patience).post(reply)
    assert len(world.weather.requests(world.stage.is_publishing)) == 1
    assert world.answers() == []
    assert not any(secret in str(caught.value) for secret in _secrets(world))


@pytest.mark.parametrize("case", in_brief(PUBLISHED))
def test_a_lost_answer_is_unknown_and_the_reply_is_found(posting_world: World, case: Case) -> None:
    world = posting_world
    (post,) = world.publish("meu pedido não chegou")
    reply = world.reply_to(post)
    world.weather.clear()
    world.weather.strike(case.fault, when=world.stage.is_publishing)
    with pytest.raises(OutcomeUnknownError):
        world.responder(case.patience).post(reply)
    assert len(world.weather.requests(world.stage.is_publishing)) == 1
    (answer,) = world.answers()
    world.weather.clear()
    world.clock.advance(timedelta(minutes=2))
    found = world.responder().find(reply)
    assert found is not None
    assert found.external_id == answer.external_id
    assert len(world.answers()) == 1


FIND_CASES: Mapping[str, Case] = {
    "401": Case(answers(401), (NeedsAttentionError,)),
    "403": Case(answers(403), (NeedsAttentionError,)),
    "429": Case(answers(429), (RateLimitedError,)),
    "500": Case(answers(500), LOST),
    "503": Case(answers(503), LOST),
    "time-out": Case(weather.silence(first=False), LOST, SHORT),
    "reset": Case(weather.reset(first=False), LOST),
    "half a body": Case(weather.half_a_body, LOST),
    "HTML": Case(weather.sign_in_page, LOST),
    "an answer that says nothing": Case(answers(200, body={}), LOST),
    "redirect elsewhere": Case(weather.elsewhere, LOST),
    "gzip bomb": Case(weather.bomb, LOST),
    "endless": Case(weather.endless, LOST, SHORT),
}


@pytest.mark.parametrize("case", in_brief(FIND_CASES))
def test_a_look_that_fails_never_says_that_nothing_is_there(world: World, case: Case) -> None:
    (post,) = world.publish("meu pedido não chegou")
    reply = world.reply_to(post)
    world.weather.clear()
    world.weather.strike(case.fault, when=lambda seen: not world.stage.is_token(seen))
    with pytest.raises(case.becomes) as caught:
        world.responder(case.patience).find(reply)
    assert world.weather.requests(world.stage.is_writing) == []
    assert not any(secret in str(caught.value) for secret in _secrets(world))


@pytest.mark.parametrize(
    ("fault", "becomes"),
    [
        (answers(401, body={"error": "invalid_client"}), (NeedsAttentionError,)),
        (answers(429), (RateLimitedError,)),
        (answers(500), (TryLaterError,)),
        (answers(503), (TryLaterError,)),
        (weather.reset(first=False), (TryLaterError,)),
        (weather.half_a_body, (TryLaterError,)),
        (weather.sign_in_page, (TryLaterError, NeedsAttentionError)),
    ],
    ids=["401", "429", "500", "503", "reset", "half a body", "HTML"],
)
def test_without_a_token_nothing_is_published_and_it_is_known(
    token_world: World, fault: Fault, becomes: tuple[type[ChannelError], ...]
) -> None:
    world = token_world
    (post,) = world.publish("meu pedido não chegou")
    reply = world.reply_to(post)
    world.weather.clear()
    world.weather.strike(fault, when=world.stage.is_token)
    with pytest.raises(becomes) as caught:
        world.responder().post(reply)
    assert world.weather.requests(world.stage.is_publishing) == []
    assert world.answers() == []
    assert not any(secret in str(caught.value) for secret in _secrets(world))
