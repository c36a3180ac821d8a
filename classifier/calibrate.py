"""From scores of texts that the weights never saw: honest probabilities, thresholds, and when to abstain."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from classifier.fit import Floats, sigmoid, softmax
from classifier.joint import Labels, Shares, decide, together
from classifier.linear import CARE_WIDTH, CLASSES, COLUMNS, GROUPS, Heads, Table
from classifier.measure import figures

Numbers = NDArray[np.int64]
Say = Callable[[str], None]
_HEADS = tuple(CLASSES)
PULLS = ((0.0, 0.0), (0.3, 0.15), (0.3, 0.3), (0.3, 0.45), (0.15, 0.3), (0.5, 0.25))
HOLD_PRECISION = 0.6  # at least, where the texts are enough to tell
FEWEST_SAID = 8
# How often the verdicts that are left must be right, and how many may be held back for that at most.
RIGHT = {"sentiment": 0.75, "urgency": 0.82, "type": 0.85, "complaint": 0.88}
MOST_DOUBTED = 0.25


@dataclass(frozen=True)
class Unseen:
    """Scores by weights that never saw the text, and what is so."""

    group: Numbers  # of each of our texts
    moods: Floats  # (text, sentiment)
    care: Floats  # (text, column)
    labels: Labels
    several: Floats  # (text, column of spam, holds and topics)
    tweets: list[Floats]  # (tweet, sentiment), group by group
    tweet_labels: list[Numbers]
    posts: Floats  # (post, 1): complaint or not, each by weights that never saw its trade
    post_labels: Numbers


def temperature(raw: Floats, labels: Numbers) -> float:
    """The divisor of the scores under which their probabilities fit the labels best."""
    candidates = np.exp(np.linspace(np.log(0.2), np.log(5.0), 80))

    def surprise(divisor: float) -> float:
        shares = softmax((raw / divisor).astype(np.float32))
        return float(-np.log(np.maximum(shares[np.arange(len(labels)), labels], 1e-9)).mean())

    return float(min(candidates, key=surprise))


def _both(raw: Floats) -> Floats:
    """The score of yes as the scores of no and yes."""
    return np.concatenate((np.zeros_like(raw), raw), axis=1)


def tuned(unseen: Unseen, say: Say) -> Heads:
    """Everything of the heads but their weights."""
    divisors = np.ones((len(GROUPS), len(CLASSES)), dtype=np.float32)
    for group, _ in enumerate(GROUPS):
        ours = unseen.group == group
        divisors[group, _HEADS.index("sentiment")] = temperature(unseen.tweets[group], unseen.tweet_labels[group])
        for field, labels in (("urgency", unseen.labels.urgency), ("type", unseen.labels.type)):
            divisors[group, _HEADS.index(field)] = temperature(unseen.care[ours][:, COLUMNS[field]], labels[ours])
        complaint = unseen.care[ours][:, COLUMNS["complaint"]]
        known = unseen.labels.complaint[ours]
        if GROUPS[group] == "english":
            complaint, known = np.concatenate((complaint, unseen.posts)), np.concatenate((known, unseen.post_labels))
        divisors[group, _HEADS.index("complaint")] = temperature(_both(complaint), known)
    shares = _shares(unseen, divisors)
    best, found = -1.0, np.zeros(0, dtype=np.float32)
    for pull in PULLS:
        table = together(unseen.labels, pull)
        told = decide(shares, table)
        scored = [_macro(getattr(told, field), getattr(unseen.labels, field)) for field in _FIELDS]
        say(f"pull {pull}: " + ", ".join(f"{field} {value:.3f}" for field, value in zip(_FIELDS, scored, strict=True)))
        if sum(scored) > best + 1e-4:
            best, found = sum(scored), table
    told = decide(shares, found)
    doubt = np.zeros((len(GROUPS), len(CLASSES)), dtype=np.float32)
    for group, name in enumerate(GROUPS):
        ours = unseen.group == group
        for field in _FIELDS:
            sure, right = _right(getattr(told, field)[ours], getattr(unseen.labels, field)[ours])
            doubt[group, _HEADS.index(field)] = _doubted(sure, right, RIGHT[field])
            held = sure >= doubt[group, _HEADS.index(field)]
            say(f"{name} {field}: right {right.mean():.3f}; of {held.mean():.2f} that it says {right[held].mean():.3f}")
        _tell_tweets(unseen, group, divisors, say)
    return Heads(_EMPTY, _EMPTY, _EMPTY, divisors, doubt, _thresholds(unseen, say), found)


_FIELDS = ("type", "urgency", "complaint", "sentiment")
_EMPTY = Table(*(np.zeros((0, 0), dtype=kind) for kind in (np.int8, np.float32, np.float32, np.float32)))


def _shares(unseen: Unseen, divisors: Floats) -> Shares:
    def tempered(field: str, raw: Floats) -> Floats:
        found: Floats = raw / divisors[unseen.group, _HEADS.index(field)][:, None]
        return found

    complaint = sigmoid(tempered("complaint", unseen.care[:, COLUMNS["complaint"]]))
    return Shares(
        softmax(tempered("type", unseen.care[:, COLUMNS["type"]])),
        softmax(tempered("urgency", unseen.care[:, COLUMNS["urgency"]])),
        np.concatenate((1 - complaint, complaint), axis=1),
        softmax(tempered("sentiment", unseen.moods)),
    )


def _right(shares: Floats, labels: Numbers) -> tuple[Floats, NDArray[np.bool_]]:
    return shares.max(axis=1), shares.argmax(axis=1) == labels


def _macro(shares: Floats, labels: Numbers) -> float:
    sure, _ = _right(shares, labels)
    return figures([str(label) for label in labels], [str(said) for said in shares.argmax(axis=1)], sure.tolist())[
        "macro_f1"
    ]


def _tell_tweets(unseen: Unseen, group: int, divisors: Floats, say: Say) -> None:
    shares = softmax(unseen.tweets[group] / divisors[group, _HEADS.index("sentiment")])
    labels = unseen.tweet_labels[group]
    found = figures([str(n) for n in labels], [str(n) for n in shares.argmax(axis=1)], shares.max(axis=1).tolist())
    say(f"{GROUPS[group]} tweets: " + ", ".join(f"{key} {value:.3f}" for key, value in found.items()))
    if GROUPS[group] == "english":
        yes = unseen.posts[:, 0] / divisors[group, _HEADS.index("complaint")]
        sure = sigmoid(np.abs(yes))
        found = figures([str(n) for n in unseen.post_labels], [str(int(n > 0)) for n in yes], sure.tolist())
        say("complaints, trade left out: " + ", ".join(f"{key} {value:.3f}" for key, value in found.items()))


def _doubted(sure: Floats, right: NDArray[np.bool_], least: float) -> float:
    """The smallest confidence from which on verdicts are right often enough, or as many are left as must be."""
    order = np.argsort(-sure)
    share = np.cumsum(right[order]) / np.arange(1, len(order) + 1)
    enough = np.flatnonzero(share >= least)
    kept = max(int((1 - MOST_DOUBTED) * len(order)), int(enough[-1]) + 1 if len(enough) else 0)
    return float(sure[order[min(kept, len(order)) - 1]]) if kept < len(order) else 0.0


def _thresholds(unseen: Unseen, say: Say) -> Floats:
    """For each class that stands for itself the probability that says yes.

    For holds the lowest that is right often enough, since a false alarm costs a look and a miss a scandal; for spam and
    topics the one with the best F1.
    """
    thresholds = np.full(CARE_WIDTH, 0.5, dtype=np.float32)
    begin = COLUMNS["spam"].start
    for column in range(begin, COLUMNS["topics"].stop):
        sure, labels = sigmoid(unseen.care[:, column]), unseen.several[:, column - begin] > 0
        order = np.argsort(-sure)
        hits = np.cumsum(labels[order])
        said = np.arange(1, len(order) + 1)
        precision, recall = hits / said, hits / max(1, labels.sum())
        if COLUMNS["holds"].start <= column < COLUMNS["holds"].stop:
            good = np.flatnonzero((precision >= HOLD_PRECISION) & (said >= FEWEST_SAID))
            at = int(good[-1]) if len(good) else int(np.argmax(2 * precision * recall / (precision + recall + 1e-9)))
        else:
            at = int(np.argmax(2 * precision * recall / (precision + recall + 1e-9)))
        thresholds[column] = sure[order[at]]
        say(f"{_name(column)}: at {thresholds[column]:.2f} precision {precision[at]:.2f}, recall {recall[at]:.2f}")
    return thresholds


def _name(column: int) -> str:
    for field, held in COLUMNS.items():
        if held.start <= column < held.stop:
            return f"{field} {CLASSES[field][column - held.start]}"
    raise AssertionError(column)
