"""How every form of a case's page is answered: one transaction, then back to the page, or what stands in the way."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from cases import approval, resolution
from cases.queries.case import heard_so_far
from database.engine import transaction
from errors import OuvidorError
from inbox.answering import NoPrivateWayError, Said, SaidMoreError, Typed, has_private_way
from inbox.case_pages import room_for, show_case
from inbox.desk import Desk, acting, case_of
from models import Brand, Case, Mention, Reply

Act = Callable[[Session, Case, str, datetime], object]
ReplyAct = Callable[[Session, Reply, str, datetime], object]


@dataclass(frozen=True)
class Forms:
    """Handed to every group of forms."""

    desk: Desk

    def act(
        self, request: Request, protocol: str, does: Act, *, anchor: str = "", typed: Typed | None = None
    ) -> Response:
        desk = self.desk
        try:
            by = acting(request)
            with transaction(desk.engine) as session:
                does(session, case_of(session, protocol), by, desk.now())
        except OuvidorError as error:
            return show_case(desk, request, protocol, error=error, typed=typed)
        return RedirectResponse(f"/cases/{protocol}{anchor}", status_code=303)

    def act_on_reply(
        self, request: Request, protocol: str, reply_id: int, does: ReplyAct, said: Said | None = None
    ) -> Response:
        def on_the_reply(session: Session, case: Case, by: str, now: datetime) -> None:
            does(session, _reply_of(session, case, reply_id), by, now)

        typed = None if said is None else Typed(f"reply-{reply_id}", said)
        return self.act(request, protocol, on_the_reply, anchor="#replies", typed=typed)

    def approve(self, session: Session, reply: Reply, by: str, now: datetime, said: Said) -> None:
        """Approve it under the operator's terms and this person's; what it says must fit the channel."""
        must_have_read_all(session, reply.case_id, said)
        mention = session.get_one(Mention, reply.mention_id)
        if reply.private:
            must_have_private_way(mention)
        room = room_for(self.desk, session, mention, reply.body)
        terms = self.terms(session, session.get_one(Case, reply.case_id), said)
        approval.approve(session, reply, by, now, room_left=room.left, terms=terms)
        resolution.resolve_with(session, reply, by, now, terms)

    def terms(self, session: Session, case: Case, said: Said) -> approval.Terms:
        """The terms of an approval."""
        return said.terms(self.desk.settings, session.get_one(Brand, case.brand_id).slug)


def must_have_read_all(session: Session, case_id: int, said: Said) -> None:
    """SaidMoreError for whoever answers from a page that lacks what a customer said since."""
    if said.heard and said.heard != heard_so_far(session, case_id):
        raise SaidMoreError("the customer wrote, edited or deleted something since this page was opened")


def must_have_private_way(mention: Mention) -> None:
    """NoPrivateWayError where a private message would stand in public."""
    if not has_private_way(mention.channel):
        raise NoPrivateWayError(f"{mention.channel} has no way to write to one person alone")


def _reply_of(session: Session, case: Case, reply_id: int) -> Reply:
    reply = session.get(Reply, reply_id)
    if reply is None or reply.case_id != case.id:
        raise HTTPException(404)
    return reply
