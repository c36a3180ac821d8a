"""Learns from the team's corrections, and switches only to what is better for them and no worse for our own texts."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from classifier import corpus
from classifier.base import Verdict
from classifier.corpus import SEVERAL, Text
from classifier.corrections import having, held_back
from classifier.embedded import EmbeddedClassifier
from classifier.linear import CLASSES, Heads, dump, load
from classifier.measure import figures
from classifier.refit import alike, mixed, refitted
from models import Hold, Urgency

LEAST = 20  # corrections of a field to learn it from
LEAST_HELD_BACK = 5  # and of those held back, to judge it by
MOST_LOST = 0.01  # of any figure on the examination
MOST_SPAM_LOST = 0.02  # there one text alone is a hundredth
MOST_MISSED = 0.05  # of the texts of one hold, or of those that cannot wait, that were found before
# Of the held-back corrections that were missed, at least these must be met. Corrections that contradict what is known
# cannot be learned, and a few are met by chance.
LEAST_GAINED, LEAST_SHARE = 2.0, 0.1

Figures = Mapping[str, float]


@dataclass(frozen=True)
class FieldFigures:
    """How one field did before and would do after, 0 to 1; None where nothing was fitted."""

    corrections: int
    held_back: int
    before: float | None = None  # share of the held-back corrections that it agrees with
    after: float | None = None
    examination_before: float | None = None
    examination_after: float | None = None
    kept: bool = False


@dataclass(frozen=True)
class Judged:
    """What came of learning."""

    reason: Literal["better", "nothing", "few", "same", "worse"]
    corrections: int  # texts that were corrected, and of those
    held_back: int
    fields: Mapping[str, FieldFigures] = field(default_factory=dict)
    heads: Heads | None = None  # to switch to, when they are better
    raw: bytes = b""  # their file


@dataclass(frozen=True)
class Marks:
    """How well a classifier does."""

    right: Figures  # by field, summed over the held-back corrections
    # By figure: macro-F1 of a field, micro-F1 of topics and holds, the recall of all holds, of each, and of critical.
    examination: Figures


def learn(said: Sequence[Text], packaged: Heads, present: Heads, least: int = LEAST) -> Judged:
    """Fits the packaged weights anew from corrections, and judges them against those in force.

    A field that is learned gets the same weights from the same corrections, whatever was learned before; it is learned
    from `least` corrections on, beside LEAST_HELD_BACK or more that are held back. Any other keeps the weights in
    force. Nothing is written.
    """
    trained, held = held_back(said)
    counts = {
        name: FieldFigures(len(having(trained, name)) + len(having(held, name)), len(having(held, name)))
        for name in CLASSES
        if having(said, name)
    }
    fields = [
        name
        for name, count in counts.items()
        if count.corrections - count.held_back >= least and count.held_back >= LEAST_HELD_BACK
    ]
    if not fields:
        return Judged("few" if counts else "nothing", len(said), len(held), counts)
    files = (*corpus.OWN, *corpus.MOODS) if "sentiment" in fields else corpus.OWN
    base = [text for name in files for text in corpus.own(name)]
    candidate = refitted(packaged, base, trained, fields)
    changed = [name for name in fields if not alike(present, candidate, name)]
    if not changed:
        return Judged("same", len(said), len(held), counts)
    before = marks(present, held, fields)
    kept, after = may_switch(present, candidate, held, changed, before, marks(packaged, [], []).examination)
    found = {
        name: _told(name, count, before, after, kept=name in kept) if name in fields else count
        for name, count in counts.items()
    }
    if not kept:
        return Judged("worse", len(said), len(held), found)
    raw = dump(mixed(present, candidate, kept))
    return Judged("better", len(said), len(held), found, load(raw), raw)


def may_switch(
    present: Heads,
    candidate: Heads,
    held: Sequence[Text],
    changed: Sequence[str],
    before: Marks,
    packaged: Figures,
) -> tuple[list[str], Marks]:
    """The fields that may switch, and how all would do with those; when none may, with all that changed.

    The examination is held to the packaged weights too: else many steps down could follow each other.
    """
    least = {name: max(mark, packaged[name]) - _bearable(name) for name, mark in before.examination.items()}
    missed = sum(len(having(held, name)) - right for name, right in before.right.items())
    enough = max(LEAST_GAINED, LEAST_SHARE * missed)
    kept = list(changed)
    first = after = marks(mixed(present, candidate, kept), held, before.right)
    while kept:
        fallen = {name.partition(" ")[0] for name, mark in after.examination.items() if mark < least[name]}
        lost = {name: before.right[name] - mark for name, mark in after.right.items()}
        if not fallen and -sum(lost.values()) >= enough and max(lost.values()) <= 0:
            return kept, after
        # Fields are decided together, so that one may fall by another: then the one that gained least goes.
        suspects = [name for name in kept if (name in fallen if fallen else lost[name] > 0)]
        kept.remove(max(suspects or kept, key=lambda name: lost[name]))
        after = marks(mixed(present, candidate, kept), held, before.right)
    return [], first


def _bearable(figure: str) -> float:
    """How much a figure on the examination may lose."""
    if figure.endswith(" found"):
        return MOST_MISSED
    return MOST_SPAM_LOST if figure == "spam" else MOST_LOST


def marks(heads: Heads, held: Sequence[Text], fields: Iterable[str]) -> Marks:
    classifier = EmbeddedClassifier(heads)
    said = classifier.classify([one.text for one in held])
    right = {
        name: sum(
            _agree(name, one.labels[name], verdict)
            for one, verdict in zip(held, said, strict=True)
            if name in one.labels
        )
        for name in fields
    }
    examination = corpus.own(corpus.EXAMINATION)
    return Marks(right, _examined(examination, classifier.classify([one.text for one in examination])))


def _agree(name: str, label: Any, verdict: Verdict) -> float:
    """1 where the verdict says the label; of several names, those that both say out of all that either says."""
    if name not in SEVERAL:
        return float(_plain(label) == _plain(getattr(verdict, name)))
    theirs, ours = set(label), {str(one) for one in getattr(verdict, name)}
    return len(theirs & ours) / len(theirs | ours) if theirs | ours else 1.0


def _plain(label: Any) -> str:
    return str(label).lower()


def _examined(texts: Sequence[Text], verdicts: Sequence[Verdict]) -> Figures:
    found: dict[str, float] = {}
    for name in CLASSES:
        if name in SEVERAL:
            pairs = [
                ({str(one) for one in getattr(v, name)}, set(t.labels[name]))
                for t, v in zip(texts, verdicts, strict=True)
            ]
            hits = sum(len(said & so) for said, so in pairs)
            told, true = (sum(len(pair[place]) for pair in pairs) for place in (0, 1))
            found[name] = 2 * hits / max(1, told + true)
            if name == "holds":
                found["holds recall"] = hits / max(1, true)
                for hold in Hold:
                    of_hold = [hold in said for said, so in pairs if hold in so]
                    found[f"holds {hold} found"] = sum(of_hold) / max(1, len(of_hold))
        else:
            labels = [_plain(text.labels[name]) for text in texts]
            said = [_plain(getattr(verdict, name)) for verdict in verdicts]
            found[name] = figures(labels, said, [1.0] * len(labels))["macro_f1"]
            if name == "urgency":
                of_critical = [told for told, label in zip(said, labels, strict=True) if label == Urgency.CRITICAL]
                found["urgency critical found"] = of_critical.count(Urgency.CRITICAL) / max(1, len(of_critical))
    return found


def _told(name: str, count: FieldFigures, before: Marks, after: Marks, *, kept: bool) -> FieldFigures:
    return FieldFigures(
        count.corrections,
        count.held_back,
        round(before.right[name] / count.held_back, 4),
        round(after.right[name] / count.held_back, 4),
        round(before.examination[name], 4),
        round(after.examination[name], 4),
        kept,
    )
