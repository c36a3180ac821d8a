"""From a file to cases: everything in it, once."""

import json
from pathlib import Path

import pytest
from sqlmodel import func, select

from database.engine import open_database, reading
from models import Case, Mention, Reply, ReplyState, Source
from tests.commands.conftest import Ouvidor

ROWS = """\
id;text;posted_at;author
1;"Meu pedido chegou quebrado e ninguém responde!";01/03/2026 10:00;ana
2;;01/03/2026 10:05;bia
3;"I was charged twice for my order, I want my money back";2026-03-01T11:00:00Z;carl
4;"A entrega não chegou";31/02/2026;davi
"""


@pytest.fixture
def file(settings_file: Path) -> Path:
    path = settings_file.with_name("mentions.csv")
    path.write_bytes(ROWS.encode("cp1252"))
    return path


def counted(file: Path, model: type[Mention] | type[Case]) -> int:
    engine = open_database(f"sqlite:///{file.with_name('ouvidor.db')}")
    with reading(engine) as session:
        count = session.exec(select(func.count()).select_from(model)).one()
    engine.dispose()
    return count


def test_good_rows_become_mentions_tags_and_cases(ouvidor: Ouvidor, file: Path) -> None:
    found = ouvidor("import", "mentions", "mentions.csv", "--brand", "acme", "--json")
    assert found.code == 0
    counts = json.loads(found.out)
    assert {name: counts[name] for name in ("rows", "imported", "known", "rejected", "tagged")} == {
        "rows": 4,
        "imported": 2,
        "known": 0,
        "rejected": 2,
        "tagged": 2,
    }
    assert counts["cases"] == counted(file, Case) > 0
    assert "line 3: it has no text" in found.err
    assert "line 5: posted_at: '31/02/2026' is not a date" in found.err


def test_bad_rows_wait_in_a_file_of_their_own(ouvidor: Ouvidor, file: Path) -> None:
    ouvidor("import", "mentions", "mentions.csv", "--brand", "acme")
    left = file.with_name("mentions.rejected.csv").read_text("utf-8").splitlines()
    assert left[0] == "reject_line;reject_reason;id;text;posted_at;author"
    assert left[1] == '3;"it has no text";2;;01/03/2026 10:05;bia'
    assert left[2].endswith('"A entrega não chegou";31/02/2026;davi')
    assert len(left) == 3


def test_a_mended_reject_file_brings_the_rest(ouvidor: Ouvidor, file: Path) -> None:
    ouvidor("import", "mentions", "mentions.csv", "--brand", "acme")
    rejected = file.with_name("mentions.rejected.csv")
    rejected.write_text(rejected.read_text("utf-8").replace("31/02/2026", "28/02/2026"), "utf-8")
    found = ouvidor("import", "mentions", "mentions.rejected.csv", "--brand", "acme", "--json")
    assert json.loads(found.out)["imported"] == 1
    assert counted(file, Mention) == 3


def test_a_second_import_adds_nothing(ouvidor: Ouvidor, file: Path) -> None:
    ouvidor("import", "mentions", "mentions.csv", "--brand", "acme")
    before = (counted(file, Mention), counted(file, Case))
    again = json.loads(ouvidor("import", "mentions", "mentions.csv", "--brand", "acme", "--json").out)
    assert (again["imported"], again["known"], again["tagged"], again["cases"]) == (0, 2, 0, 0)
    assert (counted(file, Mention), counted(file, Case)) == before


def test_imported_mentions_are_never_answered_automatically(ouvidor: Ouvidor, file: Path) -> None:
    with file.with_name("ouvidor.toml").open("a") as stream:
        stream.write('[[acknowledge]]\n[acknowledge.template]\npt = "Oi {{ protocol }}"\nen = "Hi {{ protocol }}"\n')
    rows = '{"id": "1", "text": "My parcel is lost and I want a refund", "author": "ana", "channel": "mastodon"}\n'
    file.with_suffix(".jsonl").write_text(rows)
    assert json.loads(ouvidor("import", "mentions", "mentions.jsonl", "--brand", "acme", "--json").out)["cases"] == 1
    engine = open_database(f"sqlite:///{file.with_name('ouvidor.db')}")
    with reading(engine) as session:
        assert set(session.exec(select(Reply.state)).all()) <= {ReplyState.DISCARDED}
    engine.dispose()


def test_rows_of_an_accounts_channel_go_to_its_place(ouvidor: Ouvidor, file: Path) -> None:
    ouvidor("import", "mentions", "mentions.csv", "--brand", "acme", "--channel", "mastodon")
    engine = open_database(f"sqlite:///{file.with_name('ouvidor.db')}")
    with reading(engine) as session:
        assert set(session.exec(select(Mention.place)).all()) == {"127.0.0.1"}
        imported = session.exec(select(Source).where(Source.kind == "import")).one()
        assert not imported.active
    engine.dispose()
    assert ouvidor("apply").out == "nothing to change\n"


def test_a_dry_run_stores_nothing(ouvidor: Ouvidor, file: Path) -> None:
    found = ouvidor("import", "mentions", "mentions.csv", "--brand", "acme", "--dry-run")
    assert found.out.startswith("dry run: 4 rows, 2 can be imported, 2 rejected")
    assert not file.with_name("ouvidor.db").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("mentions.csv", "--brand", "acne"), "no brand has the slug 'acne'; did you mean 'acme'?"),
        (("gone.csv", "--brand", "acme"), "gone.csv: No such file or directory"),
        (("ouvidor.toml", "--brand", "acme"), "no column is named 'text'"),
        ((".", "--brand", "acme"), "Is a directory"),
    ],
)
def test_what_cannot_be_imported_is_told_in_one_line(
    arguments: tuple[str, ...], said: str, ouvidor: Ouvidor, file: Path
) -> None:
    found = ouvidor("import", "mentions", *arguments)
    assert found.code == 1
    assert said in found.err
    assert found.err.count("\n") == 1


def test_a_column_taken_for_the_channel_is_noticed(ouvidor: Ouvidor, file: Path) -> None:
    file.write_text("text,channel\n" + "".join(f"a,c{number}\n" for number in range(30)))
    found = ouvidor("import", "mentions", "mentions.csv", "--brand", "acme")
    assert found.code == 1
    assert "is `channel` the right column?" in found.err


def test_a_file_of_bytes_is_refused_in_one_line(ouvidor: Ouvidor, file: Path) -> None:
    file.with_name("bad.bin").write_bytes(bytes(range(256)) * 10)
    found = ouvidor("import", "mentions", "bad.bin", "--brand", "acme")
    assert found.code == 1
    assert "no column is named 'text'" in found.err
    assert found.err.count("\n") == 1
