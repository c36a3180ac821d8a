"""Counts as a CSV file that a spreadsheet opens and never executes."""

import csv
import io
from collections.abc import Iterable, Sequence

from reputation.trends import DayCount

# A spreadsheet takes a cell that begins so for a formula - owasp.org/www-community/attacks/CSV_Injection, read 2026-11
_STARTS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_BYTE_ORDER_MARK = "\ufeff"  # without it Excel reads UTF-8 as the machine's old code page


def cell(value: object) -> str:
    """The value as a cell that no spreadsheet takes for a formula; numbers stay numbers."""
    if isinstance(value, int | float):
        return str(value)
    text = str(value).replace("\x00", "")
    return "'" + text if text.lstrip(" ").startswith(_STARTS_A_FORMULA) else text


def csv_text(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A whole file: UTF-8 with its mark, commas, lines ended by CR LF, every cell guarded."""
    out = io.StringIO()
    out.write(_BYTE_ORDER_MARK)
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([cell(name) for name in header])
    writer.writerows([cell(value) for value in row] for row in rows)
    return out.getvalue()


def numbers_csv(counts: Iterable[DayCount]) -> str:
    """`day, channel, sentiment, type, mentions`: one line a combination that was heard."""
    rows = ((c.day.isoformat(), c.channel, c.sentiment.value, c.type.value, c.count) for c in counts)
    return csv_text(("day", "channel", "sentiment", "type", "mentions"), rows)
