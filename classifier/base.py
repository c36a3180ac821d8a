"""The contract of a classifier, and its verdict."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from models import Hold, MentionType, Sentiment, Urgency


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


class Classifier(Protocol):
    """Tags texts."""

    version: str  # changes whenever a verdict could

    def classify(self, texts: Sequence[str]) -> list[Verdict]:
        """One verdict a text, in order; never raises on any text."""
        ...
