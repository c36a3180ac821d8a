"""From scores of texts that the weights never saw: honest probabilities, thresholds, and when to abstain."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from classifier.joint import Labels, decide, shares_of, sure_of_several, together
from classifier.linear import CARE_WIDTH, CLASSES, COLUMNS, GROUPS, Heads, Table
from classifier.measure import figures
from classifier.probabilities import Floats, sigmoid, softmax
from models import Hold

Numbers = NDArray[np.int64]
Say = Callable[[str], None]
_HEADS = tuple(CLASSES)
PULLS = ((0.0, 0.0), (0.3, 0.15), (0.3, 0.3), (0.3, 0.45), (0.15, 0.3), (0.5, 0.25))
HOLD_PRECISION = 0.6  # of all holds together, at least, on our texts, of which a third are written to be mistaken
HOLD_FLOOR = 0.4  # of each hold
# What a miss costs where somebody's life or health may hang on it, against the others.
COSTLY = {CLASSES["holds"].index(hold): cost for hold, cost in ((Hold.SELF_HARM, 2.0), (Hold.DANGER, 1.5))}
FEWEST_SAID = 8
# How often the verdicts that are left must be right, and how many may be held back for that at most.
RIGHT = {"sentiment": 0.75, "urgency": 0.79, "type": 0.82, "complaint": 0.86, "spam": 0.99, "holds": 0.85}
MOST_DOUBTED = 0.25
LEAST_SURE = 0.5  # what is less likely than not is never said without a doubt


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
    tweet_langs: list[list[str]]
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
    shares = shares_of(unseen.moods, unseen.care, divisors[unseen.group])
    best, found = -1.0, np.zeros(0, dtype=np.float32)
    for pull in PULLS:
        table = together(unseen.labels, pull)
        told = decide(shares, table)
        scored = [_macro(getattr(told, field), getattr(unseen.labels, field)) for field in _FIELDS]
        say(f"pull {pull}: " + ", ".join(f"{field} {value:.3f}" for field, value in zip(_FIELDS, scored, strict=True)))
        if sum(scored) > best + 1e-4:
            best, found = sum(scored), table
    told = decide(shares, found)
    threshold = _thresholds(unseen, say)
    judged = {field: _right(getattr(told, field), getattr(unseen.labels, field)) for field in _FIELDS}
    judged |= _right_of_several(unseen, threshold)
    doubt = np.zeros((len(GROUPS), len(CLASSES)), dtype=np.float32)
    for group, name in enumerate(GROUPS):
        ours = unseen.group == group
        for field, (sure, right) in judged.items():
            least = max(LEAST_SURE, _doubted(sure[ours], right[ours], RIGHT[field]))
            doubt[group, _HEADS.index(field)] = least
            held = sure[ours] >= least
            say(
                f"{name} {field}: right {right[ours].mean():.3f}; "
                f"of {held.mean():.2f} that it says {right[ours][held].mean():.3f}"
            )
        _tell_tweets(unseen, group, divisors, say)
    return Heads(_EMPTY, _EMPTY, _EMPTY, divisors, doubt, threshold, found)


_FIELDS = ("type", "urgency", "complaint", "sentiment")
_EMPTY = Table(*(np.zeros((0, 0), dtype=kind) for kind in (np.int8, np.float32, np.float32, np.float32)))


def _right(shares: Floats, labels: Numbers) -> tuple[Floats, NDArray[np.bool_]]:
    return shares.max(axis=1), shares.argmax(axis=1) == labels


def _right_of_several(unseen: Unseen, threshold: Floats) -> dict[str, tuple[Floats, NDArray[np.bool_]]]:
    """How sure of spam and of the whole set of holds, and whether that is right."""
    shares, begin = sigmoid(unseen.care), COLUMNS["spam"].start
    sure = sure_of_several(shares, threshold).astype(np.float32)
    wrong = (shares >= threshold)[:, begin : begin + unseen.several.shape[1]] != (unseen.several > 0)
    found = {}
    for place, field in enumerate(("spam", "holds")):
        columns = slice(COLUMNS[field].start - begin, COLUMNS[field].stop - begin)
        found[field] = (sure[:, place], ~wrong[:, columns].any(axis=1))
    return found


def _macro(shares: Floats, labels: Numbers) -> float:
    sure, _ = _right(shares, labels)
    return figures([str(label) for label in labels], [str(said) for said in shares.argmax(axis=1)], sure.tolist())[
        "macro_f1"
    ]


def _tell_tweets(unseen: Unseen, group: int, divisors: Floats, say: Say) -> None:
    shares = softmax(unseen.tweets[group] / divisors[group, _HEADS.index("sentiment")])
    labels = unseen.tweet_labels[group]
    languages = np.array(unseen.tweet_langs[group])
    for language in sorted(set(languages.tolist())):
        kept = languages == language
        found = figures(
            [str(n) for n in labels[kept]],
            [str(n) for n in shares[kept].argmax(axis=1)],
            shares[kept].max(axis=1).tolist(),
        )
        say(f"{language} tweets: " + ", ".join(f"{key} {value:.3f}" for key, value in found.items()))
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

    For spam and topics the one with the best F1; for holds see below.
    """
    thresholds = np.full(CARE_WIDTH, 0.5, dtype=np.float32)
    begin, holds = COLUMNS["spam"].start, COLUMNS["holds"]
    sure, labels = sigmoid(unseen.care), unseen.several > 0
    thresholds[holds] = _hold_thresholds(sure[:, holds], labels[:, holds.start - begin : holds.stop - begin])
    for column in range(begin, COLUMNS["topics"].stop):
        so = labels[:, column - begin]
        if not holds.start <= column < holds.stop:
            order, precision, recall = _ranked(sure[:, column], so)
            at = int(np.argmax(2 * precision * recall / (precision + recall + 1e-9)))
            thresholds[column] = sure[order[at], column]
        said = sure[:, column] >= thresholds[column]
        right = (said & so).sum()
        say(
            f"{_name(column)}: at {thresholds[column]:.2f} "
            f"precision {right / max(1, said.sum()):.2f}, recall {right / max(1, so.sum()):.2f}"
        )
    return thresholds


def _ranked(sure: Floats, so: NDArray[np.bool_]) -> tuple[Numbers, Floats, Floats]:
    """The texts from the surest on, and the precision and recall of saying yes up to each."""
    order = np.argsort(-sure, kind="stable")
    hits = np.cumsum(so[order])
    return order, (hits / np.arange(1, len(order) + 1)).astype(np.float32), (hits / max(1, so.sum())).astype(np.float32)


def _hold_thresholds(sure: Floats, so: NDArray[np.bool_]) -> Floats:
    """Of all holds together the most that can be found while they are right often enough.

    A false alarm costs a look and a miss a scandal. Each hold's texts, from the surest on, fall into runs of which each
    holds more in what it says than the next; the best runs of all holds are taken, best first, but none by which
    together they would be right too seldom, or one hold less often than HOLD_FLOOR.
    """
    ranked = [_ranked(sure[:, hold], so[:, hold])[0] for hold in range(sure.shape[1])]
    hits = [np.concatenate(([0], np.cumsum(so[order, hold]))) for hold, order in enumerate(ranked)]
    runs = sorted(
        (-(found[end] - found[begin]) / (end - begin) * COSTLY.get(hold, 1.0), hold, end)
        for hold, found in enumerate(hits)
        for begin, end in pairwise(_corners(found))
    )
    said = np.array([min(FEWEST_SAID, len(sure))] * len(ranked))
    for _, hold, end in runs:
        tried = said.copy()
        tried[hold] = max(said[hold], end)
        right = sum(found[count] for found, count in zip(hits, tried, strict=True))
        pooled, alone = right / tried.sum(), hits[hold][tried[hold]] / tried[hold]
        if pooled >= HOLD_PRECISION and alone >= HOLD_FLOOR:
            said = tried
    return np.array(
        [sure[order[count - 1], hold] for hold, (order, count) in enumerate(zip(ranked, said, strict=True))]
    )


def _corners(hits: Numbers) -> list[int]:
    """Where the upper hull of the hits by texts said turns, from none on."""
    corners: list[int] = []
    for place in range(len(hits)):
        while len(corners) > 1 and _steepness(hits, corners[-1], place) >= _steepness(hits, corners[-2], corners[-1]):
            corners.pop()
        corners.append(place)
    return corners


def _steepness(hits: Numbers, begin: int, end: int) -> float:
    return float(hits[end] - hits[begin]) / (end - begin)


def _name(column: int) -> str:
    for field, held in COLUMNS.items():
        if held.start <= column < held.stop:
            return f"{field} {CLASSES[field][column - held.start]}"
    raise AssertionError(column)
