"""`ouvidor sandbox`: networks on this machine, with people who post in real time."""

import sys
import tempfile
from datetime import timedelta
from pathlib import Path

import typer

from commands.logs import set_up_logs
from commands.serving import asked_to_stop
from sandbox.clock import WallClock
from sandbox.population import Population
from sandbox.server import SandboxServer, sample_environment, sample_settings
from sandbox.state import State

PORT = 8090  # always the same, so that settings written for a sandbox fit its next start
_RATE = 12.0  # new conversations a minute
_TICK = timedelta(milliseconds=500)


def serve(*, port: int | None, seed: int, database: Path | None) -> None:
    """Serve the networks until SIGTERM or Ctrl-C; prints a whole ouvidor.toml for them, and nothing else."""
    set_up_logs()
    clock = WallClock()
    with tempfile.TemporaryDirectory(prefix="ouvidor-sandbox-") as folder, asked_to_stop() as stopped:
        state = State(database or Path(folder) / "sandbox.db", clock, seed)
        server = SandboxServer(state, PORT if port is None else port)
        url = server.start()
        try:
            _tell(url)
            population = Population(state, seed, _RATE, site=url)
            while not stopped.wait(_TICK.total_seconds()):
                population.step(clock.now())
        finally:
            server.stop()
            state.close()


def _tell(url: str) -> None:
    """What is printed to the output is the settings file alone, so that it can be sent straight into one."""
    exports = "\n".join(f"# export {name}={value}" for name, value in sample_environment().items())
    intro = (
        "# The secrets of these made-up networks; this puts them into a shell's environment:\n"
        "#   eval \"$(sed -n 's/^# export/export/p' ouvidor.toml)\"\n"
    )
    sys.stdout.write(f"{intro}{exports}\n\n{sample_settings(url)}")
    sys.stdout.flush()
    typer.echo(f"public timelines: {url}/  (Ctrl-C stops)", err=True)
