"""Mentions collected elsewhere: one row of CSV or JSON Lines after the other, good or bad, never half of one."""

import codecs
import csv
import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import chain
from pathlib import Path
from zoneinfo import ZoneInfo

from errors import OuvidorError
from listeners.base import HeardMention
from listeners.import_guard import guarded, unguarded
from listeners.import_rows import COLUMNS, RowError, heard_from
from settings_values import nearest

_LONGEST_LINE = 1_000_000  # bytes; also the most characters of one row
_MOST_RUNAWAYS = 1000  # rows whose quote is never closed; beyond that the file is something else
_SEPARATORS = (",", ";", "\t")
STORED_OTHERWISE = (  # the reason for leaving a row whose id a stored mention has, with another text
    "its id is stored already with another text, which stays: give the row an id of its own or none, or leave it out"
)
REJECT_COLUMNS = ("reject_line", "reject_reason")  # before the others, in the file of the rows left whole


class ImportRefusedError(OuvidorError):
    """The file as a whole cannot be imported; nothing of it was stored."""


@dataclass(frozen=True)
class Layout:
    """What the file turned out to be."""

    path: Path
    encoding: str
    lines: int
    is_json: bool
    separator: str = ""
    header: tuple[str, ...] = ()
    header_raw: str = ""
    first_row: int = 1  # the line after the header
    is_rejects: bool = False  # rows that an earlier import left whole: their cells are guarded


@dataclass(frozen=True)
class Row:
    """One row: a mention with its channel, or the reason why it is none."""

    line: int  # where it starts, from 1
    raw: str  # as written
    channel: str = ""
    mention: HeardMention | None = None
    reason: str = ""
    fields: Mapping[str, object] = field(default_factory=dict, repr=False)


def look_at(path: Path) -> Layout:
    """How the file is encoded and laid out; ImportRefusedError when it is no list of mentions."""
    encoding, lines = _encoding(path)
    is_json = path.suffix.lower() in (".jsonl", ".ndjson", ".json")
    with path.open(encoding=encoding, newline="", errors="replace") as stream:
        first = next((line for line in stream if line.strip()), "")
    start = first.lstrip("\ufeff \t")[:1]
    if not first:
        raise ImportRefusedError(f"{path} is empty: there is nothing to import")
    if start == "[" and is_json:
        raise ImportRefusedError(f"{path} holds one JSON array; write one object a line: jq -c '.[]' {path.name}")
    if is_json or (start == "{" and path.suffix.lower() not in (".csv", ".tsv")):
        return Layout(path, encoding, lines, is_json=True)
    return _csv_layout(path, encoding, lines)


def rows_of(layout: Layout, now: datetime, zone: ZoneInfo, channel: str) -> Iterator[Row]:
    """Every row of the file, in order; `channel` is that of rows that name none.

    A row without an id gets one from its content and from how many of the same came before it, so that a second
    import of the file finds the same ids. Two different rows with one id: the second is bad.
    """
    repeats: Counter[str] = Counter()
    taken: dict[tuple[str, str], tuple[int, str]] = {}
    for row in _json_rows(layout) if layout.is_json else _csv_rows(layout):
        if row.reason:
            yield row
            continue
        said = {name: value for name, value in row.fields.items() if not name.startswith("reject_")}
        content = json.dumps(said, sort_keys=True, ensure_ascii=True, default=str)
        digest = hashlib.sha256(content.encode()).hexdigest()[:32]
        repeats[digest] += 1
        made_id = f"row-{digest}" + (f"-{repeats[digest]}" if repeats[digest] > 1 else "")
        try:
            name, mention = heard_from(row.fields, made_id=made_id, now=now, zone=zone, channel=channel)
        except RowError as error:
            yield replace(row, reason=str(error))
            continue
        line, same = taken.setdefault((name, mention.external_id), (row.line, digest))
        if same == digest:
            yield replace(row, channel=name, mention=mention)
        else:
            yield replace(row, reason=f"its id is that of line {line}, which says something else")


def _encoding(path: Path) -> tuple[str, int]:
    """The encoding and the number of lines; a line that no honest export holds refuses the file."""
    with path.open("rb") as stream:
        head = stream.read(4096)
        stream.seek(0)
        if head.startswith((b"\xff\xfe", b"\xfe\xff")):
            encoding = "utf-16"
        elif b"\x00" in head:
            encoding = "utf-16-le" if head[1::2].count(0) > head[::2].count(0) else "utf-16-be"
        else:
            encoding = "utf-8-sig"
        utf8, single = codecs.getincrementaldecoder("utf-8")(), codecs.getincrementaldecoder("cp1252")()
        is_utf8 = is_cp1252 = encoding == "utf-8-sig"
        line = 1
        length = 0
        while chunk := stream.read(65_536):
            for index, part in enumerate(chunk.split(b"\n")):
                line, length = (line + 1, len(part)) if index else (line, length + len(part))
                if length > _LONGEST_LINE:
                    raise ImportRefusedError(
                        f"{path}, line {line} is longer than {_LONGEST_LINE} bytes: nothing was read"
                    )
            is_utf8 = is_utf8 and _decodes(utf8, chunk)
            is_cp1252 = is_cp1252 and _decodes(single, chunk)
    if encoding != "utf-8-sig" or (is_utf8 and _decodes(utf8, b"", final=True)):
        return encoding, line
    return ("cp1252" if is_cp1252 else "latin-1"), line


def _decodes(decoder: codecs.IncrementalDecoder, chunk: bytes, *, final: bool = False) -> bool:
    try:
        decoder.decode(chunk, final)
    except UnicodeDecodeError:
        return False
    return True


def _lines(layout: Layout) -> Iterator[tuple[int, str]]:
    with layout.path.open(encoding=layout.encoding, newline="", errors="replace") as stream:
        yield from enumerate(stream, start=1)


def _json_rows(layout: Layout) -> Iterator[Row]:
    for number, line in _lines(layout):
        raw = line.rstrip("\r\n")
        if not raw.strip():
            continue
        try:
            found = json.loads(raw)
        except (ValueError, RecursionError):
            yield Row(number, raw, reason="it is no JSON")
            continue
        if isinstance(found, dict):
            yield Row(number, raw, fields=found)
        else:
            yield Row(number, raw, reason="it is no JSON object")


def _csv_layout(path: Path, encoding: str, lines: int) -> Layout:
    """The header decides what separates: the sign with which it names the most columns we know."""
    first = 1
    with path.open(encoding=encoding, newline="", errors="replace") as stream:
        raw = stream.readline()
        if found := re.fullmatch(r"sep=(.)[\r\n]*", raw):  # a spreadsheet's own hint
            raw, first = stream.readline(), 2
    candidates = (found[1],) if found else _SEPARATORS
    headers = {sign: _columns(path, raw, sign) for sign in candidates}
    separator = max(headers, key=lambda sign: len(set(headers[sign]) & set(COLUMNS)))
    header = headers[separator]
    if header.count("text") != 1:
        near = nearest("text", [name for name in header if name])
        hint = f"; is it {near!r}? rename that column" if near else ""
        raise ImportRefusedError(
            f"{path}, line {first}: no column is named 'text'{hint}; columns: {', '.join(COLUMNS)}"
            if "text" not in header
            else f"{path}, line {first}: two columns are named 'text'; keep one"
        )
    is_rejects = header[:2] == REJECT_COLUMNS
    return Layout(path, encoding, lines, False, separator, header, raw.rstrip("\r\n"), first + 1, is_rejects)


def _columns(path: Path, raw: str, sign: str) -> tuple[str, ...]:
    try:
        names = tuple(_column(name) for name in next(csv.reader([raw.replace("\x00", "")], delimiter=sign), []))
    except csv.Error as error:
        raise ImportRefusedError(f"{path}: its first line names no columns ({error}); is it CSV?") from None
    return tuple(map(unguarded, names)) if names[:2] == REJECT_COLUMNS else names


def _column(name: str) -> str:
    return re.sub(r"[\s-]+", "_", name.strip("\ufeff \t\r\n").lower())


class _Feeder:
    """Hands lines to the csv reader and remembers those of the row being read, so that a bad row can be left whole."""

    def __init__(self, lines: Iterator[tuple[int, str]]) -> None:
        self._lines = lines
        self.taken: list[tuple[int, str]] = []
        self.ended = False

    def __iter__(self) -> "_Feeder":
        return self

    def __next__(self) -> str:
        found = next(self._lines, None)
        if found is None:
            self.ended = True
            raise StopIteration
        self.taken.append(found)
        return found[1].replace("\x00", "")

    def give_back_all_but_the_first(self) -> None:
        self._lines = chain(self.taken[1:], self._lines)
        self.ended = False


def _csv_rows(layout: Layout) -> Iterator[Row]:
    feeder = _Feeder(line for line in _lines(layout) if line[0] >= layout.first_row)
    reader = csv.reader(feeder, delimiter=layout.separator)
    runaways = 0
    while True:
        feeder.taken = []
        try:
            cells = next(reader)
            closed = not feeder.ended or _is_closed(feeder.taken, layout.separator)
        except StopIteration:
            return
        except csv.Error:
            closed = False
        if closed:
            if any(cell.strip() for cell in cells):
                yield _csv_row(layout, feeder.taken, cells)
            continue
        # A quote that nothing closes swallows the rows after it: leave out its line alone and go on with the next.
        runaways += 1
        if runaways > _MOST_RUNAWAYS:
            raise ImportRefusedError(f"{layout.path}: more than {_MOST_RUNAWAYS} quotes are never closed; is it CSV?")
        number, raw = feeder.taken[0]
        feeder.give_back_all_but_the_first()
        reader = csv.reader(feeder, delimiter=layout.separator)
        yield Row(number, raw.rstrip("\r\n"), reason="a quote is opened and never closed, or it is too long")


def _is_closed(taken: Sequence[tuple[int, str]], separator: str) -> bool:
    try:
        list(csv.reader([line.replace("\x00", "") for _, line in taken], delimiter=separator, strict=True))
    except csv.Error as error:
        return "unexpected end" not in str(error)
    return True


def _csv_row(layout: Layout, taken: Sequence[tuple[int, str]], cells: Sequence[str]) -> Row:
    number = taken[0][0]
    raw = "".join(line for _, line in taken).rstrip("\r\n")
    if len(cells) > len(layout.header) and any(cell.strip() for cell in cells[len(layout.header) :]):
        reason = (
            f"it has {len(cells)} cells, the header names {len(layout.header)}: is a text with separators unquoted?"
        )
        return Row(number, raw, reason=reason)
    if layout.is_rejects:
        cells = [unguarded(cell) for cell in cells]
    return Row(number, raw, fields={name: cell for name, cell in zip(layout.header, cells, strict=False) if name})


def left_whole(layout: Layout, rows: Sequence[Row]) -> str:
    """Bad rows as they were written, each with its line and reason before it; mended, the file can be imported.

    A cell of a CSV file that a spreadsheet would take for a formula gets an apostrophe, which an import takes off.
    """
    if layout.is_json:
        return "".join(
            json.dumps(dict(zip(REJECT_COLUMNS, (row.line, row.reason), strict=True)) | _without_reasons(row)) + "\n"
            for row in rows
        )
    sign = layout.separator
    return "".join(
        f'{row.line}{sign}"{row.reason.replace(chr(34), chr(39))}"{sign}{_inert(layout, row.raw)}\n' for row in rows
    )


def _without_reasons(row: Row) -> dict[str, object]:
    """What the row says, without what an earlier import said of it."""
    return {name: value for name, value in row.fields.items() if name not in REJECT_COLUMNS} or {"raw": row.raw}


def reject_header(layout: Layout) -> str:
    """The first line of a reject file; none in JSON Lines."""
    sign = layout.separator
    return "" if layout.is_json else f"{sign.join(REJECT_COLUMNS)}{sign}{_inert(layout, layout.header_raw)}\n"


def _inert(layout: Layout, raw: str) -> str:
    # Most cells of a reject file are guarded already, and one guard is taken off.
    return guarded(raw.replace("\x00", ""), layout.separator, again=layout.is_rejects)
