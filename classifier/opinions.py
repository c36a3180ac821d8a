"""What one model says of one field, and how it enters a verdict."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from classifier.base import Verdict
from models import MentionType, Sentiment, Urgency


@dataclass(frozen=True)
class Opinion:
    """A label, in the words of the settings, and its probability."""

    label: str
    share: float


def value_of(field: str, label: str) -> Sentiment | Urgency | MentionType | bool:
    """What stands in a verdict for a label of the settings."""
    match field:
        case "sentiment":
            return Sentiment(label)
        case "urgency":
            return Urgency(label)
        case "type":
            return MentionType(label)
        case _:
            return label == "true"


def overruled(verdict: Verdict, opinions: Mapping[str, Opinion], sure: float) -> Verdict:
    """The verdict with the fields of these opinions replaced; a person looks at those below `sure`."""
    if not opinions:
        return verdict
    values: dict[str, Any] = {field: value_of(field, opinion.label) for field, opinion in opinions.items()}
    confidence = {**verdict.confidence, **{field: opinion.share for field, opinion in opinions.items()}}
    doubted = [field for field, opinion in opinions.items() if opinion.share < sure]
    abstained = [field for field in verdict.abstained if field not in opinions] + doubted
    changed = replace(verdict, **values, confidence=confidence, abstained=tuple(abstained))
    return agreed(changed, frozenset(opinions))


def agreed(verdict: Verdict, decided: frozenset[str]) -> Verdict:
    """Type, complaint and spam as the labels want them together: what was `decided` last stands, the type above all.

    A type that only a "no complaint" took away is other, which a person looks at.
    """
    leader, follows = led(verdict, decided)
    changed = verdict
    for field, value in follows.items():
        changed = _following(changed, field, value, leader)
    if leader == "complaint" and not verdict.complaint:
        changed = replace(changed, abstained=(*(field for field in changed.abstained if field != "type"), "type"))
    return changed


def led(verdict: Verdict, decided: frozenset[str]) -> tuple[str, dict[str, Any]]:
    """The field from which others follow by the labels, and what they are then; "" when nothing follows.

    A text is a complaint when its type is one, may be one beside the type other, and spam is neither.
    """
    no_spam = {"spam": False} if verdict.spam else {}
    if "type" in decided and verdict.type is not MentionType.OTHER:
        return "type", {"complaint": verdict.type is MentionType.COMPLAINT, **no_spam}
    if "complaint" in decided and verdict.complaint:
        voiced = "type" in decided or verdict.type in (MentionType.COMPLAINT, MentionType.OTHER)
        return "complaint", no_spam if voiced else {"type": MentionType.COMPLAINT, **no_spam}
    if "spam" in decided and verdict.spam:
        follows = {"type": MentionType.OTHER, "complaint": False}
        return "spam", {field: value for field, value in follows.items() if field not in decided}
    if "complaint" in decided and verdict.type is MentionType.COMPLAINT:
        return "complaint", {"type": MentionType.OTHER}
    return "", {}


def _following(verdict: Verdict, field: str, value: object, leader: str) -> Verdict:
    """A field that follows from another is as sure as that one."""
    confidence = {**verdict.confidence, field: verdict.confidence.get(leader, 1.0)}
    abstained = [name for name in verdict.abstained if name != field]
    if leader in abstained:
        abstained.append(field)
    changes: dict[str, Any] = {field: value, "confidence": confidence, "abstained": tuple(abstained)}
    return replace(verdict, **changes)
