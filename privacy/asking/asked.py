"""Every word for personal data that a text asks for in public."""

import re
from collections.abc import Sequence

from models import PersonalData
from privacy.asking.elliptic import elliptic
from privacy.asking.objects import objects
from privacy.asking.places import Places
from privacy.asking.sentences import sentences
from privacy.asking.words import Role, may_name_data
from privacy.spelled import folded

_WORD = re.compile(r"[^\W_]+")
_NEAR = 2  # sentences before a request in which a private way may be shown


def asked(text: str) -> list[tuple[int, int, PersonalData]]:
    """The words for data that are asked for in public, with their places in a plain text, in order.

    What warns, thanks or only mentions asks for nothing, and what shows the reader a private way does not ask in
    public. Takes time in proportion to the text.
    """
    if not may_name_data(_WORD.findall(folded(text))):
        return []
    read = sentences(text)
    places = [Places(sentence) for sentence in read]
    found: dict[int, tuple[int, int, PersonalData]] = {}
    for number, sentence in enumerate(read):
        if any(token.role & Role.ALARM for token in sentence.tokens):
            continue
        before, after = places[max(0, number - _NEAR) : number], places[number + 1 : number + 2]
        following = read[number + 1] if number + 1 < len(read) else None
        for verb, at in (*objects(sentence), *elliptic(sentence, following)):
            token, is_weak = sentence.tokens[at], bool(sentence.tokens[verb].role & Role.WEAK)
            is_public = places[number].is_public(verb, at)
            if is_public is None:  # a weak verb, such as cadastre, asks nowhere unless its sentence says where
                is_public = not is_weak and not _is_shown_away(places[number], before, after)
            if token.noun and is_public:
                found[token.start] = token.start, token.end, token.noun.kind
    return [found[start] for start in sorted(found)]


def _is_shown_away(here: Places, before: Sequence[Places], after: Sequence[Places]) -> bool:
    """Whether the sentences beside one show the reader a private way for what it asks."""
    if any(places.invites for places in (*before, *after)):
        return True
    return here.points_there and any(places.is_private for places in before)
