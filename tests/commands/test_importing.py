"""From a file to cases: everything in it, once."""

import json
from pathlib import Path

import pytest
from sqlmodel import func, select

from database.engine import open_database, reading, transaction
from listeners.store import store
from models import Case, Mention, Profile, Reply, ReplyState, Source
from tests.builders import NOON, a_heard, a_page
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


NOVEMBER = "id,text,author\n1,A geladeira não funciona e ninguém resolve,Ana\n2,Cobrança indevida no meu cartão,Bia\n"
DECEMBER = "id,text,author\n1,Adorei a loja,Carlos\n2,Entrega rápida obrigado,Davi\n3,Loja limpa,Eva\n4,,Fabio\n"


def imported(ouvidor: Ouvidor, name: str, *arguments: str) -> dict[str, int]:
    found = ouvidor("import", "mentions", name, "--brand", "acme", "--json", *arguments)
    assert found.code == 0
    counts = json.loads(found.out)
    return {name: counts[name] for name in ("imported", "known", "rejected")}


def texts(folder: Path) -> dict[str, tuple[str, str]]:
    """What is stored, by id: the author and the text."""
    engine = open_database(f"sqlite:///{folder / 'ouvidor.db'}")
    with reading(engine) as session:
        said = session.exec(select(Mention.external_id, Profile.handle, Mention.text).join(Profile)).all()
    engine.dispose()
    return {external_id: (handle, text) for external_id, handle, text in said}


@pytest.fixture
def months(settings_file: Path) -> Path:
    """Two files that number their rows alike, in one folder."""
    (settings_file.parent / "nov.csv").write_text(NOVEMBER, "utf-8")
    (settings_file.parent / "dez.csv").write_text(DECEMBER, "utf-8")
    return settings_file.parent


def test_ids_that_begin_again_in_another_file_change_nobodys_words(ouvidor: Ouvidor, months: Path) -> None:
    imported(ouvidor, "nov.csv")
    before = texts(months)
    found = ouvidor("import", "mentions", "dez.csv", "--brand", "acme")
    assert found.code == 0
    assert found.out.startswith("4 rows: 1 imported, 0 known already, 3 rejected")
    assert [line.split(":")[0] for line in found.err.splitlines()] == ["line 2", "line 3", "line 5"]
    assert "line 2: its id is stored already with another text, which stays: give the row an id of its own" in found.err
    assert texts(months) == before | {"3": ("Eva", "Loja limpa")}
    left = (months / "dez.rejected.csv").read_text("utf-8").splitlines()
    assert [line.partition(",")[0] for line in left] == ["reject_line", "2", "3", "5"]
    assert left[1].endswith("1,Adorei a loja,Carlos")


def test_a_second_import_of_either_file_changes_nothing(ouvidor: Ouvidor, months: Path) -> None:
    imported(ouvidor, "nov.csv")
    imported(ouvidor, "dez.csv")
    before = texts(months)
    assert imported(ouvidor, "nov.csv") == {"imported": 0, "known": 2, "rejected": 0}
    assert imported(ouvidor, "dez.csv") == {"imported": 0, "known": 1, "rejected": 3}
    assert texts(months) == before


def test_a_reject_file_slips_nothing_past_the_refusal_until_it_is_mended(ouvidor: Ouvidor, months: Path) -> None:
    (months / "both.csv").write_text(NOVEMBER + "1,Adorei a loja,Carlos\n", "utf-8")
    assert imported(ouvidor, "both.csv") == {"imported": 2, "known": 0, "rejected": 1}
    before = texts(months)
    assert imported(ouvidor, "both.rejected.csv") == {"imported": 0, "known": 0, "rejected": 1}
    assert texts(months) == before
    rejected = months / "both.rejected.csv"
    rejected.write_text(rejected.read_text("utf-8").replace(",1,Adorei", ",,Adorei"), "utf-8")
    assert imported(ouvidor, "both.rejected.csv") == {"imported": 1, "known": 0, "rejected": 0}
    assert len(texts(months)) == 3


def test_a_reject_file_of_json_tells_the_newest_reason(ouvidor: Ouvidor, months: Path) -> None:
    rows = ({"id": "1", "text": "Chegou quebrado"}, {"id": "1", "text": "Adorei a loja"})
    (months / "both.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    imported(ouvidor, "both.jsonl")
    assert imported(ouvidor, "both.rejected.jsonl") == {"imported": 0, "known": 0, "rejected": 1}
    left = json.loads((months / "both.rejected.rejected.jsonl").read_text())
    assert left["reject_line"] == 1
    assert left["reject_reason"].startswith("its id is stored already")
    assert (left["id"], left["text"]) == ("1", "Adorei a loja")


def test_an_import_leaves_what_a_listener_heard_as_it_stands(ouvidor: Ouvidor, months: Path) -> None:
    ouvidor("apply")
    engine = open_database(f"sqlite:///{months / 'ouvidor.db'}")
    with transaction(engine) as session:
        source = session.exec(select(Source).where(Source.kind == "notifications")).one()
        store(session, source, a_page(a_heard("900", text="Minha geladeira parou")), NOON)
    engine.dispose()
    before = texts(months)
    (months / "live.csv").write_text("id,text,channel\n900,Tudo ótimo,mastodon\n", "utf-8")
    assert imported(ouvidor, "live.csv") == {"imported": 0, "known": 0, "rejected": 1}
    assert texts(months) == before
    (months / "live.csv").write_text("id,text,channel\n900,Minha geladeira parou,mastodon\n", "utf-8")
    assert imported(ouvidor, "live.csv") == {"imported": 0, "known": 1, "rejected": 0}


def test_the_same_ids_under_another_channel_are_other_mentions(ouvidor: Ouvidor, months: Path) -> None:
    imported(ouvidor, "nov.csv")
    assert imported(ouvidor, "dez.csv", "--channel", "dezembro") == {"imported": 3, "known": 0, "rejected": 1}
