"""Answers that come broken, late, from elsewhere or with a wrong date."""

from datetime import timedelta
from email.utils import format_datetime
from random import Random

from sandbox.faults.exchange import Answer, Exchange
from sandbox.faults.strikes import Spoil, Strike, answered, by_programs, published, reading
from sandbox.faults.words import FAILURES, as_json, failed, page

_SHARE = 0.008
# None of them is an empty page of anything: whoever takes one for that loses what the page held.
_OTHER_SHAPES: tuple[object, ...] = ({"status": "ok"}, {}, {"data": {}}, "ok", None, [{"ok": True}])
ELSEWHERE = "http://127.0.0.2:9/sign-in"  # nobody listens there


async def _failed_after(exchange: Exchange, answer: Answer, chance: Random) -> None:
    await exchange.answer(failed(chance.choice(FAILURES)))


async def _truncated(exchange: Exchange, answer: Answer, chance: Random) -> None:
    length = max(1, int(len(answer.body) * chance.uniform(0.1, 0.95)))
    await exchange.answer(Answer(answer.status, answer.headers, answer.body[:length]))


async def _of_another_shape(exchange: Exchange, answer: Answer, chance: Random) -> None:
    await exchange.answer(as_json(chance.choice(_OTHER_SHAPES), answer.status))


async def _empty(exchange: Exchange, answer: Answer, chance: Random) -> None:
    await exchange.answer(Answer(answer.status, answer.headers, b""))


async def _slow(exchange: Exchange, answer: Answer, chance: Random) -> None:
    await exchange.take(timedelta(seconds=chance.uniform(20, 90)))
    await exchange.answer(answer)


async def _with_wrong_date(exchange: Exchange, answer: Answer, chance: Random) -> None:
    off = timedelta(hours=chance.uniform(1, 48))
    now = exchange.state.clock.now()
    moments = (format_datetime(now - off, usegmt=True), format_datetime(now + off, usegmt=True))
    date = chance.choice((*moments, "Thu, 01 Jan 1970 00:00:00 GMT", "yesterday"))
    await exchange.answer(answer.with_header("date", date))


async def _html(exchange: Exchange, chance: Random) -> None:
    """A page of maintenance or of a captive portal; the platform may have heard of the request all the same."""
    if chance.random() < 0.5:
        await exchange.forward()
    await exchange.answer(page("We will be back soon"))


async def _too_late(exchange: Exchange, chance: Random) -> None:
    answer = await exchange.forward() if chance.random() < 0.5 else None
    await exchange.take(timedelta(seconds=chance.uniform(20, 60)))
    is_too_late = await exchange.outlast()
    if answer is None or is_too_late:
        await exchange.hang_up()
    else:
        await exchange.answer(answer)


async def _redirect(exchange: Exchange, chance: Random) -> None:
    """To another site, or to where the client comes from: a check of cookies does so, and serves whoever comes back."""
    mark = "&" if exchange.asked.query else "?"
    target = chance.choice((ELSEWHERE, f"{exchange.address}{mark}checked=1"))
    await exchange.answer(Answer(302, (("location", target),)))


def _has_body(exchange: Exchange, answer: Answer) -> bool:
    return answered(exchange, answer) and len(answer.body) > 1


def _is_json(exchange: Exchange, answer: Answer) -> bool:
    return answered(exchange, answer) and "json" in answer.header("content-type")


SPOILED = (
    Spoil("error-after-accepting", 0.02, published, _failed_after),
    Spoil("truncated-body", _SHARE, _has_body, _truncated),
    Spoil("json-of-another-shape", _SHARE, _is_json, _of_another_shape),
    Spoil("empty-body", _SHARE, _has_body, _empty),
    Spoil("slow-answer", _SHARE, answered, _slow),
    Spoil("wrong-date", _SHARE, answered, _with_wrong_date),
)
IN_PLACE = (
    Strike("html-with-200", _SHARE, by_programs, _html),
    # Each costs the run real time.
    Strike("no-answer-in-time", _SHARE / 2, by_programs, _too_late),
    Strike("redirect", _SHARE / 2, reading, _redirect),
)
