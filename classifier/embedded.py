"""The classifier that travels with Ouvidor: numpy alone, no download."""

import gc
import hashlib
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from classifier.base import Reasons, Verdict
from classifier.classes import FILES as CLASS_FILES
from classifier.joint import Floats, Shares, decide, shares_of, sure_of_several
from classifier.lexicon import FILES, LANGUAGES, lexicon_text
from classifier.linear import CLASSES, COLUMNS, Heads, packaged
from classifier.parts import parts, raise_by_parts
from classifier.probabilities import sigmoid
from classifier.reading import Reading, read
from classifier.text import HEAD, TAIL
from classifier.why import reasons
from models import Hold, MentionType, Sentiment, Topic, Urgency
from privacy.find import kinds

CODE = "4"  # raise it when a change of the code, or of the n-grams of languages, changes verdicts
_BATCH = 512  # texts
_BATCH_CHARACTERS = 200_000  # of texts as they are cut, so that a batch stays small in memory
_SENTIMENTS, _URGENCIES, _TYPES = tuple(Sentiment), tuple(Urgency), tuple(MentionType)
_HOLDS, _TOPICS = tuple(Hold), tuple(Topic)
_HEADS = tuple(CLASSES)
_HOLD_COLUMNS, _TOPIC_COLUMNS = COLUMNS["holds"], COLUMNS["topics"]
_SPAM_COLUMN = COLUMNS["spam"].start
_THREATS = frozenset({Hold.SELF_HARM, Hold.VIOLENCE_HATE})
_HARM = _THREATS | {Hold.DANGER}
MOST_SURE = 0.999  # a rule and a person alone are certain


class EmbeddedClassifier:
    """Linear heads for every field on one reading of the text; fields that lean on each other are decided together."""

    def __init__(self, heads: Heads | None = None) -> None:
        self._heads = heads or packaged()
        self.version = f"embedded-{CODE}-{_digest(self._heads)}"

    def classify(self, texts: Sequence[str]) -> list[Verdict]:
        """One verdict a text, in order; never raises on any text."""
        verdicts: list[Verdict] = []
        for batch in _batches(texts):
            with _COLLECTION.paused():
                verdicts.extend(self._batch(batch))
        return verdicts

    def reasons(self, text: str) -> Reasons:
        """The words that moved each field's verdict most, found by leaving them out."""
        verdict = self.classify([text])[0]
        reading = read([text])
        if not reading.words[0] and not reading.felt[0]:
            return {}

        def weigh(texts: Sequence[str]) -> list[dict[str, float]]:
            with _COLLECTION.paused():
                return self._weights(verdict, texts)

        return reasons(weigh, text)

    def _weights(self, verdict: Verdict, texts: Sequence[str]) -> list[dict[str, float]]:
        """How likely each text makes what the verdict says of each field; for several classes, of all that it says."""
        shares, several, _ = self._shares(texts, read(texts))
        columns = {
            "sentiment": shares.sentiment[:, _SENTIMENTS.index(verdict.sentiment)],
            "urgency": shares.urgency[:, _URGENCIES.index(verdict.urgency)],
            "type": shares.type[:, _TYPES.index(verdict.type)],
            "complaint": shares.complaint[:, int(verdict.complaint)],
        }
        for name, said, every in (("holds", verdict.holds, _HOLDS), ("topics", verdict.topics, _TOPICS)):
            told = [every.index(one) for one in said if one is not Topic.OTHER]  # which nothing speaks for
            if told:
                columns[name] = several[:, COLUMNS[name]][:, told].mean(axis=1)
        if verdict.spam:
            columns["spam"] = several[:, _SPAM_COLUMN]
        return [dict(zip(columns, values, strict=True)) for values in zip(*map(_listed, columns.values()), strict=True)]

    def _shares(self, texts: Sequence[str], reading: Reading) -> tuple[Shares, NDArray[np.float32], NDArray[np.int64]]:
        """The probabilities of the fields that lean on each other, those of the others, and each text's group."""
        heads = self._heads
        moods, care, group = heads.scores(reading)
        self._hear_parts(texts, reading, care[:, _HOLD_COLUMNS])
        shares = decide(shares_of(moods, care, heads.temperature[group]), heads.together)
        return shares, sigmoid(care), group

    def _hear_parts(self, texts: Sequence[str], reading: Reading, holds: NDArray[np.float32]) -> None:
        """Lifts the scores of the holds, (text, hold), to what a sentence of the text says of them."""
        places: dict[tuple[str, tuple[str, float]], int] = {}  # each sentence is read once, however often it is said
        owners: list[int] = []
        said: list[int] = []
        for row, (text, spoken) in enumerate(zip(texts, reading.spoken, strict=True)):
            for part in parts(text):
                owners.append(row)
                said.append(places.setdefault((part, spoken), len(places)))
        if not said:
            return
        heard = self._heads.hold_scores(read([part for part, _ in places], [spoken for _, spoken in places]))
        raise_by_parts(holds, owners, heard[said])

    def _batch(self, texts: Sequence[str]) -> list[Verdict]:
        reading = read(texts)
        shares, several, group = self._shares(texts, reading)
        fields = [_best(table) for table in (shares.sentiment, shares.urgency, shares.type, shares.complaint)]
        over = several >= self._heads.threshold
        doubts = self._heads.doubt[group].tolist()
        told = zip(texts, reading.spoken, reading.words, reading.felt, zip(*fields, strict=True), strict=True)
        nearest = np.round(np.minimum(sure_of_several(several, self._heads.threshold), MOST_SURE), 3).tolist()
        said = over.tolist()
        verdicts: list[Verdict] = []
        for row, (text, (lang, sure), words, felt, best) in enumerate(told):
            if words or felt:
                confidence = {"lang": round(sure, 3)}
                verdicts.append(self._verdict(text, lang, confidence, best, said[row], nearest[row], doubts[row]))
            else:
                verdicts.append(self._of_nothing(lang, sure, text))
        return verdicts

    def _verdict(
        self,
        text: str,
        lang: str,
        confidence: dict[str, float],
        best: Sequence[tuple[int, float]],
        yes: Sequence[bool],
        nearest: Sequence[float],
        doubts: Sequence[float],
    ) -> Verdict:
        """What the classes that were found come to; where two contradict each other, one stands and is in doubt."""
        (mood, mood_sure), (urgency, urgency_sure), (kind, kind_sure), (complaint, complaint_sure) = best
        type_ = _TYPES[kind]
        # Each is the likeliest by itself; where the two then contradict each other, the type stands.
        if type_ is not MentionType.OTHER and complaint != (type_ is MentionType.COMPLAINT):
            complaint, complaint_sure = 1 - complaint, 1 - complaint_sure
        spam_sure, holds_sure, topics_sure = nearest
        doubted: set[str] = set()
        spam = yes[_SPAM_COLUMN] and type_ is MentionType.OTHER
        if spam and complaint:
            complaint, complaint_sure = 0, 1 - complaint_sure
        if yes[_SPAM_COLUMN] and not spam:
            # What is of another type is no spam: a person looks, and no complaint is put away unread.
            spam_sure = 1 - spam_sure
            doubted.add("spam")
        holds = tuple([hold for hold, held in zip(_HOLDS, yes[_HOLD_COLUMNS], strict=True) if held])
        if not _HARM.isdisjoint(holds):
            doubted.update(_against_harm(holds, _SENTIMENTS[mood], _URGENCIES[urgency], type_))
        confidence |= {
            "sentiment": round(mood_sure, 3),
            "urgency": round(urgency_sure, 3),
            "type": round(kind_sure, 3),
            "complaint": round(complaint_sure, 3),
            "spam": round(spam_sure, 3),
            "holds": holds_sure,
            "topics": topics_sure,
        }
        return Verdict(
            lang=lang,
            sentiment=_SENTIMENTS[mood],
            urgency=_URGENCIES[urgency],
            type=type_,
            complaint=bool(complaint),
            holds=holds,
            confidence=confidence,
            version=self.version,
            spam=spam,
            topics=_topics(yes[_TOPIC_COLUMNS]),
            personal_data=kinds(text),
            abstained=tuple(
                [
                    name
                    for name, least in zip(_HEADS, doubts, strict=True)
                    if confidence[name] < least or name in doubted
                ]
            ),
        )

    def _of_nothing(self, lang: str, sure: float, text: str) -> Verdict:
        """Of a text without a word or a feeling there is nothing to say."""
        return Verdict(
            lang=lang,
            sentiment=Sentiment.NEUTRAL,
            urgency=Urgency.LOW,
            type=MentionType.OTHER,
            complaint=False,
            holds=(),
            confidence={"lang": round(sure, 3)} | dict.fromkeys(_HEADS, 0.9),
            version=self.version,
            personal_data=kinds(text),
        )


def _best(table: Floats) -> list[tuple[int, float]]:
    """The likeliest class of each row and its probability."""
    return list(zip(table.argmax(axis=1).tolist(), np.minimum(table.max(axis=1), MOST_SURE).tolist(), strict=True))


def _against_harm(holds: Sequence[Hold], sentiment: Sentiment, urgency: Urgency, type_: MentionType) -> Iterator[str]:
    """The fields that speak against what a text would be in which a life or somebody's health is at stake."""
    if sentiment is Sentiment.POSITIVE:
        yield "sentiment"
    if urgency is Urgency.LOW or (urgency is not Urgency.CRITICAL and not _THREATS.isdisjoint(holds)):
        yield "urgency"
    if type_ is MentionType.PRAISE:
        yield "type"


def _topics(said: Sequence[bool]) -> tuple[Topic, ...]:
    """The topics that were said; "other" where none of the named ones was."""
    named = tuple([topic for topic, yes in zip(_TOPICS, said, strict=True) if yes and topic is not Topic.OTHER])
    return named or (Topic.OTHER,)


def _listed(column: Floats) -> list[float]:
    values: list[float] = column.tolist()
    return values


def _batches(texts: Sequence[str]) -> Iterator[Sequence[str]]:
    """The texts in order, so many at a time as memory is kept for."""
    first = characters = 0
    for place, text in enumerate(texts):
        long = min(len(text), HEAD + TAIL)
        if place > first and (place - first == _BATCH or characters + long > _BATCH_CHARACTERS):
            yield texts[first:place]
            first, characters = place, 0
        characters += long
    if first < len(texts):
        yield texts[first:]


class _Collection:
    """No garbage collection within a batch: it makes no cycles, and looking for some takes a fifth of its time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._inside = 0  # threads
        self._collected = True

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Until the last thread has left."""
        with self._lock:
            if not self._inside:
                self._collected = gc.isenabled()
                gc.disable()
            self._inside += 1
        try:
            yield
        finally:
            with self._lock:
                self._inside -= 1
                if self._collected and not self._inside:
                    gc.enable()


_COLLECTION = _Collection()


@cache
def _lists_digest() -> str:
    """Of every list of words that a verdict comes from."""
    lists = files("classifier") / "lexicons"
    texts = [
        *map(lexicon_text, FILES),
        *((lists / "polarity" / f"{language}.txt").read_text("utf-8") for language in LANGUAGES),
        *((lists / "classes" / f"{name}.txt").read_text("utf-8") for name in CLASS_FILES),
    ]
    return hashlib.sha256("".join(texts).encode()).hexdigest()


def _digest(heads: Heads) -> str:
    return hashlib.sha256((heads.digest + _lists_digest()).encode()).hexdigest()[:12]
