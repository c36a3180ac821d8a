"""The texts that the sandbox's customers write, each with its labels."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from sandbox.records import NETWORKS

FOLDER = Path(__file__).parent / "texts"
LANGUAGES = ("pt", "en", "es")
SENTIMENTS = ("negative", "neutral", "positive")
URGENCIES = ("critical", "high", "normal", "low")
TYPES = ("other", "complaint", "question", "suggestion", "praise")
HOLDS = ("legal", "danger", "minors", "self_harm", "violence_hate", "death", "press", "data_breach")
OCCASIONS = ("acknowledgement", "answer", "resolution", "silence", "evaluation")
LABEL_KEYS = {"text", "sentiment", "urgency", "type", "complaint", "holds"}
FOLLOWUP_KEYS = LABEL_KEYS | {"after", "grade", "resolved", "again"}
TEXT_KEYS = LABEL_KEYS | {"id", "lang", "networks", "title", "picture", "followups"}


@dataclass(frozen=True)
class Labels:
    """What a careful reader says of a text."""

    sentiment: str
    urgency: str
    type: str
    complaint: bool
    holds: tuple[str, ...]


@dataclass(frozen=True)
class Followup:
    """What the same customer says after the brand has done something, or nothing."""

    after: str  # acknowledgement, answer, resolution, silence, evaluation
    text: str
    labels: Labels
    grade: int | None = None  # of an evaluation alone, as the two below
    resolved: bool | None = None
    again: bool | None = None


@dataclass(frozen=True)
class CorpusText:
    """How a customer opens a conversation."""

    id: str
    lang: str
    text: str
    labels: Labels
    networks: tuple[str, ...]  # where it fits
    title: str
    picture: bool
    followups: tuple[Followup, ...]

    def followup(self, after: str) -> Followup | None:
        return next((one for one in self.followups if one.after == after), None)


@cache
def corpus() -> tuple[CorpusText, ...]:
    """Every text, in the order of the files; raises ValueError naming the line that breaks the rules."""
    texts: list[CorpusText] = []
    for lang in LANGUAGES:
        path = FOLDER / f"{lang}.jsonl"
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            try:
                texts.append(_text(json.loads(line), lang))
            except (KeyError, ValueError) as error:
                raise ValueError(f"{path.name}, line {number}: {error!r}") from error
    if len({text.id for text in texts}) < len(texts):
        raise ValueError("two texts of the corpus have one id")
    return tuple(texts)


def _text(line: Mapping[str, Any], lang: str) -> CorpusText:
    _only(line, TEXT_KEYS)
    _one_of("lang", line["lang"], (lang,))
    for network in line["networks"]:
        _one_of("networks", network, NETWORKS)
    if not line["networks"] or not line["text"].strip():
        raise ValueError("a text needs words and a network")
    return CorpusText(
        id=line["id"],
        lang=line["lang"],
        text=line["text"],
        labels=_labels(line),
        networks=tuple(line["networks"]),
        title=line.get("title", ""),
        picture=line.get("picture", False),
        followups=tuple(_followup(one) for one in line.get("followups", ())),
    )


def _followup(line: Mapping[str, Any]) -> Followup:
    _only(line, FOLLOWUP_KEYS)
    _one_of("after", line["after"], OCCASIONS)
    is_evaluation = line["after"] == "evaluation"
    if is_evaluation and not 0 <= line["grade"] <= 10:
        raise ValueError(f"a grade is 0 to 10, not {line['grade']}")
    return Followup(
        after=line["after"],
        text=line["text"],
        labels=_labels(line),
        grade=line["grade"] if is_evaluation else None,
        resolved=line["resolved"] if is_evaluation else None,
        again=line["again"] if is_evaluation else None,
    )


def _labels(line: Mapping[str, Any]) -> Labels:
    _one_of("sentiment", line["sentiment"], SENTIMENTS)
    _one_of("urgency", line["urgency"], URGENCIES)
    _one_of("type", line["type"], TYPES)
    for hold in line["holds"]:
        _one_of("holds", hold, HOLDS)
    if line["type"] != "other" and line["complaint"] != (line["type"] == "complaint"):
        raise ValueError(f"complaint is {line['complaint']} and type is {line['type']}")
    return Labels(line["sentiment"], line["urgency"], line["type"], line["complaint"], tuple(line["holds"]))


def _one_of(key: str, value: object, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise ValueError(f"{key} is {value!r}; it may be {', '.join(allowed)}")


def _only(line: Mapping[str, Any], keys: set[str]) -> None:
    if unknown := set(line) - keys:
        raise ValueError(f"unknown keys: {', '.join(sorted(unknown))}")
