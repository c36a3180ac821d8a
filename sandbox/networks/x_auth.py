"""Who calls the X API, by bearer token, OAuth 1.0a or an OAuth 2 user token, and how often they may."""

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Final
from urllib.parse import parse_qsl, quote, unquote

from starlette.requests import Request

from sandbox import credentials
from sandbox.networks.wire import bearer

PARAMETER = re.compile(r'(\w+)="([^"]*)"')
# A client signs the address that it means to call; a proxy on the way may have changed the host and the prefix.
HOSTS = ("https://api.twitter.com", "https://api.x.com")


class Caller(StrEnum):
    APP = "app"
    ACCOUNT = "account"


QUARTER: Final = 15 * 60  # seconds
# Calls a quarter of an hour for the app and for the account; None is not allowed at all.
# docs.x.com/x-api/fundamentals/rate-limits, read 2026-11.
LIMITS: Mapping[str, Mapping[Caller, int | None]] = {
    "me": {Caller.APP: None, Caller.ACCOUNT: 75},
    "by_username": {Caller.APP: 300, Caller.ACCOUNT: 900},
    "mentions": {Caller.APP: 450, Caller.ACCOUNT: 300},
    "timeline": {Caller.APP: 1500, Caller.ACCOUNT: 900},
    "search": {Caller.APP: 450, Caller.ACCOUNT: 300},
    "tweets": {Caller.APP: 3500, Caller.ACCOUNT: 5000},
    "create": {Caller.APP: None, Caller.ACCOUNT: 100},
}


def caller_of(request: Request, path: str) -> Caller | None:
    """None when the credentials are missing or wrong; `path` is the API's own, without our prefix."""
    token = bearer(request)
    if token == credentials.X_BEARER_TOKEN:
        return Caller.APP
    if token == credentials.X_USER_TOKEN:
        return Caller.ACCOUNT
    header = request.headers.get("authorization", "")
    if header.lower().startswith("oauth ") and _is_signed(request, path, header):
        return Caller.ACCOUNT
    return None


def _is_signed(request: Request, path: str, header: str) -> bool:
    """RFC 5849 with HMAC-SHA1, as docs.x.com/fundamentals/authentication/oauth-1-0a asks (read 2026-11)."""
    given = {name: unquote(value) for name, value in PARAMETER.findall(header)}
    if (given.get("oauth_consumer_key"), given.get("oauth_token")) != (
        credentials.X_CONSUMER_KEY,
        credentials.X_ACCESS_TOKEN,
    ):
        return False
    signature = given.pop("oauth_signature", "")
    given.pop("realm", None)
    query = parse_qsl(request.scope["query_string"].decode("latin-1"), keep_blank_values=True)
    pairs = sorted((_quoted(name), _quoted(value)) for name, value in [*query, *given.items()])
    parameters = "&".join(f"{name}={value}" for name, value in pairs)
    key = f"{_quoted(credentials.X_CONSUMER_SECRET)}&{_quoted(credentials.X_ACCESS_TOKEN_SECRET)}".encode()
    for address in (*(host + path for host in HOSTS), str(request.url).partition("?")[0]):
        base = f"{request.method}&{_quoted(address)}&{_quoted(parameters)}"
        expected = base64.b64encode(hmac.new(key, base.encode(), hashlib.sha1).digest()).decode()
        if hmac.compare_digest(expected, signature):
            return True
    return False


def _quoted(text: str) -> str:
    return quote(text, safe="~")
