"""Which words of a sentence stand for data that one of its verbs asks for.

A sentence is read once from its start. A verb that asks stays in force until another verb, a clause of its own or too
many words that mean something else; a word for data that stands as its object is asked for.
"""

from collections.abc import Iterator

from privacy.asking.nouns import Ask, is_asked_for, is_subject
from privacy.asking.sentences import Sentence, Token
from privacy.asking.verbs import DETERMINES, is_which, manner
from privacy.asking.words import Role

# What may stand between a question and the data that it asks for.
_STRICT = (
    Role.ALSO | Role.LIKENESS | Role.ARTICLE | Role.YOURS | Role.NAME | Role.NUMBER | Role.SMALL | Role.PLEASE | Role.OF
) | (Role.AND | Role.COPULA)
_NEUTRAL = Role.NAME | Role.ALSO | Role.SMALL | Role.PLEASE
_OF_NO_OTHER_MEANING = Role.PERSON | Role.NUMBER | Role.KNOWN | Role.PUBLIC | Role.PRIVATE | Role.ELSEWHERE


def objects(sentence: Sentence) -> Iterator[tuple[int, int]]:
    """The verb and the word for data, by their places, of everything that is asked for."""
    ask: Ask | None = None
    has_asked = False
    for at, token in enumerate(sentence.tokens):
        if token.noun and not is_which(sentence, at):
            if ask and is_subject(sentence, at, ask):
                ask = None
            elif ask and is_asked_for(sentence, at, ask):
                yield ask.verb, at
                ask.found()
            if ask:
                ask.has_head = True
            continue
        how = manner(sentence, at, has_asked=has_asked)
        if how is not None:
            ask = Ask(at, how) if how else None
            has_asked = has_asked or bool(how)
        elif ask and _goes_on(ask, token):
            _read(sentence, at, ask)
        else:
            ask = None


def _goes_on(ask: Ask, token: Token) -> bool:
    """Whether a verb is still in force after a word."""
    role = token.role
    if ask.manner & (Role.QUESTION | Role.HAVE):
        return bool(role & _STRICT) or not token.is_word or token.word.isdigit()
    if ask.manner == Role.NEED and role & Role.COPULA and not ask.is_led:  # all we need is your
        return True
    if role & (Role.BREAK | Role.OTHER | Role.FINITE) or ask.patience <= 0:
        return False
    is_another_verb = not role and token.is_word and not token.word.isdigit() and not ask.is_led
    return not (ask.manner & (Role.NEED | Role.AWAIT) and is_another_verb)


def _read(sentence: Sentence, at: int, ask: Ask) -> None:
    """Take a word that is neither a verb that asks nor data for what it does on the way to the object."""
    token = sentence.tokens[at]
    role = token.role
    if token.is_soft or role & Role.AND:
        ask.is_parted = True
        is_listed = ask.path == Role.TOWARDS and sentence.token(at - 1).noun
        if ask.path != Role.OF and not is_listed:
            ask.turn(Role.NONE)
    elif role & Role.OF:
        _read_of(sentence, at, ask)
    elif role & Role.WITH:
        _read_with(sentence, at, ask)
    elif role & Role.TOWARDS and not (role & Role.PARTICLE and sentence.token(at + 1).role & Role.YOURS):
        ask.turn(Role.TOWARDS)
    elif role & DETERMINES:
        if ask.has_head:
            ask.turn(Role.NONE)
        ask.determiner, ask.is_led = role, True
    elif token.is_word and not role & _NEUTRAL:
        ask.has_head = bool(ask.path)
        ask.patience -= not role & _OF_NO_OTHER_MEANING


def _read_of(sentence: Sentence, at: int, ask: Ask) -> None:
    before = sentence.token(at - 1)
    if not before.role & Role.AND:
        ask.head = sentence.roles(max(ask.verb + 1, at - 2), at)
    ask.turn(Role.OF)
    is_direct = not ask.is_led or before.role & Role.AND or before.is_soft
    if ask.manner & (Role.NEED | Role.AWAIT) and is_direct:  # precisamos do CPF e do e-mail
        ask.turn(Role.NONE)
    ask.is_led = True


def _read_with(sentence: Sentence, at: int, ask: Ask) -> None:
    """A "with" leads to the object in "responda com seu" and in "provide us with your"."""
    ask.turn(Role.WITH)
    following = sentence.token(at + 2 if sentence.token(at + 1).word == ":" else at + 1)
    is_given = following.noun or following.role & (Role.YOURS | Role.NUMBER | Role.NAME | Role.ALSO)
    is_direct = all(token.role & Role.PERSON for token in sentence.between(ask.verb + 1, at))
    if is_given and (ask.manner & Role.RESPOND or is_direct):
        ask.manner = Role.GIVE
        ask.turn(Role.NONE)
