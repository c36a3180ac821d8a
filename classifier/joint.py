"""Decides type, urgency, complaint and sentiment together, since by the labels they lean on each other."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from classifier.linear import CLASSES, COLUMNS
from classifier.probabilities import sigmoid, softmax
from models import MentionType, Topic, Urgency

_TYPES = [MentionType(name) for name in CLASSES["type"]]
_HEADS = tuple(CLASSES)
_URGENCIES = [Urgency(name) for name in CLASSES["urgency"]]
Floats = NDArray[np.float32] | NDArray[np.float64]
# The topic "other" is what is left where no other is said: its own column decides nothing.
_TOPICS = [place for place, name in enumerate(CLASSES["topics"], COLUMNS["topics"].start) if name != Topic.OTHER]
_SEVERAL = (COLUMNS["spam"], COLUMNS["holds"], _TOPICS)
_LEAST = 1e-4  # of a probability, so that a logarithm is finite


@dataclass(frozen=True)
class Shares:
    """Probabilities, one row a text."""

    type: Floats
    urgency: Floats
    complaint: Floats  # (text, 2): no, yes
    sentiment: Floats


def shares_of(moods: NDArray[np.float32], care: NDArray[np.float32], temperature: NDArray[np.float32]) -> Shares:
    """The probabilities of each field by itself.

    moods, care: the scores of sentiment and of care, one row a text.
    temperature: (text, head), what the scores of each text are divided by.
    """

    def tempered(name: str, raw: NDArray[np.float32]) -> NDArray[np.float32]:
        found: NDArray[np.float32] = raw / temperature[:, _HEADS.index(name)][:, None]
        return found

    complaint = sigmoid(tempered("complaint", care[:, COLUMNS["complaint"]]))
    return Shares(
        softmax(tempered("type", care[:, COLUMNS["type"]])),
        softmax(tempered("urgency", care[:, COLUMNS["urgency"]])),
        np.concatenate((1 - complaint, complaint), axis=1),
        softmax(tempered("sentiment", moods)),
    )


def sure_of_several(shares: Floats, threshold: NDArray[np.float32]) -> NDArray[np.float64]:
    """How sure it is of spam, of the holds and of the topics, (text, field): as of the class nearest to turning.

    shares, threshold: the probability of each column of care, and the one from which on it says yes. Just there a class
    is as likely said wrongly as rightly: that is a half, whatever its raw probability.
    """
    ahead = np.where(
        shares >= threshold,
        0.5 + 0.5 * (shares - threshold) / np.maximum(1 - threshold, 1e-6),
        0.5 + 0.5 * (threshold - shares) / np.maximum(threshold, 1e-6),
    ).astype(np.float64)
    return np.stack([ahead[:, columns].min(axis=1) for columns in _SEVERAL], axis=1)


def allowed() -> NDArray[np.bool_]:
    """Which combinations of type and complaint the labels know."""
    table = np.zeros((len(_TYPES), 2), dtype=bool)
    for row, kind in enumerate(_TYPES):
        table[row, 0] = kind is not MentionType.COMPLAINT
        table[row, 1] = kind in {MentionType.COMPLAINT, MentionType.OTHER}
    return table


@dataclass(frozen=True)
class Labels:
    """What is so, as the numbers of the classes, one a text."""

    type: NDArray[np.int64]
    urgency: NDArray[np.int64]
    complaint: NDArray[np.int64]
    sentiment: NDArray[np.int64]


def together(known: Labels, pull: tuple[float, float]) -> NDArray[np.float32]:
    """How much more often than by chance each pair goes together, as logarithms; what the labels forbid is -inf.

    pull: how much the other fields weigh on each other, and how much they weigh on the sentiment.
    """
    sizes = (len(_TYPES), len(_URGENCIES), 2, len(CLASSES["sentiment"]))
    labels = (known.type, known.urgency, known.complaint, known.sentiment)
    total = np.zeros(sizes, dtype=np.float64)
    for one, other, weight in ((0, 1, pull[0]), (1, 2, pull[0]), (0, 3, pull[1]), (1, 3, pull[1])):
        counts = np.full((sizes[one], sizes[other]), 2.0)
        np.add.at(counts, (labels[one], labels[other]), 1)
        shares = counts / counts.sum()
        lift = np.log(shares / shares.sum(axis=1, keepdims=True) / shares.sum(axis=0, keepdims=True))
        shape = [1, 1, 1, 1]
        shape[one], shape[other] = sizes[one], sizes[other]
        total = total + weight * lift.reshape(shape)
    total = np.where(allowed()[:, None, :, None], total, -np.inf)
    return total.astype(np.float32)


def decide(shares: Shares, together: NDArray[np.float32]) -> Shares:
    """The probabilities of each field once all are seen together."""
    rows = len(shares.type)
    # In double precision, so that the order of summing, which depends on how many texts there are, does not show.
    logs = (
        _logarithm(shares.type)[:, :, None, None, None]
        + _logarithm(shares.urgency)[:, None, :, None, None]
        + _logarithm(shares.complaint)[:, None, None, :, None]
        + _logarithm(shares.sentiment)[:, None, None, None, :]
        + together[None].astype(np.float64)
    )
    logs -= logs.reshape(rows, -1).max(axis=1)[:, None, None, None, None]
    whole = np.exp(logs)
    whole /= whole.reshape(rows, -1).sum(axis=1)[:, None, None, None, None]
    return Shares(
        whole.sum(axis=(2, 3, 4)), whole.sum(axis=(1, 3, 4)), whole.sum(axis=(1, 2, 4)), whole.sum(axis=(1, 2, 3))
    )


def _logarithm(shares: Floats) -> NDArray[np.float64]:
    told: NDArray[np.float64] = np.log(np.maximum(shares, _LEAST).astype(np.float64))
    return told
