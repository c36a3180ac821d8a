"""The labelled texts that the heads are trained on: the project's own, and those of a folder."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classifier.evaluate import read_lines
from classifier.linear import CLASSES
from errors import OuvidorError

OWN = ("pt", "en", "es")  # files of texts/ that are trained on
MOODS = ("moods_pt", "moods_es")
EXAMINATION = "examination"  # the file that never is
_ESCAPE = re.compile(r"\\u([0-9a-fA-F]{4})")
SEVERAL = ("holds", "topics")


@dataclass(frozen=True)
class Text:
    """One text with the labels that it has; a field without a label is missing."""

    text: str
    group: str  # language, domain or author, by which parts are kept apart
    labels: Mapping[str, Any]


@cache
def own(name: str, texts: Path | None = None) -> tuple[Text, ...]:
    """The texts of one file of texts/, or of another folder of the same shape, in its order."""
    raw = ((texts or files("classifier") / "texts") / f"{name}.jsonl").read_text("utf-8")
    lines = [json.loads(line) for line in raw.splitlines()]
    return tuple(Text(line["text"], str(line.get("author", line.get("lang", ""))), line) for line in lines)


def folder(data: Path, names: Sequence[str], field: str, group: str) -> list[Text]:
    """The named files of the folder; OuvidorError names a missing file or the line that cannot be used."""
    texts: list[Text] = []
    classes = (0, 1) if field == "complaint" else CLASSES[field]
    for name in names:
        path = data / f"{name}.jsonl"
        for number, line in read_lines(path):
            text, label = line.get("text"), line.get(field)
            if not isinstance(text, str):
                raise OuvidorError(f"{path}, line {number}: it has no text.")
            if isinstance(label, bool) or label not in classes:
                raise OuvidorError(f"{path}, line {number}: {field} must be one of {list(classes)}, not {label!r}.")
            written = _ESCAPE.sub(lambda found: chr(int(found[1], 16)), text)
            texts.append(Text(written, str(line.get(group, "")), line))
    if len({text.labels[field] for text in texts}) < len(classes):
        raise OuvidorError(f"{', '.join(names)} in {data}: every one of {list(classes)} must occur at least once.")
    return texts


def places(texts: Iterable[Text], field: str) -> NDArray[np.int64]:
    """The number of each text's class of an exclusive field."""
    if field == "complaint":
        return np.array([int(bool(text.labels["complaint"])) for text in texts])
    return np.array([CLASSES[field].index(text.labels[field]) for text in texts])


def wanted(texts: Sequence[Text], field: str) -> NDArray[np.float32]:
    """(text, class): 1 where the class holds."""
    table = np.zeros((len(texts), len(CLASSES[field])), dtype=np.float32)
    for row, text in enumerate(texts):
        label = text.labels[field]
        if field in SEVERAL:
            table[row, [CLASSES[field].index(one) for one in label]] = 1
        elif field in {"complaint", "spam"}:
            table[row, 0] = float(bool(label))
        else:
            table[row, CLASSES[field].index(label)] = 1
    return table
