"""Hints to open pages that something changed; they say nothing more, the page asks for the rest."""

import time
from collections.abc import AsyncIterator, Callable

import anyio
import anyio.to_thread
from fastapi import APIRouter
from sqlalchemy import Engine, func
from sqlmodel import select
from starlette.requests import Request
from starlette.responses import StreamingResponse

from database.engine import reading
from inbox.desk import Desk
from models import Alarm, Mention, Reply, TimelineEvent

POLL_EVERY = 1.0  # seconds
_GROWING = (TimelineEvent, Reply, Mention, Alarm)
_KEEP_ALIVE_EVERY = 15.0  # seconds: a proxy or a browser gives up on a silent stream


class Pulse:
    """How far the database has grown; many open pages share one look a second."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._lock = anyio.Lock()
        self._looked_at = float("-inf")
        self._seen = ""

    async def look(self) -> str:
        """A mark that is another one whenever something was added."""
        async with self._lock:
            if time.monotonic() - self._looked_at >= POLL_EVERY / 2:
                self._seen = await anyio.to_thread.run_sync(self._read)
                self._looked_at = time.monotonic()
            return self._seen

    def _read(self) -> str:
        with reading(self._engine) as session:
            newest = (session.exec(select(func.max(table.id))).one() for table in _GROWING)
            return ".".join(str(row_id or 0) for row_id in newest)


async def hints(pulse: Pulse, stopping: Callable[[], bool], *, every: float = POLL_EVERY) -> AsyncIterator[str]:
    """Server-sent events: `changed` whenever the mark moved, a comment now and then, an end when we stop."""
    seen = await pulse.look()
    yield f"retry: 3000\nevent: hello\ndata: {seen}\n\n"
    silent = 0.0  # seconds
    while not stopping():
        await anyio.sleep(every)
        silent += every
        mark = await pulse.look()
        if mark != seen:
            seen, silent = mark, 0.0
            yield f"event: changed\ndata: {mark}\n\n"
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
