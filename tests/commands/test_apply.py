"""From the settings to the database: once, and no second time."""

import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import Engine
from sqlmodel import Session, select

from commands.apply import apply_settings
from commands.init import TEMPLATE
from commands.opening import settings_in_use
from database.engine import reading, transaction
from models import Account, Source
from settings import Settings
from tests.commands.conftest import SETTINGS, Ouvidor

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def settings_of(text: str) -> Settings:
    return Settings.model_validate(tomllib.loads(text))


def applied(engine: Engine, text: str, now: datetime = NOW) -> list[str]:
    with transaction(engine) as session:
        return [str(change) for change in apply_settings(session, settings_of(text), now)]


def the_source(session: Session) -> Source:
    return session.exec(select(Source)).one()


def test_what_is_new_is_created_and_a_second_time_changes_nothing(engine: Engine) -> None:
    assert applied(engine, SETTINGS) == [
        "+ brand 'acme' created",
        "+ account 'acme-mastodon' created: mastodon, acme",
        "+ source 'acme-mentions' created: mastodon notifications",
    ]
    assert applied(engine, SETTINGS) == []
    with reading(engine) as session:
        assert session.exec(select(Account)).one().place == "127.0.0.1"
        assert the_source(session).started_at == NOW


def test_a_change_shows_what_was_and_what_is(engine: Engine) -> None:
    applied(engine, SETTINGS)
    changed = SETTINGS.replace('name = "Acme"', 'name = "Acme Foods"') + 'every = "5m"\n'
    assert applied(engine, changed) == [
        "~ brand 'acme' changed: name Acme → Acme Foods",
        "~ source 'acme-mentions' changed: interval_seconds 60.0 → 300.0",
    ]


def test_what_vanished_is_switched_off_and_comes_back_anew(engine: Engine) -> None:
    applied(engine, SETTINGS)
    with transaction(engine) as session:
        source = the_source(session)
        source.cursor = "here"
        session.add(source)
    without = SETTINGS.partition("[[source]]")[0]
    assert applied(engine, without) == ["- source 'acme-mentions' switched off"]
    assert applied(engine, without) == []
    later = NOW + timedelta(days=1)
    assert applied(engine, SETTINGS, later) == ["+ source 'acme-mentions' switched on"]
    with reading(engine) as session:
        assert (the_source(session).cursor, the_source(session).started_at) == ("here", later)


def test_a_source_that_reads_something_else_forgets_its_cursor(engine: Engine) -> None:
    applied(engine, SETTINGS)
    with transaction(engine) as session:
        source = the_source(session)
        source.cursor = "here"
        source.claim, source.claimed_until = "a poll that is under way", NOW + timedelta(days=2)
        session.add(source)
    later = NOW + timedelta(days=1)
    applied(engine, SETTINGS.replace('kind = "notifications"', 'kind = "hashtag"\nquery = "acme"'), later)
    with reading(engine) as session:
        source = the_source(session)
        assert (source.cursor, source.started_at, source.claim, source.claimed_until) == (None, later, None, None)


def test_what_the_platform_told_about_an_account_is_kept(engine: Engine) -> None:
    applied(engine, SETTINGS)
    with transaction(engine) as session:
        account = session.exec(select(Account)).one()
        account.external_id = "109"
        session.add(account)
    assert applied(engine, SETTINGS) == []
    with reading(engine) as session:
        assert session.exec(select(Account)).one().external_id == "109"


def test_the_command_shows_what_changes_and_then_nothing(ouvidor: Ouvidor, settings_file: Path) -> None:
    dry = ouvidor("apply", "--dry-run")
    assert dry.out.splitlines()[0].startswith("dry run")
    first = ouvidor("apply")
    assert first.out.splitlines() == dry.out.splitlines()[1:]
    assert ouvidor("apply").out == "nothing to change\n"


def test_the_file_that_init_writes_applies_at_once(ouvidor: Ouvidor, folder: Path) -> None:
    assert ouvidor("init").code == 0
    assert ouvidor("apply").out == "+ brand 'my-brand' created\n"


def test_init_overwrites_only_when_forced(ouvidor: Ouvidor, settings_file: Path) -> None:
    refused = ouvidor("init")
    assert refused.code == 2
    assert "--force" in refused.err
    assert settings_file.read_text() == SETTINGS
    assert ouvidor("init", "--force").code == 0
    assert settings_file.read_text() == TEMPLATE.read_text()


def test_every_example_of_the_written_file_loads_once_uncommented(tmp_path: Path) -> None:
    lines = []
    for line in TEMPLATE.read_text().splitlines():
        bare = line.removeprefix("# ")
        is_example = line.startswith("# ") and (bare.startswith("[") or bare.split(" ")[1:2] == ["="])
        lines.append(bare if is_example else line)
    path = tmp_path / "ouvidor.toml"
    path.write_text("\n".join(lines))
    settings = settings_in_use(path, {})
    assert {account.channel for account in settings.account} == {
        "mastodon",
        "x",
        "reddit",
        "reclame_aqui",
        "complaint_page",
    }
    assert len(settings.source) == 6
    assert len(settings.triage) == 3
    assert settings.model_copy(update={"database": Settings().database}).inbox == Settings().inbox
    assert settings.delivery == Settings().delivery
