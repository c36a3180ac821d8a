"""What a new channel forgot, by name."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from listeners import LISTENERS
from responders import RESPONDERS
from responders.policy import POLICIES
from tests.contract.stages import STAGES

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class House:
    """Where a channel leaves its traces."""

    listeners: Mapping[str, object] = field(default_factory=lambda: LISTENERS)
    responders: Mapping[str, object] = field(default_factory=lambda: RESPONDERS)
    stages: Mapping[str, object] = field(default_factory=lambda: STAGES)
    policies: Mapping[str, object] = field(default_factory=lambda: POLICIES)
    recorded: Path = ROOT / "tests" / "recorded"
    page: str = ""

    def gaps(self, channel: str) -> list[str]:
        """What a channel lacks, each said so that one knows what to do."""
        recording = self.recorded / channel
        lacks = {
            "a line in LISTENERS (listeners/__init__.py)": channel not in self.listeners,
            "a line in RESPONDERS (responders/__init__.py)": channel not in self.responders,
            "a Stage (tests/contract/stages.py)": channel not in self.stages,
            "a row in POLICIES (responders/policy/platforms.py)": channel not in self.policies,
            f"a recording (tests/recorded/{channel}/)": not recording.is_dir() or not any(recording.iterdir()),
            "a section in docs/channels.md": not re.search(
                rf"^##+ .*(?<![\w-]){re.escape(channel)}(?![\w-])", self.page, re.M
            ),
        }
        return [what for what, missing in lacks.items() if missing]


def _channels() -> list[str]:
    recorded = {path.name for path in (ROOT / "tests" / "recorded").iterdir() if path.is_dir() and path.name[0] != "_"}
    return sorted(LISTENERS.keys() | RESPONDERS.keys() | STAGES.keys() | POLICIES.keys() | recorded)


@pytest.mark.parametrize("channel", _channels())
def test_a_channel_has_all_that_belongs_to_it(channel: str) -> None:
    page = ROOT / "docs" / "channels.md"
    assert House(page=page.read_text(encoding="utf-8") if page.exists() else "").gaps(channel) == []


def test_every_gap_of_a_new_channel_is_named(tmp_path: Path) -> None:
    nothing: dict[str, object] = {}
    assert House(nothing, nothing, nothing, nothing, tmp_path, "").gaps("agora") == [
        "a line in LISTENERS (listeners/__init__.py)",
        "a line in RESPONDERS (responders/__init__.py)",
        "a Stage (tests/contract/stages.py)",
        "a row in POLICIES (responders/policy/platforms.py)",
        "a recording (tests/recorded/agora/)",
        "a section in docs/channels.md",
    ]


def test_a_channel_that_has_everything_lacks_nothing(tmp_path: Path) -> None:
    (tmp_path / "agora").mkdir()
    (tmp_path / "agora" / "posts.json").write_text("[]", encoding="utf-8")
    one: dict[str, object] = {"agora": object()}
    assert House(one, one, one, one, tmp_path, "# Channels\n\n## Agora (`agora`)\n").gaps("agora") == []


def test_the_guide_names_every_gap() -> None:
    guide = (ROOT / "docs" / "add-a-channel.md").read_text(encoding="utf-8")
    for place in (
        "listeners/__init__.py",
        "responders/__init__.py",
        "tests/contract/stages.py",
        "responders/policy/platforms.py",
        "tests/recorded/agora/",
        "docs/channels.md",
        "sandbox/networks/agora.py",
    ):
        assert place in guide
        assert "agora" in place or (ROOT / place).exists(), f"docs/add-a-channel.md names {place}, which is not there"
