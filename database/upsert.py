"""Insert rows unless they are there: the same words for both databases."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, SQLModel


def insert_new(
    session: Session, model: type[SQLModel], rows: Sequence[Mapping[str, Any]], returning: str, key: str
) -> dict[str, Any]:
    """Insert those rows that break no unique key; `key` to `returning` of each row that was new."""
    if not rows:
        return {}
    table: Table = model.__table__  # type: ignore[attr-defined]  # SQLModel adds it to table classes
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    statement = insert(table).on_conflict_do_nothing().returning(table.c[key], table.c[returning])
    found = session.execute(statement, list(rows)).all()
    return {row[0]: row[1] for row in found}


def insert_ignoring(session: Session, model: type[SQLModel], rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert those rows that break no unique key, and do not ask which."""
    if not rows:
        return
    table: Table = model.__table__  # type: ignore[attr-defined]  # SQLModel adds it to table classes
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    session.execute(insert(table).on_conflict_do_nothing(), list(rows))
