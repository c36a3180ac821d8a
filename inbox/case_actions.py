"""What a person does on the page of a case: each form is one transaction and leads back to the page."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Annotated, Final

from fastapi import APIRouter, Form, Path
from sqlmodel import Session
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from cases import actions, approval, drafts, resolution
from database.engine import transaction
from errors import IllegalMoveError, OuvidorError
from inbox.case_pages import Typed, room_for, show_case
from inbox.desk import LARGEST_ID, LONGEST_TEXT, Desk, acting, case_of, number
from inbox.hostile import web_address
from inbox.problems import problem_text, status_of
from inbox.visitor import WrongInputError
from models import Case, Mention, Reply, ReplyPurpose

Act = Callable[[Session, Case, str, datetime], object]
ReplyAct = Callable[[Session, Reply, str, datetime], object]
_LONGEST_SNOOZE: Final = timedelta(days=366)
_MORNING: Final = time(9, 0)

CASE_ACTS: dict[str, Act] = {
    "take": actions.take,
    "release": actions.release,
    "dismiss": actions.dismiss,
    "reopen": actions.reopen,
}
ReplyId = Annotated[int, Path(ge=1, le=LARGEST_ID)]
Typing = Annotated[str, Form(max_length=LONGEST_TEXT)]


@dataclass(frozen=True)
class _Forms:
    """How each form is answered: one transaction, then back to the page, or the page with what stands in the way."""

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
            notice = problem_text(desk.views.texts(request), error)
            return show_case(desk, request, protocol, status=status_of(error), notice=notice, typed=typed)
        return RedirectResponse(f"/cases/{protocol}{anchor}", status_code=303)

    def act_on_reply(self, request: Request, protocol: str, reply_id: int, does: ReplyAct) -> Response:
        def on_the_reply(session: Session, case: Case, by: str, now: datetime) -> None:
            does(session, _reply_of(session, case, reply_id), by, now)

        return self.act(request, protocol, on_the_reply, anchor="#replies")

    def approve(self, session: Session, reply: Reply, by: str, now: datetime) -> None:
        room = room_for(self.desk, session, session.get_one(Mention, reply.mention_id), reply.body)
        staleness = self.desk.settings.delivery.staleness
        approval.approve(session, reply, by, now, room_left=room.left, staleness=staleness)


def routes(desk: Desk) -> APIRouter:
    """Every form of the page; the fixed addresses stand before the one that takes any act."""
    router = APIRouter(prefix="/cases/{protocol}")
    forms = _Forms(desk)
    _add_writing(router, forms)
    _add_replies(router, forms)
    _add_case_acts(router, forms)
    return router


def _add_writing(router: APIRouter, forms: _Forms) -> None:
    """The two boxes in which a person writes."""
    desk = forms.desk

    @router.post("/reply")
    def reply(
        request: Request,
        protocol: str,
        body: Typing = "",
        mention: Annotated[str, Form()] = "",
        then: Annotated[str, Form()] = "draft",
    ) -> Response:
        def write(session: Session, case: Case, by: str, now: datetime) -> None:
            written = drafts.draft(session, case, answered(session), body, ReplyPurpose.ANSWER, by, now)
            if then == "approve":
                forms.approve(session, written, by, now)

        def answered(session: Session) -> Mention:
            found = session.get(Mention, number(mention, "mention"))
            if found is None:
                raise WrongInputError("pick the post to answer")
            return found

        picked = int(mention) if mention.isdecimal() and mention.isascii() else 0
        return forms.act(request, protocol, write, anchor="#replies", typed=Typed(body=body, mention_id=picked))

    @router.post("/resolve")
    def resolve(request: Request, protocol: str, body: Typing = "") -> Response:
        def publish(session: Session, case: Case, by: str, now: datetime) -> None:
            _must_fit(desk, session, case, body, now)
            resolution.resolve(session, case, body, by, now)

        return forms.act(request, protocol, publish, anchor="#replies", typed=Typed(resolution=body))


def _add_replies(router: APIRouter, forms: _Forms) -> None:
    """What is decided about a reply that is written."""

    @router.post("/replies/{reply_id}/edit")
    def edit(
        request: Request, protocol: str, reply_id: ReplyId, body: Typing = "", then: Annotated[str, Form()] = ""
    ) -> Response:
        def change(session: Session, written: Reply, by: str, now: datetime) -> None:
            drafts.edit(session, written, body, by, now)
            if then == "approve":
                forms.approve(session, written, by, now)

        return forms.act_on_reply(request, protocol, reply_id, change)

    @router.post("/replies/{reply_id}/discard")
    def discard(request: Request, protocol: str, reply_id: ReplyId) -> Response:
        return forms.act_on_reply(request, protocol, reply_id, drafts.discard)

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


def _add_case_acts(router: APIRouter, forms: _Forms) -> None:
    """What is done to the case itself."""
    desk = forms.desk

    @router.post("/snooze")
    def snooze(
        request: Request, protocol: str, length: Annotated[str, Form()] = "", until: Annotated[str, Form()] = ""
    ) -> Response:
        def sleep(session: Session, case: Case, by: str, now: datetime) -> None:
            actions.snooze(session, case, _moment(desk, length, until, now), by, now)

        return forms.act(request, protocol, sleep)

    @router.post("/{name}")
    def any_act(request: Request, protocol: str, name: str) -> Response:
        if name not in CASE_ACTS:
            raise HTTPException(404)
        return forms.act(request, protocol, CASE_ACTS[name])


def _reply_of(session: Session, case: Case, reply_id: int) -> Reply:
    reply = session.get(Reply, reply_id)
    if reply is None or reply.case_id != case.id:
        raise HTTPException(404)
    return reply


def _must_fit(desk: Desk, session: Session, case: Case, body: str, now: datetime) -> None:
    """A resolution goes to every answerable thread at once: it must fit all of them before the case is closed."""
    text = resolution.with_protocol(body, case.protocol)
    for thread in resolution.public_threads(session, case, now):
        room = room_for(desk, session, thread.mention, text) if thread.refusal is None else None
        if room is not None and room.left is not None and room.left < 0:
            raise IllegalMoveError(f"the text is {-room.left} characters too long for {thread.mention.channel}")


def _moment(desk: Desk, length: str, until: str, now: datetime) -> datetime:
    """When a snooze ends: one of the lengths, or a moment in the operator's time zone."""
    zone = desk.settings.zone
    match length:
        case "1h":
            return now + timedelta(hours=1)
        case "4h":
            return now + timedelta(hours=4)
        case "tomorrow":
            return datetime.combine(now.astimezone(zone).date() + timedelta(days=1), _MORNING, zone)
        case "date":
            return _typed_moment(desk, until, now)
        case _:
            raise WrongInputError("length is one of 1h, 4h, tomorrow, date")


def _typed_moment(desk: Desk, until: str, now: datetime) -> datetime:
    try:
        moment = datetime.fromisoformat(until[:25])
    except ValueError:
        raise WrongInputError("write the day and the hour, as in 2026-11-30T09:00") from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=desk.settings.zone)
    if moment.year > 9000 or not timedelta() < moment - now <= _LONGEST_SNOOZE:
        raise IllegalMoveError("a case is snoozed until a moment in the future, a year ahead at most")
    return moment
