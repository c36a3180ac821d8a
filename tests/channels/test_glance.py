"""A glance at our own posts: good for the moment, and for each post once."""

from datetime import UTC, datetime, timedelta

from channels.glance import MOMENT, Glance
from tests.answers import StoppedClock

NOON = datetime(2026, 3, 10, 15, 0, tzinfo=UTC)


def test_what_was_shown_is_told_once() -> None:
    glance: Glance[str] = Glance(StoppedClock(NOON))
    glance.keep(["a", "b"])
    assert glance.take(lambda shown: shown == "c") is None
    assert glance.take(lambda shown: shown == "b") == "b"
    assert glance.take(lambda shown: shown == "b") is None
    assert glance.take(lambda shown: shown == "a") == "a"


def test_what_was_shown_is_forgotten_after_a_moment_and_when_the_clock_steps_back() -> None:
    for later in (MOMENT + timedelta(milliseconds=1), timedelta(seconds=-1)):
        clock = StoppedClock(NOON)
        glance: Glance[str] = Glance(clock)
        glance.keep(["a"])
        clock.moment += later
        assert glance.take(lambda shown: shown == "a") is None
        clock.moment = NOON
        assert glance.take(lambda shown: shown == "a") is None


def test_a_new_page_takes_the_place_of_the_old_one() -> None:
    glance: Glance[str] = Glance(StoppedClock(NOON))
    glance.keep(["a"])
    glance.keep(["b"])
    assert glance.take(lambda shown: shown == "a") is None
