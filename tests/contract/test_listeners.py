"""What every listener promises: it may repeat, it never skips, and it writes nothing."""

import socket
from datetime import timedelta

import pytest

from errors import ChannelError, TryLaterError
from listeners.base import Edited, Gone, HeardMention
from sandbox.state import Post
from tests.contract.conftest import World

FAR = timedelta(minutes=1)  # between posts: far enough that no overlap hides what was skipped
LINK = "https://lojaaurora.example/pedido?id=7&x=1#topo"
AWKWARD = (
    "Preço < 10 & prazo > 5? \"Não\" é 'não' — 100% errado",
    "Chegou com 3 dias de atraso 😡👎🏽 e ninguém responde!!!",
    f"Veja: {LINK}",
    "uma linha\n\noutra linha\ne mais uma",
    "مرحبا \u202eolleh\u202c e zero\u200bwidth, ção, ñandú, ß",
    "&amp; não é &lt;b&gt; nem <b>negrito</b>",
)


def _ids(posts: list[Post]) -> set[str]:
    return {post.external_id for post in posts}


def _three_pages(world: World) -> list[str]:
    return [f"reclamação número {number}" for number in range(2 * world.stage.page + 5)]


def _plain(text: str) -> str:
    return " ".join(text.split())


def test_building_a_listener_never_touches_the_network(world: World) -> None:
    world.listener()
    assert world.weather.seen == []


def test_nothing_posted_is_nothing_heard(world: World) -> None:
    heard, cursor = world.hear()
    assert heard == {}
    later = world.publish("a primeira reclamação")
    assert world.hear(cursor)[0].keys() >= _ids(later)


def test_every_text_is_heard_as_it_was_written(world: World) -> None:
    posts = world.publish(*AWKWARD)
    heard, _ = world.hear()
    for post, text in zip(posts, AWKWARD, strict=True):
        expected = text.replace(LINK, "") if world.stage.wraps_links else text
        assert _plain(expected) in _plain(heard[post.external_id].text)


def test_a_mention_says_who_wrote_what_where_and_when(world: World) -> None:
    (post,) = world.publish("cadê o meu pedido?")
    mention = world.hear()[0][post.external_id]
    assert isinstance(mention, HeardMention)
    assert mention.author is not None
    assert mention.author.handle.casefold() in (post.person.handle.casefold(), post.person.name.casefold())
    assert abs(mention.posted_at - post.posted_at) <= timedelta(minutes=1)  # some sites show no seconds
    assert mention.posted_at.tzinfo is not None
    assert mention.addresses_us
    assert not mention.is_ours
    assert mention.url.startswith(("http://", "https://"))
    assert mention.thread_external_id in (None, post.thread)


@pytest.mark.parametrize("stop_after", [1, 2])
def test_stopping_after_any_page_and_resuming_skips_nothing(world: World, stop_after: int) -> None:
    posts = world.publish(*_three_pages(world), apart=FAR)
    heard: set[str] = set()
    cursor = None
    pages = 0
    for page in world.pages(world.listener(), None):
        heard |= {mention.external_id for mention in page.mentions}
        cursor = page.cursor if page.cursor is not None else cursor
        pages += 1
        if pages == stop_after:
            break
    assert pages == stop_after, "there were too few pages to stop after one"
    # What was heard of pages that are not safe yet may have been lost in a crash: only the cursor tells.
    rest, _ = world.hear(cursor)
    assert _ids(posts) - heard - rest.keys() == set()
    if cursor is None:
        assert _ids(posts) - rest.keys() == set()


def test_posts_of_the_same_moment_are_all_heard(world: World) -> None:
    moment = world.clock.now()
    posts = world.publish(*(f"ao mesmo tempo {number}" for number in range(30)), posted_at=moment)
    heard, cursor = world.hear()
    more = world.publish(*(f"também então {number}" for number in range(5)), posted_at=moment)
    again, _ = world.hear(cursor)
    assert heard.keys() >= _ids(posts)
    assert again.keys() >= _ids(more)


def test_posts_that_arrive_while_paging_are_heard_by_the_next_fetch_at_the_latest(world: World) -> None:
    posts = world.publish(*_three_pages(world), apart=FAR)
    heard: set[str] = set()
    cursor = None
    for number, page in enumerate(world.pages(world.listener(), None)):
        heard |= {mention.external_id for mention in page.mentions}
        cursor = page.cursor if page.cursor is not None else cursor
        if number < 3:
            posts += world.publish(f"no meio {number}", f"no meio também {number}")
    world.clock.advance(timedelta(minutes=1))
    later, _ = world.hear(cursor)
    assert _ids(posts) - heard - later.keys() == set()


def test_a_post_that_appears_late_is_heard(world: World) -> None:
    world.publish("a primeira", "a segunda")
    _, cursor = world.hear()
    (late,) = world.publish("atrasada", posted_at=world.clock.now() - timedelta(seconds=30))
    heard, _ = world.hear(cursor)
    assert late.external_id in heard


def test_a_repeated_fetch_only_repeats(world: World) -> None:
    posts = world.publish(*(f"reclamação {number}" for number in range(12)))
    first, cursor = world.hear()
    again, _ = world.hear()
    after, _ = world.hear(cursor)
    assert first.keys() == again.keys() == _ids(posts)
    assert after.keys() <= _ids(posts)


def test_a_listener_that_lives_long_hears_what_a_new_one_does(world: World) -> None:
    listener = world.listener()
    cursor = None
    for round_ in range(3):
        posts = world.publish(f"rodada {round_} a", f"rodada {round_} b")
        heard, cursor = world.hear(cursor, listener)
        assert heard.keys() >= _ids(posts)


def test_listening_and_checking_write_nothing(world: World) -> None:
    posts = world.publish("uma", "duas")
    world.hear()
    list(world.listener().check([post.external_id for post in posts]))
    assert world.weather.requests(world.stage.is_writing) == []


def test_check_tells_of_edits_and_deletions(world: World) -> None:
    kept, edited, deleted = world.publish("fica como está", "antes da correção", "vai sumir")
    world.hear()
    world.clock.advance(timedelta(minutes=2))
    world.state.edit(edited, edited.text.replace("antes da", "depois da"))
    world.state.delete(deleted)
    world.clock.advance(timedelta(minutes=2))
    facts = {fact.external_id: fact for fact in world.listener().check(sorted(_ids([kept, edited, deleted])))}
    assert isinstance(facts.get(deleted.external_id), Gone)
    change = facts[edited.external_id]
    # A network whose answer does not say whether a post was edited hands over the text it has: the store compares.
    assert isinstance(change, Edited)
    assert "depois da correção" in _plain(change.text)
    held = facts.get(kept.external_id)
    assert not isinstance(held, Gone)
    assert not isinstance(held, Edited) or _plain(kept.text) in _plain(held.text)


def test_checking_nothing_asks_nothing(world: World) -> None:
    assert list(world.listener().check([])) == []


def test_an_id_that_never_was_breaks_no_check(world: World) -> None:
    (post,) = world.publish("esta existe")
    world.hear()
    strange = world.stage.strange_id
    facts = {fact.external_id: fact for fact in world.listener().check([strange, post.external_id])}
    assert not isinstance(facts.get(post.external_id), Gone)
    assert facts.keys() <= {strange, post.external_id}


def test_a_connection_that_never_opens_is_for_later(world: World) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))  # bound and not listening: refused at once
        base_url = f"http://127.0.0.1:{closed.getsockname()[1]}"
        with pytest.raises(TryLaterError):
            list(world.listener(base_url=base_url).fetch(None))
        with pytest.raises(TryLaterError):
            list(world.listener(base_url=base_url).check([world.stage.strange_id]))


def test_a_cursor_that_makes_no_sense_is_refused_or_ignored(world: World) -> None:
    posts = world.publish("uma", "duas")
    try:
        heard, _ = world.hear('{"nonsense": [1')
    except ChannelError:
        return
    assert heard.keys() >= _ids(posts)
