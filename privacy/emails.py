"""Addresses of electronic mail."""

import re

from models import PersonalData

_LOCAL = 64  # signs before the @ - RFC 5321, 4.5.3.1.1, read 2026-11
_BESIDES = frozenset("._%+-'")
_DOMAIN = re.compile(r"@[ ]?(?:[^\W_](?:[\w-]{0,62}[^\W_])?\.){1,6}([^\W\d_]{2,24})(?![\w@])")
_FILES = frozenset(("png", "jpg", "jpeg", "gif", "webp", "pdf", "mp4"))


def emails(text: str) -> list[tuple[int, int, PersonalData]]:
    """Every address; a handle, with or without its server, is none."""
    found: list[tuple[int, int, PersonalData]] = []
    at = text.find("@")
    while at >= 0:
        start = at
        while start and at - start < _LOCAL and (text[start - 1].isalnum() or text[start - 1] in _BESIDES | {"_"}):
            start -= 1
        while start < at and text[start] in _BESIDES:
            start += 1
        domain = _DOMAIN.match(text, at)
        is_handle = start and text[start - 1] in "@/"
        if domain and start < at and not is_handle and domain[1].lower() not in _FILES:
            found.append((start, domain.end(), PersonalData.EMAIL))
        at = text.find("@", at + 1)
    return found
