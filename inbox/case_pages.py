"""The page of one case, its news, and how much room an answer has."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Form
from sqlmodel import Session, select
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from cases import gate
from cases.approval import would_refuse
from cases.queries import queue
from cases.queries.case import CasePage, case_page, heard_so_far
from cases.resolution import PublicThread, public_threads, with_protocol
from cases.templates import for_case
from database.engine import reading
from errors import OuvidorError
from inbox.answering import COMPOSE, SAID_IN_PRIVATE, Said, Typed, findings_in, has_private_way, refused_of
from inbox.desk import LONGEST_TEXT, Desk, case_of, number
from inbox.heading import heading
from inbox.problems import problem_text, status_of
from inbox.texts import Texts
from models import Account, Case, Mention, Profile, ReplyPurpose, ReplyState, Visibility
from responders.policy import Refusal

ANSWERS = (ReplyPurpose.ANSWER, ReplyPurpose.ACKNOWLEDGEMENT)  # of which the answer box offers ready texts
_MOST_TARGETS = 10  # posts of the person that the reply box offers, newest first
_NO_KNOWN_LIMIT = 20_000  # characters


@dataclass(frozen=True)
class Target:
    """A post that a reply could answer, with the rule that forbids it, if one does."""

    mention_id: int
    who: str
    words: str
    account_id: int
    account: str  # "" when it was imported and nobody can answer it
    refusal: Refusal | None
    private_refusal: Refusal | None  # of a message that the person alone sees, on channels that have one
    is_private: bool  # the person wrote to us alone
    drafts: int  # that would answer the same post


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


def show_case(
    desk: Desk,
    request: Request,
    protocol: str,
    *,
    error: OuvidorError | None = None,
    typed: Typed | None = None,
    say: str = "",
    notice: str = "",
) -> Response:
    """The whole page; `error` is why the last form was refused, `say` asks for a sentence in the answer box."""
    typed, t = typed or Typed(), desk.views.texts(request)
    with reading(desk.engine) as session:
        case = case_of(session, protocol)
        page = case_page(session, case)
        if say == "private" and page.wrote_in_private:
            typed = Typed(COMPOSE, Said(body=_sentence(desk, case)))
        return desk.views.page(
            request,
            "case.html",
            status=200 if error is None else status_of(error),
            heading=heading(session),
            page=page,
            heard=heard_so_far(session, case.id or 0),
            targets=_targets(desk, session, page),
            threads=[_resolution_thread(thread) for thread in public_threads(session, case, desk.now())],
            offered=for_case(session, case, ANSWERS),
            notice=notice if error is None else problem_text(t, error),
            typed=typed,
            refused=refused_of(session, desk.settings, case, error, typed),
            private_way=_private_way(t, case.channel) if has_private_way(case.channel) else "",
            sentence=_sentence(desk, case) if page.wrote_in_private else "",
            four_eyes=desk.settings.delivery.four_eyes,
            settles=_settles(desk, page),
            mark=queue.newest_event(session),
        )


def _resolution_thread(thread: PublicThread) -> ResolutionThread:
    mention, refusal = thread.mention, thread.refusal
    if refusal is None:
        return ResolutionThread(mention.channel, mention.url, "", "", "")
    return ResolutionThread(mention.channel, mention.url, refusal.rule, refusal.reason, refusal.instead)


def _sentence(desk: Desk, case: Case) -> str:
    """What the brand may say in public of its private message, in the customer's language."""
    return SAID_IN_PRIVATE.get(case.lang, SAID_IN_PRIVATE[desk.settings.language])


def _private_way(t: Texts, channel: str) -> str:
    key = f"private_way.{channel}"
    return t(key) if t.has(key) else t("private_way.any")


def _settles(desk: Desk, page: CasePage) -> dict[int, datetime]:
    """By reply of unknown outcome: until when it is looked for before a person is asked."""
    delivery = desk.settings.delivery
    window = delivery.settle_on.get(page.head.channel, delivery.settle)
    unknown = (one for one in page.at_work if one.state is ReplyState.UNKNOWN)
    since = {one.id: one.frozen_at or one.sending_at for one in unknown}
    return {reply_id: at + window for reply_id, at in since.items() if at is not None}


def routes(desk: Desk) -> APIRouter:
    """`/cases/{protocol}` to read."""
    router = APIRouter()

    @router.get("/cases/{protocol}")
    def page(request: Request, protocol: str, say: str = "") -> Response:
        return show_case(desk, request, protocol, say=say)

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
        private: Annotated[str, Form()] = "",
    ) -> Response:
        with reading(desk.engine) as session:
            case = case_of(session, protocol)
            answered = session.get(Mention, number(mention, "mention"))
            if answered is None:
                raise HTTPException(404)
            if purpose == ReplyPurpose.RESOLUTION.value and body.strip():
                body = with_protocol(body, protocol)
            left = room_for(desk, session, answered, body)
            found = () if private else findings_in(session, desk.settings, case, body[:LONGEST_TEXT])
        names = dict.fromkeys(gate.name_of(one) for one in found)
        return desk.views.page(request, "room.html", room=left, findings=list(names))

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
    waiting = [one for one in page.at_work if one.state is ReplyState.DRAFT]
    has_way = has_private_way(page.head.channel)
    targets = []
    for entry in page.answerable[:_MOST_TARGETS]:
        mention = session.get_one(Mention, entry.mention_id)
        account = accounts.get(mention.account_id, "")
        refusal = _refusal(desk, session, mention, private=False) if account else None
        in_private = _refusal(desk, session, mention, private=True) if account and has_way else None
        who = entry.person.handle if entry.person else ""
        drafts = sum(one.mention_id == mention.id and one.purpose is ReplyPurpose.ANSWER for one in waiting)
        alone = mention.visibility is Visibility.PRIVATE
        targets.append(
            Target(
                mention.id or 0,
                who,
                entry.text[:120],
                mention.account_id or 0,
                account,
                refusal,
                in_private,
                alone,
                drafts,
            )
        )
    return targets


def _refusal(desk: Desk, session: Session, mention: Mention, *, private: bool) -> Refusal | None:
    return would_refuse(session, mention, ReplyPurpose.ANSWER, desk.now(), private=private)
