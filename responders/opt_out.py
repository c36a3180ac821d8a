"""Hear when a person asks not to be answered any more, in Portuguese, English and Spanish.

X asks it of automated accounts: honour such a wish at once, and know the common phrases
(docs.x.com/developer-guidelines, read 2026-11). A request has a mood or a place of its own, and by that it is known
from the complaints that use the same words: "não me respondam mais" asks, "não me respondem mais" complains.
"""

import re
import unicodedata
from collections.abc import Iterable

from responders.opt_out_words import ALONE, DENYING, LEADS, PHRASES, POLITE, REQUESTS, SHORT

_QUOTED_LINE = re.compile(r"^[ \t]*>.*$", re.MULTILINE)  # how Reddit shows somebody else's words, ours among them
_QUOTED = re.compile('"[^"\n]{1,300}"|\u201c[^\u201d\n]{1,300}\u201d|\u00ab[^\u00bb\n]{1,300}\u00bb')
_NAMES = re.compile(r"https?://\S+|@(?!ing\b)[\w.@-]+")
_SILENT = re.compile("[\u0300-\u036f\u200b-\u200f\u2060\ufeff'\u2019`\u00b4]")  # "don't" and "dont" are one word
_STRETCHED = re.compile(r"([^\W\d_])\1{2,}")
_TOKEN = re.compile(r"[^\W_]+|[.!?;\r\n]+|[,:()\u2013\u2014]+")
_SENTENCE_ENDS = frozenset(".!?;\r\n")
_REACH = 60  # characters before a request in which the two words stand that may turn it round


def _any_of(phrases: Iterable[str], before: str) -> re.Pattern[str]:
    return re.compile(f"(?<= ){before}(?:{'|'.join(phrases)})")


_ASKED = _any_of((phrase for language in PHRASES for phrase in language.asking), "")
_WISHED = _any_of((phrase for language in PHRASES for phrase in language.wishing), "")
_OPENED = _any_of((phrase for language in PHRASES for phrase in language.opening), f"[.,] {LEADS}{{0,4}}")


def asks_to_be_left_alone(text: str) -> bool:
    """Whether a person says to the brand, or to its bot, that they do not want to be answered any more.

    Precise before complete: that nobody answers is a complaint, and bills, calls and mailings are matters of their own.
    Takes time in proportion to the text.
    """
    own = _NAMES.sub(" , ", _QUOTED_LINE.sub("\n", text))
    tokens = _tokens(own)
    if _is_a_word_alone(tokens):
        return True
    unquoted = _QUOTED.sub(" quoted ", own)
    said = f" . {' '.join(tokens if unquoted == own else _tokens(unquoted))} . "
    if _WISHED.search(said) or _OPENED.search(said):
        return True
    return any(_stands(said, found.start()) for found in _ASKED.finditer(said))


def _tokens(text: str) -> list[str]:
    """Words in small letters without accents; "." ends a sentence, "," a part of one."""
    plain = _STRETCHED.sub(r"\1", _SILENT.sub("", unicodedata.normalize("NFKD", text)).casefold())
    return [
        SHORT.get(token, token) if token[0].isalnum() else "." if token[0] in _SENTENCE_ENDS else ","
        for token in _TOKEN.findall(plain)
    ]


def _is_a_word_alone(tokens: list[str]) -> bool:
    words = [token for token in tokens if token not in POLITE and token not in (".", ",")]
    return " ".join(words) in ALONE or (len(set(words)) == 1 and words[0] in ALONE)


def _stands(said: str, start: int) -> bool:
    """Whether nothing before a request turns it round: "nunca parem de ...", "é um absurdo que não ..."."""
    *_, earlier, last = (". . " + said[max(0, start - _REACH) : start]).split()
    return last not in DENYING and (last != "que" or earlier in REQUESTS)
