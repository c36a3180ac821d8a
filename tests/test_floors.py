"""The house stands: imports go downwards, and disk, floors and wheel name the same rooms."""

from pathlib import Path

import pytest

from tests import floors

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A small tree that breaks nothing: each test below breaks one thing in it."""
    _write(
        tmp_path,
        "models.py",
        "from enum import StrEnum\nclass Kind(StrEnum): ...\nclass Mention: ...\n",
    )
    _write(tmp_path, "listeners/__init__.py", 'LISTENERS = {"x": "listeners.x:XListener"}\n')
    _write(tmp_path, "listeners/x.py", "import tweepy\nfrom listeners.base import Page\nfrom models import Kind\n")
    _write(tmp_path, "listeners/base.py", "import models\n")
    _write(tmp_path, "channels/tweepy_client.py", "import tweepy\nimport errors\n")
    _write(tmp_path, "errors.py", "")
    _write(tmp_path, "cli.py", "def main():\n    import commands.demo\n")
    _write(tmp_path, "commands/demo.py", "import sandbox.server\nimport inbox\n")
    _write(tmp_path, "sandbox/server.py", "import errors\nimport sandbox.state\n")
    assert floors.violations(tmp_path) == []
    return tmp_path


def _write(root: Path, name: str, source: str) -> None:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(source, encoding="utf-8")


def test_imports_go_downwards() -> None:
    assert floors.violations(ROOT) == []


def test_the_disk_the_floors_and_the_wheel_name_the_same_rooms() -> None:
    assert floors.rooms_on_disk(ROOT) == floors.ROOMS
    assert floors.rooms_in_wheel(ROOT) == floors.ROOMS
    assert floors.rooms_in_sdist(ROOT) >= floors.ROOMS


def test_no_room_hides_a_module_of_the_standard_library() -> None:
    assert floors.hidden_stdlib_names(ROOT) == frozenset()


@pytest.mark.parametrize(
    ("path", "source", "why"),
    [
        ("errors.py", "import cases\n", "downwards"),
        ("database/ledger.py", "from cases.triage import triage\n", "downwards"),
        ("commands/run.py", "import cli\n", "downwards"),
        ("scheduler.py", "from inbox import app\n", "one floor"),
        ("classifier/tag.py", "import listeners.base\n", "one floor"),
        ("channels/http.py", "import database.engine\n", "one floor"),
        ("cases/triage.py", "import sandbox.state\n", "only cli, commands and the tests"),
        ("sandbox/state.py", "import models\n", "errors and settings alone"),
        ("listeners/x.py", "from database.engine import transaction\n", "a channel's module"),
        ("listeners/x.py", "from models import Mention\n", "a channel's module"),
        ("listeners/x.py", "import models\n", "a channel's module"),
        ("listeners/x.py", "from listeners import store\n", "a channel's module"),
        ("listeners/x.py", "import praw\n", "only the modules of reddit"),
        ("listeners/poll.py", "import tweepy\n", "only the modules of x"),
        ("cases/triage.py", "def f():\n    import json\n", "at the top"),
        ("cases/triage.py", "class A:\n    async def f(self):\n        from os import path\n", "at the top"),
        ("cases/triage.py", "from . import drafts\n", "absolute"),
        ("oddments/things.py", "import errors\n", "no floor"),
    ],
)
def test_a_broken_rule_is_caught_and_named(house: Path, path: str, source: str, why: str) -> None:
    _write(house, path, source)
    broken = floors.violations(house)
    assert len(broken) == 1
    assert broken[0].startswith(path)
    assert why in broken[0]


def test_a_slow_library_may_be_imported_where_it_is_used(house: Path) -> None:
    _write(house, "classifier/transformer.py", "def load():\n    import transformers\n")
    assert floors.violations(house) == []


def test_a_room_that_no_floor_names_is_seen_on_the_disk(house: Path) -> None:
    _write(house, "oddments/things.py", "")
    assert "oddments" in floors.rooms_on_disk(house) - floors.ROOMS


def test_a_room_that_the_wheel_forgets_is_seen(house: Path) -> None:
    _write(house, "pyproject.toml", '[tool.hatch.build]\nonly-include = ["models.py", "listeners"]\n')
    assert floors.rooms_in_wheel(house) == {"models", "listeners"}
    assert floors.rooms_in_sdist(house) == {"models", "listeners"}


def test_a_room_named_like_a_standard_module_is_seen(house: Path) -> None:
    _write(house, "queue/__init__.py", "")
    assert floors.hidden_stdlib_names(house) == {"queue"}
