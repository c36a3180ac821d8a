"""`ouvidor recover` and `ouvidor reconcile`, where there is nothing to do and where something cannot be done."""

import json
from pathlib import Path

from cases.approval import approve
from database.engine import migrate, open_database, transaction
from tests.builders import NOON, a_brand, a_case, a_draft, a_mention, a_source, an_account
from tests.commands.conftest import Ouvidor


def an_approved_reply(settings_file: Path) -> None:
    engine = open_database(f"sqlite:///{settings_file.with_name('ouvidor.db')}")
    migrate(engine)
    with transaction(engine) as session:
        account = an_account(session, a_brand(session, "acme"), name="acme-mastodon", place="127.0.0.1")
        mention = a_mention(session, a_source(session, account, name="acme-mentions"))
        approve(session, a_draft(session, a_case(session, mention), mention, "Oi"), "Ana", NOON)
    engine.dispose()


def test_an_account_that_cannot_be_read_back_ends_recover_with_1(settings_file: Path, ouvidor: Ouvidor) -> None:
    an_approved_reply(settings_file)
    found = ouvidor("recover")
    assert found.code == 1
    assert "account acme-mastodon cannot be read back" in found.err
    assert "1 reply was frozen, of 1 account" in found.out
    assert "for 2m; what is not there then waits for a person" in found.out
    again = ouvidor("recover", "--json")
    assert again.code == 1
    assert json.loads(again.out)["unknown"] == 1


def test_nothing_unfinished_is_told_as_such(settings_file: Path, ouvidor: Ouvidor) -> None:
    found = ouvidor("recover")
    assert (found.code, found.out) == (0, "nothing was unfinished\n")


def test_without_an_account_there_is_nothing_to_compare(folder: Path, ouvidor: Ouvidor) -> None:
    (folder / "ouvidor.toml").write_text('[[brand]]\nslug = "acme"\nname = "Acme"\n')
    found = ouvidor("reconcile")
    assert (found.code, found.out) == (0, "no account is in use: there is nothing to compare\n")
    assert ouvidor("reconcile", "--json").out == "[]\n"
