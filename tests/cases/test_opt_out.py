"""Who asks to be left alone gets no automatic answer any more, in any thread, until a person allows it again."""

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine
from sqlmodel import Session, col, select

from cases.actions import opt_in
from cases.waiting import Rules, triage_waiting
from database.engine import reading, transaction
from errors import IllegalMoveError
from listeners.purge import purge
from models import Mention, Profile, Reply, ReplyState, Source, TimelineEvent, Visibility
from settings import AcknowledgeRule
from tests.builders import NOON, a_case, a_draft, a_mention, a_verdict, a_world, an_author, find_mention

_RULE = AcknowledgeRule(types=["complaint"], template={"pt": "Recebemos. Protocolo {{ protocol }}."})
RULES = Rules((), [_RULE], ZoneInfo("America/Sao_Paulo"), timedelta(hours=24))
WISH = "Não me respondam mais, por favor."


@pytest.fixture
def source_id(engine: Engine) -> int:
    return a_world(engine)


def heard(engine: Engine, source_id: int, external_id: str, **fields: Any) -> None:
    """A complaint that is stored, tagged and triaged."""
    with transaction(engine) as session:
        a_verdict(session, a_mention(session, session.get_one(Source, source_id), external_id, **fields))
    assert triage_waiting(engine, RULES, 10, NOON) == 1


def told(engine: Engine, kind: str) -> list[TimelineEvent]:
    with reading(engine) as session:
        return list(session.exec(select(TimelineEvent).where(TimelineEvent.kind == kind)).all())


def author(session: Session, external_id: str = "u1") -> Profile:
    return session.exec(select(Profile).where(Profile.external_id == external_id)).one()


def approved(engine: Engine) -> int:
    with reading(engine) as session:
        return len(session.exec(select(Reply.id).where(col(Reply.automatic))).all())


def test_who_asks_is_not_acknowledged_in_the_same_sweep_nor_in_another_thread(engine: Engine, source_id: int) -> None:
    heard(engine, source_id, "1", text=f"Meu pedido não chegou. {WISH}")
    heard(engine, source_id, "2", text="Outro pedido meu não chegou")
    assert approved(engine) == 0
    assert [event.detail for event in told(engine, "acknowledgement_refused")] == [{"rule": "any.opted_out"}] * 2
    with reading(engine) as session:
        assert author(session).opted_out_at == NOON - timedelta(minutes=5)  # when it was posted
    [event] = told(engine, "opted_out")
    assert (event.by, event.at, event.detail) == ("ouvidor", NOON, {})


def test_who_asks_after_an_older_post_of_the_same_sweep_is_heard_before_either_is_answered(
    engine: Engine, source_id: int
) -> None:
    with transaction(engine) as session:
        source = session.get_one(Source, source_id)
        a_verdict(session, a_mention(session, source, "1", posted_at=NOON - timedelta(hours=1)))
        a_verdict(session, a_mention(session, source, "2", text=WISH))
    assert triage_waiting(engine, RULES, 10, NOON) == 2
    assert approved(engine) == 0


def test_others_are_acknowledged_as_before(engine: Engine, source_id: int) -> None:
    heard(engine, source_id, "1", text=WISH)
    heard(engine, source_id, "2", author=an_author("u2"))
    assert approved(engine) == 1
    with reading(engine) as session:
        assert author(session, "u2").opted_out_at is None


def test_a_complaint_that_nobody_answers_is_no_such_wish(engine: Engine, source_id: int) -> None:
    heard(engine, source_id, "1", text="Vocês não me respondem mais")
    assert approved(engine) == 1
    assert told(engine, "opted_out") == []


@pytest.mark.parametrize("spoke", [None, "a reply of ours", "a post of ours"])
def test_in_a_thread_that_is_not_ours_nobody_spoke_to_us(engine: Engine, source_id: int, spoke: str | None) -> None:
    with transaction(engine) as session:
        source = session.get_one(Source, source_id)
        first = a_mention(session, source, "1", author=an_author("u2"))
        case = a_case(session, first)
        if spoke == "a reply of ours":
            a_draft(session, case, first).state = ReplyState.VERIFIED
        if spoke == "a post of ours":
            a_mention(session, source, "7", parent_external_id="1", is_ours=True, author=None).triaged_at = NOON
    heard(engine, source_id, "2", text=WISH, addresses_us=False, parent_external_id="1")
    with reading(engine) as session:
        assert (author(session).opted_out_at is not None) is (spoke is not None)


def test_a_draft_that_nobody_sent_is_no_word_of_ours(engine: Engine, source_id: int) -> None:
    with transaction(engine) as session:
        first = a_mention(session, session.get_one(Source, source_id), "1", author=an_author("u2"))
        a_draft(session, a_case(session, first), first)
    heard(engine, source_id, "2", text=WISH, addresses_us=False, parent_external_id="1")
    with reading(engine) as session:
        assert author(session).opted_out_at is None


def test_the_first_time_of_asking_stays_and_is_told_once(engine: Engine, source_id: int) -> None:
    heard(engine, source_id, "1", text=WISH, posted_at=NOON - timedelta(minutes=9))
    heard(engine, source_id, "2", text=WISH)
    with reading(engine) as session:
        assert author(session).opted_out_at == NOON - timedelta(minutes=9)
    assert len(told(engine, "opted_out")) == 1


def test_who_deletes_the_wish_or_is_blocked_and_deletes_everything_is_still_known(
    engine: Engine, source_id: int
) -> None:
    heard(engine, source_id, "1", text=WISH)
    heard(engine, source_id, "2", author=an_author("u2"), visibility=Visibility.PRIVATE)
    with transaction(engine) as session:
        author(session, "u2").blocked_at = NOON
        assert all(purge(session, find_mention(session, number), NOON) for number in ("1", "2"))
        assert [(one.handle, one.name, one.url) for one in session.exec(select(Profile))] == [("", "", "")] * 2
    heard(engine, source_id, "3")
    heard(engine, source_id, "4", author=an_author("u2"))
    assert approved(engine) == 0
    rules = [event.detail["rule"] for event in told(engine, "acknowledgement_refused")]
    assert rules[-2:] == ["any.opted_out", "any.blocked"]


def test_without_a_case_the_wish_is_kept_all_the_same(engine: Engine, source_id: int) -> None:
    with transaction(engine) as session:
        mention = a_mention(session, session.get_one(Source, source_id), "1", text="PARAR")
        a_verdict(session, mention, type="other", urgency="low", complaint=False)
    triage_waiting(engine, RULES, 10, NOON)
    with reading(engine) as session:
        assert author(session).opted_out_at is not None
    assert told(engine, "opted_out") == []


def test_neither_our_own_words_nor_those_of_nobody_opt_anyone_out(engine: Engine, source_id: int) -> None:
    heard(engine, source_id, "1", text=WISH, is_ours=True, author=None)
    heard(engine, source_id, "2", text=WISH, author=None)
    with reading(engine) as session:
        assert session.exec(select(Profile)).all() == []
        assert len(session.exec(select(Mention)).all()) == 2


def test_a_person_allows_automatic_answers_again_and_the_case_tells_so(engine: Engine, source_id: int) -> None:
    heard(engine, source_id, "1", text=WISH)
    with transaction(engine) as session:
        opt_in(session, author(session), "Ana", NOON)
    [event] = told(engine, "opted_in")
    assert (event.by, event.case_id) == ("Ana", told(engine, "opted_out")[0].case_id)
    heard(engine, source_id, "2", author=an_author("u1"))
    assert approved(engine) == 1


def test_who_never_asked_cannot_be_opted_in(engine: Engine, source_id: int) -> None:
    heard(engine, source_id, "1")
    with transaction(engine) as session, pytest.raises(IllegalMoveError, match="did not ask"):
        opt_in(session, author(session), "Ana", NOON)
    assert told(engine, "opted_in") == []
