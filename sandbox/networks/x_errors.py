"""Errors and query parameters of the X API, in its own words."""

from collections.abc import Mapping
from typing import Final

from sandbox.ids import base36
from sandbox.networks.x_shapes import ASKABLE

PROBLEMS: Final = "https://api.twitter.com/2/problems"
# A page's token: a constant, the number of the last post that was served, and how many were; all in base 36.
PAGE_HEAD: Final = "7140dibdnow9c"


class RefusedError(Exception):
    """The request is answered with an error body."""

    def __init__(self, status: int, body: Mapping[str, object]) -> None:
        super().__init__(status)
        self.status = status
        self.body = body


def problem(status: int, title: str, detail: str, kind: str = "about:blank") -> RefusedError:
    return RefusedError(status, {"title": title, "detail": detail, "type": kind, "status": status})


def invalid(parameter: str, value: str, message: str) -> RefusedError:
    return RefusedError(
        400,
        {
            "errors": [{"parameters": {parameter: [value]}, "message": message}],
            "title": "Invalid Request",
            "detail": "One or more parameters to your request was invalid.",
            "type": f"{PROBLEMS}/invalid-request",
        },
    )


def check_asked(query: Mapping[str, str]) -> None:
    for name, known in ASKABLE.items():
        for value in filter(None, query.get(name, "").split(",")):
            if value not in known:
                allowed = ",".join(sorted(known))
                raise invalid(name, value, f"The `{name}` query parameter value [{value}] is not one of [{allowed}]")


def bounded(query: Mapping[str, str], default: int, low: int, high: int) -> int:
    text = query.get("max_results", "") or str(default)
    if not (text.isascii() and text.isdigit() and low <= int(text[:6]) <= high):
        raise invalid(
            "max_results", text, f"The `max_results` query parameter value [{text}] is not between {low} and {high}"
        )
    return int(text)


def token_of(query: Mapping[str, str]) -> tuple[str, str]:
    return next(((name, query[name]) for name in ("pagination_token", "next_token") if query.get(name)), ("", ""))


def token_for(last: int, served: int) -> str:
    return f"{PAGE_HEAD}{base36(last).zfill(9)}{base36(served).zfill(3)}"


def place_of(query: Mapping[str, str]) -> tuple[int | None, int]:
    """Before which post the asked page begins, and how many posts were served before it."""
    name, token = token_of(query)
    if not token:
        return None, 0
    body = token.removeprefix(PAGE_HEAD)
    if not (token.startswith(PAGE_HEAD) and len(body) == 12 and body.isascii() and body.isalnum()):
        raise invalid(name, token, f"The `{name}` query parameter value [{token}] is not valid")
    return int(body[:9], 36), int(body[9:], 36)


def missing(kind: str, parameter: str, value: str) -> dict[str, str]:
    return {
        "value": value,
        "detail": f"Could not find {kind} with {parameter}: [{value}].",
        "title": "Not Found Error",
        "resource_type": kind,
        "parameter": parameter,
        "resource_id": value,
        "type": f"{PROBLEMS}/resource-not-found",
    }


def unauthorized(parameter: str, value: str) -> dict[str, str]:
    """What stands in place of a post whose author is suspended or protected."""
    return {
        "value": value,
        "detail": f"Sorry, you are not authorized to see the Tweet with {parameter}: [{value}].",
        "title": "Authorization Error",
        "resource_type": "tweet",
        "parameter": parameter,
        "resource_id": value,
        "type": f"{PROBLEMS}/not-authorized-for-resource",
    }
