"""The words of a folded text, with shorthand written out."""

import re
from collections.abc import Mapping
from functools import cache

from classifier.lexicon import LANGUAGES, lexicon_table

_WORD = re.compile(r"[^\W_]+(?:-[^\W_]+)*|[$£€%#:]|[?!]+|[.;\r\n…]+")
_ENDS = frozenset(".;\r\n…")


def split(folded: str) -> list[str]:
    """Words in order; "?" and "." stand for the ends of sentences."""
    words = []
    for word in _WORD.findall(folded):
        first = word[0]
        if first in _ENDS:
            words.append(".")
        elif first in "?!":
            words.append("?" if "?" in word else "!")
        else:
            words.append(word)
    return words


@cache
def shorthand(language: str) -> Mapping[str, str]:
    """What people type in this language, and what it stands for."""
    table: dict[str, str] = lexicon_table("words")["shorthand"].get(language, {})
    return table


def written_out(words: list[str], language: str) -> list[str]:
    """The words with shorthand and common slips replaced."""
    table = shorthand(language)
    if table.keys().isdisjoint(words):
        return words
    result: list[str] = []
    for word in words:
        result.extend(table[word].split() if word in table else (word,))
    return result


@cache
def telltales() -> Mapping[str, tuple[int, ...]]:
    """Words that speak for one or two of the languages, as positions in LANGUAGES."""
    table = lexicon_table("words")["telltale"]
    speaks: dict[str, tuple[int, ...]] = {}
    for position, language in enumerate(LANGUAGES):
        for word in table[language].split():
            speaks[word] = tuple(dict.fromkeys((*speaks.get(word, ()), position)))
    return {word: positions for word, positions in speaks.items() if len(positions) < len(LANGUAGES)}
