"""What each platform says when it refuses or fails, in its own words."""

import html
import json
from collections.abc import Mapping

from sandbox.faults.exchange import Answer

_JSON = ("content-type", "application/json; charset=utf-8")
_HTML = ("content-type", "text/html; charset=utf-8")
_PHRASES = {
    500: "Internal Server Error",
    502: "Bad Gateway",
    503: "Service Temporarily Unavailable",
    504: "Gateway Time-out",
}
FAILURES = tuple(_PHRASES)


def as_json(body: object, status: int = 200) -> Answer:
    return Answer(status, (_JSON,), json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode())


def page(title: str, status: int = 200) -> Answer:
    """A whole page of HTML that says one thing."""
    title = html.escape(title)
    text = f"<!doctype html><html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>"
    return Answer(status, (_HTML,), text.encode())


def failed(status: int) -> Answer:
    """5xx as a gateway words it, in HTML whatever was asked for."""
    return page(f"{status} {_PHRASES[status]}", status)


def too_many(network: str, headers: Mapping[str, str]) -> Answer:
    """429 with these headers about the wait."""
    told = {
        "x": _on_x("Too Many Requests", "Too Many Requests", 429),
        "reddit": {"message": "Too Many Requests", "error": 429},
        "mastodon": {"error": "Too many requests"},
        "reclame_aqui": {"code": 4290, "message": "Limite de 10 requisições por minuto excedido", "success": False},
    }
    answer = as_json(told[network], 429) if network in told else page("Muitas requisições", 429)
    for name, value in headers.items():
        answer = answer.with_header(name, value)
    return answer


def unauthorized(network: str) -> Answer:
    """401 of a token that was revoked, or of credentials that no longer make one."""
    told = {
        "x": _on_x("Unauthorized", "Unauthorized", 401),
        "reddit": {"message": "Unauthorized", "error": 401},
        "mastodon": {"error": "The access token was revoked"},
        "reclame_aqui": {"code": 4010, "message": "Token inválido ou expirado", "success": False},
    }
    return as_json(told[network], 401)


def locked_out(network: str) -> Answer:
    """403 that speaks of the account or the app, and not of what was asked for."""
    told = {
        "x": _on_x("Forbidden", "Your account is suspended and is not permitted to access this feature.", 403),
        "reddit": {"message": "Forbidden", "error": 403, "reason": "banned"},
        # docs.joinmastodon.org/methods/accounts#verify_credentials, read 2026-11.
        "mastodon": {"error": "Your login is currently disabled"},
        "reclame_aqui": {"code": 4030, "message": "A licença da empresa está suspensa", "success": False},
    }
    return as_json(told[network], 403) if network in told else page("Acesso negado", 403)


def without_credits() -> Answer:
    """402 of X, whose calls are billed."""
    detail = "Your enrolled account does not have any credits to fulfill this request."
    kind = "https://api.twitter.com/2/problems/credits"
    return as_json({"title": "CreditsDepleted", "detail": detail, "type": kind, "status": 402}, 402)


def refused(network: str) -> Answer:
    """A reply that is not published; Reddit says so with status 200."""
    match network:
        case "x":
            return as_json(
                _on_x("Forbidden", "You are not allowed to create a Tweet with duplicate content.", 403), 403
            )
        case "reddit":
            sentence = "Looks like you've been doing that a lot. Take a break for 2 minutes before trying again."
            return as_json({"json": {"ratelimit": 120.5, "errors": [["RATELIMIT", sentence, "ratelimit"]]}})
        case "mastodon":
            return as_json({"error": "Validation failed: Text is not allowed"}, 422)
        case _:
            return as_json({"code": 4220, "message": "A mensagem não pode ser publicada", "success": False}, 422)


def not_found(network: str) -> Answer:
    """What stands in place of a thread; Reclame AQUI finds no ticket instead."""
    match network:
        case "reddit":
            return as_json({"message": "Not Found", "error": 404}, 404)
        case "mastodon":
            return as_json({"error": "Record not found"}, 404)
        case _:
            return as_json({"data": [], "meta": {"page": {"number": 1, "size": 50}, "total": 0}})


def _on_x(title: str, detail: str, status: int) -> dict[str, object]:
    return {"title": title, "detail": detail, "type": "about:blank", "status": status}
