"""Who may import whom, read from the source with ast; nothing is imported to find out."""

import ast
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

# From the top down. A room imports from floors below its own alone: never upwards, never its neighbour.
FLOORS: tuple[frozenset[str], ...] = tuple(
    frozenset(floor.split())
    for floor in (
        "cli",
        "commands",
        "scheduler inbox",
        "reputation",
        "cases",
        "listeners classifier responders",
        "channels privacy database",
        "models",
        "settings",
        "settings_classifier",
        "errors settings_values toml_lines",
    )
)
APART = "sandbox"  # the networks of the demo and the tests: they know nothing of what listens to them
SANDBOX_IMPORTS = frozenset({"errors", "settings"})
SANDBOX_IMPORTED_BY = frozenset({"cli", "commands"})
ROOMS = frozenset().union(*FLOORS) | {APART}
NOT_ROOMS = frozenset({"tests", "docs", "build", "dist"})

CHANNEL_ROOMS = frozenset({"listeners", "responders"})
# Only their own channel's modules import these, so that a missing library breaks one channel alone.
CHANNEL_LIBRARIES = {"tweepy": "x", "praw": "reddit", "prawcore": "reddit", "mastodon": "mastodon"}
CLIENT_MODULES = {"tweepy_client": "x", "x_client": "x"}  # what channels/ calls after the library, not the channel
LAZY_ROOMS = frozenset({"cli", "commands"})  # they import their commands when called, so that --help is instant
# Seconds to import, and not always installed.
LAZY_LIBRARIES = frozenset({"transformers", "huggingface_hub", "torch", "onnxruntime"})
# One by one, each with its reason beside the import: what a room reaches by name alone when it is first needed.
LAZY_IMPORTS = frozenset(
    ("classifier", f"classifier.{name}") for name in ("embedded", "linear", "operator_rules", "tiers", "transformer")
)


@dataclass(frozen=True)
class Import:
    """One name that a module imports: `listeners.base` and `Page` for `from listeners.base import Page`."""

    module: str
    name: str
    line: int
    inside_function: bool
    level: int = 0

    @property
    def root(self) -> str:
        return self.module.partition(".")[0]

    def reaches(self, dotted: str) -> bool:
        """Whether it imports `dotted` or something within."""
        whole = f"{self.module}.{self.name}" if self.name else self.module
        return dotted in (self.module, whole) or whole.startswith(f"{dotted}.")


def imports_of(source: str) -> list[Import]:
    """Every import, wherever it stands."""
    found: list[Import] = []

    def walk(node: ast.AST, inside: bool) -> None:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.Import):
                found.extend(Import(alias.name, "", child.lineno, inside) for alias in child.names)
            elif isinstance(child, ast.ImportFrom):
                found.extend(
                    Import(child.module or "", alias.name, child.lineno, inside, child.level) for alias in child.names
                )
            else:
                walk(child, inside or isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda))

    walk(ast.parse(source), inside=False)
    return found


def modules(root: Path) -> Iterator[tuple[str, Path]]:
    """The dotted name and the path of every module of every room on the disk."""
    for path in sorted(root.rglob("*.py")):
        parts = path.relative_to(root).with_suffix("").parts
        if parts[0] in NOT_ROOMS or any(part.startswith(".") for part in parts):
            continue
        yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts), path


def rooms_on_disk(root: Path) -> frozenset[str]:
    return frozenset(name.partition(".")[0] for name, _ in modules(root))


def rooms_in_wheel(root: Path) -> frozenset[str]:
    """What pyproject's only-include names, without the suffix of a file."""
    build = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["hatch"]["build"]
    wheel = build.get("targets", {}).get("wheel", {})
    return frozenset(name.removesuffix(".py") for name in wheel.get("only-include", build.get("only-include", ())))


def rooms_in_sdist(root: Path) -> frozenset[str]:
    """The rooms that the source distribution would carry."""
    build = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["hatch"]["build"]
    sdist = build.get("targets", {}).get("sdist", {})
    return frozenset(name.removesuffix(".py") for name in sdist.get("only-include", build.get("only-include", ())))


def _floor(room: str) -> int | None:
    return next((number for number, floor in enumerate(FLOORS) if room in floor), None)


def _why_not(importer: str, imported: str) -> str:
    """Why one room may not import another; "" when it may."""
    if importer == imported:
        return ""
    if importer == APART:
        return "" if imported in SANDBOX_IMPORTS else "the sandbox imports errors and settings alone"
    if imported == APART:
        return "" if importer in SANDBOX_IMPORTED_BY else "only cli, commands and the tests import the sandbox"
    above, below = _floor(importer), _floor(imported)
    if above is None or below is None:
        return f"{importer if above is None else imported} stands on no floor"
    if above == below:
        return "rooms on one floor do not import each other"
    return "" if above < below else "imports go downwards only"


def _enums_of_models(root: Path) -> frozenset[str]:
    """The closed sets that a channel's module speaks in; tables stay out of its reach."""
    path = root / "models.py"
    tree = ast.parse(path.read_text(encoding="utf-8")) if path.exists() else ast.Module([], [])
    return frozenset(
        node.name
        for node in tree.body
        if isinstance(node, ast.ClassDef) and any(isinstance(b, ast.Name) and b.id == "StrEnum" for b in node.bases)
    )


def channels_of(root: Path) -> frozenset[str]:
    """The channels that LISTENERS and RESPONDERS name, read without importing them."""
    found: set[str] = set()
    for room in sorted(CHANNEL_ROOMS):
        path = root / room / "__init__.py"
        if not path.exists():
            continue
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Dict):
                found |= {
                    key.value for key in node.value.keys if isinstance(key, ast.Constant) and type(key.value) is str
                }
    return frozenset(found)


def _why_not_for_channel(room: str, found: Import, enums: frozenset[str]) -> str:
    """What a channel's own module may import of ours: its base, channels, errors and the words of models."""
    if found.root in ("channels", "errors") or found.reaches(f"{room}.base"):
        return ""
    if found.root == "models" and found.name in enums:
        return ""
    return f"a channel's module imports {room}.base, channels, errors and its library alone (and enums of models)"


def _channel_of_module(name: str, channels: frozenset[str]) -> str:
    """The channel whose module this is, or whose client; "" for a module that several share."""
    room, _, stem = name.partition(".")
    if room not in CHANNEL_ROOMS | {"channels"}:
        return ""
    head = stem.partition(".")[0]
    if head in CLIENT_MODULES:
        return CLIENT_MODULES[head]
    return next((channel for channel in sorted(channels) if head in (channel, f"{channel}_client")), "")


def violations(root: Path) -> list[str]:
    """Every import that breaks a floor, as `path:line: what: why`; empty when the house stands."""
    enums, channels = _enums_of_models(root), channels_of(root)
    broken: list[str] = []
    for name, path in modules(root):
        room = name.partition(".")[0]
        channel = _channel_of_module(name, channels)
        for found in imports_of(path.read_text(encoding="utf-8")):
            if reason := _judge(room, name, channel, found, enums):
                what = f"{found.module}.{found.name}".strip(".")
                broken.append(f"{path.relative_to(root)}:{found.line}: {what}: {reason}")
    return broken


def _judge(room: str, name: str, channel: str, found: Import, enums: frozenset[str]) -> str:
    if found.level:
        return "imports are absolute"
    is_lazy = room in LAZY_ROOMS or found.root in LAZY_LIBRARIES or (name, found.module) in LAZY_IMPORTS
    if found.inside_function and not is_lazy:
        return "imports stand at the top"
    library_of = CHANNEL_LIBRARIES.get(found.root)
    if library_of and room != APART and channel != library_of:
        return f"only the modules of {library_of} import {found.root}"
    if found.root not in ROOMS:
        return ""
    if room in CHANNEL_ROOMS and channel and found.root != room:
        return _why_not_for_channel(room, found, enums)
    if room in CHANNEL_ROOMS and channel and not found.reaches(f"{room}.base"):
        return "" if found.reaches(name) else _why_not_for_channel(room, found, enums)
    return _why_not(room, found.root)


def hidden_stdlib_names(root: Path) -> frozenset[str]:
    """Rooms that would hide a module of the standard library."""
    return rooms_on_disk(root) & sys.stdlib_module_names
