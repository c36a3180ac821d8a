"""The points at which a test may kill the process are all known by name."""

import ast
import os
import signal
import subprocess
import sys
from pathlib import Path

from database.crash import POINTS
from tests.floors import modules

ROOT = Path(__file__).parents[2]


def points_in(source: str) -> list[str]:
    """The names with which `crash_point` is called; anything but a plain name is told as it is written."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "crash_point":
            name = node.args[0]
            found.append(str(name.value) if isinstance(name, ast.Constant) else ast.unparse(name))
    return found


def test_every_point_of_the_source_is_known_and_every_known_one_is_passed() -> None:
    passed = [point for _, path in modules(ROOT) for point in points_in(path.read_text(encoding="utf-8"))]
    assert sorted(passed) == sorted(POINTS)
    assert len(set(POINTS)) == len(POINTS)


def test_a_point_that_is_no_plain_name_is_told() -> None:
    assert points_in("crash_point('a.b')\ncrash_point(where)\n") == ["a.b", "where"]


def killed(code: str, crash_at: str = "") -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OUVIDOR_CRASH_AT": crash_at}
    return subprocess.run(
        [sys.executable, "-c", f"from database.crash import arm, crash_point\n{code}"],
        env=environment,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


THREE = "for number in range(3):\n    print(number, flush=True)\n    crash_point('deliver.claimed')\n"


def test_the_environment_kills_at_the_count_that_it_names() -> None:
    run = killed(THREE, "deliver.claimed:2")
    assert (run.returncode, run.stdout) == (-signal.SIGKILL, "0\n1\n")


def test_what_is_armed_later_kills_the_same() -> None:
    run = killed(f"arm('deliver.claimed:3')\n{THREE}")
    assert (run.returncode, run.stdout) == (-signal.SIGKILL, "0\n1\n2\n")


def test_nothing_is_killed_unasked() -> None:
    assert killed(THREE).returncode == 0
