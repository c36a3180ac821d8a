"""Where a run of the demo keeps its files: in a folder that is thrown away, or in a pair that it alone uses."""

import os
import sqlite3
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from sqlalchemy.exc import DatabaseError

from errors import SettingsError
from sandbox.state import State
from sandbox.truth import Truth

if sys.platform != "win32":
    import fcntl

_SQLITE = b"SQLite format 3\0"  # how every such file begins - sqlite.org/fileformat2.html, read 2026-11
_ELSEWHERE = "name another file with --database"


@contextmanager
def demo_files(database: Path | None) -> Iterator[Path]:
    """The file of our database, the networks' beside it; without `database` both vanish at the end.

    Raises SettingsError for a file that cannot be continued, and where another demo is using it.
    """
    if database is None:
        with tempfile.TemporaryDirectory(prefix="ouvidor-demo-", ignore_cleanup_errors=True) as folder:
            yield Path(folder) / "ouvidor.db"
        return
    path = database.resolve()
    if path.is_dir():
        raise SettingsError(f"{path} is a folder: {_ELSEWHERE}")
    _make_folder(path.parent)
    with _alone(path), _damage_named(path):
        _check(path)
        yield path


def networks_of(path: Path) -> Path:
    """The file in which the sandbox keeps what was posted."""
    return path.with_name(f"{path.name}.sandbox")


def check_nothing_is_forgotten(path: Path, state: State) -> None:
    """Raise SettingsError when the networks hold posts of which our database, being gone, knows nothing.

    A run that was killed before it made our database left networks without posts: that one goes on.
    """
    if not _is_filled(path) and Truth(state).customer_posts():
        raise SettingsError(
            f"{networks_of(path)} holds posts, but {path}, which belongs to it, is missing: "
            f"put it back, remove the other, or {_ELSEWHERE}"
        )


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(exist_ok=True)
    except FileNotFoundError:
        raise SettingsError(f"the folder {folder.parent} is missing: make it, or {_ELSEWHERE}") from None
    except OSError as error:
        raise SettingsError(f"the folder {folder} cannot be made ({error.strerror}): {_ELSEWHERE}") from None


def _check(path: Path) -> None:
    if not _is_filled(path):
        return
    with path.open("rb") as file:
        is_sqlite = file.read(len(_SQLITE)) == _SQLITE
    if not is_sqlite:
        raise SettingsError(f"{path} is no SQLite database: remove it, or {_ELSEWHERE}")
    if not _is_filled(networks_of(path)):
        raise SettingsError(
            f"{path} is there, but {networks_of(path)}, which belongs to it, is missing: "
            f"put it back, remove the other, or {_ELSEWHERE}"
        )


def _is_filled(path: Path) -> bool:
    """A database begins as an empty file."""
    return path.exists() and path.stat().st_size > 0


@contextmanager
def _damage_named(path: Path) -> Iterator[None]:
    """A file that turns out damaged, or that cannot be written, is told in one line; a slip of ours is not hidden."""
    try:
        yield
    except DatabaseError as error:
        if not _is_of_the_file(error.orig):
            raise
        raise SettingsError(f"{path} cannot be used ({error.orig}): {_ELSEWHERE}") from error
    except sqlite3.DatabaseError as error:
        if not _is_of_the_file(error):
            raise
        raise SettingsError(f"{networks_of(path)} cannot be used ({error}): {_ELSEWHERE}") from error


def _is_of_the_file(error: BaseException | None) -> bool:
    return type(error) in (sqlite3.DatabaseError, sqlite3.OperationalError)


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Nobody else's until the end, which a SIGKILL is too: the system lets go of a lock with its process."""
    lock = path.with_name(f"{path.name}.lock")
    try:
        held = lock.open("ab")
    except OSError as error:
        raise SettingsError(f"{path} cannot be written ({error.strerror}): {_ELSEWHERE}") from None
    with held:
        if not _is_locked(held, lock):
            raise SettingsError(f"another demo is using {path}: wait for its end, or {_ELSEWHERE}")
        try:
            yield
        finally:
            if sys.platform != "win32":
                lock.unlink(missing_ok=True)
    if sys.platform == "win32":
        lock.unlink(missing_ok=True)


def _is_locked(held: IO[bytes], lock: Path) -> bool:
    """Whether the lock is ours now; always where the system or its file system knows no such locks."""
    if sys.platform == "win32":
        return True
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return True
    # Whoever had it may have removed the file between our opening and our locking.
    return lock.exists() and os.path.samestat(os.fstat(held.fileno()), lock.stat())
