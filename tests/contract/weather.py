"""The network's weather: a server on loopback that passes requests on to the sandbox, or misbehaves on command."""

import gzip
import json
import socket
import struct
import threading
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

_HOP_BY_HOP = frozenset({"connection", "keep-alive", "transfer-encoding", "upgrade", "te", "trailer", "content-length"})
LONGEST = 30.0  # seconds; a fault that waits for its victim waits no longer


@dataclass
class Seen:
    """One request as it arrived."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes
    forwarded: bool = False


@dataclass(frozen=True)
class Answer:
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


Platform = Callable[[Seen], Answer]


class Exchange:
    """One request on its way, in the hands of a fault."""

    def __init__(self, seen: Seen, handler: BaseHTTPRequestHandler, platform: Platform, over: threading.Event) -> None:
        self.seen = seen
        self.over = over
        self._handler = handler
        self._platform = platform

    def forward(self) -> Answer:
        """What the platform answers; from now on the request has reached it."""
        self.seen.forwarded = True
        return self._platform(self.seen)

    def answer(self, answer: Answer, *, length: int | None = None) -> None:
        """Send an answer whole; `length` is what Content-Length claims where it is to lie."""
        self._handler.send_response(answer.status)
        for name, value in answer.headers:
            if name.lower() not in _HOP_BY_HOP:
                self._handler.send_header(name, value)
        self._handler.send_header("Content-Length", str(len(answer.body) if length is None else length))
        self._handler.send_header("Connection", "close")
        self._handler.end_headers()
        self.write(answer.body)

    def write(self, piece: bytes) -> bool:
        """Send bytes as they are; False once the client has gone."""
        try:
            self._handler.wfile.write(piece)
            self._handler.wfile.flush()
        except OSError:
            return False
        return True

    def begin(self, content_type: str) -> None:
        """Send the head of an answer that does not say how long it is."""
        self._handler.send_response(200)
        self._handler.send_header("Content-Type", content_type)
        self._handler.send_header("Connection", "close")
        self._handler.end_headers()

    def reset(self) -> None:
        """Break the connection the hard way: the client reads "connection reset"."""
        self._handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._handler.connection.close()


Fault = Callable[[Exchange], None]


def answers(
    status: int, headers: Mapping[str, str] | None = None, body: object = None, *, first: bool = False
) -> Fault:
    """Answer with a status; `first` passes the request on before that, so that what it asks for has happened."""
    content = json.dumps({"error": "weather"} if body is None else body).encode()
    given = {"Content-Type": "application/json", **(headers or {})}

    def fault(exchange: Exchange) -> None:
        if first:
            exchange.forward()
        exchange.answer(Answer(status, tuple(given.items()), content))

    return fault


def silence(*, first: bool) -> Fault:
    """Never answer: the client has to give up by itself."""

    def fault(exchange: Exchange) -> None:
        if first:
            exchange.forward()
        exchange.over.wait(LONGEST)

    return fault


def reset(*, first: bool) -> Fault:
    """Break the connection instead of an answer."""

    def fault(exchange: Exchange) -> None:
        if first:
            exchange.forward()
        exchange.reset()

    return fault


def cut_short(exchange: Exchange) -> None:
    """Half of the true answer, under the length of the whole, and then the end of the connection."""
    answer = exchange.forward()
    exchange.answer(
        Answer(answer.status, answer.headers, answer.body[: len(answer.body) // 2]), length=len(answer.body)
    )


def half_a_body(exchange: Exchange) -> None:
    """Half of the true answer as if it were all: HTTP has nothing to complain of, the parser has."""
    answer = exchange.forward()
    exchange.answer(Answer(answer.status, answer.headers, answer.body[: len(answer.body) // 2]))


def sign_in_page(exchange: Exchange) -> None:
    """HTML with status 200, as a captive portal or a maintenance page sends it."""
    exchange.forward()
    page = b"<!doctype html><html><title>One moment</title><body><p>We will be back soon.</p></body></html>"
    exchange.answer(Answer(200, (("Content-Type", "text/html; charset=utf-8"),), page))


def elsewhere(exchange: Exchange) -> None:
    """A redirect to another host, where nothing of ours has any business."""
    exchange.answer(Answer(302, (("Location", "http://127.0.0.2:9/stolen"),), b""))


def bomb(exchange: Exchange) -> None:
    """A small body that unpacks to 200 MB."""
    exchange.forward()
    packed = gzip.compress(b" " * 1_000_000, 9) * 200
    headers = (("Content-Type", "application/json"), ("Content-Encoding", "gzip"))
    exchange.answer(Answer(200, headers, packed))


def huge(exchange: Exchange) -> None:
    """The true answer with 11 MB of white space before it: valid, and far too large."""
    answer = exchange.forward()
    exchange.answer(Answer(answer.status, answer.headers, b"\n" * 11_000_000 + answer.body))


def endless(exchange: Exchange) -> None:
    """A byte at a time, for ever: no single wait is long, the whole never ends."""
    exchange.forward()
    exchange.begin("application/json")
    while exchange.write(b" ") and not exchange.over.wait(0.05):
        pass


def fine(exchange: Exchange) -> None:
    """Pass on, and pass back."""
    exchange.answer(exchange.forward())


def _nowhere(seen: Seen) -> Answer:
    return Answer(502, (), b"")


@dataclass
class _Forecast:
    fault: Fault
    when: Callable[[Seen], bool]
    times: int | None  # None: until cleared


class Weather:
    """A proxy before a platform; `url` is where clients reach it."""

    def __init__(self) -> None:
        self.seen: list[Seen] = []
        self._platform: Platform = _nowhere
        self._forecasts: deque[_Forecast] = deque()
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def over(self, platform: Platform) -> Self:
        """Fine weather over another platform; whoever still waits for an answer of the last one gets none."""
        with self._lock:
            self._over.set()
            self._over = threading.Event()
            self._platform = platform
        self.clear()
        return self

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def strike(self, fault: Fault, *, when: Callable[[Seen], bool], times: int | None = None) -> None:
        """Let requests that `when` picks meet `fault`; all others pass."""
        with self._lock:
            self._forecasts.append(_Forecast(fault, when, times))

    def clear(self) -> None:
        """Fine weather, and nothing seen yet."""
        with self._lock:
            self._forecasts.clear()
            self.seen.clear()

    def requests(self, when: Callable[[Seen], bool]) -> list[Seen]:
        with self._lock:
            return [seen for seen in self.seen if when(seen)]

    def _fault_for(self, seen: Seen) -> Fault:
        with self._lock:
            self.seen.append(seen)
            for forecast in self._forecasts:
                if forecast.times != 0 and forecast.when(seen):
                    forecast.times = None if forecast.times is None else forecast.times - 1
                    return forecast.fault
        return fine

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        weather = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_any(self) -> None:
                self.close_connection = True
                parts = urlsplit(self.path)
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                seen = Seen(self.command, parts.path, parts.query, dict(self.headers.items()), body)
                with suppress(OSError, ValueError):  # the client may have gone; that is its affair
                    weather._fault_for(seen)(Exchange(seen, self, weather._platform, weather._over))

            # The names by which http.server looks its handlers up.
            do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = handle_any  # noqa: N815

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it
                """Say nothing: the tests read `seen`."""

        return Handler
