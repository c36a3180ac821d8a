"""One exchange stays within bounds, and its outcome means what we say it means."""

import gzip
import re
import socket
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta

import httpx
import pytest
import requests
from pytest_httpserver import HTTPServer
from werkzeug import Response

from channels.http import (
    LONGEST_WAIT,
    MAX_BODY,
    BoundedClient,
    broken_posting,
    never_opened,
    parsed_json,
    posting_error,
    reading_error,
    retry_after,
    same_site,
    wait_asked,
)
from channels.requests_adapter import BoundedAdapter
from channels.transport import UnusableAnswerError, decoded
from errors import (
    ChannelError,
    NeedsAttentionError,
    OutcomeUnknownError,
    RateLimitedError,
    RejectedError,
    TryLaterError,
)
from tests.answers import StoppedClock

NOON = datetime(2026, 3, 10, 15, 0, tzinfo=UTC)


def a_client(url: str, *, deadline: float = 10) -> BoundedClient:
    return BoundedClient(url, timedelta(seconds=5), StoppedClock(NOON), deadline=timedelta(seconds=deadline))


@contextmanager
def a_raw_server(speak: Callable[[socket.socket], None]) -> Iterator[str]:
    """A server that says exactly what a test wants, once."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            try:
                connection, _ = listening.accept()
                with connection:
                    connection.recv(65_536)
                    speak(connection)
            except OSError:
                return  # the client hung up, as it should

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        listening.close()
        thread.join(5)


def _drip(head: bytes) -> Callable[[socket.socket], None]:
    def speak(connection: socket.socket) -> None:
        connection.sendall(head)
        for _ in range(200):
            connection.sendall(b"a")
            time.sleep(0.05)

    return speak


@pytest.mark.parametrize(
    "head",
    [b"HTTP/1.1 200 OK\r\nX-Long: ", b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", b""],
    ids=["headers", "body", "status line"],
)
def test_a_server_that_drips_for_ever_is_left_at_the_deadline(head: bytes) -> None:
    with a_raw_server(_drip(head)) as url:
        began = time.monotonic()
        with pytest.raises(TryLaterError):
            a_client(url, deadline=0.4).read("/", about="the page")
        assert time.monotonic() - began < 3


def test_the_same_bounds_hold_for_libraries_built_on_requests() -> None:
    with a_raw_server(_drip(b"HTTP/1.1 200 OK\r\nX-Long: ")) as url, requests.Session() as session:
        adapter = BoundedAdapter(timedelta(seconds=5), StoppedClock(NOON), deadline=timedelta(seconds=0.4))
        session.mount("http://", adapter)
        with pytest.raises(requests.ReadTimeout):
            session.get(url)


def test_a_bomb_is_refused_without_being_unfolded(httpserver: HTTPServer) -> None:
    bomb = gzip.compress(b"\0" * 60_000_000)
    httpserver.expect_request("/").respond_with_response(Response(bomb, headers={"Content-Encoding": "gzip"}))
    with pytest.raises(TryLaterError, match="larger than"):
        a_client(httpserver.url_for("")).read("/", about="the page")
    pieces = list(decoded_pieces(bomb))
    assert max(pieces) <= MAX_BODY + 1


def decoded_pieces(body: bytes) -> Iterator[int]:
    """The size of what is held at each step."""
    from channels.transport import _inflated

    held = 0
    for piece in _inflated([body], zlib.MAX_WBITS | 16, MAX_BODY):
        held += len(piece)
        yield len(piece)
        if held > MAX_BODY:
            return


def test_a_body_of_exactly_the_limit_is_read() -> None:
    assert len(decoded([b"x" * 100, b"y" * 28], "", 128)) == 128
    with pytest.raises(UnusableAnswerError):
        decoded([b"x" * 129], "", 128)


@pytest.mark.parametrize("encoding", ["br", "zstd", "gzip, gzip"])
def test_an_encoding_that_nobody_asked_for_is_refused(encoding: str) -> None:
    with pytest.raises(UnusableAnswerError):
        decoded([b"whatever"], encoding, 128)


def test_two_members_of_one_gzip_body_are_one_text() -> None:
    assert decoded([gzip.compress(b"one ") + gzip.compress(b"two")], "gzip", 128) == b"one two"


def test_a_compressed_body_that_ends_early_is_unusable() -> None:
    with pytest.raises(UnusableAnswerError, match="too early"):
        decoded([gzip.compress(b"a long text that was cut" * 20)[:-12]], "gzip", 10_000)


def test_a_redirect_within_the_host_is_followed_and_one_beyond_is_not(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/old").respond_with_data("", 302, {"Location": "/new"})
    httpserver.expect_request("/new").respond_with_data("here")
    httpserver.expect_request("/out").respond_with_data("", 302, {"Location": "http://127.0.0.2:9/x"})
    httpserver.expect_request("/round").respond_with_data("", 302, {"Location": "/round"})
    client = a_client(httpserver.url_for(""))
    assert client.read("/old", about="the page").body == b"here"
    with pytest.raises(NeedsAttentionError, match=r"127\.0\.0\.2"):
        client.read("/out", about="the page")
    with pytest.raises(NeedsAttentionError, match="circles"):
        client.read("/round", about="the page")


def test_a_base_url_keeps_its_path(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/gate/way/item").respond_with_data("here")
    assert a_client(httpserver.url_for("/gate/way/")).read("/item", about="it").body == b"here"


@pytest.mark.parametrize("status", [302, 307, 500, 502, 503, 504, 408, 204 + 100])
def test_after_posting_only_a_clear_refusal_means_that_nothing_was_published(status: int) -> None:
    assert isinstance(posting_error(status, {}, NOON, "it"), OutcomeUnknownError)


@pytest.mark.parametrize(
    ("status", "reading", "posting"),
    [
        (401, NeedsAttentionError, NeedsAttentionError),
        (402, NeedsAttentionError, NeedsAttentionError),
        (403, NeedsAttentionError, NeedsAttentionError),
        (404, NeedsAttentionError, RejectedError),
        (409, NeedsAttentionError, RejectedError),
        (429, RateLimitedError, RateLimitedError),
        (503, TryLaterError, OutcomeUnknownError),
    ],
)
def test_a_status_says_what_to_do_next(status: int, reading: type[ChannelError], posting: type[ChannelError]) -> None:
    assert type(reading_error(status, {}, NOON, "it")) is reading
    assert type(posting_error(status, {}, NOON, "it")) is posting


def test_a_post_is_sent_once_and_its_redirect_is_not_followed(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/p", method="POST").respond_with_data("", 307, {"Location": "/p"})
    with pytest.raises(OutcomeUnknownError):
        a_client(httpserver.url_for("")).post("/p", about="it", json={})
    assert len(httpserver.log) == 1


def test_a_connection_that_never_opened_published_nothing() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}"
        with pytest.raises(TryLaterError):
            a_client(url).post("/p", about="it", json={})
        with requests.Session() as session:
            session.mount("http://", BoundedAdapter(timedelta(seconds=5), StoppedClock(NOON)))
            with pytest.raises(requests.ConnectionError) as caught:
                session.post(url)
            assert never_opened(caught.value)


def test_a_connection_that_broke_after_the_request_leaves_the_outcome_unknown() -> None:
    with a_raw_server(lambda connection: None) as url, pytest.raises(OutcomeUnknownError):
        a_client(url).post("/p", about="it", json={})
    assert isinstance(broken_posting(httpx.ReadError("reset"), "it"), OutcomeUnknownError)


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({"Retry-After": "42"}, timedelta(seconds=42)),
        ({"retry-after": "Tue, 10 Mar 2026 15:05:00 GMT"}, timedelta(minutes=5)),
        ({"x-rate-limit-reset": str(int(NOON.timestamp()) + 90)}, timedelta(seconds=90)),
        ({"X-RateLimit-Reset": "2026-03-10T15:02:00.123Z"}, timedelta(minutes=2, milliseconds=123)),
        ({"x-ratelimit-reset": "381.5"}, timedelta(seconds=381.5)),
        ({"Retry-After": "0"}, timedelta(seconds=1)),
        ({"Retry-After": "-5"}, timedelta(seconds=1)),
        ({"Retry-After": "99999999999999999999"}, LONGEST_WAIT),
        ({"Retry-After": "9" * 5000}, None),
        ({"Retry-After": "nan"}, None),
        ({"Retry-After": "inf"}, None),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "soon", "x-rate-limit-reset": "30"}, timedelta(seconds=30)),
        ({}, None),
    ],
)
def test_a_wait_is_read_in_every_form_and_kept_within_reason(headers: dict[str, str], wait: timedelta | None) -> None:
    assert retry_after(headers, NOON) == wait


def test_headers_ask_for_a_wait_only_when_nothing_is_left() -> None:
    assert wait_asked({"x-ratelimit-remaining": "988.0", "x-ratelimit-reset": "381"}, NOON) is None
    assert wait_asked({"x-ratelimit-remaining": "0.0", "x-ratelimit-reset": "381"}, NOON) == timedelta(seconds=381)
    assert wait_asked({"x-ratelimit-remaining": "?", "x-ratelimit-reset": "381"}, NOON) is None


@pytest.mark.parametrize("body", [b"", b"{", b"<html>", b"\xff\xfe\x00", b"[" * 200_000])
def test_what_is_no_json_is_unusable(body: bytes) -> None:
    with pytest.raises(UnusableAnswerError):
        parsed_json(body)


@pytest.mark.parametrize(
    ("ours", "theirs", "same"),
    [
        ("http://a.example/x", "https://a.example/y", True),
        ("https://a.example/x", "http://a.example/y", False),
        ("https://a.example", "https://b.example", False),
        ("http://a.example:1", "http://a.example:2", False),
        ("https://a.example", "javascript:alert(1)", False),
        ("https://a.example", "https://a.example@evil.example/", False),
    ],
)
def test_a_site_is_its_host_and_port(ours: str, theirs: str, same: bool) -> None:
    assert same_site(ours, theirs) is same


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/",
        "/a/b?c=d&e=%2C,f",
        "/a/../b",
        "/a b",
        "/%zz?q='x'",
        "/caf\u00e9?q=\u00e7",
        "/a?q=[1]",
        "/a#part",
        "/a%2fb",
    ],
)
def test_an_address_is_asked_for_as_httpx_would_ask(httpserver: HTTPServer, path: str) -> None:
    httpserver.expect_request(re.compile(".*")).respond_with_data("here")
    url = httpserver.url_for("").rstrip("/") + path
    with httpx.Client(trust_env=False) as plain:
        assert plain.get(url).text == "here"
    assert a_client(url).exchange("GET", url).body == b"here"
    theirs, ours = (request for request, _ in httpserver.log)
    assert ours.environ["REQUEST_URI"] == theirs.environ["REQUEST_URI"]
    assert ours.headers["Host"] == theirs.headers["Host"]


def test_a_connection_is_kept_for_the_next_request() -> None:
    opened: list[object] = []
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            with suppress(OSError):
                connection, _ = listening.accept()
                opened.append(connection)
                with connection:
                    while connection.recv(65_536):
                        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

        threading.Thread(target=serve, daemon=True).start()
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        client = a_client(url)
        for _ in range(3):
            assert client.read("/", about="the page").body == b"ok"
        assert client.post("/", about="the page", json={}).body == b"ok"
        client.close()
    assert len(opened) == 1
