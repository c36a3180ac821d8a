"""The sandbox's end of a client's connection: silent in the logs, and there for a fault to cut."""

import logging
import socket
import struct
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

_silent = logging.getLogger("sandbox.connections")
_silent.setLevel(logging.CRITICAL)


class ClientConnection(H11Protocol):
    """Keeps to itself what uvicorn would log, such as an answer that a fault cut short.

    uvicorn's own loggers belong to every server of the process: quieting those would silence the inbox too.
    """

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.logger = _silent
        self.access_log = False
        self.answered = 0  # requests that this connection has carried to their end
        # Whoever serves a request finds its connection in the request's scope, under "state".
        self.app_state = {**self.app_state, "connection": self}

    def on_response_complete(self) -> None:
        self.answered += 1
        super().on_response_complete()

    def hang_up(self) -> None:
        """Sends what was written and ends the connection: the client reads its end where more was due."""
        self.transport.close()

    def reset(self) -> None:
        """Breaks the connection off: the client reads "connection reset", and nothing that was not yet sent."""
        open_socket = self.transport.get_extra_info("socket")
        if open_socket is not None:
            open_socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.transport.abort()
