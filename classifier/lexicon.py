"""Reads the phrase lists of lexicons/ and finds which of their signals a text holds."""

import re
import tomllib
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files
from itertools import accumulate
from typing import Any

LANGUAGES = ("pt", "es", "en")
PHRASE_FILES = ("holds", "urgency", "types")
FILES = (*PHRASE_FILES, "words")

_GAP = ".."
_LONGEST_GAP = 4  # words
_WORD = r"[^ .!?]+"
_STEM = 4  # letters by which a word with any ending is looked up
_NUMBER = "0123456789"

# Where a negation just before the phrase undoes it. "Nobody answered" needs none of this: it holds its own.
NEGATED = frozenset(
    {"legal", "danger", "violence_hate", "fraud", "praise", "failure", "suggestion", "promo", "leaving", "press_threat"}
)
_REMEMBERED = 20_000  # words whose phrases are kept at hand
_LONGEST_WORD = 40  # letters; no phrase has a longer one
_MOST_HITS = 8  # of one phrase, that are looked at for one that no negation undoes
NEGATION_REACH = 2  # words before the phrase


def lexicon_text(name: str) -> str:
    """The text of one file of lexicons/."""
    return (files("classifier") / "lexicons" / f"{name}.toml").read_text("utf-8")


@cache
def lexicon_table(name: str) -> Mapping[str, Any]:
    """One file of lexicons/, read once."""
    return tomllib.loads(lexicon_text(name))


class Phrase:
    """Words in order, as one bounded pattern that is compiled when a text first holds its rarest word."""

    # Thousands live as long as the process: they hold strings and little else, which keeps garbage collection short.

    def __init__(self, signal: str, text: str, negators: frozenset[str]) -> None:
        self.signal = signal
        self.negators = negators if signal in NEGATED else frozenset()
        self._text = text
        slots = self._slots()
        fixed = [choices for choices, required in slots if required and choices != (_GAP,)]
        if not fixed:
            raise ValueError(f"The phrase {text!r} of {signal} has no word that must stand there.")
        # The slot with the fewest and longest words is the rarest: only around one of them is the rest looked for.
        self.anchors = max(fixed, key=lambda choices: (min(map(_weight, choices)), -len(choices)))
        plain = [
            choices
            for choices in fixed
            if choices is not self.anchors and not any("*" in choice or "#" in choice for choice in choices)
        ]
        # Words of another slot, one of which must stand in the text too; empty where none can be named.
        self.also = frozenset(choice.split("_")[0] for choice in min(plain, key=len)) if plain else frozenset()

    def _slots(self) -> list[tuple[tuple[str, ...], bool]]:
        """The choices of each place, and whether the place must be filled."""
        return [_slot(word) for word in self._text.split()]

    @property
    def is_one_word(self) -> bool:
        """Whether any word that anchors the phrase is the whole phrase."""
        return " " not in self._text and all("_" not in choice for choice in self.anchors)

    def anchored_by(self, word: str) -> bool:
        """Whether the word is one of those by which the phrase was filed."""
        return any(_fits(part, word) for choice in self.anchors for part in choice.split("_"))

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        parts: list[str] = []
        for choices, required in self._slots():
            if choices == (_GAP,):
                parts.append(rf"(?:{_WORD} ){{0,{_LONGEST_GAP}}}")
                continue
            body = "(?:" + "|".join(_choice(choice) for choice in choices) + ") "
            parts.append(body if required else f"(?:{body})?")
        return re.compile("(?<= )" + "".join(parts))

    @cached_property
    def reach(self) -> tuple[int, int]:
        """How many words at most, and at least, lie between the phrase's beginning and a word that anchors it."""
        most = least = 0
        for choices, required in self._slots():
            lengths = [choice.count("_") + 1 for choice in choices]
            if required and choices == self.anchors:
                return most + max(lengths) - 1, least
            most += _LONGEST_GAP if choices == (_GAP,) else max(lengths)
            least += min(lengths) if required and choices != (_GAP,) else 0
        raise AssertionError(f"{self._text!r} has lost its anchor")


def _fits(part: str, word: str) -> bool:
    if part.endswith("*"):
        return word.startswith(part[:-1])
    return word[0] in _NUMBER if part == "#" else word == part.removeprefix("#")


def _slot(word: str) -> tuple[tuple[str, ...], bool]:
    if word.startswith(_GAP):
        return (_GAP,), True
    required = not (word.endswith("?") and len(word) > 1)
    return tuple(choice for choice in word.rstrip("?").split("|") if choice), required


def _choice(choice: str) -> str:
    words = []
    for word in choice.split("_"):
        if word.startswith("#"):
            words.append(r"#?\d[^ ]*" + re.escape(word[1:]) if len(word) == 1 else re.escape(word[1:]))
        elif word.endswith("*"):
            words.append(re.escape(word[:-1]) + "[^ .!?]*")
        else:
            words.append(re.escape(word))
    return " ".join(words)


def _weight(choice: str) -> int:
    """How rare a choice is, by its longest word."""
    return max(len(word.rstrip("*")) - (2 if word.endswith("*") else 0) for word in choice.split("_"))


def _key(choice: str) -> str:
    """The word by which a choice is looked up: a whole word, a stem with "*", or "#" for a number."""
    word = max(choice.split("_"), key=lambda word: (len(word.rstrip("*")), not word.endswith("*")))
    if word.startswith("#"):
        return "#" if len(word) == 1 else word[1:]
    if not word.endswith("*"):
        return word
    stem = word[:-1]
    return stem[:_STEM] + "*" if len(stem) >= _STEM else stem[:2] + "*"


@dataclass(frozen=True)
class _Led:
    """Where one word leads: the phrases that it may belong to."""

    innocent: tuple[Phrase, ...]
    whole: Mapping[Phrase, None]  # the word alone is the phrase
    longer: tuple[Phrase, ...]


class Lexicon:
    """The phrases of one set of languages, looked up by their rarest word."""

    def __init__(self, languages: Sequence[str]) -> None:
        self._by_key: dict[str, list[Phrase]] = {}
        self._innocent: dict[str, list[Phrase]] = {}
        self._leads: dict[str, _Led | None] = {}
        for name in PHRASE_FILES:
            for signal in lexicon_table(name):
                index = self._innocent if signal == "innocent" else self._by_key
                for phrase in [phrase for language in languages for phrase in _phrases(name, signal, language)]:
                    for key in {_key(choice) for choice in phrase.anchors}:
                        index.setdefault(key, []).append(phrase)

    def signals(self, words: Sequence[str]) -> dict[str, int]:
        """How many phrases of each signal stand in the text; words are folded, sentence ends are words too."""
        leads = self._led(words)
        innocent = dict.fromkeys([phrase for _, led in leads for phrase in led.innocent])
        if innocent:
            words = _without(innocent, words)
            leads = self._led(words)
        if not leads:
            return {}
        present = set(words)
        held: dict[Phrase, None] = {}
        anchored: dict[Phrase, list[int]] = {}
        for place, led in leads:
            held.update(led.whole)
            for phrase in led.longer:
                if phrase in anchored:
                    anchored[phrase].append(place)
                elif not phrase.also or not phrase.also.isdisjoint(present):
                    anchored[phrase] = [place]
        text = _Text(words)
        found: dict[str, int] = {}
        for phrase in (*held, *[phrase for phrase, places in anchored.items() if text.holds(phrase, places)]):
            found[phrase.signal] = found.get(phrase.signal, 0) + 1
        return found

    def _led(self, words: Sequence[str]) -> list[tuple[int, "_Led"]]:
        """The words that lead to phrases, each with its place."""
        if len(self._leads) > _REMEMBERED:
            self._leads = {}  # another thread may still read the old one
        known = self._leads
        # Looked up once a word: most words of most texts are the same few thousand.
        for word in words:
            if word not in known:
                known[word] = self._look_up(word)
        return [(place, led) for place, word in enumerate(words) if (led := known[word]) is not None]

    def _look_up(self, word: str) -> _Led | None:
        if len(word) > _LONGEST_WORD:
            return None
        keys = [word, word[:_STEM] + "*", word[:2] + "*"] + (["#"] if word[0] in _NUMBER else [])
        innocent = [phrase for key in keys for phrase in self._innocent.get(key, ()) if phrase.anchored_by(word)]
        others = [phrase for key in keys for phrase in self._by_key.get(key, ()) if phrase.anchored_by(word)]
        if not innocent and not others:
            return None
        whole = [phrase for phrase in others if phrase.is_one_word and not phrase.negators]
        longer = [phrase for phrase in others if not phrase.is_one_word or phrase.negators]
        return _Led(tuple(innocent), dict.fromkeys(whole), tuple(longer))


def _without(innocent: Iterable[Phrase], words: Sequence[str]) -> Sequence[str]:
    """The words with each of these phrases taken out."""
    text = " " + " ".join(words) + " "
    for phrase in innocent:
        if not phrase.also or not phrase.also.isdisjoint(words):
            text = phrase.pattern.sub("~ ", text)
    return text.split()


class _Text:
    """Words in a row, in which phrases are looked for around the words that anchor them."""

    def __init__(self, words: Sequence[str]) -> None:
        self._words = words
        self._joined = " " + " ".join(words) + " "
        self._starts = list(accumulate([len(word) + 1 for word in words], initial=1))

    def holds(self, phrase: Phrase, anchored: Sequence[int]) -> bool:
        """Whether the phrase stands here, not negated; anchored: where words stand that anchor it, in order."""
        match, joined, starts = phrase.pattern.match, self._joined, self._starts
        most, least = phrase.reach
        first = hits = 0
        for place in anchored:
            for at in range(max(place - most, first), place - least + 1):
                hit = match(joined, starts[at])
                if hit is None:
                    continue
                if not phrase.negators or not self._negated(phrase, at):
                    return True
                hits += 1
                if hits == _MOST_HITS:
                    return False
                first = bisect_left(starts, hit.end())
                break
            else:
                first = max(first, place - least + 1)
        return False

    def _negated(self, phrase: Phrase, start: int) -> bool:
        """Whether a negation stands shortly before, in the same sentence."""
        before = self._words[max(0, start - NEGATION_REACH) : start]
        return any(word in phrase.negators and "." not in before[at:] for at, word in enumerate(before))


@cache
def negators(language: str) -> frozenset[str]:
    """Words of this language that turn round what follows."""
    return frozenset(lexicon_table("words")["negators"][language].split())


@cache
def _phrases(name: str, signal: str, language: str) -> tuple[Phrase, ...]:
    """The phrases of a signal in a language, shared by every lexicon that holds the language."""
    texts = lexicon_table(name)[signal].get(language, ())
    return tuple(Phrase(signal, text, negators(language)) for text in texts)


@cache
def lexicon(languages: tuple[str, ...] = LANGUAGES) -> Lexicon:
    """The phrases of these languages, read once."""
    return Lexicon(languages)
