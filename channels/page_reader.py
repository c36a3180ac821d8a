"""Reads the pages of one site politely: robots.txt first, never too fast, and never beyond the host."""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from email.message import Message
from urllib.parse import urljoin, urlsplit

from bs4 import BeautifulSoup, Tag

from channels.connection import Clock, Connection
from channels.http import Answer, BoundedClient, same_site
from channels.page_options import PageOptions
from channels.robots import Robots, read_robots
from channels.text import html_to_text, is_broken_html
from errors import NeedsAttentionError, TryLaterError

GONE = frozenset((404, 410))
NOT_MODIFIED = 304
_ROBOTS_HOLD = timedelta(hours=24)  # RFC 9309, 2.4, read 2026-11
_LONGEST_DELAY = timedelta(minutes=1)  # whatever robots.txt asks for beyond it


class PageReader:
    """One site, read by one program at a time."""

    def __init__(self, connection: Connection, options: PageOptions, clock: Clock) -> None:
        self._base = connection.base_url.rstrip("/") + "/"
        self._options = options
        self._clock = clock
        self._http = BoundedClient(self._base, connection.timeout, clock, user_agent=options.user_agent)
        self._robots: Robots | None = None
        self._robots_until: datetime | None = None
        self._last: datetime | None = None

    def url(self, path: str) -> str:
        """The address of a path below the site's base; raises NeedsAttentionError for one on another site."""
        try:
            url = urljoin(self._base, path if "://" in path else path.lstrip("/"))
        except ValueError:
            url = ""
        return self._ours(url, path)

    def linked(self, page: str, target: str) -> str:
        """The address that a page's link leads to, without its fragment; "" for one on another site."""
        try:
            url = urljoin(page, target.strip()).partition("#")[0]
        except ValueError:
            return ""
        return url if same_site(self._base, url) else ""

    def from_root(self, path: str) -> str:
        """The address of a path as the site's links give it."""
        return self.linked(self._base, path)

    def moved(self, url: str) -> str:
        """An address that we stored, on the site as it is reached today; "" for one that cannot be read."""
        try:
            parts = urlsplit(url)
        except ValueError:
            return ""
        return self.from_root(parts._replace(scheme="", netloc="", fragment="").geturl()) if parts.path else ""

    def get(self, url: str, *, accept: frozenset[int] = GONE, headers: Mapping[str, str] | None = None) -> Answer:
        """A page; raises our errors for whatever is neither a page nor in `accept`."""
        robots = self._rules()
        if not robots.allows(url):
            raise NeedsAttentionError(
                f"the site's robots.txt forbids reading {url}; ask for leave, or remove the source"
            )
        self._be_polite(max(self._options.delay, min(robots.delay, _LONGEST_DELAY)))
        return self._http.read(
            url, about=url, accept=accept, headers={"Accept": "text/html,*/*;q=0.1", **(headers or {})}
        )

    def _ours(self, url: str, path: str) -> str:
        if not same_site(self._base, url):
            raise NeedsAttentionError(f"{path[:200]!r} is not on the site of {self._base}; check base_url and query")
        return url

    def _rules(self) -> Robots:
        now = self._clock.now()
        if self._robots is None or self._robots_until is None or now >= self._robots_until:
            parts = urlsplit(self._base)
            address = f"{parts.scheme}://{parts.netloc}/robots.txt"
            # Refused or failing means: do not read. Only "there is none" lets everything be read.
            answer = self._http.read(address, about=address, accept=frozenset((400, 404, 405, 406, 410)))
            body = answer.body if answer.status < 300 else b""
            self._robots = read_robots(body, self._options.user_agent)
            self._robots_until = now + _ROBOTS_HOLD
        return self._robots

    def _be_polite(self, delay: timedelta) -> None:
        now = self._clock.now()
        if self._last is not None and timedelta(0) <= now - self._last < delay:
            self._clock.sleep(delay - (now - self._last))
        self._last = self._clock.now()


class HtmlPage:
    """A page, looked at through the operator's selectors."""

    def __init__(self, answer: Answer, options: PageOptions) -> None:
        self.url = answer.url
        self._options = options
        charset = _charset(answer.headers.get("Content-Type", ""))
        if is_broken_html(answer.body):
            raise TryLaterError(f"{answer.url}: the page is no HTML that can be read")
        if _ends_early(answer.body):
            raise TryLaterError(f"{answer.url}: the page ends before its </html>")
        try:
            self._soup: Tag = BeautifulSoup(answer.body, "html.parser", from_encoding=charset)
        except (ValueError, AssertionError, RecursionError, LookupError) as error:
            raise TryLaterError(f"{answer.url}: the page is no HTML that can be read") from error

    def all(self, name: str, within: Tag | None = None) -> list[Tag]:
        """Everything that an option's selector matches."""
        css = self._options.css(name)
        return list((within or self._soup).select(css)) if css else []

    def one(self, name: str, within: Tag | None = None) -> Tag | None:
        """The first that an option's selector matches."""
        found = self.all(name, within)
        return found[0] if found else None

    def text(self, name: str) -> str:
        """The text at a selector, "" where the option is not given.

        Raises NeedsAttentionError where it matches nothing.
        """
        if not self._options.css(name):
            return ""
        found = self.one(name)
        if found is None:
            raise self.changed(name)
        return text_in(found)

    def changed(self, name: str) -> NeedsAttentionError:
        """The error for a selector that no longer fits."""
        looked_for = self._options.css(name) or self._options.id.pattern
        return NeedsAttentionError(f"layout changed: {name} ({looked_for}) matches nothing on {self.url}")


def text_in(tag: Tag) -> str:
    """What a reader sees in an element."""
    return html_to_text(tag.decode_contents())


def _ends_early(body: bytes) -> bool:
    """Whether a page that was begun was not ended: half a list looks like a short one, and its rest would be missed."""
    opened = re.search(rb"<(?:html|body)[\s>]", body[:20_000], re.IGNORECASE)
    return opened is not None and re.search(rb"</(?:html|body)\s*>", body[-20_000:], re.IGNORECASE) is None


def _charset(content_type: str) -> str | None:
    header = Message()
    header["Content-Type"] = content_type[:200]
    try:
        charset = header.get_content_charset()
        "".encode(charset or "utf-8")
    except (LookupError, ValueError):
        return None
    return charset
