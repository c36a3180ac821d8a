"""Whether a word for data, the object of a verb that asks, stands for the data itself."""

from dataclasses import dataclass

from models import PersonalData
from privacy.asking.sentences import Sentence
from privacy.asking.words import Noun, Role, Sort

_PATIENCE = 10  # words of no known meaning after which a verb asks no more
_NEAR = 5  # words
_LEADS_ON = Role.TOWARDS | Role.PUBLIC | Role.BREAK | Role.AND | Role.WE


@dataclass
class Ask:
    """A verb that asks, and what was read since."""

    verb: int  # its place
    manner: int
    patience: int = _PATIENCE
    path: int = Role.NONE  # the preposition under which the next word stands
    head: int = Role.NONE  # what the words before an "of" do: what it is a piece of
    has_head: bool = False  # whether the preposition has its word already
    determiner: int = Role.NONE
    is_parted: bool = False  # whether a comma or an "and" stands before the next word
    is_led: bool = False  # whether anything led to the object: an article, an "of"
    has_object: bool = False  # whether it asked for something already

    def turn(self, path: int) -> None:
        """Go on under another preposition, or under none."""
        self.path, self.has_head, self.determiner = path, False, Role.NONE

    def found(self) -> None:
        """Go on after a word for data that was asked for."""
        self.patience, self.has_object = _PATIENCE, True


def is_asked_for(sentence: Sentence, at: int, ask: Ask) -> bool:
    """Whether a word for data is what a verb asks for."""
    noun = sentence.tokens[at].noun
    if noun is None or (ask.determiner & Role.OURS and not ask.determiner & Role.YOURS):
        return False
    if (not ask.manner & Role.QUESTION and _was_sent(sentence, at)) or not _is_on_path(noun, ask):
        return False
    match noun.sort:
        case Sort.SURE:
            return _is_data(sentence, at, noun.kind, ask)
        case Sort.THING:
            return _is_number_of_thing(sentence, at, noun.kind, ask)
        case Sort.CONTACT:
            return bool(ask.manner & Role.GIVE and ask.determiner)
        case Sort.BARE:
            return _is_number_to_call(sentence, at, ask)


def is_subject(sentence: Sentence, at: int, ask: Ask) -> bool:
    """Whether something is told of a word for data: seu CPF já está."""
    if ask.manner & Role.QUESTION:
        return False
    following = at + 1
    while following < at + 3 and sentence.token(following).role & Role.STILL:
        following += 1
    role = sentence.token(following).role
    return bool(role & Role.FINITE) and (ask.is_parted or not role & Role.MAY)


def _was_sent(sentence: Sentence, at: int) -> bool:
    """Whether it is the message that went: o e-mail que enviamos."""
    first = sentence.token(at + 1).role
    is_told_of = first & (Role.BREAK | Role.PERSON | Role.WE) and not first & Role.SENT
    return bool(is_told_of and sentence.roles(at + 2, at + 4) & Role.SENT)


def _is_on_path(noun: Noun, ask: Ask) -> bool:
    match ask.path:
        case Role.TOWARDS:
            return False
        case Role.OF:
            is_likeness = ask.head & Role.LIKENESS and noun.kind is not PersonalData.PHONE
            return bool(ask.head & Role.NUMBER or is_likeness)
        case Role.WITH:
            return bool(ask.manner & Role.RESPOND) or noun.sort is Sort.SURE
    return not ask.manner & Role.RESPOND


def _is_data(sentence: Sentence, at: int, kind: PersonalData, ask: Ask) -> bool:
    """Whether a word such as e-mail is the address, and not a message or a way to write."""
    following = sentence.token(at + 1)
    if ask.manner & Role.HAVE:
        is_last = at + 1 >= len(sentence.tokens) or following.is_soft or bool(following.role & _LEADS_ON)
        is_any = not ask.determiner & Role.YOURS
        return kind in (PersonalData.PHONE, PersonalData.EMAIL) and is_any and is_last
    if ask.manner & Role.AWAIT:
        return kind is not PersonalData.EMAIL
    if ask.manner & Role.QUESTION:
        return kind is not PersonalData.PHONE or not _is_bought(sentence, at)
    if following.word in ("us", "me"):  # email us
        return False
    is_message = sentence.tokens[at].role & Role.MESSAGE and sentence.tokens[ask.verb].role & Role.SENDS
    if is_message and ask.determiner & Role.ONE:
        return False
    is_bare = not ask.determiner and at == ask.verb + 1 and following.role & (Role.TOWARDS | Role.PERSON)
    return not (is_message and is_bare)


def _is_number_of_thing(sentence: Sentence, at: int, kind: PersonalData, ask: Ask) -> bool:
    """Whether a word such as card means its number here."""
    following = sentence.token(at + 1)
    if following.role & Role.STATE or ask.manner & Role.HAVE or _is_compound(sentence, at):
        return False
    is_number = ask.path == Role.OF
    if ask.manner & (Role.QUESTION | Role.NEED | Role.AWAIT):
        is_meant = is_number or ask.has_object or bool(ask.determiner & Role.YOURS)
        return is_meant and not _is_bought(sentence, at)
    is_any = ask.determiner & Role.ONE and not is_number and sentence.token(at - 1).word != "a"
    if is_any or following.role & Role.ARTICLE:  # concorra a um celular; give your phone a rest
        return False
    if kind is PersonalData.CARD and sentence.tokens[ask.verb].role & Role.PUTS and not is_number:
        return bool(sentence.roles(ask.verb - 1, ask.verb + 2) & Role.PERSON)
    return True


def _is_compound(sentence: Sentence, at: int) -> bool:
    """Whether an English word for a thing only tells what the next word is: your phone model."""
    following = sentence.token(at + 1)
    is_unknown = following.word.isalpha() and not following.role and not following.noun
    return is_unknown and bool(sentence.tokens[at].role & Role.ENGLISH)


def _is_number_to_call(sentence: Sentence, at: int, ask: Ask) -> bool:
    """Whether a number is that of a telephone: seu número, "what number can we call"."""
    if sentence.token(at + 1).role & Role.OF:
        return False
    if ask.manner & (Role.QUESTION | Role.GIVE) and sentence.roles(at + 1, at + 2 + _NEAR) & Role.CALL:
        return True
    before, is_last = sentence.token(at - 1).role, not sentence.token(at + 1).is_word
    is_told = (before | sentence.roles(ask.verb - _NEAR, ask.verb)) & (Role.CALL | Role.NAME)
    if ask.manner & Role.QUESTION and is_last and is_told:  # vamos te ligar: qual o número? qual o melhor número?
        return True
    return bool(ask.determiner & Role.YOURS and before & (Role.YOURS | Role.NAME))


def _is_bought(sentence: Sentence, at: int) -> bool:
    return bool(sentence.roles(at + 1, at + _NEAR) & Role.BOUGHT)
