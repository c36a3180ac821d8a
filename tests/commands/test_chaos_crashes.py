"""The kills of a chaos run: as many as asked for, of every kind, spread over the run."""

from collections import Counter

import pytest

from commands.chaos.crashes import LOOP_POINTS, Killing, crashes_for

HUNDRED = crashes_for(1, 100)


@pytest.mark.parametrize("count", [0, 1, 2, 7, 60])
def test_there_are_as_many_as_asked_for(count: int) -> None:
    assert len(crashes_for(1, count)) == count


def test_the_same_seed_draws_the_same_and_another_one_others() -> None:
    assert crashes_for(1, 20) == crashes_for(1, 20)
    assert crashes_for(1, 20) != crashes_for(2, 20)


def test_they_are_spread_over_the_run_and_its_end() -> None:
    dues = [crash.due for crash in HUNDRED]
    assert dues == sorted(dues)
    assert dues.count(1.0) == 20
    for quarter in range(4):
        assert sum(quarter / 4 <= due < (quarter + 1) / 4 for due in dues) > 10


def test_every_point_is_used_about_as_often() -> None:
    used = Counter(crash.at.partition(":")[0] for crash in HUNDRED if crash.at)
    assert set(used) == set(LOOP_POINTS)
    assert max(used.values()) - min(used.values()) <= 1


def test_some_come_from_outside_and_some_right_after_a_start() -> None:
    assert 20 < sum(not crash.at for crash in HUNDRED) < 40
    assert 5 < sum(crash.at_the_start for crash in HUNDRED) < 30


def killing(count: int = 40) -> Killing:
    return Killing(1, count)


def test_nothing_is_done_before_a_crash_is_due() -> None:
    order = killing().order(-1.0)
    assert (order.arm, order.kill_at, order.kill_now) == ("", None, False)


def test_a_point_is_armed_once_and_waited_for_and_then_the_process_is_killed() -> None:
    """By the end of the run everything is due."""
    plan = killing()
    for crash in crashes_for(1, 40):
        orders = [plan.order(1.0) for _ in range(11)]
        assert orders[-1].kill_now
        assert [order.arm for order in orders if order.arm] == ([crash.at] if crash.at else [])
        assert all(order.kill_at is not None for order in orders[:-1]) == (not crash.at)
        plan.note()
    assert plan.is_over
    assert plan.made == 40


def test_what_is_armed_as_it_starts_is_not_armed_again() -> None:
    plan = killing()
    while not plan.at_the_start():
        plan.note()
    assert plan.order(1.0).arm == ""


def test_after_the_last_one_nobody_is_killed() -> None:
    plan = killing(1)
    plan.note()
    assert plan.is_over
    assert plan.at_the_start() == ""
    assert not plan.order(1.0).kill_now
