"""What a single value of the settings may be, and what to say when it is not."""

import re
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Annotated
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_core import PydanticCustomError
from rapidfuzz import process

_LOOPBACK = ("127.0.0.1", "::1", "localhost")


def nearest(word: str, names: Sequence[str]) -> str | None:
    """The name that `word` was most likely meant to be; None when none is near."""
    best = process.extractOne(word, names, processor=str.lower, score_cutoff=60)
    return None if best is None else str(best[0])


def instead_of(word: str, names: Sequence[str]) -> str:
    """What to write instead of a wrong `word`, as the end of an error message."""
    near = nearest(word, names)
    listed = f"there are: {', '.join(names)}" if names else "there are none"
    return f"did you mean {near!r}? ({listed})" if near else listed


def _as_duration(value: object) -> object:
    """`"90s"`, `"5m"`, `"24h"`, `"7d"`; a bare number has no unit and is refused."""
    units = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
    if isinstance(value, timedelta):
        return value
    if isinstance(value, str) and (found := re.fullmatch(r"([0-9]{1,9}(?:\.[0-9]{1,9})?)([smhd])", value)):
        try:
            duration = timedelta(**{units[found[2]]: float(found[1])})
        except OverflowError:
            duration = timedelta.max
        if timedelta(0) < duration <= timedelta(days=3650):
            return duration
        raise ValueError("a duration is longer than nothing and at most ten years")
    raise ValueError('write a duration with its unit: "90s", "5m", "24h" or "7d"')


def _is_switch(value: object) -> object:
    """A boolean and nothing that merely resembles one: 1 or "on" may have been meant for something else."""
    if not isinstance(value, bool):
        raise ValueError("write true or false, without quotes")
    return value


def _is_number(value: object) -> object:
    """A number and no text that spells one: what is quoted may have been meant for something else."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("write a number, without quotes")
    return value


def _one_of(*names: str) -> Callable[[str], str]:
    def check(value: str) -> str:
        if value not in names:
            raise PydanticCustomError("not_among", "", {"word": value, "names": list(names)})
        return value

    return check


def _is_loopback(host: str) -> str:
    if host not in _LOOPBACK:
        raise ValueError(
            f"the inbox has no users yet, so it listens on this machine alone: one of {', '.join(_LOOPBACK)}"
        )
    return host


def _is_time_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ValueError(f"{name!r} is no time zone: write one such as 'America/Sao_Paulo' or 'UTC'") from None
    return name


def _is_base_url(url: str) -> str:
    """Plain http or https and a host: what is appended to it must stay on that host."""
    if not url:
        return url
    try:
        parts = urlsplit(url)
        complete = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        complete = False
    if not complete or re.search(r"[\s\x00-\x1f]", url):
        raise ValueError("a base_url starts with http:// or https:// and names a host")
    if parts.username is not None or parts.query or parts.fragment:
        raise ValueError("a base_url holds no user name, '?' or '#'; credentials belong in `secrets`")
    return url.rstrip("/")


def _is_reference(reference: str) -> str:
    """The message never repeats the value: it may be the secret itself."""
    kind, _, where = reference.partition(":")
    if kind not in ("env", "file") or not where.strip():
        raise ValueError('a secret is never written here: write "env:NAME" or "file:PATH" and put it there')
    return reference


def _is_name(name: str) -> str:
    if not name.strip() or len(name) > 100 or re.search(r"[\x00-\x1f\x7f]", name):
        raise ValueError("a name has 1 to 100 visible characters")
    return name


def _is_port(port: int) -> int:
    if not 0 <= port <= 65535:
        raise ValueError("a port is a number from 0 (any free one) to 65535")
    return port


Duration = Annotated[timedelta, BeforeValidator(_as_duration)]
Name = Annotated[str, AfterValidator(_is_name)]
Whole = Annotated[int, BeforeValidator(_is_number)]
Share = Annotated[float, BeforeValidator(_is_number), Field(ge=0, le=1)]
Switch = Annotated[bool, BeforeValidator(_is_switch)]
TypeName = Annotated[str, AfterValidator(_one_of("complaint", "question", "suggestion", "praise", "other"))]
UrgencyName = Annotated[str, AfterValidator(_one_of("critical", "high", "normal", "low"))]
SentimentName = Annotated[str, AfterValidator(_one_of("negative", "neutral", "positive"))]
BaseUrl = Annotated[str, AfterValidator(_is_base_url)]
SecretReference = Annotated[str, AfterValidator(_is_reference)]
TimeZone = Annotated[str, AfterValidator(_is_time_zone)]
LoopbackHost = Annotated[str, AfterValidator(_is_loopback)]
Port = Annotated[int, AfterValidator(_is_port)]
