"""Everything that was heard, newest first, what opened no case included."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Form
from starlette.requests import Request
from starlette.responses import Response

from cases import actions
from cases.queries import mentions
from cases.queries.mentions import MentionFilter
from database.engine import reading, transaction
from errors import IllegalMoveError
from inbox.desk import (
    LONGEST_SEARCH,
    Desk,
    acting,
    back_to,
    brand_id_of,
    brands,
    chosen,
    is_htmx,
    number,
    picked,
    told,
)
from inbox.heading import heading
from inbox.visitor import WrongInputError
from models import Brand, Mention, MentionType, Sentiment, Urgency

_WITH_CASE = {"": None, "yes": True, "no": False}


@dataclass(frozen=True)
class MentionAddress:
    """The filters as they stand in the address; "" asks for everything."""

    brand: str = ""
    channel: str = ""
    sentiment: str = ""
    urgency: str = ""
    type: str = ""
    case: str = ""
    noise: str = ""
    review: str = ""
    q: str = ""

    def filter(self, known: Mapping[str, Brand]) -> MentionFilter:
        """What it asks for; WrongInputError for a value that no filter has."""
        if self.case not in _WITH_CASE:
            raise WrongInputError("case is one of yes, no")
        return MentionFilter(
            brand_id=brand_id_of(known, self.brand),
            channel=self.channel[:40],
            sentiment=chosen(Sentiment, self.sentiment, "sentiment"),
            urgency=chosen(Urgency, self.urgency, "urgency"),
            type=chosen(MentionType, self.type, "type"),
            with_case=_WITH_CASE[self.case],
            dismissed=bool(self.noise),
            review=bool(self.review),
            query=self.q[:LONGEST_SEARCH].strip(),
        )

    def text(self, **other: str) -> str:
        """The part of an address after its question mark, without what asks for everything."""
        values = {name: str(getattr(self, name)) for name in self.__dataclass_fields__} | other
        return urlencode({name: value for name, value in values.items() if value})


Asked = Annotated[MentionAddress, Depends()]


def routes(desk: Desk) -> APIRouter:
    """`/mentions`, its further rows, what waits for a review, and dismissing noise."""
    router = APIRouter()

    @router.get("/mentions")
    def mention_page(request: Request, asked: Asked) -> Response:
        with reading(desk.engine) as session:
            known = brands(session)
            page = mentions.mention_page(session, asked.filter(known))
            return desk.views.page(
                request,
                "mentions.html",
                heading=heading(session),
                asked=asked,
                brands=known,
                page=page,
                newest=mentions.newest_mention(session),
                to_review=mentions.to_review(session),
            )

    @router.get("/mentions/review")
    def to_review(request: Request) -> Response:
        with reading(desk.engine) as session:
            return desk.views.page(request, "review_count.html", to_review=mentions.to_review(session))

    @router.get("/mentions/news")
    def news(request: Request, asked: Asked, since: str) -> Response:
        since_id = number(since, "since")
        with reading(desk.engine) as session:
            heard = mentions.heard_since(session, asked.filter(brands(session)), since_id)
        return desk.views.page(request, "mentions_news.html", asked=asked, since=since_id, heard=heard)

    @router.get("/mentions/more")
    def more(request: Request, asked: Asked, before: str) -> Response:
        with reading(desk.engine) as session:
            wanted = asked.filter(brands(session))
            page = mentions.mention_page(session, wanted, before_id=number(before, "before"))
            return desk.views.page(request, "mentions_more.html", asked=asked, page=page)

    @router.post("/mentions/dismiss")
    def dismiss(
        request: Request,
        mention: Annotated[list[str] | None, Form()] = None,
        back: Annotated[str, Form()] = "/mentions",
    ) -> Response:
        by, ids = acting(request), picked(mention or [])
        done, refused = [], 0
        with transaction(desk.engine) as session:
            for mention_id in ids:
                found = session.get(Mention, mention_id)
                try:
                    if found is None:
                        raise IllegalMoveError(f"there is no mention {mention_id}")
                    actions.dismiss_mention(session, found, by, desk.now())
                    done.append(mention_id)
                except IllegalMoveError:
                    refused += 1
        if not is_htmx(request):
            return back_to(back)
        with reading(desk.engine) as session:
            rows = mentions.mention_rows(session, done)
        page = desk.views.page(request, "mentions_dismissed.html", refused=refused, rows=rows)
        return told(page)

    return router
