"""`ouvidor classify` and `ouvidor evaluate`: the classifier alone, without a database."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import typer

from classifier import configured
from classifier.base import Classifier
from classifier.evaluate import evaluate, read_lines, verdict_line
from errors import OuvidorError

_LONGEST_LINE = 10_000_000  # bytes
_BATCH = 512


class BadLineError(OuvidorError):
    """A line of the input cannot be read."""


def classify_stream(file: Path | None) -> None:
    """Print one JSON verdict a line, in order; what comes slowly is answered as it comes."""
    classifier = configured()
    if file is None:
        for texts in _chunks(sys.stdin.buffer):
            _print(classifier, [text.removesuffix(b"\r").decode("utf-8", "replace") for text in texts])
        return
    with file.open("rb") as stream:
        number = 0
        for lines in _chunks(stream):
            numbered = enumerate(lines, start=number + 1)
            _print(classifier, [_text_of(file, at, line) for at, line in numbered if line.strip()])
            number += len(lines)


def _print(classifier: Classifier, texts: list[str]) -> None:
    for start in range(0, len(texts), _BATCH):
        verdicts = classifier.classify(texts[start : start + _BATCH])
        sys.stdout.write("".join(f"{json.dumps(verdict_line(verdict))}\n" for verdict in verdicts))
        sys.stdout.flush()


def _chunks(stream: BinaryIO) -> Iterator[list[bytes]]:
    """The whole lines that are there already, without waiting for more."""
    begun: list[bytes] = []  # the pieces of a line whose end has not come
    length = 0
    read = getattr(stream, "read1", stream.read)
    while chunk := read(65_536):
        begun.append(chunk)
        length += len(chunk)
        if b"\n" in chunk:
            *lines, rest = b"".join(begun).split(b"\n")
            begun, length = [rest], len(rest)
            yield lines
        if length > _LONGEST_LINE:
            raise BadLineError(f"a line is longer than {_LONGEST_LINE} bytes: put one text on each line")
    if length:
        yield [b"".join(begun)]


def _text_of(file: Path, number: int, line: bytes) -> str:
    try:
        found = json.loads(line.decode("utf-8-sig" if number == 1 else "utf-8"))
    except (ValueError, RecursionError):
        raise BadLineError(f"{file}, line {number}: this is no JSON; write one object with `text` a line") from None
    text = found.get("text") if isinstance(found, dict) else None
    if not isinstance(text, str):
        raise BadLineError(f"{file}, line {number}: there is no `text`; write one object with `text` a line")
    return text


def evaluate_file(file: Path, *, as_json: bool = False) -> None:
    """Print how the classifier does on labelled texts."""
    scores = evaluate(configured(), read_lines(file))
    if as_json:
        typer.echo(json.dumps(scores))
        return
    for name, figures in scores["fields"].items():
        typer.echo(f"{name}: " + ", ".join(f"{figure} {value:.4g}" for figure, value in figures.items()))
    typer.echo(f"{scores['texts_per_second']:.0f} texts a second")
