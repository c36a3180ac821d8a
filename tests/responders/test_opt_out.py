"""Who asks to be left alone is heard, and who complains that nobody answers is not taken for it."""

from pathlib import Path

import pytest

from responders.opt_out import asks_to_be_left_alone
from responders.opt_out_words import TO_OFFER

# "yes" asks, "no" only sounds like it, "missed" asks and is not heard so far: to be precise matters more. Texts were
# written before the patterns that read them.
_LABELLED = [
    line.split("\t") for line in (Path(__file__).parent / "opt_out.tsv").read_text(encoding="utf-8").splitlines()
]
_TEXTS = [(label, text.replace("\\n", "\n")) for label, _, text in _LABELLED]


def heard(label: str) -> list[str]:
    return [text for its_label, text in _TEXTS if its_label == label and asks_to_be_left_alone(text)]


def labelled(label: str) -> list[str]:
    return [text for its_label, text in _TEXTS if its_label == label]


def test_no_complaint_is_taken_for_a_wish_to_be_left_alone() -> None:
    assert heard("no") == []


def test_every_clear_wish_is_heard() -> None:
    assert heard("yes") == labelled("yes")


def test_what_is_missed_is_known_and_little() -> None:
    missed = labelled("missed")
    assert heard("missed") == []  # otherwise it is a "yes" by now
    assert len(missed) / (len(missed) + len(labelled("yes"))) < 0.02


def test_the_labelled_texts_are_many_in_every_language() -> None:
    assert {label for label, *_ in _LABELLED} == {"yes", "no", "missed"}
    assert len(_LABELLED) == len({tuple(line[1:]) for line in _LABELLED}) > 500
    for language in ("pt", "en", "es"):
        for label in ("yes", "no"):
            assert sum(line[:2] == [label, language] for line in _LABELLED) > 50


@pytest.mark.parametrize("words", sorted({word for words in TO_OFFER.values() for word in words}))
def test_what_a_template_may_offer_is_heard(words: str) -> None:
    assert asks_to_be_left_alone(f"@lojaaurora {words.lower()}!")


@pytest.mark.parametrize(
    "text", ["", " ", "🛑", "@lojaaurora", "> STOP", "https://stop.example/stop", "\u202estop\u202c ok"]
)
def test_a_text_without_words_of_its_own_asks_nothing(text: str) -> None:
    assert not asks_to_be_left_alone(text)


def test_accents_signs_and_stretched_letters_do_not_hide_a_wish() -> None:
    assert asks_to_be_left_alone("NÃO  me respondam\u200b MAIS!!!")
    assert asks_to_be_left_alone("na\u0303o me respondam mais")
    assert asks_to_be_left_alone("paremmmm de me marcar")
    assert asks_to_be_left_alone("Don\u2019t contact me again")


@pytest.mark.parametrize(
    "unit", ["parem de ", "nao me ", "\u201ca ", " , ", "por favor ", "\u201c", "stop sending me these those "]
)
def test_a_text_as_long_as_they_come_is_read_to_its_end(unit: str) -> None:
    assert asks_to_be_left_alone(unit * (100_000 // len(unit)) + ". Não me respondam mais.")
