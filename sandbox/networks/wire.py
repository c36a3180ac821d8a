"""What every network of the sandbox shares: answers, request bodies, rate windows that survive a kill."""

import base64
import binascii
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import Response

from sandbox.state import Post, State

BODY_LIMIT = 1_000_000  # bytes; none of these platforms takes a longer request of the kinds served here


class BadBodyError(Exception):
    """The request's body cannot be read as what its content type says."""


def json_answer(body: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """JSON as these platforms send it: UTF-8, no spaces."""
    content = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    return Response(content, status, dict(headers or {}), "application/json; charset=utf-8")


def iso(moment: datetime) -> str:
    """`2026-11-22T01:02:03.000Z`, the form that X, Mastodon and the RA API share."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def moment_of(text: str) -> datetime | None:
    """An ISO 8601 date or time; one without an offset is UTC; None for anything else."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def whole(text: str | None, default: int) -> int | None:
    """A whole number of a query; None when something else stands there."""
    if text is None or text == "":
        return default
    return int(text) if text.isascii() and text.isdigit() and len(text) < 20 else None


def walk(
    state: State, where: str, values: Sequence[object], order: str, batch: int, *, searching: bool = False
) -> Iterator[Post]:
    """Every post of a condition, read a batch at a time, so that the first ones cost no more than they must."""
    last: list[object] = []
    while True:
        bound = f" AND post.id {'<' if order == 'DESC' else '>'} ?" if last else ""
        posts = state.select_posts(where + bound, [*values, *last], order, batch, searching=searching)
        yield from posts
        if len(posts) < batch:
            return
        last = [posts[-1].id]


async def fields_of(request: Request) -> dict[str, str]:
    """The named values of a body, sent as JSON, as a form or as multipart; raises BadBodyError."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if int(request.headers.get("content-length") or 0) > BODY_LIMIT:
        raise BadBodyError("the body is too large")
    if kind == "multipart/form-data":
        async with request.form(max_files=0, max_fields=50) as form:
            return {name: value for name, value in form.multi_items() if isinstance(value, str)}
    text = await _text_of(request)
    if kind == "application/json":
        return {name: _as_text(value) for name, value in _object(text).items() if value is not None}
    return dict(parse_qsl(text, keep_blank_values=True))


async def json_of(request: Request) -> dict[str, object]:
    """The JSON object of a body; raises BadBodyError."""
    return _object(await _text_of(request))


async def _text_of(request: Request) -> str:
    try:
        return (await request.body()).decode()
    except UnicodeDecodeError:
        raise BadBodyError("the body is not UTF-8") from None


def _object(text: str) -> dict[str, object]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        raise BadBodyError("the body is not JSON") from None
    if not isinstance(value, dict):
        raise BadBodyError("the body is not a JSON object")
    return value


def _as_text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else json.dumps(value)


def bearer(request: Request) -> str:
    """The token of `Authorization: Bearer`, in any case; "" when there is none."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def basic(request: Request) -> tuple[str, str]:
    """The name and the password of `Authorization: Basic`; empty when there are none."""
    scheme, _, packed = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return "", ""
    try:
        name, _, password = base64.b64decode(packed, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return name, password


@dataclass(frozen=True)
class Spent:
    """What one call left of a rate window."""

    allowed: bool
    limit: int
    used: int
    reset_at: int  # unix seconds
    now: float  # unix seconds

    @property
    def remaining(self) -> int:
        return max(0, self.limit - self.used)

    @property
    def wait(self) -> int:
        """Whole seconds until the window turns, at least one."""
        return max(1, -int(-(self.reset_at - self.now) // 1))


class Window:
    """A fixed rate window on the sandbox's own clock.

    Its count is kept in memory and saved in strides of a tenth of the limit, so that reading stays cheap and a
    kill forgets at most one stride.
    """

    def __init__(self, state: State, name: str, limit: int, seconds: int) -> None:
        self._state = state
        self._key = f"window:{name}"
        self._limit = limit
        self._seconds = seconds
        self._stride = max(1, limit // 10)
        start, _, used = state.get(self._key, "0:0").partition(":")
        self._start, self._used = int(start), int(used)

    def spend(self) -> Spent:
        """Count one call; a refused call costs nothing more."""
        now = self._turn()
        allowed = self._used < self._limit
        if allowed:
            self._used += 1
            if self._used % self._stride == 0 or self._used == 1:
                self._state.put(self._key, f"{self._start}:{self._used}")
        return Spent(allowed, self._limit, self._used, self._start + self._seconds, now)

    def peek(self) -> Spent:
        """How the window stands; counts nothing."""
        now = self._turn()
        return Spent(self._used < self._limit, self._limit, self._used, self._start + self._seconds, now)

    def _turn(self) -> float:
        now = self._state.clock.now().timestamp()
        start = int(now // self._seconds) * self._seconds
        if start != self._start:
            self._start, self._used = start, 0
        return now
