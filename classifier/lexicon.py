"""Reads the phrase lists of lexicons/ and finds which of their signals a text holds."""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files

LANGUAGES = ("pt", "es", "en")
PHRASE_FILES = ("holds", "urgency", "types")
FILES = (*PHRASE_FILES, "words", "polarity")

_GAP = ".."
_WORD = r"[^ .!?]+"
_STEM = 4  # letters by which a word with any ending is looked up
_NUMBER = "0123456789"

# Where a negation just before the phrase undoes it. "Nobody answered" needs none of this: it holds its own.
NEGATED = frozenset(
    {"legal", "danger", "violence_hate", "fraud", "praise", "failure", "suggestion", "promo", "leaving", "press_threat"}
)
_REMEMBERED = 50_000  # words whose phrases are kept at hand
_LONGEST_WORD = 40  # letters; no phrase has a longer one
NEGATION_REACH = 2  # words before the phrase


def lexicon_text(name: str) -> str:
    """The text of one file of lexicons/."""
    return (files("classifier") / "lexicons" / f"{name}.toml").read_text("utf-8")


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
        # The slot with the fewest and longest words is the rarest: only texts that hold it are searched.
        self.anchors = max(fixed, key=lambda choices: (min(map(_weight, choices)), -len(choices)))
        plain = [
            choices
            for choices in fixed
            if choices is not self.anchors and not any(map("".join(choices).__contains__, ("*", "#")))
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
                parts.append(rf"(?:{_WORD} ){{0,4}}")
                continue
            body = "(?:" + "|".join(_choice(choice) for choice in choices) + ") "
            parts.append(body if required else f"(?:{body})?")
        return re.compile("(?<= )" + "".join(parts))


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
    whole: tuple[Phrase, ...]  # the word alone is the phrase
    longer: tuple[Phrase, ...]


class Lexicon:
    """The phrases of one set of languages, looked up by their rarest word."""

    def __init__(self, tables: Sequence[Mapping[str, Mapping[str, Sequence[str]]]], languages: Sequence[str]) -> None:
        self._by_key: dict[str, list[Phrase]] = {}
        self._innocent: dict[str, list[Phrase]] = {}
        self._leads: dict[str, _Led | None] = {}
        said = tomllib.loads(lexicon_text("words"))["negators"]
        for table in tables:
            for signal, by_language in table.items():
                index = self._innocent if signal == "innocent" else self._by_key
                for language in languages:
                    for text in by_language.get(language, ()):
                        phrase = Phrase(signal, text, frozenset(said[language].split()))
                        for key in {_key(choice) for choice in phrase.anchors}:
                            index.setdefault(key, []).append(phrase)

    def signals(self, words: Sequence[str]) -> dict[str, int]:
        """How many phrases of each signal stand in the text; words are folded, sentence ends are words too."""
        leads = [led for word in dict.fromkeys(words) if (led := self._led(word)) is not None]
        if not leads:
            return {}
        text = " " + " ".join(words) + " "
        before = text
        for phrase in dict.fromkeys([phrase for led in leads for phrase in led.innocent]):
            text = phrase.pattern.sub("~ ", text)
        found: dict[str, int] = {}
        certain = {phrase: None for led in leads for phrase in led.whole} if text is before or text == before else {}
        present = set(words)
        for phrase in dict.fromkeys([phrase for led in leads for phrase in (*led.whole, *led.longer)]):
            if phrase.also and phrase.also.isdisjoint(present):
                continue
            if phrase in certain or _holds(phrase, text):
                found[phrase.signal] = found.get(phrase.signal, 0) + 1
        return found

    def _led(self, word: str) -> _Led | None:
        """Looked up once a word: most words of most texts are the same few thousand."""
        try:
            return self._leads[word]
        except KeyError:
            if len(self._leads) >= _REMEMBERED:
                self._leads.clear()
            return self._leads.setdefault(word, self._look_up(word))

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
        return _Led(tuple(innocent), tuple(whole), tuple(longer))


def _holds(phrase: Phrase, text: str) -> bool:
    hit = phrase.pattern.search(text)
    if not phrase.negators:
        return hit is not None
    for _ in range(8):
        if hit is None:
            return False
        if not _negated(phrase, text, hit.start()):
            return True
        hit = phrase.pattern.search(text, hit.end() - 1)
    return False


def _negated(phrase: Phrase, text: str, start: int) -> bool:
    """Whether a negation stands shortly before, in the same sentence."""
    before = text[max(0, start - 40) : start].split()[-NEGATION_REACH:]
    return any(word in phrase.negators and "." not in before[at:] for at, word in enumerate(before))


@cache
def lexicon(languages: tuple[str, ...] = LANGUAGES) -> Lexicon:
    """The phrases of these languages, read once."""
    return Lexicon([tomllib.loads(lexicon_text(name)) for name in PHRASE_FILES], languages)
