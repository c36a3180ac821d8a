"""How a verb asks: "me passa", "precisamos do", "qual é o"; and what takes it back: "nunca", "obrigado por"."""

from privacy.asking.sentences import Sentence
from privacy.asking.words import Role

DETERMINES = Role.YOURS | Role.OURS | Role.ARTICLE | Role.ONE
_GIVES = Role.GIVE | Role.WEAK | Role.RESPOND | Role.NEED | Role.AWAIT | Role.GERUND
# What may stand between a "not" and the verb that it concerns.
_BETWEEN = (Role.BETWEEN | Role.PERSON | Role.MAY | Role.PLEASE | Role.NEED | Role.OF | Role.TOWARDS | Role.SMALL) | (
    Role.GET | Role.COPULA
)
_NO_SUBJECT = (
    Role.AND | Role.PLEASE | Role.MAY | Role.NOT | Role.BREAK | Role.PUBLIC | Role.PRIVATE | Role.SMALL | Role.NEED
)
_WALKED = 8  # words before a verb among which a "not" concerns it
_NEAR = 3  # words
_WHYS = ("por que", "porque", "why")  # por que pedimos o CPF?
_NOT_FINITE = ("r", "ing", "ndo", "rem", "rme", "rnos")  # endings of infinitives and gerunds


def manner(sentence: Sentence, at: int, *, has_asked: bool) -> int | None:
    """The role by which a word asks; NONE when it takes back what was asked before, None when it is no such verb here.

    `has_asked` tells whether a verb of the sentence asked already.
    """
    role = sentence.tokens[at].role
    if is_which(sentence, at):
        return Role.QUESTION
    if not role & (_GIVES | Role.GET | Role.HAVE) or _is_noun(sentence, at):
        return None
    if role & Role.GET and not role & (Role.GIVE | Role.NEED):
        return _of_getting(sentence, at)
    if role & Role.HAVE and sentence.is_question:
        return Role.HAVE
    return _of_giving(sentence, at, has_asked=has_asked) if role & _GIVES else None


def _of_giving(sentence: Sentence, at: int, *, has_asked: bool) -> int:
    role = sentence.tokens[at].role
    if _is_statement(sentence, at) or _is_denied(sentence, at):
        return Role.NONE
    if role & (Role.GIVE | Role.WEAK):
        return Role.GIVE
    if role & Role.GERUND:
        return Role.GIVE if has_asked or sentence.token(at - 1).role & Role.MIND else Role.NONE
    return Role.RESPOND if role & Role.RESPOND else _of_needing(sentence, at)


def is_which(sentence: Sentence, at: int) -> bool:
    """Whether a word asks which: qual, "a qué número", "whats ur email"."""
    token, before, following = sentence.tokens[at], sentence.token(at - 1), sentence.token(at + 1)
    if token.word == "que":
        is_first = at == 0 or before.word == "¿"
        is_led = is_first or before.role & (Role.TOWARDS | Role.WITH | Role.ARTICLE) or token.role & Role.QUESTION
        return following.noun is not None and bool(is_led)
    if token.noun and not following.role & Role.YOURS:
        return False
    return bool(token.role & Role.QUESTION)


def _is_noun(sentence: Sentence, at: int) -> bool:
    """Whether a word that may be a verb is none, after an article: "a conta", "your reply", but "a enviar"."""
    before = sentence.token(at - 1)
    is_infinitive = sentence.tokens[at].word.endswith("r") and before.word in ("a", "lo", "la", "los")
    return bool(before.role & DETERMINES) and not is_infinitive


def _of_getting(sentence: Sentence, at: int) -> int | None:
    """Verbs such as have, which ask where we may: "can we have your"."""
    if sentence.roles(at - _NEAR, at) & Role.MAY:
        if _is_denied(sentence, at):
            return Role.NONE
        if not sentence.token(at - 1).role & Role.YOU:
            return Role.NEED
    return Role.HAVE if sentence.tokens[at].role & Role.HAVE and sentence.is_question else None


def _of_needing(sentence: Sentence, at: int) -> int:
    role, before = sentence.tokens[at].role, sentence.token(at - 1).role
    if before & Role.DONE or any(token.role & Role.YOU for token in sentence.between(at - _NEAR, at)):
        return Role.NONE
    if sentence.is_question and any(token.word in _WHYS for token in sentence.between(at - _NEAR, at)):
        return Role.NONE
    if role & Role.INFINITIVE and not before & Role.GOING:
        return Role.NONE
    return Role.AWAIT if role & Role.AWAIT else Role.NEED


def _is_statement(sentence: Sentence, at: int) -> bool:
    """Whether a third does it: o sistema envia, nossa equipe confirma."""
    token, subject, article = sentence.tokens[at], sentence.token(at - 1), sentence.token(at - 2)
    if not (token.role & Role.STATES or token.word.endswith("r")) or at < 2 or not subject.is_word:
        return False
    if subject.role & Role.WE:
        return True
    is_reader = subject.role & Role.PERSON and not subject.role & Role.TEAM
    return not (subject.role & _NO_SUBJECT or is_reader) and bool(article.role & (Role.ARTICLE | Role.OURS))


def _is_denied(sentence: Sentence, at: int) -> bool:
    """Whether a "not", thanks or a "when" takes a verb back."""
    if _is_after(sentence, at):
        return True
    is_polite = False
    for place in range(at - 1, max(-1, at - 1 - _WALKED), -1):
        token = sentence.tokens[place]
        if token.is_soft or token.role & Role.UNLESS:
            return False
        if token.role & Role.NOT:
            return not (sentence.is_question and sentence.token(place - 1).role & Role.WHY)
        if token.role & Role.THANKS:
            return not is_polite
        is_polite = is_polite or bool(token.role & Role.PLEASE)
        is_listed = token.role & (Role.GIVE | Role.RESPOND) and sentence.token(place + 1).role & (Role.AND | Role.NOT)
        if not (token.role & _BETWEEN or is_listed):
            return False
    return False


def _is_after(sentence: Sentence, at: int) -> bool:
    """Whether a verb tells when or what for: ao informar, when you share, and "para enviar" at the start."""
    token, before, earlier = sentence.tokens[at], sentence.token(at - 1), sentence.token(at - 2)
    if before.role & Role.PERSON and earlier.role & Role.WHEN:
        return True
    if before.role & Role.AFTER and token.word.endswith(_NOT_FINITE):
        return True
    return before.word in ("para", "pra", "to") and (at == 1 or earlier.is_soft)
