"""How well the labelled sample is found: texts in Portuguese, English and Spanish, most written after the code."""

import pytest

from tests.privacy.labelled import judge, sample

PARTS = ("first", "second", "third")


def test_the_sample_is_large_enough() -> None:
    assert sum(len(sample(part)) for part in PARTS) >= 150


@pytest.mark.parametrize("part", PARTS)
def test_what_is_found_is_right_and_what_is_right_is_found(part: str) -> None:
    score = judge(sample(part))
    print(f"{part}: precision {score.precision:.3f}, recall {score.recall:.3f}")  # noqa: T201 - shown with -s
    assert score.precision > 0.95, score.told
    assert score.recall > 0.95, score.told


def test_the_judge_counts_what_is_missed_and_what_is_wrong() -> None:
    score = judge(["{cpf:1}", "a@b.com.br", "{email:c@d.com.br}"])
    assert (score.right, score.wrong, score.missed) == (1, 1, 1)
    assert len(score.told) == 2
