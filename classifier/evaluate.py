"""Scores a classifier on labelled lines."""

import json
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from classifier.base import Classifier, Verdict
from classifier.measure import figures
from errors import OuvidorError
from models import MentionType, Sentiment, Urgency

LABELS: Mapping[str, tuple[str, ...]] = {
    "sentiment": tuple(Sentiment),
    "urgency": tuple(Urgency),
    "type": tuple(MentionType),
    "complaint": ("false", "true"),
    "lang": ("pt", "en", "es", "other"),
}
_LONGEST_LINE = 4_000_000  # characters
_BATCH = 512


def read_lines(source: Path | Iterable[str]) -> Iterator[tuple[int, dict[str, Any]]]:
    """The objects of a JSON Lines file or stream with their line numbers; blank lines are passed over.

    OuvidorError names the line that holds no JSON object, or the file that cannot be read.
    """
    if not isinstance(source, Path):
        yield from _objects(source, "the input")
        return
    try:
        with source.open(encoding="utf-8-sig") as stream:
            yield from _objects(stream, str(source))
    except OSError as problem:
        raise OuvidorError(f"{source} cannot be read: {problem.strerror}.") from problem


def _objects(lines: Iterable[str], name: str) -> Iterator[tuple[int, dict[str, Any]]]:
    number = 0
    try:
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            if len(line) > _LONGEST_LINE:
                raise OuvidorError(f"{name}, line {number}: it is longer than {_LONGEST_LINE:,} characters.")
            try:
                found = json.loads(line)
            except (ValueError, RecursionError) as problem:
                raise OuvidorError(f"{name}, line {number}: it is not JSON: {problem}.") from problem
            if not isinstance(found, dict):
                raise OuvidorError(f'{name}, line {number}: a JSON object was expected, such as {{"text": "..."}}.')
            yield number, found
    except UnicodeDecodeError as problem:
        raise OuvidorError(f"{name}, after line {number}: it is not UTF-8.") from problem


def evaluate(classifier: Classifier, lines: Iterable[tuple[int, Mapping[str, Any]]]) -> dict[str, Any]:
    """Figures by field, fractions from 0 to 1, and texts a second; a field without labels is left out.

    lines: numbered objects with `text` and any of sentiment, urgency, type, complaint, lang, as read_lines gives them.
    OuvidorError names the line with no text or with a label outside the closed set.
    """
    texts: list[str] = []
    gold: dict[str, list[tuple[int, str]]] = {field: [] for field in LABELS}
    for number, line in lines:
        text = line.get("text")
        if not isinstance(text, str):
            raise OuvidorError(f'Line {number}: "text" must be a string.')
        for field in LABELS:
            label = _label(number, field, line.get(field))
            if label is not None:
                gold[field].append((len(texts), label))
        texts.append(text)
    if not texts:
        raise OuvidorError("There is no line to evaluate.")
    classifier.classify(texts[:1])  # what is read once is read before the clock starts
    started = time.perf_counter()
    verdicts: list[Verdict] = []
    for first in range(0, len(texts), _BATCH):
        verdicts.extend(classifier.classify(texts[first : first + _BATCH]))
    seconds = max(time.perf_counter() - started, 1e-9)
    fields = {field: _figures(field, labelled, verdicts) for field, labelled in gold.items() if labelled}
    return {"fields": fields, "texts_per_second": len(texts) / seconds}


def _label(number: int, field: str, label: object) -> str | None:
    """The label as text; None where the line has none."""
    if label is None:
        return None
    if field == "complaint" and (isinstance(label, bool) or label in (0, 1)):
        return "true" if label else "false"
    if not isinstance(label, str) or label not in LABELS[field] or field == "complaint":
        allowed = "true, false" if field == "complaint" else ", ".join(LABELS[field])
        raise OuvidorError(f"Line {number}: {field} must be one of {allowed}, not {label!r}.")
    return label


def _figures(field: str, labelled: Sequence[tuple[int, str]], verdicts: Sequence[Verdict]) -> dict[str, float]:
    told = [_said(verdicts[place], field) for place, _ in labelled]
    sure = [verdicts[place].confidence.get(field, 1.0) for place, _ in labelled]
    return dict(figures([label for _, label in labelled], told, sure))


def _said(verdict: Verdict, field: str) -> str:
    said = getattr(verdict, field)
    return str(said).lower() if isinstance(said, bool) else str(said)


def verdict_line(verdict: Verdict) -> dict[str, Any]:
    """A verdict as the object that `ouvidor classify` prints."""
    return {
        "lang": verdict.lang,
        "sentiment": verdict.sentiment.value,
        "urgency": verdict.urgency.value,
        "type": verdict.type.value,
        "complaint": verdict.complaint,
        "spam": verdict.spam,
        "holds": [hold.value for hold in verdict.holds],
        "topics": [topic.value for topic in verdict.topics],
        "personal_data": [kind.value for kind in verdict.personal_data],
        "confidence": dict(verdict.confidence),
        "abstained": list(verdict.abstained),
        "version": verdict.version,
    }
