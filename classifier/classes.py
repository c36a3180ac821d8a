"""Which classes of words stand in a text, by the lists of lexicons/classes/."""

from collections.abc import Iterator, Sequence
from functools import cache
from importlib.resources import files

from classifier.lexicon import LANGUAGES
from classifier.words import split, written_out

FILES = ("care", "feel", "goods", "money", "risk")
_LONGEST = 4  # words of a phrase
_SHORTEST_STEM = 3
_REMEMBERED = 50_000  # words whose classes are kept at hand
_NOTHING: tuple[int, ...] = ()


def class_lines(name: str) -> Iterator[tuple[str, dict[str, list[str]]]]:
    """The classes of one file: each one's name and its entries by language."""
    text = (files("classifier") / "lexicons" / "classes" / f"{name}.txt").read_text("utf-8")
    for line in text.splitlines():
        if line and not line.startswith("#"):
            named, *entries = line.split("|")
            yield named, {language: part.split() for language, part in zip(LANGUAGES_OF_FILES, entries, strict=True)}


LANGUAGES_OF_FILES = ("pt", "en", "es")


@cache
def class_names() -> tuple[str, ...]:
    """Every class, in the order of the files; a class's number is its place here."""
    return tuple(dict.fromkeys(name for file in FILES for name, _ in class_lines(file)))


class WordClasses:
    """The classes of one choice of languages, looked up by their words."""

    def __init__(self, languages: Sequence[str]) -> None:
        self._whole: dict[str, tuple[int, ...]] = {}
        self._stems: dict[str, tuple[int, ...]] = {}
        self._longest: dict[str, int] = {}  # words of the longest phrase that a word begins
        self._open: dict[str, list[tuple[str, int]]] = {}  # phrases whose last word is a stem, by what stands before
        self._known: dict[str, tuple[int, ...]] = {}
        numbers = {name: number for number, name in enumerate(class_names())}
        for file in FILES:
            for name, entries in class_lines(file):
                for language in languages:
                    for entry in entries[language]:
                        self._add(entry, language, numbers[name])

    def _add(self, entry: str, language: str, number: int) -> None:
        is_stem = entry.endswith("*")
        words = split(entry.rstrip("*").replace("_", " "))
        if not is_stem:
            words = written_out(words, language)
        if not words or len(words) > _LONGEST:
            return
        key = " ".join(words)
        if len(words) == 1:
            table = self._stems if is_stem and len(key) >= _SHORTEST_STEM else self._whole
            table[key] = tuple(dict.fromkeys((*table.get(key, ()), number)))
            return
        self._longest[words[0]] = max(self._longest.get(words[0], 0), len(words))
        if is_stem:
            self._open.setdefault(" ".join(words[:-1]), []).append((words[-1], number))
        else:
            self._whole[key] = tuple(dict.fromkeys((*self._whole.get(key, ()), number)))

    def of(self, words: Sequence[str]) -> tuple[list[int], list[int]]:
        """The numbers of the classes in the order of the text, and the places of their first words.

        A longer phrase does not hide the classes of its words.
        """
        numbers: list[int] = []
        places: list[int] = []
        known, longest = self._known, self._longest
        if len(known) > _REMEMBERED:
            self._known = known = {}  # another thread may still read the old one
        for at, word in enumerate(words):
            found = known.get(word)
            if found is None:
                found = known[word] = self._look_up(word)
            if word in longest:
                found = found + self._phrases(words, at, longest[word])
            for number in found:
                numbers.append(number)
                places.append(at)
        return numbers, places

    def _look_up(self, word: str) -> tuple[int, ...]:
        found = self._whole.get(word, _NOTHING)
        for end in range(_SHORTEST_STEM, min(len(word), 24) + 1):
            found += self._stems.get(word[:end], _NOTHING)
        return tuple(dict.fromkeys(found))

    def _phrases(self, words: Sequence[str], at: int, longest: int) -> tuple[int, ...]:
        found = _NOTHING
        key = words[at]
        for end in range(at + 1, min(at + longest, len(words))):
            word = words[end]
            if key in self._open:
                found += tuple(number for stem, number in self._open[key] if word.startswith(stem))
            key = f"{key} {word}"
            found += self._whole.get(key, _NOTHING)
        return found


@cache
def word_classes(languages: tuple[str, ...] = LANGUAGES) -> WordClasses:
    """The classes of these languages, read once."""
    return WordClasses(languages)
