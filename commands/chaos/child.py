"""The loop in a process of its own: started, asked for one turn after another, killed and started again."""

import json
import os
import signal
import subprocess
import sys
import sysconfig
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from database.crash import VARIABLE
from errors import OuvidorError

_LONGEST_TURN = 120.0  # seconds; beyond, something waits for ever
_ROOT = Path(__file__).parents[2]


class LoopDiedError(OuvidorError):
    """The loop ended although nobody killed it, or no longer answers."""


@dataclass(frozen=True)
class Told:
    """What the loop says after a turn: how much it did, and when it next has something to do."""

    done: int
    next_at: datetime | None


class Child:
    """One such process at a time, of a module that speaks as `commands.chaos.loop` does. Whoever makes it stops it.

    `options` are its first line of input, since everybody on the machine may read a process's arguments. Until it is
    told them it has only imported its modules: `prepare` lets the next one do so while this one still lives.
    """

    def __init__(self, module: str, options: Mapping[str, Any], log: Path) -> None:
        # Without -P the folder that somebody stands in could hide our modules.
        self._command = [sys.executable, "-P", "-m", module]
        self._options, self._log = options, log
        self._process: subprocess.Popen[str] | None = None
        self._next: subprocess.Popen[str] | None = None
        self._is_hanging = False
        self._turn = 0.5  # seconds that the last one took

    def start(self, crash_at: str) -> bool:
        """Start it, to die at `crash_at`; False when it did so before its first turn."""
        self._process, self._next = self._next or self._spawned(), None
        self._say({"options": self._options, "arm": crash_at})
        return self._heard(None) is not None

    def prepare(self) -> None:
        """This one will be killed soon: have the next one ready, waiting for its first line."""
        self._next = self._next or self._spawned()

    def _spawned(self) -> subprocess.Popen[str]:
        environment = {**os.environ, VARIABLE: "", "PYTHONPATH": _search_path()}
        with self._log.open("ab") as log:
            return subprocess.Popen(  # noqa: S603 - our own interpreter and module
                self._command,
                env=environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                start_new_session=True,  # Ctrl-C is ours to hear; without us it ends by itself
            )

    def turn(self, arm: str = "", kill_at: float | None = None) -> Told | None:
        """Let it do one turn; None when it was killed instead.

        `arm` is a crash point to die at from now on; `kill_at` when in the turn to kill it, as a share of the last one.
        """
        self._say({"arm": arm})
        began = time.monotonic()
        heard = self._heard(None if kill_at is None else kill_at * self._turn)
        if heard is None:
            return None
        self._turn = time.monotonic() - began
        at = heard.get("next")
        return Told(int(heard["done"]), None if at is None else datetime.fromisoformat(at))

    def kill(self) -> None:
        """As the system kills, without a word; it is dead when this returns."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(_LONGEST_TURN)
            self._close()

    def stop(self) -> None:
        """End it for good, however it stands, and the one that waits."""
        self.kill()
        self._process, self._next = self._next, None
        self.kill()
        self._process = None

    def _say(self, order: Mapping[str, Any]) -> None:
        process = self._running()
        # One that is dead tells so by saying nothing.
        with suppress(BrokenPipeError):
            process.stdin.write(json.dumps(order) + "\n")  # type: ignore[union-attr]  # we asked for the pipe
            process.stdin.flush()  # type: ignore[union-attr]

    def _heard(self, kill_after: float | None) -> dict[str, Any] | None:
        """One line of it; None when it was killed before."""
        process = self._running()
        timers = [threading.Timer(_LONGEST_TURN, self._give_up)]
        if kill_after is not None:
            timers.append(threading.Timer(kill_after, process.kill))
        for timer in timers:
            timer.daemon = True
            timer.start()
        try:
            line = process.stdout.readline()  # type: ignore[union-attr]
        finally:
            for timer in timers:
                timer.cancel()
        if line.endswith("\n"):
            found: dict[str, Any] = json.loads(line)
            return found
        code = process.wait(_LONGEST_TURN)
        self._close()
        if self._is_hanging:
            raise LoopDiedError(f"the loop did not end its turn within {_LONGEST_TURN:.0f} s")
        if code != -signal.SIGKILL:
            raise LoopDiedError(f"the loop ended by itself, with {code}")
        return None

    def _give_up(self) -> None:
        self._is_hanging = True
        self._running().kill()

    def _running(self) -> subprocess.Popen[str]:
        if self._process is None:
            raise LoopDiedError("the loop was never started")
        return self._process

    def _close(self) -> None:
        for pipe in (self._running().stdin, self._running().stdout):
            if pipe is not None:
                with suppress(BrokenPipeError):  # what it never read
                    pipe.close()


def _search_path() -> str:
    """Where this process's modules are: installed, a new one finds them by itself; in a checkout it would not."""
    ours = [] if sysconfig.get_path("purelib") == str(_ROOT) else [str(_ROOT)]
    return os.pathsep.join([*ours, *filter(None, [os.environ.get("PYTHONPATH")])])
