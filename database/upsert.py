"""Insert rows unless they are there: the same words for both databases."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Executable, Select, Table, bindparam, func, select
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
    if session.get_bind().dialect.name != "sqlite":
        table = _table(model)
        statement = postgresql.insert(table).on_conflict_do_nothing().returning(table.c[key], table.c[returning])
        return {row[0]: row[1] for row in session.execute(statement, list(rows)).all()}
    # We hold SQLite's only write lock: what is above the highest number is ours. One prepared statement for all rows,
    # where RETURNING makes SQLAlchemy send one long statement with every value bound by name.
    highest, above = _numbers(model, returning, key)
    connection = session.connection()
    before = connection.execute(highest).scalar_one()
    connection.execute(_ignoring(model, "sqlite"), list(rows))
    return {row[0]: row[1] for row in connection.execute(above, {"before": before})}


def insert_ignoring(session: Session, model: type[SQLModel], rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert those rows that break no unique key, and do not ask which."""
    if not rows:
        return
    session.connection().execute(_ignoring(model, session.get_bind().dialect.name), list(rows))


def insert_selected(
    session: Session, model: type[SQLModel], columns: Sequence[str], rows: Select[Any], values: Mapping[str, Any]
) -> None:
    """Insert what a query finds, but for what breaks a unique key; the query stands at the module's level."""
    statement = _selecting(model, tuple(columns), rows, session.get_bind().dialect.name)
    session.connection().execute(statement, values)


# Built once: for batches as small as most, building costs more than running.
@cache
def _selecting(model: type[SQLModel], columns: tuple[str, ...], rows: Select[Any], dialect: str) -> Executable:
    insert = sqlite.insert if dialect == "sqlite" else postgresql.insert
    return insert(_table(model)).from_select(columns, rows).on_conflict_do_nothing()


@cache
def _ignoring(model: type[SQLModel], dialect: str) -> Executable:
    insert = sqlite.insert if dialect == "sqlite" else postgresql.insert
    return insert(_table(model)).on_conflict_do_nothing()


@cache
def _numbers(model: type[SQLModel], returning: str, key: str) -> tuple[Executable, Executable]:
    """The highest number of a table, and the rows above one."""
    table = _table(model)
    number = table.c[returning]
    return select(func.coalesce(func.max(number), 0)), select(table.c[key], number).where(number > bindparam("before"))


def _table(model: type[SQLModel]) -> Table:
    found: Table = model.__table__  # type: ignore[attr-defined]  # SQLModel adds it to table classes
    return found
