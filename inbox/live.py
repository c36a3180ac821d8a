"""Hints to open pages that something changed; they say nothing more, the page asks for the rest."""

import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

import anyio
import anyio.to_thread
from fastapi import APIRouter
from sqlalchemy import Engine, func
from sqlmodel import col, select
from starlette.requests import Request
from starlette.responses import StreamingResponse

from database.engine import reading
from inbox.desk import Desk
from models import Alarm, Mention, Reply, Stop, TimelineEvent

POLL_EVERY = 1.0  # seconds
_GROWING = (TimelineEvent, Reply, Mention, Alarm)
_KEEP_ALIVE_EVERY = 15.0  # seconds: a proxy or a browser gives up on a silent stream


@dataclass(frozen=True)
class Mark:
    """How far the database has grown, and which stops it holds; another one whenever something changed."""

    grown: str
    stops: str


class Pulse:
    """How far the database has grown; many open pages share one look a second."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._lock = anyio.Lock()
        self._looked_at = float("-inf")
        self._seen = Mark("", "")

    async def look(self) -> Mark:
        """A mark that is another one whenever something was added, stopped or resumed."""
        async with self._lock:
            if time.monotonic() - self._looked_at >= POLL_EVERY / 2:
                self._seen = await anyio.to_thread.run_sync(self._read)
                self._looked_at = time.monotonic()
            return self._seen

    def _read(self) -> Mark:
        with reading(self._engine) as session:
            newest = (session.exec(select(func.max(table.id))).one() for table in _GROWING)
            grown = ".".join(str(row_id or 0) for row_id in newest)
            newest_stop, lifted = session.exec(select(func.max(Stop.id), func.count(col(Stop.lifted_at)))).one()
            return Mark(grown, f"{newest_stop or 0}.{lifted}")


async def hints(pulse: Pulse, stopping: Callable[[], bool], *, every: float = POLL_EVERY) -> AsyncIterator[str]:
    """Server-sent events: `changed` and `stops` when that part of the mark moved, and an end when we stop.

    A comment now and then keeps a silent stream open.
    """
    seen = await pulse.look()
    yield f"retry: 3000\nevent: hello\ndata: {seen.grown}\n\n"
    silent = 0.0  # seconds
    while not stopping():
        await anyio.sleep(every)
        silent += every
        mark = await pulse.look()
        if mark.stops != seen.stops:
            yield f"event: stops\ndata: {mark.stops}\n\n"
        if mark.grown != seen.grown:
            yield f"event: changed\ndata: {mark.grown}\n\n"
        if mark != seen:
            seen, silent = mark, 0.0
        elif silent >= _KEEP_ALIVE_EVERY:
            silent = 0.0
            yield ": still here\n\n"


def routes(desk: Desk) -> APIRouter:
    """`/events`, the one page that is a stream."""
    router = APIRouter()
    pulse = Pulse(desk.engine)

    @router.get("/events")
    async def events(request: Request) -> StreamingResponse:
        stopping: Callable[[], bool] = request.app.state.stopping
        return StreamingResponse(
            hints(pulse, stopping), media_type="text/event-stream", headers={"x-accel-buffering": "no"}
        )

    return router
