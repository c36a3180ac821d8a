"""The documentation tells what is there: settings, commands and channels have their rows, and links lead somewhere."""

import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
import typer.main
from pydantic import BaseModel

import cli
from listeners import LISTENERS
from responders import RESPONDERS
from settings import Settings

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
# What a block may call besides `ouvidor` and `make`; the shell's own words among them.
SHELL_COMMANDS = frozenset(
    {"git", "cd", "python3", "python", "pip", "pipx", "pytest", ".", "source", "export", "curl", "cp"}
)


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def _pages() -> list[Path]:
    return [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *sorted(DOCS.rglob("*.md"))]


def _settings(model: type[BaseModel] = Settings, section: str = "") -> Iterator[tuple[str, str]]:
    """Every setting as its section and its key."""
    for key, field in model.model_fields.items():
        inner = [field.annotation, *get_args(field.annotation)]
        models = [kind for kind in inner if isinstance(kind, type) and issubclass(kind, BaseModel)]
        if not models:
            yield section, key
        for kind in models:
            yield from _settings(kind, key)


def _section(page: str, name: str) -> str:
    """The body of the first heading that names a section, up to the next heading of its level or above; "" if none."""
    for match in re.finditer(r"^(#+) (.*)$", page, re.M):
        if re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", match[2]):
            rest = page[match.end() :]
            end = re.search(rf"^#{{1,{len(match[1])}}} ", rest, re.M)
            return rest[: end.start()] if end else rest
    return ""


def missing_settings(page: str) -> list[str]:
    """The settings that a page has no table row for."""
    missing = []
    for section, key in _settings():
        body = _section(page, section) if section else page
        if not re.search(rf"^\| *`{re.escape(key)}`", body, re.M):
            missing.append(f"{section}.{key}".strip("."))
    return missing


def _commands(group: Any = None, name: str = "ouvidor") -> Iterator[tuple[str, Any]]:
    """Every command that does something, with its whole name; typer's own copy of click has no types to name."""
    group = group or typer.main.get_command(cli.app)
    children: dict[str, Any] = getattr(group, "commands", {})
    if not children:
        yield name, group
    for child, command in children.items():
        yield from _commands(command, f"{name} {child}")


def _anchors(page: str) -> frozenset[str]:
    """The anchors that GitHub gives a page's headings."""
    headings = re.findall(r"^#+ (.*)$", re.sub(r"^```.*?^```", "", page, flags=re.M | re.S), re.M)
    plain = (re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower() for heading in headings)
    return frozenset(re.sub(r"[^\w\- ]", "", heading).strip().replace(" ", "-") for heading in plain)


def broken_links(page: Path) -> list[str]:
    """The links of a page that lead to no file or no heading of ours; addresses of the web are not followed."""
    broken = []
    prose = re.sub(r"^```.*?^```|`[^`\n]*`", "", _text(page), flags=re.M | re.S)
    for target in re.findall(r"\]\(\s*<?([^)\s>]+)>?[^)]*\)|(?:src|href)=\"([^\"]+)\"", prose):
        link = target[0] or target[1]
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        file = (page.parent / path).resolve() if path else page
        if not file.exists() or (anchor and file.suffix == ".md" and anchor not in _anchors(_text(file))):
            broken.append(f"{page.name}: {link}")
    return broken


def shell_blocks(page: str) -> list[str]:
    """What a reader may paste into a shell; a `console` block shows a session and is no such thing."""
    return re.findall(r"^```(?:sh|bash|shell)\n(.*?)^```", page, re.M | re.S)


def unknown_commands(block: str) -> list[str]:
    """The lines of a block that call a command, a flag or a make target that does not exist."""
    commands = dict(_commands())
    targets = frozenset(re.findall(r"^([\w-]+):", _text(ROOT / "Makefile"), re.M))
    unknown = []
    for line in block.replace("\\\n", " ").splitlines():
        for part in re.split(r"&&|\|\||;|(?<!\|)\|(?!\|)", line.removeprefix("$ ").partition(" #")[0]):
            words = shlex.split(part, comments=True)
            while words and re.fullmatch(r"\w+=.*", words[0]):
                words.pop(0)
            if words and not _is_known(words, commands, targets):
                unknown.append(part.strip())
    return unknown


def _is_known(words: list[str], commands: dict[str, Any], targets: frozenset[str]) -> bool:
    name = words[0].rpartition("/")[2]
    if name == "make":
        return all(word in targets for word in words[1:] if "=" not in word and not word.startswith("-"))
    if name != "ouvidor":
        return name in SHELL_COMMANDS or words[0].startswith((".venv/", "<"))
    for length in (3, 2):
        command = commands.get(" ".join(["ouvidor", *words[1:length]]))
        if command is not None:
            flags = {flag for option in command.params for flag in (*option.opts, *option.secondary_opts)} | {"--help"}
            return all(word.partition("=")[0] in flags for word in words if word.startswith("--"))
    return words[1:] in ([], ["--help"], ["--version"])


def _ours() -> list[Path]:
    """The files that git tracks or would; in an unpacked source distribution, all that is there."""
    listed = subprocess.run(
        ["git", "-C", str(ROOT), "ls-files", "-co", "--exclude-standard", "-z"], capture_output=True, check=False
    )
    if listed.returncode == 0:
        return [path for name in listed.stdout.decode().split("\0") if name and (path := ROOT / name).is_file()]
    unpacked = (path for path in ROOT.rglob("*") if path.is_file())
    return [path for path in unpacked if not re.search(r"(^|/)(\.|__pycache__/)", path.relative_to(ROOT).as_posix())]


# Written in pieces, so that this page is not the first to break its own rule.
FORBIDDEN = re.compile(
    "|".join(
        (
            r"(?<![\w.])/" + r"work\b",
            r"\.\./" + r"shared\b",
            r"\bpypi\." + r"org\b",
            r"\bpython" + r"hosted\.org\b",
            r"\bnpmjs\." + r"(?:org|com)\b",
            r"\bcrates\." + r"io\b",
            r"\bproxy\.golang\." + r"org\b",
        )
    )
)


def forbidden_words(text: str) -> list[str]:
    """What belongs to the machine that a text was written on, or to somebody's package registry."""
    return FORBIDDEN.findall(text)


def test_every_setting_has_its_row() -> None:
    assert missing_settings(_text(DOCS / "configuration.md")) == []


def test_a_setting_without_a_row_is_named() -> None:
    page = _text(DOCS / "configuration.md").replace("| `posting`", "| `sending`")
    assert missing_settings(page) == ["posting"]


@pytest.mark.parametrize("name", [name for name, _ in _commands()])
def test_every_command_is_documented(name: str) -> None:
    pages = [_text(path) for path in _pages() if path.exists()]
    assert any(re.search(rf"(?<![\w-]){name}(?![\w-])", page) for page in pages), f"no page tells of `{name}`"


@pytest.mark.parametrize("channel", sorted(LISTENERS.keys() | RESPONDERS.keys()))
def test_every_channel_has_its_section(channel: str) -> None:
    assert _section(_text(DOCS / "channels.md"), channel).strip(), f"docs/channels.md has no section on {channel}"


@pytest.mark.parametrize("page", _pages(), ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_link_leads_somewhere(page: Path) -> None:
    assert broken_links(page) == []


def test_a_link_to_nowhere_is_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# A heading\n[a](gone.md) [b](#a-heading) [c](#no-heading) [d](https://a.example) `[e](code)`\n")
    assert broken_links(page) == ["page.md: gone.md", "page.md: #no-heading"]


@pytest.mark.parametrize("page", _pages(), ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_shell_block_calls_what_exists(page: Path) -> None:
    for block in shell_blocks(_text(page)):
        assert unknown_commands(block) == []


def test_the_set_up_is_the_first_two_blocks_of_the_readme() -> None:
    run, check, *_ = shell_blocks(_text(ROOT / "README.md"))
    assert re.search(r"\bouvidor demo\b", run)
    assert re.search(r"\b(make test|pytest)\b", check)
    assert "-c constraints.txt" in run
    assert "-c constraints.txt" in check


def test_a_command_that_does_not_exist_is_found() -> None:
    block = "$ ouvidor demo --once\nouvidor demmo\nouvidor demo --twice\nmake tost\nPORT=1 .venv/bin/ouvidor run\n"
    assert unknown_commands(block) == ["ouvidor demmo", "ouvidor demo --twice", "make tost"]


def test_nothing_tells_of_the_machine_it_was_written_on() -> None:
    found = {}
    for path in _ours():
        if words := forbidden_words(path.read_bytes().decode("utf-8", "ignore")):
            found[path.relative_to(ROOT).as_posix()] = words
    assert found == {}


def test_a_forbidden_word_is_found() -> None:
    assert forbidden_words("see /" + "work/main and ../" + "shared/x at https://pypi." + "org/simple") != []
    assert forbidden_words("network/workers and the workplace, ../shared_things") == []
