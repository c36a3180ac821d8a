"""A fault that meets requests: which ones, how often, for how long, and what it does to them."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from random import Random

from sandbox.faults.exchange import Answer, Exchange
from sandbox.faults.requests import Asked, Operation


def _of_the_network(asked: Asked) -> str:
    return asked.network


@dataclass(frozen=True)
class Strike:
    """Meets a request before its network hears of it, and answers in its place."""

    kind: str
    share: float  # of the requests that it fits
    fits: Callable[[Exchange], bool]
    act: Callable[[Exchange, Random], Awaitable[None]]
    lasts: bool = False  # it meets every request of its scope for a while
    scope: Callable[[Asked], str] = _of_the_network


@dataclass(frozen=True)
class Spoil:
    """Spoils what a network has answered: what was asked for has been done."""

    kind: str
    share: float  # of the answers that it fits
    fits: Callable[[Exchange, Answer], bool]
    act: Callable[[Exchange, Answer, Random], Awaitable[None]]


def by_programs(exchange: Exchange) -> bool:
    """But for robots.txt, which has a fault of its own, and the complaint site's form, which is for browsers."""
    asked = exchange.asked
    return asked.operation is not Operation.ROBOTS and (asked.network != "complaints" or asked.method == "GET")


def publishing(exchange: Exchange) -> bool:
    return exchange.asked.operation is Operation.PUBLISH and by_programs(exchange)


def reading(exchange: Exchange) -> bool:
    return exchange.asked.method == "GET" and by_programs(exchange)


def answered(exchange: Exchange, answer: Answer) -> bool:
    """Whether a program got what it asked for."""
    return by_programs(exchange) and 200 <= answer.status < 300


def published(exchange: Exchange, answer: Answer) -> bool:
    """Whether a reply stands there now."""
    return publishing(exchange) and exchange.has_published
