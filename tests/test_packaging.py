"""The wheel carries everything: a file that is left out of it still opens in a checkout."""

import importlib.util
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from tests import floors
from tests.test_docs import _ours

ROOT = Path(__file__).resolve().parents[1]
pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

# What would be missed only when it is opened; one pattern that matches nothing is a room that lost its files.
CARRIED = (
    r"inbox/templates/.+\.html",
    r"inbox/static/.+\.css",
    r"database/migrations/env\.py",
    r"database/migrations/script\.py\.mako",
    r"database/migrations/versions/\w+\.py",
    r"classifier/.+\.npz",
    r"sandbox/texts/.+",
)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.Path:
    """The wheel as pip builds it."""
    folder = tmp_path_factory.mktemp("wheel")
    isolation = ["--no-build-isolation"] if importlib.util.find_spec("hatchling") else []
    built = subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", *isolation, "--wheel-dir", folder, ROOT],
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
    )
    assert built.returncode == 0, built.stderr
    (path,) = folder.glob("ouvidor-*.whl")
    return zipfile.Path(path)


def _names(wheel: zipfile.Path) -> frozenset[str]:
    return frozenset(wheel.root.namelist())


@pytest.mark.parametrize("pattern", CARRIED)
def test_what_is_opened_at_run_time_is_in_the_wheel(wheel: zipfile.Path, pattern: str) -> None:
    assert any(re.fullmatch(pattern, name) for name in _names(wheel)), f"nothing in the wheel matches {pattern}"


def test_every_file_of_every_room_is_in_the_wheel(wheel: zipfile.Path) -> None:
    rooms = {path.relative_to(ROOT).as_posix() for path in _ours()}
    ours = {name for name in rooms if name.partition("/")[0].removesuffix(".py") in floors.ROOMS}
    assert ours - _names(wheel) == set()


def test_nothing_but_the_rooms_is_in_the_wheel(wheel: zipfile.Path) -> None:
    roots = {name.partition("/")[0].removesuffix(".py") for name in _names(wheel)}
    assert {root for root in roots if not root.endswith(".dist-info")} == floors.ROOMS


def test_the_wheel_brings_the_command_and_the_licence(wheel: zipfile.Path) -> None:
    names = _names(wheel)
    (points,) = (name for name in names if name.endswith(".dist-info/entry_points.txt"))
    assert "ouvidor = cli:main" in wheel.root.read(points).decode()
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in names)


def test_the_weights_stay_small(wheel: zipfile.Path) -> None:
    weights = sum(entry.file_size for entry in wheel.root.infolist() if entry.filename.endswith(".npz"))
    assert 0 < weights <= 8_000_000


def test_the_changelog_knows_the_version() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    assert re.search(rf"^## {re.escape(version)}\b", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.M)


def test_constraints_pin_by_name_and_version_alone() -> None:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if not re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.]+", line)] == []
