"""`ouvidor bench`: how fast and how large the classifier is on this machine, beside others in the same run."""

import json
import os
import platform
import random
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

import typer

from classifier.corpus import EXAMINATION, own
from commands.tables import table
from errors import OuvidorError

FIVE = ("texts_per_second_one_core", "p50_ms_one_text", "p99_ms_one_text", "model_bytes", "rss_mb")
_NEEDS: dict[str, tuple[str, ...]] = {"embedded": (), "vader": ("vaderSentiment",), "roberta_base_random": ("onnx",)}
_EXTRA = "pip install 'ouvidor[bench]'"
_POST = 280  # characters; what is longer is a complaint site's prose
_TEXTS = 4_096
_STARTING = 300  # seconds that a contestant may take on top of what it was given
# Read when the libraries are loaded: nothing computes on a second core.
_ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")


class ContestantError(OuvidorError):
    """A contestant gave no figures."""


def bench_classify(*, seconds: float, as_json: bool = False) -> None:
    """Print the figures of the embedded classifier, of VADER and of a model of RoBERTa-base's size."""
    texts = posts()
    found: dict[str, dict[str, float] | None] = {}
    skipped: dict[str, str] = {}
    for name, libraries in _NEEDS.items():
        if not as_json:
            typer.echo(f"measuring {name} ...", err=True)
        if any(find_spec(library) is None for library in libraries):
            found[name], skipped[name] = None, _EXTRA
            continue
        try:
            found[name] = measured(name, texts, seconds)
        except ContestantError as error:
            if name == "embedded":
                raise
            found[name], skipped[name] = None, str(error)
    if as_json:
        ours = found["embedded"] or {}
        told = {**{figure: ours[figure] for figure in FIVE}, **found, "machine": machine()}
        typer.echo(json.dumps({**told, **({"skipped": skipped} if skipped else {})}))
        return
    for line in _lines(found, skipped):
        typer.echo(line)


def posts(number: int = _TEXTS, seed: int = 1) -> list[str]:
    """Short posts that are not trained on, each as often as the others, shuffled; the same for the same seed."""
    short = [text.text for text in own(EXAMINATION) if len(text.text) <= _POST]
    shuffled, chance = list[str](), random.Random(seed)
    while len(shuffled) < number:
        shuffled += chance.sample(short, len(short))
    return shuffled[:number]


def measured(name: str, texts: Sequence[str], seconds: float) -> dict[str, float]:
    """One contestant's figures, found in a process of its own on one core.

    ContestantError when it ends without any; it tells the process's last words.
    """
    with TemporaryDirectory(prefix="ouvidor-bench-") as folder:
        if name == "roberta_base_random":
            _build(Path(folder))
        ran = _ran([name, str(seconds), folder], json.dumps(texts), seconds * 4 + _STARTING)
    if ran.returncode:
        last = ran.stderr.strip().rpartition("\n")[2] or "it told no reason; is there memory enough?"
        raise ContestantError(f"{name} ended with {ran.returncode}: {last[:300]}")
    figures: dict[str, float] = json.loads(ran.stdout)
    return figures


def _build(folder: Path) -> None:
    from commands.bench_roberta import build  # noqa: PLC0415 - onnx is seldom installed

    try:
        build(folder)
    except OSError as error:
        raise ContestantError(f"its 500 MB of weights cannot be written to {folder}: {error.strerror}") from None


def _ran(arguments: list[str], given: str, timeout: float) -> "subprocess.CompletedProcess[str]":
    root = str(Path(__file__).parents[1])
    path = os.pathsep.join(filter(None, (root, os.environ.get("PYTHONPATH"))))
    try:
        return subprocess.run(  # noqa: S603 - our own module
            # -P: a folder that the person happens to stand in hides none of our modules.
            [sys.executable, "-P", "-m", "commands.bench_contestants", *arguments],
            input=given,
            capture_output=True,
            encoding="utf-8",
            env={**os.environ, **dict.fromkeys(_ONE_THREAD, "1"), "PYTHONPATH": path},
            timeout=timeout,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise ContestantError(
            f"{arguments[0]} did not end within {timeout:.0f} seconds: is the machine busy?"
        ) from None


def machine() -> dict[str, object]:
    """What the figures depend on."""
    return {
        "architecture": platform.machine(),
        "processor": _processor(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "system": platform.system(),
        "load": round(os.getloadavg()[0], 1) if hasattr(os, "getloadavg") else None,
    }


def _processor() -> str:
    listed = Path("/proc/cpuinfo")
    if listed.exists():
        for line in listed.read_text(errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor()


def _lines(found: Mapping[str, Mapping[str, float] | None], skipped: Mapping[str, str]) -> Iterator[str]:
    header = ("", "TEXTS/S", "BEST", "P50 MS", "P99 MS", "MODEL MB", "MEMORY MB")
    rows = [
        (
            name,
            f"{figures['texts_per_second_one_core']:,.0f}",
            f"{figures['texts_per_second_best']:,.0f}",
            f"{figures['p50_ms_one_text']:.2f}",
            f"{figures['p99_ms_one_text']:.2f}",
            f"{figures['model_bytes'] / 1e6:,.1f}",
            f"{figures['rss_mb']:,.0f}",
        )
        for name, figures in found.items()
        if figures is not None
    ]
    yield from table([header, *rows])
    for name, reason in skipped.items():
        yield f"{name} was left out: {reason}"
    facts = machine()
    yield f"one core of {facts['processor'] or facts['architecture']}, Python {facts['python']}"
