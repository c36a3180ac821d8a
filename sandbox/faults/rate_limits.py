"""429 in every bad way: the platform asks for a wait and says badly how long."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from email.utils import format_datetime
from random import Random

from sandbox.faults.exchange import Exchange
from sandbox.faults.strikes import Strike, by_programs
from sandbox.faults.words import too_many
from sandbox.networks.wire import iso

_SHARE = 0.008
# What stands where a time should.
_GARBAGE = ("soon", "", "NaN", "-", "0x1f", "1e999", "2026-13-45T99:99:99Z", "in a minute", "null")


def _reset(network: str, now: datetime, wait: timedelta) -> Mapping[str, str]:
    """The header in which the platform itself tells when its window turns; a wait may be negative."""
    seconds = int(wait.total_seconds())
    match network:
        case "x":
            return {
                "x-rate-limit-limit": "450",
                "x-rate-limit-remaining": "0",
                "x-rate-limit-reset": str(int((now + wait).timestamp())),
            }
        case "reddit":
            return {"x-ratelimit-used": "1000", "x-ratelimit-remaining": "0.0", "x-ratelimit-reset": str(seconds)}
        case "mastodon":
            return {
                "x-ratelimit-limit": "300",
                "x-ratelimit-remaining": "0",
                "x-ratelimit-reset": iso(now + wait),
            }
        case _:
            return {"retry-after": str(seconds)}


def _past(network: str, now: datetime, chance: Random) -> Mapping[str, str]:
    return _reset(network, now, -timedelta(seconds=chance.randrange(30, 7200)))


def _far(network: str, now: datetime, chance: Random) -> Mapping[str, str]:
    return _reset(network, now, timedelta(days=chance.randrange(2, 400)))


def _garbage(network: str, now: datetime, chance: Random) -> Mapping[str, str]:
    return dict.fromkeys(_reset(network, now, timedelta()), chance.choice(_GARBAGE))


def _silent(network: str, now: datetime, chance: Random) -> Mapping[str, str]:
    return {}


def _as_date(network: str, now: datetime, chance: Random) -> Mapping[str, str]:
    """RFC 9110, 10.2.3, allows a date in place of seconds (read 2026-11)."""
    return {"retry-after": format_datetime(now + timedelta(seconds=chance.randrange(10, 100)), usegmt=True)}


def _limiting(said: Callable[[str, datetime, Random], Mapping[str, str]]) -> Callable[..., Awaitable[None]]:
    async def act(exchange: Exchange, chance: Random) -> None:
        network = exchange.asked.network
        await exchange.answer(too_many(network, said(network, exchange.state.clock.now(), chance)))

    return act


RATE_LIMITS = (
    Strike("rate-limit-past", _SHARE, by_programs, _limiting(_past)),
    # A wait of days holds a source up for as long as its client believes it, so it is rarer than the others.
    Strike("rate-limit-far", _SHARE / 2, by_programs, _limiting(_far)),
    Strike("rate-limit-garbage", _SHARE, by_programs, _limiting(_garbage)),
    Strike("rate-limit-silent", _SHARE, by_programs, _limiting(_silent)),
    Strike("retry-after-date", _SHARE, by_programs, _limiting(_as_date)),
)
