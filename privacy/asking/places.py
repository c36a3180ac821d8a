"""Where the answer to a request would stand: in public, in private, or in another place than this."""

from bisect import bisect_left
from functools import cached_property

from models import PersonalData
from privacy.asking.sentences import Sentence
from privacy.asking.words import Role, Sort

_NEAR = 40  # words within which a place after a request belongs to it
_BESIDE = 3  # words
_CLAUSE = 6  # words
_WAYS = frozenset((PersonalData.EMAIL, PersonalData.PHONE))  # what is data, and a way to give some
_AFTER_THERE = Role.WITH | Role.TOWARDS | Role.AND | Role.PERSON  # a "la" without its accent before these is no article
_DETERMINES = Role.YOURS | Role.OURS | Role.ARTICLE | Role.ONE | Role.NAME


class Places:
    """The places that one sentence names."""

    def __init__(self, sentence: Sentence) -> None:
        self._sentence = sentence
        self._ours = [at for at in range(len(sentence.tokens)) if self._is_ours(at)]
        found = {at: role for at in range(len(sentence.tokens)) if (role := self._place(at))}
        self._found = {at: role for at, role in found.items() if not self._only_points(at, found)}
        self._order = sorted(self._found)

    def is_public(self, verb: int, at: int) -> bool | None:
        """Whether what a verb asks for, and a word names, would stand here; None when the sentence does not say."""
        if self.points_there and self.is_private:
            return False
        place = self._after(at)
        if place is None:
            first, last = bisect_left(self._order, verb), bisect_left(self._order, at)
            place = self._order[last - 1] if first < last else self._before_verb(first, verb)
        return None if place is None else bool(self._found[place] & Role.PUBLIC)

    @cached_property
    def invites(self) -> bool:
        """Whether it shows a private way, and nothing public."""
        if any(role & Role.PUBLIC for role in self._found.values()):
            return False
        return any(role & Role.PRIVATE and self._invites_to(at) for at, role in self._found.items())

    @cached_property
    def is_private(self) -> bool:
        """Whether it names a private way at all."""
        return any(role & Role.PRIVATE for role in self._found.values())

    @cached_property
    def points_there(self) -> bool:
        """Whether it speaks of the place that was named before: por lá."""
        return any(
            token.role & Role.THERE or (token.word == "la" and self._sentence.token(at + 1).role & _AFTER_THERE)
            for at, token in enumerate(self._sentence.tokens)
        )

    def _place(self, at: int) -> int:
        """What kind of place a word names; NONE when it names none here."""
        token = self._sentence.tokens[at]
        role, before = token.role, self._sentence.token(at - 1).role
        if role & Role.PRIVATE:
            return Role.NONE if self._is_denied(at) else Role.PRIVATE
        if token.noun and token.noun.kind in _WAYS and token.noun.sort is not Sort.CONTACT:
            return Role.ELSEWHERE if self._is_way(at) else Role.NONE
        if role & Role.ELSEWHERE:
            return Role.ELSEWHERE if self._is_led_to(at) and not self._tells_which(at) else Role.NONE
        is_verb = role & (Role.GIVE | Role.RESPOND) and not before & (_DETERMINES | Role.TOWARDS)
        is_denied = before & Role.NOT and not before & Role.TOWARDS
        return Role.NONE if is_verb or is_denied else role & Role.PUBLIC

    def _is_ours(self, at: int) -> bool:
        """Whether one of us does something here: a gente, but not "com a gente"."""
        token = self._sentence.tokens[at]
        if not token.role & Role.WE:
            return False
        return token.word != "a gente" or not self._sentence.token(at - 1).role & (Role.WITH | Role.TOWARDS)

    def _is_denied(self, at: int) -> bool:
        """Whether a private way is none: "sem DM", "a DM está fechada"."""
        before = self._sentence.between(at - _BESIDE, at)
        is_not = any(token.role & Role.NOT and not token.role & Role.TOWARDS for token in before)
        return is_not or bool(self._sentence.roles(at + 1, at + 1 + _BESIDE) & Role.CLOSED)

    def _leads(self, at: int) -> int:
        """The place of the word before a word and what determines it."""
        at -= 1
        while self._sentence.token(at).role & _DETERMINES and not self._sentence.token(at).role & Role.TOWARDS:
            at -= 1
        return at

    def _is_way(self, at: int) -> bool:
        """Whether a word for data is the way to give some here: por e-mail, nosso WhatsApp, mande um e-mail."""
        leads, before = self._sentence.token(self._leads(at)).role, self._sentence.token(at - 1).role
        if leads & Role.TOWARDS and not leads & Role.QUESTION:
            return True
        return bool(before & Role.OURS or (before & Role.ONE and leads & Role.SENDS))

    def _is_led_to(self, at: int) -> bool:
        token, leads = self._sentence.tokens[at], self._sentence.token(self._leads(at)).role
        return token.is_link or bool(token.role & Role.GO or leads & (Role.TOWARDS | Role.WITH | Role.GO))

    def _tells_which(self, at: int) -> bool:
        """Whether it says which of the reader's data is meant: o e-mail cadastrado no site."""
        for place in range(at - 1, max(-1, at - 1 - _CLAUSE), -1):
            if self._sentence.tokens[place].noun:
                return bool(self._sentence.roles(place + 1, at) & (Role.KNOWN | Role.BREAK | Role.PURCHASE))
        return False

    def _only_points(self, at: int, found: dict[int, int]) -> bool:
        """Whether a "here" is the private place that is named after it: aqui na DM."""
        if not found[at] & Role.PUBLIC:
            return False
        for place in range(at + 1, at + 2 + _BESIDE):
            token = self._sentence.token(place)
            if token.role & (Role.WE | Role.BREAK | Role.AND):
                return False
            if place in found:
                return not found[place] & Role.PUBLIC
        return False

    def _after(self, at: int) -> int | None:
        """The first place after a word, where none of us does something before it, and nothing begins a purpose."""
        following = bisect_left(self._order, at + 1)
        if following == len(self._order) or self._order[following] - at > _NEAR:
            return None
        place = self._order[following]
        ours = bisect_left(self._ours, at + 1)
        if ours < len(self._ours) and self._ours[ours] < place:
            return None
        return None if any(self._is_purpose(word, place) for word in range(at + 1, place)) else place

    def _is_purpose(self, at: int, place: int) -> bool:
        """Whether a "para" leads to what is done with the data, not to somebody or to the place."""
        if not self._sentence.tokens[at].role & Role.PURPOSE or self._leads(place) == at:
            return False
        following = self._sentence.between(at + 1, place)
        is_infinitive = any(len(token.word) > _BESIDE and token.word.endswith("r") for token in following)
        return is_infinitive or not self._sentence.roles(at + 1, min(at + 1 + _BESIDE, place)) & (
            Role.PERSON | Role.OURS
        )

    def _before_verb(self, first: int, verb: int) -> int | None:
        """The nearest place before a verb that counts: one in public, or one that the reader is sent to."""
        for place in reversed(self._order[max(0, first - _BESIDE) : first]):
            is_joined = (
                place + 2 == verb and self._sentence.token(place + 1).role & Role.AND
            )  # compre no site e informe
            if self._found[place] & Role.PUBLIC or is_joined or self._invites_to(place):
                return place
        return None

    def _invites_to(self, at: int) -> bool:
        """Whether the reader is sent to a place, and not told that we have been there."""
        first = max(0, at - _CLAUSE)
        if any(self._is_ours(place) for place in range(first, at)):
            return False
        if self._found[at] & Role.PRIVATE:
            return True
        is_first = at <= _BESIDE and self._sentence.tokens[0].role & Role.TOWARDS
        return bool(is_first or self._sentence.roles(first, at + 1) & Role.GO)
