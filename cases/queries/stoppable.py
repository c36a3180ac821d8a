"""What a person can stop: every brand, and every account that something is sent as."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import CompoundSelect, literal, select
from sqlmodel import Session, col

from cases.stops import ACCOUNT, BRAND
from models import Account, Brand

# Built once, and one round trip for both: every page asks for it.
_STOPPABLE: CompoundSelect[str, int, str, str] = (
    select(
        literal(BRAND).label("kind"), col(Brand.id).label("id"), col(Brand.name).label("name"), literal("").label("at")
    )
    .union_all(
        select(literal(ACCOUNT), col(Account.id), col(Account.name), col(Account.channel)).where(col(Account.active))
    )
    .order_by("name", "id")
)


@dataclass(frozen=True)
class Stoppable:
    """A brand or an account, as the person who stops it knows it."""

    kind: str  # "brand" or "account"
    id: int
    name: str
    channel: str  # "" for a brand

    @property
    def value(self) -> str:
        """As a form names it."""
        return f"{self.kind}:{self.id}"


def stoppable(session: Session) -> Sequence[Stoppable]:
    """All of them, by their names."""
    return [Stoppable(*row) for row in session.connection().execute(_STOPPABLE)]
