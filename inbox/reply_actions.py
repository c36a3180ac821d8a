"""Writing answers, and deciding about those that are written: each form is one transaction."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Path
from sqlmodel import Session
from starlette.requests import Request
from starlette.responses import Response

from cases import approval, drafts, resolution
from errors import IllegalMoveError
from inbox.answering import COMPOSE, RESOLVE, Said, Typed
from inbox.case_forms import Forms, must_have_private_way, must_have_read_all
from inbox.case_pages import room_for
from inbox.desk import LARGEST_ID, Desk, number
from inbox.hostile import web_address
from inbox.template_insert import trace_of
from inbox.visitor import WrongInputError
from models import Case, Mention, Reply, ReplyPurpose

ReplyId = Annotated[int, Path(ge=1, le=LARGEST_ID)]
Asked = Annotated[Said, Depends()]


def routes(desk: Desk) -> APIRouter:
    """The boxes in which a person writes, and the buttons of a reply."""
    router = APIRouter(prefix="/cases/{protocol}")
    forms = Forms(desk)
    _add_writing(router, forms)
    _add_drafts(router, forms)
    _add_decisions(router, forms)
    return router


def _add_writing(router: APIRouter, forms: Forms) -> None:
    """The two boxes in which a person writes."""

    @router.post("/reply")
    def reply(request: Request, protocol: str, said: Asked) -> Response:
        def write(session: Session, case: Case, by: str, now: datetime) -> None:
            mention = answered(session)
            if said.is_private:
                must_have_private_way(mention)
            made_from, purpose = trace_of(session, case, said.template), ReplyPurpose.ANSWER
            private = said.is_private
            written = drafts.draft(
                session, case, mention, said.body, purpose, by, now, private=private, detail=made_from
            )
            if said.approves:
                forms.approve(session, written, by, now, said)

        def answered(session: Session) -> Mention:
            found = session.get(Mention, number(said.mention, "mention"))
            if found is None:
                raise WrongInputError("pick the post to answer")
            return found

        return forms.act(request, protocol, write, anchor="#replies", typed=Typed(COMPOSE, said))

    @router.post("/resolve")
    def resolve(request: Request, protocol: str, said: Asked) -> Response:
        def publish(session: Session, case: Case, by: str, now: datetime) -> None:
            must_have_read_all(session, case.id or 0, said)
            _must_fit(forms.desk, session, case, said.body, now)
            resolution.resolve(session, case, said.body, by, now, terms=forms.terms(session, case, said))

        return forms.act(request, protocol, publish, anchor="#replies", typed=Typed(RESOLVE, said))


def _add_drafts(router: APIRouter, forms: Forms) -> None:
    """A text that is written and not approved."""

    @router.post("/replies/{reply_id}/edit")
    def edit(request: Request, protocol: str, reply_id: ReplyId, said: Asked) -> Response:
        def change(session: Session, written: Reply, by: str, now: datetime) -> None:
            # Who approves another's words as they stand has written none of them.
            if not said.approves or drafts.says_otherwise(written, said.body):
                drafts.edit(session, written, said.body, by, now)
            if said.approves:
                forms.approve(session, written, by, now, said)

        return forms.act_on_reply(request, protocol, reply_id, change, said)

    @router.post("/replies/{reply_id}/discard")
    def discard(request: Request, protocol: str, reply_id: ReplyId) -> Response:
        return forms.act_on_reply(request, protocol, reply_id, drafts.discard)


def _add_decisions(router: APIRouter, forms: Forms) -> None:
    """What a person decides about a reply that delivery handed over."""

    @router.post("/replies/{reply_id}/again")
    def again(request: Request, protocol: str, reply_id: ReplyId) -> Response:
        return forms.act_on_reply(request, protocol, reply_id, approval.post_again)

    @router.post("/replies/{reply_id}/leave")
    def leave(request: Request, protocol: str, reply_id: ReplyId) -> Response:
        return forms.act_on_reply(request, protocol, reply_id, approval.leave)

    @router.post("/replies/{reply_id}/by-hand")
    def by_hand(request: Request, protocol: str, reply_id: ReplyId, url: Annotated[str, Form()] = "") -> Response:
        def posted(session: Session, written: Reply, by: str, now: datetime) -> None:
            address = url.strip()
            if len(address) > 2_000 or not web_address(address):
                raise WrongInputError("the address of the post begins with https:// or http://")
            approval.posted_by_hand(session, written, address, by, now)

        return forms.act_on_reply(request, protocol, reply_id, posted)


def _must_fit(desk: Desk, session: Session, case: Case, body: str, now: datetime) -> None:
    """A resolution goes to every answerable thread at once: it must fit all of them before the case is closed."""
    text = resolution.with_protocol(body, case.protocol)
    for thread in resolution.public_threads(session, case, now):
        room = room_for(desk, session, thread.mention, text) if thread.refusal is None else None
        if room is not None and room.left is not None and room.left < 0:
            raise IllegalMoveError(f"the text is {-room.left} characters too long for {thread.mention.channel}")
