"""Word classes are well formed, and words of three languages meet in one class."""

import re
from collections import Counter
from pathlib import Path

from classifier.classes import FILES, LANGUAGES_OF_FILES, class_lines, class_names, word_classes
from classifier.words import split

EVERY = [(file, name, entries) for file in FILES for name, entries in class_lines(file)]


def of(words: str, language: str) -> set[str]:
    numbers, _ = word_classes((language,)).of(split(words))
    return {class_names()[number] for number in numbers}


def test_every_entry_is_folded_and_of_at_most_four_words() -> None:
    for file, name, entries in EVERY:
        assert re.fullmatch(r"[a-z0-9_]+", name), (file, name)
        for language in LANGUAGES_OF_FILES:
            for entry in entries[language]:
                assert re.fullmatch(r"[^\sA-Z'*]+\*?", entry), (file, name, entry)
                assert entry.isascii() or not re.search(r"[áéíóúâêôãõçñü]", entry), (file, name, entry)
                assert entry.count("_") < 4, (file, name, entry)


def test_no_stem_is_so_short_that_it_means_everything() -> None:
    short = [
        entry
        for _, _, entries in EVERY
        for language in LANGUAGES_OF_FILES
        for entry in entries[language]
        if entry.endswith("*") and "_" not in entry and len(entry) < 4
    ]
    assert short == []


def test_a_class_is_named_once_a_file() -> None:
    named = Counter((file, name) for file, name, _ in EVERY)
    assert [name for name, times in named.items() if times > 1] == []


def test_the_model_card_tells_how_many_classes_there_are() -> None:
    card = Path(__file__).parents[2] / "docs" / "model-card.md"
    assert f" {len(class_names()):,} word classes in three languages" in card.read_text("utf-8")


def test_the_same_matter_meets_in_one_class_whatever_the_language() -> None:
    assert of("advogado", "pt") & of("lawyer", "en") & of("abogado", "es")


def test_a_phrase_does_not_hide_its_words() -> None:
    assert of("ninguem responde", "pt") >= of("responde", "pt")


def test_a_stem_takes_any_ending() -> None:
    assert of("reembolsaram", "pt") & of("reembolso", "pt")
