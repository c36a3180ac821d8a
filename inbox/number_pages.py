"""A first look for marketing: mentions a day, and files for a spreadsheet."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from database.engine import reading
from inbox.charts import StackedBars, stacked_bars
from inbox.desk import Desk, brand_id_of, brands
from inbox.heading import heading
from inbox.visitor import WrongInputError
from reputation.export import numbers_csv
from reputation.trends import DayCount, Dimension, Period, Series, Trend, day_counts, mentions_a_day, trends

RANGES = (7, 30, 90, 365)  # days
_MOST_DAYS = 1_100


@dataclass(frozen=True)
class NumberAddress:
    """The period and the brand as they stand in the address."""

    days: str = "30"
    first: str = ""
    last: str = ""
    brand: str = ""

    def period(self, desk: Desk) -> Period:
        """The days asked for; WrongInputError for a range that is none."""
        today = desk.now().astimezone(desk.settings.zone).date()
        if not self.first and not self.last:
            if self.days not in map(str, RANGES):
                raise WrongInputError(f"days is one of {', '.join(map(str, RANGES))}")
            return Period(today - timedelta(days=int(self.days) - 1), today, desk.settings.zone)
        last = _day(self.last, "last") if self.last else today
        first = _day(self.first, "first") if self.first else last - timedelta(days=29)
        if not 0 <= (last - first).days < _MOST_DAYS:
            raise WrongInputError(f"the first day comes before the last, by {_MOST_DAYS} days at most")
        return Period(first, last, desk.settings.zone)

    def text(self, **other: str) -> str:
        """The part of an address after its question mark."""
        values = {"days": self.days, "first": self.first, "last": self.last, "brand": self.brand} | other
        return urlencode({name: value for name, value in values.items() if value})


@dataclass(frozen=True)
class Numbers:
    """One chart: its series, its drawing and how each series moved."""

    dimension: Dimension
    series: tuple[Series, ...]
    drawing: StackedBars
    moved: dict[str, Trend]


Asked = Annotated[NumberAddress, Depends()]


def routes(desk: Desk) -> APIRouter:
    """`/numbers` and `/numbers.csv`."""
    router = APIRouter()

    @router.get("/numbers")
    def number_page(request: Request, asked: Asked) -> Response:
        period = asked.period(desk)
        with reading(desk.engine) as session:
            known = brands(session)
            brand_id = brand_id_of(known, asked.brand)
            heard = day_counts(session, period, brand_id=brand_id)
            before = day_counts(session, period.before, brand_id=brand_id)
            return desk.views.page(
                request,
                "numbers.html",
                heading=heading(session),
                asked=asked,
                ranges=RANGES,
                brands=known,
                period=period,
                charts=[_numbers(period, heard, before, dimension) for dimension in Dimension],
            )

    @router.get("/numbers.csv")
    def number_file(asked: Asked) -> Response:
        period = asked.period(desk)
        with reading(desk.engine) as session:
            brand_id = brand_id_of(brands(session), asked.brand)
            text = numbers_csv(day_counts(session, period, brand_id=brand_id))
        name = f"ouvidor-{period.first.isoformat()}-{period.last.isoformat()}.csv"
        headers = {"content-disposition": f'attachment; filename="{name}"'}
        return Response(text, media_type="text/csv; charset=utf-8", headers=headers)

    return router


def _numbers(period: Period, counts: Sequence[DayCount], before: Sequence[DayCount], dimension: Dimension) -> Numbers:
    series = mentions_a_day(counts, period, dimension)
    return Numbers(dimension, series, stacked_bars(series), trends(series, before, dimension))


def _day(value: str, name: str) -> date:
    try:
        day = date.fromisoformat(value)
    except ValueError:
        raise WrongInputError(f"{name} is a day like 2026-11-30, not {value[:40]!r}") from None
    if not date(2000, 1, 1) <= day <= date(2100, 1, 1):
        raise WrongInputError(f"{name} is a day of this century")
    return day
