"""The contract of a classifier, and its verdict."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from models import Hold, MentionType, PersonalData, Sentiment, Topic, Urgency


@dataclass(frozen=True)
class Verdict:
    """What a classifier says of one text."""

    lang: str  # "pt", "en", "es" or "other"
    sentiment: Sentiment
    urgency: Urgency
    type: MentionType
    complaint: bool
    holds: tuple[Hold, ...]
    confidence: Mapping[str, float] = field(default_factory=dict)  # field name to 0..1
    version: str = ""
    spam: bool = False
    topics: tuple[Topic, ...] = (Topic.OTHER,)
    personal_data: tuple[PersonalData, ...] = ()  # the kinds that stand in the text, never what stands there
    abstained: tuple[str, ...] = ()  # the fields of which the classifier is not sure enough: a person looks
    rule: str = ""  # the operator's rule that decided; "" when none did


# For each field the words that moved it most, and how much: above 0 towards the verdict, below 0 against it.
Reasons = Mapping[str, tuple[tuple[str, float], ...]]


class Classifier(Protocol):
    """Tags texts."""

    version: str  # changes whenever a verdict could

    def classify(self, texts: Sequence[str]) -> list[Verdict]:
        """One verdict a text, in order; never raises on any text."""
        ...


@runtime_checkable
class Explains(Protocol):
    """A classifier that can say why."""

    def reasons(self, text: str) -> Reasons:
        """For each field that has any, the words that moved its present verdict; never raises on any text."""
        ...
