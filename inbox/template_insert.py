"""Put a ready text into the answer of a case."""

from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Depends, Form
from sqlmodel import Session
from starlette.requests import Request
from starlette.responses import Response

from cases import templates
from cases.template_language import TemplateFaultError
from database.engine import reading
from inbox.answering import COMPOSE, Said, Typed
from inbox.case_pages import ANSWERS, show_case
from inbox.desk import Desk, case_of, number
from inbox.template_preview import fault_text
from inbox.visitor import WrongInputError
from models import Case, Template


def routes(desk: Desk) -> APIRouter:
    """The form beside the answer box; it stands before the address that takes any act on a case."""
    router = APIRouter()

    @router.post("/cases/{protocol}/template")
    def insert(
        request: Request, protocol: str, said: Annotated[Said, Depends()], pick: Annotated[str, Form()] = ""
    ) -> Response:
        """The page of the case with the text behind what was typed; nothing is stored."""
        notice, used, body = "", number(said.template or "0", "template"), said.body
        with reading(desk.engine) as session:
            case = case_of(session, protocol)
            try:
                if pick:
                    found = _offered(session, case, number(pick, "pick"))
                    body = _joined(body, templates.written_for(session, found, case))
                    used = found.id or 0
            except TemplateFaultError as error:
                notice = fault_text(desk.views.texts(request), error)
        number(said.mention or "0", "mention")
        typed = Typed(COMPOSE, replace(said, body=body, template=str(used or "")))
        return show_case(desk, request, protocol, notice=notice, typed=typed)

    return router


def trace_of(session: Session, case: Case, template: str) -> dict[str, str]:
    """What the timeline tells of an answer that began as a ready text; nothing for none."""
    used = number(template or "0", "template")
    return templates.trace(_offered(session, case, used)) if used else {}


def _offered(session: Session, case: Case, template_id: int) -> Template:
    """The text, where it is one of this case's brand; an older version, if a newer one was saved meanwhile."""
    found = session.get(Template, template_id)
    if found is None or found.brand_id != case.brand_id or found.purpose not in ANSWERS:
        raise WrongInputError("pick one of the texts that the case offers")
    return found


def _joined(typed: str, text: str) -> str:
    return f"{typed.rstrip()}\n\n{text}" if typed.strip() else text
