"""Files of mentions: however they are written, a row is taken whole or left whole."""

import csv
import json
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from listeners.base import HeardMention
from listeners.import_rows import RowError, heard_from
from listeners.importer import ImportRefusedError, Row, left_whole, look_at, reject_header, rows_of
from models import MentionKind

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
ZONE = ZoneInfo("America/Sao_Paulo")


def written(folder: Path, raw: bytes, name: str = "mentions.csv") -> Path:
    path = folder / name
    path.write_bytes(raw)
    return path


def rows(path: Path) -> list[Row]:
    return list(rows_of(look_at(path), NOW, ZONE, "import"))


def heard(path: Path) -> list[HeardMention]:
    found = rows(path)
    assert not [row.reason for row in found if row.reason]
    return [row.mention for row in found if row.mention is not None]


TEXT = "O celular não liga, está quebrado; são três “garantias” e nada"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_every_encoding_and_separator_is_found_out(encoding: str, separator: str, tmp_path: Path) -> None:
    raw = separator.join(["id", "text", "author"]) + "\r\n" + separator.join(["1", f'"{TEXT}"', "ana"]) + "\r\n"
    (mention,) = heard(written(tmp_path, raw.encode(encoding)))
    assert mention.text == TEXT
    assert mention.author is not None
    assert mention.author.handle == "ana"


def test_latin_1_is_the_last_guess(tmp_path: Path) -> None:
    (mention,) = heard(written(tmp_path, b"text\nol\xe1 \x81\n"))
    assert mention.text == "olá \x81"


def test_a_spreadsheets_own_hint_is_believed(tmp_path: Path) -> None:
    (row,) = rows(written(tmp_path, b"sep=|\ntext|id\na, b; c|7\n"))
    assert row.line == 3
    assert row.mention is not None
    assert (row.mention.text, row.mention.external_id) == ("a, b; c", "7")


def test_a_quoted_text_may_hold_lines_quotes_and_separators(tmp_path: Path) -> None:
    found = rows(written(tmp_path, b'id,text\n1,"one\ntwo ""three"", four"\n2,five\n'))
    assert [row.line for row in found] == [2, 4]
    assert found[0].mention is not None
    assert found[0].mention.text == 'one\ntwo "three", four'


def test_every_column_arrives(tmp_path: Path) -> None:
    fields = {
        "text": "chegou quebrado",
        "id": 17,
        "posted_at": "31/03/2026 18:05",
        "author": "@Ana",
        "author_id": "u9",
        "url": "https://site.example/17",
        "channel": "Site XYZ",
        "thread": "t1",
        "parent": "16",
        "kind": "replica",
        "lang": "pt",
        "picture": ["https://site.example/a.png", "https://site.example/b.png"],
        "whatever": {"is": "ignored"},
    }
    (row,) = rows(written(tmp_path, json.dumps(fields).encode(), "mentions.jsonl"))
    mention = row.mention
    assert mention is not None
    assert row.channel == "site_xyz"
    assert mention.external_id == "17"
    assert mention.posted_at == datetime(2026, 3, 31, 21, 5, tzinfo=UTC)
    assert mention.author is not None
    assert (mention.author.external_id, mention.author.handle) == ("u9", "Ana")
    assert (mention.thread_external_id, mention.parent_external_id, mention.kind) == ("t1", "16", MentionKind.REPLICA)
    assert (mention.lang, mention.url, len(mention.pictures)) == ("pt", "https://site.example/17", 2)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2026-03-31", datetime(2026, 3, 31, 3, tzinfo=UTC)),
        ("2026-03-31T10:00:00Z", datetime(2026, 3, 31, 10, tzinfo=UTC)),
        ("2026-03-31 10:00:00+02:00", datetime(2026, 3, 31, 8, tzinfo=UTC)),
        ("1/3/2026", datetime(2026, 3, 1, 3, tzinfo=UTC)),
        ("01/03/2026 10:20:30", datetime(2026, 3, 1, 13, 20, 30, tzinfo=UTC)),
        (1_774_000_000, datetime(2026, 3, 20, 9, 46, 40, tzinfo=UTC)),
        (1_774_000_000_000, datetime(2026, 3, 20, 9, 46, 40, tzinfo=UTC)),
        ("", NOW),
        (None, NOW),
    ],
)
def test_dates_are_read_in_the_zone_of_the_settings(value: object, expected: datetime) -> None:
    _, mention = heard_from({"text": "a", "posted_at": value}, made_id="1", now=NOW, zone=ZONE, channel="import")
    assert mention.posted_at == expected


BAD = [
    ({"text": "  "}, "no text"),
    ({"text": 5}, "no text"),
    ({"text": "a" * 100_001}, "more than"),
    ({"text": "a", "posted_at": "31/02/2026"}, "not a date"),
    ({"text": "a", "posted_at": "02/31/2026"}, "not a date"),
    ({"text": "a", "posted_at": "20260331"}, "not a date"),
    ({"text": "a", "posted_at": True}, "not a date"),
    ({"text": "a", "posted_at": float("inf")}, "not a date"),
    ({"text": "a", "posted_at": "2030-01-01"}, "future"),
    ({"text": "a", "posted_at": "1960-01-01"}, "long ago"),
    ({"text": "a", "url": "javascript:alert(1)"}, "url is not"),
    ({"text": "a", "url": ["http://["]}, "url is not"),
    ({"text": "a", "picture": "file:///etc/passwd"}, "picture is not"),
    ({"text": "a", "picture": 3}, "picture is not"),
    ({"text": "a", "kind": "complain"}, "no kind is named"),
    ({"text": "a", "channel": "../x"}, "is no channel"),
    ({"text": "a", "id": "7" * 301}, "id has more than"),
    ({"text": "a", "id": 10**5000}, "too long a number"),
    ({"text": "a", "author": {"name": "x"}}, "author is neither"),
]


@pytest.mark.parametrize(("fields", "reason"), BAD)
def test_a_bad_row_says_why(fields: dict[str, object], reason: str) -> None:
    with pytest.raises(RowError, match=reason):
        heard_from(fields, made_id="1", now=NOW, zone=ZONE, channel="import")


@given(
    st.dictionaries(
        st.sampled_from(["text", "id", "posted_at", "author", "url", "kind", "picture", "channel"]),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(exclude_categories=[])),
            st.lists,
            max_leaves=3,
        ),
    )
)
def test_no_row_whatever_raises_anything_else(fields: dict[str, object]) -> None:
    try:
        _, mention = heard_from(fields, made_id="1", now=NOW, zone=ZONE, channel="import")
    except RowError:
        return
    mention.text.encode()
    mention.external_id.encode()


def test_bad_rows_are_left_whole_and_good_ones_go_on(tmp_path: Path) -> None:
    raw = b'id;text;url\n1;ok;\n2;;\n3;"a;b";ftp://x\n4;a;b;c;d\n5;fine;\n'
    layout = look_at(written(tmp_path, raw))
    found = list(rows_of(layout, NOW, ZONE, "import"))
    assert [(row.line, bool(row.reason)) for row in found] == [(2, False), (3, True), (4, True), (5, True), (6, False)]
    bad = [row for row in found if row.reason]
    assert [row.raw for row in bad] == ["2;;", '3;"a;b";ftp://x', "4;a;b;c;d"]
    left = reject_header(layout) + left_whole(layout, bad)
    assert left.splitlines()[0] == "reject_line;reject_reason;id;text;url"
    assert left.splitlines()[2].endswith(';3;"a;b";ftp://x')


def test_a_mended_reject_file_can_be_imported(tmp_path: Path) -> None:
    layout = look_at(written(tmp_path, b"id;text;url\n3;a;ftp://x\n"))
    left = reject_header(layout) + left_whole(layout, list(rows_of(layout, NOW, ZONE, "import")))
    (mention,) = heard(written(tmp_path, left.replace("ftp://", "http://").encode(), "mended.csv"))
    assert mention.url == "http://x"


def test_a_quote_that_is_never_closed_costs_one_row(tmp_path: Path) -> None:
    found = rows(written(tmp_path, b'id,text\n1,one\n2,"two\n3,three\n4,four\n'))
    assert [(row.line, row.mention.text if row.mention else None) for row in found] == [
        (2, "one"),
        (3, None),
        (4, "three"),
        (5, "four"),
    ]
    assert "never closed" in found[1].reason


def test_a_quote_before_very_many_rows_costs_one_row(tmp_path: Path) -> None:
    found = rows(written(tmp_path, b'text\n"open\n' + b"a row of some length\n" * 20_000))
    assert len(found) == 20_001
    assert [row.line for row in found if row.reason] == [2]


def test_rows_without_an_id_get_one_that_stays(tmp_path: Path) -> None:
    path = written(tmp_path, b"text,author\nsame,ana\nsame,bia\nsame,ana\n")
    first, second = [[mention.external_id for mention in heard(path)] for _ in range(2)]
    assert first == second
    assert len(set(first)) == 3


def test_two_rows_with_one_id_that_differ_are_not_both_taken(tmp_path: Path) -> None:
    found = rows(written(tmp_path, b"id,text\n1,a\n1,a\n1,b\n"))
    assert [row.reason for row in found] == ["", "", "its id is that of line 2, which says something else"]


def test_json_lines_that_are_none_are_told_by_their_number(tmp_path: Path) -> None:
    raw = b'{"text": "a"}\n\n{"text": \n[1]\n"a"\n' + b"[" * 100_000 + b'\n{"text": "\\ud83d"}\n'
    found = rows(written(tmp_path, raw, "mentions.jsonl"))
    assert [(row.line, row.reason) for row in found] == [
        (1, ""),
        (3, "it is no JSON"),
        (4, "it is no JSON object"),
        (5, "it is no JSON object"),
        (6, "it is no JSON"),
        (7, ""),
    ]


def test_json_lines_are_known_by_their_content_too(tmp_path: Path) -> None:
    assert [mention.text for mention in heard(written(tmp_path, b'{"text": "a"}\n', "mentions.txt"))] == ["a"]


@pytest.mark.parametrize(
    ("raw", "name", "said"),
    [
        (b"", "mentions.csv", "empty"),
        (b"\n\n", "mentions.csv", "empty"),
        (b"id,texto\n1,a\n", "mentions.csv", "is it 'texto'"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "mentions.csv", "no column is named 'text'"),
        (b"text,text\na,b\n", "mentions.csv", "two columns"),
        (b'[{"text": "a"}]', "mentions.json", "one object a line"),
        (b"text\n" + b"a" * 50_000_000, "mentions.csv", "line 2 is longer than"),
        (b'{"text": "' + b"a" * 50_000_000, "mentions.jsonl", "line 1 is longer than"),
    ],
)
def test_what_is_no_list_of_mentions_is_refused_whole(raw: bytes, name: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(ImportRefusedError, match=said):
        rows(written(tmp_path, raw, name))


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_a_reject_file_runs_no_formula_and_is_imported_as_it_was(separator: str, tmp_path: Path) -> None:
    cells = ["=1+1", "'=1+1", "-5", "'tis", '"=HYPERLINK(""x"")"', '"\tx"', "@ana", " +1", '"a, -b; -c\t-d"', "＝1", ""]
    names = [f"c{number}" for number in range(len(cells))]
    lines = [separator.join(["text", *names, "posted_at"]), separator.join(["=cmd|x", *cells, "never"])]
    layout = look_at(written(tmp_path, "\n".join(lines).encode()))
    (bad,) = rows(layout.path)
    assert bad.reason
    left = reject_header(layout) + left_whole(layout, [bad])
    (_, found) = csv.reader(left.splitlines(), delimiter=separator)
    assert not [cell for cell in found if cell.lstrip(" ").startswith(tuple("=+-@\t＝"))]
    (again,) = rows(written(tmp_path, left.encode(), "again.csv"))
    kept = {name: value for name, value in again.fields.items() if not name.startswith("reject_")}
    assert kept == bad.fields
    layout = look_at(tmp_path / "again.csv")
    assert f"'=cmd|x{separator}'=1+1{separator}''=1+1" in left_whole(layout, [again])
    mended = written(tmp_path, left.replace("never", "2026-03-01").encode(), "mended.csv")
    assert heard(mended)[0].text == "=cmd|x"
