"""A browser without a screen: keeps cookies, sends what a browser sends, and can leave any of it out."""

import asyncio
import re
from collections.abc import Mapping, Sequence
from typing import Any

import httpx
from fastapi import FastAPI

HOME = "http://127.0.0.1:8080"
Form = Mapping[str, str | Sequence[str]]


class Visit:
    """One visitor of one inbox."""

    def __init__(self, app: FastAPI, *, language: str = "en") -> None:
        self.app = app
        self.cookies = httpx.Cookies()
        self.headers = {"accept-language": language}

    def get(self, path: str, **headers: str) -> httpx.Response:
        """Open a page."""
        return self._send("GET", path, headers=headers)

    def post(
        self,
        path: str,
        form: Form | None = None,
        *,
        drop: Sequence[str] = (),
        content: bytes | None = None,
        **headers: str,
    ) -> httpx.Response:
        """Send a form as the page that holds it would; `drop` leaves out a header or the token."""
        sent = {"origin": HOME, "sec-fetch-site": "same-origin", **{k.replace("_", "-"): v for k, v in headers.items()}}
        data = {**({} if "token" in drop else {"token": self.token()}), **(form or {})}
        sent = {name: value for name, value in sent.items() if name not in drop}
        if content is not None:
            return self._send("POST", path, headers=sent, content=content)
        return self._send("POST", path, headers=sent, data=data)

    def token(self) -> str:
        """The token of this session, as any page carries it."""
        found = re.search(r'name="token" value="([^"]+)"', self.get("/").text)
        assert found is not None
        return found[1]

    def say_name(self, name: str = "Ana") -> "Visit":
        """Answer the question that is asked once."""
        assert self.post("/name", {"name": name, "back": "/"}).status_code == 303
        return self

    def _send(self, method: str, path: str, **sent: Any) -> httpx.Response:
        async def once() -> httpx.Response:
            transport = httpx.ASGITransport(app=self.app, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url=HOME, cookies=self.cookies) as client:
                sent["headers"] = {**self.headers, **sent.get("headers", {})}
                response = await client.request(method, path, **sent)
                self.cookies = client.cookies
                return response

        return asyncio.run(once())
