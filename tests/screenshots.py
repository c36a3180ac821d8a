"""Pictures of the demo for the documents: `python -m tests.screenshots docs/screenshots`."""

import re
import signal
import subprocess
import sys
import time
from pathlib import Path

from tests.inbox.screenshots import chromium, take_pictures

_SEED = "10"  # in whose first minutes nobody speaks of death or of harming themselves: the pictures stand in the README
_WARM_UP = 75.0  # seconds in which customers post and the demo's colleague answers
_SIZES = {"1440": (1440, 900), "390": (390, 844)}


def main(folder: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-u", "-m", "cli", "demo", "--port", "0", "--seed", _SEED], stdout=subprocess.PIPE, text=True
    )
    try:
        public, inbox = _addresses(process)
        time.sleep(_WARM_UP)
        for picture in [*take_pictures(inbox, folder), *_timelines(public, folder)]:
            sys.stdout.write(f"{picture}\n")
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(20)


def _addresses(process: "subprocess.Popen[str]") -> tuple[str, str]:
    found: list[str] = []
    while len(found) < 2:
        line = process.stdout.readline() if process.stdout is not None else ""
        if not line:
            sys.exit("the demo ended before it had printed its addresses")
        found += re.findall(r"http://127\.0\.0\.1:\d+/", line)
    return found[0], found[1]


def _timelines(url: str, folder: Path) -> list[Path]:
    """The public page, on which the brand's answers appear."""
    made = []
    with chromium() as browser:
        for scheme in ("light", "dark"):
            for name, (width, height) in _SIZES.items():
                page = browser.new_page(
                    viewport={"width": width, "height": height},
                    color_scheme=scheme,
                    locale="pt-BR",
                )
                page.goto(url)
                made.append(folder / f"timelines-{scheme}-{name}.png")
                page.screenshot(path=made[-1])
                page.close()
    return made


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "docs/screenshots"))
