"""The number by which a customer follows a case in every channel.

Decreto 11.034/2022, art. 10: the consumer is given a number to follow the demand by - planalto.gov.br, read 2026-11.
"""

from datetime import datetime
from zoneinfo import ZoneInfo

from sqlmodel import Session

from database.upsert import insert_ignoring
from models import ProtocolDay

_LEAP = 100_000  # more numbers than a day gives out


def skip_ahead(session: Session, now: datetime, zone: ZoneInfo) -> None:
    """Go on far above today's last number: after a backup was put back, customers hold numbers that it forgot."""
    day = now.astimezone(zone).strftime("%Y%m%d")
    insert_ignoring(session, ProtocolDay, [{"day": day, "last": 0}])
    counter = session.get_one(ProtocolDay, day, with_for_update=True, populate_existing=True)
    counter.last = (counter.last // _LEAP + 1) * _LEAP
    session.add(counter)


class Protocols:
    """Numbers of one day, given out in the caller's transaction; never twice, also when a case is removed later."""

    def __init__(self, session: Session, now: datetime, zone: ZoneInfo) -> None:
        self._session = session
        self._day = now.astimezone(zone).strftime("%Y%m%d")
        self._counter: ProtocolDay | None = None

    def next(self) -> str:
        """`YYYYMMDD-NNNNNN`, by the day in the zone; the day's row stays locked until the transaction ends."""
        if self._counter is None:
            insert_ignoring(self._session, ProtocolDay, [{"day": self._day, "last": 0}])
            self._counter = self._session.get_one(ProtocolDay, self._day, with_for_update=True, populate_existing=True)
        self._counter.last += 1
        self._session.add(self._counter)
        return f"{self._day}-{self._counter.last:06d}"
