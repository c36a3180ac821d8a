"""The demo's colleague decides about the cases that are its own, and leaves the others to whoever watches."""

from datetime import timedelta

import pytest
from sqlalchemy import Engine

from cases.approval import approve
from commands.approver import Approver
from database.engine import reading, transaction
from models import Reply, ReplyState, Source
from scheduler import Runtime
from settings import Settings
from tests.builders import NOON, a_case, a_draft, a_mention, a_world
from tests.fakes import OneVerdict, StandingClock


@pytest.mark.parametrize(
    ("takes", "state"), [(True, ReplyState.APPROVED), (False, ReplyState.NEEDS_HUMAN)], ids=["its own", "another's"]
)
def test_what_waits_for_a_person_waits_for_whose_case_it_is(engine: Engine, takes: bool, state: ReplyState) -> None:
    source_id = a_world(engine)
    with transaction(engine) as session:
        mention = a_mention(session, session.get_one(Source, source_id))
        reply = a_draft(session, a_case(session, mention), mention, "Olá!")
        approve(session, reply, "Ana", NOON)
        reply.state, reply.sending_at, reply.attempts = ReplyState.NEEDS_HUMAN, NOON, 1
        reply_id = reply.id
    runtime = Runtime(engine, Settings(), StandingClock(NOON), OneVerdict())
    colleague = Approver(runtime, lambda mention, text: "", takes=lambda case: takes, patience=timedelta(days=1))
    colleague.step()
    with reading(engine) as session:
        assert session.get_one(Reply, reply_id).state is state
