"""`ouvidor learn`: what the team corrected is learned, what was tagged stays, and the way back is open."""

import json
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlmodel import select

from cases.actions import correct
from classifier import learned
from classifier.learned import IN_FORCE
from database.engine import open_database, reading, transaction
from models import Mention, MentionType, Reply, Source, VerdictRow
from tests.builders import NOON, a_case, a_draft, a_mention, a_verdict, a_world
from tests.classifier.house_style import PRAISE, TURNED, UNSEEN
from tests.commands.conftest import Ouvidor

KEYS = ["switched", "reason", "version", "before", "corrections", "held_back", "fields"]


@pytest.fixture
def engine_beside(settings_file: Path, sqlite_url: str) -> Engine:
    """The database that stands beside the settings."""
    return open_database(sqlite_url)


def corrections(engine: Engine, pairs: list[tuple[str, str]]) -> None:
    source_id = a_world(engine)
    with transaction(engine) as session:
        for number, (text, label) in enumerate(pairs):
            mention = a_mention(session, session.get_one(Source, source_id), str(number), text=text)
            a_verdict(session, mention, type=MentionType.OTHER)
            session.flush()
            correct(session, mention, "type", label, "Ana", NOON)


def rows(engine: Engine) -> list[tuple[object, ...]]:
    """What stands in the database of mentions, verdicts and replies."""
    with reading(engine) as session:
        return [
            tuple(row.model_dump().values())
            for model in (Mention, VerdictRow, Reply)
            for row in session.exec(select(model)).all()
        ]


@pytest.mark.slow
def test_forty_corrections_are_learned_and_gone_back_from(
    ouvidor: Ouvidor, settings_file: Path, engine_beside: Engine
) -> None:
    corrections(engine_beside, [(text, "praise") for text in PRAISE])
    with transaction(engine_beside) as session:
        source = session.exec(select(Source)).first()
        assert source is not None
        mention = a_mention(session, source, "case", text="meu molho não chegou")
        a_draft(session, a_case(session, mention), mention)
    before = rows(engine_beside)
    packaged = ouvidor("classify", given="\n".join(UNSEEN).encode()).out

    found = ouvidor("learn", "--json")
    assert found.code == 0, found.err
    told = json.loads(found.out)
    assert list(told) == KEYS
    assert told["switched"]
    assert told["version"] != told["before"]
    assert told["corrections"] == 40
    assert told["fields"]["type"]["kept"]
    assert rows(engine_beside) == before  # no verdict, no reply: nothing is tagged or answered again

    speaks = ouvidor("classify", given="\n".join(UNSEEN).encode()).out
    assert speaks.count('"praise"') >= packaged.count('"praise"') + 4
    assert told["version"] in speaks
    (settings_file.parent / "new.jsonl").write_text(json.dumps({"text": UNSEEN[0]}))
    assert ouvidor("import", "mentions", "new.jsonl", "--brand", "acme").code == 0
    with reading(engine_beside) as session:
        verdicts = session.exec(select(VerdictRow)).all()
    assert [verdict.version for verdict in verdicts].count(told["version"]) == 1  # of what is new alone

    back = ouvidor("learn", "--rollback")
    assert back.code == 0
    assert f"went back from {told['version']} to {told['before']}" in back.out
    assert ouvidor("classify", given="\n".join(UNSEEN).encode()).out == packaged
    engine_beside.dispose()


@pytest.mark.slow
def test_a_harmful_batch_is_refused_with_its_own_status(
    ouvidor: Ouvidor, settings_file: Path, engine_beside: Engine
) -> None:
    corrections(engine_beside, list(TURNED))
    found = ouvidor("learn")
    assert found.code == 3, found.err
    assert "nothing was changed" in found.out
    assert not (settings_file.parent / "learned").exists()
    engine_beside.dispose()


def test_no_corrections_are_told(ouvidor: Ouvidor, settings_file: Path) -> None:
    found = ouvidor("learn")
    assert (found.code, found.err) == (0, "")
    assert "nothing was corrected yet" in found.out


def test_too_few_corrections_are_told(ouvidor: Ouvidor, settings_file: Path, engine_beside: Engine) -> None:
    corrections(engine_beside, [(text, "praise") for text in PRAISE[:8]])
    found = ouvidor("learn", "--dry-run")
    assert found.code == 0
    assert "more corrections are needed: 20 of one field" in found.out
    assert "type: 8 corrections, not learned" in found.out
    engine_beside.dispose()


def test_a_damaged_list_stops_the_start_and_is_gone_back_past(ouvidor: Ouvidor, settings_file: Path) -> None:
    folder = settings_file.parent / "learned"
    folder.mkdir()
    (folder / IN_FORCE).write_text("?")
    for arguments in (["once"], ["learn"], ["classify"]):
        found = ouvidor(*arguments)
        assert found.code == 1
        assert str(folder / IN_FORCE) in found.err
        assert "`ouvidor learn --rollback`" in found.err
    assert ouvidor("learn", "--rollback").code == 0
    assert ouvidor("once").code in (0, 1)
    assert learned.versions(folder) == []


def test_there_is_no_way_back_beyond_what_was_packaged(ouvidor: Ouvidor, settings_file: Path) -> None:
    found = ouvidor("learn", "--rollback")
    assert found.code == 1
    assert "there is nothing to go back to" in found.err


def test_a_dry_run_goes_back_nowhere(ouvidor: Ouvidor, settings_file: Path) -> None:
    assert ouvidor("learn", "--dry-run", "--rollback").code == 2
