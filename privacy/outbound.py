"""What a public answer of ours must not hold: personal data shown, or asked for where everybody reads it."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from models import PersonalData
from privacy.asking.asked import asked
from privacy.find import find
from privacy.hidden import Seen, hidden
from privacy.near import is_named_order
from privacy.phones import is_of_a_company
from privacy.plain import made_plain
from privacy.spelled import folded
from privacy.written_out import mailboxes

# The number of a case: the day, and a count of six digits.
_PROTOCOL = re.compile(r"(?<![\w-])(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])-[0-9]{6}(?![\w-])")
_NEUTRAL = "§"  # parts numbers, and means nothing to any pattern
_FEWEST_ALIKE = 8  # digits that a number with its area code shares with the same one without it

_REACH = 60  # characters before a piece
# Answers name the addresses of shops too: one is a customer's where a word says so, or where a flat belongs to it.
_OF_A_CUSTOMER = re.compile(
    r"\b(?:(?:seu|teu|your|tu|su)\W+(?:\w+\W+)?(?:endereco|address|direccion|domicilio|casa|home|cep|postcode)"
    r"|mora|you live|vives|entreg\w{1,6}|deliver\w{0,4}|enviamos|shipped|cadastrado)\b"
)
_OF_OURS = re.compile(
    r"\b(?:lojas?|unidade|filial|quiosque|shopping|agencia|store|branch|tienda|sucursal|noss[ao]|our|nuestr[ao])\b"
)
_FLAT = re.compile(r"\b(?:ap|apt|apto|apartamento|apartment|flat|depto|dpto|bloco|casa)\W{0,2}\s?[0-9]")
_PLATE_BEFORE = re.compile(r"\b(?:placas?|patentes?|matriculas?|plates?|registration)\b")
_CODE_BEFORE = re.compile(r"(?<![^\W_])(?=[A-Z0-9]*[A-Z])(?=[A-Z0-9]*[0-9])[A-Z0-9]{2,}[ ]\Z")  # AA1 01 2345 6784
_KEY_AFTER = re.compile(r"(?:[ .][0-9]{4}){2}(?![0-9])")
_KEY_BEFORE = re.compile(r"(?<![0-9])(?:[0-9]{4}[ .]){2}(?:[0-9]{2})?\Z")


class Why(StrEnum):
    """What is wrong with a piece of an answer."""

    SHOWN = "shown"
    ASKED = "asked"


@dataclass(frozen=True)
class Finding:
    """One piece of personal data that an answer shows, or the word for some that it asks for.

    The offsets count characters of the text as it was given.
    """

    kind: PersonalData
    why: Why
    start: int
    end: int


def outbound(text: str, allowed: Collection[str] = ()) -> tuple[Finding, ...]:
    """Everything for which an answer must not be published, in order; never raises on any text.

    `allowed` are texts that may always stand, however they are written: our own contacts, the protocol of the case.
    Numbers of protocols and orders, lines of companies, handles and links are never found. Takes time in proportion
    to the text.
    """
    plain = made_plain(text)
    body = _PROTOCOL.sub(lambda found: _NEUTRAL * len(found[0]), plain.text)
    may_stand = _cores(tuple(sorted(allowed)))
    findings = [
        Finding(seen.kind, Why.SHOWN, *plain.span(seen.start, seen.end))
        for seen in _shown(body)
        if not _stands_among(seen.core, may_stand)
    ]
    findings += (Finding(kind, Why.ASKED, *plain.span(start, end)) for start, end, kind in asked(body))
    return tuple(sorted(findings, key=lambda finding: (finding.start, finding.end)))


def _shown(body: str) -> list[Seen]:
    """The personal data that stands in a plain text, in order; of two pieces that overlap, the first."""
    pieces = _as_in_posts(body) + hidden(body)
    pieces += (Seen(PersonalData.EMAIL, box.start, box.end, box.core) for box in mailboxes(body))
    apart: list[Seen] = []
    for seen in sorted(pieces, key=lambda piece: (piece.start, -piece.end)):
        if not _is_blank(seen) and (not apart or seen.start >= apart[-1].end):
            apart.append(seen)
    return apart


def _is_blank(seen: Seen) -> bool:
    """Whether it is a number as forms show it, 000.000.000-00; its check digits are right."""
    return seen.kind in (PersonalData.CPF, PersonalData.CNPJ) and len(set(seen.core)) == 1


def _as_in_posts(body: str) -> list[Seen]:
    """What is found in posts too, less what is nobody's in an answer."""
    return [
        Seen(found.kind, found.start, found.end, _core(found.kind, body[found.start : found.end]))
        for found in find(body)
        if _is_of_somebody(body, found.kind, found.start, found.end)
    ]


def _is_of_somebody(body: str, kind: PersonalData, start: int, end: int) -> bool:
    """Whether a piece is a customer's: posts hold few codes and hardly a shop's address, answers many."""
    before = body[max(0, start - _REACH) : start]
    match kind:
        case PersonalData.PHONE:
            is_order = body[start] not in "(+" and is_named_order(body, start)
            is_code = is_order or _CODE_BEFORE.search(before) or _is_of_a_key(body, start, end)
            return not is_code and not is_of_a_company(_core(kind, body[start:end]))
        case PersonalData.CARD:
            return not _is_of_a_key(body, start, end)
        case PersonalData.PLATE:
            return bool(_PLATE_BEFORE.search(folded(before)))
        case PersonalData.ADDRESS:
            is_told = _OF_A_CUSTOMER.search(folded(before)) or _FLAT.search(folded(body[start:end]))
            return bool(is_told) and not _OF_OURS.search(folded(before))
    return True


def _is_of_a_key(body: str, start: int, end: int) -> bool:
    """Whether a number is a part of a longer one in groups of four, such as the key of a bill."""
    return bool(_KEY_AFTER.match(body, end) or _KEY_BEFORE.search(body, max(0, start - _REACH), start))


def _core(kind: PersonalData, written: str) -> str:
    """What of a piece stays the same however it is written."""
    low = folded(written)
    if kind is PersonalData.EMAIL:
        return "".join(low.split())
    return "".join(sign for sign in low if sign.isalnum())


@lru_cache(maxsize=64)
def _cores(allowed: tuple[str, ...]) -> frozenset[str]:
    """The cores of what may stand: of each text as a whole, and of everything that is found in it."""
    cores: set[str] = set()
    for text in allowed:
        body = made_plain(text).text
        cores.update(seen.core for seen in _shown(body))
        cores.update(_core(kind, body) for kind in (PersonalData.EMAIL, PersonalData.PHONE))
    return frozenset(cores - {""})


def _stands_among(core: str, cores: frozenset[str]) -> bool:
    """Whether a core is one of those, be it with or without its country's and area's code."""
    if core in cores:
        return True
    return core.isdigit() and any(
        known.isdigit()
        and min(len(core), len(known)) >= _FEWEST_ALIKE
        and (core.endswith(known) or known.endswith(core))
        for known in cores
    )
