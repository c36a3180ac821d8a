"""How the words and phrases of a text feel, by the lists of lexicons/polarity/."""

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from classifier.lexicon import LANGUAGES, negators
from classifier.words import split, written_out

WIDTH = 25  # figures a text
NEGATION_REACH = 4  # words after a negation that it turns round
TURNED = -0.6  # what a negation makes of a word's feeling

_LONGEST = 4  # words of a phrase
_BANDS = 10
_MARK = re.compile(
    "[\u2190-\u21ff\u2300-\u23ff\u2600-\u27bf\u2b00-\u2bff\U0001f000-\U0001faff]"
    r"|[:;=8xX][-'^o]?[()\[\]DdPp/\\|3*]+|<3+|\^_{0,3}\^|[tT]_[tT]|;-;|[xX][dD]+"
)
_RUN = re.compile(r"(.)\1{2,}")


class Feelings:
    """The phrases of one choice of languages with how they feel, from -4 to 4."""

    def __init__(self, held: Mapping[str, int], negating: frozenset[str]) -> None:
        self._held = held
        self._negating = negating
        self._longest: dict[str, int] = {}
        for phrase in held:
            first, _, rest = phrase.partition(" ")
            self._longest[first] = max(self._longest.get(first, 0), rest.count(" ") + 2 if rest else 1)

    def of(self, words: Sequence[str], marks: Iterable[str]) -> list[float]:
        """What each feeling word or phrase weighs, in order; emoji and emoticons after the words."""
        felt: list[float] = []
        held, longest = self._held, self._longest
        negated = at = 0
        while at < len(words):
            word = words[at]
            most = longest.get(word, 0)
            taken = 1
            for length in range(min(most, len(words) - at), 0, -1):
                feeling = held.get(word if length == 1 else " ".join(words[at : at + length]))
                if feeling is not None:
                    felt.append(TURNED * feeling if negated > 0 and length == 1 else feeling)
                    taken = length
                    break
            else:
                if word in self._negating:
                    negated = NEGATION_REACH + 1
                elif word in _ENDS:
                    negated = 0
            negated -= taken
            at += taken
        felt.extend([held[mark] for mark in marks if mark in held])
        return felt


_ENDS = frozenset({".", "?", "!"})


def marks(plain: str) -> list[str]:
    """The emoji and emoticons of a text, in order, each in the shape in which the lists hold it."""
    return [_RUN.sub(r"\1\1", mark) if mark.isascii() else mark for mark in _MARK.findall(plain)]


@cache
def _listed(language: str) -> dict[str, int]:
    """One language's list: folded words with spaces between, emoji as they are."""
    held: dict[str, int] = {}
    text = (files("classifier") / "lexicons" / "polarity" / f"{language}.txt").read_text("utf-8")
    for line in text.splitlines():
        if line.startswith("#"):
            continue
        score, _, entries = line.partition(":")
        for entry in entries.split(", "):
            words = written_out(split(_RUN.sub(r"\1", entry)), language)
            key = " ".join(words) if any(word[0].isalnum() for word in words) else entry.strip().rstrip(",")
            if key and key.count(" ") < _LONGEST:
                held.setdefault(key, int(score))
    return held


@cache
def feelings(languages: tuple[str, ...] = LANGUAGES) -> Feelings:
    """The lists of these languages as one, the first language's word first."""
    held: dict[str, int] = {}
    for language in reversed(languages):
        held.update(_listed(language))
    return Feelings(held, frozenset().union(*map(negators, languages)))


def figures(felt: Sequence[Sequence[float]]) -> NDArray[np.float32]:
    """WIDTH figures a text: sums, extremes, counts, the first and the last feeling, and the band of their balance."""
    table = np.zeros((len(felt), WIDTH), dtype=np.float32)
    sizes = np.array([len(values) for values in felt], dtype=np.int64)
    rows = np.flatnonzero(sizes)
    table[:, 11] = table[:, 12] = 1
    table[:, 15 + _BANDS // 2] = 1
    if not len(rows):
        return table
    flat = np.array([value for values in felt for value in values], dtype=np.float32)
    starts = (np.cumsum(sizes) - sizes)[rows]
    good, bad = np.maximum(flat, 0), np.maximum(-flat, 0)
    sums = np.add.reduceat(flat, starts)
    balance = sums / np.sqrt(sums * sums + 15)
    goods, bads = np.add.reduceat(good, starts), np.add.reduceat(bad, starts)
    how_good, how_bad = (np.add.reduceat(side > 0, starts, dtype=np.int64) for side in (good, bad))
    columns = (
        balance,
        balance * balance,
        np.abs(balance),
        np.minimum(goods / 5, 4),
        np.minimum(bads / 5, 4),
        np.maximum.reduceat(good, starts) / 4,
        np.maximum.reduceat(bad, starts) / 4,
        np.minimum(how_good / 3, 4),
        np.minimum(how_bad / 3, 4),
        flat[starts + sizes[rows] - 1] / 4,
        flat[starts] / 4,
        how_good == 0,
        how_bad == 0,
        (how_good > 0) & (how_bad > 0),
        sums / np.maximum(sizes[rows], 1) / 4,
    )
    table[rows[:, None], np.arange(15)[None]] = np.stack(columns, axis=1)
    band = np.minimum(_BANDS - 1, ((balance + 1) * (_BANDS / 2)).astype(np.int64))
    table[rows, 15 + _BANDS // 2] = 0
    table[rows, 15 + band] = 1
    return table
