"""Asks an ASGI application in this process: a server and its socket a test would cost more than the tests."""

import asyncio
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self
from urllib.parse import unquote

from starlette.types import ASGIApp, Message

from tests.contract.weather import LONGEST, Answer, Seen


class Loop:
    """One event loop in a thread of its own, for as many applications as there are tests."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="sandbox", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def asking(self, app: ASGIApp) -> Callable[[Seen], Answer]:
        """A function that has the application answer a request."""

        def ask(seen: Seen) -> Answer:
            return asyncio.run_coroutine_threadsafe(_answer(app, seen), self._loop).result(LONGEST)

        return ask


async def _answer(app: ASGIApp, seen: Seen) -> Answer:
    scope: dict[str, Any] = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": seen.method,
        "scheme": "http",
        "path": unquote(seen.path),
        "raw_path": seen.path.encode(),
        "query_string": seen.query.encode(),
        "root_path": "",
        "headers": [(name.lower().encode(), value.encode("latin-1")) for name, value in seen.headers.items()],
        "client": ("127.0.0.1", 0),
        "server": ("127.0.0.1", 80),
    }
    status, body = 500, b""
    headers: tuple[tuple[str, str], ...] = ()
    waiting = [{"type": "http.request", "body": seen.body, "more_body": False}]

    async def receive() -> Message:
        return waiting.pop() if waiting else {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        nonlocal status, headers, body
        if message["type"] == "http.response.start":
            status = message["status"]
            headers = tuple((name.decode(), value.decode("latin-1")) for name, value in message.get("headers", ()))
        elif message["type"] == "http.response.body":
            body += message.get("body", b"")

    await app(scope, receive, send)
    return Answer(status, headers, body)
