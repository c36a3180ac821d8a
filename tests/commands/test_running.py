"""`ouvidor run`, `once` and `sandbox` as processes: they come up, do their work, and stop when asked."""

import re
import signal
import time
from pathlib import Path

import httpx
import pytest
from sqlalchemy import text

from database.engine import open_database, transaction
from models import Source
from settings import load
from tests.builders import a_mention, a_world
from tests.commands.conftest import SETTINGS, Ouvidor
from tests.commands.processes import line_with, running


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_run_serves_the_inbox_and_stops_when_asked(number: signal.Signals, settings_file: Path) -> None:
    with running("run", "--port", "0") as process:
        url = re.findall(r"http://127\.0\.0\.1:\d+/", line_with(process, "inbox: "))[0]
        line_with(process, "nothing is posted")
        assert httpx.get(url, follow_redirects=True).status_code == 200
        asked = time.monotonic()
        process.send_signal(number)
        _, err = process.communicate(timeout=15)
        assert process.returncode == 0
        assert time.monotonic() - asked < 8  # 5 s for what is in flight, and the interpreter's own end
        assert "Traceback" not in err


@pytest.mark.slow
def test_a_port_that_is_taken_is_told_in_one_line(settings_file: Path) -> None:
    with running("run", "--port", "0") as first:
        port = re.findall(r":(\d+)/", line_with(first, "inbox: "))[0]
        with running("run", "--port", port) as second:
            _, err = second.communicate(timeout=30)
    assert second.returncode == 2
    assert f"cannot listen on 127.0.0.1:{port}" in err
    assert "Traceback" not in err


def test_once_runs_each_step_and_names_what_fails(
    ouvidor: Ouvidor, settings_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = ouvidor("once")
    assert found.code == 1
    assert "source 'acme-mentions' is paused: " in found.err
    assert "OUVIDOR_ACME_MASTODON_ACCESS_TOKEN" in found.err


def test_once_names_a_step_that_failed(ouvidor: Ouvidor, settings_file: Path, sqlite_url: str) -> None:
    settings_file.write_text(SETTINGS.partition("[[source]]")[0])
    engine = open_database(sqlite_url)  # the file that stands beside the settings
    source_id = a_world(engine)
    with transaction(engine) as session:
        a_mention(session, session.get_one(Source, source_id))
        session.connection().execute(
            text("CREATE TRIGGER full BEFORE INSERT ON verdict BEGIN SELECT RAISE(ABORT, 'the disk is full'); END")
        )
    engine.dispose()
    found = ouvidor("once")
    assert found.code == 1
    assert "tag failed: the log says why" in found.err
    assert "nothing was waiting" not in found.out


def test_the_sandbox_prints_settings_that_load_and_serves_its_networks(folder: Path) -> None:
    with running("sandbox", "--port", "0", "--seed", "7") as process:
        lines = []
        assert process.stdout is not None
        for line in process.stdout:
            lines.append(line)
            if line.startswith("es = "):
                break
        path = folder / "ouvidor.toml"
        path.write_text("".join(lines))
        settings = load(path, {})
        assert len(settings.account) == 5
        assert not settings.posting
        root = settings.account[0].base_url.rpartition("/")[0]
        assert httpx.get(f"{root}/").status_code == 200
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=15)
        assert process.returncode == 0
