"""Troubles that last for a while and pass."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import replace
from random import Random

from sandbox.faults.exchange import Answer, Exchange
from sandbox.faults.requests import Operation
from sandbox.faults.strikes import Strike, by_programs, reading
from sandbox.faults.words import FAILURES, failed, locked_out, not_found, unauthorized, without_credits

_SHARE = 0.002
_CLASS = re.compile(rb'class="([^"]*)"')


def _answering(words: Callable[[str], Answer]) -> Callable[[Exchange, Random], Awaitable[None]]:
    async def act(exchange: Exchange, chance: Random) -> None:
        await exchange.answer(words(exchange.asked.network))

    return act


async def _server_error(exchange: Exchange, chance: Random) -> None:
    status = chance.choice(FAILURES)
    answer = failed(status)
    if status == 503 and chance.random() < 0.5:
        answer = answer.with_header("retry-after", str(chance.randrange(1, 60)))
    await exchange.answer(answer)


async def _in_another_layout(exchange: Exchange, chance: Random) -> None:
    """The same page with other class names, as after a release of the site; the next one takes it back."""
    answer = await exchange.forward()
    body = _CLASS.sub(lambda found: b'class="' + b" ".join(_hashed(found.group(1))) + b'"', answer.body)
    await exchange.answer(replace(answer, body=body))


def _hashed(names: bytes) -> list[bytes]:
    """Class names as a bundler makes them."""
    return [b"css-" + name[::-1] for name in names.split()]


def _thread(exchange: Exchange) -> bool:
    return exchange.asked.operation is Operation.THREAD


WINDOWS = (
    Strike("server-errors", _SHARE, by_programs, _server_error, lasts=True),
    Strike("token-revoked", _SHARE, by_programs, _answering(unauthorized), lasts=True),
    Strike("account-suspended", _SHARE, by_programs, _answering(locked_out), lasts=True),
    Strike("credits-used-up", 2 * _SHARE, by_programs, _answering(lambda _: without_credits()), lasts=True),
    Strike("layout-change", 15 * _SHARE, reading, _in_another_layout, lasts=True),
    # Where a single 404 is the platform's word that a post was deleted (X's look-up, the complaint site's pages),
    # no client could tell this from a deletion: threads are missing only where posts are asked for in another way.
    Strike("thread-missing", 0.03, _thread, _answering(not_found), lasts=True, scope=lambda asked: asked.thread_read),
    # A site's rules are read once a day.
    Strike("robots-failing", 0.3, lambda e: e.asked.operation is Operation.ROBOTS, _server_error, lasts=True),
)
