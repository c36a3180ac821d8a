"""A few hundred approved answers through bad weather: the same as `make intents` does with a hundred thousand."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlmodel import col, select

from database.engine import reading
from models import Reply, TimelineEvent
from tests.builders import NOON
from tests.chaos.intents import run
from tests.chaos.people import Approving
from tests.chaos.storm import CALM, HARSH, Weather

# Deaths often enough that a hundred intents see some.
HARSH_AND_DEADLY = replace(HARSH, deadly=0.01)


@pytest.mark.parametrize(
    "weather", [HARSH_AND_DEADLY, pytest.param(CALM, marks=pytest.mark.slow)], ids=["harsh", "calm"]
)
def test_nothing_is_published_twice_and_nothing_is_lost(engine: Engine, weather: Weather) -> None:
    told = run(engine, 120, weather, seed=1, tick=timedelta(seconds=20))
    assert (told.intents, told.settled, told.published) == (120, 120, 120)
    assert (told.doubled, told.lost) == (0, 0)
    if weather is HARSH_AND_DEADLY:  # or this would prove nothing
        assert min(told.deaths, told.posted_again, told.adopted + told.seen_by_a_person) > 0
        assert told.posts > told.intents


def test_what_is_written_directly_is_what_an_approval_leaves(engine: Engine) -> None:
    Approving(engine, 20, NOON, timedelta(seconds=1)).step(NOON + timedelta(minutes=1))
    with reading(engine) as session:
        replies = session.exec(select(Reply).order_by(col(Reply.id))).all()
        events = session.exec(select(TimelineEvent).order_by(col(TimelineEvent.id))).all()
    assert [reply.mention_id for reply in replies] == [reply.id for reply in replies] == list(range(1, 21))
    shapes = [(_shape(reply), [_shape(event) for event in events if event.reply_id == reply.id]) for reply in replies]
    assert all(shape == shapes[9] for shape in shapes)  # the tenth went the way of the inbox


def _shape(row: Reply | TimelineEvent) -> dict[str, Any]:
    """Without what differs from one answer to another; of that, only whether it is there."""
    differs = {"id", "case_id", "mention_id", "reply_id", "account_id", "body", "body_hash", "key", "at"}
    differs |= {"drafted_at", "approved_at", "next_attempt_at"}
    return {name: bool(value) if name in differs else value for name, value in row.model_dump().items()}
