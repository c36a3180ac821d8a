"""Trains the embedded classifier's heads: python -m classifier.train --data DIR [--out FILE]."""

import argparse
import multiprocessing
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from classifier import calibrate, corpus
from classifier.corpus import Text
from classifier.fit import Recipe, Rows, Weights, fit, joined, rows_of, scores, take
from classifier.joint import Labels
from classifier.linear import CARE_WIDTH, CLASSES, COLUMNS, GROUPS, MOODS, WEIGHTS, Heads, Table, dump, quantised
from classifier.parts import parts, raise_by_parts
from classifier.probabilities import Floats
from errors import OuvidorError

IBERIAN_FILES = ("umsab_train_pt", "umsab_train_es", "umsab_val_pt", "umsab_val_es")
ENGLISH_FILES = ("semeval2013_16_en",)
NEIGHBOUR_FILES = ("umsab_train_it", "umsab_train_fr")  # they share words, endings and emoji with ours
COMPLAINT_FILES = ("complaints_en",)
# Against a tweet of the training data.
OWN_WEIGH = {"iberian": 0.1, "english": 0.3}
MOODS_WEIGH, NEIGHBOURS_WEIGH = 0.3, 0.3
POSTS_WEIGH = 3.0  # a public complaint or other post, against a text of our own
IBERIAN = Recipe(decay=1.2e-3)
ENGLISH = Recipe(decay=3e-4, rounds=60, rarity=0.5, telling=0.5)
CARE = Recipe(decay=3e-4)
SEVERAL = Recipe(decay=2e-4, exclusive=False)
COMPLAINT = Recipe(decay=5e-4, exclusive=False)
LEAST_STEPS = 2  # a weight of one step tells nothing, and a quarter of the file
FOLDS = 5
_STRETCH = 400  # tweets collected together speak of the same matters, so they are held back together
_WORKERS = 2

Say = Callable[[str], None]
Numbers = NDArray[np.int64]


@dataclass(frozen=True)
class Task:
    """What one head is trained on."""

    rows: Rows
    wanted: Floats
    importance: Floats
    folds: Numbers  # which part each row is held back with; -1 for a row that is only trained on
    recipe: Recipe
    parts: "Parts | None" = None


@dataclass(frozen=True)
class Parts:
    """The sentences of the rows, of which some classes are heard too."""

    rows: Rows
    owners: Numbers  # the row that each sentence is of
    columns: slice  # of what is wanted


_given: list[Task] = []  # what a worker process was forked with


def _held_back(part: int) -> tuple[Numbers, Floats]:
    task = _given[-1]
    train, check = np.flatnonzero(task.folds != part), np.flatnonzero(task.folds == part)
    weights = fit(take(task.rows, train), task.wanted[train], task.importance[train], task.recipe)
    told = scores(take(task.rows, check), weights)
    if task.parts:
        heard = np.flatnonzero(task.folds[task.parts.owners] == part)
        owners = np.searchsorted(check, task.parts.owners[heard])
        columns = task.parts.columns
        raise_by_parts(told[:, columns], owners, scores(take(task.parts.rows, heard), weights)[:, columns])
    return check, told


def _whole(_: int) -> Weights:
    task = _given[-1]
    return fit(task.rows, task.wanted, task.importance, task.recipe)


def trained(task: Task) -> tuple[Weights, Floats]:
    """The weights from all rows, and for each row its scores by weights that never saw its part."""
    raw = np.zeros(task.wanted.shape, dtype=np.float32)
    # A forked process sees the rows where they lie; nothing of them is copied.
    with multiprocessing.get_context("fork").Pool(_WORKERS, _given.append, (task,)) as pool:
        whole = pool.map_async(_whole, [0])
        for check, told in pool.map(_held_back, range(int(task.folds.max()) + 1), chunksize=1):
            raw[check] = told
        return whole.get()[0], raw


def balanced(labels: Numbers) -> Floats:
    """Rare classes count as much as frequent ones."""
    counts = np.bincount(labels)
    weights: Floats = (len(labels) / len(counts) / np.maximum(counts, 1))[labels].astype(np.float32)
    return weights


def leaning(wanted: Floats) -> Floats:
    """What holds seldom counts for more, by the root of how seldom."""
    share = np.clip(wanted.mean(axis=0), 1e-3, 1)
    weights: Floats = np.where(wanted > 0, np.sqrt((1 - share) / share).clip(1, 6), 1).astype(np.float32)
    return weights


def by_author(texts: Sequence[Text]) -> Numbers:
    """The texts of one author are held back together."""
    authors = {name: place % FOLDS for place, name in enumerate(sorted({text.group for text in texts}))}
    return np.array([authors[text.group] for text in texts])


def by_domain(texts: Sequence[Text]) -> Numbers:
    """The posts on one trade are held back together; random posts belong to none and are spread over all parts."""
    domains = [name for name in dict.fromkeys(text.group for text in texts) if not name.startswith("random")]
    turn = {name: place for place, name in enumerate(domains)}
    return np.array([turn.get(text.group, place % len(domains)) for place, text in enumerate(texts)])


@dataclass(frozen=True)
class Source:
    """Texts, read."""

    texts: list[Text]
    rows: Rows

    def part(self, chosen: Sequence[bool]) -> "Source":
        places = np.flatnonzero(chosen)
        return Source([self.texts[place] for place in places], take(self.rows, places))


def source(texts: Sequence[Text]) -> Source:
    """The texts with their features."""
    return Source(list(texts), rows_of([text.text for text in texts]))


def _is_english(texts: Sequence[Text]) -> list[bool]:
    return [text.labels["lang"] == "en" for text in texts]


def sentiment(
    data: Path, own: Source, moods: Sequence[Text], seed: int
) -> tuple[list[Weights], list[Floats], list[Source], list[Floats]]:
    """For each group the weights, the unseen scores of the tweets, the tweets, and the unseen scores of our texts."""
    english = _is_english(own.texts)
    weights, tweets_raw, tweets_of, own_raw = [], [], [], []
    for group in GROUPS:
        is_english = group == "english"
        files = ENGLISH_FILES if is_english else IBERIAN_FILES
        tweets = source(corpus.folder(data, files, "sentiment", "lang"))
        ours = own.part(english if is_english else [not one for one in english])
        count, ends = len(tweets.texts), len(tweets.texts) + len(ours.texts)
        beside: list[tuple[Sequence[Text], float]] = []  # only trained on
        if is_english:
            held = np.arange(count) // _STRETCH % FOLDS
        else:
            held = np.random.default_rng(seed).permutation(count) % FOLDS
            neighbours = corpus.folder(data, NEIGHBOUR_FILES, "sentiment", "lang")
            beside = [(moods, MOODS_WEIGH), (neighbours, NEIGHBOURS_WEIGH)]
        rows = joined([tweets.rows, ours.rows, *(source(more).rows for more, _ in beside)])
        texts = [*tweets.texts, *ours.texts, *(text for more, _ in beside for text in more)]
        labels = corpus.places(texts, "sentiment")
        share = [1.0] * count + [OWN_WEIGH[group]] * len(ours.texts)
        share += [weight for more, weight in beside for _ in more]
        folds = np.concatenate((held, by_author(ours.texts), np.full(len(texts) - ends, -1)))
        importance = balanced(labels)[:, None] * np.array(share, dtype=np.float32)[:, None]
        recipe = ENGLISH if is_english else IBERIAN
        fitted, raw = trained(Task(rows, np.eye(MOODS, dtype=np.float32)[labels], importance, folds, recipe))
        weights.append(fitted)
        tweets_raw.append(raw[:count])
        tweets_of.append(tweets)
        own_raw.append(raw[count:ends])
    return weights, tweets_raw, tweets_of, own_raw


def complaints(data: Path, own: Source) -> tuple[Weights, Floats, Source, Floats]:
    """The weights, the unseen scores of the posts by domain left out, the posts, and the unseen scores of our texts."""
    posts = source(corpus.folder(data, COMPLAINT_FILES, "complaint", "domain"))
    folds = np.concatenate((by_domain(posts.texts), by_author(own.texts)))
    texts = [*posts.texts, *own.texts]
    wanted = corpus.places(texts, "complaint").astype(np.float32)[:, None]
    importance = balanced(wanted[:, 0].astype(np.int64))[:, None]
    importance[: len(posts.texts)] *= POSTS_WEIGH
    weights, raw = trained(Task(joined([posts.rows, own.rows]), wanted, importance, folds, COMPLAINT))
    return weights, raw[: len(posts.texts)], posts, raw[len(posts.texts) :]


def train(data: Path, seed: int, say: Say, texts: Path | None = None) -> Heads:
    """All heads from the texts of the folder and our own; the same texts and seed give the same heads.

    texts: the folder with our own texts; None is the one that travels with the package.
    """
    if not data.is_dir():
        raise OuvidorError(f"{data} is not a folder: --data names the folder with the training texts.")
    started = time.monotonic()

    def tell(line: str) -> None:
        say(f"{time.monotonic() - started:5.0f} s  {line}")

    own = source([text for name in corpus.OWN for text in corpus.own(name, texts)])
    english = np.array(_is_english(own.texts))
    tell(f"{len(own.texts)} texts of our own are read")
    raw = np.zeros((len(own.texts), CARE_WIDTH), dtype=np.float32)
    fitted: dict[str, Weights] = {}
    for field in ("type", "urgency"):
        labels = corpus.places(own.texts, field)
        wanted = np.eye(len(CLASSES[field]), dtype=np.float32)[labels]
        task = Task(own.rows, wanted, balanced(labels)[:, None], by_author(own.texts), CARE)
        fitted[field], raw[:, COLUMNS[field]] = trained(task)
        tell(f"{field} is fitted")
    several = ("spam", "holds", "topics")
    wanted = np.concatenate([corpus.wanted(own.texts, field) for field in several], axis=1)
    columns = slice(COLUMNS["spam"].start, COLUMNS["topics"].stop)
    task = Task(own.rows, wanted, leaning(wanted), by_author(own.texts), SEVERAL, _parts(own.texts))
    fitted["several"], raw[:, columns] = trained(task)
    tell("spam, holds and topics are fitted")
    fitted["complaint"], posts_raw, posts, raw[:, COLUMNS["complaint"]] = complaints(data, own)
    tell("complaint is fitted")
    moods, tweets_raw, tweets, own_moods = sentiment(
        data, own, [mood for name in corpus.MOODS for mood in corpus.own(name, texts)], seed
    )
    tell("sentiment is fitted")
    unseen = np.zeros((len(own.texts), MOODS), dtype=np.float32)
    unseen[~english], unseen[english] = own_moods
    known = Labels(*(corpus.places(own.texts, field) for field in ("type", "urgency", "complaint", "sentiment")))
    part = calibrate.Unseen(
        english.astype(np.int64),
        unseen,
        raw,
        known,
        wanted,
        tweets_raw,
        [corpus.places(one.texts, "sentiment") for one in tweets],
        [[text.group for text in one.texts] for one in tweets],
        posts_raw,
        corpus.places(posts.texts, "complaint"),
    )
    tuned = calibrate.tuned(part, tell)
    tables = [quantised(one.table, one.dense, one.bias, LEAST_STEPS) for one in moods]
    return replace(tuned, iberian=tables[0], english=tables[1], care=_care(fitted))


def _parts(texts: Sequence[Text]) -> Parts | None:
    """The sentences of the long ones among our texts, read in the language of the whole text; None where none is."""
    said = [(part, place) for place, text in enumerate(texts) for part in parts(text.text)]
    if not said:
        return None
    rows = rows_of([part for part, _ in said], spoken=[(texts[place].labels["lang"], 1.0) for _, place in said])
    begin, holds = COLUMNS["spam"].start, COLUMNS["holds"]
    return Parts(rows, np.array([place for _, place in said]), slice(holds.start - begin, holds.stop - begin))


def _care(fitted: dict[str, Weights]) -> Table:
    """The heads of care side by side, in the order of their columns."""
    least = np.full(CARE_WIDTH, LEAST_STEPS)
    least[COLUMNS["holds"]] = 1  # of which nothing may be lost
    order = [fitted["urgency"], fitted["type"], fitted["complaint"], fitted["several"]]
    return quantised(
        np.concatenate([one.table for one in order], axis=1),
        np.concatenate([one.dense for one in order], axis=1),
        np.concatenate([one.bias for one in order]),
        least,
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Trains, writes the weights and prints the figures; 1 and a message when the data cannot be used."""
    parser = argparse.ArgumentParser(prog="python -m classifier.train", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="the folder with the training texts")
    parser.add_argument("--out", type=Path, default=Path(__file__).with_name(WEIGHTS), help="the weights to write")
    parser.add_argument("--texts", type=Path, help="our own texts; without it those that travel with the package")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args(arguments)
    try:
        heads = train(given.data, given.seed, lambda line: print(line, flush=True), given.texts)  # noqa: T201 - its output
    except OuvidorError as problem:
        print(problem, file=sys.stderr)  # noqa: T201 - its output
        return 1
    raw = dump(heads)
    given.out.write_bytes(raw)
    print(f"{given.out}: {len(raw):,} bytes")  # noqa: T201 - its output
    return 0


if __name__ == "__main__":
    sys.exit(main())
