"""Fits what to add to the packaged weights, so that they agree with corrections and go on agreeing with our texts."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classifier import corpus
from classifier.corpus import Text
from classifier.features import BITS
from classifier.fit import Recipe, Rows, Weights, fit, joined, rows_of, scores, take
from classifier.linear import COLUMNS, GROUPS, Heads, Table, quantised
from classifier.probabilities import sigmoid, softmax
from classifier.reading import read
from classifier.train import balanced, leaning

WEIGHS = 12.0  # a correction, against a text of our own
RECIPE = Recipe(decay=5e-4, rounds=30, rarity=0.0, telling=0.0)
_EXCLUSIVE = ("sentiment", "urgency", "type")


@dataclass(frozen=True)
class _Seen:
    """Texts with their features."""

    texts: list[Text]
    rows: Rows
    is_english: NDArray[np.bool_]  # as a verdict would take them to be

    def part(self, chosen: NDArray[np.bool_]) -> "_Seen":
        places = np.flatnonzero(chosen)
        return _Seen([self.texts[place] for place in places], take(self.rows, places), self.is_english[places])


def _seen(texts: Sequence[Text]) -> _Seen:
    plain = [one.text for one in texts]
    if all("lang" in one.labels for one in texts):
        languages = [one.labels["lang"] for one in texts]
    else:
        languages = [lang for lang, _ in read(plain).spoken]
    return _Seen(list(texts), rows_of(plain), np.array([lang == "en" for lang in languages], dtype=bool))


def refitted(heads: Heads, base: Sequence[Text], corrected: Sequence[Text], names: Sequence[str]) -> Heads:
    """The packaged heads with those of the named fields fitted anew.

    Cells that stand in no correction keep their weight: our own texts alone ask for no change.
    """
    ours, said = _seen(base), _seen(corrected)
    for name in names:
        for table in _tables(name):
            parts = []
            for seen in (ours, said):
                chosen = np.array([name in one.labels for one in seen.texts], dtype=bool)
                if name == "sentiment":
                    chosen &= seen.is_english == (table == "english")
                parts.append(seen.part(chosen))
            if parts[1].texts:
                was = _taken(_table(heads, table), _columns(name))
                fitted = _plus(was, _added(parts[0], parts[1], name, was))
                heads = _with(heads, table, _put(_table(heads, table), _columns(name), fitted))
    return heads


def _within(rows: Rows, others: Rows) -> Rows:
    """The rows with those cells alone that the others have too."""
    occurs = np.zeros(1 << BITS, dtype=bool)
    occurs[others.cells] = True
    kept = occurs[rows.cells]
    starts = np.concatenate(([0], np.cumsum(kept)))[rows.starts]
    return Rows(rows.cells[kept], rows.weights[kept], starts, rows.dense)


def _added(ours: _Seen, said: _Seen, name: str, was: Table) -> Weights:
    """What to add to the weights of one head."""
    is_one = name in _EXCLUSIVE
    labels = corpus.wanted([*ours.texts, *said.texts], name)
    importance = balanced(labels.argmax(axis=1))[:, None] if is_one else leaning(labels)
    importance = importance * np.repeat((1.0, WEIGHS), (len(ours.texts), len(said.texts)))[:, None].astype(np.float32)
    weights = Weights(was.cells * was.scale, was.dense, was.bias)
    known = [scores(seen.rows, weights) for seen in (ours, said)]
    # Of our own texts is wanted what the packaged weights say, right or wrong: they hold, and corrections alone pull.
    wanted = np.concatenate((softmax(known[0]) if is_one else sigmoid(known[0]), labels[len(ours.texts) :]))
    rows = joined([_within(ours.rows, said.rows), said.rows])
    return fit(rows, wanted, importance, replace(RECIPE, exclusive=is_one), np.concatenate(known))


def alike(heads: Heads, others: Heads, name: str) -> bool:
    """Whether the weights of a field are the same in both."""
    columns = _columns(name)
    return all(
        np.array_equal(one, other)
        for table in _tables(name)
        for one, other in zip(
            _arrays(_taken(_table(heads, table), columns)), _arrays(_taken(_table(others, table), columns)), strict=True
        )
    )


def mixed(heads: Heads, others: Heads, names: Sequence[str]) -> Heads:
    """The heads, with those of the named fields taken from others."""
    for name in names:
        for table in _tables(name):
            taken = _taken(_table(others, table), _columns(name))
            heads = _with(heads, table, _put(_table(heads, table), _columns(name), taken))
    return heads


def _tables(name: str) -> tuple[str, ...]:
    """Where the weights of a field stand: those of sentiment by language, the others side by side in one table."""
    return GROUPS if name == "sentiment" else ("care",)


def _columns(name: str) -> slice:
    return COLUMNS.get(name, slice(None))


def _table(heads: Heads, name: str) -> Table:
    return {"iberian": heads.iberian, "english": heads.english, "care": heads.care}[name]


def _with(heads: Heads, name: str, table: Table) -> Heads:
    tables = {"iberian": heads.iberian, "english": heads.english, "care": heads.care, name: table}
    return replace(heads, iberian=tables["iberian"], english=tables["english"], care=tables["care"])


def _arrays(table: Table) -> tuple[NDArray[Any], ...]:
    return table.cells, table.dense, table.scale, table.bias


def _taken(table: Table, columns: slice) -> Table:
    return Table(table.cells[:, columns], table.dense[:, columns], table.scale[columns], table.bias[columns])


def _plus(was: Table, added: Weights) -> Table:
    """A table with something added to its weights, quantised again."""
    return quantised(was.cells * was.scale + added.table, was.dense + added.dense, was.bias + added.bias)


def _put(table: Table, columns: slice, part: Table) -> Table:
    """The table with some of its columns replaced."""
    cells, dense, scale, bias = table.cells.copy(), table.dense.copy(), table.scale.copy(), table.bias.copy()
    cells[:, columns], dense[:, columns], scale[columns], bias[columns] = part.cells, part.dense, part.scale, part.bias
    return Table(cells, dense, scale, bias)
