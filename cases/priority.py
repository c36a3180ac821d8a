"""Which case comes first: by harm and time, then by feeling, then by how many people see it."""

import math
from collections.abc import Mapping, Sequence

from models import MentionType, Sentiment, Urgency

_URGENCY: Mapping[Urgency, int] = {
    Urgency.CRITICAL: 3000,
    Urgency.HIGH: 2000,
    Urgency.NORMAL: 1000,
    Urgency.LOW: 0,
}
_SENTIMENT: Mapping[Sentiment, int] = {Sentiment.NEGATIVE: 200, Sentiment.NEUTRAL: 50, Sentiment.POSITIVE: 0}
_TYPE: Mapping[MentionType, int] = {
    MentionType.COMPLAINT: 150,
    MentionType.QUESTION: 80,
    MentionType.SUGGESTION: 20,
    MentionType.PRAISE: 10,
    MentionType.OTHER: 0,
}
_HELD = 100
_MOST_REACH = 150  # a million followers; never lifts a case into the next urgency


def priority_of(urgency: Urgency, sentiment: Sentiment, type_: MentionType, holds: Sequence[str], reach: int) -> int:
    """Higher first. `reach` is the author's followers; the urgencies never overlap."""
    seen = min(_MOST_REACH, round(25 * math.log10(1 + max(0, reach))))
    return _URGENCY[urgency] + _SENTIMENT[sentiment] + _TYPE[type_] + (_HELD if holds else 0) + seen
