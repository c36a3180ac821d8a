"""What a person does in a chaos run that must be refused: the run counts whether it was."""

import random
from datetime import datetime

from sqlmodel import Session, col, select

from cases.approval import Terms, approve
from cases.drafts import discard, draft
from cases.resolution import PublicThread, threads_of
from commands.approver import NAME
from database.engine import transaction
from database.ledger import OUVIDOR
from errors import OuvidorError
from models import Case, CaseState, Mention, Profile, ReplyPurpose
from scheduler import Runtime

_SHARE = 0.06  # of the cases
_BATCH = 100
# Made-up numbers that are valid, as the numbers of nobody are.
TEXTS = (
    "Olá! Localizamos o cadastro do CPF 529.982.247-25 e já vamos resolver.",
    "Oi! Ligue para o seu atendente no (11) 98765-4321 que ele resolve agora.",
)
REQUESTS = (
    "Olá! Para continuar, responda aqui com o seu CPF e o seu telefone, por favor.",
    "Hi! Please reply here with your full card number and your phone number.",
)
OPTED_OUT = "Olá! Recebemos o seu recado e já estamos cuidando."


class Tries:
    """Picks a few cases, the same for the same seed, and tries on each what nobody may say there."""

    def __init__(self, runtime: Runtime, seed: int) -> None:
        self._runtime, self._seed = runtime, seed
        self._last = 0

    def step(self, now: datetime) -> int:
        """Try what was not tried yet; always 0, for nothing of it may come to anything."""
        waiting = (
            select(Case)
            .where(col(Case.state).in_([CaseState.OPEN, CaseState.TAKEN]), col(Case.id) > self._last)
            .order_by(col(Case.id))
            .limit(_BATCH)
        )
        with transaction(self._runtime.engine) as session:
            cases = session.exec(waiting).all()
            chosen = [case for case in cases if self._chance(case).random() < _SHARE]
            threads = threads_of(session, chosen, now)
            for case in chosen:
                answerable = [thread for thread in threads.get(case.id or 0, []) if thread.refusal is None]
                if answerable:
                    self._try(session, case, answerable[0], now)
        if cases:
            self._last = cases[-1].id or 0
        return 0

    def _chance(self, case: Case) -> random.Random:
        return random.Random(f"{self._seed}:tries:{case.id}")

    def _try(self, session: Session, case: Case, thread: PublicThread, now: datetime) -> None:
        kind = self._chance(case).choice((*TEXTS, *REQUESTS, OPTED_OUT))
        if kind == OPTED_OUT and thread.author is not None:
            self._automatic_to_opted_out(session, case, thread.mention, thread.author, now)
        else:
            self._say(session, case, thread.mention, kind, now, automatic=False)

    def _automatic_to_opted_out(
        self, session: Session, case: Case, mention: Mention, author: Profile, now: datetime
    ) -> None:
        author.opted_out_at = author.opted_out_at or now
        session.add(author)
        self._say(session, case, mention, OPTED_OUT, now, automatic=True)

    def _say(
        self, session: Session, case: Case, mention: Mention, text: str, now: datetime, *, automatic: bool
    ) -> None:
        purpose = ReplyPurpose.ACKNOWLEDGEMENT if automatic else ReplyPurpose.ANSWER
        reply = draft(session, case, mention, text, purpose, NAME, now, automatic=automatic)
        try:
            approve(session, reply, OUVIDOR if automatic else NAME, now, terms=Terms(again=True))
        except OuvidorError:
            discard(session, reply, NAME, now)
