"""What an operator asks: is it well, and if not, what is to be done."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from sqlmodel import select

from commands.opening import now
from commands.sources import spoken
from database.engine import open_database, transaction
from models import Mention, MentionKind, Source
from tests.commands.conftest import Ouvidor


def test_sources_tell_their_health(ouvidor: Ouvidor, settings_file: Path) -> None:
    ouvidor("apply")
    (found,) = json.loads(ouvidor("sources", "--json").out)
    assert (found["name"], found["state"], found["last_success_at"]) == ("acme-mentions", "waiting", None)
    engine = open_database(f"sqlite:///{settings_file.with_name('ouvidor.db')}")
    with transaction(engine) as session:
        source = session.exec(select(Source)).one()
        source.failing_since = now() - timedelta(hours=3)
        source.last_error = "down\x1b[2J"
        session.add(source)
    engine.dispose()
    table = ouvidor("sources").out
    assert "failing" in table
    assert "3h" in table
    assert "\x1b" not in table


def test_without_sources_the_next_step_is_told(ouvidor: Ouvidor, folder: Path) -> None:
    ouvidor("init")
    assert "no sources yet" in ouvidor("sources").out


@pytest.mark.parametrize(
    ("seconds", "said"), [(-3, "0s"), (59, "59s"), (119, "119s"), (600, "10m"), (7200, "2h"), (200_000, "2d")]
)
def test_durations_are_short(seconds: int, said: str) -> None:
    assert spoken(timedelta(seconds=seconds)) == said


def test_the_doctor_finds_all_well(ouvidor: Ouvidor, settings_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUVIDOR_ACME_MASTODON_ACCESS_TOKEN", "s3cret")
    ouvidor("apply")
    found = ouvidor("doctor")
    assert found.code == 0
    assert [line.split(":")[0] for line in found.out.splitlines()] == [
        "ok   settings",
        "ok   database",
        "ok   classifier",
        "ok   account acme-mastodon",
        "ok   clock",
        "ok   posting",
        "ok   disk",
    ]
    assert "s3cret" not in found.out


def test_the_doctor_names_a_missing_secret_and_what_to_do(ouvidor: Ouvidor, settings_file: Path) -> None:
    found = ouvidor("doctor")
    assert found.code == 1
    assert "FIX  account acme-mastodon: " in found.out
    assert "set OUVIDOR_ACME_MASTODON_ACCESS_TOKEN in the environment" in found.out
    assert "not there yet: `ouvidor apply` makes it" in found.out
    assert not settings_file.with_name("ouvidor.db").exists()


def test_the_doctor_asks_the_network_only_when_told(
    ouvidor: Ouvidor, settings_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OUVIDOR_ACME_MASTODON_ACCESS_TOKEN", "s3cret")
    found = ouvidor("doctor", "--network")
    assert found.code == 1
    assert "FIX  account acme-mastodon: the network was asked and answered: " in found.out


def test_the_doctor_sees_a_clock_that_went_back(
    ouvidor: Ouvidor, settings_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OUVIDOR_ACME_MASTODON_ACCESS_TOKEN", "s3cret")
    ouvidor("apply")
    engine = open_database(f"sqlite:///{settings_file.with_name('ouvidor.db')}")
    with transaction(engine) as session:
        source = session.exec(select(Source)).one()
        session.add(a_stored_mention(source))
    engine.dispose()
    found = ouvidor("doctor")
    assert found.code == 1
    assert "FIX  clock: " in found.out


def a_stored_mention(source: Source) -> Mention:
    """Seen an hour from now."""
    moment = now() + timedelta(hours=1)
    return Mention(
        brand_id=source.brand_id,
        channel=source.channel,
        place=source.place,
        external_id="1",
        kind=MentionKind.POST,
        thread="1",
        text="a",
        posted_at=moment,
        seen_at=moment,
    )


def test_the_doctor_tells_a_mistake_in_the_settings(ouvidor: Ouvidor, settings_file: Path) -> None:
    settings_file.write_text(settings_file.read_text().replace("slug", "slugg"))
    found = ouvidor("doctor")
    assert found.code == 1
    assert found.out.startswith("FIX  settings: ouvidor.toml, line 2: brand 1, slugg: ")


def test_the_doctor_warns_of_secrets_on_plain_http(ouvidor: Ouvidor, settings_file: Path) -> None:
    text = settings_file.read_text().replace("http://127.0.0.1:9", "http://social.example")
    settings_file.write_text(text)
    assert "use https" in ouvidor("doctor").out
