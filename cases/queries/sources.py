"""The health of what is listened to."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from models import Account, Alarm, Brand, Source


@dataclass(frozen=True)
class SourceHealth:
    """One source: when it last answered, how late it hears, and what a person must do."""

    id: int
    name: str
    brand: str
    account: str
    channel: str
    kind: str
    query: str
    active: bool
    interval: timedelta
    last_success_at: datetime | None
    lag: timedelta | None
    failing_since: datetime | None
    failures: int
    last_error: str
    paused_reason: str
    next_poll_at: datetime


@dataclass(frozen=True)
class OpenAlarm:
    """Something that a person must know."""

    kind: str
    subject: str
    message: str
    raised_at: datetime


@dataclass(frozen=True)
class PausedAccount:
    """An account as which nothing is posted until a person acts."""

    id: int
    name: str
    channel: str
    reason: str


def sources(session: Session) -> tuple[SourceHealth, ...]:
    """Every source, those that need a person first."""
    found = session.exec(
        select(Source, Brand.name, Account.name)
        .join(Brand, col(Brand.id) == col(Source.brand_id))
        .join(Account, col(Account.id) == col(Source.account_id))
        .order_by(col(Source.name))
    ).all()
    health = [_health(source, brand, account) for source, brand, account in found]
    return tuple(sorted(health, key=lambda one: (not one.paused_reason, one.failing_since is None, not one.active)))


def _health(source: Source, brand: str, account: str) -> SourceHealth:
    return SourceHealth(
        id=source.id or 0,
        name=source.name,
        brand=brand,
        account=account,
        channel=source.channel,
        kind=source.kind,
        query=source.query,
        active=source.active,
        interval=timedelta(seconds=source.interval_seconds),
        last_success_at=source.last_success_at,
        lag=None if source.lag_seconds is None else timedelta(seconds=source.lag_seconds),
        failing_since=source.failing_since,
        failures=source.failures,
        last_error=source.last_error,
        paused_reason=source.paused_reason,
        next_poll_at=source.next_poll_at,
    )


def alarms(session: Session) -> tuple[OpenAlarm, ...]:
    """What is not cleared yet, newest first."""
    statement = select(Alarm).where(col(Alarm.cleared_at).is_(None)).order_by(col(Alarm.id).desc()).limit(50)
    return tuple(OpenAlarm(a.kind, a.subject, a.message, a.raised_at) for a in session.exec(statement))


def paused_accounts(session: Session) -> tuple[PausedAccount, ...]:
    """Accounts that are held back."""
    statement = select(Account).where(col(Account.paused_reason) != "").order_by(col(Account.name))
    return tuple(PausedAccount(a.id or 0, a.name, a.channel, a.paused_reason) for a in session.exec(statement))
