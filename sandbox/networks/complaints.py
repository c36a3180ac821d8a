"""A complaint site as people see it: a list, a page a complaint, and the form in which the company answers."""

import hashlib
import html
from collections.abc import Sequence
from email.utils import format_datetime, parsedate_to_datetime
from typing import Final
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from sandbox import credentials
from sandbox.networks.wire import BadBodyError, fields_of, whole
from sandbox.records import BRAND_HANDLES, EVALUATED, NOT_ANSWERED
from sandbox.state import Post, State, Ticket

PAGE: Final = 10
TEXT_LIMIT: Final = 20_000
ZONE: Final = ZoneInfo("America/Sao_Paulo")
STATUS: Final = {NOT_ANSWERED: "Não respondida", EVALUATED: "Avaliada"}
ROBOTS: Final = "User-agent: *\nDisallow: /complaints/busca\nDisallow: /complaints/admin/\nCrawl-delay: 1\n"
EMPTY: Final = '<p class="no-complaints">Nenhuma reclamação por aqui.</p>'
STYLE: Final = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:44rem;margin:2rem auto;padding:0 1rem}"
    "article,section{border-top:1px solid #ccc;padding:.5rem 0}.company-answer{background:#f3f7fb;padding:.5rem 1rem}"
)


async def robots(request: Request) -> Response:
    """The rules for robots; a robot looks for them at the root of the host."""
    return Response(ROBOTS, media_type="text/plain; charset=utf-8")


class ComplaintSite:
    """The pages of one sandbox's complaint site."""

    def __init__(self, state: State) -> None:
        self._state = state

    def routes(self) -> list[Route]:
        return [
            Route("/", self._list),
            Route("/robots.txt", robots),
            Route(f"/empresa/{BRAND_HANDLES['complaints']}", self._list),
            Route("/{id}", self._complaint),
            Route("/{id}/answer", self._answer, methods=["POST"]),
        ]

    async def _list(self, request: Request) -> Response:
        """Ten complaints a page, the newest first."""
        number = whole(request.query_params.get("pagina"), 1)
        if number is None or not 1 <= number <= 10_000:
            return _page("Página não encontrada", "<h1>Página não encontrada</h1>", 404)
        where = "post.network = 'complaints' AND post.kind = 'complaint' AND post.deleted_at IS NULL"
        posts = self._state.select_posts(where, [], "DESC", number * PAGE + 1)[(number - 1) * PAGE :]
        entries = "".join(self._entry(request, post) for post in posts[:PAGE]) or EMPTY
        following = ""
        if len(posts) > PAGE:
            following = f'<a class="next-page" rel="next" href="?pagina={number + 1}">Próxima página</a>'
        name = html.escape(self._state.brand("complaints").name)
        body = f'<h1>Reclamações de {name}</h1><main class="complaint-list">{entries}</main><nav>{following}</nav>'
        return self._answered(request, _page(f"Reclamações de {name}", body), posts[:PAGE])

    def _entry(self, request: Request, post: Post) -> str:
        return (
            f'<article class="complaint-entry" data-id="{post.external_id}">'
            f'<h2><a class="complaint-link" href="{_root(request)}/{post.external_id}">'
            f"{html.escape(_title(post))}</a></h2>"
            f"<p>{html.escape(post.text[:140])}…</p>{_time(post)}"
            f'<span class="complaint-status">{self._status(post)}</span></article>'
        )

    async def _complaint(self, request: Request) -> Response:
        post = self._state.post("complaints", request.path_params["id"])
        if post is None or post.kind != "complaint":
            return _page("Página não encontrada", "<h1>Página não encontrada</h1>", 404)
        if post.deleted_at is not None:
            return _page("Reclamação removida", "<h1>Esta reclamação foi removida</h1>", 410)
        thread = self._state.posts("complaints", thread=post.thread, newest_first=False, limit=500)
        words = "".join(_word(one) for one in thread if one.id != post.id)
        body = (
            f'<article class="complaint" data-id="{post.external_id}"><h1 class="complaint-title">'
            f'{html.escape(_title(post))}</h1><p><span class="complaint-author">{html.escape(post.person.name)}</span> '
            f'<span class="complaint-place">{html.escape(_place(post))}</span> {_time(post)} '
            f'<span class="complaint-status">{self._status(post)}</span></p>'
            f'<div class="complaint-text">{_paragraphs(post.text)}{_pictures(post)}</div></article>'
            f'<div class="interactions">{words}</div>{self._evaluation(post)}'
            f'<form method="post" action="{_root(request)}/{post.external_id}/answer"><h2>Responder como empresa</h2>'
            '<label>Código da empresa <input name="token" type="password" required></label>'
            '<textarea name="text" rows="5" required></textarea><button>Publicar resposta</button></form>'
        )
        return self._answered(request, _page(_title(post), body), thread)

    async def _answer(self, request: Request) -> Response:
        """What a person does who answers for the company by hand."""
        try:
            fields = await fields_of(request)
        except BadBodyError:
            return _page("Pedido inválido", "<h1>Pedido inválido</h1>", 400)
        if fields.get("token") != credentials.COMPLAINTS_COMPANY_TOKEN:
            return _page("Acesso negado", "<h1>O código da empresa não confere</h1>", 403)
        text = fields.get("text", "").strip()
        if not 0 < len(text) <= TEXT_LIMIT:
            return _page("Resposta inválida", f"<h1>Escreva de 1 a {TEXT_LIMIT} caracteres</h1>", 422)
        post = self._state.post("complaints", request.path_params["id"])
        if post is None or post.kind != "complaint" or post.deleted_at is not None:
            return _page("Página não encontrada", "<h1>Página não encontrada</h1>", 404)
        answer = self._state.answer("complaints", text, parent=post.external_id, thread=post.thread, kind="answer")
        return RedirectResponse(f"{_root(request)}/{post.external_id}#{answer.external_id}", 303)

    def _status(self, post: Post) -> str:
        ticket = self._state.ticket(post.thread)
        return STATUS.get(ticket.status, "Respondida") if ticket else STATUS[NOT_ANSWERED]

    def _evaluation(self, post: Post) -> str:
        ticket: Ticket | None = self._state.ticket(post.thread)
        if ticket is None or ticket.grade is None:
            return ""
        solved = "Resolvida" if ticket.resolved else "Não resolvida"
        return f'<p class="evaluation">Nota <b class="grade">{ticket.grade}</b>, <span>{solved}</span></p>'

    def _answered(self, request: Request, page: Response, posts: Sequence[Post]) -> Response:
        """With ETag and Last-Modified; 304 for a reader who holds this very page."""
        page.headers["etag"] = etag = f'"{hashlib.blake2b(bytes(page.body), digest_size=12).hexdigest()}"'
        newest = max((post.edited_at or post.posted_at for post in posts), default=None)
        unchanged = etag in request.headers.get("if-none-match", "")
        if newest is not None:
            page.headers["last-modified"] = format_datetime(newest, usegmt=True)
            since = request.headers.get("if-modified-since")
            if since and "if-none-match" not in request.headers:
                try:
                    unchanged = newest.replace(microsecond=0) <= parsedate_to_datetime(since)
                except (ValueError, TypeError):
                    unchanged = False
        if not unchanged:
            return page
        kept = {name: page.headers[name] for name in ("etag", "last-modified") if name in page.headers}
        return Response(status_code=304, headers=kept)


def _root(request: Request) -> str:
    return str(request.scope.get("root_path", ""))


def _page(title: str, body: str, status: int = 200) -> Response:
    text = (
        f'<!doctype html><html lang="pt-BR"><head><meta charset="utf-8"><title>{html.escape(title)}</title>'
        f"<style>{STYLE}</style></head><body>{body}</body></html>"
    )
    return Response(text, status, media_type="text/html; charset=utf-8")


def _word(post: Post) -> str:
    """An answer of the company, or a later word of the complainer."""
    name = html.escape(post.person.name)
    if post.person.is_brand:
        return (
            f'<section class="company-answer" id="{post.external_id}"><h3>Resposta de '
            f'<span class="answer-author">{name}</span></h3>{_time(post, "answer-date")}'
            f'<div class="answer-text">{_paragraphs(post.text)}</div></section>'
        )
    return (
        f'<section class="consumer-reply" id="{post.external_id}"><h3>Réplica de <span class="reply-author">{name}'
        f'</span></h3>{_time(post, "reply-date")}<div class="reply-text">{_paragraphs(post.text)}</div></section>'
    )


def _title(post: Post) -> str:
    return post.extra.get("title") or post.text.partition("\n")[0][:80]


def _place(post: Post) -> str:
    return " - ".join(post.extra[name] for name in ("city", "state") if name in post.extra)


def _time(post: Post, css: str = "complaint-date") -> str:
    """Without a zone, as such sites write it; everybody knows that it is Brasília's time."""
    return f'<time class="{css}">{post.posted_at.astimezone(ZONE):%d/%m/%Y %H:%M}</time>'


def _paragraphs(text: str) -> str:
    parts = text.replace("\r\n", "\n").split("\n\n")
    return "".join(f"<p>{html.escape(part.strip()).replace(chr(10), '<br>')}</p>" for part in parts if part.strip())


def _pictures(post: Post) -> str:
    return "".join(f'<img alt="" src="{html.escape(url)}">' for url in post.extra.get("pictures", "").split())
