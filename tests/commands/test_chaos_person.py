"""The colleague of a chaos run is careful: says that something is not there only once it must be seen."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from sqlalchemy import Engine
from sqlmodel import Session, select
from werkzeug import Request, Response

from cases.approval import approve
from commands.chaos.person import Person
from database.engine import reading, transaction
from errors import TryLaterError
from models import Account, Reply, ReplyState, Source
from responders.outbox import outgoing
from scheduler import Runtime
from settings import AccountSettings, BrandSettings, Settings
from tests.builders import NOON, a_case, a_draft, a_mention, a_world
from tests.fakes import OneVerdict, RecordingResponder, StandingClock

LAG = timedelta(minutes=5)
MINUTE = timedelta(minutes=1)
PersonIn = Callable[[], Person]


@pytest.fixture
def platform() -> RecordingResponder:
    return RecordingResponder()


@pytest.fixture
def clock() -> StandingClock:
    return StandingClock(NOON)


@pytest.fixture
def runtime(engine: Engine, platform: RecordingResponder, clock: StandingClock) -> Runtime:
    account = AccountSettings(
        name="conta", brand="aurora", channel="mastodon", handle="lojaaurora", secrets={"access_token": "env:HOME"}
    )
    settings = Settings(
        posting=True,
        brand=[BrandSettings(slug="aurora", name="Loja Aurora")],
        account=[account.model_copy(update={"base_url": "https://mastodon.example"})],
    )
    return Runtime(engine, settings, clock, OneVerdict(), responders=lambda connection, clock: platform)


@pytest.fixture
def person_in(runtime: Runtime, tmp_path: Path, httpserver: HTTPServer) -> PersonIn:
    """A person beside a program that was started again; what they remember is theirs."""
    return lambda: Person(runtime, httpserver.url_for("").rstrip("/"), tmp_path, 1, LAG)


def a_reply(engine: Engine, channel: str = "mastodon", **fields: Any) -> int:
    """An approved answer, brought to where a test wants it; its id."""
    source_id = a_world(engine, channel)
    with transaction(engine) as session:
        account = session.exec(select(Account)).one()
        account.name = "conta"
        mention = a_mention(session, session.get_one(Source, source_id))
        reply = approve(session, a_draft(session, a_case(session, mention), mention), "Ana", NOON)
        for name, value in fields.items():
            setattr(reply, name, value)
        session.add(reply)
        return reply.id or 0


def state_of(engine: Engine, reply_id: int) -> ReplyState:
    with reading(engine) as session:
        return session.get_one(Reply, reply_id).state


def unsure(engine: Engine, **fields: Any) -> int:
    return a_reply(engine, **{"state": ReplyState.NEEDS_HUMAN, "sending_at": NOON, "next_attempt_at": None, **fields})


def test_nothing_is_posted_again_before_the_network_must_show_it(
    engine: Engine, person_in: PersonIn, clock: StandingClock
) -> None:
    reply_id, person = unsure(engine), person_in()
    clock.at = NOON + LAG - MINUTE
    person.step()
    assert state_of(engine, reply_id) is ReplyState.NEEDS_HUMAN
    clock.at = NOON + LAG
    person.step()
    assert state_of(engine, reply_id) is ReplyState.APPROVED


def test_what_stands_there_is_told_and_what_cannot_be_looked_for_waits(
    engine: Engine, person_in: PersonIn, clock: StandingClock, platform: RecordingResponder
) -> None:
    reply_id, person = unsure(engine), person_in()
    with transaction(engine) as session:
        platform.published.append(outgoing(session, session.get_one(Reply, reply_id), NOON))
    platform.find_errors = [TryLaterError("down")]
    clock.at = NOON + LAG
    person.step()
    assert state_of(engine, reply_id) is ReplyState.NEEDS_HUMAN
    person.step()
    assert state_of(engine, reply_id) is ReplyState.POSTED
    assert platform.posts == 0


def test_what_the_platform_confirmed_and_took_away_is_left(
    engine: Engine, person_in: PersonIn, clock: StandingClock
) -> None:
    reply_id, person = unsure(engine, posted_at=NOON), person_in()
    clock.at = NOON + LAG
    person.step()
    assert state_of(engine, reply_id) is ReplyState.DISCARDED


def test_what_a_rule_forbids_by_now_is_left(engine: Engine, person_in: PersonIn, clock: StandingClock) -> None:
    reply_id, person = unsure(engine), person_in()
    with transaction(engine) as session:
        forbid(session)
    clock.at = NOON + LAG
    person.step()
    assert state_of(engine, reply_id) is ReplyState.DISCARDED


def forbid(session: Session) -> None:
    account = session.exec(select(Account)).one()
    account.active = False
    session.add(account)


def test_what_was_paused_goes_on_after_a_while(engine: Engine, person_in: PersonIn, clock: StandingClock) -> None:
    a_world(engine)
    with transaction(engine) as session:
        source = session.exec(select(Source)).one()
        source.paused_reason = "the token was revoked"
        session.add(source)
    person = person_in()
    for minutes, reason in ((0, "the token was revoked"), (9, "the token was revoked"), (10, "")):
        clock.at = NOON + minutes * MINUTE
        person.step()
        with reading(engine) as session:
            assert session.exec(select(Source.paused_reason)).one() == reason


def test_who_posted_by_hand_looks_before_they_do_it_again(
    engine: Engine,
    person_in: PersonIn,
    clock: StandingClock,
    platform: RecordingResponder,
    httpserver: HTTPServer,
) -> None:
    """The page took it and did not say so; the person was told nothing, and waits until it must be seen."""
    taken: list[str] = []

    def form(request: Request) -> Response:
        taken.append(request.form["text"])
        return Response("", 500)

    httpserver.expect_request("/complaints/1/answer", method="POST").respond_with_handler(form)
    httpserver.expect_request("/complaints/1").respond_with_data("it stands there")
    reply_id = a_reply(engine, channel="complaint_page", state=ReplyState.BY_HAND)
    person_in().step()
    assert len(taken) == 1
    clock.at = NOON + LAG - MINUTE
    person_in().step()
    with transaction(engine) as session:
        platform.published.append(outgoing(session, session.get_one(Reply, reply_id), NOON))
    clock.at = NOON + LAG
    person_in().step()
    assert len(taken) == 1
    with reading(engine) as session:
        reply = session.get_one(Reply, reply_id)
        assert (reply.state, reply.url != "") == (ReplyState.POSTED, True)


def test_a_complaint_that_was_taken_back_is_left(engine: Engine, person_in: PersonIn, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/complaints/1/answer", method="POST").respond_with_data("", 404)
    httpserver.expect_request("/complaints/1").respond_with_data("gone", 410)
    reply_id = a_reply(engine, channel="complaint_page", state=ReplyState.BY_HAND)
    person_in().step()
    assert state_of(engine, reply_id) is ReplyState.DISCARDED
