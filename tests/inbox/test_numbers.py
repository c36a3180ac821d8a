"""Mentions a day, their trends, and files for a spreadsheet."""

import csv
import io
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine

from database.engine import reading, transaction
from inbox.charts import stacked_bars
from models import MentionCount, MentionType, Sentiment
from reputation.export import cell, csv_text
from reputation.trends import Dimension, Period, Series, day_counts, mentions_a_day, trends
from tests.builders import a_brand
from tests.inbox.visit import Visit

ZONE = ZoneInfo("America/Sao_Paulo")
NEGATIVE, POSITIVE = Sentiment.NEGATIVE, Sentiment.POSITIVE


@pytest.fixture
def brand_id(engine: Engine) -> int:
    """A brand with counts on both sides of a midnight in Brasília."""
    with transaction(engine) as session:
        brand_id = a_brand(session).id or 0
        for hour, channel, sentiment, kind, count in (
            (datetime(2026, 3, 10, 2, tzinfo=UTC), "x", NEGATIVE, MentionType.COMPLAINT, 5),  # 9 March, 23:00
            (datetime(2026, 3, 10, 3, tzinfo=UTC), "x", POSITIVE, MentionType.PRAISE, 2),  # 10 March, 0:00
            (datetime(2026, 3, 10, 14, tzinfo=UTC), "reddit", NEGATIVE, MentionType.COMPLAINT, 1),
            (datetime(2026, 3, 8, 14, tzinfo=UTC), "reddit", NEGATIVE, MentionType.COMPLAINT, 3),
        ):
            session.add(
                MentionCount(hour=hour, brand_id=brand_id, channel=channel, sentiment=sentiment, type=kind, count=count)
            )
    return brand_id


PERIOD = Period(date(2026, 3, 9), date(2026, 3, 10), ZONE)


def test_days_are_the_operators_days(engine: Engine, brand_id: int) -> None:
    with reading(engine) as session:
        all_brands = day_counts(session, PERIOD)
        of_brand = day_counts(session, PERIOD, brand_id=brand_id)
        other = day_counts(session, PERIOD, brand_id=brand_id + 1)
    by_sentiment = {s.name: s.counts for s in mentions_a_day(all_brands, PERIOD, Dimension.SENTIMENT)}
    by_channel = {s.name: s.counts for s in mentions_a_day(of_brand, PERIOD, Dimension.CHANNEL)}
    assert by_sentiment == {"negative": (5, 1), "neutral": (0, 0), "positive": (0, 2)}
    assert by_channel == {"reddit": (0, 1), "x": (5, 2)}
    assert other == ()


def test_a_day_of_a_changing_clock_is_whole(engine: Engine, brand_id: int) -> None:
    zone = ZoneInfo("Europe/Lisbon")  # on 29 March 2026 the clock goes from 1:00 to 2:00
    with transaction(engine) as session:
        for day in (28, 29, 30, 31):
            for hour in range(24):
                at = datetime(2026, 3, day, hour, tzinfo=UTC)
                session.add(
                    MentionCount(
                        hour=at, brand_id=brand_id, channel="x", sentiment=NEGATIVE, type=MentionType.OTHER, count=1
                    )
                )
    period = Period(date(2026, 3, 28), date(2026, 3, 30), zone)
    with reading(engine) as session:
        lines = day_counts(session, period)
    (heard,) = mentions_a_day(lines, period, Dimension.CHANNEL)
    assert heard.counts == (24, 23, 24)
    assert [line.count for line in lines] == [24, 23, 24]


def test_a_period_is_compared_with_the_one_before(engine: Engine, brand_id: int) -> None:
    with reading(engine) as session:
        now, before = day_counts(session, PERIOD), day_counts(session, PERIOD.before)
    moved = trends(mentions_a_day(now, PERIOD, Dimension.SENTIMENT), before, Dimension.SENTIMENT)
    assert (moved["negative"].now, moved["negative"].before, moved["negative"].change) == (6, 3, 1.0)
    assert moved["positive"].change is None
    assert moved[""].now == 8


def test_the_export_adds_up(engine: Engine, brand_id: int) -> None:
    with reading(engine) as session:
        counts = day_counts(session, PERIOD)
    assert [(c.day.day, c.channel, c.count) for c in counts] == [(9, "x", 5), (10, "reddit", 1), (10, "x", 2)]


@pytest.mark.parametrize("attack", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "  =1", "＝1"])
def test_a_cell_never_starts_a_formula(attack: str) -> None:
    assert cell(attack) == "'" + attack
    (_, row) = list(csv.reader(io.StringIO(csv_text(["a"], [[attack]]).lstrip("\ufeff"))))
    assert row[0].startswith("'")


def test_numbers_stay_numbers() -> None:
    assert (cell(5), cell(-5), cell("reddit"), cell("a=b")) == ("5", "-5", "reddit", "a=b")


def test_the_file_opens_in_a_spreadsheet(visit: Visit, brand_id: int) -> None:
    answer = visit.get("/numbers.csv?first=2026-03-09&last=2026-03-10")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert "attachment" in answer.headers["content-disposition"]
    assert answer.content.startswith(b"\xef\xbb\xbfday,channel,sentiment,type,mentions\r\n")
    assert b"2026-03-09,x,negative,complaint,5\r\n" in answer.content


def test_the_page_has_a_table_beside_each_drawing(visit: Visit, brand_id: int) -> None:
    html = visit.get("/numbers?first=2026-03-09&last=2026-03-10&brand=aurora").text
    assert html.count("<svg") == html.count("<table") == 3
    assert "8 mentions from 9 Mar 2026 to 10 Mar 2026" in html
    assert "<td>5</td>" in html


def test_bars_stand_on_each_other_and_stay_in_the_drawing() -> None:
    drawing = stacked_bars([Series("a", (5, 0, 3)), Series("b", (5, 0, 197))])
    assert drawing.totals == (10, 0, 200)
    assert drawing.grid == (200, 100, 0)
    assert len(drawing.bars) == 4
    assert all(bar.y >= 0 and bar.y + bar.height <= 100.001 for bar in drawing.bars)
    assert stacked_bars([]).bars == ()
    assert stacked_bars([Series("a", (0,))]).grid == (2, 1, 0)


def test_a_period_ends_after_it_begins() -> None:
    with pytest.raises(ValueError, match="before it begins"):
        Period(date(2026, 3, 2), date(2026, 3, 1), ZONE)
