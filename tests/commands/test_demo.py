"""The whole loop against the sandbox: nothing lost, nothing doubled, whatever crashes."""

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from sandbox.clock import WallClock
from sandbox.state import State
from sandbox.truth import Truth

ROOT = Path(__file__).parents[2]
NAMES = (
    "posted_by_customers",
    "stored",
    "redelivered_ignored",
    "lost",
    "doubled",
    "tagged",
    "cases",
    "replies_posted",
    "replies_verified",
    "replies_doubled",
    "resolutions_published",
    "not_answerable",
    "seconds",
)


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "cli", "demo", *arguments]


def once(folder: Path, *arguments: str, crash_at: str = "") -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OUVIDOR_CRASH_AT": crash_at}
    return subprocess.run(
        command("--once", "--json", *arguments),
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def figures(run: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    assert run.returncode == 0, run.stderr + run.stdout
    found: dict[str, Any] = json.loads(run.stdout)
    assert tuple(found) == NAMES
    return found


def assert_whole(found: dict[str, Any], mentions: int) -> None:
    assert found["lost"] == found["doubled"] == found["replies_doubled"] == 0
    assert found["posted_by_customers"] == found["stored"] == found["tagged"] == mentions
    assert found["replies_verified"] == found["replies_posted"] > 0
    assert found["resolutions_published"] > 0
    assert found["cases"] > 0


@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.slow), pytest.param(3, marks=pytest.mark.slow)])
def test_everything_that_was_posted_is_handled_once(tmp_path: Path, seed: int) -> None:
    found = figures(once(tmp_path, "--mentions", "40", "--seed", str(seed)))
    assert_whole(found, 40)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_a_repeat_on_the_same_files_goes_on_to_the_new_number(tmp_path: Path) -> None:
    first = figures(once(tmp_path, "--mentions", "25", "--database", "demo.db"))
    second = figures(once(tmp_path, "--mentions", "50", "--database", "demo.db"))
    assert_whole(first, 25)
    assert_whole(second, 50)
    assert {path.name for path in tmp_path.iterdir()} >= {"demo.db", "demo.db.sandbox"}
    again = figures(once(tmp_path, "--mentions", "50", "--database", "demo.db"))
    assert {**again, "seconds": 0, "redelivered_ignored": 0} == {**second, "seconds": 0, "redelivered_ignored": 0}


@pytest.mark.slow
def test_an_answer_that_stands_twice_fails_the_run(tmp_path: Path) -> None:
    arguments = ("--mentions", "5", "--database", "demo.db")
    figures(once(tmp_path, *arguments))
    state = State(tmp_path / "demo.db.sandbox", WallClock())
    answer = Truth(state).brand_answers()[0]
    state.publish(state.brand(answer.network), answer.text, kind="comment", parent=answer.parent, thread=answer.thread)
    state.close()
    again = once(tmp_path, *arguments)
    assert json.loads(again.stdout)["replies_doubled"] == 1
    assert again.returncode == 1


CRASHES = (
    "deliver.answered:3",
    "deliver.claimed:1",
    "poll.stored:2",
    "poll.committed:4",
    "tag.computed:2",
    "tag.stored:1",
    "triage.stored:3",
    "deliver.claimed:9",
    "deliver.looked:5",
    "deliver.answered:10",
    "verify.looked:2",
    "verify.looked:11",
)


@pytest.mark.slow
@pytest.mark.parametrize("point", CRASHES)
def test_a_kill_at_any_moment_loses_and_doubles_nothing(tmp_path: Path, point: str) -> None:
    arguments = ("--mentions", "24", "--database", "demo.db")
    killed = once(tmp_path, *arguments, crash_at=point)
    assert killed.returncode == -signal.SIGKILL, killed.stdout + killed.stderr
    assert_whole(figures(once(tmp_path, *arguments)), 24)


@pytest.mark.slow
def test_kills_from_outside_lose_and_double_nothing(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    arguments = command("--once", "--json", "--mentions", "120", "--database", "demo.db")
    for moment in range(5):
        process = subprocess.Popen(
            arguments, cwd=tmp_path, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        time.sleep(2.0 + 0.7 * moment)
        process.kill()
        process.wait(10)
    assert_whole(figures(once(tmp_path, "--mentions", "120", "--database", "demo.db")), 120)


@pytest.mark.slow
def test_the_live_demo_prints_its_addresses_serves_them_and_stops(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
    process = subprocess.Popen(
        command("--port", "0"), cwd=tmp_path, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        urls: list[str] = []
        while len(urls) < 2:
            line = process.stdout.readline()
            assert line, "the demo ended before it had printed two addresses"
            urls += re.findall(r"http://127\.0\.0\.1:\d+/", line)
        for url in urls:
            with urllib.request.urlopen(url, timeout=10) as answer:
                assert answer.status == 200
                assert answer.read()
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0
    finally:
        process.kill()
        process.communicate()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "arguments", [["--once", "--mentions", "0"], ["--once", "--seed", "x"], ["--database", "a.db"]]
)
def test_wrong_arguments_are_named(tmp_path: Path, arguments: list[str]) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    run = subprocess.run(
        command(*arguments), cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert run.returncode == 2
    assert "Traceback" not in run.stderr


@pytest.mark.slow
def test_files_of_another_seed_are_refused_and_left_as_they_are(tmp_path: Path) -> None:
    figures(once(tmp_path, "--mentions", "10", "--database", "demo.db"))
    run = once(tmp_path, "--mentions", "20", "--seed", "2", "--database", "demo.db")
    assert run.returncode == 2
    assert "seed 1" in run.stderr
    untouched = figures(once(tmp_path, "--mentions", "10", "--database", "demo.db"))
    assert untouched["lost"] == 0
