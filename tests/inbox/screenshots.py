"""Pictures of a running inbox in Chromium: `python -m tests.inbox.screenshots --url URL --out docs/screenshots`."""

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, Page, sync_playwright

from tests.requirement import chromium_path

ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
)
SIZES = {1440: 900, 390: 844}
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
PANEL_HEIGHTS = {1440: 1400, 390: 2000}  # in which an opened panel stands whole
PAGES = {
    "queue": "/",
    "mentions": "/mentions",
    "review": "/mentions?review=yes",
    "sources": "/sources",
    "numbers": "/numbers",
    "classifier": "/numbers/classifier",
    "templates": "/templates",
}


@contextmanager
def chromium() -> Iterator[Browser]:
    """A headless Chromium of this machine; nothing is downloaded. SystemExit where there is none."""
    path = chromium_path()
    if path is None:
        raise SystemExit("no Chromium is installed; set OUVIDOR_TEST_CHROMIUM to its path")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        try:
            yield browser
        finally:
            browser.close()


def say_name(page: Page, name: str) -> None:
    """Answer the question that the inbox asks once."""
    if page.locator("#name").count():
        page.fill("#name", name)
        page.click(".ask-name button")


def take_pictures(url: str, out: Path, *, language: str = "pt-BR", name: str = "Beatriz", case: str = "") -> list[Path]:
    """Every page and the panel of one mention, light and dark, wide and narrow; returns the files."""
    out.mkdir(parents=True, exist_ok=True)
    pictures = []
    with chromium() as browser:
        for scheme in SCHEMES:
            for width, height in SIZES.items():
                context = browser.new_context(
                    viewport={"width": width, "height": height}, color_scheme=scheme, locale=language
                )
                page = context.new_page()
                page.goto(url)
                say_name(page, name)
                first = f"/cases/{case}" if case else page.locator("[data-open]").first.get_attribute("href")
                for title, address in {**PAGES, "case": first or "/"}.items():
                    page.goto(url.rstrip("/") + address)
                    page.wait_for_timeout(400)  # milliseconds, for the live count under a reply box
                    file = out / f"{title}-{scheme}-{width}.png"
                    page.screenshot(path=file, full_page=title == "case")
                    pictures.append(file)
                pictures.append(_panel(page, url, out / f"panel-{scheme}-{width}.png", width))
                context.close()
    return pictures


def _panel(page: Page, url: str, file: Path, width: int) -> Path:
    """All that was said of the newest tagged mention, opened in the list."""
    page.set_viewport_size({"width": width, "height": PANEL_HEIGHTS[width]})
    page.goto(f"{url.rstrip('/')}/mentions")
    page.locator(".tags summary").first.click()
    page.locator(".tags .panel form").first.wait_for()
    page.screenshot(path=file)
    return file


def main() -> None:
    """Parse the arguments and tell the files."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", required=True, help="the running inbox, as http://127.0.0.1:8080")
    parser.add_argument("--out", type=Path, default=Path("docs/screenshots"))
    parser.add_argument("--language", default="pt-BR")
    parser.add_argument("--case", default="", help="the protocol of the case to show; the queue's first otherwise")
    asked = parser.parse_args()
    for file in take_pictures(asked.url, asked.out, language=asked.language, case=asked.case):
        sys.stdout.write(f"{file}\n")


if __name__ == "__main__":
    main()
