"""The health of what is listened to, and waking what was paused."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path
from sqlmodel import Session, col, select
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from cases.queries import sources
from database.engine import reading, transaction
from inbox.desk import LARGEST_ID, Desk, acting
from inbox.heading import heading
from models import Account, Alarm, Source


def routes(desk: Desk) -> APIRouter:
    """`/sources` and its two ways to say "try again"."""
    router = APIRouter()

    @router.get("/sources")
    def source_page(request: Request) -> Response:
        with reading(desk.engine) as session:
            return desk.views.page(
                request,
                "sources.html",
                heading=heading(session),
                sources=sources.sources(session),
                alarms=sources.alarms(session),
                paused_accounts=sources.paused_accounts(session),
            )

    @router.post("/sources/{source_id}/resume")
    def resume(request: Request, source_id: Annotated[int, Path(ge=1, le=LARGEST_ID)]) -> Response:
        acting(request)
        now = desk.now()
        with transaction(desk.engine) as session:
            source = session.get(Source, source_id)
            if source is None:
                raise HTTPException(404)
            source.paused_reason = ""
            source.next_poll_at = now
            session.add(source)
            _clear_alarms(session, f"source:{source_id}", now)
        return RedirectResponse("/sources", status_code=303)

    @router.post("/accounts/{account_id}/resume")
    def resume_account(request: Request, account_id: Annotated[int, Path(ge=1, le=LARGEST_ID)]) -> Response:
        acting(request)
        with transaction(desk.engine) as session:
            account = session.get(Account, account_id)
            if account is None:
                raise HTTPException(404)
            account.paused_reason, account.resumed_at = "", desk.now()
            session.add(account)
            _clear_alarms(session, f"account:{account_id}", desk.now())
        return RedirectResponse("/sources", status_code=303)

    return router


def _clear_alarms(session: Session, subject: str, now: datetime) -> None:
    """Whatever is still wrong raises its alarm again at the next attempt."""
    for alarm in session.exec(select(Alarm).where(Alarm.subject == subject, col(Alarm.cleared_at).is_(None))):
        alarm.cleared_at = now
        session.add(alarm)
