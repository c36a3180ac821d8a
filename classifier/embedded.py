"""The classifier that travels with Ouvidor: numpy alone, no download."""

import gc
import hashlib
import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache

import numpy as np

from classifier.base import Verdict
from classifier.language import OTHER, languages
from classifier.lexicon import FILES, LANGUAGES, Lexicon, lexicon, lexicon_text
from classifier.linear import COLUMNS, COMPLAINT, ENGLISH, IBERIAN, Heads, packaged
from classifier.rules import NOT_FOR_CARE, SURE, Mood, Tags, decide
from classifier.text import normalise
from classifier.words import split, written_out
from models import MentionType, Sentiment

CODE = "1"  # raise it when a change of the code, or of the n-grams of languages, changes verdicts
_BATCH = 512
_SENTIMENTS = (Sentiment.NEGATIVE, Sentiment.NEUTRAL, Sentiment.POSITIVE)
# What the type says of the sentiment, added to the model's scores: negative, neutral, positive.
_LEANING: Mapping[MentionType, tuple[float, float, float]] = {
    MentionType.COMPLAINT: (1.4, 0.0, -0.6),
    MentionType.QUESTION: (-0.3, 0.6, -0.2),
    MentionType.SUGGESTION: (-0.3, 1.0, -0.3),
    MentionType.PRAISE: (-0.5, 0.0, 1.0),
    MentionType.OTHER: (0.0, 0.0, 0.0),
}
_OF_NO_MOOD = (0.0, 1.5, 0.0)  # advertisements, offers of work and news speak for nobody
_SURE_OF_LANGUAGE = 0.8  # below it the phrases of all languages are looked for


class EmbeddedClassifier:
    """Linear heads for sentiment and complaints, n-grams for the language, rules for the rest."""

    def __init__(self, heads: Heads | None = None) -> None:
        self._heads = heads or packaged()
        self.version = f"embedded-{CODE}-{_digest(self._heads)}"

    def classify(self, texts: Sequence[str]) -> list[Verdict]:
        """One verdict a text, in order; never raises on any text."""
        verdicts: list[Verdict] = []
        for first in range(0, len(texts), _BATCH):
            with _collection_paused():
                verdicts.extend(self._batch(texts[first : first + _BATCH]))
        return verdicts

    def _batch(self, texts: Sequence[str]) -> list[Verdict]:
        batch = normalise(texts)
        words = [split(folded) for folded in batch.words]
        spoken = languages(batch.plain, words)
        scores = self._heads.scores(batch, _needed({lang for lang, _ in spoken}))
        temperature = self._heads.temperature
        iberian = (scores[:, IBERIAN] / temperature[0]).tolist()
        english = (scores[:, ENGLISH] / temperature[1]).tolist()
        complaints = (1 / (1 + np.exp(-np.clip(scores[:, COMPLAINT] / temperature[2], -30, 30)))).tolist()
        return [
            self._verdict(said, (lang, sure), english[row] if lang == "en" else iberian[row], complaints[row])
            for row, (said, (lang, sure)) in enumerate(zip(words, spoken, strict=True))
        ]

    def _verdict(self, words: list[str], spoken: tuple[str, float], raw: list[float], complaint: float) -> Verdict:
        lang, sure = spoken
        mood = Mood(*_shares(raw), complaint=complaint if lang == "en" else None)
        found = _phrases(lang, sure).signals(written_out(words, lang))
        tags = decide(found, words, mood)
        advertises = tags.type is MentionType.OTHER and not found.keys().isdisjoint(NOT_FOR_CARE)
        leaning = _OF_NO_MOOD if advertises else _LEANING[tags.type]
        # Among talk of everything, a phrase says less of the mood than in a text about a purchase or a service.
        trust = 1.0 if "domain" in found or tags.confidence["type"] >= SURE else 0.4
        shares = _shares([score + trust * lean for score, lean in zip(raw, leaning, strict=True)])
        if not words:
            shares = (0.1, 0.8, 0.1)
        best = shares.index(max(shares))
        return Verdict(
            lang=lang,
            sentiment=_SENTIMENTS[best],
            urgency=tags.urgency,
            type=tags.type,
            complaint=tags.complaint,
            holds=tags.holds,
            confidence=_confidence(tags, sure, shares[best]),
            version=self.version,
        )


@contextmanager
def _collection_paused() -> Iterator[None]:
    """No garbage collection within a batch: it makes no cycles, and looking for some takes a fifth of its time."""
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()


def _needed(spoken: set[str]) -> list[int]:
    """The columns that texts in these languages need."""
    every = list(range(COLUMNS))
    iberian = every[IBERIAN] if spoken - {"en"} else []
    return [*iberian, *every[ENGLISH], COMPLAINT] if "en" in spoken else iberian


def _confidence(tags: Tags, lang: float, sentiment: float) -> dict[str, float]:
    return {"lang": round(lang, 3), "sentiment": round(sentiment, 3)} | {
        field: round(sure, 3) for field, sure in tags.confidence.items()
    }


def _shares(scores: Sequence[float]) -> tuple[float, float, float]:
    """Scores to probabilities."""
    top = max(scores)
    powers = [math.exp(score - top) for score in scores]
    total = sum(powers)
    return powers[0] / total, powers[1] / total, powers[2] / total


def _phrases(lang: str, sure: float) -> Lexicon:
    if lang == OTHER or sure < _SURE_OF_LANGUAGE:
        return lexicon(LANGUAGES)
    return lexicon((lang,))


@cache
def _lexicon_digest() -> str:
    return hashlib.sha256("".join(map(lexicon_text, FILES)).encode()).hexdigest()


def _digest(heads: Heads) -> str:
    return hashlib.sha256((heads.digest + _lexicon_digest()).encode()).hexdigest()[:12]
