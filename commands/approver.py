"""A canned colleague for the demo: answers what waits, posts by hand where a person must, resolves the cases."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import exists
from sqlmodel import Session, col, select

from cases.actions import take
from cases.approval import approve, leave, post_again, posted_by_hand
from cases.drafts import discard, draft
from cases.resolution import public_threads, resolve
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

    def step(self) -> int:
        """Do what waits now; how many decisions that were."""
        now = self._runtime.clock.now()
        return self._decide(now) + self._by_hand(now) + self._work_on_cases(now)

    def _work_on_cases(self, now: datetime) -> int:
        done, last = 0, 0
        while True:
            with transaction(self._runtime.engine) as session:
                cases = session.exec(
                    select(Case)
                    .where(
                        col(Case.state).in_([CaseState.OPEN, CaseState.TAKEN]),
                        col(Case.id) > last,
                        ~exists().where(col(Reply.case_id) == Case.id, col(Reply.state).in_(_PENDING)),
                    )
                    .order_by(col(Case.id))
                    .limit(_BATCH)
                ).all()
                for case in cases:
                    last = case.id or 0
                    if self._takes(case) and not self._runtime.stopping.is_set():
                        done += self._work_on(session, case, now)
            if len(cases) < _BATCH:
                return done

    def _work_on(self, session: Session, case: Case, now: datetime) -> bool:
        replies = session.exec(select(Reply).where(Reply.case_id == case.id)).all()
        touched = [case.opened_at, *(r.verified_at for r in replies if r.verified_at is not None)]
        if now - max(touched) < self._patience:
            return False
        lang = case.lang if case.lang in _ANSWERS else "pt"
        threads = [thread for thread in public_threads(session, case, now) if thread.refusal is None]
        if not threads or _answered(replies, case):
            resolve(session, case, _text(_RESOLUTIONS[lang], case, _count(replies, ReplyPurpose.RESOLUTION)), NAME, now)
            return True
        take(session, case, NAME, now)
        body = _text(_ANSWERS[lang], case, _count(replies, ReplyPurpose.ANSWER))
        reply = draft(session, case, threads[0].mention, body, ReplyPurpose.ANSWER, NAME, now)
        try:
            approve(session, reply, NAME, now, self._runtime.responder(reply.account_id).room_left(body))
        except (PolicyRefusedError, IllegalMoveError):
            discard(session, reply, NAME, now)
            resolve(session, case, _text(_RESOLUTIONS[lang], case, 0), NAME, now)
        return True

    def _decide(self, now: datetime) -> int:
        """Post again what was looked for and is not there; leave what must not or cannot go out."""
        with transaction(self._runtime.engine) as session:
            waiting = session.exec(
                select(Reply).where(col(Reply.state).in_([ReplyState.NEEDS_HUMAN, ReplyState.FAILED]))
            ).all()
            for reply in waiting:
                if reply.state is ReplyState.NEEDS_HUMAN and reply.sending_at is not None:
                    post_again(session, reply, NAME, now)
                else:
                    leave(session, reply, NAME, now)
        return len(waiting)

    def _by_hand(self, now: datetime) -> int:
        """Look at the page first, as a person would: it may have been posted a moment before we stopped."""
        with reading(self._runtime.engine) as session:
            waiting = [
                (reply.id, reply.account_id, session.get_one(Mention, reply.mention_id), outgoing(session, reply))
                for reply in session.exec(select(Reply).where(Reply.state == ReplyState.BY_HAND))
                if self._takes(session.get_one(Case, reply.case_id))
            ]
        for reply_id, account_id, mention, frozen in waiting:
            found = self._runtime.responder(account_id).find(frozen)
            url = found.url if found is not None else self._post_by_hand(mention, frozen.body)
            with transaction(self._runtime.engine) as session:
                posted_by_hand(session, session.get_one(Reply, reply_id), url, NAME, now)
        return len(waiting)


def _answered(replies: Sequence[Reply], case: Case) -> bool:
    """Whether the customer was answered since their last word, be it by an acknowledgement, or that was given up."""
    return any(
        reply.purpose is not ReplyPurpose.RESOLUTION
        and reply.state in (ReplyState.VERIFIED, ReplyState.DISCARDED)
        and reply.drafted_at >= case.last_mention_at
        for reply in replies
    )


def _count(replies: Sequence[Reply], purpose: ReplyPurpose) -> int:
    return sum(1 for reply in replies if reply.purpose is purpose)


def _text(template: str, case: Case, before: int) -> str:
    """Never the same words twice in a thread: platforms refuse duplicates."""
    text = template.format(protocol=case.protocol)
    return text if before == 0 else f"{text} ({before + 1})"
