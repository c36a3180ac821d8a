"""The calls of a minute: never more than there are, and neither listening nor answering starves."""

from datetime import UTC, datetime, timedelta

import pytest

from channels.call_window import CallWindow, call_window
from channels.connection import Connection
from tests.answers import StoppedClock

NOON = datetime(2026, 3, 10, 15, 0, tzinfo=UTC)


def spent(window: CallWindow, clock: StoppedClock, *, answers: bool) -> int:
    count = 0
    while window.spend(clock, answers=answers) is None:
        count += 1
    return count


def test_there_are_never_more_calls_in_a_minute_than_allowed() -> None:
    window, clock = CallWindow(10), StoppedClock(NOON)
    assert [spent(window, clock, answers=answers) for answers in (True, False)] == [9, 1]
    clock.moment += timedelta(seconds=59)
    assert spent(window, clock, answers=False) == 0
    clock.moment += timedelta(seconds=1)
    assert [spent(window, clock, answers=answers) for answers in (False, True)] == [6, 4]


def test_whoever_only_listens_has_them_all() -> None:
    window, clock = CallWindow(10), StoppedClock(NOON)
    assert spent(window, clock, answers=False) == 10
    assert window.wait(clock, 1, answers=False) == timedelta(seconds=61)


@pytest.mark.parametrize("listening_first", [True, False])
def test_neither_starves_however_busy_the_other_is(listening_first: bool) -> None:
    window, clock = CallWindow(10), StoppedClock(NOON)
    answered = listened = 0
    for _ in range(10 * 12):  # every five seconds both take what they can; an answer needs two calls at once
        listened += spent(window, clock, answers=False) if listening_first else 0
        while window.wait(clock, 2, answers=True) is None:
            assert window.spend(clock, answers=True) is None
            assert window.spend(clock, answers=True) is None
            answered += 1
        listened += 0 if listening_first else spent(window, clock, answers=False)
        clock.moment += timedelta(seconds=5)
    assert answered >= 15  # in ten minutes
    assert listened >= 8


def test_a_wait_ends_when_there_is_room() -> None:
    window, clock = CallWindow(10), StoppedClock(NOON)
    for _ in range(8):
        window.spend(clock, answers=True)
        clock.moment += timedelta(seconds=1)
    wait = window.wait(clock, 2, answers=True)
    assert wait == timedelta(seconds=53)
    clock.moment += wait
    assert window.wait(clock, 2, answers=True) is None


def test_who_lives_by_one_clock_shares_a_companys_window_and_no_other() -> None:
    class Nameless(StoppedClock):
        __hash__ = None  # type: ignore[assignment]  # as a dataclass that can be compared

    def window_of(clock: StoppedClock, client_id: str = "id") -> CallWindow:
        secrets = {"client_id": client_id}
        return call_window(Connection("reclame_aqui", "http://ra", "ra", "aurora", secrets=secrets), clock, 10)

    clock = StoppedClock(NOON)
    assert window_of(clock) is window_of(clock)
    assert window_of(clock) is not window_of(clock, "other")
    assert window_of(clock) is not window_of(StoppedClock(NOON))
    assert window_of(Nameless(NOON)).wait(clock, 1, answers=True) is None
