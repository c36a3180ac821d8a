"""Text between us and a platform: HTML to plain text, and whether two texts are one reply."""

import html
import re
import unicodedata
from collections.abc import Iterator

_BLOCK = re.compile(
    "address|article|aside|blockquote|dd|div|dl|dt|figcaption|figure|footer|form|h[1-6]|header|hr|li|main|nav|ol|pre"
    "|section|table|tr|ul"
)
_UNSEEN = frozenset(("script", "style", "template", "noscript", "head", "title"))
_SPACE = re.compile(r"\s+")
# A tag, a declaration or a processing instruction; possessive, so that no text makes it search twice.
_TAG = re.compile(r"""<(?:(?P<end>/)?(?P<name>[a-zA-Z][^\s/<>]*+)(?:[^<>"']++|"[^"]*+"|'[^']*+')*+|[!?][^>]*+)>""")
_RAW = {name: re.compile(f"</{name}", re.IGNORECASE) for name in ("script", "style")}
_OPENS = re.compile(r"<[/!?a-zA-Z]")
_MOST_UNCLOSED = 50  # each one may cost a look at the whole rest
_SHORTENERS = frozenset(("t.co", "lnkd.in", "bit.ly", "buff.ly", "ow.ly"))

_LINK = re.compile(r"https?://[^\s<>\"]+", re.IGNORECASE)
_CLOSING = ".,;:!?)]}'*_»”’"
_INVISIBLE = re.compile("[\u00ad\u200b\u200e\u200f\u2060\u2066-\u2069\ufeff]")
_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")
_LEADING_MENTIONS = re.compile(r"^(?:@[\w.@-]+\s+)+")


def html_to_text(markup: str) -> str:
    """What a reader sees of some HTML: entities resolved, breaks and paragraphs kept as line breaks.

    Links stand as the text that they show; text without any markup comes through with its entities resolved.
    """
    # The standard library's parser takes minutes for 40 KB of "<a <a <a": this takes a time that grows with the length.
    words: list[str] = []
    unseen = ""
    for piece, tag, is_end in _pieces(markup):
        if not unseen:
            # Line breaks in the source are spaces to a reader; those of a break or a block are added below.
            words.append(html.unescape(_SPACE.sub(" ", piece)))
            words.append(_break_of(tag))
            unseen = tag if tag in _UNSEEN and not is_end else ""
        elif is_end and tag == unseen:
            unseen = ""
    lines = (_SPACE.sub(" ", line).strip() for line in "".join(words).split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def _pieces(markup: str) -> Iterator[tuple[str, str, bool]]:
    """Each run of text with the name of the tag that ends it, and whether that is a closing tag."""
    place = done = 0
    unclosed = 0
    while unclosed < _MOST_UNCLOSED and (place := markup.find("<", place)) >= 0:
        comment = markup.startswith("<!--", place)
        tag = None if comment else _TAG.match(markup, place)
        end = markup.find("-->", place + 2) + 3 if comment else (tag.end() if tag else 0)
        if end == (2 if comment else 0):  # a "<" that opens nothing is text
            unclosed += comment or _OPENS.match(markup, place) is not None
            place += 1
            continue
        name = (tag["name"] or "").lower() if tag else ""
        yield markup[done:place], name, bool(tag and tag["end"])
        place = done = end if tag and tag["end"] else _past_script(markup, name, end)
    yield markup[done:], "", False


def _past_script(markup: str, name: str, place: int) -> int:
    """Where reading goes on behind a tag: what a script holds is no markup, whatever it looks like."""
    if name not in _RAW:
        return place
    closing = _RAW[name].search(markup, place)
    return closing.start() if closing else len(markup)


def _break_of(tag: str) -> str:
    match tag:
        case "br":
            return "\n"
        case "p":
            return "\n\n"
        case "td" | "th":
            return " "
        case _:
            return "\n" if _BLOCK.fullmatch(tag) else ""


def same_text(ours: str, theirs: str) -> bool:
    """Whether what a platform shows is the reply that we sent.

    Platforms resolve or add entities, collapse white space, shorten links, escape or unescape Markdown, put the name
    of whom they answer in front and compose accents; none of that makes another reply of it. Case and words count.
    """
    our_words, our_links = _plain(ours)
    their_words, their_links = _plain(theirs)
    return (
        our_words == their_words
        and len(our_links) == len(their_links)
        and all(_same_link(a, b) for a, b in zip(our_links, their_links, strict=True))
    )


def _plain(text: str) -> tuple[str, list[str]]:
    """The words with every link taken out, and the links in order."""
    text = unicodedata.normalize("NFC", html.unescape(html.unescape(text)))
    text = _ESCAPED.sub(r"\1", _INVISIBLE.sub("", text))
    links: list[str] = []

    def take(match: re.Match[str]) -> str:
        link = match.group().rstrip(_CLOSING)
        links.append(link)
        return "\x00" + match.group()[len(link) :]

    words = " ".join(_LINK.sub(take, text).split())
    return _LEADING_MENTIONS.sub("", words), links


def _same_link(ours: str, theirs: str) -> bool:
    a, b = _bare(ours), _bare(theirs)
    if a == b or a.partition("/")[0] in _SHORTENERS or b.partition("/")[0] in _SHORTENERS:
        return True
    # A link may be shown cut, with an ellipsis in place of its end.
    return (b.endswith("…") and a.startswith(b[:-1])) or (a.endswith("…") and b.startswith(a[:-1]))


def _bare(link: str) -> str:
    host, slash, rest = re.sub(r"^https?://(?:www\.)?", "", link, flags=re.IGNORECASE).partition("/")
    return (host.lower() + slash + rest).rstrip("/")


def is_broken_html(body: bytes) -> bool:
    """Whether so many tags are left open in it that the standard library's parser would never be done with it."""
    markup = body.decode("latin-1")
    place = unclosed = 0
    while unclosed < _MOST_UNCLOSED and (found := _OPENS.search(markup, place)):
        tag = _TAG.match(markup, found.start())
        comment = markup.startswith("<!--", found.start())
        end = markup.find("-->", found.start() + 2) if comment else (tag.end() if tag else -1)
        unclosed += end < 0
        name = (tag["name"] or "").lower() if tag and not tag["end"] else ""
        place = _past_script(markup, name, max(end, found.end()))
    return unclosed >= _MOST_UNCLOSED
