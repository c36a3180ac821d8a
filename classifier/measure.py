"""Figures of agreement between what was said and what is so."""

from collections.abc import Mapping, Sequence

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
