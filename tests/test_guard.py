"""The guards of the suite itself: each catches what it is there for."""

import socket

import pytest
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.exc import SQLAlchemyError

from tests import conftest, requirement
from tests.guard import BeyondLoopbackError, is_local


@pytest.mark.parametrize(
    "target", [("192.0.2.1", 80), ("2001:db8::1", 80, 0, 0), ("0.0.0.0", 80), ("", 80), "a.example"]
)
def test_an_address_beyond_loopback_is_not_local(target: object) -> None:
    assert not is_local(target)


@pytest.mark.parametrize("target", [("127.0.0.1", 80), ("::1", 80, 0, 0), "/run/.s.PGSQL.5432", "localhost", None])
def test_loopback_and_unix_sockets_are_local(target: object) -> None:
    assert is_local(target)


def test_a_connection_beyond_loopback_is_refused_before_a_packet_leaves() -> None:
    with socket.socket() as outgoing, pytest.raises(BeyondLoopbackError):
        outgoing.connect(("192.0.2.1", 80))
    assert conftest._GUARD.take_refused() == ["socket.connect ('192.0.2.1', 80)"]


def test_a_name_beyond_loopback_is_not_even_looked_up() -> None:
    with pytest.raises(BeyondLoopbackError):
        socket.create_connection(("example.org", 80))
    assert len(conftest._GUARD.take_refused()) == 1


def test_a_hidden_refusal_still_fails_its_test(pytester: pytest.Pytester) -> None:
    pytester.makeconftest("from tests.conftest import loopback_only\n__all__ = ['loopback_only']\n")
    pytester.makepyfile(
        """
        import contextlib, socket

        def test_hides_it():
            with contextlib.suppress(BaseException):
                socket.create_connection(("192.0.2.1", 80))
        """
    )
    pytester.runpytest_inprocess("-p", "no:randomly").assert_outcomes(passed=1, errors=1)
    conftest._GUARD.take_refused()


def test_what_is_absent_is_skipped_with_its_reason() -> None:
    with pytest.raises(pytest.skip.Exception, match="no server here"):
        requirement.absent("postgres", "no server here", {})


def test_what_is_required_and_absent_fails() -> None:
    with pytest.raises(pytest.fail.Exception, match="no server here"):
        requirement.absent("postgres", "no server here", {"OUVIDOR_TEST_REQUIRE": "postgres, chromium"})


def test_a_misspelt_requirement_is_refused() -> None:
    with pytest.raises(pytest.UsageError, match="postgress"):
        requirement.required({"OUVIDOR_TEST_REQUIRE": "postgress"})


def test_a_server_that_does_not_answer_is_named() -> None:
    closed = {"OUVIDOR_TEST_POSTGRES": "postgresql+psycopg://nobody@127.0.0.1:1/"}
    assert "127.0.0.1:1" in requirement.why_no_postgres(closed)


def test_a_chromium_that_is_named_is_the_one_used() -> None:
    assert requirement.chromium_path({"OUVIDOR_TEST_CHROMIUM": "/opt/it"}) == "/opt/it"
    assert requirement.chromium_path({}, {"google-chrome": "/bin/chrome"}.get) == "/bin/chrome"
    assert requirement.chromium_path({}, lambda name: None) is None


def test_the_database_of_a_test_is_migrated_and_empty(engine: Engine) -> None:
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM mention")).scalar() == 0
        connection.execute(text("INSERT INTO protocol_day (day, last) VALUES ('20261120', 1)"))
        connection.commit()


def test_the_next_test_sees_nothing_of_it(engine: Engine) -> None:
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM protocol_day")).scalar() == 0


@pytest.mark.postgres
def test_a_postgres_database_can_be_had_without_a_table(empty_postgres_url: str) -> None:
    engine = create_engine(empty_postgres_url)
    with engine.connect() as connection, pytest.raises(SQLAlchemyError):
        connection.execute(text("SELECT count(*) FROM mention"))
    engine.dispose()
