"""Decides type, urgency, complaint and sentiment together, since by the labels they lean on each other."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from classifier.linear import CLASSES
from models import MentionType, Urgency

_TYPES = [MentionType(name) for name in CLASSES["type"]]
_URGENCIES = [Urgency(name) for name in CLASSES["urgency"]]
Floats = NDArray[np.float32] | NDArray[np.float64]
_LEAST = 1e-4  # of a probability, so that a logarithm is finite


@dataclass(frozen=True)
class Shares:
    """Probabilities, one row a text."""

    type: Floats
    urgency: Floats
    complaint: Floats  # (text, 2): no, yes
    sentiment: Floats


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
