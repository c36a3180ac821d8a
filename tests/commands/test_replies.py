"""Cases and replies without a browser."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlmodel import select

from database.engine import migrate, open_database, reading, transaction
from models import Reply, ReplyState
from tests.builders import a_brand, a_case, a_draft, a_mention, a_source, an_account
from tests.commands.conftest import Ouvidor


@pytest.fixture
def world(settings_file: Path) -> Iterator[Engine]:
    """A case with one draft, in the database that the settings name."""
    engine = open_database(f"sqlite:///{settings_file.with_name('ouvidor.db')}")
    migrate(engine)
    with transaction(engine) as session:
        account = an_account(session, a_brand(session, "acme"), name="acme-mastodon", place="127.0.0.1")
        mention = a_mention(session, a_source(session, account, name="acme-mentions"))
        a_draft(session, a_case(session, mention), mention, "Olá!\x1b[2J\x9b2J\u202e Já estamos vendo.")
    yield engine
    engine.dispose()


def state(engine: Engine) -> ReplyState:
    with reading(engine) as session:
        return ReplyState(session.exec(select(Reply.state)).one())


def test_the_cases_that_wait_are_listed(world: Engine, ouvidor: Ouvidor) -> None:
    (found,) = json.loads(ouvidor("cases", "--json").out)
    assert (found["channel"], found["type"], found["state"]) == ("mastodon", "complaint", "open")
    assert found["protocol"] in ouvidor("cases").out


def test_replies_are_listed_by_state_and_repaint_nothing(world: Engine, ouvidor: Ouvidor) -> None:
    table = ouvidor("replies").out
    assert "Já estamos vendo." in table
    told = ouvidor("replies", "--state", "draft", "--json").out
    assert [one["body"] for one in json.loads(told)] == ["Olá!\x1b[2J\x9b2J\u202e Já estamos vendo."]
    assert "Já estamos" in told
    assert not {"\x1b", "\x9b", "\u202e"} & set(table + told)
    assert ouvidor("replies", "--state", "posted").out == "no replies\n"
    assert "did you mean 'draft'?" in ouvidor("replies", "--state", "drafts").err


def test_a_draft_is_approved_in_somebodys_name(world: Engine, ouvidor: Ouvidor) -> None:
    found = ouvidor("approve", "1", "--as", "Ana")
    assert found.code == 0
    assert "posting = false" in found.out
    assert state(world) is ReplyState.APPROVED
    again = ouvidor("approve", "1", "--as", "Ana")
    assert again.code == 1
    assert again.err == "ouvidor: reply 1 is approved: only a draft is approved\n"


def test_nobody_approves_nothing(world: Engine, ouvidor: Ouvidor) -> None:
    assert ouvidor("approve", "1").code == 2
    assert ouvidor("approve", "1", "--as", " ").code == 1
    for name in ("ouvidor", "\uff4fuvidor", " OUVIDOR\u200b"):
        assert "is how the program signs" in ouvidor("approve", "1", "--as", name).err
    assert "there is no reply 99" in ouvidor("approve", "99", "--as", "Ana").err
    assert "there is no reply 2147483648" in ouvidor("approve", "2147483648", "--as", "Ana").err
    assert state(world) is ReplyState.DRAFT


@pytest.mark.parametrize("number", ["0", "2147483648", "99999999999999999999"])
@pytest.mark.parametrize("decision", ["resend", "leave"])
def test_a_number_that_no_reply_has_is_told_in_one_line(
    world: Engine, ouvidor: Ouvidor, decision: str, number: str
) -> None:
    found = ouvidor("replies", decision, number, "--as", "Ana")
    assert (found.code, found.out) == (1, "")
    assert found.err == f"ouvidor: there is no reply {number}; `ouvidor replies --state needs_human` lists them\n"


@pytest.mark.parametrize(
    ("state", "told"),
    [
        (ReplyState.UNKNOWN, "reply 1 is unknown: there is nothing to decide while it is looked for"),
        (ReplyState.VERIFIED, "reply 1 is verified: there is nothing to decide about it"),
    ],
)
@pytest.mark.parametrize("decision", ["resend", "leave"])
def test_what_waits_for_nobody_is_told_in_one_line(
    world: Engine, ouvidor: Ouvidor, decision: str, state: ReplyState, told: str
) -> None:
    with transaction(world) as session:
        session.exec(select(Reply)).one().state = state
    found = ouvidor("replies", decision, "1", "--as", "Ana")
    assert (found.code, found.err) == (1, f"ouvidor: {told}\n")
