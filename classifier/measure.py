"""Figures of agreement between what was said and what is so."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any

BINS = 10


def figures(gold: Sequence[str], told: Sequence[str], sure: Sequence[float]) -> Mapping[str, float]:
    """n, accuracy, macro-F1, macro-recall over the classes that occur in gold, and the calibration error; 0 to 1."""
    recalls, scores = [], []
    for name in sorted(set(gold)):
        hits = sum(g == name == t for g, t in zip(gold, told, strict=True))
        recall = hits / sum(g == name for g in gold)
        said = sum(t == name for t in told)
        precision = hits / said if said else 0.0
        recalls.append(recall)
        scores.append(2 * precision * recall / (precision + recall) if hits else 0.0)
    return {
        "n": len(gold),
        "accuracy": sum(g == t for g, t in zip(gold, told, strict=True)) / len(gold),
        "macro_f1": sum(scores) / len(scores),
        "macro_recall": sum(recalls) / len(recalls),
        "ece": calibration_error([g == t for g, t in zip(gold, told, strict=True)], sure),
    }


def calibration_error(right: Sequence[bool], sure: Sequence[float]) -> float:
    """How far stated confidence lies from the share of right answers, over ten equal bins, weighted by size."""
    bins: list[list[tuple[bool, float]]] = [[] for _ in range(BINS)]
    for was_right, how_sure in zip(right, sure, strict=True):
        bins[min(BINS - 1, int(how_sure * BINS))].append((was_right, how_sure))
    gaps = [abs(sum(was for was, _ in held) - sum(how for _, how in held)) for held in bins]
    return sum(gaps) / len(right)


def confusion(gold: Sequence[str], told: Sequence[str], classes: Sequence[str]) -> dict[str, dict[str, int]]:
    """How often each class was taken for each: by what is so, then by what was said; every class has its row."""
    counts = {name: dict.fromkeys(classes, 0) for name in classes}
    for so, said in zip(gold, told, strict=True):
        counts[so][said] += 1
    return counts


def abstention(right: Sequence[bool], abstained: Sequence[bool]) -> dict[str, float | None]:
    """The share that was left to a person, and how much of the rest is right; None where nothing is left."""
    rest = [was_right for was_right, was_left in zip(right, abstained, strict=True) if not was_left]
    return {
        "share": sum(abstained) / len(abstained),
        "accuracy_of_the_rest": sum(rest) / len(rest) if rest else None,
    }


def set_figures(
    gold: Sequence[AbstractSet[str]], told: Sequence[AbstractSet[str]], classes: Sequence[str]
) -> dict[str, Any]:
    """Figures of a field that holds any number of classes.

    n: texts. per_class: the classes that are so or were said at least once, n being how often they are so. micro: all
    classes together. exact: the share of texts with the very same classes. A precision where nothing was said, and a
    recall where nothing is so, is 0.
    """
    per_class: dict[str, dict[str, float]] = {}
    for name in classes:
        hits = sum(name in so and name in said for so, said in zip(gold, told, strict=True))
        so, said = sum(name in labels for labels in gold), sum(name in labels for labels in told)
        if so or said:
            per_class[name] = _rates(hits, so, said)
    hits = sum(len(so & said) for so, said in zip(gold, told, strict=True))
    return {
        "n": len(gold),
        "per_class": per_class,
        "micro": _rates(hits, sum(map(len, gold)), sum(map(len, told))),
        "exact": sum(so == said for so, said in zip(gold, told, strict=True)) / len(gold),
    }


def _rates(hits: int, so: int, said: int) -> dict[str, float]:
    return {
        "n": so,
        "precision": hits / said if said else 0.0,
        "recall": hits / so if so else 0.0,
        "f1": 2 * hits / (so + said) if hits else 0.0,
    }
