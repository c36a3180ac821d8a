"""`ouvidor classify`: the classifier alone, without a database."""

import json
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO

from classifier import configured
from classifier.base import Classifier, Explains, Verdict
from classifier.evaluate import decoded_line, verdict_line
from commands.logs import set_up_logs
from errors import OuvidorError
from settings import Settings, file_in_use, load

_LONGEST_LINE = 10_000_000  # bytes
_BATCH = 512
_REASONED_BATCH = 16  # reasons take a hundred times as long, and whoever reads along should see them come


class BadLineError(OuvidorError):
    """A line of the input cannot be read."""


def settings_if_any(path: Path | None) -> Settings:
    """The settings that were named, or ./ouvidor.toml where there is one; without any, the defaults."""
    if path is None and not os.environ.get("OUVIDOR_SETTINGS") and not file_in_use().exists():
        return Settings()
    return load(path)


def classify_stream(path: Path | None, file: Path | None, *, reasons: bool = False) -> None:
    """Print one JSON verdict a line, in order, with reasons if asked; what comes slowly is answered as it comes."""
    settings = settings_if_any(path)
    set_up_logs()
    if sys.stdout is None:
        raise OuvidorError("the output is closed: send it to a file or a pipe")
    classifier = configured(settings.classifier, settings.rule)
    if file is not None:
        _classify_file(classifier, file, reasons=reasons)
    elif sys.stdin is None:
        raise OuvidorError("the input is closed: name a file, or send texts through a pipe")
    else:
        for texts in _chunks(sys.stdin.buffer):
            decoded = [text.removesuffix(b"\r").decode("utf-8", "replace") for text in texts]
            print_verdicts(classifier, decoded, reasons=reasons)


def _classify_file(classifier: Classifier, file: Path, *, reasons: bool) -> None:
    with file.open("rb") as stream:
        read = 0
        for lines in _chunks(stream):
            found: list[str] = []
            try:
                for number, line in enumerate(lines, start=read + 1):
                    if line.strip():
                        found.append(_text_of(file, number, line))
            finally:
                print_verdicts(classifier, found, reasons=reasons)  # those before a bad line, too
            read += len(lines)


def print_verdicts(classifier: Classifier, texts: Sequence[str], *, reasons: bool) -> None:
    """Print one JSON verdict a text, in order; of a classifier that cannot say why, with no reasons."""
    batch = _REASONED_BATCH if reasons else _BATCH
    for start in range(0, len(texts), batch):
        some = texts[start : start + batch]
        for text, verdict in zip(some, classifier.classify(some), strict=True):
            sys.stdout.write(f"{json.dumps(_line(classifier, text, verdict, reasons))}\n")
        sys.stdout.flush()


def _line(classifier: Classifier, text: str, verdict: Verdict, reasons: bool) -> dict[str, Any]:
    line = verdict_line(verdict)
    if reasons:
        found = classifier.reasons(text) if isinstance(classifier, Explains) else {}
        line["reasons"] = {field: [[words, weight] for words, weight in moved] for field, moved in found.items()}
    return line


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
    written = decoded_line(line, str(file), number)
    try:
        found = json.loads(written)
    except (ValueError, RecursionError):
        raise BadLineError(f"{file}, line {number}: this is no JSON; write one object with `text` a line") from None
    text = found.get("text") if isinstance(found, dict) else None
    if not isinstance(text, str):
        raise BadLineError(f"{file}, line {number}: there is no `text`; write one object with `text` a line")
    return text
