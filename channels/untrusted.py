"""Values out of somebody else's JSON, taken for what they are: nothing that they hold can break a reader."""

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

_LATEST = 32_503_680_000  # the year 3000; anything later is no moment of a post


def mapping(value: object) -> Mapping[str, Any]:
    """A JSON object; an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def listed(value: object) -> list[Any]:
    """A JSON array; an empty one for anything else."""
    return value if isinstance(value, list) else []


def text_of(value: object) -> str:
    """A string, or a number as it is written; "" for anything else."""
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else ""


def whole(value: object) -> int | None:
    """A whole number, also one that is written as a string; None for anything else."""
    try:
        return int(value) if isinstance(value, (int, str)) and not isinstance(value, bool) else None
    except ValueError:
        return None


def truth(value: object) -> bool:
    """Yes or no, also where it is written as a word or a number."""
    if isinstance(value, str):
        return value.strip().lower() in ("true", "1", "yes", "sim", "s", "private", "privado", "privada")
    return bool(value)


def moment_of_epoch(value: object) -> datetime | None:
    """A Unix time in seconds; None for anything that is none."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    if not math.isfinite(value) or not 0 < value < _LATEST:
        return None
    return datetime.fromtimestamp(value, UTC)


def http_url(value: object) -> str:
    """A link that may be shown; "" for any other scheme."""
    text = text_of(value).strip()
    return text if text.lower().startswith(("https://", "http://")) else ""
