"""What a reader does not see yet: a platform answers from copies that lag behind what its people see."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True)
class Veil:
    """The posts, by our own ids, that a reader does not see: some, and all that came after the newest it may see."""

    hidden: frozenset[int] = frozenset()
    newest: int | None = None  # None: however new

    def seen(self, column: str) -> str:
        """The SQL condition that a column with a post's id fulfils when the post is seen."""
        conditions = [f"{column} <= {self.newest}"] if self.newest is not None else []
        if self.hidden:
            conditions.append(f"{column} NOT IN ({', '.join(map(str, sorted(self.hidden)))})")
        return " AND ".join(conditions) or "1"


_CLEAR = Veil()
_before: ContextVar[Veil] = ContextVar("veil", default=_CLEAR)


def veil() -> Veil:
    """The one before whoever reads in this thread and task; by default it hides nothing."""
    return _before.get()


@contextmanager
def behind(hiding: Veil = _CLEAR) -> Iterator[None]:
    """Everything inside reads through this veil; without one, it sees all."""
    token = _before.set(hiding)
    try:
        yield
    finally:
        _before.reset(token)
