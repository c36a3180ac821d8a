"""All five networks and the public timelines behind one port of loopback."""

import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass
from email.utils import format_datetime

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from errors import SettingsError
from sandbox.connection import ClientConnection
from sandbox.faults import FaultPlan
from sandbox.faults.requests import Asked
from sandbox.networks.complaints import ComplaintSite, robots
from sandbox.networks.mastodon import MastodonNetwork
from sandbox.networks.reclame_aqui import ReclameAquiNetwork
from sandbox.networks.reddit import RedditNetwork
from sandbox.networks.x import XNetwork
from sandbox.pages import page_routes
from sandbox.sample import sample_environment, sample_settings
from sandbox.state import NETWORKS, State

__all__ = ["DROPPED", "Faults", "SandboxServer", "build_app", "sample_environment", "sample_settings"]

# What a fault answers to have the connection cut in the middle of the answer.
DROPPED = Response(b"cut", 200)
Fault = Callable[[str, str, str], Response | None]


@dataclass(frozen=True)
class Faults:
    """Misbehaviour on demand, asked with (network, method, path); None lets the request pass.

    `before` answers in place of the network, which then never hears of the request; `after` replaces the answer of
    a request that the network has carried out and committed.
    """

    before: Fault | None = None
    after: Fault | None = None


def build_app(state: State, faults: Faults | FaultPlan | None = None) -> Starlette:
    """One application: `/x`, `/reddit`, `/mastodon`, `/reclame_aqui`, `/complaints`, and the timelines at `/`."""
    given = faults or Faults()
    return _app(state, lambda: given)


def _app(state: State, faults: Callable[[], Faults | FaultPlan]) -> Starlette:
    for name in NETWORKS:
        state.brand(name)  # the brand has its accounts before anybody speaks of it
    networks = {
        "x": XNetwork(state).routes(),
        "reddit": RedditNetwork(state).routes(),
        "mastodon": MastodonNetwork(state).routes(),
        "reclame_aqui": ReclameAquiNetwork(state).routes(),
        "complaints": ComplaintSite(state).routes(),
    }

    def front(name: str, own: list[Route]) -> _Front:
        return _Front(_app_of(name, own), state, name, faults)

    mounts = [Mount(f"/{name}", app=front(name, own)) for name, own in networks.items()]
    # A robot looks for a site's rules at the root of its host.
    rules = Route("/robots.txt", front("complaints", [Route("/robots.txt", robots)]))
    # The pages come first: behind the mounts, a thread's page at /{network}/t/{thread} would never be reached.
    return Starlette(routes=[rules, *page_routes(state), *mounts])


def _app_of(name: str, routes: list[Route]) -> Starlette:
    async def not_found(request: Request, error: Exception) -> Response:
        return Response(NOT_FOUND[name], 404, media_type="text/html" if name == "complaints" else "application/json")

    return Starlette(routes=routes, exception_handlers={404: not_found})


NOT_FOUND = {
    "x": '{"title":"Not Found","detail":"Not Found","type":"about:blank","status":404}',
    "reddit": '{"message":"Not Found","error":404}',
    "mastodon": '{"error":"The page you were looking for doesn\'t exist (404)"}',
    "reclame_aqui": '{"code":4040,"message":"Not found","success":false}',
    "complaints": "<!doctype html><title>Página não encontrada</title><h1>Página não encontrada</h1>",
}


class _Front:
    """Before each network: the faults, and the date of the sandbox's own clock on every answer.

    Clients compare the date with the time at which a rate window turns, so both must come from one clock.
    """

    def __init__(self, app: ASGIApp, state: State, network: str, faults: Callable[[], Faults | FaultPlan]) -> None:
        self._app = app
        self._state = state
        self._network = network
        self._faults = faults

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        asked = (self._network, scope["method"], scope["path"].removeprefix(scope.get("root_path", "")))

        async def send_dated(message: Message) -> None:
            if message["type"] == "http.response.start":
                date = format_datetime(self._state.clock.now(), usegmt=True)
                if not any(name == b"date" for name, _ in message["headers"]):
                    message["headers"] = [*message["headers"], (b"date", date.encode())]
            await send(message)

        faults = self._faults()
        if isinstance(faults, FaultPlan):
            request = Asked(*asked, scope["query_string"].decode("latin-1"))
            await faults.serve(self._app, request, scope, receive, send_dated)
            return
        fault = faults.before(*asked) if faults.before else None
        kept: list[Message] = []
        if fault is None and faults.after is None:
            await self._app(scope, receive, send_dated)
            return
        if fault is None:

            async def keep(message: Message) -> None:
                kept.append(message)

            await self._app(scope, receive, keep)
            fault = faults.after(*asked) if faults.after else None
        if fault is DROPPED:
            # The announced body never comes, so the server has to cut the connection.
            start = {"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"3")]}
            await send_dated(start)
        elif fault is not None:
            await fault(scope, receive, send_dated)
        else:
            for message in kept:
                await send_dated(message)


class SandboxServer:
    """The sandbox on 127.0.0.1, served from a thread of its own; port 0 takes a free one.

    `faults` may be replaced at any time: requests that come later meet the new ones.
    """

    def __init__(self, state: State, port: int = 0, faults: Faults | FaultPlan | None = None) -> None:
        self.faults = faults or Faults()
        # The date header comes from the sandbox's clock, so uvicorn's own is off. Clients keep connections for
        # reuse: one closed under a client's feet would look like an answer that got lost.
        config = uvicorn.Config(
            _app(state, lambda: self.faults),
            http=ClientConnection,
            log_config=None,
            log_level=None,
            date_header=False,
            server_header=False,
            lifespan="off",
            ws="none",
            timeout_keep_alive=600,
            timeout_graceful_shutdown=2,
        )
        self._server = uvicorn.Server(config)
        self._port = port
        self._thread: threading.Thread | None = None

    def start(self) -> str:
        """Serves from now on; returns the base URL. Raises SettingsError when the port is taken."""
        # asyncio sends without delay on sockets that say that they are TCP, and only on those: 40 ms an answer.
        listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind(("127.0.0.1", self._port))
        except OSError as error:
            listening.close()
            raise SettingsError(
                f"the sandbox cannot listen on 127.0.0.1:{self._port} ({error.strerror}): choose another --port"
            ) from error
        listening.listen(128)
        port: int = listening.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, args=(listening,), name="sandbox", daemon=True)
        self._thread.start()
        return f"http://127.0.0.1:{port}"

    def stop(self) -> None:
        """Finishes what is in flight; does nothing when it was never started."""
        if self._thread is not None:
            self._server.should_exit = True
            self._thread.join(timeout=5)
            self._thread = None

    def _serve(self, listening: socket.socket) -> None:
        # Connections that come before the server is up wait in the socket's queue.
        with listening:
            self._server.run(sockets=[listening])
