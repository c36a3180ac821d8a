"""Addresses of electronic mail with words for their signs, with signs around them or with spaces in between."""

import re
from dataclasses import dataclass

from privacy.spelled import folded

_PROVIDERS = """
    gmail googlemail hotmail outlook yahoo ymail icloud live uol bol terra msn proton protonmail aol globo ig zoho gmx
"""
_TOPS = "com net org edu gov info biz io co app dev br pt es mx ar cl pe uy uk eu tv"
_DOT_WORDS = ("ponto", "punto", "dot", "point")
_SIGN_WORDS = {
    **dict.fromkeys(_DOT_WORDS, "."),
    **dict.fromkeys(("underline", "underscore", "anderline", "sublinhado", "bajo"), "_"),
    **dict.fromkeys(("traco", "tracinho", "hifen", "dash", "hyphen", "guion", "menos", "minus"), "-"),
}
# Words that stand before a handle or a page and never are a mailbox.
_BEFORE_HANDLES = """
    o a os as no na nos nas do da ao um the our an el la los las al nuestro nossa nosso pelo pela com e y and de marca
    marque siga segue sigam us me you it them him her here there now today online available order shop store visit find
    more out live stock only also look looking page site website back buy meet see sold open is are was
"""
_NO_MAILBOX = frozenset(_BEFORE_HANDLES.split())

_OPEN, _CLOSE = r"[(\[{<«*_-]", r"[)\]}>»*_-]"
_DOT_WORD = rf"(?:{'|'.join(_DOT_WORDS)})"
_DOT = (
    rf"(?:\s{{0,2}}{_OPEN}\s?(?:\.|{_DOT_WORD})\s?{_CLOSE}\s{{0,2}}|\s{{1,2}}{_DOT_WORD}\s{{1,2}}"
    r"|\s{0,2}[.\u3002]\s{0,2})"
)
_LABEL = r"[^\W_](?:[\w-]{0,61}[^\W_])?"
_TOP = rf"(?:{'|'.join(_TOPS.split())})(?![\w@])"
_PROVIDER = re.compile(rf"(?:{'|'.join(_PROVIDERS.split())})(?![\w@-])")
_AT = re.compile(
    rf"(?P<framed>\s{{0,2}}{_OPEN}\s?(?:@|arroba|at|a)\s?{_CLOSE}\s{{0,2}})|(?P<sign>\s{{0,2}}(?:@|%40|&#64;)\s{{0,2}})"
    r"|(?P<word>\s{1,2}arroba\s{1,2})|(?P<bare>\s{1,2}at\s{1,2})|(?P<glued>(?<=\w)arroba(?=\w))"
)
_DOMAIN = re.compile(rf"(?P<name>{_LABEL}(?:{_DOT}(?!{_TOP}){_LABEL}){{0,3}}?)(?P<top>(?:{_DOT}{_TOP}){{1,2}})")
_A_DOT = re.compile(_DOT)
_SENTENCE_ENDS = re.compile(r"[^\s][.] +[A-Z][a-z]")
_LOCAL_SIGNS = frozenset("._%+-'")
_LONGEST_LOCAL = 64  # signs before the @ - RFC 5321, 4.5.3.1.1, read 2026-11
_MOST_WORDS = 4
_SIGN_WORD_BEFORE = re.compile(rf"\s({'|'.join(_SIGN_WORDS)})\s\Z")
_GUION = re.compile(r"\sguion\Z")
_SAYS_EMAIL = re.compile(r"(?<!\w)(?:e-?mails?|correos?|mail|endereco|mailbox|inbox)(?!\w)")
_NAME_PARTED = re.compile(r"[a-z][a-z0-9]*[._][a-z]")  # ana.souza, which is no word
_REACH = 60
_SPACED = re.compile(r"(?<!\S)\S(?: \S(?=[.,;!?]?(?:\s|\Z))){2,}")


@dataclass(frozen=True)
class Mailbox:
    """An address in a plain text, and how it is written as usual."""

    start: int
    end: int
    core: str


def mailboxes(text: str) -> list[Mailbox]:
    """Every address that somebody wrote out, in order; those written as usual are not all among them."""
    closed, origins = _closed(text)
    low = folded(closed)
    found: list[Mailbox] = []
    for at in _AT.finditer(low):
        mailbox = _around(closed, low, at)
        if mailbox:
            found.append(mailbox)
    if origins is None:
        return found
    return [Mailbox(origins[box.start], origins[box.end - 1] + 1, box.core) for box in found]


def _closed(text: str) -> tuple[str, list[int] | None]:
    """The text without the spaces between single letters, and where each sign stood; None where nothing was closed."""
    if not _SPACED.search(text):
        return text, None
    left_out = {at for found in _SPACED.finditer(text) for at in range(found.start() + 1, found.end(), 2)}
    origins = [at for at in range(len(text)) if at not in left_out]
    return "".join(text[at] for at in origins), origins


def _around(text: str, low: str, at: re.Match[str]) -> Mailbox | None:
    start = _local_start(low, at.start())
    if start == at.start() or text[start - 1 : start] in ("@", "/"):
        return None
    local = low[start : at.start()]
    provider = _PROVIDER.match(low, at.end())
    domain = _DOMAIN.match(low, at.end())
    end = domain.end() if domain else provider.end() if provider else 0
    if not end or not _is_address(text, low, at, local, domain, is_provider=bool(provider)):
        return None
    return Mailbox(start, end, f"{_usual(local)}@{_A_DOT.sub('.', low[at.end() : end])}")


def _is_address(
    text: str, low: str, at: re.Match[str], local: str, domain: re.Match[str] | None, *, is_provider: bool
) -> bool:
    """Whether what stands around an @, or a word for it, is an address."""
    if domain and not is_provider and _SENTENCE_ENDS.search(text, domain.start(), domain.end() + 1):
        return False
    match at.lastgroup:
        case "sign":
            return _is_parted_well(at[0], local, domain, is_provider=is_provider)
        case "glued":
            return is_provider
        case "word" | "framed":
            return is_provider or (domain is not None and local not in _NO_MAILBOX)
    return domain is not None and _is_meant(low, at.start(), local, domain, is_provider=is_provider)


def _is_parted_well(sign: str, local: str, domain: re.Match[str] | None, *, is_provider: bool) -> bool:
    """Whether an @ with what stands around it parts an address: " @lojaaurora.com" begins a handle."""
    is_parted = sign[0].isspace()
    is_handle = is_parted and not sign[-1].isspace()
    if domain is None:
        return is_provider and not is_handle
    return is_provider or not (is_handle or (is_parted and local in _NO_MAILBOX))


def _is_meant(low: str, at: int, local: str, domain: re.Match[str], *, is_provider: bool) -> bool:
    """Whether an "at" parts an address: it is a common word, as in "visit us at store.com"."""
    if local in _NO_MAILBOX or domain["name"] in _NO_MAILBOX:
        return False
    is_spelled = any(word in domain[0] for word in _DOT_WORDS)
    is_told = bool(_SAYS_EMAIL.search(low, max(0, at - _REACH), at))
    return is_provider or is_spelled or is_told or bool(_NAME_PARTED.search(local))


def _local_start(low: str, end: int) -> int:
    """Where the mailbox that ends here begins, over the words that stand for its signs."""
    start = _walked_back(low, end)
    for _ in range(_MOST_WORDS):
        said = _SIGN_WORD_BEFORE.search(low, max(0, start - 14), start) if start < end else None
        if not said:
            break
        further = said.start()
        if said[1] == "bajo" and (guion := _GUION.search(low, max(0, further - 6), further)):
            further = guion.start()
        earlier = _walked_back(low, further)
        if earlier == further:
            break
        start = earlier
    return start


def _walked_back(low: str, end: int) -> int:
    start = end
    while (
        start and end - start < _LONGEST_LOCAL and (low[start - 1].isalnum() or low[start - 1] in _LOCAL_SIGNS | {"_"})
    ):
        start -= 1
    while start < end and low[start] in _LOCAL_SIGNS:
        start += 1
    return start


def _usual(local: str) -> str:
    words = local.replace("guion bajo", "_").split()
    return "".join(_SIGN_WORDS.get(word, word) for word in words)
