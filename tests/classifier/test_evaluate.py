"""The figures are those that one counts by hand, and a bad line is named."""

from collections.abc import Sequence
from io import StringIO
from pathlib import Path

import pytest

from classifier.base import Verdict
from classifier.evaluate import evaluate, read_lines
from classifier.measure import calibration_error, figures
from errors import OuvidorError
from models import MentionType, Sentiment, Urgency


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


def test_only_labelled_fields_are_scored_and_unknown_keys_are_ignored() -> None:
    lines = StringIO(
        '{"text": "good", "sentiment": "positive", "mood": 3}\n\n{"text": "bad", "complaint": false}\n{"text": "x"}\n'
    )
    found = evaluate(ByWord(), read_lines(lines))
    assert set(found) == {"fields", "texts_per_second"}
    assert set(found["fields"]) == {"sentiment", "complaint"}
    assert set(found["fields"]["sentiment"]) == {"n", "accuracy", "macro_f1", "macro_recall", "ece"}
    assert found["fields"]["sentiment"]["accuracy"] == 1
    assert found["fields"]["complaint"]["accuracy"] == 0
    assert found["texts_per_second"] > 0


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ('{"text": "a"}\n{"text": "b", "urgency": "soon"}', "Line 2: urgency must be one of critical"),
        ('{"text": "a", "complaint": "yes"}', "Line 1: complaint must be one of true, false"),
        ('{"text": 3}', 'Line 1: "text" must be a string'),
        ('{"text": "a"}\n{"text":', "line 2: it is not JSON"),
        ("[1]", "line 1: a JSON object"),
        ("", "no line"),
    ],
)
def test_a_line_that_cannot_be_used_is_named(lines: str, said: str) -> None:
    with pytest.raises(OuvidorError, match=said):
        evaluate(ByWord(), read_lines(StringIO(lines)))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(OuvidorError, match=r"none\.jsonl cannot be read"):
        list(read_lines(tmp_path / "none.jsonl"))
