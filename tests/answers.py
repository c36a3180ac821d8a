"""Serve answers over loopback: recorded exchanges in their order, or whatever a test sets in front of them."""

import json
import re
from collections import defaultdict, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

RECORDED = Path(__file__).parent / "recorded"
Answer = Response | Callable[[Request], Response]


@dataclass(frozen=True)
class Asked:
    method: str
    path: str
    query: Mapping[str, list[str]]
    body: str
    headers: Mapping[str, str]

    def one(self, name: str) -> str | None:
        return self.query.get(name, [None])[0]


@dataclass
class Answers:
    """The answers of each address, in order, the last one for ever; what nobody set is a 404."""

    base_url: str
    asked: list[Asked] = field(default_factory=list)
    _waiting: dict[tuple[str, str], deque[Answer]] = field(default_factory=lambda: defaultdict(deque))

    def add(self, method: str, path: str, *answers: Answer) -> None:
        self._waiting[method, path].extend(answers)

    def replay(self, channel: str, name: str) -> None:
        """Add the exchanges of a recording."""
        for exchange in json.loads((RECORDED / channel / f"{name}.json").read_text(encoding="utf-8")):
            answer = Response(exchange["body"], exchange["status"], exchange["headers"])
            self.add(exchange["method"], exchange["path"], answer)

    def paths(self, method: str = "GET") -> list[str]:
        return [asked.path for asked in self.asked if asked.method == method]

    def answer(self, request: Request) -> Response:
        path = request.path[len(urlsplit(self.base_url).path) :]
        query = {name: request.args.getlist(name) for name in request.args}
        self.asked.append(Asked(request.method, path, query, request.get_data(as_text=True), dict(request.headers)))
        waiting = self._waiting.get((request.method, path)) or self._waiting.get((request.method, "*"))
        if not waiting:
            return json_answer({"error": "Record not found", "title": "Not Found"}, 404)
        answer = waiting.popleft() if len(waiting) > 1 else waiting[0]
        # The server closes what it has sent: the last answer is kept by its contents.
        return answer(request) if callable(answer) and not isinstance(answer, Response) else _copy(answer)


def _copy(answer: Answer) -> Response:
    assert isinstance(answer, Response)
    return Response(answer.get_data(), answer.status_code, list(answer.headers.items()))


def serving(server: HTTPServer, prefix: str = "/place") -> Answers:
    """Answer everything below a path prefix, as a gateway or the sandbox would."""
    answers = Answers(server.url_for(prefix))
    server.expect_request(re.compile(".*")).respond_with_handler(answers.answer)
    return answers


def json_answer(body: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    return Response(json.dumps(body), status, dict(headers or {}), content_type="application/json; charset=utf-8")


class StoppedClock:
    """Stands still, and never sleeps."""

    def __init__(self, moment: datetime) -> None:
        self.moment = moment

    def now(self) -> datetime:
        return self.moment

    def sleep(self, duration: timedelta) -> None:
        raise AssertionError(f"slept {duration}")
