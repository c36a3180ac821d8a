"""What every responder promises: one publishing request a call, and a find that looks and never publishes."""

import dataclasses
import socket
from datetime import timedelta

import pytest

from errors import ByHandError, RejectedError, TryLaterError
from models import Visibility
from responders.base import OutgoingReply
from sandbox.state import Post
from tests.contract.conftest import World

ANSWER = (
    'Olá! Registramos <o seu> "pedido" nº 20261120-000017 & já cuidamos disso: https://lojaaurora.example/p?a=1&b=2 😀'
)
BODIES = (
    ANSWER,
    "Primeira linha.\n\nSegunda linha: 100% resolvido * de verdade_ ~ # não é título",
    "Perdão, 1 < 2 > 0; o código é `X` — ok?",
)


def _plain(text: str) -> str:
    return " ".join(text.split())


def _complain(world: World, text: str = "meu pedido não chegou") -> Post:
    (post,) = world.publish(text)
    return post


def _published_by_hand(world: World, post: Post, body: str) -> Post:
    """What stands on the site once a person has posted it there."""
    return world.stage.answer(world.state, post, body)


def test_building_a_responder_never_touches_the_network(world: World) -> None:
    world.responder()
    assert world.weather.seen == []


@pytest.mark.parametrize("body", BODIES)
def test_a_reply_is_published_once_and_read_back(posting_world: World, body: str) -> None:
    world = posting_world
    reply = world.reply_to(_complain(world), body)
    world.weather.clear()
    posted = world.responder().post(reply)
    (answer,) = world.answers()
    assert _plain(body) in _plain(answer.text)
    assert answer.external_id == posted.external_id
    assert len(world.weather.requests(world.stage.is_publishing)) == 1
    world.clock.advance(timedelta(minutes=2))
    found = world.responder().find(reply)
    assert found is not None
    assert found.external_id == posted.external_id
    assert posted.url.startswith(("http://", "https://"))


def test_a_reply_answers_the_post_it_is_for(posting_world: World) -> None:
    world = posting_world
    posts = [_complain(world, f"pedido {number}") for number in range(3)]
    world.responder().post(world.reply_to(posts[1]))
    (answer,) = world.answers()
    assert answer.thread == posts[1].thread
    assert answer.parent in (posts[1].external_id, posts[1].thread)


def test_what_is_not_there_is_not_found(world: World) -> None:
    reply = world.reply_to(_complain(world))
    assert world.responder().find(reply) is None


def test_another_persons_words_are_not_taken_for_ours(world: World) -> None:
    post = _complain(world)
    reply = world.reply_to(post, ANSWER)
    parrot = world.state.add_person(world.stage.network, "papagaio", "Papagaio", 2)
    world.state.publish(
        parrot, ANSWER, kind="comment", parent=post.external_id, thread=post.thread, addresses_brand=False
    )
    world.clock.advance(timedelta(minutes=2))
    assert world.responder().find(reply) is None


def test_another_text_of_ours_is_not_taken_for_the_reply(world: World) -> None:
    post = _complain(world)
    reply = world.reply_to(post, ANSWER)
    _published_by_hand(world, post, "Um outro texto nosso, sobre outra coisa.")
    world.clock.advance(timedelta(minutes=2))
    assert world.responder().find(reply) is None


def test_the_same_words_to_somebody_else_are_not_taken_for_the_reply(world: World) -> None:
    first, second = _complain(world, "meu pedido não chegou"), _complain(world, "o meu também não")
    reply = world.reply_to(second, ANSWER)
    _published_by_hand(world, first, ANSWER)
    world.clock.advance(timedelta(minutes=2))
    assert world.responder().find(reply) is None


def test_what_a_person_posted_by_hand_is_found(world: World) -> None:
    post = _complain(world)
    reply = world.reply_to(post, ANSWER)
    answer = _published_by_hand(world, post, ANSWER)
    world.clock.advance(timedelta(minutes=2))
    found = world.responder().find(reply)
    assert found is not None
    assert found.external_id == answer.external_id or world.stage.by_hand


def test_what_a_person_posted_long_before_the_approval_is_found(world: World) -> None:
    """From a phone, or by this program before its database was put back; much was posted since then."""
    many = 5 if world.stage.by_hand else 130  # more than a page, where a timeline of ours is read
    post, *others = world.publish("meu pedido não chegou", *(f"o meu também não {n}" for n in range(many)))
    answer = _published_by_hand(world, post, ANSWER)
    world.clock.advance(timedelta(minutes=1))
    with world.state.transaction():
        for number, other in enumerate(others):
            _published_by_hand(world, other, f"Outra resposta, a de número {number}")
    world.clock.advance(timedelta(hours=3))
    reply = world.reply_to(post, ANSWER)
    assert reply.approved_at - answer.posted_at > timedelta(hours=3)
    found = world.responder().find(reply)
    assert found is not None
    assert found.external_id == answer.external_id or world.stage.by_hand


def test_what_was_said_in_private_is_not_answered_in_public(world: World) -> None:
    reply = dataclasses.replace(world.reply_to(_complain(world)), visibility=Visibility.PRIVATE)
    world.weather.clear()
    with pytest.raises(RejectedError, match="private"):
        world.responder().post(reply)
    assert world.weather.seen == []
    assert world.answers() == []


def test_a_reply_is_found_among_many_others(world: World) -> None:
    post = _complain(world)
    reply = world.reply_to(post, ANSWER)
    answer = _published_by_hand(world, post, ANSWER)
    crowd = world.state.add_person(world.stage.network, "multidao", "Multidão", 2)
    with world.state.transaction():
        for number in range(150):
            world.state.publish(
                crowd,
                f"eu também {number}",
                kind="comment",
                parent=post.external_id,
                thread=post.thread,
                addresses_brand=False,
            )
    world.clock.advance(timedelta(minutes=2))
    found = world.responder().find(reply)
    assert found is not None
    assert found.external_id == answer.external_id or world.stage.by_hand


def test_a_reply_that_was_deleted_again_is_not_found(posting_world: World) -> None:
    world = posting_world
    reply = world.reply_to(_complain(world))
    world.responder().post(reply)
    world.state.delete(world.answers()[0])
    world.clock.advance(timedelta(minutes=2))
    assert world.responder().find(reply) is None


def test_looking_never_publishes(world: World) -> None:
    post = _complain(world)
    reply = world.reply_to(post)
    world.weather.clear()
    world.responder().find(reply)
    assert world.weather.requests(world.stage.is_writing) == []
    assert world.answers() == []


def test_looking_before_and_after_agrees_with_the_platform(posting_world: World) -> None:
    """The order in which delivery calls: look, post, look; with one responder that lives on."""
    world = posting_world
    responder = world.responder()
    first, second = _complain(world, "um"), _complain(world, "dois")
    for post in (first, second):
        reply = world.reply_to(post, f"{ANSWER} {post.external_id}")
        assert responder.find(reply) is None
        posted = responder.post(reply)
        world.clock.advance(timedelta(minutes=2))
        found = responder.find(reply)
        assert found is not None
        assert found.external_id == posted.external_id
    assert len(world.answers()) == 2


def test_the_same_words_to_two_people_are_told_apart(posting_world: World) -> None:
    """Acknowledgements share a template: each is found where it stands, and not in the other's place."""
    world = posting_world
    replies = [world.reply_to(_complain(world, text), ANSWER) for text in ("um", "dois")]
    if world.stage.refuses_repeats:
        world.responder().post(replies[0])
        with pytest.raises(RejectedError):
            world.responder().post(replies[1])
        assert world.responder().find(replies[1]) is None
        return
    posted = [world.responder().post(reply) for reply in replies]
    world.clock.advance(timedelta(minutes=2))
    found = [world.responder().find(reply) for reply in replies]
    assert [place.external_id if place else None for place in found] == [place.external_id for place in posted]


def test_too_long_is_known_before_the_network(limited_world: World) -> None:
    world = limited_world
    reply = world.reply_to(_complain(world))
    world.weather.clear()
    responder = world.responder()
    assert responder.room_left("Olá!", reply.author_handle) > 0
    assert responder.room_left("a" * 100_000, reply.author_handle) < 0
    assert world.weather.requests(world.stage.is_writing) == []


@pytest.mark.parametrize(
    "body", ["", "Olá 😀👩‍👩‍👧‍👦 ", "veja https://lojaaurora.example/um/caminho/bem/longo/mesmo?x=1 "]
)
def test_our_counting_is_the_platforms(limited_world: World, body: str) -> None:
    world = limited_world
    reply = world.reply_to(_complain(world))
    responder = world.responder()
    full = body + "a" * responder.room_left(body, reply.author_handle)
    assert responder.room_left(full, reply.author_handle) == 0
    assert responder.room_left(f"{full}a", reply.author_handle) == -1
    with pytest.raises(RejectedError):
        responder.post(dataclasses.replace(reply, body=f"{full}a"))
    assert world.answers() == []
    responder.post(dataclasses.replace(reply, body=full))
    assert len(world.answers()) == 1


def test_a_post_that_is_gone_cannot_be_answered(posting_world: World) -> None:
    world = posting_world
    post = _complain(world)
    reply = world.reply_to(post)
    world.state.delete(post)
    with pytest.raises(RejectedError):
        world.responder().post(reply)
    assert world.answers() == []


def test_a_connection_that_never_opened_published_nothing(world: World) -> None:
    reply = world.reply_to(_complain(world))
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))  # bound and not listening: refused at once
        responder = world.responder(base_url=f"http://127.0.0.1:{closed.getsockname()[1]}")
        with pytest.raises(TryLaterError):
            responder.find(reply)
        with pytest.raises(ByHandError if world.stage.by_hand else TryLaterError):
            responder.post(reply)


def test_a_channel_without_posting_gives_it_to_a_person(by_hand_world: World) -> None:
    world = by_hand_world
    reply: OutgoingReply = world.reply_to(_complain(world))
    world.weather.clear()
    with pytest.raises(ByHandError):
        world.responder().post(reply)
    assert world.weather.seen == []
    assert world.answers() == []
