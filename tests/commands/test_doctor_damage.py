"""A database that is damaged is named in one line, without the SQL that met the damage."""

import sqlite3
from pathlib import Path

import pytest

from tests.commands.conftest import Ouvidor


@pytest.mark.parametrize("table", ["alembic_version", "brand", "account", "source"])
def test_apply_on_a_database_damaged_in_the_middle_names_it(table: str, ouvidor: Ouvidor, settings_file: Path) -> None:
    assert ouvidor("apply").code == 0
    path = settings_file.with_name("ouvidor.db")
    connection = sqlite3.connect(path)
    (page,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", (table,)).fetchone()
    (size,) = connection.execute("PRAGMA page_size").fetchone()
    connection.close()
    with path.open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(b"\xff" * size)
    found = ouvidor("apply")
    assert (found.code, found.out) == (2, "")
    assert found.err.count("\n") == 1
    assert "ouvidor.db" in found.err
    assert "malformed" in found.err
    assert "SELECT" not in found.err
    assert "sqlalche.me" not in found.err
