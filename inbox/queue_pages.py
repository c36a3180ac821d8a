"""The queue: what waits, in the order in which it should be looked at."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Form
from sqlmodel import Session
from starlette.requests import Request
from starlette.responses import Response

from cases import actions
from cases.queries import queue
from cases.queries.queue import Mark, QueueFilter, View
from database.engine import reading, transaction
from errors import IllegalMoveError
from inbox.desk import LONGEST_SEARCH, Desk, acting, back_to, brand_id_of, brands, chosen, is_htmx, number, picked
from inbox.guard import visitor_of
from inbox.heading import Heading, heading
from inbox.visitor import WrongInputError
from models import Brand, Case, Hold, MentionType, Sentiment, Urgency


@dataclass(frozen=True)
class QueueAddress:
    """The filters as they stand in the address; "" asks for everything."""

    view: str = "waiting"
    brand: str = ""
    channel: str = ""
    sentiment: str = ""
    urgency: str = ""
    type: str = ""
    hold: str = ""
    q: str = ""

    def filter(self, known: Mapping[str, Brand], me: str) -> QueueFilter:
        """What it asks for; WrongInputError for a value that no filter has."""
        return QueueFilter(
            view=chosen(View, self.view, "view") or View.WAITING,
            me=me,
            brand_id=brand_id_of(known, self.brand),
            channel=self.channel[:40],
            sentiment=chosen(Sentiment, self.sentiment, "sentiment"),
            urgency=chosen(Urgency, self.urgency, "urgency"),
            type=chosen(MentionType, self.type, "type"),
            hold=chosen(Hold, self.hold, "hold"),
            query=self.q[:LONGEST_SEARCH].strip(),
        )

    def text(self, **other: str) -> str:
        """The part of an address after its question mark, without what asks for everything."""
        values = {name: str(getattr(self, name)) for name in self.__dataclass_fields__} | other
        return urlencode({name: value for name, value in values.items() if value})


Asked = Annotated[QueueAddress, Depends()]
_ACTS: Mapping[str, Callable[[Session, Case, str, datetime], object]] = {
    "take": actions.take,
    "release": actions.release,
    "dismiss": actions.dismiss,
    "reopen": actions.reopen,
}
_UNDONE_BY = {"take": "release", "dismiss": "reopen"}


def routes(desk: Desk) -> APIRouter:
    """`/`, its further rows, its news and what is done to many rows at once."""
    router = APIRouter()

    @router.get("/")
    def queue_page(request: Request, asked: Asked) -> Response:
        with reading(desk.engine) as session:
            known = brands(session)
            wanted = asked.filter(known, visitor_of(request.scope).name)
            return desk.views.page(
                request,
                "queue.html",
                heading=heading(session),
                asked=asked,
                views=tuple(View),
                brands=known,
                page=queue.queue_page(session, wanted),
                mark=queue.mark_now(session),
            )

    @router.get("/queue/more")
    def more(request: Request, asked: Asked, after: str) -> Response:
        with reading(desk.engine) as session:
            wanted = asked.filter(brands(session), visitor_of(request.scope).name)
            try:
                page = queue.queue_page(session, wanted, after=after)
            except ValueError as error:
                raise WrongInputError(str(error)) from error
            return desk.views.page(request, "queue_more.html", asked=asked, page=page)

    @router.get("/queue/news")
    def news(request: Request, asked: Asked, mark: str) -> Response:
        event_id, _, case_id = mark.partition(".")
        since = Mark(number(event_id, "mark"), number(case_id, "mark"))
        with reading(desk.engine) as session:
            wanted = asked.filter(brands(session), visitor_of(request.scope).name)
            return desk.views.page(
                request,
                "queue_news.html",
                heading=Heading(queue.counts(session)),
                asked=asked,
                opened=queue.opened_since(session, wanted, since),
                changed=queue.rows_of(session, queue.changed_since(session, since)),
                mark=Mark(queue.mark_now(session).event_id, since.case_id),
            )

    @router.post("/queue/act")
    def act(
        request: Request,
        act: Annotated[str, Form()] = "",
        case: Annotated[list[str] | None, Form()] = None,
        back: Annotated[str, Form()] = "/",
    ) -> Response:
        if act not in _ACTS:
            raise WrongInputError(f"act is one of {', '.join(_ACTS)}")
        by, ids = acting(request), picked(case or [])
        done, refused = _act_on_each(desk, act, ids, by)
        if not is_htmx(request):
            return back_to(back)
        with reading(desk.engine) as session:
            return desk.views.page(
                request,
                "queue_acted.html",
                heading=Heading(queue.counts(session)),
                act=act,
                undone_by=_UNDONE_BY.get(act, ""),
                done=done,
                refused=refused,
                rows=queue.rows_of(session, done),
            )

    return router


def _act_on_each(desk: Desk, act: str, ids: list[int], by: str) -> tuple[list[int], int]:
    """One transaction for all; a case that cannot make the move stays as it is and is counted."""
    done, refused = [], 0
    with transaction(desk.engine) as session:
        for case_id in ids:
            found = session.get(Case, case_id)
            try:
                if found is None:
                    raise IllegalMoveError(f"there is no case {case_id}")
                _ACTS[act](session, found, by, desk.now())
                done.append(case_id)
            except IllegalMoveError:
                refused += 1
    return done, refused
