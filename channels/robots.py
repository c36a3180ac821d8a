"""What a site's robots.txt lets us read, by RFC 9309 (read 2026-11): the longest rule that matches decides."""

import re
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import unquote, urlsplit

MOST = 512 * 1024  # bytes; RFC 9309 asks for 500 KiB at least
_MOST_RULES = 5_000


@dataclass(frozen=True)
class Robots:
    """The rules of one site for us."""

    rules: tuple[tuple[bool, str], ...] = ()  # whether it allows, and the pattern of the path
    delay: timedelta = timedelta(0)

    def allows(self, url: str) -> bool:
        """Whether an address may be read; robots.txt itself always may."""
        parts = urlsplit(url)
        path = unquote(parts.path or "/") + (f"?{unquote(parts.query)}" if parts.query else "")
        best, allowed = -1, True
        for allows, pattern in self.rules:
            if len(pattern) > best and _matches(pattern, path):
                best, allowed = len(pattern), allows
            elif len(pattern) == best and allows and _matches(pattern, path):
                allowed = True
        return allowed


def read_robots(body: bytes, product: str) -> Robots:
    """The rules for the named product, else those for everybody; what cannot be understood is passed over."""
    groups: dict[str, list[tuple[str, str]]] = {}
    agents: list[str] = []
    in_rules = False
    for line in body[:MOST].decode("utf-8-sig", "replace").splitlines():
        key, _, value = line.partition("#")[0].partition(":")
        key, value = key.strip().lower(), value.strip()
        if key == "user-agent":
            agents = [*([] if in_rules else agents), value.lower()]
            in_rules = False
        elif key in ("allow", "disallow", "crawl-delay"):
            in_rules = True
            for agent in agents:
                groups.setdefault(agent, []).append((key, value))
    # The product's name alone counts: "ouvidor" of "ouvidor/0.1 (self-hosted)".
    name = re.match(r"[a-z_-]*", product.lower())
    chosen = groups.get(name.group() if name else "") or groups.get("*") or []
    rules = [(key == "allow", unquote(value)) for key, value in chosen if key != "crawl-delay" and value]
    delays = [value for key, value in chosen if key == "crawl-delay" and re.fullmatch(r"\d{1,6}(\.\d{1,6})?", value)]
    return Robots(tuple(rules[:_MOST_RULES]), timedelta(seconds=float(delays[-1])) if delays else timedelta(0))


def _matches(pattern: str, path: str) -> bool:
    """`*` stands for anything, `$` for the end; each piece is looked for once, from left to right."""
    ends = pattern.endswith("$")
    first, *pieces = pattern.removesuffix("$").split("*")
    if not path.startswith(first):
        return False
    if not pieces:
        return not ends or path == first
    place = len(first)
    for piece in pieces[:-1]:
        found = path.find(piece, place)
        if found < 0:
            return False
        place = found + len(piece)
    last = pieces[-1]
    return path.endswith(last) and len(path) - len(last) >= place if ends else path.find(last, place) >= 0
