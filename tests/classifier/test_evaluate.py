"""The figures are those that one counts by hand, and a bad line is named."""

import json
from collections.abc import Mapping, Sequence
from enum import StrEnum
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from classifier.base import Verdict
from classifier.evaluate import LABELS, SEVERAL, SINGLE, evaluate, read_lines, verdict_line
from classifier.measure import abstention, calibration_error, confusion, figures, set_figures
from errors import OuvidorError
from models import Hold, MentionType, PersonalData, Sentiment, Topic, Urgency
from tests.classifier.told import ToldClassifier, a_verdict


class ByWord:
    """Says positive of "good" and negative of the rest, always with the same confidence."""

    version = "by-word"

    def classify(self, texts: Sequence[str]) -> list[Verdict]:
        return [
            Verdict(
                lang="en",
                sentiment=Sentiment.POSITIVE if "good" in text else Sentiment.NEGATIVE,
                urgency=Urgency.LOW,
                type=MentionType.COMPLAINT,
                complaint=True,
                holds=(),
                confidence={"sentiment": 0.75},
                version=self.version,
            )
            for text in texts
        ]


def scored(verdicts: Mapping[str, Verdict], *lines: Mapping[str, Any]) -> dict[str, Any]:
    """The figures by field."""
    fields: dict[str, Any] = evaluate(ToldClassifier(verdicts), enumerate(lines, start=1))["fields"]
    return fields


def test_figures_are_those_counted_by_hand() -> None:
    found = figures(["a", "a", "a", "b"], ["a", "a", "b", "b"], [0.75] * 4)
    assert found["n"] == 4
    assert found["accuracy"] == pytest.approx(0.75)
    assert found["macro_recall"] == pytest.approx((2 / 3 + 1) / 2)
    assert found["macro_f1"] == pytest.approx((0.8 + 2 / 3) / 2)
    assert found["ece"] == pytest.approx(0)


def test_a_class_that_never_occurs_does_not_lower_the_mean() -> None:
    assert figures(["a", "a"], ["a", "c"], [1, 1])["macro_recall"] == pytest.approx(0.5)


def test_calibration_error_is_the_gap_weighted_by_size() -> None:
    assert calibration_error([True, False, True, True], [0.9, 0.9, 0.55, 0.55]) == pytest.approx(0.5 * 0.4 + 0.5 * 0.45)


def test_confusion_counts_what_was_taken_for_what_and_gives_every_class_its_row() -> None:
    assert confusion(["a", "a", "b"], ["a", "b", "b"], "abc") == {
        "a": {"a": 1, "b": 1, "c": 0},
        "b": {"a": 0, "b": 1, "c": 0},
        "c": {"a": 0, "b": 0, "c": 0},
    }


def test_abstention_tells_what_was_left_and_how_much_of_the_rest_is_right() -> None:
    found = abstention([True, False, True, False], [False, False, False, True])
    assert found == {"share": 0.25, "accuracy_of_the_rest": pytest.approx(2 / 3)}
    assert abstention([True], [True]) == {"share": 1.0, "accuracy_of_the_rest": None}


def test_figures_of_sets_are_those_counted_by_hand() -> None:
    gold = [frozenset("ab"), frozenset("a"), frozenset(), frozenset("c")]
    told = [frozenset("a"), frozenset("ab"), frozenset(), frozenset("a")]
    found = set_figures(gold, told, "abcd")
    assert found["n"] == 4
    assert found["exact"] == 0.25
    assert found["per_class"] == {
        "a": {"n": 2, "precision": pytest.approx(2 / 3), "recall": 1.0, "f1": pytest.approx(0.8)},
        "b": {"n": 1, "precision": 0.0, "recall": 0.0, "f1": 0.0},
        "c": {"n": 1, "precision": 0.0, "recall": 0.0, "f1": 0.0},
    }
    assert found["micro"] == {"n": 4, "precision": 0.5, "recall": 0.5, "f1": 0.5}


def test_the_labels_are_the_closed_sets() -> None:
    assert set(LABELS) == set(verdict_line(a_verdict())) - {"confidence", "abstained", "version"}
    closed: dict[str, list[StrEnum]] = {
        "holds": [*Hold],
        "topics": [*Topic],
        "personal_data": [*PersonalData],
        "sentiment": [*Sentiment],
        "urgency": [*Urgency],
        "type": [*MentionType],
    }
    for name, kinds in closed.items():
        assert LABELS[name] == tuple(kind.value for kind in kinds)


def test_only_labelled_fields_are_scored_and_unknown_keys_are_ignored() -> None:
    lines = StringIO(
        '{"text": "good", "sentiment": "positive", "mood": 3}\n\n{"text": "bad", "complaint": false}\n{"text": "x"}\n'
    )
    found = evaluate(ByWord(), read_lines(lines))
    assert set(found) == {"fields", "texts_per_second"}
    assert set(found["fields"]) == {"sentiment", "complaint"}
    five = {"n", "accuracy", "macro_f1", "macro_recall", "ece"}
    assert set(found["fields"]["sentiment"]) == five | {"per_language", "abstention", "confusion"}
    assert set(found["fields"]["sentiment"]["per_language"]["en"]) == five
    assert found["fields"]["sentiment"]["accuracy"] == 1
    assert found["fields"]["complaint"]["accuracy"] == 0
    assert found["texts_per_second"] > 0


def test_only_the_wanted_fields_are_scored() -> None:
    lines = [(1, {"text": "good", "sentiment": "positive", "lang": "pt", "urgency": "never checked"})]
    found = evaluate(ByWord(), lines, frozenset({"sentiment"}))["fields"]
    assert set(found) == {"sentiment"}
    assert set(found["sentiment"]["per_language"]) == {"pt"}


def test_every_field_can_be_scored() -> None:
    verdict = a_verdict(holds=(Hold.LEGAL,), topics=(Topic.APP, Topic.PRICE), personal_data=(PersonalData.CPF,))
    line = {**verdict_line(verdict), "text": "a", "holds": ["legal"]}
    found = scored({"a": verdict}, line)
    assert set(found) == set(LABELS)
    for name in SINGLE:
        assert found[name]["accuracy"] == 1
        said = line[name]
        label = str(said).lower() if isinstance(said, bool) else str(said)
        assert found[name]["confusion"][label][label] == 1
        assert sum(sum(row.values()) for row in found[name]["confusion"].values()) == 1
    for name in SEVERAL:
        assert found[name]["exact"] == 1
        assert set(found[name]) == {"n", "per_class", "micro", "exact", "per_language"}
    assert found["topics"]["per_class"].keys() == {"app", "price"}
    json.dumps(found)


def test_the_languages_add_up_and_a_line_without_one_counts_for_the_language_that_was_told() -> None:
    right, wrong = a_verdict(sentiment=Sentiment.POSITIVE), a_verdict(lang="es", topics=(Topic.APP,))
    labels = {"sentiment": "positive", "topics": ["app"]}
    lines = [{"text": "right", "lang": "pt", **labels}, {"text": "wrong", "lang": "pt", **labels}]
    found = scored({"right": right, "wrong": wrong}, *lines, {"text": "wrong", **labels})
    for name in ("sentiment", "topics"):
        assert {lang: part["n"] for lang, part in found[name]["per_language"].items()} == {"pt": 2, "es": 1}
        assert found[name]["n"] == 3
    assert found["sentiment"]["per_language"]["pt"]["accuracy"] == 0.5
    assert found["sentiment"]["per_language"]["es"]["accuracy"] == 0
    assert found["topics"]["per_language"]["es"]["per_class"]["app"]["recall"] == 1
    assert found["lang"]["n"] == 2


def test_what_was_left_to_a_person_is_told_for_each_field() -> None:
    verdicts = {
        "sure": a_verdict(sentiment=Sentiment.POSITIVE),
        "unsure": a_verdict(abstained=("sentiment", "topics")),
        "also": a_verdict(),
    }
    lines = [{"text": text, "sentiment": "positive", "topics": ["other"], "holds": []} for text in verdicts]
    found = scored(verdicts, *lines)
    assert found["sentiment"]["abstention"] == {"share": pytest.approx(1 / 3), "accuracy_of_the_rest": 0.5}
    assert found["topics"]["abstention"] == {"share": pytest.approx(1 / 3), "accuracy_of_the_rest": 1}
    assert "abstention" not in found["holds"]


def test_what_nothing_spoke_for_has_no_share_in_the_calibration_error() -> None:
    unread = a_verdict(confidence={}, abstained=("sentiment",))
    lines = [{"text": text, "sentiment": "positive"} for text in ("read", "unread")]
    found = scored({"read": a_verdict(sentiment=Sentiment.POSITIVE), "unread": unread}, *lines)["sentiment"]
    assert found["n"] == 2
    assert found["ece"] == pytest.approx(0.3)  # of the first alone
    assert scored({"unread": unread}, lines[1])["sentiment"]["ece"] is None


def test_a_classifier_that_tells_no_language_borrows_it() -> None:
    silent = ToldClassifier({text: a_verdict(lang="other", abstained=("lang",)) for text in ("a", "b")})
    embedded = ToldClassifier({"b": a_verdict(lang="es"), "c": a_verdict(lang="en")})
    lines = [{"text": "a", "lang": "en"}, {"text": "b"}, {"text": "c"}]
    numbered = [(n, {**line, "sentiment": "neutral"}) for n, line in enumerate(lines)]
    found = evaluate(silent, numbered, frozenset({"sentiment"}), embedded)["fields"]["sentiment"]["per_language"]
    assert {lang: part["n"] for lang, part in found.items()} == {"en": 1, "es": 1, "pt": 1}
    assert embedded.asked == ["b"]


def test_no_topic_means_the_topic_other_and_no_label_means_none() -> None:
    found = scored({}, {"text": "a", "topics": [], "holds": None}, {"text": "b", "topics": ["other", "other"]})
    assert found["topics"]["exact"] == 1
    assert "holds" not in found


def test_spam_is_a_field_of_yes_and_no() -> None:
    found = scored({"a": a_verdict(spam=True)}, {"text": "a", "spam": True}, {"text": "b", "spam": True})
    assert found["spam"]["confusion"]["true"] == {"true": 1, "false": 1}


def test_yes_and_no_may_be_written_as_one_and_nought() -> None:
    found = scored({"a": a_verdict(complaint=True)}, {"text": "a", "complaint": 1}, {"text": "b", "complaint": 0})
    assert found["complaint"]["n"] == 2
    assert set(found["complaint"]["confusion"]) == {"true", "false"}


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ('{"text": "a"}\n{"text": "b", "urgency": "soon"}', "the input, line 2: urgency must be one of critical"),
        ('{"text": "a", "complaint": "yes"}', "the input, line 1: complaint must be one of true, false"),
        ('{"text": "a", "complaint": 2}', "the input, line 1: complaint must be one of true, false, 1, 0, .*, not 2"),
        ('{"text": "a", "spam": 1.0}', "the input, line 1: spam must be one of true, false"),
        ('{"text": "a", "spam": "true"}', "the input, line 1: spam must be one of true, false"),
        (
            '{"text": "a"}\n\n{"text": "b", "lang": "fr"}',
            "the input, line 3: lang must be one of pt, en, es, other, not 'fr'",
        ),
        ('{"text": "a", "holds": "legal"}', "the input, line 1: holds must be a list of any of legal, .*, not 'legal'"),
        (
            '{"text": "a", "topics": ["app", "weather"]}',
            "the input, line 1: topics must be a list of any of delivery, ",
        ),
        (
            '{"text": "a", "personal_data": [["cpf"]]}',
            "the input, line 1: personal_data must be a list of any of cpf, ",
        ),
        ('{"text": "a", "holds": {"legal": true}}', "the input, line 1: holds must be a list"),
        ('{"text": 3}', 'the input, line 1: "text" must be a string'),
        ('{"text": "a"}\n{"text":', "line 2: it is not JSON"),
        ("[1]", "line 1: a JSON object"),
        ("", "no line"),
    ],
)
def test_a_line_that_cannot_be_used_is_named(lines: str, said: str) -> None:
    with pytest.raises(OuvidorError, match=said):
        evaluate(ByWord(), read_lines(StringIO(lines)))


def test_a_wrong_label_of_any_length_makes_a_short_error() -> None:
    with pytest.raises(OuvidorError, match="the input, line 1: type must be") as raised:
        evaluate(ByWord(), [(1, {"text": "a", "type": "x" * 100_000})])
    assert len(str(raised.value)) < 200


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(OuvidorError, match=r"none\.jsonl cannot be read"):
        list(read_lines(tmp_path / "none.jsonl"))


@pytest.mark.parametrize("encoding", ["latin-1", "utf-16", "utf-16-le"])
def test_a_file_that_is_not_utf_8_is_told_with_its_line(encoding: str, tmp_path: Path) -> None:
    path = tmp_path / "texts.jsonl"
    path.write_bytes('{"text": "a"}\n\n{"text": "não chegou"}\n'.encode(encoding))
    number = 3 if encoding == "latin-1" else 1
    with pytest.raises(OuvidorError, match=rf"texts\.jsonl, line {number}: it is not UTF-8: save the file as UTF-8"):
        list(read_lines(path))


def test_a_mark_of_the_byte_order_is_no_part_of_the_first_line(tmp_path: Path) -> None:
    path = tmp_path / "texts.jsonl"
    path.write_bytes('\ufeff{"text": "não"}\r\n{"text": "b"}'.encode())
    assert list(read_lines(path)) == [(1, {"text": "não"}), (2, {"text": "b"})]


def test_a_line_without_end_is_refused() -> None:
    with pytest.raises(OuvidorError, match="/dev/zero, line 1: it is longer than"):
        list(read_lines(Path("/dev/zero")))


def test_where_no_line_has_a_label_the_fields_that_were_looked_for_are_named() -> None:
    with pytest.raises(OuvidorError, match="no line has a label of sentiment, spam"):
        evaluate(ByWord(), [(1, {"text": "a", "Sentiment": "positive"})], frozenset({"sentiment", "spam"}))


@pytest.mark.parametrize(
    ("key", "meant"),
    [
        ("tipo", "type"),
        ("Sentiment", "sentiment"),
        ("sentimento", "sentiment"),
        ("queixa", "complaint"),
        ("type_", "type"),
    ],
)
def test_a_key_that_is_near_the_name_of_a_field_is_told(key: str, meant: str) -> None:
    with pytest.raises(OuvidorError, match=rf"; where it says '{key}', did you mean '{meant}'\?$"):
        evaluate(ByWord(), [(1, {"text": "a", "id": 3, "channel": "x", key: "praise"})])


def test_a_key_that_is_near_no_field_is_passed_over() -> None:
    with pytest.raises(OuvidorError, match=r"personal_data\.$"):
        evaluate(ByWord(), [(1, {"text": "a", "id": 3, "channel": "x", "author": "b", "url": "c", "date": "d"})])


def test_a_verdict_prints_with_its_keys_and_a_rule_only_where_one_decided() -> None:
    keys = ["lang", "sentiment", "urgency", "type", "complaint", "spam", "holds", "topics", "personal_data"]
    keys += ["confidence", "abstained", "version"]
    assert list(verdict_line(a_verdict())) == keys
    assert list(verdict_line(a_verdict(rule="court"))) == [*keys, "rule"]
