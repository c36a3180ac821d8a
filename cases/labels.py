"""What a person can say of each field of a verdict, and how a correction writes it down."""

from collections.abc import Mapping
from typing import Any

from errors import IllegalMoveError
from models import Hold, MentionType, Sentiment, Topic, Urgency

CORRECTED = "corrected:"  # before the correction's id: the version of the verdict that a correction makes
# One of these each.
CHOICES: Mapping[str, tuple[str, ...]] = {
    "type": tuple(MentionType),
    "sentiment": tuple(Sentiment),
    "urgency": tuple(Urgency),
    "complaint": ("true", "false"),
    "spam": ("true", "false"),
    "lang": ("pt", "en", "es", "other"),
}
# Any number of these.
SETS: Mapping[str, tuple[str, ...]] = {"holds": tuple(Hold), "topics": tuple(Topic)}
FIELDS = (*CHOICES, *SETS)
_TYPED: Mapping[str, type[MentionType] | type[Sentiment] | type[Urgency]] = {
    "type": MentionType,
    "sentiment": Sentiment,
    "urgency": Urgency,
}


def written(value: Any) -> str:
    """A field's value as a correction keeps it: true and false, and of several their names in order, with commas."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, str) else ",".join(sorted(value))


def meant(field: str, was: str, value: str) -> str:
    """What the field says once a person said `value`, written as a correction keeps it.

    A choice is named. To holds and topics one name is added by `+legal` or taken away by `-legal`, so that two people
    do not undo each other's, and `=legal,press` says all there are. IllegalMoveError for what is no label.
    """
    if field in CHOICES:
        return _one_of(field, CHOICES[field], value)
    if field not in SETS:
        raise IllegalMoveError(f"{field[:40]!r} is no label that is corrected; choose from {', '.join(FIELDS)}")
    had, names = _names(was), _names(value[1:])
    if value[:1] not in ("+", "-", "=") or (value[0] != "=" and not names):
        raise IllegalMoveError(f"{field} = {value[:40]!r} is no label: write a + or - before one of them")
    for name in names:
        _one_of(field, SETS[field], name)
    match value[0]:
        case "+":
            now = names if names == {Topic.OTHER.value} else had | names
        case "-":
            now = had - names
        case _:
            now = names | (had - set(SETS[field]))  # what a newer version knows is left alone
    if field == "topics":
        now = now - {Topic.OTHER.value} or {Topic.OTHER.value}
    return written(now)


def is_against(field: str, before: str, after: str) -> bool:
    """Whether the later value contradicts the earlier: of several, one was taken away; another beside them does not."""
    return bool(_names(before) - _names(after)) if field in SETS else before != after


def taken_unseen(field: str, was: str, value: str, shown: str) -> set[str]:
    """What saying `value` takes away though the person, who was `shown` these names, neither saw nor named it.

    The topic `other` stands for none of the others, so that nothing is lost with it.
    """
    if field not in SETS:
        return set()
    taken = _names(was) - _names(meant(field, was, value)) - {Topic.OTHER.value}
    return taken.intersection(SETS[field]) - _names(value[1:]) - _names(shown)


def column_value(field: str, text: str) -> Any:
    """A written value as the column of a verdict keeps it."""
    if field in SETS:
        return sorted(_names(text))
    if field in ("complaint", "spam"):
        return text == "true"
    return _TYPED[field](text) if field in _TYPED else text


def _one_of(field: str, labels: tuple[str, ...], value: str) -> str:
    if value not in labels:
        raise IllegalMoveError(f"{field} = {value[:40]!r} is no label; choose from {', '.join(labels)}")
    return value


def _names(text: str) -> set[str]:
    return {name for name in text.split(",") if name}
