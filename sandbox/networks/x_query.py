"""The search operators of X that a listener uses: read once, then asked of every post."""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

from sandbox.networks.x_text import HASHTAG, MENTION, URL, pictures_of, plain_text
from sandbox.state import Post

# docs.x.com/x-api/posts/search/integrate/operators, read 2026-11: these need a standalone term beside them.
CONJUNCTIONS = frozenset({"lang", "is", "has"})
TOKEN = re.compile(r'\s*(?:(-?)"([^"]*)"|(-?)([()])|(-?)([^\s()"]+))')
WORD = re.compile(r"\w+")

Test = Callable[[Post], bool]


class BadQueryError(Exception):
    """The query is not one that X takes; the text says why, in X's manner."""


@dataclass(frozen=True)
class Query:
    """A test for posts, and words of which one at least stands in every post that passes it."""

    matches: Test
    words: frozenset[str]  # empty: no full-text index can narrow the search


@dataclass(frozen=True)
class _Term:
    test: Test
    words: frozenset[str] = frozenset()
    standalone: bool = True


def read(query: str) -> Query:
    """Terms side by side are all required, OR separates alternatives, - excludes, parentheses group."""
    tokens = _tokens(query)
    term = _alternatives(tokens, depth=0)
    if tokens:
        raise BadQueryError(f"unexpected '{tokens[0][1]}'")
    if not term.standalone:
        raise BadQueryError(
            "query must contain at least one standalone operator; conjunction-required operators cannot stand alone"
        )
    return Query(term.test, term.words)


def _tokens(query: str) -> list[tuple[bool, str, bool]]:
    """Each token as: excluded, its text, whether it was quoted."""
    tokens: list[tuple[bool, str, bool]] = []
    place = 0
    query = query.strip()
    while place < len(query):
        found = TOKEN.match(query, place)
        if found is None:
            raise BadQueryError(f"no viable alternative at character '{query[place]}'")
        place = found.end()
        minus, phrase, minus_group, bracket, minus_word, word = found.groups()
        if phrase is not None:
            tokens.append((bool(minus), phrase, True))
        elif bracket:
            tokens.append((bool(minus_group), bracket, False))
        else:
            tokens.append((bool(minus_word), word, False))
    return tokens


def _alternatives(tokens: list[tuple[bool, str, bool]], depth: int) -> _Term:
    if depth > 10:
        raise BadQueryError("too many nested groups")
    terms = [_together(tokens, depth)]
    while tokens and tokens[0] == (False, "OR", False):
        tokens.pop(0)
        terms.append(_together(tokens, depth))
    if len(terms) == 1:
        return terms[0]
    # An index can narrow alternatives only when each of them has words of its own.
    words = frozenset().union(*(term.words for term in terms)) if all(term.words for term in terms) else frozenset()
    return _Term(lambda post: any(term.test(post) for term in terms), words, all(term.standalone for term in terms))


def _together(tokens: list[tuple[bool, str, bool]], depth: int) -> _Term:
    terms: list[_Term] = []
    while tokens and tokens[0][1:] not in (("OR", False), (")", False)):
        terms.append(_one(tokens, depth))
    if not terms:
        raise BadQueryError("an operator is missing a term")
    words = max((term.words for term in terms), key=lambda words: (bool(words), -len(words)))
    return _Term(lambda post: all(term.test(post) for term in terms), words, any(term.standalone for term in terms))


def _one(tokens: list[tuple[bool, str, bool]], depth: int) -> _Term:
    excluded, text, quoted = tokens.pop(0)
    if text == "(" and not quoted:
        term = _alternatives(tokens, depth + 1)
        if not tokens or tokens.pop(0)[1:] != (")", False):
            raise BadQueryError("missing ')'")
    else:
        term = _phrase(text) if quoted else _operator(text)
    if not excluded:
        return term
    return _Term(lambda post: not term.test(post), standalone=False)


def _operator(text: str) -> _Term:
    name, colon, value = text.partition(":")
    if text.startswith("@"):
        return _Term(lambda post: _mentions(post, text[1:]))
    if text.startswith("#"):
        return _Term(lambda post: text[1:].casefold() in {tag.casefold() for tag in HASHTAG.findall(post.text)})
    if not colon:
        return _phrase(text)
    test = _tests(value.casefold()).get(f"{name}:{value}" if name in ("is", "has") else name)
    if test is None:
        raise BadQueryError(f"Reference to invalid operator '{text}'. Operator is not available in current product")
    return _Term(test, standalone=name not in CONJUNCTIONS)


def _tests(value: str) -> dict[str, Test]:
    return {
        "from": lambda post: value.removeprefix("@") in (post.person.handle.casefold(), post.person.external_id),
        "to": lambda post: (
            post.in_reply_to_person is not None and post.in_reply_to_person.handle.casefold() == value.removeprefix("@")
        ),
        "lang": lambda post: post.extra.get("lang", "und") == value,
        "conversation_id": lambda post: post.thread == value,
        "is:retweet": lambda post: False,  # the sandbox's people write every post themselves
        "is:quote": lambda post: False,
        "is:reply": lambda post: post.parent is not None,
        "has:links": lambda post: URL.search(post.text) is not None,
        "has:mentions": lambda post: MENTION.search(plain_text(post)) is not None,
        "has:hashtags": lambda post: HASHTAG.search(post.text) is not None,
        "has:media": lambda post: bool(pictures_of(post)),
        "has:images": lambda post: bool(pictures_of(post)),
    }


def _mentions(post: Post, handle: str) -> bool:
    return handle.casefold() in {found.casefold() for found in MENTION.findall(plain_text(post))}


def _phrase(text: str) -> _Term:
    wanted = _words(text)
    if not wanted:
        raise BadQueryError(f"'{text}' holds nothing that could be searched")
    joined = " ".join(wanted)
    return _Term(lambda post: f" {joined} " in f" {' '.join(_words(post.text))} ", frozenset({joined}))


def _words(text: str) -> list[str]:
    plain = "".join(c for c in unicodedata.normalize("NFD", text.casefold()) if not unicodedata.combining(c))
    return WORD.findall(plain)
