"""Hints to open pages, and stopping while pages are open."""

import asyncio
import threading
import time

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import Engine

from inbox.app import HTMX, HTMX_FILES, inbox_server
from inbox.live import Pulse, hints
from tests.inbox.rows import a_stored_case
from tests.inbox.visit import Visit


def test_a_hint_comes_when_something_changed(engine: Engine, sources: dict[str, int]) -> None:
    async def listen() -> list[str]:
        stream = hints(Pulse(engine), lambda: False, every=0.6)
        first = await anext(stream)
        await asyncio.to_thread(a_stored_case, engine, sources["mastodon"])
        second = await anext(stream)
        await stream.aclose()  # type: ignore[attr-defined]  # an async generator
        return [first, second]

    first, second = asyncio.run(asyncio.wait_for(listen(), 30))
    assert "event: hello" in first
    assert second.startswith("event: changed\ndata: ")


def test_a_stream_ends_when_we_stop(engine: Engine) -> None:
    async def listen() -> int:
        return len([event async for event in hints(Pulse(engine), lambda: True, every=0.01)])

    assert asyncio.run(asyncio.wait_for(listen(), 30)) == 1


def test_an_open_stream_does_not_hold_back_the_stop(app: FastAPI, engine: Engine, sources: dict[str, int]) -> None:
    server = inbox_server(app, "127.0.0.1", 0)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            time.sleep(0.02)
        port = server.servers[0].sockets[0].getsockname()[1]
        with (
            httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=20) as client,
            client.stream("GET", "/events") as stream,
        ):
            assert stream.headers["content-type"].startswith("text/event-stream")
            lines = stream.iter_lines()
            assert "event: hello" in [next(lines) for _ in range(3)]
            a_stored_case(engine, sources["mastodon"])
            assert any(line == "event: changed" for line in lines)
            stopped_at = time.monotonic()
            server.should_exit = True
            thread.join(timeout=10)
        assert not thread.is_alive()
        assert time.monotonic() - stopped_at < 5
    finally:
        server.should_exit = True
        thread.join(timeout=10)


@pytest.mark.parametrize("file", HTMX_FILES)
def test_the_pinned_release_still_holds_the_scripts(visit: Visit, file: str) -> None:
    assert (HTMX / file).is_file()
    assert visit.get(f"/static/htmx/{file}").status_code == 200
    assert f"/static/htmx/{file}" in visit.get("/").text


def test_no_page_loads_anything_from_elsewhere(visit: Visit) -> None:
    html = visit.get("/").text
    assert 'src="http' not in html
    assert 'rel="stylesheet" href="/static/' in html
    assert "url(" not in visit.get("/static/inbox.css").text
    assert "@import" not in visit.get("/static/inbox.css").text
