"""Plays recorded platform answers back over loopback, each once, to the request that it was recorded for."""

import json
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True)
class Recorded:
    """One recorded exchange."""

    method: str
    path: str
    query: str
    request_body: str | None
    status: int
    headers: dict[str, str]
    body: str

    @property
    def place(self) -> tuple[str, str]:
        """Method and path; with or without a slash at the end is the same place."""
        return self.method, self.path.rstrip("/")

    def json(self) -> Any:
        return json.loads(self.body)

    def form(self) -> dict[str, str]:
        """The recorded request's form."""
        return dict(parse_qsl(self.request_body or "", keep_blank_values=True))


@dataclass(frozen=True)
class Asked:
    """One request of our client."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: str

    @property
    def place(self) -> tuple[str, str]:
        return self.method, self.path.rstrip("/")

    def form(self) -> dict[str, str]:
        """What it sent, as a form or as JSON."""
        if "json" in self.headers.get("content-type", ""):
            return {str(key): str(value) for key, value in json.loads(self.body or "{}").items()}
        return dict(parse_qsl(self.body, keep_blank_values=True))


# What the recordings do not hold and the platform's documentation tells, such as the page after the last one.
Documented = Callable[[Asked], Any]


def recordings(path: Path) -> list[Recorded]:
    """The exchanges of one file."""
    return [Recorded(**exchange) for exchange in json.loads(path.read_text(encoding="utf-8"))]


@dataclass
class Replay:
    """A server that answers as recorded.

    What was not recorded goes to `documented`; where that returns None the request is `unexpected` and gets a 404.
    """

    exchanges: Sequence[Recorded]
    documented: Documented = lambda asked: None
    asked: list[Asked] = field(default_factory=list)
    unexpected: list[Asked] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._left = list(self.exchanges)
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def asked_at(self, recorded: Recorded) -> list[Asked]:
        """Our requests to the place of a recorded one."""
        return [asked for asked in self.asked if asked.place == recorded.place]

    def _answer(self, asked: Asked) -> tuple[int, dict[str, str], str]:
        with self._lock:
            self.asked.append(asked)
            for recorded in self._left:
                if recorded.place == asked.place:
                    self._left.remove(recorded)
                    kept = {k: v for k, v in recorded.headers.items() if k.lower() not in ("content-length", "link")}
                    return recorded.status, kept, recorded.body
            known = self.documented(asked)
            if known is not None:
                return 200, {"Content-Type": "application/json; charset=utf-8"}, json.dumps(known)
            self.unexpected.append(asked)
            return 404, {"Content-Type": "application/json"}, '{"error": "not recorded"}'

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        replay = self

        class Handler(BaseHTTPRequestHandler):
            def handle_any(self) -> None:
                parts = urlsplit(self.path)
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
                headers = {name.lower(): value for name, value in self.headers.items()}
                asked = Asked(self.command, parts.path, dict(parse_qsl(parts.query)), headers, body)
                status, answer_headers, answer = replay._answer(asked)
                self.send_response(status)
                for name, value in answer_headers.items():
                    self.send_header(name, value)
                content = answer.encode()
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            # The names by which http.server looks its handlers up.
            do_GET = do_POST = do_PUT = do_DELETE = handle_any  # noqa: N815

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it
                """Say nothing: the tests read `asked`."""

        return Handler
