"""Find personal data in a text."""

import re
from dataclasses import dataclass

from models import PersonalData
from privacy.addresses import address_at, cep_at, may_hold_address
from privacy.documents import card_at, cnpj_at, cpf_at, lettered_cnpjs
from privacy.emails import emails
from privacy.phones import phone_at
from privacy.plain import made_plain, plain_sign
from privacy.plates import plate_at

_TELLING = re.compile(r"[0-9@]")
_FAR = re.compile(r"[\u0100-\U0010ffff]")  # what may only read as a digit or an @, such as a circled 1
_GROUP = re.compile(r"[0-9]+")
_RUN = re.compile(r"[0-9]+(?:[ .()/\n-]{1,3}[0-9]+)*+")
_FEWEST = 7  # digits of the shortest number that is looked at

_VERIFIED = ((cpf_at, PersonalData.CPF), (cnpj_at, PersonalData.CNPJ), (card_at, PersonalData.CARD))

_Span = tuple[int, int, PersonalData]


@dataclass(frozen=True)
class Found:
    """One piece of personal data. The offsets count characters of the text as it was given."""

    kind: PersonalData
    start: int
    end: int


def find(text: str) -> tuple[Found, ...]:
    """Every piece of personal data, in order, none overlapping another; never raises on any text.

    Digits in any script count, and signs that nobody sees do not hide them. Where two pieces overlap they become one,
    of the kind of the first. Numbers of companies (toll-free lines), handles and partly masked cards are left alone.
    """
    if not _may_hold(text):
        return ()
    plain = made_plain(text)
    spans = _in_digits(plain.text)
    if "@" in plain.text:
        spans += emails(plain.text)
    spans += lettered_cnpjs(plain.text)
    if not spans:
        return ()
    return tuple(Found(kind, *plain.span(start, end)) for start, end, kind in _apart(spans))


def kinds(text: str) -> tuple[PersonalData, ...]:
    """The kinds that stand in the text, in the order of the enum."""
    found = {piece.kind for piece in find(text)}
    return tuple(kind for kind in PersonalData if kind in found) if found else ()


def _may_hold(text: str) -> bool:
    """Without a digit and without an @ there is nothing to find."""
    if _TELLING.search(text):
        return True
    return not text.isascii() and any(_TELLING.search(plain_sign(sign)) for sign in set(_FAR.findall(text)))


def _in_digits(text: str) -> list[_Span]:
    """What is found by its digits: every run of groups is read once, from the left."""
    spans: list[_Span] = []
    may_be_address = may_hold_address(text)
    for run in _RUN.finditer(text):
        first, last = run.span()
        free = first
        for group in _GROUP.finditer(text, first, last):
            at = group.start()
            if at < free:
                continue
            span = _number(text, at, last) or _place(text, at, may_be_address)
            if span:
                spans.append(span)
                free = span[1]
    return spans


def _number(text: str, at: int, last: int) -> _Span | None:
    if last - at < _FEWEST:
        return None
    for end_of, kind in _VERIFIED:
        if end := end_of(text, at):
            return at, end, kind
    if phone := phone_at(text, at):
        return *phone, PersonalData.PHONE
    end = cep_at(text, at)
    return (at, end, PersonalData.ADDRESS) if end else None


def _place(text: str, at: int, may_be_address: bool) -> _Span | None:
    if plate := plate_at(text, at):
        return *plate, PersonalData.PLATE
    if may_be_address and (address := address_at(text, at)):
        return *address, PersonalData.ADDRESS
    return None


def _apart(spans: list[_Span]) -> list[_Span]:
    """In order; spans that overlap become one."""
    apart: list[_Span] = []
    for start, end, kind in sorted(spans, key=lambda span: (span[0], -span[1])):
        if apart and start < apart[-1][1]:
            before = apart[-1]
            apart[-1] = (before[0], max(before[1], end), before[2])
        else:
            apart.append((start, end, kind))
    return apart
