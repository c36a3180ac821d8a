"""A text as sentences of words whose meaning for a request is known."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from privacy.asking.words import Meaning, Noun, Role, phrases
from privacy.spelled import folded

# Smileys end sentences too; a figure at the start of a line numbers it.
_TOKEN = re.compile(
    r"(?P<link>https?://\S+|www\.\S+|[^\s@,;:()]{1,64}@[^\s@]{2,255}|0[38]00[ .-]?[0-9]{3}[ .-]?[0-9]{4}"
    r"|[a-z0-9-]{2,40}\.(?:com|net|org|app|io)(?:\.[a-z]{2})?(?:/\S*)?(?!\w))"
    r"|(?P<word>[^\W_]+(?:['’][^\W_]{1,4})?)"
    r"|(?P<end>[!?…\u2600-\u27bf\U0001f300-\U0001faff]+|(?<!\s\d)\.+(?=\s|\Z)|\n\s*\n)"
    r"|(?P<sign>[^\w\s]|_|\n)"
)
_WITHIN_PHRASES = frozenset("-./")  # signs that may part the words of a phrase: e-mail, c.p.f.
_NOT_SOFT = frozenset("./&+#'’@%_$=<>^~")  # signs that part no clauses; all others do
# In these an accent tells a word from the one without it.
_ACCENTED = {
    "é": Role.FINITE | Role.COPULA,
    "está": Role.FINITE,
    "será": Role.FINITE,
    "só": Role.SMALL | Role.STILL,
    "lá": Role.THERE,
    "à": Role.TOWARDS,
    "às": Role.TOWARDS,
    "sí": Role.SMALL,
    "qué": Role.QUESTION,
}
_NOTHING = Meaning(Role.NONE, None)


@dataclass(frozen=True, slots=True)
class Token:
    """A word or phrase with what it does in a sentence, a link, or a sign."""

    start: int
    end: int
    word: str  # folded
    role: int = Role.NONE
    noun: Noun | None = None
    is_link: bool = False
    is_end: bool = False

    @property
    def is_word(self) -> bool:
        return self.word[:1].isalnum()

    @property
    def is_soft(self) -> bool:
        """Whether it parts clauses, or pieces of a list."""
        return not self.is_word and self.word not in _NOT_SOFT


_BEYOND = Token(0, 0, ".")


@dataclass(frozen=True, slots=True)
class Sentence:
    """The tokens up to a full stop."""

    tokens: tuple[Token, ...]
    is_question: bool

    def token(self, at: int) -> Token:
        """The token at a place; beyond the ends, one that means nothing."""
        return self.tokens[at] if 0 <= at < len(self.tokens) else _BEYOND

    def between(self, first: int, last: int) -> tuple[Token, ...]:
        """The tokens from a place to before another, as far as there are any."""
        return self.tokens[max(0, first) : max(0, last)]

    def roles(self, first: int, last: int) -> int:
        """What the words from a place to before another do, together."""
        roles = Role.NONE
        for token in self.between(first, last):
            roles |= token.role
        return roles


def sentences(text: str) -> list[Sentence]:
    """The sentences of a plain text, in order."""
    found: list[Sentence] = []
    tokens: list[Token] = []
    for token in _merged(text, list(_TOKEN.finditer(folded(text)))):
        is_announced = token.word[0] == "\n" and tokens and tokens[-1].word == ":"
        if not token.is_end or is_announced:
            tokens.append(token)
        elif tokens:
            found.append(Sentence(tuple(tokens), "?" in token.word))
            tokens = []
    if tokens:
        found.append(Sentence(tuple(tokens), False))
    return found


def _merged(text: str, words: list[re.Match[str]]) -> Iterator[Token]:
    """The words one by one, those of a phrase together."""
    known = phrases()
    at = 0
    while at < len(words):
        start, end = words[at].span()
        match words[at].lastgroup:
            case "link":
                yield Token(start, end, words[at][0], Role.ELSEWHERE, is_link=True)
            case "word":
                after, word, meaning = _longest(known, words, at)
                if after == at + 1 and (accented := _ACCENTED.get(text[start:end].lower())):
                    meaning = Meaning(accented, None)
                yield Token(start, words[after - 1].end(), word, *meaning)
                at = after - 1
            case kind:
                yield Token(start, end, words[at][0], is_end=kind == "end")
        at += 1


def _longest(
    known: Mapping[str, Mapping[tuple[str, ...], Meaning]], words: list[re.Match[str]], at: int
) -> tuple[int, str, Meaning]:
    """The longest phrase that begins at a word: the word after it, the phrase, and what it means."""
    first = words[at][0].replace("’", "'")
    for phrase, meaning in known.get(first, {}).items():
        after = at + 1
        for word in phrase[1:]:
            while after < len(words) and words[after][0] in _WITHIN_PHRASES:
                after += 1
            if after >= len(words) or words[after][0] != word:
                break
            after += 1
        else:
            return after, " ".join(phrase), meaning
    return at + 1, first, _NOTHING
