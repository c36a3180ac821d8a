"""robots.txt is read as RFC 9309 tells."""

from datetime import timedelta

import pytest

from channels.robots import read_robots

TEXT = b"""\xef\xbb\xbf# comment
User-agent: googlebot
Disallow: /

User-agent: *
Disallow: /busca
Allow: /busca/aberta   # but this
Disallow: /*?ordem=
Disallow: /*.pdf$
Crawl-delay: 3

User-agent: ouvidor
User-agent: other
Disallow: /ouvidor
nonsense
"""


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/", True),
        ("/busca", False),
        ("/busca/x", False),
        ("/busca/aberta/1", True),
        ("/lista?ordem=nota", False),
        ("/lista?pagina=2", True),
        ("/a/b.pdf", False),
        ("/a/b.pdf?x", True),
        ("/%62usca", False),
    ],
)
def test_the_longest_rule_decides(path: str, allowed: bool) -> None:
    assert read_robots(TEXT, "somebody/1.0").allows(f"https://site.example{path}") is allowed


def test_rules_for_our_name_stand_before_those_for_everybody() -> None:
    robots = read_robots(TEXT, "Ouvidor/0.1 (care)")
    assert robots.allows("https://site.example/busca")
    assert not robots.allows("https://site.example/ouvidor/x")
    assert robots.delay == timedelta(0)


def test_the_delay_is_read() -> None:
    assert read_robots(TEXT, "somebody").delay == timedelta(seconds=3)


@pytest.mark.parametrize(
    "body", [b"", b"<html>not a robots file</html>", b"\x00\xff", b"Disallow: /", b"User-agent: *"]
)
def test_what_holds_no_rule_forbids_nothing(body: bytes) -> None:
    assert read_robots(body, "ouvidor").allows("https://site.example/x")


def test_a_hostile_pattern_is_matched_at_once() -> None:
    robots = read_robots(b"User-agent: *\nDisallow: /" + b"*a" * 5000 + b"$", "ouvidor")
    assert robots.allows("https://site.example/" + "a" * 2000)
