"""Classifiers for the pages to ask for reasons."""

from collections.abc import Sequence

from classifier.base import Reasons, Verdict
from models import MentionType, Sentiment, Urgency


class Telling:
    """A classifier that gives the reasons it is told to give, and calls every text a complaint of normal urgency."""

    def __init__(self, version: str = "telling-1", **reasons: tuple[tuple[str, float], ...]) -> None:
        self.version = version
        self._reasons = reasons
        self.asked: list[str] = []

    def classify(self, texts: Sequence[str]) -> list[Verdict]:
        said = Verdict("pt", Sentiment.NEGATIVE, Urgency.NORMAL, MentionType.COMPLAINT, True, (), version=self.version)
        return [said for _ in texts]

    def reasons(self, text: str) -> Reasons:
        self.asked.append(text)
        return self._reasons


class Silent:
    """A classifier that gives no reasons."""

    version = "silent-1"

    def classify(self, texts: Sequence[str]) -> list[Verdict]:
        raise NotImplementedError
