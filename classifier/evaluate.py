"""Scores a classifier on labelled lines."""

import json
import reprlib
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rapidfuzz import fuzz, process

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
# What a field may be called where somebody labelled in another language.
_ALSO = {
    "tipo": "type",
    **dict.fromkeys(("reclamação", "reclamacao", "queixa", "queja", "reclamo"), "complaint"),
    **dict.fromkeys(("idioma", "língua", "lingua", "lengua", "language"), "lang"),
}
INPUT = "the input"  # the name of lines that come from no file
_LONGEST_LINE = 4_000_000  # characters
_NEAR = 70  # of 100; how alike a key and the name of a field must be to have been meant for it
_BATCH = 512


def read_lines(source: Path | Iterable[str]) -> Iterator[tuple[int, dict[str, Any]]]:
    """The objects of a JSON Lines file or stream with their line numbers; blank lines are passed over.

    OuvidorError names the line that holds no JSON object, or the file that cannot be read.
    """
    if not isinstance(source, Path):
        yield from _objects(source, INPUT)
        return
    try:
        with source.open("rb") as stream:
            bounded = iter(lambda: stream.readline(4 * _LONGEST_LINE + 1), b"")  # a device may have no line's end
            decoded = (decoded_line(raw, str(source), number) for number, raw in enumerate(bounded, start=1))
            yield from _objects(decoded, str(source))
    except OSError as problem:
        raise OuvidorError(f"{source} cannot be read: {problem.strerror}.") from problem


def decoded_line(raw: bytes, name: str, number: int) -> str:
    """A line of a file as text; OuvidorError names the line that is not UTF-8 or has no end."""
    if len(raw) > 4 * _LONGEST_LINE:  # bytes; no character has more than four
        raise _too_long(name, number)
    try:
        text = raw.decode("utf-8-sig" if number == 1 else "utf-8")
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:  # JSON has none, and UTF-16 has one beside every letter of English
        raise OuvidorError(f"{name}, line {number}: it is not UTF-8: save the file as UTF-8.")
    return text


def _too_long(name: str, number: int) -> OuvidorError:
    return OuvidorError(f"{name}, line {number}: it is longer than {_LONGEST_LINE:,} characters.")


def _objects(lines: Iterable[str], name: str) -> Iterator[tuple[int, dict[str, Any]]]:
    for number, line in enumerate(lines, start=1):
        if len(line) > _LONGEST_LINE:
            raise _too_long(name, number)
        if not line.strip():
            continue
        try:
            found = json.loads(line)
        except (ValueError, RecursionError) as problem:
            raise OuvidorError(f"{name}, line {number}: it is not JSON: {problem}.") from problem
        if not isinstance(found, dict):
            raise OuvidorError(f'{name}, line {number}: a JSON object was expected, such as {{"text": "..."}}.')
        yield number, found


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
    name: str = INPUT,
) -> dict[str, Any]:
    """Figures by field, fractions from 0 to 1, and texts a second; a field without labels is left out.

    What nothing spoke for has no share in the calibration error, which is None where that is every text.

    lines: numbered objects with `text` and any labels of LABELS, as read_lines gives them. fields: those that are
    scored. Every field has its figures once more by language: the one that the line names, else the one that was told;
    where the classifier tells none, `embedded` does. name: of the file, for errors.
    OuvidorError names the line with no text or with a label outside the closed set, or the fields where no line has a
    label of them.
    """
    texts: list[str] = []
    spoken: list[str | None] = []
    gold: dict[str, _Labelled] = {one: _Labelled() for one in LABELS if one in fields}
    unknown: dict[str, None] = {}
    for number, line in lines:
        place, text = f"{name}, line {number}", line.get("text")
        if not isinstance(text, str):
            raise OuvidorError(f'{place}: "text" must be a string.')
        for one, labelled in gold.items():
            label = _label(place, one, line.get(one))
            if label is not None:
                labelled.places.append(len(texts))
                labelled.labels.append(label)
        spoken.append(_single(place, "lang", line.get("lang")))
        texts.append(text)
        unknown |= dict.fromkeys(key for key in line if key not in LABELS and key != "text")
    if not texts:
        raise OuvidorError(f"There is no line to evaluate in {name}.")
    if not any(labelled.places for labelled in gold.values()):
        wanted, advice = ", ".join(gold), _meant(unknown, list(gold))
        raise OuvidorError(f"There is nothing to score in {name}: no line has a label of {wanted}{advice}")
    verdicts, seconds = _told(classifier, texts)
    languages = _languages(texts, spoken, verdicts, embedded or classifier)
    found = {one: _by_language(one, labelled, verdicts, languages) for one, labelled in gold.items() if labelled.places}
    return {"fields": found, "texts_per_second": len(texts) / seconds}


def _meant(unknown: Iterable[str], names: Sequence[str]) -> str:
    """Which name a key was most likely meant to be, as the end of an error message."""
    for key in unknown:
        plain = key.strip().casefold()
        near = process.extractOne(_ALSO.get(plain, plain), names, scorer=fuzz.ratio, score_cutoff=_NEAR)
        if near is not None:
            return f"; where it says {reprlib.repr(key)}, did you mean '{near[0]}'?"
    return "."


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


def _label(place: str, name: str, label: object) -> str | frozenset[str] | None:
    """The label as text, of a field of several classes as their set; None where the line has none."""
    if name in SINGLE:
        return _single(place, name, label)
    if label is None:
        return None
    if not isinstance(label, list) or not all(isinstance(one, str) and one in SEVERAL[name] for one in label):
        allowed = ", ".join(SEVERAL[name])
        raise OuvidorError(f"{place}: {name} must be a list of any of {allowed}, not {reprlib.repr(label)}.")
    # What has none of the named topics has the topic "other".
    return frozenset(label or ([str(Topic.OTHER)] if name == "topics" else []))


def _single(place: str, name: str, label: object) -> str | None:
    if label is None:
        return None
    is_switch = SINGLE[name] == _YES_OR_NO
    if is_switch and isinstance(label, int) and label in (0, 1):  # as many sets of labels are written
        return "true" if label else "false"
    if not isinstance(label, str) or label not in SINGLE[name] or is_switch:
        allowed = "true, false, 1, 0, without quotes" if is_switch else ", ".join(SINGLE[name])
        raise OuvidorError(f"{place}: {name} must be one of {allowed}, not {reprlib.repr(label)}.")
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
