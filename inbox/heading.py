"""What stands at the top of every page: how many cases wait, what is stopped, and what could be."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import Session

from cases.queries import queue
from cases.queries.queue import Counts
from cases.queries.stoppable import Stoppable, stoppable
from cases.stops import ACCOUNT, BRAND, EVERYTHING, Standing, standing


@dataclass(frozen=True)
class Heading:
    """The facts above a page; parts of a page, and pages of what went wrong, have fewer."""

    counts: Counts | None = None
    stops: Sequence[Standing] = ()
    stoppable: Sequence[Stoppable] = ()

    def name(self, stop: Standing) -> str:
        """What is stopped, as people call it; "" for everything."""
        known = (one.name for one in self.stoppable if (one.kind, one.id) == (stop.kind, stop.subject))
        return next(known, stop.name)

    def stop_over(self, brand_id: int, account_id: int, *, automatic: bool) -> Standing | None:
        """The stop that holds back a reply of that account, if one does."""
        scopes = {(EVERYTHING, 0), (BRAND, brand_id), (ACCOUNT, account_id)}
        holding = (one for one in self.stops if (one.kind, one.subject) in scopes)
        return next((one for one in holding if automatic or not one.automation_only), None)


def heading(session: Session) -> Heading:
    """Read for a whole page: the counts, and two small statements more."""
    return Heading(queue.counts(session), standing(session), stoppable(session))
