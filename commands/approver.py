"""A canned colleague for the demo: answers what waits, posts by hand where a person must, resolves the cases."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, bindparam, exists
from sqlalchemy import select as sa_select
from sqlmodel import Session, col, select

from cases.actions import take
from cases.approval import Terms, approve, leave, post_again, posted_by_hand
from cases.drafts import discard, draft
from cases.resolution import PublicThread, resolve, threads_of
from database.engine import reading, transaction
from errors import IllegalMoveError, PolicyRefusedError
from models import Case, CaseState, Mention, Reply, ReplyPurpose, ReplyState
from responders.outbox import outgoing
from scheduler import Runtime

NAME = "Equipe Aurora (demo)"
_BATCH = 100

_ANSWERS = {
    "pt": "Olá! Encontramos o seu pedido e já falamos com o setor responsável. Voltamos aqui com a solução. "
    "Protocolo {protocol}.",
    "en": "Hi! We found your order and the team in charge is on it. We will be back here with the solution. "
    "Case {protocol}.",
    "es": "¡Hola! Encontramos su pedido y el equipo responsable ya lo está viendo. Volvemos aquí con la solución. "
    "Caso {protocol}.",
}
_RESOLUTIONS = {
    "pt": "Resolvido: corrigimos o problema e confirmamos com você por mensagem. Obrigado pela paciência! "
    "Protocolo {protocol}.",
    "en": "Resolved: we fixed the problem and confirmed it with you by message. Thank you for your patience! "
    "Case {protocol}.",
    "es": "Resuelto: corregimos el problema y se lo confirmamos por mensaje. ¡Gracias por su paciencia! "
    "Caso {protocol}.",
}
_PENDING = (
    ReplyState.APPROVED,
    ReplyState.SENDING,
    ReplyState.POSTED,
    ReplyState.UNKNOWN,
    ReplyState.BY_HAND,
    ReplyState.NEEDS_HUMAN,
    ReplyState.FAILED,
)
# Built once: for statements as small as these, building costs more than running.
_WAITING = (
    select(Case)
    .where(
        col(Case.state).in_([CaseState.OPEN, CaseState.TAKEN]),
        col(Case.id) > bindparam("last"),
        ~exists().where(col(Reply.case_id) == Case.id, col(Reply.state).in_(_PENDING)),
    )
    .order_by(col(Case.id))
    .limit(_BATCH)
)
_REPLIES = sa_select(*map(col, (Reply.case_id, Reply.purpose, Reply.state, Reply.drafted_at, Reply.verified_at))).where(
    col(Reply.case_id).in_(bindparam("cases", expanding=True))
)
_UNDECIDED = (
    select(Reply, Case)
    .join(Case, col(Case.id) == Reply.case_id)
    .where(col(Reply.state).in_([ReplyState.NEEDS_HUMAN, ReplyState.FAILED]))
)
_BY_HAND = (
    select(Reply, Mention, Case)
    .join(Mention, col(Mention.id) == Reply.mention_id)
    .join(Case, col(Case.id) == Reply.case_id)
    .where(Reply.state == ReplyState.BY_HAND)
)
_Replies = Sequence[Row[Any]]
_TERMS = Terms(again=True)  # it answers whoever writes again


class Approver:
    """Does a person's part, through the same functions that the inbox calls.

    `post_by_hand` publishes a text under a mention, as a person would on the site, and returns the address.
    `takes` says which cases are its own; `patience` is how long it lets each wait before it acts.
    """

    def __init__(
        self,
        runtime: Runtime,
        post_by_hand: Callable[[Mention, str], str],
        *,
        takes: Callable[[Case], bool] = lambda case: True,
        patience: timedelta = timedelta(0),
    ) -> None:
        self._runtime, self._post_by_hand = runtime, post_by_hand
        self._takes, self._patience = takes, patience
        self._since = runtime.clock.now()

    def step(self) -> int:
        """Do what waits now; how many decisions that were."""
        now = self._runtime.clock.now()
        return self._decide(now) + self._by_hand(now) + self.work_on_cases(now)

    def work_on_cases(self, now: datetime) -> int:
        """Answer what waits for an answer, and resolve what was answered; how many cases that were."""
        done, last = 0, 0
        while True:
            with transaction(self._runtime.engine) as session:
                cases = session.exec(_WAITING, params={"last": last}).all()
                mine = [case for case in cases if self._takes(case)]
                replies = _replies_of(session, mine)
                due = [case for case in mine if now - _touched_at(case, replies[case.id or 0]) >= self._patience]
                threads = threads_of(session, due, now)
                for case in due:
                    if self._runtime.stopping.is_set():
                        return done
                    self._work_on(session, case, replies[case.id or 0], threads.get(case.id or 0, []), now)
                    done += 1
            if len(cases) < _BATCH:
                return done
            last = cases[-1].id or 0

    def _work_on(
        self, session: Session, case: Case, replies: _Replies, threads: Sequence[PublicThread], now: datetime
    ) -> None:
        lang = case.lang if case.lang in _ANSWERS else "pt"
        answerable = [thread for thread in threads if thread.refusal is None]
        if not answerable or _answered(replies, case):
            text = _text(_RESOLUTIONS[lang], case, _count(replies, ReplyPurpose.RESOLUTION))
            resolve(session, case, text, NAME, now, threads)
            return
        take(session, case, NAME, now)
        body = _text(_ANSWERS[lang], case, _count(replies, ReplyPurpose.ANSWER))
        reply = draft(session, case, answerable[0].mention, body, ReplyPurpose.ANSWER, NAME, now)
        try:
            room = self._runtime.responder(reply.account_id).room_left(body)
            approve(session, reply, NAME, now, room, _TERMS)
        except (PolicyRefusedError, IllegalMoveError):
            discard(session, reply, NAME, now)
            resolve(session, case, _text(_RESOLUTIONS[lang], case, 0), NAME, now, threads)

    def _decide(self, now: datetime) -> int:
        """Post again what was looked for and is not there; leave what must not or cannot go out."""
        with transaction(self._runtime.engine) as session:
            waiting = [reply for reply, case in session.exec(_UNDECIDED).all() if self._takes(case)]
            for reply in waiting:
                if reply.state is ReplyState.NEEDS_HUMAN and reply.sending_at is not None:
                    post_again(session, reply, NAME, now)
                else:
                    leave(session, reply, NAME, now)
        return len(waiting)

    def _by_hand(self, now: datetime) -> int:
        """Look at the page first, as a person would, where it may have been posted a moment before we stopped."""
        with reading(self._runtime.engine) as session:
            waiting = [
                (reply.id, reply.account_id, mention, outgoing(session, reply, now))
                for reply, mention, case in session.exec(_BY_HAND).all()
                if self._takes(case)
            ]
        for reply_id, account_id, mention, frozen in waiting:
            may_stand = frozen.approved_at <= self._since
            found = self._runtime.responder(account_id).find(frozen) if may_stand else None
            url = found.url if found is not None else self._post_by_hand(mention, frozen.body)
            with transaction(self._runtime.engine) as session:
                posted_by_hand(session, session.get_one(Reply, reply_id), url, NAME, now)
        return len(waiting)


def _replies_of(session: Session, cases: Sequence[Case]) -> Mapping[int, _Replies]:
    found: dict[int, list[Row[Any]]] = {case.id or 0: [] for case in cases}
    if cases:
        for reply in session.execute(_REPLIES, {"cases": list(found)}):
            found[reply.case_id].append(reply)
    return found


def _touched_at(case: Case, replies: _Replies) -> datetime:
    moments: list[datetime] = [reply.verified_at for reply in replies if reply.verified_at is not None]
    return max([case.opened_at, *moments])


def _answered(replies: _Replies, case: Case) -> bool:
    """Whether the customer was answered since their last word, be it by an acknowledgement, or that was given up."""
    return any(
        reply.purpose is not ReplyPurpose.RESOLUTION
        and reply.state in (ReplyState.VERIFIED, ReplyState.DISCARDED)
        and reply.drafted_at >= case.last_mention_at
        for reply in replies
    )


def _count(replies: _Replies, purpose: ReplyPurpose) -> int:
    return sum(1 for reply in replies if reply.purpose is purpose)


def _text(template: str, case: Case, before: int) -> str:
    """Never the same words twice in a thread: platforms refuse duplicates."""
    text = template.format(protocol=case.protocol)
    return text if before == 0 else f"{text} ({before + 1})"
