"""Two who work on one case at once, on PostgreSQL: SQLite has one writer at a time."""

import threading
import time
from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import Engine, text
from sqlmodel import Session, select

from cases import actions
from cases.waiting import Rules, triage_waiting
from classifier.tag import tag
from database.engine import open_database, reading, transaction
from listeners.store import notice_edit
from models import Case, Mention, Reply, Source
from settings import AcknowledgeRule, Settings
from tests.builders import NOON, a_case, a_mention, a_world, find_mention
from tests.fakes import OneVerdict

pytestmark = pytest.mark.postgres

_PATIENCE = 20.0  # seconds
_WAITING = text("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")


@pytest.fixture
def engine(postgres_url: str) -> Iterator[Engine]:
    opened = open_database(postgres_url)
    yield opened
    opened.dispose()


class Meanwhile:
    """Work in another thread, which either ends or waits for a lock of ours."""

    def __init__(self, engine: Engine, work: Callable[[], object]) -> None:
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, args=(work,), daemon=True)
        self._thread.start()
        until = time.monotonic() + _PATIENCE
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as looking:
            while self._thread.is_alive() and not looking.scalar(_WAITING):
                assert time.monotonic() < until
                time.sleep(0.01)

    def _run(self, work: Callable[[], object]) -> None:
        try:
            work()
        except BaseException as error:
            self._error = error

    def end(self) -> None:
        """Wait for it, and raise what it raised."""
        self._thread.join(_PATIENCE)
        assert not self._thread.is_alive()
        if self._error is not None:
            raise self._error


def rules() -> Rules:
    settings = Settings()
    acknowledging = [AcknowledgeRule(template={"pt": "Olá! Protocolo {{ protocol }}."})]
    return Rules([], acknowledging, settings.zone, settings.delivery.staleness)


def heard(session: Session, source_id: int, number: str = "1", **fields: str) -> Mention:
    return a_mention(session, session.get_one(Source, source_id), number, **fields)


def test_two_people_who_correct_two_posts_of_a_case_do_not_undo_each_other(engine: Engine) -> None:
    source_id = a_world(engine)
    with transaction(engine) as session:
        first = heard(session, source_id, "1")
        second = heard(session, source_id, "2", thread_external_id=first.thread)
        assert a_case(session, first, holds=["legal"]).id == a_case(session, second).id

    def bia() -> None:
        with transaction(engine) as session:
            actions.correct(session, find_mention(session, "2"), "holds", "+press", "Bia", NOON)

    with transaction(engine) as session:
        actions.correct(session, find_mention(session, "1"), "holds", "-legal", "Ana", NOON)
        session.flush()
        meanwhile = Meanwhile(engine, bia)
    meanwhile.end()
    with reading(engine) as session:
        assert session.exec(select(Case.holds)).all() == [["press"]]


def test_a_hold_that_a_person_adds_while_the_case_is_opened_is_not_lost(engine: Engine) -> None:
    source_id = a_world(engine)
    with transaction(engine) as session:
        heard(session, source_id)
    tag(engine, OneVerdict(), 10, NOON)
    with transaction(engine) as session:
        actions.correct(session, find_mention(session, "1"), "holds", "+legal", "Ana", NOON)
        session.flush()
        meanwhile = Meanwhile(engine, lambda: triage_waiting(engine, rules(), 10, NOON))
    meanwhile.end()
    with reading(engine) as session:
        assert session.exec(select(Case.holds)).all() == [["legal"]]
        assert session.exec(select(Reply)).all() == []


def test_a_correction_and_the_triage_of_an_edited_post_do_not_wait_for_each_other(engine: Engine) -> None:
    source_id = a_world(engine)
    with transaction(engine) as session:
        mention = heard(session, source_id)
        a_case(session, mention)
        notice_edit(session, mention, "outro texto", None, NOON)
    tag(engine, OneVerdict(), 10, NOON)
    with transaction(engine) as session:
        mention = find_mention(session, "1")
        session.refresh(mention, with_for_update=True)
        meanwhile = Meanwhile(engine, lambda: triage_waiting(engine, rules(), 10, NOON))
        actions.correct(session, mention, "holds", "+legal", "Ana", NOON)
    meanwhile.end()
    with reading(engine) as session:
        assert session.exec(select(Case.holds)).all() == [["legal"]]
