"""Importing what is stored already: nothing that stands is changed, and a row that says something else is told."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, event
from sqlmodel import col, func, select

from database.engine import reading, transaction
from listeners.base import HeardMention
from listeners.store import Stored, store
from models import Account, Mention, MentionText, Profile, Sighting, Source
from tests.builders import NOON, a_heard, a_page, a_source, a_world, an_author, find_mention

LATER = NOON + timedelta(hours=1)
ANA = a_heard("1", text="A geladeira não funciona", author=an_author("ana", handle="Ana"))


@pytest.fixture
def source_id(engine: Engine) -> int:
    source_id = a_world(engine)
    with transaction(engine) as session:
        store(session, session.get_one(Source, source_id), a_page(ANA), NOON)
    return source_id


@pytest.fixture
def hear(engine: Engine, source_id: int) -> Callable[[HeardMention], None]:
    """What a listener hears after the import."""

    def call(mention: HeardMention) -> None:
        with transaction(engine) as session:
            store(session, session.get_one(Source, source_id), a_page(mention), LATER)

    return call


def imported(engine: Engine, source_id: int, *mentions: HeardMention) -> Stored:
    with transaction(engine) as session:
        source = session.get_one(Source, source_id)
        return store(session, source, a_page(*mentions), LATER, answerable=False, edits=False)


def standing(engine: Engine) -> list[dict[str, Any]]:
    with reading(engine) as session:
        tables = (Mention, MentionText, Profile, Sighting)
        return [row.model_dump() for table in tables for row in session.exec(select(table)).all()]


def test_a_row_with_another_text_changes_nothing_and_is_told(engine: Engine, source_id: int) -> None:
    before = standing(engine)
    carlos = a_heard("1", text="Adorei a loja", author=an_author("carlos"))
    assert imported(engine, source_id, carlos) == Stored(new=0, known=0, unlike=frozenset({"1"}))
    assert standing(engine) == before


def test_a_row_with_the_same_text_is_known(engine: Engine, source_id: int) -> None:
    before = standing(engine)
    assert imported(engine, source_id, ANA) == Stored(new=0, known=1)
    assert standing(engine) == before


def test_texts_are_compared_as_they_are_stored(
    engine: Engine, source_id: int, hear: Callable[[HeardMention], None]
) -> None:
    hostile = a_heard("2", text="nul \x00 e meia \ud800 letra")
    hear(hostile)
    assert imported(engine, source_id, hostile) == Stored(new=0, known=1)


def test_a_row_that_was_edited_since_is_known(
    engine: Engine, source_id: int, hear: Callable[[HeardMention], None]
) -> None:
    for text in ("Já trocaram", "Trocaram e quebrou outra vez"):
        hear(a_heard("1", text=text))
    before = standing(engine)
    assert imported(engine, source_id, ANA) == Stored(new=0, known=1)
    assert imported(engine, source_id, a_heard("1", text="Já trocaram")) == Stored(new=0, known=1)
    assert imported(engine, source_id, a_heard("1", text="Nunca dito")).unlike == {"1"}
    assert standing(engine) == before


def test_what_another_mention_once_said_makes_no_row_known(
    engine: Engine, source_id: int, hear: Callable[[HeardMention], None]
) -> None:
    for text in ("Cobrança indevida", "Já estornaram"):
        hear(a_heard("2", text=text))
    hear(a_heard("1", text="Já trocaram"))
    assert imported(engine, source_id, a_heard("1", text="Cobrança indevida")).unlike == {"1"}


def test_a_row_that_was_deleted_since_is_known_and_stays_erased(
    engine: Engine, source_id: int, hear: Callable[[HeardMention], None]
) -> None:
    hear(a_heard("1", gone=True))
    before = standing(engine)
    assert imported(engine, source_id, ANA) == Stored(new=0, known=1)
    assert standing(engine) == before


def test_a_row_that_was_gone_when_first_heard_is_known_and_stays_erased(
    engine: Engine, source_id: int, hear: Callable[[HeardMention], None]
) -> None:
    hear(a_heard("2", gone=True))
    before = standing(engine)
    assert imported(engine, source_id, a_heard("2", text="o que lá estava")) == Stored(new=0, known=1)
    assert standing(engine) == before


def test_a_new_row_leaves_a_known_author_as_it_stands(engine: Engine, source_id: int) -> None:
    assert imported(engine, source_id, a_heard("2", author=an_author("ana", handle="Carlos", name=""))).new == 1
    with reading(engine) as session:
        assert session.exec(select(Profile.handle, Profile.name)).all() == [("Ana", "Maria")]
        assert find_mention(session, "2").profile_id == find_mention(session, "1").profile_id


def test_only_what_is_the_same_counts_as_seen_by_the_import(engine: Engine, source_id: int) -> None:
    with transaction(engine) as session:
        first = session.get_one(Source, source_id)
        second = a_source(session, session.get_one(Account, first.account_id)).id or 0
    imported(engine, second, a_heard("1", text="Adorei a loja"))
    seen = select(func.count()).select_from(Sighting).where(col(Sighting.source_id) == second)
    with reading(engine) as session:
        assert session.exec(seen).one() == 0
    imported(engine, second, ANA)
    with reading(engine) as session:
        assert session.exec(seen).one() == 1


@contextmanager
def statements(engine: Engine) -> Iterator[list[str]]:
    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        sent.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    yield sent
    event.remove(engine, "before_cursor_execute", note)


def test_many_rows_are_compared_in_as_many_queries_as_one(engine: Engine, source_id: int) -> None:
    with transaction(engine) as session:
        page = a_page(*(a_heard(str(number)) for number in range(300)))
        store(session, session.get_one(Source, source_id), page, NOON)
    with statements(engine) as for_one:
        imported(engine, source_id, a_heard("0", text="outro"))
    with statements(engine) as for_many:
        found = imported(engine, source_id, *(a_heard(str(number), text="outro") for number in range(300)))
    assert len(found.unlike) == 300
    assert len(for_many) == len(for_one)
