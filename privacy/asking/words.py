"""What the words of words.toml do in a sentence, and the phrases they form."""

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

from models import PersonalData


class Role:
    """What a word may do: one bit each, told where its list stands in words.toml.

    Plain numbers: an IntFlag takes twenty times as long, and every word is asked several times.
    """

    NONE = 0
    GIVE = 1 << 0
    SENDS = 1 << 1
    PUTS = 1 << 2
    STATES = 1 << 3
    GERUND = 1 << 4
    GET = 1 << 5
    RESPOND = 1 << 6
    NEED = 1 << 7
    AWAIT = 1 << 8
    HAVE = 1 << 9
    QUESTION = 1 << 10
    OTHER = 1 << 11
    GO = 1 << 12
    NOT = 1 << 13
    UNLESS = 1 << 14
    THANKS = 1 << 15
    ALARM = 1 << 16
    AFTER = 1 << 17
    BREAK = 1 << 18
    WE = 1 << 19
    SENT = 1 << 20
    FINITE = 1 << 21
    STILL = 1 << 22
    YOURS = 1 << 23
    OURS = 1 << 24
    ARTICLE = 1 << 25
    ONE = 1 << 26
    OF = 1 << 27
    WITH = 1 << 28
    TOWARDS = 1 << 29
    PERSON = 1 << 30
    AND = 1 << 31
    PLEASE = 1 << 32
    SMALL = 1 << 33
    NUMBER = 1 << 34
    LIKENESS = 1 << 35
    ALSO = 1 << 36
    WEAK = 1 << 37
    NAME = 1 << 38
    KNOWN = 1 << 39
    MAY = 1 << 40
    CALL = 1 << 41
    PRIVATE = 1 << 42
    ELSEWHERE = 1 << 43
    THERE = 1 << 44
    PUBLIC = 1 << 45
    COPULA = 1 << 46
    OR = 1 << 47
    YOU = 1 << 48
    DONE = 1 << 49
    GOING = 1 << 50
    INFINITIVE = 1 << 51
    MIND = 1 << 52
    WHY = 1 << 53
    PURPOSE = 1 << 54
    WHEN = 1 << 55
    BETWEEN = 1 << 56
    TEAM = 1 << 57
    ENGLISH = 1 << 58
    STATE = 1 << 59
    MESSAGE = 1 << 60
    BOUGHT = 1 << 61
    LACKING = 1 << 62
    CLOSED = 1 << 63
    PURCHASE = 1 << 64
    PARTICLE = 1 << 65
    HOLDER = 1 << 66


class Sort(StrEnum):
    """How surely a word for data is one."""

    SURE = "sure"
    THING = "thing"  # a device or a piece of plastic as well: celular, card
    CONTACT = "contact"  # contato: the act as well
    BARE = "bare"  # número, of whatever


class Noun(NamedTuple):
    """A word or phrase for personal data."""

    kind: PersonalData
    sort: Sort


class Meaning(NamedTuple):
    """What a word or phrase does, and the data that it names."""

    role: int
    noun: Noun | None


_ROLES = {name.lower(): role for name, role in vars(Role).items() if name.isupper() and role}
_ENDINGS = ("a", "e", "as", "es", "ar", "am", "an", "em", "en", "arem", "aras", "ara", "asse", "asses")
_ALSO_STATE = ("a", "am", "an")  # of the endings, the ones that also tell what others do
_PRONOUNS = ("", "me", "nos", "melo", "noslo", "nosla")  # Spanish joins them to the verb
_Phrase = tuple[str, ...]


@cache
def phrases() -> Mapping[str, Mapping[_Phrase, Meaning]]:
    """What each word or phrase means, by its first word, the longest first."""
    lists: dict[str, Any] = tomllib.loads(files("privacy.asking").joinpath("words.toml").read_text(encoding="utf-8"))
    roles: dict[_Phrase, int] = {}
    for name, role in _ROLES.items():
        for phrase in _split(*lists[name].values()):
            roles[phrase] = roles.get(phrase, Role.NONE) | role
    for form, role in _forms(lists["stems"]["all"]):
        roles[form,] = roles.get((form,), Role.NONE) | role
    found = {phrase: Meaning(role, None) for phrase, role in roles.items()}
    for kind, sorts in lists["nouns"].items():
        for sort, listed in sorts.items():
            for phrase in _split(listed):
                found[phrase] = Meaning(roles.get(phrase, Role.NONE), Noun(PersonalData(kind), Sort(sort)))
    found |= dict.fromkeys(_split(lists["no_noun"]["all"]), Meaning(Role.NONE, None))
    by_first: dict[str, dict[_Phrase, Meaning]] = {}
    for phrase in sorted(found, key=len, reverse=True):
        by_first.setdefault(phrase[0], {})[phrase] = found[phrase]
    return by_first


def may_name_data(words: Iterable[str]) -> bool:
    """Whether a word for data may be among folded words: one look that spares reading the sentences."""
    return not _last_words().isdisjoint(words)


@cache
def _last_words() -> frozenset[str]:
    return frozenset(phrase[-1] for known in phrases().values() for phrase, meaning in known.items() if meaning.noun)


def _split(*lists: str) -> Iterator[_Phrase]:
    for listed in lists:
        for phrase in listed.split(","):
            if words := tuple(phrase.split()):
                yield words


def _forms(stems: str) -> Iterator[tuple[str, int]]:
    """The forms of verbs by which somebody is asked."""
    for (stem,) in _split(stems):
        yield stem + "ando", Role.GERUND
        for ending in _ENDINGS:
            role = Role.GIVE | (Role.STATES if ending in _ALSO_STATE else Role.NONE)
            for pronoun in _PRONOUNS:
                yield stem + ending + pronoun, role
