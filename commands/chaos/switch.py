"""The kill switch as a person has it, by the names of the sandbox's networks."""

from datetime import datetime

from sqlalchemy import Engine
from sqlmodel import Session, col, select

from cases.stops import ACCOUNT, Scope, resume, stop
from commands.approver import NAME
from commands.chaos.ledger import network_of
from commands.chaos.stops import Stopped
from database.engine import transaction
from models import Account


class OuvidorSwitch:
    """Stops and resumes through the functions that the command and the inbox call."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def set(self, what: Stopped, now: datetime) -> None:
        with transaction(self._engine) as session:
            stop(session, _scope(session, what), NAME, "chaos", now)

    def lift(self, what: Stopped, now: datetime) -> None:
        with transaction(self._engine) as session:
            resume(session, _scope(session, what), NAME, now)


def _scope(session: Session, what: Stopped) -> Scope:
    if what.network is None:
        return Scope(automation_only=what.automation_only)
    accounts = session.exec(select(Account).where(col(Account.active))).all()
    account = next(one for one in accounts if network_of(one.channel) == what.network)
    return Scope(ACCOUNT, account.id or 0, what.automation_only)
