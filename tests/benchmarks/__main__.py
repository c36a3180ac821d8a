"""`python -m tests.benchmarks [NAME ...]`: prints one JSON object a benchmark."""

import json
import os
import platform
import sys
from datetime import UTC, datetime

from commands.logs import set_up_logs
from tests.benchmarks import approving, command, gate, loop, memory, page, restart, storing, tagging

ALL = {
    "store": storing.measure,
    "classify": tagging.measure,
    "gate": gate.measure,
    "loop": loop.measure,
    "approved_to_posted": approving.measure,
    "waiting_at_start": restart.measure,
    "inbox_page": page.measure,
    "help": command.measure,
    "memory": memory.measure,
}


def main() -> None:
    unknown = [name for name in sys.argv[1:] if name not in ALL]
    if unknown:
        sys.exit(f"no benchmark is named {unknown[0]!r}; there are {', '.join(ALL)}")
    set_up_logs()
    machine = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    tell({"machine": machine, "date": datetime.now(UTC).date().isoformat()})
    for name in sys.argv[1:] or ALL:
        tell({"benchmark": name, **ALL[name]()})


def tell(figures: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(figures) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
