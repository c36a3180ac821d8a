"""Pages of lists that hold things twice or lead back."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from random import Random
from typing import Any

from sandbox.faults.exchange import Answer, Exchange
from sandbox.faults.strikes import Spoil, answered
from sandbox.networks.x_errors import token_for

_ENTRY = re.compile(rb'<article class="complaint-entry".*?</article>', re.DOTALL)
_NEXT = re.compile(rb'(<a class="next-page" rel="next" href="\?pagina=)\d+')
_LINK = re.compile(r"(max_id=)\d+(>; rel=\"next\")")
_BEYOND_ANY_POST = 36**9 - 1  # a page of X from there on is the first one


def _entries(network: str, body: Any) -> list[Any]:
    """The entries of a page in JSON, to be changed in place."""
    match network:
        case "mastodon":
            found = body
        case "reddit":
            found = body["data"]["children"]
        case _:
            found = body.get("data", [])
    return found if isinstance(found, list) else []


def _has_entries(exchange: Exchange, answer: Answer) -> bool:
    if not (exchange.asked.is_page and answered(exchange, answer)):
        return False
    if exchange.asked.network == "complaints":
        return _ENTRY.search(answer.body) is not None
    return bool(_entries(exchange.asked.network, answer.json))


async def _entry_twice(exchange: Exchange, answer: Answer, chance: Random) -> None:
    network = exchange.asked.network
    if network == "complaints":
        found = chance.choice(list(_ENTRY.finditer(answer.body)))
        body = answer.body[: found.end()] + found.group() + answer.body[found.end() :]
    else:
        shown = json.loads(answer.body)
        entries = _entries(network, shown)
        place = chance.randrange(len(entries))
        entries.insert(place, entries[place])
        body = _written(shown)
    await exchange.answer(replace(answer, body=body))


def _has_page_before(exchange: Exchange, answer: Answer) -> bool:
    return answered(exchange, answer) and exchange.page_before is not None


async def _page_twice(exchange: Exchange, answer: Answer, chance: Random) -> None:
    await exchange.answer(exchange.page_before or answer)


def _backwards_on_x(answer: Answer) -> Answer:
    if "next_token" not in answer.json.get("meta", {}):
        return answer
    shown = json.loads(answer.body)
    shown["meta"]["next_token"] = token_for(_BEYOND_ANY_POST, 0)
    return replace(answer, body=_written(shown))


def _backwards_on_reddit(answer: Answer) -> Answer:
    if not answer.json["data"]["after"]:
        return answer
    shown = json.loads(answer.body)
    shown["data"]["after"] = shown["data"]["children"][0]["data"]["name"]
    return replace(answer, body=_written(shown))


def _backwards_on_mastodon(answer: Answer) -> Answer:
    links = answer.header("link")
    if not _LINK.search(links):
        return answer
    return answer.with_header("link", _LINK.sub(rf"\g<1>{answer.json[0]['id']}\g<2>", links))


def _backwards_on_the_site(answer: Answer) -> Answer:
    return replace(answer, body=_NEXT.sub(rb"\g<1>1", answer.body))


_BACKWARDS: dict[str, Callable[[Answer], Answer]] = {
    "x": _backwards_on_x,
    "reddit": _backwards_on_reddit,
    "mastodon": _backwards_on_mastodon,
    "complaints": _backwards_on_the_site,
}


def _leads_on(exchange: Exchange, answer: Answer) -> bool:
    is_page = exchange.asked.is_page and answered(exchange, answer)
    return is_page and _BACKWARDS[exchange.asked.network](answer) != answer


async def _cursor_backwards(exchange: Exchange, answer: Answer, chance: Random) -> None:
    await exchange.answer(_BACKWARDS[exchange.asked.network](answer))


def _written(shown: object) -> bytes:
    return json.dumps(shown, ensure_ascii=False, separators=(",", ":")).encode()


LISTINGS = (
    Spoil("entry-twice", 0.02, _has_entries, _entry_twice),
    # Long lists are rare, so that these two have a large share of them.
    Spoil("page-twice", 0.06, _has_page_before, _page_twice),
    Spoil("cursor-backwards", 0.06, _leads_on, _cursor_backwards),
)
