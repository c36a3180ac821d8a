"""Scores a classifier on labelled lines."""

import json
import reprlib
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from classifier.base import Classifier, Verdict
from classifier.measure import abstention, calibration_error, confusion, figures, set_figures
from errors import OuvidorError
from models import Hold, MentionType, PersonalData, Sentiment, Topic, Urgency

_YES_OR_NO = ("false", "true")
# Fields of one class a text.
SINGLE: Mapping[str, tuple[str, ...]] = {
    "sentiment": tuple(map(str, Sentiment)),
    "urgency": tuple(map(str, Urgency)),
    "type": tuple(map(str, MentionType)),
    "complaint": _YES_OR_NO,
    "spam": _YES_OR_NO,
    "lang": ("pt", "en", "es", "other"),
}
# Fields of any number of classes a text.
SEVERAL: Mapping[str, tuple[str, ...]] = {
    "holds": tuple(map(str, Hold)),
    "topics": tuple(map(str, Topic)),
    "personal_data": tuple(map(str, PersonalData)),
}
LABELS: Mapping[str, tuple[str, ...]] = {**SINGLE, **SEVERAL}
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
            bounded = iter(lambda: stream.readline(_LONGEST_LINE + 1), "")  # a device may have no line's end
            yield from _objects(bounded, str(source))
    except OSError as problem:
        raise OuvidorError(f"{source} cannot be read: {problem.strerror}.") from problem


def _objects(lines: Iterable[str], name: str) -> Iterator[tuple[int, dict[str, Any]]]:
    number = 0
    try:
        for number, line in enumerate(lines, start=1):
            if len(line) > _LONGEST_LINE:
                raise OuvidorError(f"{name}, line {number}: it is longer than {_LONGEST_LINE:,} characters.")
            if not line.strip():
                continue
            try:
                found = json.loads(line)
            except (ValueError, RecursionError) as problem:
                raise OuvidorError(f"{name}, line {number}: it is not JSON: {problem}.") from problem
            if not isinstance(found, dict):
                raise OuvidorError(f'{name}, line {number}: a JSON object was expected, such as {{"text": "..."}}.')
            yield number, found
    except UnicodeDecodeError as problem:
        raise OuvidorError(f"{name}, after line {number}: it is not UTF-8.") from problem


@dataclass(frozen=True)
class _Labelled:
    """One field's labels, each with the place of its text; a field of several classes has a set of them."""

    places: list[int] = field(default_factory=list)
    labels: list[Any] = field(default_factory=list)


def evaluate(
    classifier: Classifier,
    lines: Iterable[tuple[int, Mapping[str, Any]]],
    fields: frozenset[str] = frozenset(LABELS),
    embedded: Classifier | None = None,
) -> dict[str, Any]:
    """Figures by field, fractions from 0 to 1, and texts a second; a field without labels is left out.

    What nothing spoke for has no share in the calibration error, which is None where that is every text.

    lines: numbered objects with `text` and any labels of LABELS, as read_lines gives them. fields: those that are
    scored. Every field has its figures once more by language: the one that the line names, else the one that was told;
    where the classifier tells none, `embedded` does.
    OuvidorError names the line with no text or with a label outside the closed set, or the fields where no line has a
    label of them.
    """
    texts: list[str] = []
    spoken: list[str | None] = []
    gold: dict[str, _Labelled] = {name: _Labelled() for name in LABELS if name in fields}
    for number, line in lines:
        text = line.get("text")
        if not isinstance(text, str):
            raise OuvidorError(f'Line {number}: "text" must be a string.')
        for name, labelled in gold.items():
            label = _label(number, name, line.get(name))
            if label is not None:
                labelled.places.append(len(texts))
                labelled.labels.append(label)
        spoken.append(_single(number, "lang", line.get("lang")))
        texts.append(text)
    if not texts:
        raise OuvidorError("There is no line to evaluate.")
    if not any(labelled.places for labelled in gold.values()):
        raise OuvidorError(f"There is nothing to score: no line has a label of {', '.join(gold)}.")
    verdicts, seconds = _told(classifier, texts)
    languages = _languages(texts, spoken, verdicts, embedded or classifier)
    found = {
        name: _by_language(name, labelled, verdicts, languages) for name, labelled in gold.items() if labelled.places
    }
    return {"fields": found, "texts_per_second": len(texts) / seconds}


def _languages(
    texts: Sequence[str], spoken: Sequence[str | None], verdicts: Sequence[Verdict], embedded: Classifier
) -> list[str]:
    """Of each text the language that its line names, else the one that was told, else what `embedded` takes it for."""
    found = [
        lang or (None if _is_unread(verdict, "lang") else verdict.lang)
        for lang, verdict in zip(spoken, verdicts, strict=True)
    ]
    rest = iter(embedded.classify([text for text, lang in zip(texts, found, strict=True) if lang is None]))
    return [lang or next(rest).lang for lang in found]


def _is_unread(verdict: Verdict, name: str) -> bool:
    """Whether nothing spoke for this field."""
    return name in verdict.abstained and name not in verdict.confidence


def _told(classifier: Classifier, texts: Sequence[str]) -> tuple[list[Verdict], float]:
    """The verdicts, and how many seconds they took."""
    classifier.classify(texts[:1])  # what is read once is read before the clock starts
    started = time.perf_counter()
    verdicts: list[Verdict] = []
    for first in range(0, len(texts), _BATCH):
        verdicts.extend(classifier.classify(texts[first : first + _BATCH]))
    return verdicts, max(time.perf_counter() - started, 1e-9)


def _label(number: int, name: str, label: object) -> str | frozenset[str] | None:
    """The label as text, of a field of several classes as their set; None where the line has none."""
    if name in SINGLE:
        return _single(number, name, label)
    if label is None:
        return None
    if not isinstance(label, list) or not all(isinstance(one, str) and one in SEVERAL[name] for one in label):
        allowed = ", ".join(SEVERAL[name])
        raise OuvidorError(f"Line {number}: {name} must be a list of any of {allowed}, not {reprlib.repr(label)}.")
    # What has none of the named topics has the topic "other".
    return frozenset(label or ([str(Topic.OTHER)] if name == "topics" else []))


def _single(number: int, name: str, label: object) -> str | None:
    if label is None:
        return None
    is_switch = SINGLE[name] == _YES_OR_NO
    if is_switch and (isinstance(label, bool) or label in (0, 1)):
        return "true" if label else "false"
    if not isinstance(label, str) or label not in SINGLE[name] or is_switch:
        allowed = "true, false" if is_switch else ", ".join(SINGLE[name])
        raise OuvidorError(f"Line {number}: {name} must be one of {allowed}, not {reprlib.repr(label)}.")
    return label


def _by_language(
    name: str, labelled: _Labelled, verdicts: Sequence[Verdict], languages: Sequence[str]
) -> dict[str, Any]:
    """The figures of a field over all its labels, and those of each language."""
    told = [verdicts[place] for place in labelled.places]
    langs = [languages[place] for place in labelled.places]
    per_language: dict[str, Any] = {}
    for lang in SINGLE["lang"]:
        rows = [row for row, spoken in enumerate(langs) if spoken == lang]
        if rows:
            per_language[lang] = _figures(name, [labelled.labels[row] for row in rows], [told[row] for row in rows])
    whole = {**_figures(name, labelled.labels, told), "per_language": per_language}
    right = [_said(verdict, name) == label for verdict, label in zip(told, labelled.labels, strict=True)]
    abstained = [name in verdict.abstained for verdict in told]
    if name in SINGLE or any(abstained):
        whole["abstention"] = abstention(right, abstained)
    if name in SINGLE:
        whole["confusion"] = confusion(labelled.labels, [_said(verdict, name) for verdict in told], SINGLE[name])
    return whole


def _figures(name: str, gold: Sequence[Any], verdicts: Sequence[Verdict]) -> dict[str, Any]:
    told = [_said(verdict, name) for verdict in verdicts]
    if name in SEVERAL:
        return set_figures(gold, told, SEVERAL[name])
    sure = [verdict.confidence.get(name, 1.0) for verdict in verdicts]
    read = [row for row, verdict in enumerate(verdicts) if not _is_unread(verdict, name)]
    right = [gold[row] == told[row] for row in read]
    ece = calibration_error(right, [sure[row] for row in read]) if read else None
    return {**figures(gold, told, sure), "ece": ece}


def _said(verdict: Verdict, name: str) -> Any:
    """What the verdict says of a field, as a label of the file would."""
    said = getattr(verdict, name)
    if isinstance(said, tuple):
        return frozenset(map(str, said))
    return str(said).lower() if isinstance(said, bool) else str(said)


def verdict_line(verdict: Verdict) -> dict[str, Any]:
    """A verdict as the object that `ouvidor classify` prints; `rule` only where a rule of the operator decided."""
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
        **({"rule": verdict.rule} if verdict.rule else {}),
    }
