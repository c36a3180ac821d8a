"""Polling: a page and its cursor together, and the source's health."""

from datetime import timedelta

import pytest
from sqlalchemy import Engine
from sqlmodel import col, func, select

from database.engine import reading, transaction
from errors import NeedsAttentionError, RateLimitedError, TryLaterError
from listeners.poll import LONGEST_BACKOFF, poll
from models import Alarm, Mention, Source
from tests.builders import NOON, a_heard, a_page, a_world
from tests.fakes import ScriptedListener


@pytest.fixture
def source_id(engine: Engine) -> int:
    return a_world(engine)


def source_of(engine: Engine, source_id: int) -> Source:
    with reading(engine) as session:
        return session.get_one(Source, source_id)


def mentions(engine: Engine) -> list[str]:
    with reading(engine) as session:
        return list(session.exec(select(Mention.external_id).order_by(col(Mention.id))))


def test_every_page_is_stored_with_its_cursor(engine: Engine, source_id: int) -> None:
    listener = ScriptedListener(a_page(a_heard("1"), cursor="a"), a_page(a_heard("2"), cursor="b"))
    polled = poll(engine, listener, source_id, NOON)
    assert (polled.pages, polled.new, polled.error) == (2, 2, None)
    source = source_of(engine, source_id)
    assert (source.cursor, source.last_success_at, source.claim) == ("b", NOON, None)
    assert source.next_poll_at == NOON + timedelta(seconds=60)
    assert source.lag_seconds == 300


def test_an_error_in_the_middle_keeps_the_pages_before_it(engine: Engine, source_id: int) -> None:
    listener = ScriptedListener(a_page(a_heard("1"), cursor="a"), TryLaterError("503"), a_page(a_heard("2")))
    polled = poll(engine, listener, source_id, NOON)
    assert isinstance(polled.error, TryLaterError)
    assert mentions(engine) == ["1"]
    source = source_of(engine, source_id)
    assert (source.cursor, source.failing_since, source.failures) == ("a", NOON, 1)


def test_a_page_without_a_cursor_does_not_advance(engine: Engine, source_id: int) -> None:
    poll(engine, ScriptedListener(a_page(a_heard("1"), cursor=None)), source_id, NOON)
    assert source_of(engine, source_id).cursor is None
    assert mentions(engine) == ["1"]


def test_a_page_that_cannot_be_stored_leaves_the_cursor(engine: Engine, source_id: int) -> None:
    broken = a_page(a_heard("1", kind="no such kind"), cursor="far")
    with pytest.raises(Exception, match="no such kind"):
        poll(engine, ScriptedListener(broken), source_id, NOON)
    source = source_of(engine, source_id)
    assert (source.cursor, source.claim, source.failures) == (None, None, 1)
    assert "no such kind" not in source.last_error  # what strangers wrote stays out of messages
    assert mentions(engine) == []
    with reading(engine) as session:
        assert session.exec(select(Alarm.kind)).all() == ["source_failing"]


def test_a_rate_limit_moves_the_next_poll_and_nothing_else(engine: Engine, source_id: int) -> None:
    poll(engine, ScriptedListener(RateLimitedError("429", timedelta(minutes=7))), source_id, NOON)
    source = source_of(engine, source_id)
    assert source.next_poll_at == NOON + timedelta(minutes=7)
    assert (source.failing_since, source.failures, source.paused_reason) == (None, 0, "")


def test_rate_headers_of_a_good_answer_stretch_the_interval(engine: Engine, source_id: int) -> None:
    poll(engine, ScriptedListener(a_page(wait=timedelta(minutes=3))), source_id, NOON)
    assert source_of(engine, source_id).next_poll_at == NOON + timedelta(minutes=3)


def test_repeated_failures_back_off_up_to_a_limit_and_recovery_clears_them(engine: Engine, source_id: int) -> None:
    waits, now = [], NOON
    for _ in range(12):
        poll(engine, ScriptedListener(TryLaterError("down")), source_id, now)
        waits.append(source_of(engine, source_id).next_poll_at - now)
        now += waits[-1]
    assert waits[:3] == [timedelta(seconds=60), timedelta(seconds=120), timedelta(seconds=240)]
    assert waits[-1] == LONGEST_BACKOFF
    poll(engine, ScriptedListener(a_page()), source_id, now)
    source = source_of(engine, source_id)
    assert (source.failures, source.failing_since, source.last_error) == (0, None, "")


def test_a_revoked_token_pauses_the_source_with_one_alarm(engine: Engine, source_id: int) -> None:
    refused = NeedsAttentionError("the token was revoked: make a new one")
    poll(engine, ScriptedListener(refused), source_id, NOON)
    later = NOON + timedelta(hours=1)
    assert not poll(engine, ScriptedListener(a_page(a_heard("1"))), source_id, later).claimed
    with transaction(engine) as session:
        source = session.get_one(Source, source_id)
        assert source.paused_reason == str(refused)
        source.paused_reason = ""
    poll(engine, ScriptedListener(refused), source_id, later)
    with reading(engine) as session:
        assert session.exec(select(func.count()).select_from(Alarm)).one() == 1
    with transaction(engine) as session:
        session.get_one(Source, source_id).paused_reason = ""
    poll(engine, ScriptedListener(a_page()), source_id, later + timedelta(hours=1))
    with reading(engine) as session:
        assert session.exec(select(Alarm.cleared_at)).one() == later + timedelta(hours=1)


def test_a_claimed_source_is_left_to_who_claimed_it(engine: Engine, source_id: int) -> None:
    inner: list[bool] = []

    def somebody_else_polls() -> None:
        inner.append(poll(engine, ScriptedListener(a_page(a_heard("9"))), source_id, NOON).claimed)

    poll(engine, ScriptedListener(a_page(a_heard("1")), somebody_else_polls), source_id, NOON)
    assert inner == [False]
    assert mentions(engine) == ["1"]


def test_who_comes_second_leaves_a_source_to_its_rest(engine: Engine, source_id: int) -> None:
    """Two processes find it due in the same moment: the first has read it before the second asks."""
    first = ScriptedListener(a_page(a_heard("1")))
    second = ScriptedListener(a_page(a_heard("2")))
    assert poll(engine, first, source_id, NOON).claimed
    assert not poll(engine, second, source_id, NOON + timedelta(seconds=1)).claimed
    assert second.cursors == []
    assert poll(engine, second, source_id, NOON + timedelta(seconds=60)).claimed


def test_who_slept_past_the_lease_cannot_move_the_cursor(engine: Engine, source_id: int) -> None:
    def overtaken() -> None:
        poll(engine, ScriptedListener(a_page(a_heard("2"), cursor="theirs")), source_id, NOON + timedelta(hours=1))

    listener = ScriptedListener(a_page(a_heard("1"), cursor="a"), overtaken, a_page(a_heard("3"), cursor="ours"))
    polled = poll(engine, listener, source_id, NOON)
    assert polled.error is not None
    assert source_of(engine, source_id).cursor == "theirs"


def test_a_stop_in_the_middle_goes_on_at_once_next_time(engine: Engine, source_id: int) -> None:
    listener = ScriptedListener(a_page(a_heard("1"), cursor="a"), a_page(a_heard("2"), cursor="b"))
    poll(engine, listener, source_id, NOON, should_stop=lambda: True)
    source = source_of(engine, source_id)
    assert (source.cursor, source.next_poll_at, mentions(engine)) == ("a", NOON, ["1"])


def test_a_long_poll_keeps_its_claim(engine: Engine, source_id: int) -> None:
    at = [NOON]
    stolen: list[bool] = []

    def nine_minutes_later() -> None:
        at[0] += timedelta(minutes=9)
        stolen.append(poll(engine, ScriptedListener(), source_id, at[0]).claimed)

    pages = [a_page(a_heard(str(n)), cursor=str(n)) for n in range(3)]
    steps = [step for page in pages for step in (page, nine_minutes_later)]
    assert poll(engine, ScriptedListener(*steps), source_id, NOON, clock=lambda: at[0]).error is None
    assert stolen == [False, False, False]
