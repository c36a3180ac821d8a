"""The sandbox's SQLite file: transactions that nest, and small facts by key."""

import json
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from errors import SettingsError
from sandbox.records import SCHEMA


class Store:
    """One connection behind a lock; every statement outside a transaction commits by itself."""

    def __init__(self, path: str | Path) -> None:
        """Makes the file where there is none; SettingsError, which names it, when it cannot be used."""
        self._lock = threading.RLock()
        self._depth = 0
        self._database = _opened(path)

    def close(self) -> None:
        with self._lock:
            self._database.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Everything inside commits together or not at all; an inner one that fails takes back its own part alone."""
        with self._lock:
            depth = self._depth
            self._database.execute("BEGIN IMMEDIATE" if depth == 0 else f"SAVEPOINT level{depth}")
            self._depth += 1
            try:
                yield
            except BaseException:
                self._depth = depth
                if depth:
                    self._database.execute(f"ROLLBACK TO level{depth}")
                    self._database.execute(f"RELEASE level{depth}")
                else:
                    self._database.execute("ROLLBACK")
                raise
            self._depth = depth
            self._database.execute("COMMIT" if depth == 0 else f"RELEASE level{depth}")

    def change(self, statement: str, *values: object) -> int:
        """Runs it; returns the row id of what it inserted."""
        with self._lock:
            return self._database.execute(statement, values).lastrowid or 0

    def rows(self, statement: str, values: Sequence[object] = ()) -> list[sqlite3.Row]:
        with self._lock:
            return self._database.execute(statement, values).fetchall()

    def row(self, statement: str, *values: object) -> sqlite3.Row | None:
        with self._lock:
            found: sqlite3.Row | None = self._database.execute(statement, values).fetchone()
        return found

    def value(self, statement: str, *values: object) -> Any:
        """The first column of the first row; None without one."""
        row = self.row(statement, *values)
        return None if row is None else row[0]

    def get(self, key: str, default: Any = None) -> Any:
        """A fact that was put: anything that JSON holds."""
        value = self.value("SELECT value FROM fact WHERE key = ?", key)
        return default if value is None else json.loads(value)

    def put(self, key: str, value: Any) -> None:
        """Keeps a fact, replacing what had the key."""
        text = json.dumps(value, ensure_ascii=False)
        self.change("INSERT INTO fact VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value", key, text)

    def remove(self, key: str) -> None:
        self.change("DELETE FROM fact WHERE key = ?", key)

    def facts(self, prefix: str, limit: int = -1) -> dict[str, Any]:
        """Every fact whose key starts so, in the order of the keys."""
        statement = "SELECT key, value FROM fact WHERE key >= ? AND key < ? ORDER BY key LIMIT ?"
        rows = self.rows(statement, (prefix, prefix + "\U0010ffff", limit))
        return {row["key"]: json.loads(row["value"]) for row in rows}


def _opened(path: str | Path) -> sqlite3.Connection:
    folder = Path(path).absolute().parent
    if not folder.is_dir():
        raise SettingsError(f"the folder {folder} is missing: make it, or name another file with --database")
    try:
        database = sqlite3.connect(str(path), isolation_level=None, check_same_thread=False, timeout=10)
        try:
            database.row_factory = sqlite3.Row
            # WAL with NORMAL keeps every commit through a SIGKILL (only a power cut may lose the last ones).
            database.execute("PRAGMA journal_mode = WAL")
            database.execute("PRAGMA synchronous = NORMAL")
            database.executescript(SCHEMA)
        except sqlite3.Error:
            database.close()
            raise
    except sqlite3.Error as error:
        raise SettingsError(
            f"the sandbox's file {path} cannot be used ({error}): remove it, or name another file with --database"
        ) from error
    return database
