"""What keeps one HTTP exchange within bounds: a deadline over the whole of it, and a limit on the decoded body."""

import re
import ssl
import threading
import time
import weakref
import zlib
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any, cast

import httpcore
import httpx


class UnusableAnswerError(Exception):
    """An answer came that cannot be used: too big, not decodable, not the format that was due."""


class Deadline(threading.local):
    """The moment by which the exchange that runs in this thread must be over."""

    until: float = float("inf")  # on the monotonic clock: a network knows no virtual time

    def start(self, seconds: float) -> None:
        """Give the exchange that begins now this long."""
        self.until = time.monotonic() + seconds

    def clip(self, timeout: float | None) -> float:
        """The shorter of a time-out and what the deadline leaves."""
        left = self.until - time.monotonic()
        return left if timeout is None else min(timeout, left)


class _DeadlineStream(httpcore.NetworkStream):
    """A stream whose every read and write ends with the deadline.

    A time-out alone bounds one read: a server that sends a byte a second would keep us for ever.
    """

    def __init__(self, inner: httpcore.NetworkStream, deadline: Deadline) -> None:
        self._inner = inner
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        timeout = self._deadline.clip(timeout)
        if timeout <= 0:
            raise httpcore.ReadTimeout("the answer did not end in time")
        return self._inner.read(max_bytes, timeout)

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        timeout = self._deadline.clip(timeout)
        if timeout <= 0:
            raise httpcore.WriteTimeout("the request could not be sent in time")
        self._inner.write(buffer, timeout)

    def close(self) -> None:
        self._inner.close()

    def start_tls(self, ssl_context: Any, server_hostname: str | None = None, timeout: float | None = None) -> Any:
        timeout = self._deadline.clip(timeout)
        if timeout <= 0:
            raise httpcore.ConnectTimeout("the connection did not open in time")
        return _DeadlineStream(self._inner.start_tls(ssl_context, server_hostname, timeout), self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


class DeadlineBackend(httpcore.NetworkBackend):
    """Opens connections whose exchanges end with the deadline."""

    def __init__(self, deadline: Deadline) -> None:
        self._inner = httpcore.SyncBackend()
        self._deadline = deadline

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        timeout = self._deadline.clip(timeout)
        if timeout <= 0:
            raise httpcore.ConnectTimeout("the connection did not open in time")
        stream = self._inner.connect_tcp(host, port, timeout, local_address, socket_options)
        return _DeadlineStream(stream, self._deadline)


@cache
def _certificates() -> ssl.SSLContext:
    """One for all clients: reading the certificates takes longer than a request."""
    return httpx.create_ssl_context()


# An address that httpx would send as it stands: nothing to escape, no port to leave out, no dots to resolve.
_PLAIN = re.compile(
    r"(https?)://((?:[a-z0-9-]{1,63}+\.)*+[a-z0-9-]{1,63}+)(?::(?!(?:80|443)(?!\d))([1-9]\d{0,3}|[1-5]\d{4}|6[0-4]\d{3}))?"
    r"((?!.*/\.)/(?:[\w.~!$&()*+,;=:@/?-]|%[0-9A-F]{2})*+)?",
    re.ASCII,
)
_FAULTS = (
    *(httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError),
    *(httpcore.ProxyError, httpcore.UnsupportedProtocol),
)


def timeouts(seconds: float) -> dict[str, float]:
    """What a request says about how long one wait may take; opening a connection never takes long."""
    return httpx.Timeout(seconds, connect=min(seconds, 10.0)).as_dict()  # type: ignore[return-value]


class BoundedTransport:
    """Carries requests over connections that are kept, follows nothing, retries nothing and keeps to the deadline.

    Proxies from the environment are honoured, as the clients that other channels use honour them.
    """

    def __init__(self, deadline: Deadline) -> None:
        self._client = httpx.Client(verify=_certificates())
        backend = DeadlineBackend(deadline)
        # httpx has no parameter for the backend; a test with a dripping server fails if these attributes ever move.
        for transport in (self._client._transport, *self._client._mounts.values()):
            if isinstance(transport, httpx.HTTPTransport):
                transport._pool._network_backend = backend
        # A channel's client lives as long as its process; where it does not, its connections go with it.
        weakref.finalize(self, self._client.close).atexit = False

    def exchange(self, request: httpx.Request, limit: int) -> tuple[int, httpx.Headers, bytes]:
        """The status, the headers, and the body as `decoded` gives it.

        Past httpx's own client, whose cookies, redirects and hooks cost as much as the exchange and are never wanted:
        so nothing that one page sets is told to the next.
        """
        response = self._client._transport_for_url(request.url).handle_request(request)
        stream = cast(httpx.SyncByteStream, response.stream)
        try:
            return response.status_code, response.headers, _decoded(stream, response.headers, limit)
        finally:
            stream.close()

    def get(
        self, url: str, headers: Iterable[tuple[str, str]], waits: dict[str, float], limit: int
    ) -> tuple[int, httpx.Headers, bytes] | None:
        """The same for a GET of an address that needs no mending, in half the time; None for any other address."""
        plain = None if self._client._mounts else _PLAIN.fullmatch(url)
        transport = self._client._transport
        if plain is None or not isinstance(transport, httpx.HTTPTransport):
            return None
        scheme, host, port, target = plain.groups()
        told = [(b"Host", f"{host}:{port}".encode() if port else host.encode())]
        told += [(name.encode("ascii"), value.encode("ascii")) for name, value in headers]
        address = httpcore.URL(scheme=scheme, host=host, port=int(port) if port else None, target=target or "/")
        asked = httpcore.Request("GET", address, headers=told, extensions={"timeout": waits})
        try:
            response = transport._pool.handle_request(asked)
            try:
                found = httpx.Headers(response.headers)
                return response.status, found, _decoded(cast(Iterable[bytes], response.stream), found, limit)
            finally:
                response.close()
        except _FAULTS as error:
            # httpx calls its faults by the same names.
            raise getattr(httpx, type(error).__name__, httpx.TransportError)(str(error)) from error

    def close(self) -> None:
        """Let go of the connections."""
        self._client.close()


def _decoded(chunks: Iterable[bytes], headers: httpx.Headers, limit: int) -> bytes:
    return decoded(chunks, headers.get("Content-Encoding", ""), limit)


def decoded(chunks: Iterable[bytes], encoding: str, limit: int) -> bytes:
    """The body, taken out of its content encoding, at no moment larger than `limit` bytes."""
    match encoding.strip().lower():
        case "" | "identity":
            pieces = iter(chunks)
        case "gzip" | "x-gzip":
            pieces = _inflated(chunks, zlib.MAX_WBITS | 16, limit)
        case "deflate":
            pieces = _inflated(chunks, zlib.MAX_WBITS, limit)
        case other:
            raise UnusableAnswerError(f"the body is encoded as {other[:40]!r}, which was not asked for")
    body = bytearray()
    for piece in pieces:
        body += piece
        if len(body) > limit:
            raise UnusableAnswerError(f"the body is larger than {limit} bytes")
    return bytes(body)


def _inflated(chunks: Iterable[bytes], wbits: int, limit: int) -> Iterator[bytes]:
    """Inflate in steps of `limit` bytes at most, so that a small bomb never unfolds in memory."""
    inflater = zlib.decompressobj(wbits)
    begun = False
    try:
        for chunk in chunks:
            pending = chunk
            while pending:
                if inflater.eof:  # a further member of the same gzip file
                    inflater = zlib.decompressobj(wbits)
                piece = inflater.decompress(pending, limit + 1)
                begun = True
                yield piece
                pending = inflater.unconsumed_tail or inflater.unused_data
    except zlib.error as error:
        raise UnusableAnswerError(f"the body cannot be decompressed: {error}") from error
    if begun and not inflater.eof:
        raise UnusableAnswerError("the compressed body ends too early")
