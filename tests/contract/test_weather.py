"""The weather does what its faults say: a suite that never breaks anything would pass every channel."""

import http.client
import json
from collections.abc import Iterator

import pytest

from tests.contract import weather as faults
from tests.contract.weather import Answer, Fault, Seen, Weather, answers

TRUTH = json.dumps({"posts": ["um", "dois"]}).encode()


@pytest.fixture
def seen() -> list[Seen]:
    """What reached the platform."""
    return []


@pytest.fixture
def sky(weather: Weather, seen: list[Seen]) -> Iterator[Weather]:
    def platform(request: Seen) -> Answer:
        seen.append(request)
        return Answer(200, (("content-type", "application/json"),), TRUTH)

    yield weather.over(platform)
    weather.over(platform)


def _get(sky: Weather, timeout: float = 5, path: str = "/posts?page=2") -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", int(sky.url.rpartition(":")[2]), timeout=timeout)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def _every(request: Seen) -> bool:
    return True


def test_fine_weather_passes_everything_on(sky: Weather, seen: list[Seen]) -> None:
    assert _get(sky) == (200, TRUTH)
    assert [(request.method, request.path, request.query) for request in seen] == [("GET", "/posts", "page=2")]
    assert [request.forwarded for request in sky.seen] == [True]


def test_a_fault_strikes_what_it_picks_as_often_as_it_may(sky: Weather, seen: list[Seen]) -> None:
    sky.strike(answers(503), when=lambda request: request.path == "/posts", times=1)
    assert _get(sky, path="/other")[0] == 200
    assert _get(sky)[0] == 503
    assert _get(sky)[0] == 200
    assert [request.path for request in seen] == ["/other", "/posts"]


def test_an_answer_may_come_before_or_after_the_platform_has_acted(sky: Weather, seen: list[Seen]) -> None:
    sky.strike(answers(500), when=_every, times=1)
    sky.strike(answers(500, first=True), when=_every, times=1)
    assert _get(sky)[0] == 500
    assert seen == []
    assert _get(sky)[0] == 500
    assert len(seen) == 1


@pytest.mark.parametrize(
    ("fault", "error", "reached"),
    [
        (faults.reset(first=False), ConnectionResetError, 0),
        (faults.reset(first=True), ConnectionResetError, 1),
        (faults.silence(first=False), TimeoutError, 0),
        (faults.silence(first=True), TimeoutError, 1),
        (faults.cut_short, http.client.IncompleteRead, 1),
    ],
    ids=["reset", "reset after", "silence", "silence after", "cut short"],
)
def test_a_connection_breaks_as_it_should(
    sky: Weather, seen: list[Seen], fault: Fault, error: type[Exception], reached: int
) -> None:
    sky.strike(fault, when=_every)
    with pytest.raises(error):
        _get(sky, timeout=0.3)
    assert len(seen) == reached


def test_a_body_is_broken_as_it_should(sky: Weather) -> None:
    for fault in (faults.half_a_body, faults.sign_in_page, faults.huge, faults.bomb):
        sky.clear()
        sky.strike(fault, when=_every)
        status, body = _get(sky)
        assert status == 200
        assert body != TRUTH
        assert (len(body) > 10_000_000) == (fault is faults.huge)


def test_an_endless_answer_drips(sky: Weather) -> None:
    sky.strike(faults.endless, when=_every)
    connection = http.client.HTTPConnection("127.0.0.1", int(sky.url.rpartition(":")[2]), timeout=2)
    connection.request("GET", "/")
    assert connection.getresponse().read(4) == b"    "
    connection.close()
