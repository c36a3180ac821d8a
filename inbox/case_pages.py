"""The page of one case, its news, and how much room an answer has."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Form
from sqlmodel import Session, select
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from cases.approval import would_refuse
from cases.queries import queue
from cases.queries.case import CasePage, case_page
from cases.resolution import public_threads, with_protocol
from database.engine import reading
from errors import OuvidorError
from inbox.desk import LONGEST_TEXT, Desk, case_of, number
from models import Account, Mention, Profile, ReplyPurpose
from responders.policy import Refusal

_MOST_TARGETS = 10  # posts of the person that the reply box offers, newest first
_NO_KNOWN_LIMIT = 20_000  # characters


@dataclass(frozen=True)
class Target:
    """A post that a reply could answer, with the rule that forbids it, if one does."""

    mention_id: int
    who: str
    words: str
    account: str  # "" when it was imported and nobody can answer it
    refusal: Refusal | None


@dataclass(frozen=True)
class ResolutionThread:
    """A public thread of the case, and whether the resolution can be published there."""

    channel: str
    url: str
    rule: str  # "" when it can
    reason: str
    instead: str


@dataclass(frozen=True)
class Room:
    """How much room is left in the channel's own counting; None when it cannot be counted here."""

    left: int | None
    problem: str = ""

    @property
    def is_unlimited(self) -> bool:
        return self.left is not None and self.left > _NO_KNOWN_LIMIT


@dataclass(frozen=True)
class Typed:
    """What a person had typed when their form was refused, to be shown again."""

    body: str = ""
    mention_id: int = 0
    resolution: str = ""


def show_case(
    desk: Desk, request: Request, protocol: str, *, status: int = 200, notice: str = "", typed: Typed | None = None
) -> Response:
    """The whole page; `notice` says why the last form was refused."""
    with reading(desk.engine) as session:
        case = case_of(session, protocol)
        page = case_page(session, case)
        threads = [
            ResolutionThread(
                thread.mention.channel,
                thread.mention.url,
                thread.refusal.rule if thread.refusal else "",
                thread.refusal.reason if thread.refusal else "",
                thread.refusal.instead if thread.refusal else "",
            )
            for thread in public_threads(session, case, desk.now())
        ]
        return desk.views.page(
            request,
            "case.html",
            status=status,
            counts=queue.counts(session),
            page=page,
            targets=_targets(desk, session, page),
            threads=threads,
            notice=notice,
            typed=typed or Typed(),
            mark=queue.newest_event(session),
        )


def routes(desk: Desk) -> APIRouter:
    """`/cases/{protocol}` to read."""
    router = APIRouter()

    @router.get("/cases/{protocol}")
    def page(request: Request, protocol: str) -> Response:
        return show_case(desk, request, protocol)

    @router.get("/cases/{protocol}/news")
    def news(request: Request, protocol: str, mark: str) -> Response:
        since = queue.Mark(number(mark, "mark"), 0)
        with reading(desk.engine) as session:
            case = case_of(session, protocol)
            events = queue.events_since(session, case.id or 0, since.event_id)
        return desk.views.page(request, "case_news.html", protocol=protocol, mark=since.event_id, events=events)

    @router.post("/cases/{protocol}/room")
    def room(
        request: Request,
        protocol: str,
        body: Annotated[str, Form()] = "",
        mention: Annotated[str, Form()] = "",
        purpose: Annotated[str, Form()] = "",
    ) -> Response:
        with reading(desk.engine) as session:
            case_of(session, protocol)
            answered = session.get(Mention, number(mention, "mention"))
            if answered is None:
                raise HTTPException(404)
            if purpose == ReplyPurpose.RESOLUTION.value and body.strip():
                body = with_protocol(body, protocol)
            left = room_for(desk, session, answered, body)
        return desk.views.page(request, "room.html", room=left)

    return router


def room_for(desk: Desk, session: Session, mention: Mention, body: str) -> Room:
    """The room left for an answer to a mention; what is wrong with the account is told, not raised."""
    if mention.account_id is None:
        return Room(None)
    account = session.get_one(Account, mention.account_id)
    author = session.get(Profile, mention.profile_id) if mention.profile_id is not None else None
    try:
        return Room(desk.room_left(account.name, body[:LONGEST_TEXT], author.handle if author else ""))
    except OuvidorError as error:
        return Room(None, str(error))


def _targets(desk: Desk, session: Session, page: CasePage) -> list[Target]:
    accounts = dict(session.exec(select(Account.id, Account.name)).all())
    targets = []
    for entry in page.answerable[:_MOST_TARGETS]:
        mention = session.get_one(Mention, entry.mention_id)
        account = accounts.get(mention.account_id, "")
        refusal = would_refuse(session, mention, ReplyPurpose.ANSWER, desk.now()) if account else None
        who = entry.person.handle if entry.person else ""
        targets.append(Target(mention.id or 0, who, entry.text[:120], account, refusal))
    return targets
