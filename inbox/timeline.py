"""What happened to a case, in words."""

from datetime import datetime

from cases.queries.case import Event
from inbox.label_words import label_words
from inbox.texts import Texts

# Which details of an event are values that have a name of their own.
_NAMED = {"purpose": "purpose", "field": "field"}
# A detail that makes another thing of what happened, where the catalogue tells it.
_TURNS = ("adopted", "held", "again", "by_hand", "frozen", "instead", "error")
# Without these an event is told without its details.
_NEEDED = {
    "taken": {"from"},
    "snoozed": {"until"},
    "corrected": {"field", "was", "now"},
    "confirmed": {"field", "now"},
    "drafted": {"purpose"},
    "not_answerable": {"rule"},
    "acknowledgement_refused": {"rule"},
    "answer_refused": {"rule"},
    "resolution_refused": {"rule"},
    "resolved": {"published_in"},
    "own_post_elsewhere": {"account"},
}
_OF_TEMPLATE = {"template", "version"}


def event_words(t: Texts, event: Event) -> str:
    """One line; an event of a kind that the catalogue does not know is shown by its own name."""
    detail = dict(event.detail)
    key = f"event.{event.kind}"
    if not t.has(key):
        return event.kind.replace("_", " ")
    turned = next((f"{key}.{turn}" for turn in _TURNS if turn in detail and t.has(f"{key}.{turn}")), "")
    if turned:
        return t(turned)
    values: dict[str, object] = {name: _value(t, name, value, detail) for name, value in detail.items()}
    with_details = f"{key}.from_template" if values.keys() >= _OF_TEMPLATE else f"{key}.detailed"
    if t.has(with_details) and values.keys() >= _NEEDED.get(event.kind, set()):
        return t(with_details, **{("before" if name == "from" else name): value for name, value in values.items()})
    return t(key)


def _value(t: Texts, name: str, value: str, detail: dict[str, str]) -> str:
    if name == "until":
        try:
            return t.moment(datetime.fromisoformat(value))
        except ValueError:
            return value
    if name == "rule":
        return f"{value}: {t(f'rule.{value}')}" if t.has(f"rule.{value}") else value
    if name in ("was", "now") and "field" in detail:
        return label_words(t, detail["field"], value)
    named = f"{_NAMED.get(name, '')}.{value}"
    return t(named) if t.has(named) else value
