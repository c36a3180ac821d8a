"""A mistake in a complaint page's options is named before anything is read."""

from datetime import UTC, datetime

import pytest

from channels.page_options import page_options
from errors import SettingsError

GOOD = {"list": "li", "link": "a", "text": "div.x", "date": "time", "id": r"_([0-9a-z]+)/$"}


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"list": "li["}, "'list'"),
        ({"text": "p:nope(x)"}, "'text'"),
        ({"id": "(["}, "'id'"),
        ({"id": "abc"}, "one group"),
        ({"id": "(a)(b)"}, "one group"),
        ({"titel": "h1"}, "did you mean 'title'"),
        ({"xyzzy": "h1"}, "there are list"),
        ({"date_format": "%Y-%Q"}, "'date_format'"),
        ({"date_format": "%H:%M"}, "a day, a month and a year"),
        ({"timezone": "Sao Paulo"}, "'timezone'"),
        ({"timezone": "../etc/passwd"}, "'timezone'"),
        ({"delay": "soon"}, "'delay'"),
        ({"delay": "5m"}, "'delay'"),
        ({"delay": 2}, "must be a text"),
        ({"address": "/x/"}, "{id}"),
        ({"user_agent": "a\nb"}, "'user_agent'"),
        ({"list": ""}, "needs the option 'list'"),
    ],
)
def test_a_wrong_option_is_named(wrong: dict[str, object], named: str) -> None:
    with pytest.raises(SettingsError, match=".*".join(named.split("  "))) as caught:
        page_options({**GOOD, **wrong})
    assert named in str(caught.value)


@pytest.mark.parametrize(
    ("text", "date_format", "moment"),
    [
        ("12 de março de 2026 às 14:05", "%d de %B de %Y às %H:%M", datetime(2026, 3, 12, 17, 5, tzinfo=UTC)),
        ("1 de MAIO de 2026", "%d de %B de %Y", datetime(2026, 5, 1, 3, 0, tzinfo=UTC)),
        ("07 set 2026", "%d %b %Y", datetime(2026, 9, 7, 3, 0, tzinfo=UTC)),
        ("3 de septiembre de 2026", "%d de %B de %Y", datetime(2026, 9, 3, 3, 0, tzinfo=UTC)),
        ("May 2, 2026", "%b %d, %Y", datetime(2026, 5, 2, 3, 0, tzinfo=UTC)),
        ("  09/03/2026\n 08:00 ", "%d/%m/%Y %H:%M", datetime(2026, 3, 9, 11, 0, tzinfo=UTC)),
        ("2026-03-09T08:00:00+02:00", "", datetime(2026, 3, 9, 6, 0, tzinfo=UTC)),
    ],
)
def test_dates_are_read_as_people_write_them(text: str, date_format: str, moment: datetime) -> None:
    assert page_options({**GOOD, "date_format": date_format}).moment(text) == moment


@pytest.mark.parametrize("text", ["ontem", "31/02/2026 08:00", "", "99/99/9999 99:99"])
def test_what_is_no_date_is_none(text: str) -> None:
    assert page_options({**GOOD, "date_format": "%d/%m/%Y %H:%M"}).moment(text) is None


@pytest.mark.parametrize(
    ("pattern", "address"),
    [
        (r"/complaints/([0-9a-z]+)/?$", "/complaints/k1"),
        (r"^https://a\.example/c/(\d+)$", "https://a.example/c/k1"),
        (r"_([0-9a-z]+)/$", "_k1/"),
        (r"/.*/([0-9]+)", ""),
        (r"/(?:a|b)/([0-9]+)", ""),
        (r"/\w+/([0-9]+)", ""),
    ],
)
def test_an_address_follows_from_an_id_where_the_pattern_is_plain(pattern: str, address: str) -> None:
    assert page_options({**GOOD, "id": pattern}).address_of("k1") == address
