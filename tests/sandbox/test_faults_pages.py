"""Pages of lists that hold things twice or lead back."""

import re
from collections.abc import Mapping

import httpx
import pytest

from sandbox.state import Post
from tests.sandbox.fault_tools import EVERYWHERE, Query, Troubled, ids_of

# The first page of a list, so small that there is a second one; the complaint site has ten entries a page.
FIRST: Mapping[str, Query] = {
    "x": {"max_results": 5},
    "reddit": {"limit": 5},
    "mastodon": {"limit": 5},
    "reclame_aqui": {"page[size]": 5, "page[number]": 1, "sort[id]": "DESC"},
    "complaints": {},
}


def two_pages(troubled: Troubled, network: str) -> list[Post]:
    return [troubled.complains(network) for _ in range(20 if network == "complaints" else 10)]


def following(network: str, answer: httpx.Response) -> Query:
    """How a client asks for the page after this one."""
    match network:
        case "x":
            return {**FIRST["x"], "pagination_token": answer.json()["meta"]["next_token"]}
        case "reddit":
            return {**FIRST["reddit"], "after": answer.json()["data"]["after"]}
        case "mastodon":
            found = re.search(r"max_id=(\d+)>; rel=\"next\"", answer.headers["link"])
            assert found is not None
            return {**FIRST["mastodon"], "max_id": found[1]}
        case "reclame_aqui":
            return {**FIRST["reclame_aqui"], "page[number]": answer.json()["meta"]["page"]["number"] + 1}
        case _:
            return {"pagina": answer.text.partition('rel="next" href="?pagina=')[2].partition('"')[0]}


@pytest.mark.parametrize("network", EVERYWHERE)
def test_entry_twice_is_one_entry_too_many_and_none_too_few(troubled: Troubled, network: str) -> None:
    two_pages(troubled, network)
    right = troubled.ids(network, FIRST[network])
    plan = troubled.meets("entry-twice")

    shown = troubled.ids(network, FIRST[network])
    assert list(dict.fromkeys(shown)) == right
    assert len(shown) == len(right) + 1
    plan.calm()
    assert troubled.ids(network, FIRST[network]) == right


@pytest.mark.parametrize("network", EVERYWHERE)
def test_page_twice_serves_the_page_before_in_place_of_the_next(troubled: Troubled, network: str) -> None:
    two_pages(troubled, network)
    plan = troubled.meets("page-twice")

    first = troubled.read(network, FIRST[network])
    second = troubled.read(network, following(network, first))
    assert second.content == first.content
    assert plan.counts == {"page-twice": 1}
    plan.calm()
    second = troubled.read(network, following(network, first))
    assert not set(ids_of(network, first)) & set(ids_of(network, second))


@pytest.mark.parametrize("network", ["x", "reddit", "mastodon", "complaints"])
def test_cursor_backwards_leads_to_what_was_read_before(troubled: Troubled, network: str) -> None:
    two_pages(troubled, network)
    plan = troubled.meets("cursor-backwards")

    first = troubled.read(network, FIRST[network])
    again = troubled.read(network, following(network, first))
    assert len(set(ids_of(network, first)) & set(ids_of(network, again))) >= 4
    plan.calm()
    first = troubled.read(network, FIRST[network])
    second = troubled.read(network, following(network, first))
    assert not set(ids_of(network, first)) & set(ids_of(network, second))


def test_cursor_backwards_needs_a_page_that_leads_on(troubled: Troubled) -> None:
    plan = troubled.meets("cursor-backwards")
    for network, whole in (("x", {"max_results": 100}), ("reddit", {"limit": 100}), ("mastodon", {"limit": 80})):
        troubled.read(network, whole)

    assert plan.counts == {"cursor-backwards": 0}
