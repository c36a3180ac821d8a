"""One request on its way through a network, in the hands of a fault."""

import asyncio
import json
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cached_property
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sandbox.connection import ClientConnection
from sandbox.faults.requests import Asked, Operation
from sandbox.state import State
from sandbox.veil import Veil, behind

_MOST_LISTS = 200  # whose last page is kept
_LOOK = 0.02  # seconds between two looks at whether a wait is to end


@dataclass(frozen=True)
class Answer:
    """A whole answer; its length is that of the body, and nothing else states it."""

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""

    @cached_property
    def json(self) -> Any:
        """The body, which has to be JSON; not to be changed."""
        return json.loads(self.body)

    def header(self, name: str) -> str:
        return next((value for known, value in self.headers if known == name), "")

    def with_header(self, name: str, value: str) -> "Answer":
        """With this header in place of any of the same name."""
        kept = tuple(pair for pair in self.headers if pair[0] != name)
        return replace(self, headers=(*kept, (name, value)))


async def body_of(receive: Receive) -> bytes:
    """All that a request carries."""
    parts: list[bytes] = []
    more = True
    while more:
        message = await receive()
        parts.append(message.get("body", b""))
        more = message.get("more_body", False)
    return b"".join(parts)


class Pages:
    """The last page that was served of each list, whichever client read it."""

    def __init__(self) -> None:
        self._served: OrderedDict[str, tuple[tuple[str, ...], Answer]] = OrderedDict()

    def keep(self, asked: Asked, answer: Answer) -> None:
        if asked.is_page and answer.status == 200:
            self._served[asked.list_read] = asked.place_read, answer
            self._served.move_to_end(asked.list_read)
        if len(self._served) > _MOST_LISTS:
            self._served.popitem(last=False)

    def before(self, asked: Asked) -> Answer | None:
        """The page that was read before this one, when this is another page of the same list."""
        place, answer = self._served.get(asked.list_read, (asked.place_read, None))
        return answer if asked.is_page and place != asked.place_read and any(asked.place_read) else None


class Exchange:
    """A request that has arrived; the network hears of it when it is forwarded, and not before."""

    def __init__(
        self,
        asked: Asked,
        state: State,
        app: ASGIApp,
        channel: tuple[Scope, Receive, Send],
        body: bytes,
        veil: Veil,
        pages: Pages,
        patience: timedelta,
        is_calm: Callable[[], bool],
    ) -> None:
        self.asked = asked
        self.state = state
        self.body = body
        self.has_published = False
        self.page_before = pages.before(asked)  # of the same list, as it was served
        self._app = app
        self._scope, self._receive, self._send = channel
        self._veil = veil
        self._pages = pages
        self._patience = patience
        self._is_calm = is_calm

    @property
    def connection(self) -> ClientConnection:
        found: ClientConnection = self._scope["state"]["connection"]
        return found

    def header(self, name: str) -> str:
        """A header of the request; "" without it."""
        return next((value.decode("latin-1") for known, value in self._scope["headers"] if known == name.encode()), "")

    @property
    def address(self) -> str:
        """Where the request came, without the host."""
        return f"{self._scope['path']}{'?' if self.asked.query else ''}{self.asked.query}"

    async def forward(self, without: str = "") -> Answer:
        """Has the network carry the request out, without the header of that name; from here on it has happened."""
        waiting: list[Message] = [{"type": "http.request", "body": self.body, "more_body": False}]
        headers = [pair for pair in self._scope["headers"] if pair[0] != without.encode()]
        answered: list[Message] = []

        async def receive() -> Message:
            return waiting.pop() if waiting else {"type": "http.disconnect"}

        async def keep(message: Message) -> None:
            answered.append(message)

        before = self.state.newest()
        # A copy lags behind for those who read; whoever writes is served by the original.
        with behind(self._veil if self.asked.method == "GET" else Veil()):
            await self._app({**self._scope, "headers": headers}, receive, keep)
        told = ((name.decode(), value.decode("latin-1")) for name, value in answered[0].get("headers", ()))
        body = b"".join(message.get("body", b"") for message in answered[1:])
        kept = tuple(pair for pair in told if pair[0] != "content-length")
        answer = Answer(answered[0]["status"], kept, body)
        self.has_published = self.asked.operation is Operation.PUBLISH and answer.status < 400 and self._stands(before)
        self._pages.keep(self.asked, answer)
        return answer

    def _stands(self, before: int) -> bool:
        """Whether the brand has said something since; an error of writing may come with status 200."""
        return bool(self.state.posts(self.asked.network, since_id=before, by_brand=True, limit=1))

    async def answer(self, answer: Answer) -> None:
        await self._begin(answer, len(answer.body))
        await self._send({"type": "http.response.body", "body": answer.body})

    async def cut(self, answer: Answer, share: float) -> None:
        """Sends the head and a share of the body, and ends the connection where more was announced."""
        sent = answer.body[: int(len(answer.body) * share)]
        await self._begin(answer, max(len(answer.body), len(sent) + 1))
        await self._send({"type": "http.response.body", "body": sent, "more_body": True})
        await self.hang_up()

    async def hang_up(self) -> None:
        """Ends the connection without another byte."""
        self.connection.hang_up()
        await self._gone()

    async def reset(self) -> None:
        """Breaks the connection off."""
        self.connection.reset()
        await self._gone()

    async def outlast(self) -> bool:
        """Waits, in real time, for longer than a client does; False when calm came first."""
        waited = 0.0
        while waited < self._patience.total_seconds() and not self._is_calm():
            await asyncio.sleep(_LOOK)
            waited += _LOOK
        return not self._is_calm()

    async def take(self, duration: timedelta) -> None:
        """Lets time pass on the sandbox's clock."""
        # A clock of the real time sleeps: in a thread of its own, so that other requests are served meanwhile.
        await asyncio.to_thread(self.state.clock.sleep, duration)

    async def _begin(self, answer: Answer, length: int) -> None:
        headers = [(name.encode(), value.encode("latin-1")) for name, value in answer.headers]
        if answer.status != 304:
            headers.append((b"content-length", str(length).encode()))
        await self._send({"type": "http.response.start", "status": answer.status, "headers": headers})

    async def _gone(self) -> None:
        # Only once the server knows that the client has gone does it send no apology of its own.
        while (await self._receive())["type"] != "http.disconnect":
            pass
