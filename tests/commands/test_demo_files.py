"""What a run of the demo finds on the disk: continued where it can be, refused in one line where it cannot."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import fields
from datetime import datetime
from pathlib import Path

import pytest

from commands.demo_files import check_nothing_is_forgotten, demo_files, networks_of
from commands.report import Report
from errors import SettingsError
from sandbox.clock import VirtualClock
from sandbox.state import State
from tests.commands.conftest import Ouvidor

ROOT = Path(__file__).resolve().parents[2]
NOON = datetime.fromisoformat("2026-03-02T12:00:00+00:00")
GARBAGE = b"this is no database at all, only some text\n" * 40
DAMAGED = b"SQLite format 3\0" + GARBAGE


def refused(ouvidor: Ouvidor, *arguments: str) -> str:
    found = ouvidor(*arguments)
    assert (found.code, found.out) == (2, "")
    assert found.err.count("\n") == 1
    return found.err


@pytest.mark.parametrize(
    ("name", "raw"),
    [("c.db", GARBAGE), ("c.db", DAMAGED), ("c.db.sandbox", GARBAGE), ("c.db.sandbox", DAMAGED)],
)
def test_a_file_that_is_no_database_is_named_and_left_as_it_is(
    name: str, raw: bytes, ouvidor: Ouvidor, folder: Path
) -> None:
    (folder / name).write_bytes(raw)
    assert str(folder / name) in refused(ouvidor, "demo", "--once", "--database", "c.db")
    assert [path.name for path in folder.iterdir()] == [name]
    assert (folder / name).read_bytes() == raw


def test_our_own_file_that_is_damaged_behind_its_beginning_is_named(ouvidor: Ouvidor, folder: Path) -> None:
    State(folder / "c.db.sandbox", VirtualClock(NOON)).close()
    (folder / "c.db").write_bytes(DAMAGED)
    assert "c.db cannot be opened" in refused(ouvidor, "demo", "--once", "--database", "c.db")


def test_a_sandbox_on_a_file_that_is_no_database_says_so(ouvidor: Ouvidor, folder: Path) -> None:
    (folder / "s.db").write_bytes(GARBAGE)
    assert "s.db cannot be used" in refused(ouvidor, "sandbox", "--port", "0", "--database", "s.db")


def test_a_folder_that_is_missing_is_named_and_only_the_last_one_is_made(ouvidor: Ouvidor, folder: Path) -> None:
    for command in (["demo", "--once"], ["sandbox", "--port", "0"]):
        words = refused(ouvidor, *command, "--database", "not/there/y.db")
        assert f"the folder {folder / 'not'}" in words
        assert "missing" in words
    assert list(folder.iterdir()) == []
    with demo_files(folder / "made" / "y.db") as path:
        assert path.parent.is_dir()


def test_a_folder_is_no_database(ouvidor: Ouvidor, folder: Path) -> None:
    assert "is a folder" in refused(ouvidor, "demo", "--once", "--database", str(folder))


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no flock")
def test_a_file_that_another_demo_is_using_is_refused_until_it_ends(ouvidor: Ouvidor, folder: Path) -> None:
    with demo_files(folder / "demo.db"):
        assert "another demo is using" in refused(ouvidor, "demo", "--once", "--database", "demo.db")
    assert list(folder.iterdir()) == []
    with demo_files(folder / "demo.db"):
        pass


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no flock")
def test_the_lock_goes_with_a_process_that_is_killed(folder: Path) -> None:
    program = (
        "import pathlib, time\nfrom commands.demo_files import demo_files\n"
        "with demo_files(pathlib.Path('demo.db')):\n    print('held', flush=True)\n    time.sleep(60)\n"
    )
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, env=environ) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == b"held\n"
            with pytest.raises(SettingsError, match="another demo"), demo_files(folder / "demo.db"):
                pass
        finally:
            process.kill()
    assert (folder / "demo.db.lock").exists()
    with demo_files(folder / "demo.db"):
        pass


def test_our_file_without_the_networks_is_refused(ouvidor: Ouvidor, folder: Path) -> None:
    State(folder / "demo.db", VirtualClock(NOON)).close()  # any SQLite file
    assert "demo.db.sandbox, which belongs to it, is missing" in refused(
        ouvidor, "demo", "--once", "--database", "demo.db"
    )
    assert [path.name for path in folder.iterdir()] == ["demo.db"]


def test_networks_without_our_file_go_on_only_while_nobody_has_posted(ouvidor: Ouvidor, folder: Path) -> None:
    path = folder / "demo.db"
    state = State(networks_of(path), VirtualClock(NOON))
    check_nothing_is_forgotten(path, state)
    person = state.add_person("x", "marina", "Marina", 3)
    state.publish(person, "@lojaaurora cadê meu pedido?", kind="post")
    with pytest.raises(SettingsError):
        check_nothing_is_forgotten(path, state)
    state.close()
    assert "holds posts, but" in refused(ouvidor, "demo", "--once", "--database", "demo.db")
    assert [found.name for found in folder.iterdir()] == ["demo.db.sandbox"]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGTERM to catch")
def test_sigterm_ends_a_run_with_143_and_leaves_nothing_behind(tmp_path: Path) -> None:
    environ = {**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(tmp_path)}
    command = [sys.executable, "-m", "cli", "demo", "--once", "--mentions", "100000"]
    with subprocess.Popen(command, cwd=tmp_path, env=environ, stderr=subprocess.PIPE, text=True) as process:
        try:
            until = time.monotonic() + 60
            while not list(tmp_path.glob("ouvidor-demo-*/ouvidor.db")):
                assert time.monotonic() < until
                time.sleep(0.02)
            process.terminate()
            _, complaints = process.communicate(timeout=30)
        finally:
            process.kill()
    assert process.returncode == 128 + signal.SIGTERM
    assert "Traceback" not in complaints
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["--mentions", "5"], "--mentions"),
        (["--json"], "--json"),
        (["--database", "a.db"], "--database"),
        (["--once", "--port", "5"], "--port"),
    ],
)
def test_an_option_of_the_other_demo_is_named(arguments: list[str], named: str, ouvidor: Ouvidor, folder: Path) -> None:
    found = ouvidor("demo", *arguments)
    assert found.code == 2
    assert f"Invalid value: {named}" in found.err
    assert "--once" in found.err


@pytest.mark.parametrize("wrong", ["", "lost", "doubled", "replies_doubled", "stuck"])
def test_a_run_is_whole_only_without_a_loss_or_a_double(wrong: str) -> None:
    names = [field.name for field in fields(Report) if field.name != "stuck"]
    figures = {name: int(name == wrong) for name in names}
    stuck = ["a case is open"] if wrong == "stuck" else []
    assert Report(**figures, stuck=stuck).is_whole == (wrong == "")
