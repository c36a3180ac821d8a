"""How long a person waits for `ouvidor --help`."""

import statistics
import subprocess
import sys
import time


def measure() -> dict[str, object]:
    taken = []
    for _ in range(7):
        started = time.perf_counter()
        subprocess.run([sys.executable, "-m", "cli", "--help"], capture_output=True, check=True)
        taken.append(time.perf_counter() - started)
    return {"seconds_median": round(statistics.median(taken), 3), "seconds_worst": round(max(taken), 3)}
