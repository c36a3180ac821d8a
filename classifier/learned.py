"""Keeps what was learned from corrections: files of weights, and one small file that says which are in force."""

import errno
import fcntl
import hashlib
import json
import os
import re
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

from pydantic import StringConstraints, TypeAdapter, ValidationError

from database.crash import crash_point
from errors import OuvidorError

IN_FORCE = "in-force.json"
KEPT = 10  # versions that can be gone back to, one after the other
_OURS = re.compile(r"embedded-[0-9a-z]+-[0-9a-f]{12}\.npz|(in-force\.json|embedded-[0-9a-f-]+\.npz)\.[0-9]+\.part")
_PUT_ASIDE = "`ouvidor learn --rollback` puts it aside for the packaged weights"
_ADVICE = "`ouvidor learn --rollback` goes back to the version before it"

Version = Annotated[str, StringConstraints(pattern=r"^embedded-[0-9a-z]+-[0-9a-f]{12}$")]
Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class DamagedError(OuvidorError):
    """What was learned cannot be read; the text names the file and the remedy."""


@dataclass(frozen=True)
class Learned:
    """Weights that were switched to."""

    version: Version
    before: Version  # what was in force until then
    packaged: Version  # the packaged weights that they were learned on
    digest: Digest  # of the file, SHA-256
    when: datetime
    figures: Mapping[str, Any] = field(default_factory=dict, hash=False)  # why they were switched to

    @property
    def file(self) -> str:
        return f"{self.version}.npz"


_NOTHING = "there is nothing to go back to: the weights that came with Ouvidor are in force"
_LIST = TypeAdapter(list[Learned])


def versions(folder: Path) -> list[Learned]:
    """What is in force, then what was before it, and so on; empty where the packaged weights are.

    DamagedError when the file cannot be read. Neither this nor `weights` writes anything.
    """
    path = folder / IN_FORCE
    try:
        return _LIST.validate_json(_read(path))
    except FileNotFoundError:
        return []
    except ValidationError:
        words = f"{path} does not say which weights are in force: it is damaged, or something else"
        raise DamagedError(f"{words}; {_PUT_ASIDE}") from None
    except OSError as problem:
        words = f"{path} cannot be read: {problem.strerror}; may Ouvidor read this folder?"
        raise DamagedError(f"{words} If so, {_PUT_ASIDE}") from None


def in_force(folder: Path) -> Learned | None:
    """What was learned last and not rolled back; None where the packaged weights are in force."""
    return next(iter(versions(folder)), None)


def weights(folder: Path, learned: Learned) -> bytes:
    """The file of these weights, exactly as it was written; DamagedError when it is not."""
    path = folder / learned.file
    try:
        raw = _read(path)
    except FileNotFoundError:
        raise DamagedError(f"the learned weights {path} are not there; {_ADVICE}") from None
    except OSError as problem:
        raise DamagedError(f"the learned weights {path} cannot be read: {problem.strerror}; {_ADVICE}") from None
    if hashlib.sha256(raw).hexdigest() != learned.digest:
        raise DamagedError(f"the learned weights {path} are not what was written: they are damaged; {_ADVICE}")
    return raw


def switch(folder: Path, raw: bytes, learned: Learned, over: Learned | None) -> Learned:
    """Put these weights in force over those that were; a crash at any point leaves the old or the new ones, whole.

    OuvidorError when others came in force meanwhile.
    """
    learned = replace(learned, digest=hashlib.sha256(raw).hexdigest())
    folder.mkdir(parents=True, exist_ok=True)
    with _alone(folder):
        older = versions(folder)
        if next(iter(older), None) != over:
            raise OuvidorError("other weights came in force meanwhile: run `ouvidor learn` again")
        # The weights stand on the disk before the list names them, and go only once the list no longer does.
        _write(folder / learned.file, raw)
        crash_point("learned.weights")
        # What was learned on other packaged weights cannot be gone back to.
        usable = [one for one in older if one.version != learned.version and one.packaged == learned.packaged]
        _list(folder, [learned, *usable][:KEPT])
    return learned


def roll_back(folder: Path, packaged: Version) -> tuple[str, Learned | None]:
    """Put the weights before in force: the version that was put away, and what is in force now.

    Versions whose files are damaged, or that were learned on other than the `packaged` weights, are passed over. A list
    that cannot be read is put aside, and the packaged weights are in force. OuvidorError when they are already.
    """
    if not os.path.lexists(folder / IN_FORCE):  # a link that leads nowhere can be put aside, too
        raise OuvidorError(_NOTHING)
    with _alone(folder):
        try:
            found = versions(folder)
        except DamagedError:
            os.replace(folder / IN_FORCE, folder / f"{IN_FORCE}.damaged")
            _settle(folder)
            return IN_FORCE, None
        if not found:
            raise OuvidorError(_NOTHING)
        put_away, *older = found
        while older and not (older[0].packaged == packaged and _is_whole(folder, older[0])):
            older = older[1:]
        _list(folder, older)
    return put_away.version, next(iter(older), None)


def _is_whole(folder: Path, learned: Learned) -> bool:
    try:
        weights(folder, learned)
    except DamagedError:
        return False
    return True


def _list(folder: Path, learned: list[Learned]) -> None:
    """Say which weights are in force, then take away the files that nobody can go back to."""
    told = [{**asdict(one), "when": one.when.isoformat()} for one in learned]
    _write(folder / IN_FORCE, f"{json.dumps(told, indent=1)}\n".encode())
    crash_point("learned.listed")
    named = {one.file for one in learned}
    for path in folder.iterdir():  # what a crash left behind goes too; what is not ours stays
        if _OURS.fullmatch(path.name) and path.name not in named:
            path.unlink(missing_ok=True)


def _read(path: Path) -> bytes:
    """What a regular file holds; OSError for all else: a pipe or a device might never end."""
    if not stat.S_ISREG(path.stat().st_mode):
        raise OSError(errno.EINVAL, "it is no regular file")
    return path.read_bytes()


def _write(path: Path, raw: bytes) -> None:
    """The whole file or none, on the disk when this returns."""
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    with part.open("wb") as stream:
        stream.write(raw)
        stream.flush()
        os.fsync(stream.fileno())
    crash_point("learned.written")
    os.replace(part, path)
    _settle(path.parent)


def _settle(folder: Path) -> None:
    """A new name in a folder survives a power cut once the folder itself is on the disk."""
    with _opened(folder) as handle:
        os.fsync(handle)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Wait until no other process changes the folder; a process that dies lets go."""
    with _opened(folder) as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


@contextmanager
def _opened(folder: Path) -> Iterator[int]:
    handle = os.open(folder, os.O_RDONLY)
    try:
        yield handle
    finally:
        os.close(handle)
