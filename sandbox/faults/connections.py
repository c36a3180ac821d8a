"""Connections that end at the wrong moment."""

from random import Random

from sandbox.faults.exchange import Answer, Exchange
from sandbox.faults.strikes import Spoil, Strike, answered, by_programs, published

_SHARE = 0.008


async def _unread(exchange: Exchange, chance: Random) -> None:
    await exchange.reset()


async def _stale(exchange: Exchange, chance: Random) -> None:
    """The server lets go of an idle connection in the moment in which the client uses it again."""
    await exchange.hang_up()


async def _mid_answer(exchange: Exchange, answer: Answer, chance: Random) -> None:
    await exchange.cut(answer, chance.uniform(0, 0.95))


async def _after_accepting(exchange: Exchange, answer: Answer, chance: Random) -> None:
    await (exchange.reset() if chance.random() < 0.5 else exchange.hang_up())


def _on_a_kept_connection(exchange: Exchange) -> bool:
    return by_programs(exchange) and exchange.connection.answered > 0


CUT_BEFORE = (
    Strike("dropped-unread", _SHARE, by_programs, _unread),
    Strike("stale-connection", _SHARE, _on_a_kept_connection, _stale),
)
CUT_AFTER = (
    Spoil("dropped-mid-answer", _SHARE, answered, _mid_answer),
    Spoil("dropped-after-accepting", 0.02, published, _after_accepting),
)
