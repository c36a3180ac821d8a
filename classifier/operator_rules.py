"""The operator's own rules, `[[rule]]` in the settings: they stand above every model."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from hashlib import sha256
from typing import Any

import regex

from classifier.base import Classifier, Explains, Reasons, Verdict
from classifier.opinions import agreed, led, value_of
from models import Hold, Topic
from settings_classifier import RuleSettings, folded, toneless

_CODE = "3"  # raise it when a change of the code changes verdicts
# Of a run of flags `\X` alone counts the halves before each again; a pair before another half is a flag by itself.
_SIGN = regex.compile(r"\p{RI}{2}(?=\p{RI})|\X")


@dataclass(frozen=True)
class Heard:
    """A text and what is known of where it was said; None where nothing is."""

    text: str
    channel: str | None = None
    reach: int | None = None  # followers of the author

    @cached_property
    def words(self) -> str:
        return folded(self.text)

    @cached_property
    def emoji(self) -> frozenset[str]:
        return frozenset(map(toneless, signs_of(self.text)))


class Ruled:
    """A classifier below the operator's rules."""

    def __init__(self, classifier: Classifier, rules: Sequence[RuleSettings]) -> None:
        self._classifier = classifier
        self._rules = [_Rule(rule) for rule in rules]
        written = _CODE + "".join(rule.model_dump_json() for rule in rules)
        self.version = f"{classifier.version}+rules-{sha256(written.encode()).hexdigest()[:12]}"

    def classify(self, texts: Sequence[str]) -> list[Verdict]:
        """One verdict a text, in order; a rule that asks for a channel or a reach fits none of them."""
        return self.classify_heard([Heard(text) for text in texts])

    def classify_heard(self, heard: Sequence[Heard]) -> list[Verdict]:
        """One verdict each, in order."""
        verdicts = self._classifier.classify([one.text for one in heard])
        return [
            replace(self._decided(one, verdict), version=self.version)
            for one, verdict in zip(heard, verdicts, strict=True)
        ]

    def reasons(self, text: str) -> Reasons:
        """The classifier's below, and for what a rule decides by the text alone the words and signs it asks for."""
        below = self._classifier.reasons(text) if isinstance(self._classifier, Explains) else {}
        heard, (verdict,) = Heard(text), self._classifier.classify([text])
        fitting = self._fitting(heard, verdict.lang)
        found: dict[str, tuple[tuple[str, float], ...]] = {}
        holding: tuple[tuple[str, float], ...] = ()
        for rule in fitting:
            words = tuple((word, 1.0) for word in rule.found_in(heard))
            found = dict.fromkeys(rule.decides, words) | found
            holding += words if rule.adds else ()
        values = _values(fitting)
        leader, follows = led(replace(verdict, **values), frozenset(values))
        found |= dict.fromkeys(follows, found.get(leader, ()))
        found["holds"] = holding + below.get("holds", ())  # to which rules only add
        return {field: words for field, words in {**below, **found}.items() if words}

    def _fitting(self, heard: Heard, lang: str) -> list["_Rule"]:
        return [rule for rule in self._rules if rule.fits(heard, lang)]

    def _decided(self, heard: Heard, verdict: Verdict) -> Verdict:
        """Of several rules that fit, the first that names a field decides it; holds add up.

        A rule only adds to the holds: how sure those below are of the others, and a doubt about them, stays as it was.
        """
        fitting = self._fitting(heard, verdict.lang)
        if not fitting:
            return verdict
        values = _values(fitting)
        holds = set(verdict.holds).union(*(rule.adds for rule in fitting))
        changed = replace(
            verdict,
            **values,
            holds=tuple(hold for hold in Hold if hold in holds),
            confidence={**verdict.confidence, **dict.fromkeys(values, 1.0)},
            abstained=tuple(field for field in verdict.abstained if field not in values),
            rule=fitting[0].name,
        )
        return agreed(changed, frozenset(values))


def signs_of(text: str) -> list[str]:
    """What a reader sees as one sign each, in order."""
    signs: list[str] = _SIGN.findall(text)
    return signs


def classify_heard(classifier: Classifier, heard: Sequence[Heard]) -> list[Verdict]:
    """One verdict each, in order, by a classifier with rules or without."""
    if isinstance(classifier, Ruled):
        return classifier.classify_heard(heard)
    return classifier.classify([one.text for one in heard])


class _Rule:
    """One rule, its words folded once."""

    def __init__(self, rule: RuleSettings) -> None:
        self.name = rule.name
        self._rule = rule
        self._words = [folded(words) for words in rule.words]
        self._all_words = [folded(words) for words in rule.all_words]
        self._emoji = frozenset(toneless(sign) for sign in rule.emoji)
        self.adds = frozenset(Hold(hold) for hold in rule.add_holds)
        self.decides: dict[str, Any] = {
            field: value_of(field, label)
            for field in ("sentiment", "urgency", "type")
            if (label := getattr(rule, field)) is not None
        }
        if rule.spam is not None:
            self.decides["spam"] = rule.spam
        if rule.topics:
            self.decides["topics"] = tuple(topic for topic in Topic if topic.value in rule.topics)

    def found_in(self, heard: Heard) -> list[str]:
        """Those of its words and signs that stand in the text, as the operator wrote them."""
        wordings = (*self._rule.words, *self._rule.all_words)
        signs = [sign for sign in self._rule.emoji if toneless(sign) in heard.emoji]
        return [wording for wording in wordings if folded(wording) in heard.words] + signs

    def fits(self, heard: Heard, lang: str) -> bool:
        """Whether every condition that is written holds; the cheapest are asked first."""
        rule = self._rule
        return (
            (not rule.channels or heard.channel in rule.channels)
            and (not rule.min_reach or (heard.reach or 0) >= rule.min_reach)
            and (not rule.langs or lang in rule.langs)
            and (not self._words or any(words in heard.words for words in self._words))
            and all(words in heard.words for words in self._all_words)
            and (not self._emoji or not self._emoji.isdisjoint(heard.emoji))
        )


def _values(fitting: Sequence[_Rule]) -> dict[str, Any]:
    """What these rules decide, by field; the first of them stands above the others."""
    values: dict[str, Any] = {}
    for rule in fitting:
        values = rule.decides | values
    return values
