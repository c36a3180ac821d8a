"""The number by which a customer follows a case in every channel.

Decreto 11.034/2022, art. 10: the consumer is given a number to follow the demand by - planalto.gov.br, read 2026-11.
"""

from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session

from models import ProtocolDay


def next_protocol(session: Session, now: datetime, zone: ZoneInfo) -> str:
    """`YYYYMMDD-NNNNNN` by the day in `zone`; never given twice, also when the case is rolled back or removed later."""
    day = now.astimezone(zone).strftime("%Y%m%d")
    table: Table = ProtocolDay.__table__  # type: ignore[attr-defined]  # SQLModel adds it to table classes
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    counter = (
        insert(table)
        .values(day=day, last=1)
        .on_conflict_do_update(index_elements=[table.c.day], set_={"last": table.c.last + 1})
        .returning(table.c.last)
    )
    return f"{day}-{session.execute(counter).scalar_one():06d}"
