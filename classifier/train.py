"""Trains the embedded classifier's heads: python -m classifier.train --data DIR [--out FILE]."""

import argparse
import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from classifier.evaluate import read_lines
from classifier.fit import Recipe, Rows, fit, rows_of, scores, softmax, take
from classifier.linear import COMPLAINT, ENGLISH, IBERIAN, WEIGHTS, Heads, dump, quantised
from classifier.measure import figures
from errors import OuvidorError

IBERIAN_FILES = ("umsab_train_pt", "umsab_train_es")
IBERIAN_CHECK = ("umsab_val_pt", "umsab_val_es")
ENGLISH_FILES = ("semeval2013_16_en",)
COMPLAINT_FILES = ("complaints_en",)
SENTIMENTS = ("negative", "neutral", "positive")
SMALL = Recipe(decay=1e-3, rounds=30)
LARGE = Recipe(decay=2e-5, rounds=40)
COMPLAINTS = Recipe(decay=1e-3, rounds=30)
HELD_BACK = 0.1  # of a file that has no part of its own to check on

Labels = NDArray[np.int64]
_ESCAPE = re.compile(r"\\u([0-9a-fA-F]{4})")


@dataclass(frozen=True)
class Labelled:
    """Texts as rows of features, with the number of each one's class."""

    rows: Rows
    labels: Labels
    groups: list[str]  # language or domain

    def part(self, chosen: NDArray[np.int64]) -> "Labelled":
        return Labelled(take(self.rows, chosen), self.labels[chosen], [self.groups[i] for i in chosen])


def read(data: Path, names: Sequence[str], field: str, classes: Sequence[object], group: str) -> Labelled:
    """The named files of the folder; OuvidorError names a missing file or the line that cannot be used."""
    texts: list[str] = []
    labels: list[int] = []
    groups: list[str] = []
    for name in names:
        path = data / f"{name}.jsonl"
        for number, line in read_lines(path):
            text, label = line.get("text"), line.get(field)
            if not isinstance(text, str):
                raise OuvidorError(f"{path}, line {number}: it has no text.")
            if isinstance(label, bool) or label not in classes:
                raise OuvidorError(f"{path}, line {number}: {field} must be one of {list(classes)}, not {label!r}.")
            texts.append(_ESCAPE.sub(lambda found: chr(int(found[1], 16)), text))
            labels.append(classes.index(label))
            groups.append(str(line.get(group, "")))
    if len(set(labels)) < len(classes):
        raise OuvidorError(f"{', '.join(names)} in {data}: every one of {list(classes)} must occur at least once.")
    return Labelled(rows_of(texts), np.array(labels), groups)


def temperature(raw: NDArray[np.float32], labels: Labels) -> float:
    """The divisor of the scores under which their probabilities fit the labels best."""
    candidates = np.exp(np.linspace(np.log(0.3), np.log(4.0), 60))

    def surprise(divisor: float) -> float:
        shares = softmax((raw / divisor).astype(np.float32))
        return float(-np.log(np.maximum(shares[np.arange(len(labels)), labels], 1e-9)).mean())

    return float(min(candidates, key=surprise))


def balanced(labels: Labels) -> NDArray[np.float32]:
    """Rare classes count as much as frequent ones."""
    counts = np.bincount(labels)
    weights: NDArray[np.float32] = (len(labels) / len(counts) / np.maximum(counts, 1))[labels].astype(np.float32)
    return weights


def joined(one: Labelled, other: Labelled) -> Labelled:
    """Both parts as one."""
    rows = Rows(
        np.concatenate((one.rows.cells, other.rows.cells)),
        np.concatenate((one.rows.weights, other.rows.weights)),
        np.concatenate((one.rows.starts, one.rows.starts[-1] + other.rows.starts[1:])),
    )
    return Labelled(rows, np.concatenate((one.labels, other.labels)), [*one.groups, *other.groups])


Head = tuple[NDArray[np.float32], NDArray[np.float32], float]


def head(
    train: Labelled, check: Labelled, recipe: Recipe, name: str, say: Callable[[str], None], refit: bool = False
) -> Head:
    """Fits one head, calibrates it on the part that it did not see, and says how well it does there."""
    table, bias = fit(train.rows, train.labels, balanced(train.labels), recipe)
    raw = scores(check.rows, table, bias)
    divisor = temperature(raw, check.labels)
    for group in sorted(set(check.groups)):
        of_group = np.array([place for place, name in enumerate(check.groups) if name == group])
        _say(f"{name} {group}", raw[of_group] / divisor, check.labels[of_group], say)
    if not refit:
        return table, bias, divisor
    # What was held back to measure and calibrate is too precious to leave out of the weights that are shipped.
    whole = joined(train, check)
    table, bias = fit(whole.rows, whole.labels, balanced(whole.labels), recipe)
    return table, bias, divisor


def _say(name: str, raw: NDArray[np.float32], labels: Labels, say: Callable[[str], None]) -> None:
    shares = softmax(raw.astype(np.float32))
    told = shares.argmax(axis=1)
    found = figures([str(label) for label in labels], [str(label) for label in told], shares.max(axis=1).tolist())
    numbers = "  ".join(f"{key} {value:.3f}" for key, value in found.items() if key != "n")
    say(f"{name:<24} n {len(labels):>6}  {numbers}")


def split(labelled: Labelled, seed: int) -> tuple[Labelled, Labelled]:
    """A part to train on and a part held back, by the seed."""
    order = np.random.default_rng(seed).permutation(len(labelled.labels))
    back = max(1, int(len(order) * HELD_BACK))
    return labelled.part(np.sort(order[back:])), labelled.part(np.sort(order[:back]))


def without_domains(labelled: Labelled, say: Callable[[str], None]) -> tuple[NDArray[np.float32], Labels]:
    """Scores of each domain's texts by a head that never saw that domain: what to expect of an unknown brand."""
    raw = np.zeros((len(labelled.labels), 2), dtype=np.float32)
    # Random posts and replies belong to no brand: they are spread over all parts.
    domains = [name for name in dict.fromkeys(labelled.groups) if not name.startswith("random")]
    turn = {name: place for place, name in enumerate(domains)}
    parts = np.array([turn.get(name, place % len(domains)) for place, name in enumerate(labelled.groups)])
    for part in range(len(domains)):
        inside, outside = np.flatnonzero(parts == part), np.flatnonzero(parts != part)
        train, check = labelled.part(outside), labelled.part(inside)
        table, bias = fit(train.rows, train.labels, balanced(train.labels), COMPLAINTS)
        raw[inside] = scores(check.rows, table, bias)
        _say(f"complaint, new {domains[part]}", raw[inside], check.labels, say)
    _say("complaint, all", raw, labelled.labels, say)
    return raw, labelled.labels


def train(data: Path, seed: int, say: Callable[[str], None]) -> Heads:
    """All heads from the texts of the folder; the same texts and seed give the same heads."""
    if not data.is_dir():
        raise OuvidorError(f"{data} is not a folder: --data names the folder with the training texts.")
    iberian = head(
        read(data, IBERIAN_FILES, "sentiment", SENTIMENTS, "lang"),
        read(data, IBERIAN_CHECK, "sentiment", SENTIMENTS, "lang"),
        SMALL,
        "sentiment",
        say,
        refit=True,
    )
    english = head(*split(read(data, ENGLISH_FILES, "sentiment", SENTIMENTS, "lang"), seed), LARGE, "sentiment", say)
    labelled = read(data, COMPLAINT_FILES, "complaint", (0, 1), "domain")
    raw, labels = without_domains(labelled, say)
    divisor = temperature(raw, labels)
    table, bias = fit(labelled.rows, labelled.labels, balanced(labelled.labels), COMPLAINTS)
    columns = np.zeros((table.shape[0], 7), dtype=np.float32)
    biases = np.zeros(7, dtype=np.float32)
    columns[:, IBERIAN], biases[IBERIAN] = iberian[0], iberian[1]
    columns[:, ENGLISH], biases[ENGLISH] = english[0], english[1]
    columns[:, COMPLAINT], biases[COMPLAINT] = table[:, 1] - table[:, 0], bias[1] - bias[0]
    return quantised(columns, biases, np.array([iberian[2], english[2], divisor], dtype=np.float32))


def main(arguments: Sequence[str] | None = None) -> int:
    """Trains, writes the weights and prints the figures; 1 and a message when the data cannot be used."""
    parser = argparse.ArgumentParser(prog="python -m classifier.train", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="the folder with the training texts")
    parser.add_argument("--out", type=Path, default=Path(__file__).with_name(WEIGHTS), help="the weights to write")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args(arguments)
    try:
        raw = dump(train(given.data, given.seed, lambda line: print(line, flush=True)))  # noqa: T201 - its output
    except OuvidorError as problem:
        print(problem, file=sys.stderr)  # noqa: T201 - its output
        return 1
    given.out.write_bytes(raw)
    print(f"{given.out}: {len(raw):,} bytes")  # noqa: T201 - its output
    return 0


if __name__ == "__main__":
    sys.exit(main())
