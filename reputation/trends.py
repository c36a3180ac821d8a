"""Mentions a day by sentiment, channel and type, and how a period compares with the one before."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Date, String, cast, func, text
from sqlalchemy import select as sa_select
from sqlmodel import Session, col

from models import MentionCount, MentionType, Sentiment


class Dimension(StrEnum):
    SENTIMENT = "sentiment"
    CHANNEL = "channel"
    TYPE = "type"


@dataclass(frozen=True)
class Period:
    """Whole days in the operator's time zone, both ends included."""

    first: date
    last: date
    zone: ZoneInfo

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise ValueError(f"the period ends ({self.last}) before it begins ({self.first})")

    @property
    def days(self) -> tuple[date, ...]:
        return tuple(self.first + timedelta(days=n) for n in range((self.last - self.first).days + 1))

    @property
    def before(self) -> "Period":
        """The same number of days, just before."""
        length = timedelta(days=len(self.days))
        return Period(self.first - length, self.last - length, self.zone)

    def bounds(self) -> tuple[datetime, datetime]:
        """From the first moment of the first day to the first after the last, in UTC."""
        start = datetime.combine(self.first, time(), self.zone)
        end = datetime.combine(self.last + timedelta(days=1), time(), self.zone)
        return start.astimezone(UTC), end.astimezone(UTC)


@dataclass(frozen=True)
class Series:
    """One value of a dimension through the period; one count a day, in order."""

    name: str
    counts: tuple[int, ...]

    @property
    def total(self) -> int:
        return sum(self.counts)


@dataclass(frozen=True)
class Trend:
    """How a count moved against the period before; `change` is a fraction, None when there was nothing before."""

    now: int
    before: int

    @property
    def change(self) -> float | None:
        return (self.now - self.before) / self.before if self.before else None


@dataclass(frozen=True)
class DayCount:
    """One line of the export."""

    day: date
    channel: str
    sentiment: Sentiment
    type: MentionType
    count: int


_ORDER: dict[Dimension, tuple[str, ...]] = {
    Dimension.SENTIMENT: tuple(Sentiment),
    Dimension.TYPE: (
        MentionType.COMPLAINT,
        MentionType.QUESTION,
        MentionType.SUGGESTION,
        MentionType.PRAISE,
        MentionType.OTHER,
    ),
    Dimension.CHANNEL: (),
}


def mentions_a_day(counts: Iterable[DayCount], period: Period, dimension: Dimension) -> tuple[Series, ...]:
    """One series a value of `dimension`; sentiments and types always all, channels those heard, by name."""
    place = {day: n for n, day in enumerate(period.days)}
    found: dict[str, list[int]] = {name: [0] * len(place) for name in _ORDER[dimension]}
    for one in counts:
        found.setdefault(str(getattr(one, dimension.value)), [0] * len(place))[place[one.day]] += one.count
    names = _ORDER[dimension] or sorted(found)
    return tuple(Series(str(name), tuple(found[name])) for name in names)


def trends(series: Iterable[Series], before: Iterable[DayCount], dimension: Dimension) -> dict[str, Trend]:
    """How each series moved against the period before, and under "" all of them together."""
    then: dict[str, int] = {}
    for one in before:
        name = str(getattr(one, dimension.value))
        then[name] = then.get(name, 0) + one.count
    now = {one.name: one.total for one in series}
    moved = {name: Trend(total, then.get(name, 0)) for name, total in now.items()}
    return {**moved, "": Trend(sum(now.values()), sum(then.values()))}


def day_counts(session: Session, period: Period, *, brand_id: int | None = None) -> tuple[DayCount, ...]:
    """Every count that is not zero, by day, channel, sentiment and type."""
    columns = (MentionCount.channel, MentionCount.sentiment, MentionCount.type)
    days: dict[tuple[date, str, Sentiment, MentionType], int] = {}
    for stretch in _stretches(period):
        counted = session.execute(
            sa_select(_day_of(session, stretch), *map(col, columns), func.sum(MentionCount.count))
            .where(*_between(stretch.start, stretch.end, brand_id))
            .group_by(text("1"), *map(col, columns))
        )
        for day, channel, sentiment, kind, count in counted:
            key = (date.fromisoformat(str(day)), channel, sentiment, kind)
            days[key] = days.get(key, 0) + count
    return tuple(DayCount(*key, count) for key, count in sorted(days.items()) if count)


@dataclass(frozen=True)
class _Stretch:
    """A part of a period through which the time zone keeps one distance from UTC."""

    start: datetime
    end: datetime
    offset: timedelta


def _stretches(period: Period) -> list[_Stretch]:
    """The period in UTC, cut where a summer time begins or ends; databases then add plain minutes."""
    start, end = period.bounds()
    cuts = [start]
    at = start
    while at < end:
        step = (
            timedelta(days=1) if _offset(at, period) == _offset(at + timedelta(days=1), period) else timedelta(hours=1)
        )
        if step == timedelta(hours=1) and _offset(at, period) != _offset(at + step, period):
            cuts.append(at + step)
        at += step
    return [
        _Stretch(first, last, _offset(first, period))
        for first, last in zip(cuts, [*cuts[1:], end], strict=True)
        if first < last
    ]


def _offset(at: datetime, period: Period) -> timedelta:
    return at.astimezone(period.zone).utcoffset() or timedelta()


def _day_of(session: Session, stretch: _Stretch) -> ColumnElement[Any]:
    """The local day of an hour, as either database reckons it."""
    hour = col(MentionCount.hour)
    if session.get_bind().dialect.name == "sqlite":
        return func.date(hour, f"{int(stretch.offset.total_seconds() // 60):+d} minutes", type_=String)
    return cast(func.timezone("UTC", hour) + stretch.offset, Date)


def _between(start: datetime, end: datetime, brand_id: int | None) -> list[ColumnElement[bool]]:
    conditions = [col(MentionCount.hour) >= start, col(MentionCount.hour) < end]
    if brand_id is not None:
        conditions.append(col(MentionCount.brand_id) == brand_id)
    return conditions
