"""How well an answer that must not be published is told: made-up texts, and texts written by hand before the code."""

import pytest

from tests.privacy.outbound_labelled import PARTS, judge, read, sample
from tests.privacy.outbound_texts import answers

RECALL, PRECISION = 0.99, 0.97


@pytest.mark.parametrize("seed", [1, 2, 3, 4])
def test_made_up_answers_are_told_apart(seed: int) -> None:
    score = judge(answers(seed, 500))
    assert score.recall >= RECALL, score.told
    assert score.precision >= PRECISION, score.told


@pytest.mark.parametrize("part", PARTS)
def test_answers_written_by_hand_are_told_apart(part: str) -> None:
    score = judge(sample(part))
    assert score.recall >= 0.98, score.told  # one miss weighs a hundredth in the smaller parts
    assert score.precision >= PRECISION, score.told


def test_the_whole_of_the_answers_written_by_hand_is_large_enough_and_told_apart() -> None:
    written = [answer for part in PARTS for answer in sample(part)]
    score = judge(written)
    assert len(written) >= 1000
    assert 0.4 < sum(bool(answer.findings) for answer in written) / len(written) < 0.6
    assert score.recall >= RECALL, score.told
    assert score.precision >= PRECISION, score.told


def test_about_half_of_the_made_up_answers_hold_something_and_the_seed_decides_them() -> None:
    made = answers(7, 1000)
    assert 0.4 < sum(bool(answer.findings) for answer in made) / len(made) < 0.6
    assert made == answers(7, 1000)
    assert made != answers(8, 1000)


def test_the_judge_counts_what_is_missed_and_what_is_wrong() -> None:
    score = judge([read("{cpf:1}"), read("a@b.com.br"), read("{email:c@d.com.br} e me passa seu {ask cpf:CPF}")])
    assert (score.right, score.wrong, score.missed) == (2, 1, 1)
    assert len(score.told) == 2
