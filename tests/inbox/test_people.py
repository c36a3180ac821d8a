"""Blocking a person, and leaving them to people alone: from the menu at their name."""

from collections.abc import Callable

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import Engine
from sqlmodel import col, select

from database.engine import reading, transaction
from models import Mention, Profile, ReplyState, TimelineEvent
from responders.deliver import deliver
from tests.builders import NOON, an_author
from tests.fakes import RecordingResponder
from tests.inbox.rows import a_stored_case, replies_of, the_reply
from tests.inbox.visit import Visit


@pytest.fixture
def protocol(engine: Engine, sources: dict[str, int]) -> str:
    return a_stored_case(engine, sources["mastodon"])


def the_person(engine: Engine) -> Profile:
    with reading(engine) as session:
        return session.exec(select(Profile)).all()[0]


def act(visit: Visit, engine: Engine, protocol: str, name: str) -> int:
    path = f"/cases/{protocol}/person/{name}"
    return visit.post(path, {"profile": str(the_person(engine).id)}).status_code


def test_a_person_is_blocked_and_unblocked_from_the_menu(ana: Visit, engine: Engine, protocol: str) -> None:
    html = BeautifulSoup(ana.get(f"/cases/{protocol}").text, "html.parser")
    form = html.select_one('.person-menu form[action$="/block"]')
    assert form is not None
    assert html.select_one(".pill.blocked") is None
    fields = {str(field["name"]): str(field["value"]) for field in form.select("input")}
    assert ana.post(str(form["action"]), fields).status_code == 303
    assert the_person(engine).blocked_at == NOON
    shown = BeautifulSoup(ana.get(f"/cases/{protocol}").text, "html.parser")
    assert shown.select_one(".pill.blocked") is not None
    assert "Unblock them before you answer" in shown.get_text()
    assert "Person blocked: nothing is sent to them" in shown.get_text()
    assert act(ana, engine, protocol, "unblock") == 303
    assert the_person(engine).blocked_at is None
    with reading(engine) as session:
        events = session.exec(select(TimelineEvent).where(col(TimelineEvent.kind).endswith("blocked"))).all()
    assert [(event.kind, event.by) for event in events] == [("blocked", "Ana"), ("unblocked", "Ana")]


def test_nothing_is_sent_to_who_was_blocked_not_even_what_was_approved(
    ana: Visit, engine: Engine, protocol: str
) -> None:
    with reading(engine) as session:
        mention = str(session.exec(select(Mention.id)).one())
    ana.post(f"/cases/{protocol}/reply", {"mention": mention, "body": "Oi", "then": "approve"})
    (approved,) = replies_of(engine, protocol)
    act(ana, engine, protocol, "block")
    network = RecordingResponder()
    deliver(engine, network, approved.id or 0, NOON)
    assert network.posts == 0
    assert the_reply(engine, approved.id or 0).state is ReplyState.NEEDS_HUMAN
    refused = ana.post(f"/cases/{protocol}/reply", {"mention": mention, "body": "Oi 2", "then": "approve"})
    assert refused.status_code == 422
    assert "Somebody of the team blocked this person" in ana.get(f"/cases/{protocol}").text


def test_who_wants_no_automatic_replies_is_shown_and_can_be_set(ana: Visit, engine: Engine, protocol: str) -> None:
    with transaction(engine) as session:
        person = session.exec(select(Profile)).one()
        person.opted_out_at = NOON
        session.add(person)
    html = BeautifulSoup(ana.get(f"/cases/{protocol}").text, "html.parser")
    mark = html.select_one(".pill.opted-out")
    assert mark is not None
    assert "10 Mar 2026 12:00" in str(mark["title"])
    assert act(ana, engine, protocol, "opt-in") == 303
    assert the_person(engine).opted_out_at is None
    assert act(ana, engine, protocol, "opt-out") == 303
    assert the_person(engine).opted_out_at == NOON
    assert "The person asked not to be answered automatically" in ana.get(f"/cases/{protocol}").text
    act(ana, engine, protocol, "opt-in")
    assert "The person may be answered automatically again" in ana.get(f"/cases/{protocol}").text


@pytest.mark.parametrize("name", ["unblock", "opt-in"])
def test_what_is_not_so_is_not_undone(ana: Visit, engine: Engine, protocol: str, name: str) -> None:
    assert act(ana, engine, protocol, name) == 409


@pytest.mark.parametrize("name", ["block", "opt-out"])
def test_the_second_of_two_colleagues_is_told(ana: Visit, engine: Engine, protocol: str, name: str) -> None:
    assert act(ana, engine, protocol, name) == 303
    assert act(ana, engine, protocol, name) == 409


@pytest.mark.parametrize(("form", "status"), [({}, 422), ({"profile": "x"}, 422), ({"profile": "999"}, 404)])
def test_a_person_who_cannot_be_meant_is_refused(
    ana: Visit, engine: Engine, protocol: str, form: dict[str, str], status: int
) -> None:
    assert ana.post(f"/cases/{protocol}/person/block", form).status_code == status
    assert ana.post(f"/cases/{protocol}/person/explode", {"profile": "1"}).status_code == 404
    assert the_person(engine).blocked_at is None


def test_only_who_wrote_in_the_case_is_blocked_from_it(
    ana: Visit, engine: Engine, sources: dict[str, int], protocol: str
) -> None:
    other = a_stored_case(engine, sources["mastodon"], "2", author=an_author("other"))
    assert act(ana, engine, other, "block") == 404
    assert the_person(engine).blocked_at is None


def test_nobody_blocks_without_a_name(visitor_in: Callable[[str], Visit], engine: Engine, protocol: str) -> None:
    assert act(visitor_in("en"), engine, protocol, "block") == 422
    assert the_person(engine).blocked_at is None


def test_a_case_whose_author_is_gone_has_no_menu(ana: Visit, engine: Engine, protocol: str) -> None:
    with transaction(engine) as session:
        mention = session.exec(select(Mention)).one()
        mention.text, mention.profile_id, mention.deleted_at = "", None, NOON
        session.add(mention)
    assert "person-menu" not in ana.get(f"/cases/{protocol}").text
