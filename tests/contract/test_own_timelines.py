"""What every timeline of an account promises: all that stands in public under it since a moment, and nothing else."""

from datetime import datetime, timedelta

import pytest

from responders.base import OwnPost
from sandbox.state import Post
from tests.contract.conftest import SHORT, World
from tests.contract.test_responders_in_bad_weather import FIND_CASES, Case

MANY = 130  # posts: several pages everywhere
STEP = timedelta(minutes=1)


def _answered(world: World, count: int) -> tuple[list[Post], list[Post]]:
    """Posts of customers, and the brand's answer to each, a step apart."""
    posts = world.publish(*(f"reclamação {number}" for number in range(count)))
    answers = []
    with world.state.transaction():
        for number, post in enumerate(posts):
            world.clock.advance(STEP)
            answers.append(world.stage.answer(world.state, post, f"Resposta número {number}: já estamos vendo."))
    world.clock.advance(STEP)
    return posts, answers


def _own(world: World, since: datetime) -> list[OwnPost]:
    return list(world.timeline().own_posts(since))


def test_a_channel_shows_its_own_posts_unless_a_person_posts_there(world: World) -> None:
    assert hasattr(world.responder(), "own_posts") is not world.stage.by_hand


def test_nothing_posted_is_nothing_shown(posting_world: World) -> None:
    world = posting_world
    world.publish("uma reclamação")
    assert _own(world, world.clock.now() - timedelta(days=30)) == []


def test_everything_since_a_moment_is_shown_once_and_newest_first(posting_world: World) -> None:
    world = posting_world
    _, answers = _answered(world, MANY)
    since = answers[10].posted_at
    shown = _own(world, since)
    # Whole seconds are all that some platforms tell: the post of that very moment may stand on either side of it.
    names = [own.external_id for own in shown]
    assert names[: MANY - 11] == [answer.external_id for answer in reversed(answers[11:])]
    assert set(names[MANY - 11 :]) <= {answers[10].external_id}
    assert [own.posted_at for own in shown] == sorted((own.posted_at for own in shown), reverse=True)


def test_an_own_post_says_what_it_answers_as_the_listener_names_it(posting_world: World) -> None:
    world = posting_world
    (post,), (answer,) = _answered(world, 1)
    mention = world.hear()[0][post.external_id]
    (own,) = _own(world, answer.posted_at - STEP)
    assert own.parent_external_id == mention.external_id
    assert own.thread_external_id in ("", mention.thread_external_id)
    assert "Resposta número 0: já estamos vendo." in own.text
    assert abs(own.posted_at - answer.posted_at) < timedelta(seconds=1)
    assert own.url.startswith(("http://", "https://"))


def test_what_was_published_through_us_is_shown_under_the_name_that_we_keep(posting_world: World) -> None:
    world = posting_world
    (post,) = world.publish("uma reclamação")
    posted = world.responder().post(world.reply_to(post))
    world.clock.advance(STEP)
    (own,) = _own(world, world.clock.now() - timedelta(hours=1))
    assert own.external_id == posted.external_id


def test_other_peoples_words_and_what_was_taken_back_are_not_shown(posting_world: World) -> None:
    world = posting_world
    posts, answers = _answered(world, 3)
    parrot = world.state.add_person(world.stage.network, "papagaio", "Papagaio", 2)
    name, thread = posts[0].external_id, posts[0].thread
    world.state.publish(parrot, answers[0].text, kind="comment", parent=name, thread=thread, addresses_brand=False)
    world.state.delete(answers[1])
    world.clock.advance(STEP)
    shown = _own(world, world.clock.now() - timedelta(days=1))
    assert [own.external_id for own in shown] == [answers[2].external_id, answers[0].external_id]


def test_what_the_brand_told_somebody_alone_is_not_shown(private_world: World) -> None:
    world = private_world
    (post,), (answer,) = _answered(world, 1)
    world.stage.tell(world.state, post, "Só para você.")
    world.clock.advance(STEP)
    assert [own.external_id for own in _own(world, post.posted_at)] == [answer.external_id]


def test_looking_publishes_nothing(posting_world: World) -> None:
    world = posting_world
    _, answers = _answered(world, 2)
    world.weather.clear()
    _own(world, answers[0].posted_at)
    assert world.weather.requests(world.stage.is_writing) == []
    assert len(world.answers()) == 2


@pytest.mark.slow
@pytest.mark.parametrize("case", FIND_CASES.values(), ids=FIND_CASES.keys())
def test_a_look_that_fails_never_ends_as_if_it_had_seen_everything(posting_world: World, case: Case) -> None:
    world = posting_world
    _, answers = _answered(world, 2)
    world.weather.clear()
    world.weather.strike(case.fault, when=lambda seen: not world.stage.is_token(seen))
    with pytest.raises(case.becomes):
        list(world.timeline(timeout=case.patience).own_posts(answers[0].posted_at))


@pytest.mark.parametrize("name", ["500", "half a body", "an answer that says nothing", "429"])
def test_a_fault_on_a_later_page_is_told_as_well(posting_world: World, name: str) -> None:
    world, case = posting_world, FIND_CASES[name]
    _, answers = _answered(world, MANY)
    world.weather.clear()
    pages = iter(range(1000))
    world.weather.strike(case.fault, when=lambda seen: world.stage.is_reading(seen) and next(pages) >= 1)
    with pytest.raises(case.becomes):
        list(world.timeline(timeout=max(case.patience, SHORT)).own_posts(answers[0].posted_at))
