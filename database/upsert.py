"""Insert rows unless they are there: the same words for both databases."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Table, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, SQLModel


def insert_new(
    session: Session, model: type[SQLModel], rows: Sequence[Mapping[str, Any]], returning: str, key: str
) -> dict[str, Any]:
    """Insert those rows that break no unique key; `key` to `returning` of each row that was new.

    `returning` is the table's ascending number. Must run in a write transaction.
    """
    if not rows:
        return {}
    table = _table(model)
    if session.get_bind().dialect.name != "sqlite":
        statement = postgresql.insert(table).on_conflict_do_nothing().returning(table.c[key], table.c[returning])
        return {row[0]: row[1] for row in session.execute(statement, list(rows)).all()}
    # We hold SQLite's only write lock: what is above the highest number is ours. One prepared statement for all rows,
    # where RETURNING makes SQLAlchemy send one long statement with every value bound by name.
    number = table.c[returning]
    before = session.execute(select(func.coalesce(func.max(number), 0))).scalar_one()
    session.execute(sqlite.insert(table).on_conflict_do_nothing(), list(rows))
    return {row[0]: row[1] for row in session.execute(select(table.c[key], number).where(number > before))}


def insert_ignoring(session: Session, model: type[SQLModel], rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert those rows that break no unique key, and do not ask which."""
    if not rows:
        return
    table = _table(model)
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    session.execute(insert(table).on_conflict_do_nothing(), list(rows))


def _table(model: type[SQLModel]) -> Table:
    found: Table = model.__table__  # type: ignore[attr-defined]  # SQLModel adds it to table classes
    return found
