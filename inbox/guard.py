"""What stands before every page: any web page can reach localhost, so a request must prove that it is ours."""

from urllib.parse import parse_qs

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from inbox.visitor import Visitor, Visitors, cookie_prefix

MOST_BODY = 256 * 1024  # bytes of a request
_PROOF_FIELD = "token"
_PROOF_HEADER = "x-ouvidor-token"
_FORM = "application/x-www-form-urlencoded"
_MOST_FIELDS = 1_000
_SAFE_METHODS = frozenset({"GET", "HEAD"})

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    )
)
SECURITY_HEADERS = {
    "content-security-policy": CONTENT_SECURITY_POLICY,
    "x-content-type-options": "nosniff",
    # Not no-referrer: under it a browser sends `Origin: null` with our own forms - fetch.spec.whatwg.org, read 2026-11
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "x-frame-options": "DENY",
}


class Guard:
    """Checks Host always, and Origin, Sec-Fetch-Site, size and token of whatever changes something."""

    def __init__(self, app: ASGIApp, visitors: Visitors) -> None:
        self._app = app
        self._visitors = visitors

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            if scope["type"] == "websocket":
                await send({"type": "websocket.close", "code": 1008})
                return
            await self._app(scope, receive, send)
            return
        connection = HTTPConnection(scope)
        visitor = self._visitors.read(connection)
        scope["ouvidor.visitor"] = visitor
        answer = _with_headers(send, connection, self._visitors.session_cookie(visitor) if visitor.is_new else "")
        refused = _host_refused(scope, connection.headers)
        if refused is None and scope["method"] not in _SAFE_METHODS:
            refused = _origin_refused(connection.headers)
            if refused is None:
                body = await _whole_body(receive, connection.headers)
                refused = self._body_refused(body, visitor, connection.headers)
                receive = _again(body or b"", receive)
        await (refused or self._app)(scope, receive, answer)

    def _body_refused(self, body: bytes | None, visitor: Visitor, headers: Headers) -> Response | None:
        if body is None:
            return _refusal(413, f"O pedido passa de {MOST_BODY // 1024} KB.", "The request is too large.")
        if headers.get("content-type", "").partition(";")[0].strip().lower() != _FORM:
            return _refusal(415, "Só formulários são aceitos.", "Only forms are accepted.")
        token = headers.get(_PROOF_HEADER, "")
        try:
            fields = parse_qs(body.decode(), max_num_fields=_MOST_FIELDS)
        except ValueError:
            return _refusal(400, "O formulário não pôde ser lido.", "The form could not be read.")
        if not token:
            token = fields.get(_PROOF_FIELD, [""])[0]
        if not self._visitors.is_token_of(visitor, token):
            return _refusal(
                403,
                "Esta página é de uma sessão anterior. Volte, recarregue e tente de novo.",
                "This page is from an earlier session. Go back, reload it and try again.",
            )
        return None


def visitor_of(scope: Scope) -> Visitor:
    """Who asks, as the guard found them."""
    visitor: Visitor = scope["ouvidor.visitor"]
    return visitor


def _host_refused(scope: Scope, headers: Headers) -> Response | None:
    """A page of another name that resolves to this machine (DNS rebinding) announces itself by its Host."""
    _, port = scope.get("server") or ("", None)
    allowed = {f"{name}:{port}" for name in ("127.0.0.1", "localhost", "[::1]")}
    if port == 80:
        allowed |= {"127.0.0.1", "localhost", "[::1]"}
    if len(headers.getlist("host")) == 1 and headers["host"].lower() in allowed:
        return None
    return _refusal(
        421,
        "Abra o Ouvidor por http://127.0.0.1 e a sua porta.",
        "Open Ouvidor by http://127.0.0.1 and its port.",
    )


def _origin_refused(headers: Headers) -> Response | None:
    """A browser tells where a form comes from; what tells nothing is no browser of ours."""
    refusal = _refusal(403, "O pedido veio de outra página.", "The request came from another page.")
    origin, site = headers.get("origin"), headers.get("sec-fetch-site")
    if origin is None and site is None:
        return refusal
    if origin is not None and origin.lower() != f"http://{headers['host'].lower()}":
        return refusal
    if site is not None and site != "same-origin":
        return refusal
    return None


def _refusal(status: int, portuguese: str, english: str) -> Response:
    return PlainTextResponse(f"{portuguese}\n{english}\n", status)


async def _whole_body(receive: Receive, headers: Headers) -> bytes | None:
    """The body, or None when it is larger than allowed, whatever it says of itself."""
    announced = headers.get("content-length", "0")
    if not (announced.isascii() and announced.isdecimal()) or len(announced) > 12 or int(announced) > MOST_BODY:
        return None
    body = bytearray()
    more = True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
        if len(body) > MOST_BODY:
            return None
    return bytes(body)


def _again(body: bytes, receive: Receive) -> Receive:
    """Hand the body that was read to the page, then whatever the server says next."""
    given = False

    async def repeated() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return repeated


def _with_headers(send: Send, connection: HTTPConnection, new_session: str) -> Send:
    is_static = connection.scope["path"].startswith("/static/")

    async def answer(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            headers.update(SECURITY_HEADERS)
            headers["cache-control"] = "no-cache" if is_static else "no-store"
            if new_session and not is_static:
                name = cookie_prefix(connection) + "session"
                headers.append("set-cookie", f"{name}={new_session}; Path=/; HttpOnly; SameSite=strict")
        await send(message)

    return answer
