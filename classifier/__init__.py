"""Tag what was heard: language, sentiment, urgency, type and holds."""

from functools import cache

from classifier.base import Classifier


@cache
def configured() -> Classifier:
    """The classifier that the settings ask for: the embedded one, made once."""
    from classifier.embedded import EmbeddedClassifier  # noqa: PLC0415 - reads weights; the contract alone needs none

    return EmbeddedClassifier()
