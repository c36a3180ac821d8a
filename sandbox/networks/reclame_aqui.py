"""Reclame AQUI: the company API that gives tickets and takes the company's answers, public and private."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox import credentials
from sandbox.networks.reclame_aqui_shapes import COMPANY_ID, INACTIVE, Shapes, reputation
from sandbox.networks.wire import BadBodyError, Window, basic, bearer, fields_of, iso, json_answer, moment_of, whole
from sandbox.records import EVALUATED
from sandbox.state import State, Ticket

# Ten calls a minute, at most 50 tickets a page - developer.hugme.com.br, as its clients state it, read 2026-11.
CALLS: Final = (10, 60)
PAGE: Final = 25
LARGEST_PAGE: Final = 50
MESSAGE_LIMIT: Final = 10_000
REASONS: Final = frozenset({"1", "4", "5", "15", "16", "17", "19"})  # for which moderation may be asked
MILLISECOND: Final = timedelta(milliseconds=1)
Handler = Callable[[Request], Awaitable[Response]]


class RefusedError(Exception):
    """The request is answered with an error of the API: an HTTP status, a code and a sentence."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code


class ReclameAquiNetwork:
    """The endpoints of one sandbox's Reclame AQUI, with their rate window."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._shapes = Shapes(state)
        self._calls = Window(state, "reclame_aqui:calls", *CALLS)

    def routes(self) -> list[Route]:
        return [
            Route("/auth/oauth/token", self._token, methods=["POST"]),
            Route("/auth/availability", self._availability),
            Route("/ticket/v1/tickets", self._endpoint(self._tickets)),
            Route("/ticket/v1/tickets/count", self._endpoint(self._count)),
            Route("/ticket/v1/tickets/message/public", self._endpoint(self._answer), methods=["POST"]),
            Route("/ticket/v1/tickets/message/private", self._endpoint(self._tell), methods=["POST"]),
            Route("/ticket/v1/tickets/message/private/{id}/end", self._endpoint(self._end), methods=["POST"]),
            Route("/ticket/v1/tickets/evaluation", self._endpoint(self._ask_evaluation), methods=["POST"]),
            Route("/ticket/v1/tickets/moderation", self._endpoint(self._ask_moderation), methods=["POST"]),
            Route("/companies/v1/companies/{id}/reputation", self._endpoint(self._reputation)),
        ]

    def _endpoint(self, handler: Handler) -> Handler:
        async def endpoint(request: Request) -> Response:
            try:
                if bearer(request) != credentials.RECLAME_AQUI_ACCESS_TOKEN:
                    raise RefusedError(401, 4010, "Token inválido ou expirado")
                if not self._calls.spend().allowed:
                    raise RefusedError(429, 4290, "Limite de 10 requisições por minuto excedido")
                return await handler(request)
            except RefusedError as refused:
                body = {"code": refused.code, "message": str(refused), "success": False}
                return json_answer(body, refused.status)

        return endpoint

    async def _token(self, request: Request) -> Response:
        if basic(request) != (credentials.RECLAME_AQUI_CLIENT_ID, credentials.RECLAME_AQUI_CLIENT_SECRET):
            return json_answer({"code": 4010, "message": "Credenciais inválidas", "success": False}, 401)
        if request.query_params.get("grant_type") != "client_credentials":
            return json_answer({"code": 4000, "message": "grant_type não suportado", "success": False}, 400)
        return json_answer(
            {
                "access_token": credentials.RECLAME_AQUI_ACCESS_TOKEN,
                "token_type": "bearer",
                "expires_in": 86_400,
                "scope": "read write",
                "rate_limit": CALLS[0],
                "license_start_at": "2026-01-01T00:00:00.000Z",
                "license_end_at": "2036-01-01T00:00:00.000Z",
            }
        )

    async def _availability(self, request: Request) -> Response:
        return json_answer({"message": "OK", "success": True})

    async def _tickets(self, request: Request) -> Response:
        query = request.query_params
        size = whole(query.get("page[size]"), PAGE)
        number = whole(query.get("page[number]"), 1)
        if size is None or not 1 <= size <= LARGEST_PAGE or number is None or not 1 <= number <= 100_000:
            raise RefusedError(400, 4000, f"page[size] deve ser de 1 a {LARGEST_PAGE} e page[number] a partir de 1")
        chosen = self._chosen(query)
        if chosen is None:
            start, end = _bounds(query)
            total = self._state.count_tickets("reclame_aqui", modified_from=start, modified_before=end)
            by_modification, descending = _order(query)
            chosen = self._state.tickets(
                "reclame_aqui",
                modified_from=start,
                modified_before=end,
                by_modification=by_modification,
                descending=descending,
                limit=size,
                offset=(number - 1) * size,
            )
        else:
            total = len(chosen)
            chosen = chosen[(number - 1) * size : number * size]
        meta = {"page": {"number": number, "size": size}, "total": total}
        return json_answer({"data": [self._shapes.ticket(ticket) for ticket in chosen], "meta": meta})

    async def _count(self, request: Request) -> Response:
        chosen = self._chosen(request.query_params)
        if chosen is not None:
            return json_answer({"data": len(chosen)})
        start, end = _bounds(request.query_params)
        count = self._state.count_tickets("reclame_aqui", modified_from=start, modified_before=end)
        return json_answer({"data": count})

    def _chosen(self, query: Mapping[str, str]) -> list[Ticket] | None:
        """The tickets that a filter by id names; None when no such filter is there."""
        wanted = query.get("id[eq]") or query.get("id") or query.get("id[in]")
        if wanted is not None:
            found = (self._ticket(one) for one in wanted.split(",")[:LARGEST_PAGE])
            return [ticket for ticket in found if ticket is not None]
        public = query.get("source_external_id[eq]") or query.get("source_external_id")
        if public is None:
            return None
        where = "post.family = 'reclame_aqui' AND json_extract(post.extra, '$.source_external_id') = ?"
        found = (self._ticket(post.external_id) for post in self._state.select_posts(where, [public], limit=1))
        return [ticket for ticket in found if ticket is not None]

    def _ticket(self, ticket_id: str) -> Ticket | None:
        ticket = self._state.ticket(ticket_id)
        return ticket if ticket is not None and ticket.network == "reclame_aqui" else None

    async def _answer(self, request: Request) -> Response:
        fields = await _fields(request)
        ticket = self._open_ticket(fields)
        message = _message(fields)
        if ticket.status == EVALUATED:
            raise RefusedError(409, 4091, "A reclamação já foi avaliada e não aceita respostas")
        return self._said(ticket, message, {})

    async def _tell(self, request: Request) -> Response:
        """A message that the consumer alone sees, on the ticket and by e-mail."""
        fields = await _fields(request)
        ticket = self._open_ticket(fields)
        message, email = _message(fields), fields.get("email", "").strip()
        if "@" not in email:
            raise RefusedError(422, 4220, "O campo email é obrigatório")
        if self._state.get(_ended(ticket), False):
            raise RefusedError(409, 40925, "A mensagem privada já foi finalizada")
        return self._said(ticket, message, {"visibility": "private", "email": email})

    def _said(self, ticket: Ticket, message: str, extra: Mapping[str, str]) -> Response:
        last = self._state.posts("reclame_aqui", thread=ticket.thread, limit=1)
        self._state.answer(
            "reclame_aqui",
            message,
            parent=last[0].external_id if last else ticket.thread,
            thread=ticket.thread,
            kind="answer",
            extra=extra,
        )
        return json_answer({"message": "Mensagem enviada com sucesso", "success": True})

    async def _end(self, request: Request) -> Response:
        """The company closes the private conversation: no further message of either side."""
        ticket = self._open_ticket(request.path_params)
        with self._state.transaction():
            if self._state.get(_ended(ticket), False):
                raise RefusedError(409, 40925, "A mensagem privada já foi finalizada")
            self._state.put(_ended(ticket), True)
        return json_answer({"message": "Mensagem privada finalizada", "success": True})

    async def _ask_evaluation(self, request: Request) -> Response:
        ticket = self._open_ticket(await _fields(request))
        posts = self._state.posts("reclame_aqui", thread=ticket.thread, newest_first=False, limit=500)
        public = [post for post in posts if not post.is_private]
        key = f"reclame_aqui:evaluation:{ticket.thread}"
        if ticket.grade is not None or self._state.get(key, False):
            raise RefusedError(409, 4090, "A avaliação já foi solicitada ou respondida")
        if not public or not public[-1].person.is_brand:
            raise RefusedError(409, 4091, "A última interação pública deve ser da empresa")
        self._state.put(key, True)
        return json_answer({"message": "Avaliação solicitada", "success": True})

    async def _ask_moderation(self, request: Request) -> Response:
        fields = await _fields(request)
        ticket = self._open_ticket(fields)
        reason = fields.get("reason", "")
        if reason not in REASONS or not fields.get("message", "").strip():
            raise RefusedError(422, 4220, f"reason deve ser um de {', '.join(sorted(REASONS, key=int))}, com message")
        key = f"reclame_aqui:moderation:{ticket.thread}"
        with self._state.transaction():
            if self._state.get(key) is not None:
                raise RefusedError(409, 4090, "A moderação já foi solicitada")
            self._state.put(key, {"reason": int(reason), "at": iso(self._state.clock.now())})
        return json_answer({"message": "Moderação solicitada", "success": True})

    async def _reputation(self, request: Request) -> Response:
        if request.path_params["id"] != str(COMPANY_ID):
            raise RefusedError(404, 4040, "Empresa não encontrada")
        tickets = self._state.tickets("reclame_aqui", limit=100_000)
        return json_answer(reputation(tickets, self._state.clock.now()))

    def _open_ticket(self, fields: Mapping[str, str]) -> Ticket:
        """The ticket that a request names, when the company may still act on it."""
        ticket = self._ticket(fields.get("id", ""))
        if ticket is None:
            raise RefusedError(404, 4040, "Ticket não encontrado")
        if ticket.status in INACTIVE or ticket.status == 10:
            raise RefusedError(409, 4091, "O ticket está inativo e não permite esta ação")
        return ticket


async def _fields(request: Request) -> dict[str, str]:
    try:
        return await fields_of(request)
    except BadBodyError as error:
        raise RefusedError(400, 4000, f"Requisição inválida: {error}") from None


def _message(fields: Mapping[str, str]) -> str:
    message = fields.get("message", "").strip()
    if not message:
        raise RefusedError(422, 4220, "O campo message é obrigatório")
    if len(message) > MESSAGE_LIMIT:
        raise RefusedError(422, 4220, f"A mensagem excede {MESSAGE_LIMIT} caracteres")
    return message


def _ended(ticket: Ticket) -> str:
    """The fact under which a ticket's private conversation is closed."""
    return f"reclame_aqui:private_ended:{ticket.thread}"


def _bounds(query: Mapping[str, str]) -> tuple[datetime | None, datetime | None]:
    """From which modification on, and before which; the API counts in milliseconds."""
    starts: list[datetime] = []
    ends: list[datetime] = []
    for comparison, bounds, shift in (
        ("gte", starts, 0),
        ("gt", starts, 1),
        ("lt", ends, 0),
        ("lte", ends, 1),
    ):
        text = query.get(f"last_modification_date[{comparison}]")
        if text is None:
            continue
        moment = moment_of(text.replace(" ", "+"))
        if moment is None:
            raise RefusedError(400, 4000, f"last_modification_date[{comparison}] não é uma data ISO 8601")
        bounds.append(moment + shift * MILLISECOND)
    return max(starts, default=None), min(ends, default=None)


def _order(query: Mapping[str, str]) -> tuple[bool, bool]:
    """By modification or else by age, and whether the newest come first."""
    for field in ("id", "creation_date", "last_modification_date"):
        direction = query.get(f"sort[{field}]", "").upper()
        if direction in ("ASC", "DESC"):
            return field == "last_modification_date", direction == "DESC"
    return False, True
