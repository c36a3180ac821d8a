"""Texts of strangers as HTML: everything escaped, what hides made visible, links only where they are plain."""

import re
import unicodedata
from collections.abc import Sequence
from urllib.parse import urlsplit

from markupsafe import Markup, escape

COLLAPSE_FROM = 1_400  # characters
_SHOWN_WHEN_COLLAPSED = 700
_SHORT_NAMES = {
    "\u200b": "ZWSP",
    "\u200c": "ZWNJ",
    "\u200d": "ZWJ",
    "\u200e": "LRM",
    "\u200f": "RLM",
    "\u061c": "ALM",
    "\u202a": "LRE",
    "\u202b": "RLE",
    "\u202c": "PDF",
    "\u202d": "LRO",
    "\u202e": "RLO",
    "\u2066": "LRI",
    "\u2067": "RLI",
    "\u2068": "FSI",
    "\u2069": "PDI",
    "\u2060": "WJ",
    "\ufeff": "BOM",
    "\u00ad": "SHY",
    "\u2028": "LS",
    "\u2029": "PS",
}
# Controls but tab and newline, bidi marks and overrides, zero-width characters, invisible fillers and tag characters.
_HIDDEN = re.compile(
    "[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f"
    "\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e007f]"
)
_PICTOGRAPH = re.compile("[\u2190-\u2bff\ufe0f\U0001f000-\U0001faff]")
_LINK = re.compile(r"https?://[^\s<>\"'`{}|\\^]+", re.IGNORECASE)
_MANY_LINES = re.compile(r"\n(?:[ \t]*\n){2,}")


def plain(text: str) -> Markup:
    """One line of a stranger's text, without links: a name, a handle, the first words."""
    return _visible(text)


def rich(text: str) -> Markup:
    """A stranger's text with its links, which open elsewhere and tell nothing of us; empty lines kept to one."""
    text = _MANY_LINES.sub("\n\n", text.replace("\r\n", "\n"))
    parts: list[Markup] = []
    done = 0
    for found in _LINK.finditer(text):
        address = _without_closing(found.group())
        parts += (_visible(text[done : found.start()]), _link(address))
        done = found.start() + len(address)
    parts.append(_visible(text[done:]))
    return Markup("").join(parts)


def pointed(text: str, spans: Sequence[tuple[int, int]]) -> Markup:
    """A text with some of its pieces marked, by their offsets, in order; what overlaps is marked once."""
    parts: list[Markup] = []
    done = 0
    for begins, end in spans:
        start = max(begins, done)
        if start < end:
            parts += (_visible(text[done:start]), Markup("<mark>{}</mark>").format(_visible(text[start:end])))
            done = end
    parts.append(_visible(text[done:]))
    return Markup("").join(parts)


def web_address(address: str) -> str:
    """The address when a person may safely follow it, "" otherwise: http(s), a host, nothing hidden, no password."""
    if _HIDDEN.search(address) or any(c.isspace() for c in address) or "\\" in address:
        return ""
    try:
        parts = urlsplit(address)
        usable = parts.scheme.lower() in ("http", "https") and bool(parts.hostname) and "@" not in parts.netloc
    except ValueError:
        return ""
    return address if usable else ""


def folded(text: str) -> tuple[str, str]:
    """What is shown at once and what is folded away, cut at a space; the second is "" for texts of usual length."""
    if len(text) <= COLLAPSE_FROM:
        return text, ""
    cut = text.rfind(" ", _SHOWN_WHEN_COLLAPSED // 2, _SHOWN_WHEN_COLLAPSED)
    cut = _SHOWN_WHEN_COLLAPSED if cut < 0 else cut
    return text[:cut], text[cut:]


def _link(address: str) -> Markup:
    followable = web_address(address)
    if not followable:
        return _visible(address)
    return Markup('<a href="{}" target="_blank" rel="noopener noreferrer nofollow">{}</a>').format(
        followable, _visible(address)
    )


def _without_closing(address: str) -> str:
    """Punctuation that ends the sentence is not of the address; a closing bracket is when it was opened in it."""
    while address and (address[-1] in ".,;:!?…" or _closes_nothing(address)):
        address = address[:-1]
    return address


def _closes_nothing(address: str) -> bool:
    opening = {")": "(", "]": "["}.get(address[-1])
    return opening is not None and address.count(address[-1]) > address.count(opening)


def _visible(text: str) -> Markup:
    if not _HIDDEN.search(text):
        return escape(text)
    parts: list[Markup] = []
    done = 0
    for found in _HIDDEN.finditer(text):
        at = found.start()
        if _joins_pictographs(text, at):
            continue
        parts += (escape(text[done:at]), _mark(found.group()))
        done = at + 1
    parts.append(escape(text[done:]))
    return Markup("").join(parts)


def _joins_pictographs(text: str, at: int) -> bool:
    """A zero-width joiner between two pictures makes one family of them, and hides nothing."""
    if text[at] != "\u200d" or at == 0 or at + 1 >= len(text):
        return False
    return bool(_PICTOGRAPH.match(text[at - 1]) and _PICTOGRAPH.match(text[at + 1]))


def _mark(character: str) -> Markup:
    code = f"U+{ord(character):04X}"
    short = _SHORT_NAMES.get(character, code)
    name = unicodedata.name(character, "CONTROL")
    return Markup('<span class="hidden-mark" title="{} {}">⟦{}⟧</span>').format(code, name, short)
