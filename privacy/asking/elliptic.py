"""Requests without a verb or without an object: "CPF e telefone, por favor", "não temos seu CPF. Pode enviar?"."""

from collections.abc import Iterator

from models import PersonalData
from privacy.asking.sentences import Sentence
from privacy.asking.words import Role, Sort

_LIST = Role.ALSO | Role.YOURS | Role.ARTICLE | Role.NAME | Role.NUMBER | Role.OF | Role.AND | Role.KNOWN
_WHOSE = Role.HOLDER | Role.PURCHASE
_LEADS_ON = Role.PLEASE | Role.TOWARDS | Role.OF | Role.KNOWN | Role.PUBLIC | Role.BREAK
# The words of "pode enviar aqui?", which name nothing.
_ASIDE = (
    Role.MAY | Role.PERSON | Role.GIVE | Role.RESPOND | Role.PLEASE | Role.SMALL | Role.PUBLIC | Role.TOWARDS | Role.AND
) | (Role.ARTICLE | Role.WE | Role.CALL)
_WHICH = Role.FINITE | Role.ARTICLE | Role.YOURS | Role.AND  # the words of "qual é o seu?"
# What tells of something instead of asking for it.
_TELLS = Role.NOT | Role.THANKS | Role.WE | Role.SENT | Role.OTHER | Role.FINITE | Role.BREAK | Role.GO
_DOCUMENTS = frozenset((PersonalData.CPF, PersonalData.CNPJ))
_SHORT = 3  # words
_REACH = 6  # words
_LONG = 14  # words
_CLAUSE = 20  # words


def elliptic(sentence: Sentence, following: Sentence | None) -> Iterator[tuple[int, int]]:
    """Where a request begins and the word for data, by their places in a sentence, of all that is asked for so."""
    yield from _lists(sentence)
    yield from _pointed_at(sentence)
    yield from _named_before(sentence)
    for at in _lacking(sentence):
        if _is_aside(sentence, at + 1) or (following and _is_aside(following, 0)):
            yield at, at


def _lists(sentence: Sentence) -> Iterator[tuple[int, int]]:
    """Lists of data that stand alone in a clause: "CPF e telefone, por favor"."""
    free = 0
    for start in (0, *(at + 1 for at, token in enumerate(sentence.tokens) if token.is_soft)):
        if start < free:
            continue
        listed, free = _list_from(sentence, start)
        if listed and (
            _is_polite(sentence, start, listed, free) or _is_aside(sentence, free) or _is_announced(sentence, start)
        ):
            yield from ((start, at) for at in listed)


def _list_from(sentence: Sentence, start: int) -> tuple[list[int], int]:
    """The words for data of a list that begins here, and the place after it."""
    listed: list[int] = []
    at = start
    while at < len(sentence.tokens):
        token, following = sentence.tokens[at], sentence.token(at + 1)
        if token.noun:
            listed.append(at)
        is_whose = listed and sentence.token(at - 1).role & Role.OF and token.role & _WHOSE
        is_another = token.is_word and not token.noun and not token.role & _LIST and not is_whose
        if is_another or (token.is_soft and not (following.noun or following.role & _LIST)):
            break
        at += 1
    return listed, at


def _is_polite(sentence: Sentence, start: int, listed: list[int], after: int) -> bool:
    """Whether nothing but a please or a question mark stands beside a list of data."""
    rest = sentence.between(after, after + _LONG)
    if sentence.is_question and len(rest) <= _SHORT and sentence.roles(after, after + _SHORT) & Role.QUESTION:
        return True
    first = next((token for token in rest if not token.is_soft), None)
    if first is not None and not first.role & _LEADS_ON:
        return False
    within = sentence.roles(start, after)
    nouns = [noun for at in listed if (noun := sentence.tokens[at].noun)]
    if not within & Role.YOURS and any(noun.sort is not Sort.SURE for noun in nouns):
        return False
    if (sentence.roles(after, after + _LONG) | sentence.roles(start - 2, start)) & Role.PLEASE:
        return True
    is_whole = not rest and not within & Role.OR and (start == 0 or sentence.token(start - 1).word in ":-")
    is_clear = within & Role.YOURS or is_whole or all(noun.kind in _DOCUMENTS for noun in nouns)
    return sentence.is_question and bool(is_clear)


def _is_announced(sentence: Sentence, start: int) -> bool:
    """Whether a colon before a list follows on data that we need: precisamos validar alguns dados."""
    if sentence.token(start - 1).word != ":":
        return False
    roles = sentence.roles(start - _LONG, start)
    is_needed = roles & Role.NUMBER and roles & (Role.NEED | Role.GIVE)
    return bool(is_needed) and not roles & (Role.NOT | Role.THANKS | Role.SENT)


def _is_aside(sentence: Sentence, start: int) -> bool:
    """Whether the words from here on ask to give, and name nothing: pode enviar aqui?"""
    if len(sentence.tokens) - start > 2 * _LONG:
        return False
    words = [token for token in sentence.tokens[start:] if token.is_word]
    if len(words) > _LONG or any(token.noun or not token.role & _ASIDE for token in words):
        return False
    roles = sentence.roles(start, len(sentence.tokens))
    return bool(roles & Role.GIVE) and not roles & Role.NOT


def _pointed_at(sentence: Sentence) -> Iterator[tuple[int, int]]:
    """The reader's data that an unknown verb wants here or politely: "resgate seu CPF aqui", "could you dig up"."""
    for at, token in enumerate(sentence.tokens):
        if token.role & _TELLS and not token.role & (Role.TOWARDS | Role.MAY):
            return
        if not token.noun or token.noun.sort is not Sort.SURE or not sentence.token(at - 1).role & Role.YOURS:
            continue
        verb = sentence.token(at - 2)
        is_verb = verb.is_word and verb.role in (Role.NONE, Role.PERSON) and not verb.noun
        is_here = sentence.roles(at + 1, at + 1 + _REACH) & Role.PUBLIC
        is_polite = sentence.is_question and sentence.roles(at - _REACH, at - 2) & Role.MAY
        if is_verb and (is_here or is_polite):
            yield at - 2, at


def _named_before(sentence: Sentence) -> Iterator[tuple[int, int]]:
    """What a last clause asks for without naming it: "a entrega precisa de um telefone, qual é o seu?"."""
    tokens = sentence.tokens
    last = next((at for at in range(len(tokens) - 1, -1, -1) if tokens[at].is_soft), 0)
    clause = [token for token in tokens[last + 1 :] if token.is_word]
    if not sentence.is_question or not clause or len(clause) > _REACH or sentence.roles(last - _CLAUSE, last) & _TELLS:
        return
    is_which = clause[0].role & Role.QUESTION and all(token.role & _WHICH for token in clause[1:])
    is_aside = _is_aside(sentence, last + 1) and any(token.role & Role.MAY for token in clause)
    if is_which or is_aside:
        yield from ((last, at) for at in range(max(0, last - _CLAUSE), last) if tokens[at].noun)


def _lacking(sentence: Sentence) -> Iterator[int]:
    """The words for data that the sentence says we do not have."""
    denied = lacking = -_REACH
    for at, token in enumerate(sentence.tokens):
        if token.role & Role.NOT:
            denied = at
        elif token.role & Role.LACKING and at - denied < _REACH:
            lacking = at
        elif token.noun and (at - lacking < _REACH or at - denied < _SHORT):
            yield at
