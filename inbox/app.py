"""Put the pages together and serve them on this machine alone."""

import logging
from pathlib import Path
from typing import Annotated

import django_htmx
import uvicorn
from fastapi import FastAPI, Form
from fastapi.exceptions import RequestValidationError
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.staticfiles import StaticFiles

from channels.connection import Clock
from classifier.base import Classifier
from database.engine import reading
from errors import OuvidorError, SettingsError
from inbox import (
    case_actions,
    case_pages,
    classifier_pages,
    correction_pages,
    live,
    mention_pages,
    number_pages,
    queue_pages,
    reply_actions,
    source_pages,
    stop_pages,
    template_insert,
    template_pages,
)
from inbox.desk import Desk, back_to, is_htmx
from inbox.guard import SECURITY_HEADERS, Guard
from inbox.heading import Heading, heading
from inbox.problems import problem_text, status_of
from inbox.views import Views
from inbox.visitor import Visitors, WrongInputError
from settings import Settings

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
HTMX = Path(django_htmx.__file__).parent / "static" / "django_htmx"
# The names changed between releases: the release is pinned, and a test looks for the files.
HTMX_FILES = ("htmx-2.min.js", "ext/hx-sse-2.min.js")
_PAGES = (
    queue_pages,
    mention_pages,
    correction_pages,
    case_pages,
    reply_actions,
    template_insert,
    case_actions,
    template_pages,
    source_pages,
    number_pages,
    classifier_pages,
    stop_pages,
    live,
)
_STOP_AFTER = 2  # seconds that open streams and requests get when we stop


def build_inbox(
    engine: Engine, settings: Settings, clock: Clock, *, classifier: Classifier | None = None, posting_label: str = ""
) -> FastAPI:
    """The pages over a migrated database.

    `classifier` gives the reasons of its verdicts, if it can; `posting_label` says where replies go when it is not the
    real network.
    """
    visitors = Visitors(settings.language)
    desk = Desk(engine, settings, clock, Views(settings, clock, posting_label), visitors, classifier)
    app = FastAPI(title="Ouvidor", openapi_url=None, docs_url=None, redoc_url=None)
    app.state.stopping = lambda: False
    for pages in _PAGES:
        app.router.routes.extend(
            pages.routes(desk).routes
        )  # including the router would build every route a second time
    _add_visitor_forms(app, desk)
    app.mount("/static/htmx", StaticFiles(directory=HTMX), name="htmx")
    app.mount("/static", StaticFiles(directory=Path(__file__).parent / "static"), name="static")

    def problem(request: Request, error: Exception) -> Response:
        return _problem_page(desk, request, error)

    def unexpected(request: Request, error: Exception) -> Response:
        # It is answered outside the guard, which would have added these; the server logs the error itself.
        response = problem(request, error)
        response.headers.update({**SECURITY_HEADERS, "cache-control": "no-store"})
        return response

    for kind in (OuvidorError, HTTPException, RequestValidationError):
        app.add_exception_handler(kind, problem)
    app.add_exception_handler(Exception, unexpected)
    app.add_middleware(Guard, visitors=visitors)
    return app


def inbox_server(app: FastAPI, host: str, port: int) -> uvicorn.Server:
    """A server to run in this thread or another; SettingsError for an address that others can reach.

    Whoever runs it in another thread stops it by `should_exit`; open streams end with it.
    """
    if host not in LOOPBACK:
        raise SettingsError(
            f"inbox.host = {host!r}: until there are users, the inbox listens on 127.0.0.1, ::1 or localhost only"
        )
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        log_config=None,
        log_level=logging.WARNING,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=_STOP_AFTER,
        ws="none",
    )
    server = uvicorn.Server(config)
    app.state.stopping = lambda: server.should_exit
    return server


def serve(app: FastAPI, host: str, port: int) -> None:
    """Serve until a signal asks to stop."""
    inbox_server(app, host, port).run()


def _add_visitor_forms(app: FastAPI, desk: Desk) -> None:
    @app.post("/name")
    def remember_name(
        request: Request, name: Annotated[str, Form()] = "", back: Annotated[str, Form()] = "/"
    ) -> Response:
        response = back_to(back)
        desk.visitors.remember_name(request, response, name)
        return response

    @app.post("/language")
    def remember_language(
        request: Request, language: Annotated[str, Form()] = "", back: Annotated[str, Form()] = "/"
    ) -> Response:
        response = back_to(back)
        desk.visitors.remember_language(request, response, language)
        return response


def _problem_page(desk: Desk, request: Request, error: Exception) -> Response:
    if isinstance(error, RequestValidationError):
        places = sorted({str(problem["loc"][-1]) for problem in error.errors()})
        error = WrongInputError(", ".join(places)[:200])
    status = status_of(error)
    notice = problem_text(desk.views.texts(request), error)
    template = "notice.html" if is_htmx(request) else "problem.html"
    above = None if is_htmx(request) else _heading(desk)
    return desk.views.page(request, template, status=status, heading=above, notice=notice)


def _heading(desk: Desk) -> Heading | None:
    """What stands above a page that tells what went wrong; without it where the database itself is at fault."""
    try:
        with reading(desk.engine) as session:
            return heading(session)
    except SQLAlchemyError:
        return None
