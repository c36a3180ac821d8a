"""What every listener does with a backlog whose pages come twice or lead back: it takes none of that for the end."""

from datetime import timedelta
from typing import Final

import pytest

from errors import ChannelError, RateLimitedError
from sandbox.faults import KINDS, FaultPlan
from sandbox.faults.requests import Asked
from sandbox.server import build_app
from tests.contract.asgi import Loop
from tests.contract.conftest import World
from tests.contract.weather import Answer, Exchange, Fault

FAR = timedelta(minutes=1)  # between posts: far enough that no overlap hides what was skipped
OFTEN: Final = 8.0  # the rate at which about every second page goes wrong
MOST_POLLS = 40
MOST_REQUESTS = 12  # for pages of the list, of a poll that meets nothing but one page


def _backlog(world: World, pages: int = 4) -> set[str]:
    texts = [f"reclamação número {number}" for number in range(pages * world.stage.page + 5)]
    return {post.external_id for post in world.publish(*texts, apart=FAR)}


def _poll(world: World, cursor: str | None, most: int | None = None) -> tuple[set[str], str | None, bool]:
    """What one fetch brings in at most so many pages, the cursor after it, and whether it ended by itself."""
    heard: set[str] = set()
    try:
        for number, page in enumerate(world.pages(world.listener(), cursor), 1):
            heard |= {mention.external_id for mention in page.mentions}
            cursor = page.cursor if page.cursor is not None else cursor
            if number == most:
                return heard, cursor, False
    except ChannelError as error:
        wait = error.retry_after if isinstance(error, RateLimitedError) else None
        world.clock.advance(wait or FAR)
        return heard, cursor, False
    world.clock.advance(FAR)
    return heard, cursor, True


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.slow) for seed in (1, 2))])
@pytest.mark.parametrize("stop_after", [None, 1])
@pytest.mark.parametrize("kind", ["page-twice", "cursor-backwards"])
def test_a_backlog_whose_pages_come_twice_or_lead_back_loses_nothing(
    world: World, loop: Loop, kind: str, stop_after: int | None, seed: int
) -> None:
    if world.stage.network not in KINDS[kind].networks:
        pytest.skip("the network has no such pages")
    posts = _backlog(world)
    plan = FaultPlan(world.state, seed, [kind], rate=OFTEN)
    world.weather.over(loop.asking(build_app(world.state, plan)))
    found, cursor, has_ended = _poll(world, None, stop_after)
    polls = 1
    while not has_ended and polls < MOST_POLLS:
        heard, cursor, has_ended = _poll(world, cursor)
        found |= heard
        polls += 1
    plan.calm()
    assert plan.counts[kind] > 0
    assert has_ended, "it never came to an end"
    assert posts - found - world.hear(cursor)[0].keys() == set()


class Stuck:
    """Gives the page of each list that was asked for first, whichever page of it is asked for."""

    def __init__(self, network: str) -> None:
        self._network = network
        self._pages: dict[str, Answer] = {}
        self.given = 0

    def fault(self) -> Fault:
        return self._give

    def _give(self, exchange: Exchange) -> None:
        seen = exchange.seen
        asked = Asked(self._network, seen.method, seen.path.removeprefix(f"/{self._network}"), seen.query)
        if not asked.is_page:
            exchange.answer(exchange.forward())
            return
        self.given += 1
        exchange.answer(self._pages.setdefault(asked.list_read, exchange.forward()))

    def renew(self) -> None:
        """What is new shows on the page; there is still no other one."""
        self._pages.clear()
        self.given = 0


def test_a_platform_that_gives_one_page_for_ever_is_asked_little_and_heard_on(world: World) -> None:
    _backlog(world, pages=2)
    stuck = Stuck(world.stage.network)
    world.weather.strike(stuck.fault(), when=world.stage.is_reading)
    cursor, new, found, ended = None, set[str](), set[str](), 0
    for number in range(2 * MOST_POLLS):
        stuck.renew()
        if number in (3, 15):
            new |= {post.external_id for post in world.publish(f"nova {number}")}
        heard, cursor, has_ended = _poll(world, cursor)
        found |= heard
        ended = ended + 1 if has_ended else 0
        assert stuck.given <= MOST_REQUESTS
        if ended >= 3 and number > 15:
            break
    assert ended >= 3, "it never came to an end"
    assert new <= found
