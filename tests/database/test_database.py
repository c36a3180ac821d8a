"""The database: versions, transactions, the append-only timeline, search, the table of moves."""

import itertools

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, text
from sqlalchemy.exc import DatabaseError
from sqlmodel import col, select

import models
from database.alarms import raise_alarm
from database.engine import _MIGRATIONS, migrate, open_database, reading, transaction
from database.ledger import MOVES, append, move
from database.search import search_mentions
from errors import IllegalMoveError, NewerDatabaseError, SettingsError
from models import Alarm, Brand, Reply, ReplyState, Source, TimelineEvent
from tests.builders import NOON, a_brand, a_case, a_draft, a_mention, a_world


def test_the_migrations_make_what_the_models_say(engine: Engine) -> None:
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        differences = [d for d in compare_metadata(context, models.metadata) if "mention_search" not in repr(d)]
    assert differences == []


@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def test_a_filled_database_goes_back_to_what_it_was_before_delivery_and_forth(
    request: pytest.FixtureRequest, kind: str
) -> None:
    engine = open_database(request.getfixturevalue("sqlite_url" if kind == "sqlite" else "empty_postgres_url"))
    migrate(engine)
    source_id = a_world(engine)
    with transaction(engine) as session:
        mention = a_mention(session, session.get_one(Source, source_id))
        reply_id = a_draft(session, a_case(session, mention), mention).id
    with engine.begin() as connection:
        config = Config()
        config.set_main_option("script_location", str(_MIGRATIONS))
        config.attributes["connection"] = connection
        command.downgrade(config, "0002")
    migrate(engine)
    with reading(engine) as session:
        reply = session.get_one(Reply, reply_id)
        assert (reply.body, reply.case_version, reply.thread_mark) == ("Olá! Já estamos vendo.", 1, reply.mention_id)
    test_the_migrations_make_what_the_models_say(engine)
    engine.dispose()


def test_a_newer_database_is_refused_by_both_names(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    try:
        with pytest.raises(NewerDatabaseError, match=r"'9999'.*'0003'"):
            migrate(engine)
    finally:
        with engine.begin() as connection:
            connection.execute(text("UPDATE alembic_version SET version_num = '0001'"))


@pytest.mark.parametrize("url", ["", "nonsense", "sqlite://", "sqlite:///:memory:", "mysql://localhost/x"])
def test_a_database_that_cannot_serve_is_named(url: str) -> None:
    with pytest.raises(SettingsError):
        open_database(url)


def test_what_a_reader_changes_is_thrown_away_and_what_it_read_stays_usable(engine: Engine) -> None:
    with transaction(engine) as session:
        a_brand(session)
    with reading(engine) as session:
        brand = session.exec(select(Brand)).one()
        brand.name = "outra"
    assert brand.name == "outra"
    with reading(engine) as session:
        assert session.exec(select(Brand.name)).one() == "Loja Aurora"


def test_the_timeline_cannot_be_rewritten(engine: Engine) -> None:
    source_id = a_world(engine)
    with transaction(engine) as session:
        case = a_case(session, a_mention(session, session.get_one(Source, source_id)))
        append(session, case.id or 0, "taken", "Ana", NOON)
    for statement in ("UPDATE timeline_event SET kind = 'x'", "DELETE FROM timeline_event"):
        with pytest.raises(DatabaseError, match="append-only"), engine.begin() as connection:
            connection.execute(text(statement))
    with reading(engine) as session:
        assert "taken" in session.exec(select(TimelineEvent.kind)).all()


def test_only_the_moves_of_the_table_are_made(engine: Engine) -> None:
    source_id = a_world(engine)
    with transaction(engine) as session:
        mention = a_mention(session, session.get_one(Source, source_id))
        reply = a_draft(session, a_case(session, mention), mention)
        for state, to in itertools.product(ReplyState, ReplyState):
            reply.state = state
            if to in MOVES[state]:
                move(session, reply, to, "Ana", NOON)
                assert reply.state is to
            else:
                with pytest.raises(IllegalMoveError):
                    move(session, reply, to, "Ana", NOON)


def test_every_state_that_is_not_an_end_can_be_left() -> None:
    assert set(MOVES) == set(ReplyState)
    ends = {state for state, moves in MOVES.items() if not moves}
    assert ends == {ReplyState.VERIFIED, ReplyState.DISCARDED}


def test_words_are_found_without_accents_and_by_their_beginning(engine: Engine) -> None:
    source_id = a_world(engine)
    with transaction(engine) as session:
        source = session.get_one(Source, source_id)
        first = a_mention(session, source, "1", text="AÇÃO judicial contra a loja").id
        second = a_mention(session, source, "2", text="açaí da loja é ótimo").id
        assert search_mentions(session, "acao") == [first]
        assert search_mentions(session, "loja") == [second, first]
        assert search_mentions(session, "lo") == [second, first]
        assert search_mentions(session, "loja acai") == [second]
        assert search_mentions(session, "loja", before_id=second) == [first]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(query=st.text(max_size=40))
def test_nothing_that_a_person_types_is_a_search_error(engine: Engine, query: str) -> None:
    with reading(engine) as session:
        assert isinstance(search_mentions(session, query), list)


def test_an_open_alarm_tells_what_is_the_matter_now(engine: Engine) -> None:
    with transaction(engine) as session:
        raise_alarm(session, "source_paused", "source:1", "the secret is missing", NOON)
        raise_alarm(session, "source_paused", "source:1", "it redirects elsewhere", NOON)
        raise_alarm(session, "source_paused", "source:2", "the secret is missing", NOON)
        told = session.exec(select(Alarm.subject, Alarm.message).order_by(col(Alarm.subject))).all()
    assert told == [("source:1", "it redirects elsewhere"), ("source:2", "the secret is missing")]
