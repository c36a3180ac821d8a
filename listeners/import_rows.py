"""One imported row: its columns, checked and turned into a mention."""

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from listeners.base import Author, HeardMention
from models import MentionKind

COLUMNS = (
    "text",
    "id",
    "posted_at",
    "author",
    "author_id",
    "url",
    "channel",
    "thread",
    "parent",
    "kind",
    "lang",
    "picture",
)
_LONGEST_TEXT = 100_000
_LONGEST_NAME = 300
_EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
_DAY_FIRST = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})(?:[ T,]+(\d{1,2}):(\d{2})(?::(\d{2}))?)?")
_EPOCH = re.compile(r"\d{9,10}(?:\.\d{1,9})?|\d{12,13}")
_CHANNEL = re.compile(r"[a-z][a-z0-9_]{0,39}")


class RowError(ValueError):
    """Why a row is no mention, in words for its author."""


def heard_from(
    fields: Mapping[str, object], *, made_id: str, now: datetime, zone: ZoneInfo, channel: str
) -> tuple[str, HeardMention]:
    """The channel and the mention of a row; raises RowError.

    `made_id` stands in for a missing id, `now` for a missing date, `channel` for a missing channel; a date that
    names no zone is one of `zone`.
    """
    text = _text(fields)
    parent = _name(fields, "parent")
    kind = _kind(fields, answers=bool(parent))
    mention = HeardMention(
        external_id=_name(fields, "id") or made_id,
        kind=kind,
        text=text,
        posted_at=_posted_at(fields.get("posted_at"), now, zone),
        author=_author(fields),
        url=_urls(fields, "url")[0] if _urls(fields, "url") else "",
        parent_external_id=parent or None,
        thread_external_id=_name(fields, "thread") or None,
        lang=_name(fields, "lang")[:35] or None,
        pictures=_urls(fields, "picture"),
        is_ours=kind is MentionKind.ANSWER,
        addresses_us=True,  # whoever collected it took it for the brand's
    )
    return _channel(fields, channel), mention


def _text(fields: Mapping[str, object]) -> str:
    text = fields.get("text")
    if not isinstance(text, str) or not text.strip():
        raise RowError("it has no text")
    if len(text) > _LONGEST_TEXT:
        raise RowError(f"its text has more than {_LONGEST_TEXT} characters")
    return _encodable(text)


def _encodable(text: str) -> str:
    """JSON can spell halves of a character, which no database stores."""
    return text.replace("\x00", "").encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _name(fields: Mapping[str, object], column: str) -> str:
    value = fields.get(column)
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise RowError(f"{column} is neither text nor a whole number")
    try:
        name = _encodable(str(value)).strip()
    except ValueError:  # Python writes out no number of thousands of digits
        raise RowError(f"{column} is too long a number") from None
    if len(name) > _LONGEST_NAME:
        raise RowError(f"{column} has more than {_LONGEST_NAME} characters")
    return name


def _kind(fields: Mapping[str, object], *, answers: bool) -> MentionKind:
    name = _name(fields, "kind").lower()
    if not name:
        return MentionKind.COMMENT if answers else MentionKind.POST
    try:
        return MentionKind(name)
    except ValueError:
        raise RowError(f"no kind is named {name!r}; there are {', '.join(MentionKind)}") from None


def _channel(fields: Mapping[str, object], otherwise: str) -> str:
    name = re.sub(r"[\s-]+", "_", _name(fields, "channel").lower()) or otherwise
    if not _CHANNEL.fullmatch(name):
        raise RowError(f"{name!r} is no channel: a name has letters, digits and underscores, 40 at most")
    return name


def _author(fields: Mapping[str, object]) -> Author | None:
    handle = _name(fields, "author").removeprefix("@")
    author_id = _name(fields, "author_id") or handle.lower()
    return Author(external_id=author_id, handle=handle or author_id) if author_id else None


def _urls(fields: Mapping[str, object], column: str) -> tuple[str, ...]:
    value = fields.get(column)
    listed = value if isinstance(value, list) else [value]
    if not all(url is None or isinstance(url, str) for url in listed):
        raise RowError(f"{column} is not an address")
    urls = [url for text in listed if text for url in _encodable(str(text)).split()]
    for url in urls:
        try:
            parts = urlsplit(url)
        except ValueError:
            parts = urlsplit("")
        if parts.scheme.lower() not in ("http", "https") or not parts.hostname or len(url) > 2000:
            raise RowError(f"{column} is not an http or https address")
    return tuple(urls)


def _posted_at(value: object, now: datetime, zone: ZoneInfo) -> datetime:
    """ISO 8601, `dd/mm/yyyy [HH:MM[:SS]]`, or seconds or milliseconds since 1970."""
    if value is None or value == "":
        return now
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise RowError("posted_at is not a date")
    if isinstance(value, float) and not math.isfinite(value):
        raise RowError("posted_at is not a date")
    try:
        moment = _moment(str(value).strip(), zone)
    except (ValueError, OverflowError, OSError):
        written = str(value)[:40] if isinstance(value, str) else "the number"
        raise RowError(
            f"posted_at: {written!r} is not a date; write 2026-03-31T18:05:00-03:00 or 31/03/2026 18:05"
        ) from None
    if moment < _EARLIEST:
        raise RowError(f"posted_at: {moment.year} is too long ago")
    if moment > now + timedelta(days=1):
        raise RowError("posted_at lies in the future")
    return moment


def _moment(written: str, zone: ZoneInfo) -> datetime:
    if _EPOCH.fullmatch(written):
        seconds = float(written)
        return datetime.fromtimestamp(
            seconds / 1000 if len(written) in (12, 13) and "." not in written else seconds, UTC
        )
    if found := _DAY_FIRST.fullmatch(written):
        day, month, year, hour, minute, second = (int(part or 0) for part in found.groups())
        moment = datetime(year, month, day, hour, minute, second, tzinfo=zone)
    else:
        if re.fullmatch(r"\d{1,8}", written):
            raise ValueError("a number that short is no moment")
        moment = datetime.fromisoformat(written)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=zone)
    return moment.astimezone(UTC)
