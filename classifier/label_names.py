"""From the labels of somebody's model to ours: by the operator's mapping, or because they are called alike."""

import re
from collections.abc import Mapping, Sequence

from errors import SettingsError
from settings_classifier import FIELDS
from settings_values import instead_of

# What else our labels are called, in any case and with any of "-", "_" and " " between words.
_ALSO: Mapping[str, Mapping[str, str]] = {
    "sentiment": {
        **dict.fromkeys(("neg", "negativo", "negativa"), "negative"),
        **dict.fromkeys(("neu", "neutro", "neutra"), "neutral"),
        **dict.fromkeys(("pos", "positivo", "positiva"), "positive"),
    },
    "complaint": {
        "complaint": "true",
        **dict.fromkeys(("no complaint", "not complaint", "non complaint"), "false"),
    },
    "spam": {"spam": "true", **dict.fromkeys(("ham", "no spam", "not spam", "non spam"), "false")},
}


def ours_for(field: str, theirs: Sequence[str], mapping: Mapping[str, str]) -> list[str]:
    """Our label for each of the model's, in its order.

    SettingsError when one of them means nothing to us, or the mapping names one that the model does not have; it
    lists the model's labels.
    """
    listed = f"its labels are: {', '.join(theirs)}"
    mapped: dict[str, str] = {}
    for name, ours in mapping.items():
        alike = [label for label in theirs if label == name] or [
            label for label in theirs if _plain(label) == _plain(name)
        ]
        if not alike:
            raise SettingsError(f"it has no label {name!r}, which `labels` maps; {listed}")
        mapped.update(dict.fromkeys(alike, ours))
    known = {label: label for label in FIELDS[field]} | dict(_ALSO.get(field, {}))
    for label in theirs:
        if label not in mapped and _plain(label) in known:
            mapped[label] = known[_plain(label)]
    missing = [label for label in theirs if label not in mapped]
    if missing:
        example = f'labels = {{ "{missing[0]}" = "{FIELDS[field][0]}" }}'
        raise SettingsError(
            f"nothing says which {field} {', '.join(map(repr, missing))} means; {listed}; "
            f"map each to one of {', '.join(FIELDS[field])}, as in {example}"
        )
    for label in mapped.values():
        if label not in FIELDS[field]:
            raise SettingsError(f"{label!r} is no {field}; {instead_of(label, FIELDS[field])}")
    return [mapped[label] for label in theirs]


def _plain(label: str) -> str:
    return re.sub(r"[\s_-]+", " ", label.strip().casefold())
