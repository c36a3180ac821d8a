"""The command line as a shell calls it, in an empty folder, without the cost of a process each time."""

import io
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import structlog

import cli


@dataclass(frozen=True)
class Outcome:
    """How a command ended, and what it printed."""

    code: int
    out: str
    err: str


Ouvidor = Callable[..., Outcome]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty folder to stand in, and no setting from outside."""
    monkeypatch.chdir(tmp_path)
    for variable in [name for name in os.environ if name.startswith("OUVIDOR_")]:
        monkeypatch.delenv(variable)
    yield tmp_path
    structlog.reset_defaults()


@pytest.fixture
def ouvidor(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Ouvidor:
    """Runs `ouvidor ARGUMENTS` in the folder; `given` is what its input holds."""

    def call(*arguments: str, given: bytes = b"") -> Outcome:
        monkeypatch.setattr(sys, "argv", ["ouvidor", *arguments])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(given)))
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            cli.main()
        printed = capsys.readouterr()
        code = ended.value.code
        return Outcome(code if isinstance(code, int) else int(code is not None), printed.out, printed.err)

    return call


SETTINGS = """\
[[brand]]
slug = "acme"
name = "Acme"

[[account]]
name = "acme-mastodon"
brand = "acme"
channel = "mastodon"
handle = "@acme"
base_url = "http://127.0.0.1:9"

[[source]]
name = "acme-mentions"
account = "acme-mastodon"
kind = "notifications"
"""


@pytest.fixture
def settings_file(folder: Path) -> Path:
    """A small ouvidor.toml, whose network answers nothing."""
    path = folder / "ouvidor.toml"
    path.write_text(SETTINGS)
    return path
