"""The surface: what every command has in common."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.commands.conftest import Ouvidor

ROOT = Path(__file__).resolve().parents[2]


def test_help_names_every_command(ouvidor: Ouvidor) -> None:
    found = ouvidor("--help")
    assert found.code == 0
    for name in (
        "init",
        "apply",
        "run",
        "once",
        "sources",
        "doctor",
        "import",
        "classify",
        "evaluate",
        "demo",
        "sandbox",
    ):
        assert f"\n  {name} " in found.out


@pytest.mark.parametrize("command", ["apply", "sources", "doctor", "run", "once", "replies", "cases"])
def test_without_settings_a_command_says_what_to_do_in_one_line(command: str, ouvidor: Ouvidor) -> None:
    found = ouvidor(command)
    assert found.code in (1, 2)
    said = found.out + found.err
    assert "ouvidor init" in said
    assert len(said.splitlines()) == 1


def test_a_mistake_in_the_settings_ends_with_2(ouvidor: Ouvidor, settings_file: Path) -> None:
    settings_file.write_text(settings_file.read_text().replace('channel = "mastodon"', 'channel = "mastodom"'))
    found = ouvidor("apply")
    assert found.code == 2
    assert found.err == (
        "ouvidor: ouvidor.toml, line 8: account 1, channel: no channel is named 'mastodom'; did you mean 'mastodon'? "
        "(there are: complaint_page, mastodon, reclame_aqui, reddit, x)\n"
    )


def test_a_template_that_cannot_be_rendered_is_named_by_its_line(ouvidor: Ouvidor, settings_file: Path) -> None:
    with settings_file.open("a") as stream:
        stream.write('[[acknowledge]]\n[acknowledge.template]\npt = "{{ protocolo }}"\n')
    found = ouvidor("apply")
    assert found.code == 2
    assert "line 18: acknowledge 1, template, pt: " in found.err


@pytest.mark.parametrize(
    "raw", [b"this is no database at all, only some text that is long enough", b"SQLite format 3\0"]
)
def test_a_file_that_is_no_database_is_refused_in_one_line(raw: bytes, ouvidor: Ouvidor, settings_file: Path) -> None:
    settings_file.with_name("ouvidor.db").write_bytes(raw * 3)
    found = ouvidor("apply")
    assert found.code == 2
    assert found.err.count("\n") == 1


def test_a_database_in_a_folder_that_is_not_there_is_refused_in_one_line(ouvidor: Ouvidor, settings_file: Path) -> None:
    settings_file.write_text('database = "sqlite:///not/there/o.db"\n' + settings_file.read_text())
    found = ouvidor("apply")
    assert found.code == 2
    assert "cannot be opened" in found.err


def test_an_error_repaints_no_terminal(ouvidor: Ouvidor, folder: Path) -> None:
    found = ouvidor("--settings", "a\x1b[2Jb\u202e.toml", "apply")
    assert "\x1b" not in found.err
    assert "\u202e" not in found.err


def test_a_whole_process_ends_without_a_traceback(folder: Path) -> None:
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, ROOT / "cli.py", "apply"], capture_output=True, text=True, env=environ, check=False
    )
    assert done.returncode == 2
    assert done.stderr.startswith("ouvidor: there is no settings file ouvidor.toml")
    assert "Traceback" not in done.stderr


def test_help_imports_nothing_heavy(folder: Path) -> None:
    program = (
        "import sys\nsys.argv = ['ouvidor', '--help']\nimport cli\ntry:\n    cli.main()\nexcept SystemExit:\n    pass\n"
        "print(*sorted({'sqlalchemy', 'pydantic', 'rich', 'numpy', 'fastapi'} & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=True,
    )
    assert done.stderr.strip() == ""
