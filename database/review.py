"""Which verdicts a person should look at."""

from collections.abc import Collection

from models import MentionType, Urgency

# What people act by; a doubt about a topic or the language brings nobody to a wrong decision.
_ACTED_BY = frozenset({"type", "sentiment", "urgency", "spam", "holds"})


def asks_for_review(abstained: Collection[str], *, spam: bool, type_: MentionType, urgency: Urgency) -> bool:
    """Whether a person should look at a verdict that left these fields open.

    Nobody acts on spam, nor on the mood of talk that needs no answer.
    """
    doubts = _ACTED_BY.intersection(abstained)
    if not doubts or spam:
        return False
    is_talk = type_ is MentionType.OTHER and urgency is Urgency.LOW
    return not is_talk or doubts != {"sentiment"}
