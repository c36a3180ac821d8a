"""The whole loop in the sandbox, HTTP included: from posted to case, answered, verified and resolved."""

import json
import subprocess
import sys

_MENTIONS = 1000


def measure() -> dict[str, object]:
    ran = subprocess.run(
        [sys.executable, "-m", "cli", "demo", "--once", "--mentions", str(_MENTIONS), "--json"],
        capture_output=True,
        text=True,
        check=True,
    )
    found = json.loads(ran.stdout.splitlines()[-1])
    return {"mentions_per_second": round(found["posted_by_customers"] / found["seconds"], 1), **found}
