"""A file that cannot be opened as a database is named."""

from pathlib import Path

import pytest

from database.engine import migrate, open_database
from errors import SettingsError


@pytest.mark.parametrize("raw", [b"no database " * 50, b"SQLite format 3\0" + b"nothing " * 50])
def test_a_file_that_is_no_database_cannot_be_opened(raw: bytes, tmp_path: Path) -> None:
    path = tmp_path / "o.db"
    path.write_bytes(raw)
    engine = open_database(f"sqlite:///{path}")
    try:
        with pytest.raises(SettingsError, match=r"o\.db cannot be opened"):
            migrate(engine)
    finally:
        engine.dispose()
