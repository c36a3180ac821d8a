"""What goes wrong with a reply that is being published, and only with that."""

from random import Random

from sandbox.faults.exchange import Exchange
from sandbox.faults.requests import answered_post
from sandbox.faults.strikes import Strike, publishing
from sandbox.faults.words import refused
from sandbox.state import Post


async def _refused(exchange: Exchange, chance: Random) -> None:
    await exchange.answer(refused(exchange.asked.network))


def _has_key(exchange: Exchange) -> bool:
    return publishing(exchange) and exchange.header("idempotency-key") != ""


async def _forgets_key(exchange: Exchange, chance: Random) -> None:
    """A slow server notes the key when it has written the status: whoever asks again before that posts twice."""
    await exchange.answer(await exchange.forward(without="idempotency-key"))


def _answered(exchange: Exchange) -> Post | None:
    """The customer's post that a reply answers; the standing thread of a subreddit is nobody's to delete."""
    asked = exchange.asked
    external_id = answered_post(asked.network, exchange.header("content-type"), exchange.body)
    post = exchange.state.post(asked.network, external_id)
    if post is None or post.person.is_brand or post.deleted_at is not None or "background" in post.extra:
        return None
    return post


def _answers_a_customer(exchange: Exchange) -> bool:
    return publishing(exchange) and _answered(exchange) is not None


async def _deleted_before(exchange: Exchange, chance: Random) -> None:
    """The customer is faster than the answer."""
    post = _answered(exchange)
    if post is not None:
        exchange.state.delete(post)
    await exchange.answer(await exchange.forward())


PUBLISHING = (
    Strike("reply-refused", 0.015, publishing, _refused),
    Strike("key-ignored", 0.05, _has_key, _forgets_key),
    Strike("deleted-before-answer", 0.015, _answers_a_customer, _deleted_before),
)
