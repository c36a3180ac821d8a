"""The inbox behind a port of this machine, beside whatever else the process does, until somebody asks it to stop."""

import os
import signal
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from types import FrameType

import uvicorn
from starlette.types import ASGIApp

from errors import SettingsError


class WebServer:
    """Serves an application from a thread of its own; port 0 takes a free one."""

    def __init__(self, host: str, port: int) -> None:
        """Takes the port at once, so that its URL is known before the application is built.

        Raises SettingsError when the port is taken.
        """
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._socket = socket.socket(family, socket.SOCK_STREAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            self._socket.bind((host, port))
        except OSError as error:
            self._socket.close()
            raise SettingsError(
                f"the inbox cannot listen on {host}:{port} ({error.strerror}): choose another with --port"
            ) from None
        self.port: int = self._socket.getsockname()[1]
        self.url = f"http://{f'[{host}]' if ':' in host else host}:{self.port}"
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None

    def start(self, app: ASGIApp) -> None:
        """Serve from now on."""
        self._socket.listen(128)
        # An open stream of events would hold back the stop for ever without a limit.
        config = uvicorn.Config(
            app,
            log_config=None,
            log_level="warning",
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=1,
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, args=([self._socket],), name="inbox", daemon=True)
        self._thread.start()

    def ask_to_stop(self) -> None:
        """Begin nothing more; returns at once."""
        if self._server is not None:
            self._server.should_exit = True

    def stop(self, timeout: timedelta = timedelta(seconds=5)) -> bool:
        """Let what is in flight finish; False when something did not within `timeout`."""
        self.ask_to_stop()
        if self._thread is not None:
            self._thread.join(max(timeout.total_seconds(), 0))
            if self._thread.is_alive():
                return False
        self._socket.close()
        return True

    def wait_until_serving(self, timeout: timedelta = timedelta(seconds=10)) -> bool:
        """Whether requests are answered; connections made before that wait."""
        until = time.monotonic() + timeout.total_seconds()
        while time.monotonic() < until:
            if self._server is not None and self._server.started:
                return True
            if self._thread is None or not self._thread.is_alive():
                return False
            time.sleep(0.02)
        return False


@contextmanager
def asked_to_stop() -> Iterator[threading.Event]:
    """An event that SIGTERM or Ctrl-C sets; a second one ends the process at once."""
    stopped = threading.Event()

    def ask(number: int, _frame: FrameType | None) -> None:
        if stopped.is_set():
            os._exit(128 + number)
        stopped.set()

    before = {number: signal.signal(number, ask) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield stopped
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
