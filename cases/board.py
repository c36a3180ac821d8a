"""The cases that a batch of mentions may belong to, read at once: one mention at a time costs five queries each."""

from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar

from sqlalchemy import bindparam
from sqlmodel import Session, col, select

from models import Case, CaseMention, Mention, Profile, Reply

_PARAMETERS = 400  # bound parameters a query; SQLite's old limit is 999
_Value = TypeVar("_Value", int, str)
_Thread = tuple[int, str, str, str]

# Built once: for batches as small as most, building costs more than running.
_PROFILES = select(Profile).where(col(Profile.id).in_(bindparam("ids", expanding=True)))
_LINKED = (
    select(CaseMention.mention_id, Case)
    .join(Case, col(Case.id) == CaseMention.case_id)
    .where(col(CaseMention.mention_id).in_(bindparam("ids", expanding=True)))
)
_IN_THREADS = (
    select(Case)
    .where(
        col(Case.brand_id).in_(bindparam("brands", expanding=True)),
        col(Case.thread).in_(bindparam("threads", expanding=True)),
    )
    .order_by(col(Case.id))
)
_ANSWERED = (
    select(Reply.account_id, Reply.external_id, Case)
    .join(Case, col(Case.id) == Reply.case_id)
    .where(col(Reply.external_id).in_(bindparam("parents", expanding=True)))
)


class Board:
    """What is known of the cases around some mentions; cases that the batch opens are added to it."""

    def __init__(self, session: Session, mentions: Sequence[Mention]) -> None:
        self._profiles = _profiles(session, mentions)
        self._linked = _linked(session, mentions)
        self._by_thread = _by_thread(session, mentions)
        self._answered = _answered(session, mentions)
        self._openers: dict[int, int | None] = {}  # id() of a case that is not stored yet to its profile

    def profile(self, mention: Mention) -> Profile | None:
        return None if mention.profile_id is None else self._profiles[mention.profile_id]

    def linked(self, mention: Mention) -> Case | None:
        """The case that holds the mention already."""
        return self._linked.get(mention.id or 0)

    def case_of(self, mention: Mention) -> Case | None:
        """The case a mention belongs to: that of the reply of ours it answers, or its person's in the same thread."""
        answered = self._answered.get((mention.account_id, mention.parent_external_id))
        if answered is not None and self._same_person(answered, mention):
            return answered
        in_thread = self._by_thread.get(_thread_of(mention), [])
        return next((case for case in reversed(in_thread) if self._same_person(case, mention)), None)

    def only_case(self, mention: Mention) -> Case | None:
        """The thread's case, when it has just one."""
        in_thread = self._by_thread.get(_thread_of(mention), [])
        return in_thread[0] if len(in_thread) == 1 else None

    def add(self, case: Case, mention: Mention) -> None:
        """A case that this mention opens."""
        self._by_thread.setdefault(_thread_of(mention), []).append(case)
        self._openers[id(case)] = mention.profile_id

    def _same_person(self, case: Case, mention: Mention) -> bool:
        profile = self.profile(mention)
        if profile is None:
            # An author we are not told is taken for the thread's own: a complaint site's ticket has one consumer.
            return True
        if id(case) in self._openers:
            return self._openers[id(case)] in (None, profile.id)
        return case.customer_id is None or profile.customer_id == case.customer_id


def _thread_of(row: Mention | Case) -> _Thread:
    return row.brand_id, row.channel, row.place, row.thread


def chunks(values: Iterable[_Value | None]) -> Iterator[list[_Value]]:
    """The distinct values that are there, in portions that fit a query."""
    listed = list(dict.fromkeys(value for value in values if value is not None))
    for start in range(0, len(listed), _PARAMETERS):
        yield listed[start : start + _PARAMETERS]


def _profiles(session: Session, mentions: Sequence[Mention]) -> dict[int, Profile]:
    found: dict[int, Profile] = {}
    for ids in chunks(mention.profile_id for mention in mentions):
        found |= {profile.id or 0: profile for profile in session.exec(_PROFILES, params={"ids": ids})}
    return found


def _linked(session: Session, mentions: Sequence[Mention]) -> dict[int, Case]:
    found: dict[int, Case] = {}
    for ids in chunks(mention.id for mention in mentions):
        found |= dict(session.exec(_LINKED, params={"ids": ids}).all())
    return found


def _by_thread(session: Session, mentions: Sequence[Mention]) -> dict[_Thread, list[Case]]:
    found: dict[_Thread, list[Case]] = {}
    brands = list({mention.brand_id for mention in mentions})
    for threads in chunks(mention.thread for mention in mentions):
        for case in session.exec(_IN_THREADS, params={"brands": brands, "threads": threads}):
            found.setdefault(_thread_of(case), []).append(case)
    return found


def _answered(session: Session, mentions: Sequence[Mention]) -> dict[tuple[int | None, str | None], Case]:
    found: dict[tuple[int | None, str | None], Case] = {}
    for parents in chunks(mention.parent_external_id for mention in mentions):
        for account_id, external_id, case in session.exec(_ANSWERED, params={"parents": parents}):
            found[account_id, external_id] = case
    return found
