"""Our own labelled texts are many, mixed, labelled within the closed sets, and unlike those of the examination."""

import json
import re
from collections import Counter
from importlib.resources import files
from typing import Any

import pytest

from classifier import corpus
from models import Hold, MentionType, PersonalData, Sentiment, Topic, Urgency

CLOSED: dict[str, set[str]] = {
    "lang": {"pt", "en", "es"},
    "sentiment": set(Sentiment),
    "urgency": set(Urgency),
    "type": set(MentionType),
    "holds": set(Hold),
    "topics": set(Topic),
    "personal_data": set(PersonalData),
}


def lines(name: str) -> list[dict[str, Any]]:
    raw = (files("classifier") / "texts" / f"{name}.jsonl").read_text("utf-8")
    return [json.loads(line) for line in raw.splitlines()]


TRAINED = [line for name in corpus.OWN for line in lines(name)]
EXAMINED = lines(corpus.EXAMINATION)


def words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())


def runs(text: str, length: int) -> set[tuple[str, ...]]:
    said = words(text)
    return {tuple(said[at : at + length]) for at in range(len(said) - length + 1)}


@pytest.mark.parametrize("texts", [TRAINED, EXAMINED], ids=["trained", "examined"])
def test_every_label_is_of_its_closed_set(texts: list[dict[str, Any]]) -> None:
    for line in texts:
        for field, known in CLOSED.items():
            labels = line[field] if isinstance(line[field], list) else [line[field]]
            assert set(labels) <= known, line
        assert line["text"].strip()
        assert line["topics"]
        assert line["complaint"] is (line["type"] == "complaint") or line["type"] == "other"
        assert not ({"self_harm", "violence_hate"} & set(line["holds"]) and "danger" in line["holds"]), line


def test_there_are_thousands_mostly_in_portuguese() -> None:
    by_language = Counter(line["lang"] for line in TRAINED)
    assert len(TRAINED) >= 3_000
    assert 0.5 <= by_language["pt"] / len(TRAINED) <= 0.65
    assert by_language["en"] / len(TRAINED) >= 0.2
    assert by_language["es"] / len(TRAINED) >= 0.12


def test_every_class_and_register_has_its_texts() -> None:
    for field, known in CLOSED.items():
        if field != "personal_data":
            said = Counter(
                one for line in TRAINED for one in (line[field] if isinstance(line[field], list) else [line[field]])
            )
            assert min(said[one] for one in known) >= 60, field
    assert set(Counter(line["register"] for line in TRAINED)) == {"x", "reply", "review", "forum", "prose", "toot"}


def test_no_text_stands_twice() -> None:
    said = Counter(" ".join(words(line["text"])) for line in (*TRAINED, *EXAMINED) if len(words(line["text"])) > 4)
    assert [text for text, times in said.items() if times > 1] == []


def test_the_examination_shares_few_runs_of_words_with_what_is_trained_on() -> None:
    trained = set().union(*(runs(line["text"], 5) for line in TRAINED))
    examined = [run for line in EXAMINED for run in runs(line["text"], 5)]
    assert sum(run in trained for run in examined) / len(examined) < 0.03
