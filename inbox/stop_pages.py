"""The stop button of every page: nothing is sent, of everything, a brand or an account, until somebody resumes."""

from typing import Annotated

from fastapi import APIRouter, Form, Path
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from cases.stops import ACCOUNT, BRAND, EVERYTHING, Scope, resume, stop
from database.engine import reading, transaction
from inbox.desk import LARGEST_ID, Desk, acting, back_to, is_htmx, number
from inbox.heading import heading
from inbox.visitor import WrongInputError
from models import Stop

LONGEST_REASON = 500  # characters
AUTOMATION = "automation"


def routes(desk: Desk) -> APIRouter:
    """`/stop` to set one, `/stop/{id}/lift` to lift it, `/stop/band` to show them anew."""
    router = APIRouter(prefix="/stop")

    @router.get("/band")
    def band(request: Request) -> Response:
        with reading(desk.engine) as session:
            return desk.views.page(request, "stop_band.html", heading=heading(session))

    def shown(request: Request, back: str) -> Response:
        """The page that was open stays open, with what is being written in it, where a script of ours asks."""
        if not is_htmx(request):
            return back_to(back)
        page = band(request)
        page.headers["hx-trigger"] = "stopped"
        return page

    @router.post("")
    def stop_sending(
        request: Request,
        scope: Annotated[str, Form()] = EVERYTHING,
        only: Annotated[str, Form()] = "",
        reason: Annotated[str, Form(max_length=LONGEST_REASON)] = "",
        back: Annotated[str, Form()] = "/",
    ) -> Response:
        by, asked = acting(request), _scope(scope, only)
        with transaction(desk.engine) as session:
            stop(session, asked, by, reason, desk.now())
        return shown(request, back)

    @router.post("/{stop_id}/lift")
    def lift(
        request: Request,
        stop_id: Annotated[int, Path(ge=1, le=LARGEST_ID)],
        back: Annotated[str, Form()] = "/",
    ) -> Response:
        by = acting(request)
        with transaction(desk.engine) as session:
            found = session.get(Stop, stop_id)
            if found is None:
                raise HTTPException(404)
            # Whoever pressed this saw one stop: a later one of the same scope has another reason, and stays.
            if found.lifted_at is None:
                resume(session, Scope(found.scope, found.subject, found.automation_only), by, desk.now())
        return shown(request, back)

    return router


def _scope(value: str, only: str) -> Scope:
    """What a form means by "everything", "brand:3" or "account:7"."""
    kind, _, subject = value.partition(":")
    if only not in ("", AUTOMATION):
        raise WrongInputError(f"only is {AUTOMATION!r} or left out")
    if kind not in (EVERYTHING, BRAND, ACCOUNT) or bool(subject) is (kind == EVERYTHING):
        raise WrongInputError("pick what to stop: everything, one brand or one account")
    return Scope(kind, number(subject, kind) if subject else 0, only == AUTOMATION)
