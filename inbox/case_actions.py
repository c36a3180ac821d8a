"""What a person does to the case itself, and to the person behind it: each form leads back to the page."""

from collections.abc import Callable
from datetime import datetime, time, timedelta
from typing import Annotated, Final

from fastapi import APIRouter, Form
from sqlmodel import Session, select
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from cases import actions
from cases.opt_out import opt_out
from errors import IllegalMoveError
from inbox.case_forms import Act, Forms
from inbox.desk import Desk, number
from inbox.visitor import WrongInputError
from models import Case, CaseMention, Mention, Profile

_LONGEST_SNOOZE: Final = timedelta(days=366)
_MORNING: Final = time(9, 0)

CASE_ACTS: dict[str, Act] = {
    "take": actions.take,
    "release": actions.release,
    "dismiss": actions.dismiss,
    "reopen": actions.reopen,
}
PERSON_ACTS: dict[str, Callable[[Session, Case, Profile, str, datetime], object]] = {
    "block": actions.block,
    "unblock": actions.unblock,
    "opt-out": opt_out,
    "opt-in": lambda session, case, profile, by, now: actions.opt_in(session, profile, by, now),
}


def routes(desk: Desk) -> APIRouter:
    """Every form but those of answers; the fixed addresses stand before the one that takes any act."""
    router = APIRouter(prefix="/cases/{protocol}")
    forms = Forms(desk)

    @router.post("/snooze")
    def snooze(
        request: Request, protocol: str, length: Annotated[str, Form()] = "", until: Annotated[str, Form()] = ""
    ) -> Response:
        def sleep(session: Session, case: Case, by: str, now: datetime) -> None:
            actions.snooze(session, case, _moment(desk, length, until, now), by, now)

        return forms.act(request, protocol, sleep)

    @router.post("/person/{name}")
    def act_on_person(request: Request, protocol: str, name: str, profile: Annotated[str, Form()] = "") -> Response:
        if name not in PERSON_ACTS:
            raise HTTPException(404)

        def decide(session: Session, case: Case, by: str, now: datetime) -> None:
            PERSON_ACTS[name](session, case, _author(session, case, number(profile, "profile")), by, now)

        return forms.act(request, protocol, decide)

    @router.post("/{name}")
    def any_act(request: Request, protocol: str, name: str) -> Response:
        if name not in CASE_ACTS:
            raise HTTPException(404)
        return forms.act(request, protocol, CASE_ACTS[name])

    return router


def _author(session: Session, case: Case, profile_id: int) -> Profile:
    """The person, who must have written a post of the case."""
    wrote = (
        select(Profile)
        .join(Mention)
        .join(CaseMention)
        .where(CaseMention.case_id == case.id, Profile.id == profile_id)
        .limit(1)
    )
    found = session.exec(wrote).first()
    if found is None:
        raise HTTPException(404)
    return found


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
