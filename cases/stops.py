"""The kill switch: nothing is sent, of everything, a brand or an account, until a person lifts it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam
from sqlmodel import Session, col, select

from database.upsert import insert_ignoring
from errors import IllegalMoveError
from models import Account, Brand, Stop

EVERYTHING, BRAND, ACCOUNT = "everything", "brand", "account"
_LONGEST = 500  # characters of a reason
_OPEN = select(Stop).where(col(Stop.lifted_at).is_(None)).order_by(col(Stop.set_at), col(Stop.id))
_THIS = _OPEN.where(
    Stop.scope == bindparam("scope"),
    Stop.subject == bindparam("of"),
    col(Stop.automation_only) == bindparam("only"),
)


@dataclass(frozen=True)
class Scope:
    """What a stop stops."""

    kind: str = EVERYTHING  # "everything", "brand" or "account"
    subject: int = 0  # the brand's or the account's id
    automation_only: bool = False  # an incident is under way: people may go on answering


def stop(session: Session, scope: Scope, by: str, reason: str, now: datetime) -> Stop:
    """Stop sending at once, in every process; stopping what is stopped changes nothing.

    A request that has left cannot be called back; none begins once this is committed.
    """
    _must_exist(session, scope)
    if not by.strip():
        raise IllegalMoveError("who stops must be named")
    row = {
        "scope": scope.kind,
        "subject": scope.subject,
        "automation_only": scope.automation_only,
        "reason": " ".join(reason.split())[:_LONGEST],
        "by": by.strip(),
        "set_at": now,
        "lifted_by": "",
        "lifted_at": None,
    }
    insert_ignoring(session, Stop, [row])
    return session.exec(_THIS, params=_asked(scope)).one()


def resume(session: Session, scope: Scope, by: str, now: datetime) -> bool:
    """Lift a stop; False when there was none of exactly this scope."""
    if not by.strip():
        raise IllegalMoveError("who resumes must be named")
    found = session.exec(_THIS, params=_asked(scope)).one_or_none()
    if found is None:
        return False
    found.lifted_by, found.lifted_at = by.strip(), now
    session.add(found)
    return True


@dataclass(frozen=True)
class Standing:
    """A stop in force, with the name of what it stops; "" for everything."""

    id: int
    kind: str
    name: str
    automation_only: bool
    reason: str
    by: str
    set_at: datetime
    subject: int = 0  # the brand's or the account's id; 0 for everything

    @property
    def scope_name(self) -> str:
        """As the command line writes it."""
        return self.kind if not self.name else f"{self.kind} {self.name}"


def standing(session: Session) -> Sequence[Standing]:
    """Every stop in force, the oldest first."""
    found = session.exec(_OPEN).all()
    if not found:
        return []
    brands = dict(session.exec(select(Brand.id, Brand.slug)).all())
    accounts = dict(session.exec(select(Account.id, Account.name)).all())
    names: dict[str, dict[int | None, str]] = {EVERYTHING: {0: ""}, BRAND: brands, ACCOUNT: accounts}
    return [
        Standing(
            one.id or 0,
            one.scope,
            names.get(one.scope, {}).get(one.subject, "") or "",
            one.automation_only,
            one.reason,
            one.by,
            one.set_at,
            one.subject,
        )
        for one in found
    ]


def _asked(scope: Scope) -> dict[str, object]:
    return {"scope": scope.kind, "of": scope.subject, "only": scope.automation_only}


def _must_exist(session: Session, scope: Scope) -> None:
    match scope.kind:
        case "everything":
            exists = scope.subject == 0
        case "brand":
            exists = session.get(Brand, scope.subject) is not None
        case "account":
            exists = session.get(Account, scope.subject) is not None
        case _:
            exists = False
    if not exists:
        raise IllegalMoveError(f"there is no {scope.kind} {scope.subject} to stop")
