"""How much memory `ouvidor run` holds, idle, after 10,000 mentions."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path

from database.engine import migrate, open_database
from listeners.poll import poll
from sandbox.corpus import corpus
from tests.builders import NOON, a_heard, a_page, a_world, an_author
from tests.fakes import ScriptedListener

_MENTIONS = 10_000
_SETTINGS = """\
database = "sqlite:///{path}"
[[brand]]
slug = "aurora"
name = "Loja Aurora"
[inbox]
port = 0
"""


def measure() -> dict[str, object]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "ouvidor.db"
        _fill(path)
        settings = Path(folder) / "ouvidor.toml"
        settings.write_text(_SETTINGS.format(path=path))
        process = subprocess.Popen(
            [sys.executable, "-m", "cli", "--settings", str(settings), "run"],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        try:
            _wait_until_tagged(path)
            time.sleep(3)
            resident = _resident_mb(process.pid)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(15)
        return {"mentions": _MENTIONS, "resident_mb": round(resident, 1)}


def _fill(path: Path) -> None:
    engine = open_database(f"sqlite:///{path}")
    migrate(engine)
    source_id = a_world(engine)
    texts = [text.text for text in corpus()]
    pages = [
        a_page(
            *(
                a_heard(str(n), text=f"{texts[n % len(texts)]} {n}", author=an_author(f"u{n % 3000}"))
                for n in range(start, start + 100)
            ),
            cursor=str(start),
        )
        for start in range(0, _MENTIONS, 100)
    ]
    poll(engine, ScriptedListener(*pages), source_id, NOON + timedelta(minutes=1))
    engine.dispose()


def _wait_until_tagged(path: Path) -> None:
    import sqlite3

    until = time.monotonic() + 300
    while time.monotonic() < until:
        with sqlite3.connect(path, timeout=10) as connection:
            (waiting,) = connection.execute("SELECT count(*) FROM mention WHERE triaged_at IS NULL").fetchone()
        connection.close()
        if not waiting:
            return
        time.sleep(0.5)
    raise TimeoutError("the mentions were not tagged and triaged within five minutes")


def _resident_mb(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise OSError(f"process {pid} has ended: {os.strerror(3)}")
