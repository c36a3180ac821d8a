"""The language of a text: pt, es, en or other."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray
from py3langid.langid import MODEL_FILE, LanguageIdentifier, visit_counts

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
_WALK_TOGETHER = 24  # texts from which walking them side by side beats one after the other


class _Model:
    """The tables of py3langid, narrowed to the languages that are told apart."""

    def __init__(self) -> None:
        identifier = LanguageIdentifier.from_model_file(MODEL_FILE)
        classes = list(identifier.nb_classes)
        columns = [classes.index(language) for language in (*LANGUAGES, *FOREIGN)]
        self.nextmove = identifier.tk_nextmove
        self.output = identifier.tk_output
        self.rowbase = [row << 8 for row in identifier.tk_row]
        self.moves = np.asarray(self.nextmove)
        self.outputs = np.asarray(self.output, dtype=np.int32)
        self.rowbases = np.asarray(self.rowbase, dtype=np.int32)
        self.table = np.ascontiguousarray(identifier.nb_ptc[:, columns], dtype=np.float32)
        self.prior = np.asarray(identifier.nb_pc[columns], dtype=np.float32)


@cache
def _model() -> _Model:
    return _Model()


def _encoded(text: str) -> bytes:
    text = text[:CONSIDERED]
    if text.isupper():
        text = text.lower()
    if not text.isascii():
        text = unicodedata.normalize("NFC", text)
    return text.encode("utf-8", "surrogatepass")


def _visits(texts: Sequence[bytes]) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Rows, features and counts of every feature that a text holds, rows in order."""
    model = _model()
    if len(texts) >= _WALK_TOGETHER:
        return _visits_together(texts)
    rows: list[int] = []
    cells: list[int] = []
    counts: list[int] = []
    for row, text in enumerate(texts):
        found = visit_counts(model.nextmove, model.rowbase, model.output, text)
        if found:
            rows.extend([row] * len(found))
            cells.extend(found.keys())
            counts.extend(found.values())
    return np.array(rows, dtype=np.int64), np.array(cells, dtype=np.int64), np.array(counts, dtype=np.int64)


def _visits_together(texts: Sequence[bytes]) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """The same walk for all texts side by side: the n-th byte of each in one step."""
    model = _model()
    lengths = np.array([len(text) for text in texts])
    order = np.argsort(-lengths, kind="stable")  # the texts still walking are always the first ones
    width = int(lengths.max(initial=0))
    letters = np.zeros((len(texts), width), dtype=np.uint8)
    for place, row in enumerate(order):
        letters[place, : lengths[row]] = np.frombuffer(texts[row], dtype=np.uint8)
    letters = np.ascontiguousarray(letters.T)
    walking = np.searchsorted(-lengths[order], -np.arange(width), side="left")
    state = np.zeros(len(texts), dtype=np.int32)
    states = np.zeros((width, len(texts)), dtype=np.int32)
    for step in range(width):
        going = walking[step]
        state[:going] = model.moves[model.rowbases[state[:going]] + letters[step, :going]]
        states[step, :going] = state[:going]
    found = model.outputs[states]
    found[np.arange(len(texts)) >= walking[:, None]] = -1
    steps, places = np.nonzero(found >= 0)
    stride = len(model.table)
    both, counts = np.unique(order[places] * stride + found[steps, places], return_counts=True)
    return both // stride, both % stride, counts


def _scores(texts: Sequence[str]) -> NDArray[np.float32]:
    """The score of each language for each text, tempered by its length."""
    model = _model()
    encoded = [_encoded(text) for text in texts]
    rows, cells, counts = _visits(encoded)
    scores = np.zeros((len(texts), len(model.prior)), dtype=np.float32)
    if len(rows):
        products = model.table[cells] * np.log1p(counts.astype(np.float32))[:, None]
        starts = np.flatnonzero(np.diff(rows, prepend=-1))
        scores[rows[starts]] = np.add.reduceat(products, starts, axis=0) + model.prior
    lengths = np.array([len(text) or 1 for text in encoded], dtype=np.float32)
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
        elif not text.isascii() and _is_of_another_alphabet(text[:CONSIDERED]):
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


def _is_of_another_alphabet(text: str) -> bool:
    """Whether fewer than half of the letters are Latin."""
    letters = _LETTER.findall(text)
    latin = [letter for letter in letters if letter < "\u0250"]
    return 2 * len(latin) < len(letters)
