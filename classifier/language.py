"""The language of a text: pt, es, en or other."""

import re
import unicodedata
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from classifier.grams import packaged
from classifier.words import telltales

OTHER = "other"
LANGUAGES = ("pt", "es", "en")
CONSIDERED = 300  # characters; more does not change the answer
TELLTALE = 2.0  # how much a word that only one language writes speaks for it
FOREIGN_LEAD = 0.80  # what the likeliest other language must hold against ours before a text is none of ours
FOREIGN_LETTERS = 20  # below this many letters statistics cannot tell a fourth language
# Other languages in the Latin alphabet, told apart by statistics; other alphabets are told by their letters.
# Galician, Catalan and their like are left out: short texts in Portuguese and Spanish look like them.
FOREIGN = ("fr", "it", "de", "nl", "sv", "da", "fi", "pl", "cs", "ro", "tr", "id", "tl", "hu", "vi")
_HEARD = 60  # words that vote for a language


def _encoded(text: str) -> bytes:
    text = text[:CONSIDERED]
    if text.isupper():
        text = text.lower()
    if not text.isascii():
        text = unicodedata.normalize("NFC", text)
    return text.encode("utf-8", "surrogatepass")


def _scores(texts: Sequence[str]) -> NDArray[np.float32]:
    """The score of each language for each text, tempered by its length."""
    encoded = [_encoded(text) for text in texts]
    lengths = np.array([len(text) or 1 for text in encoded], dtype=np.float32)
    scores = packaged().scores(encoded)
    scores /= np.sqrt(lengths)[:, None]
    return scores


def languages(plain: Sequence[str], words: Sequence[Sequence[str]]) -> list[tuple[str, float]]:
    """The language of each text and how sure that is, from 0 to 1.

    plain: the texts without handles and links; words: their folded words.
    """
    scores = _scores(plain)
    known = telltales()
    votes = np.array([_votes(text[:_HEARD], known) for text in words], dtype=np.float32)
    votes = votes.reshape(-1, len(LANGUAGES))
    ours = scores[:, : len(LANGUAGES)] + TELLTALE * np.sqrt(votes)
    best = ours.max(axis=1)
    foreign = scores[:, len(LANGUAGES) :].max(axis=1)
    shares = np.exp(ours - best[:, None])
    shares /= shares.sum(axis=1, keepdims=True)
    lead = 1 / (1 + np.exp(np.clip(best - foreign, -30, 30)))
    result: list[tuple[str, float]] = []
    columns, sure, foreignness = ours.argmax(axis=1).tolist(), shares.max(axis=1).tolist(), lead.tolist()
    for row, text in enumerate(plain):
        if not _LETTER.search(text, 0, CONSIDERED):
            result.append((OTHER, 1.0))
        elif _NOT_LATIN.search(text, 0, CONSIDERED) and _is_of_another_alphabet(text[:CONSIDERED]):
            result.append((OTHER, 0.99))
        elif foreignness[row] > FOREIGN_LEAD and len(_LETTER.findall(text, 0, CONSIDERED)) >= FOREIGN_LETTERS:
            result.append((OTHER, foreignness[row]))
        else:
            result.append((LANGUAGES[columns[row]], sure[row]))
    return result


def _votes(words: Sequence[str], known: Mapping[str, tuple[int, ...]]) -> list[float]:
    """How many words speak for each language; a word of two languages is half a vote for each."""
    votes = [0.0] * len(LANGUAGES)
    for word in words:
        if word in known:
            speaks = known[word]
            for column in speaks:
                votes[column] += 1 / len(speaks)
    return votes


_LETTER = re.compile(r"[^\W\d_]")
_NOT_LATIN = re.compile("[^\x00-\u024f]")


def _is_of_another_alphabet(text: str) -> bool:
    """Whether fewer than half of the letters are Latin."""
    letters = _LETTER.findall(text)
    latin = [letter for letter in letters if letter < "\u0250"]
    return 2 * len(latin) < len(letters)
