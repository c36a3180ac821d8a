"""What every listener does in bad weather: one of our errors, never a part of a page, and nothing is lost by it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

import pytest

from errors import ChannelError, NeedsAttentionError, RateLimitedError, TryLaterError
from listeners.base import Edited, Gone, Page, Unchanged
from tests.contract import weather
from tests.contract.conftest import CALM, SHORT, START, World, in_brief
from tests.contract.weather import Fault, Seen, answers

LATER = (TryLaterError,)
PERSON = (NeedsAttentionError,)
# The true page may be so broken that it looks like another layout.
BROKEN = (TryLaterError, NeedsAttentionError)


@dataclass(frozen=True)
class Case:
    fault: Fault
    becomes: tuple[type[ChannelError], ...]
    patience: timedelta = CALM


CASES: Mapping[str, Case] = {
    "401": Case(answers(401), PERSON),
    "402 without credit": Case(answers(402), PERSON),
    "403": Case(answers(403), PERSON),
    "429": Case(answers(429), (RateLimitedError,)),
    "500": Case(answers(500), LATER),
    "502": Case(answers(502), LATER),
    "503": Case(answers(503, {"Retry-After": "30"}), (TryLaterError, RateLimitedError)),
    "time-out": Case(weather.silence(first=False), LATER, SHORT),
    "time-out after the request arrived": Case(weather.silence(first=True), LATER, SHORT),
    "reset": Case(weather.reset(first=False), LATER),
    "reset after the request arrived": Case(weather.reset(first=True), LATER),
    "answer cut short": Case(weather.cut_short, LATER),
    "half a body": Case(weather.half_a_body, BROKEN),
    "HTML": Case(weather.sign_in_page, BROKEN),
    "redirect elsewhere": Case(weather.elsewhere, BROKEN),
    "gzip bomb": Case(weather.bomb, BROKEN),
    "11 MB": Case(weather.huge, BROKEN),
    "endless": Case(weather.endless, LATER, SHORT),
}


class After:
    """Picks requests that read, from the one after the first `skip` on."""

    def __init__(self, world: World, skip: int) -> None:
        self._world = world
        self._left = skip

    def __call__(self, seen: Seen) -> bool:
        if not self._world.stage.is_reading(seen):
            return False
        self._left -= 1
        return self._left < 0


def _secrets(world: World) -> list[str]:
    return [secret for name, secret in world.stage.secrets.items() if name != "username"]


def _pages_until_error(world: World) -> tuple[list[Page], ChannelError | None]:
    """What one fetch yields, and the error that ended it."""
    pages: list[Page] = []
    try:
        pages.extend(world.pages(world.listener(), None))
    except ChannelError as error:
        return pages, error
    return pages, None


@pytest.mark.parametrize("case", in_brief(CASES))
def test_a_fault_becomes_our_error_and_loses_nothing(world: World, case: Case) -> None:
    posts = {post.external_id for post in world.publish("uma", "duas", "três")}
    world.weather.strike(case.fault, when=world.stage.is_reading)
    with pytest.raises(case.becomes) as caught:
        list(world.listener(case.patience).fetch(None))
    assert not any(secret in str(caught.value) for secret in _secrets(world))
    world.weather.clear()
    heard, _ = world.hear()
    assert heard.keys() >= posts


@pytest.mark.parametrize("name", ["429", "reset", "half a body"])
def test_a_fault_on_a_later_page_keeps_the_pages_before_it_whole(world: World, name: str) -> None:
    case = CASES[name]
    posts = {
        post.external_id for post in world.publish(*(f"número {number}" for number in range(world.stage.page + 5)))
    }
    sizes = [len(page.mentions) for page in _pages_until_error(world)[0]]
    world.clock.advance(timedelta(minutes=15))
    asked = len(world.weather.requests(world.stage.is_reading))
    world.weather.clear()
    world.weather.strike(case.fault, when=After(world, skip=asked - 1))
    pages, error = _pages_until_error(world)
    assert isinstance(error, case.becomes)
    seen_sizes = [len(page.mentions) for page in pages]
    heard = {mention.external_id for page in pages for mention in page.mentions}
    cursor = next((page.cursor for page in reversed(pages) if page.cursor is not None), None)
    assert seen_sizes == sizes[: len(seen_sizes)], "a page came in part"
    assert len(seen_sizes) < len(sizes)
    world.weather.clear()
    rest, _ = world.hear(cursor)
    assert posts - heard - rest.keys() == set()
    if cursor is None:
        assert posts - rest.keys() == set()


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in CASES if name not in ("endless", "11 MB", "gzip bomb")])
def test_a_fault_while_checking_becomes_our_error(world: World, name: str) -> None:
    (post,) = world.publish("esta existe")
    world.hear()
    case = CASES[name]
    world.weather.clear()
    world.weather.strike(case.fault, when=world.stage.is_reading)
    facts: list[Unchanged | Edited | Gone] = []
    with pytest.raises(case.becomes):
        facts.extend(world.listener(case.patience).check([post.external_id]))
    assert facts == []


def test_an_error_page_is_never_taken_for_a_deletion(world: World) -> None:
    (post,) = world.publish("esta existe")
    world.hear()
    for fault in (weather.sign_in_page, answers(500), answers(503), answers(200, body={})):
        world.weather.clear()
        world.weather.strike(fault, when=world.stage.is_reading)
        facts: list[Unchanged | Edited | Gone] = []
        try:
            facts.extend(world.listener().check([post.external_id]))
        except ChannelError:
            continue
        assert facts == []


# What the platform says of the wait, and the wait that we may conclude: never below nothing, never for half a day.
RESETS: Mapping[str, tuple[Mapping[str, str], timedelta | None, timedelta | None]] = {
    "seconds": ({"Retry-After": "42"}, timedelta(seconds=42), timedelta(seconds=42)),
    "a date": ({"Retry-After": "Fri, 20 Nov 2026 13:00:00 GMT"}, timedelta(minutes=30), timedelta(hours=1)),
    "nothing": ({}, None, timedelta(hours=1)),
    "garbage": ({"Retry-After": "soon", "x-rate-limit-reset": "maybe"}, None, timedelta(hours=1)),
    "the past": ({"x-rate-limit-reset": str(int(START.timestamp()) - 3600)}, None, timedelta(hours=1)),
    "a year": ({"Retry-After": "31536000"}, None, timedelta(hours=3)),
    "not a number": ({"Retry-After": "nan"}, None, timedelta(hours=1)),
    "negative": ({"Retry-After": "-5"}, None, timedelta(hours=1)),
}


@pytest.mark.parametrize("said", RESETS.values(), ids=RESETS.keys())
def test_a_rate_limit_says_how_long_to_wait(
    world: World, said: tuple[Mapping[str, str], timedelta | None, timedelta | None]
) -> None:
    headers, least, most = said
    world.publish("uma")
    world.weather.strike(answers(429, headers), when=world.stage.is_reading)
    with pytest.raises(RateLimitedError) as caught:
        list(world.listener().fetch(None))
    wait = caught.value.retry_after
    if least is not None:
        assert wait is not None
        assert least <= wait
    if wait is not None:
        assert timedelta() <= wait
        assert most is None or wait <= most


@pytest.mark.parametrize("status", [400, 401, 403])
def test_refused_credentials_are_for_a_person(token_world: World, status: int) -> None:
    token_world.weather.strike(answers(status, body={"error": "invalid_grant"}), when=token_world.stage.is_token)
    with pytest.raises(NeedsAttentionError) as caught:
        list(token_world.listener().fetch(None))
    assert not any(secret in str(caught.value) for secret in _secrets(token_world))


@pytest.mark.parametrize(
    "fault",
    [answers(500), answers(503), weather.reset(first=False), weather.half_a_body, weather.sign_in_page],
    ids=["500", "503", "reset", "half a body", "HTML"],
)
def test_a_token_that_does_not_come_is_for_later(token_world: World, fault: Fault) -> None:
    token_world.weather.strike(fault, when=token_world.stage.is_token)
    with pytest.raises((TryLaterError, RateLimitedError)):
        list(token_world.listener().fetch(None))


def test_a_token_that_expired_is_renewed_or_given_to_a_person(token_world: World) -> None:
    (post,) = token_world.publish("uma")
    listener = token_world.listener()
    token_world.hear(None, listener)
    token_world.clock.advance(timedelta(days=3))
    try:
        heard, _ = token_world.hear(None, listener)
    except NeedsAttentionError:
        heard, _ = token_world.hear()
    assert post.external_id in heard
