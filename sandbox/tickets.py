"""Where each complaint stands on the complaint sites: every public word on it moves it on."""

from dataclasses import dataclass
from datetime import datetime

from sandbox.records import (
    ANSWERED,
    COMPANY_REPLICA,
    COMPLAINT_SITES,
    CONSUMER_REPLICA,
    EVALUATED,
    NOT_ANSWERED,
    Person,
    Ticket,
    stamp,
    ticket_from,
)
from sandbox.store import Store
from sandbox.veil import Veil, veil


@dataclass(frozen=True)
class Modified:
    """Which tickets are meant: start <= last modification < end; None is open."""

    network: str
    start: datetime | None = None
    end: datetime | None = None

    def condition(self) -> tuple[str, list[object]]:
        where = ["network = ?", _seen()]
        values: list[object] = [self.network]
        if self.start is not None:
            where.append("modified_at >= ?")
            values.append(stamp(self.start))
        if self.end is not None:
            where.append("modified_at < ?")
            values.append(stamp(self.end))
        return " AND ".join(where), values


def ticket(store: Store, thread: str) -> Ticket | None:
    row = store.row(f"SELECT * FROM ticket WHERE thread = ? AND {_seen()}", thread)
    return None if row is None else ticket_from(row)


def tickets(
    store: Store, modified: Modified, *, by_modification: bool, descending: bool, limit: int, offset: int
) -> list[Ticket]:
    key = "modified_at" if by_modification else "created_at"
    order = "DESC" if descending else "ASC"
    where, values = modified.condition()
    statement = f"SELECT * FROM ticket WHERE {where} ORDER BY {key} {order}, rowid {order} LIMIT ? OFFSET ?"
    return [ticket_from(row) for row in store.rows(statement, [*values, limit, offset])]


def count_tickets(store: Store, modified: Modified) -> int:
    where, values = modified.condition()
    return int(store.value(f"SELECT count(*) FROM ticket WHERE {where}", *values))


def _seen() -> str:
    """The condition that a ticket fulfils when the reader of the moment sees its complaint."""
    before = veil()
    if before == Veil():
        return "1"
    complaint = "complaint.network = ticket.network AND complaint.external_id = ticket.thread"
    return f"EXISTS (SELECT 1 FROM post AS complaint WHERE {complaint} AND {before.seen('complaint.id')})"


def set_status(store: Store, thread: str, status: int, at: datetime) -> None:
    statement = "UPDATE ticket SET status = ?, modified_at = max(modified_at, ?) WHERE thread = ?"
    store.change(statement, status, stamp(at), thread)


def touch(store: Store, thread: str, at: datetime) -> None:
    """Something in the ticket changed that is no step of its life."""
    store.change("UPDATE ticket SET modified_at = max(modified_at, ?) WHERE thread = ?", stamp(at), thread)


def evaluate(store: Store, thread: str, grade: int, resolved: bool, again: bool, at: datetime) -> None:
    if not 0 <= grade <= 10:
        raise ValueError(f"an evaluation's grade is 0 to 10, not {grade}")
    store.change(
        "UPDATE ticket SET grade = ?, resolved = ?, again = ?, evaluated_at = ? WHERE thread = ?",
        *(grade, resolved, again, stamp(at), thread),
    )
    set_status(store, thread, EVALUATED, at)


def move(store: Store, person: Person, kind: str, thread: str, at: datetime) -> None:
    """What a public post means for its ticket; a post outside any ticket means nothing."""
    if person.network not in COMPLAINT_SITES:
        return
    if kind == "complaint":
        store.change(
            "INSERT INTO ticket (thread, network, status, created_at, modified_at) VALUES (?, ?, ?, ?, ?)",
            *(thread, person.network, NOT_ANSWERED, stamp(at), stamp(at)),
        )
        return
    known = ticket(store, thread)
    if known is not None:
        set_status(store, thread, _next_status(known.status, person.is_brand, kind), at)


def _next_status(status: int, is_brand: bool, kind: str) -> int:
    if is_brand and status == NOT_ANSWERED:
        return ANSWERED
    if is_brand and status == CONSUMER_REPLICA:
        return COMPANY_REPLICA
    if kind == "replica" and status in (ANSWERED, COMPANY_REPLICA):
        return CONSUMER_REPLICA
    return status
