"""Feeling words weigh what the lists say, turned round by negations, and the figures of a text stay bounded."""

import numpy as np
import pytest

from classifier.polarity import WIDTH, Feelings, feelings, figures, marks
from classifier.reading import read


def felt(text: str) -> list[float]:
    return read([text]).felt[0]


@pytest.mark.parametrize(
    ("text", "side"),
    [
        ("que atendimento maravilhoso", 1),
        ("que atendimento horrível", -1),
        ("no me gusta nada este banco", -1),
        ("can't wait for tomorrow", 1),
        ("so fed up with this", -1),
        ("😡😡", -1),
        ("😍", 1),
        (":(", -1),
    ],
)
def test_a_plain_feeling_has_its_side(text: str, side: int) -> None:
    assert sum(felt(text)) * side > 0


def test_a_negation_turns_a_feeling_round_in_its_sentence_alone() -> None:
    known = Feelings({"good": 2}, frozenset({"not"}))
    assert known.of(["not", "so", "good"], ()) == [-1.2]
    assert known.of(["not", ".", "good"], ()) == [2]
    assert known.of(["not", "a", "b", "c", "d", "good"], ()) == [2]


def test_the_longest_phrase_speaks_for_its_words() -> None:
    assert len(felt("não vejo a hora")) == 1


def test_a_text_without_feelings_has_its_row() -> None:
    table = figures([[], [3.0], []])
    assert table.shape == (3, WIDTH)
    assert (table[0] == table[2]).all()
    assert not (table[0] == table[1]).all()


def test_figures_stay_bounded_however_long_the_text() -> None:
    table = figures([[4.0] * 50_000, [-4.0] * 50_000])
    assert np.isfinite(table).all()
    assert np.abs(table).max() <= 5


def test_figures_do_not_depend_on_the_neighbours() -> None:
    several = figures([[2.0, -1.0], [], [3.0]])
    assert (several[0] == figures([[2.0, -1.0]])[0]).all()
    assert (several[2] == figures([[3.0]])[0]).all()


def test_marks_are_found_in_the_shape_of_the_lists() -> None:
    assert marks("oi 😡 tudo bem :)))))") == ["😡", ":))"]


def test_of_two_languages_the_first_has_the_word() -> None:
    both, own = feelings(("pt", "es")), feelings(("pt",))
    assert both.of(["pessimo"], ()) == own.of(["pessimo"], ())
