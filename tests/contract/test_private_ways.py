"""What every private way promises: one request, the person alone, and never mistaken for what everybody sees."""

import dataclasses
from datetime import timedelta

import httpx
import pytest
from sqlalchemy import Engine
from sqlmodel import Session

from cases.triage import triage
from database.engine import transaction
from errors import OutcomeUnknownError, RejectedError
from listeners.base import HeardMention, Page
from listeners.store import store
from models import Mention, Reply, Source, Visibility
from responders.policy import POLICIES
from sandbox import messages
from sandbox.state import Post
from tests.builders import a_case, a_draft, a_verdict, a_world, find_mention
from tests.contract.conftest import World, in_brief
from tests.contract.test_responders_in_bad_weather import FIND_CASES, NO_WORD, PUBLISHED, SAID_NO, Case

SECRET = "Enviamos o código de rastreio QX-3381 só para você."
LATER = timedelta(minutes=2)


def _complain(world: World, text: str = "meu pedido não chegou") -> Post:
    (post,) = world.publish(text)
    return post


def test_a_responder_takes_private_replies_exactly_where_its_policy_names_a_private_way(world: World) -> None:
    reply = world.reply_to(_complain(world), SECRET, private=True)
    has_a_way = bool(POLICIES[world.stage.channel].private_way)
    assert bool(world.stage.tells[1]) is has_a_way
    world.weather.clear()
    if has_a_way:
        world.responder().post(reply)
        assert [answer.is_private for answer in world.answers()] == [True]
        return
    for ask in (world.responder().post, world.responder().find):
        with pytest.raises(RejectedError, match="write to"):
            ask(reply)
    assert world.weather.seen == []


def test_a_private_reply_is_sent_once_and_read_back(private_world: World) -> None:
    world = private_world
    post = _complain(world)
    reply = world.reply_to(post, SECRET, private=True)
    world.weather.clear()
    assert world.responder().find(reply) is None
    posted = world.responder().post(reply)
    (answer,) = world.answers()
    assert answer.is_private
    assert SECRET in answer.text
    assert posted.external_id == answer.external_id
    assert posted.url.startswith("http")
    assert len(world.weather.requests(world.stage.is_writing)) == 1
    assert len(world.weather.requests(world.stage.is_telling)) == 1
    world.clock.advance(LATER)
    found = world.responder().find(reply)
    assert found is not None
    assert found.external_id == answer.external_id


def test_nobody_else_sees_a_private_reply_or_what_is_answered_to_it(private_world: World) -> None:
    world = private_world
    post = _complain(world)
    world.responder().post(world.reply_to(post, SECRET, private=True))
    (told,) = world.answers()
    answered = messages.answer_privately(world.state, told, "Meu CPF é segredo, não conte a ninguém.")
    seen = [httpx.get(f"{world.weather.url}{path}", trust_env=False) for path in _public_paths(world, post, told)]
    assert seen[0].status_code == 200
    assert "pedido" in seen[0].text
    for page in seen:
        assert "QX-3381" not in page.text
        assert "segredo" not in page.text
    assert answered.is_private
    assert list(world.timeline().own_posts(world.clock.now() - timedelta(days=1))) == []


def _public_paths(world: World, post: Post, told: Post) -> list[str]:
    network = world.stage.network
    paths = [f"/t/{network}/{post.thread}", "/", f"/t/{network}/{told.thread}"]
    if network == "mastodon":
        account = world.state.brand("mastodon").external_id
        paths += [f"/mastodon/api/v1/statuses/{told.external_id}", f"/mastodon/api/v1/accounts/{account}/statuses"]
        paths += [f"/mastodon/api/v1/statuses/{post.external_id}/context"]
    return paths


def test_a_look_for_a_public_reply_takes_no_private_one_for_it(private_world: World) -> None:
    world = private_world
    post = _complain(world)
    world.responder().post(world.reply_to(post, SECRET, private=True))
    world.clock.advance(LATER)
    assert world.responder().find(world.reply_to(post, SECRET)) is None


def test_a_look_for_a_private_reply_takes_no_public_one_for_it(private_world: World) -> None:
    world = private_world
    post = _complain(world)
    world.responder().post(world.reply_to(post, SECRET))
    world.clock.advance(LATER)
    assert world.responder().find(world.reply_to(post, SECRET, private=True)) is None


def test_the_same_private_words_to_two_people_are_told_apart(private_world: World) -> None:
    world = private_world
    ana, bia = (world.state.add_person(world.stage.network, name, name.title(), 3) for name in ("ana", "bia"))
    posts = [world.stage.publish(world.state, "não chegou", by=person) for person in (ana, bia)]
    replies = [world.reply_to(post, SECRET, private=True) for post in posts]
    posted = world.responder().post(replies[0])
    world.clock.advance(LATER)
    assert world.responder().find(replies[1]) is None
    found = world.responder().find(replies[0])
    assert found is not None
    assert found.external_id == posted.external_id


def test_the_same_private_words_about_two_posts_of_one_person_are_told_apart(private_world: World) -> None:
    world = private_world
    replies = [world.reply_to(_complain(world, text), SECRET, private=True) for text in ("um", "dois")]
    posted = [world.responder().post(reply) for reply in replies]
    world.clock.advance(LATER)
    found = [world.responder().find(reply) for reply in replies]
    assert [place.external_id if place else None for place in found] == [place.external_id for place in posted]


def test_what_a_person_told_by_hand_long_before_the_approval_is_found(private_world: World) -> None:
    world = private_world
    post = _complain(world)
    told = world.stage.tell(world.state, post, SECRET)
    world.clock.advance(timedelta(hours=3))
    found = world.responder().find(world.reply_to(post, SECRET, private=True))
    assert found is not None
    assert found.external_id == told.external_id


def test_what_a_customer_says_in_private_is_answered_in_private_alone(private_world: World) -> None:
    world = private_world
    whispered = world.stage.whisper(world.state, "meu CPF vai aqui")
    reply = world.reply_to(whispered, SECRET, private=True)
    assert reply.visibility is Visibility.PRIVATE
    world.weather.clear()
    with pytest.raises(RejectedError):
        world.responder().post(dataclasses.replace(reply, private=False))
    assert world.weather.seen == []
    posted = world.responder().post(reply)
    (answer,) = world.answers()
    assert (answer.is_private, answer.external_id) == (True, posted.external_id)
    assert len(world.weather.requests(world.stage.is_writing)) == 1
    world.clock.advance(LATER)
    found = world.responder().find(reply)
    assert found is not None
    assert found.external_id == posted.external_id


@pytest.mark.parametrize("by_hand", [False, True], ids=["sent", "by hand"])
@pytest.mark.parametrize("begins_in_private", [False, True], ids=["public", "private"])
def test_what_the_person_answers_in_private_is_heard_in_the_same_thread_and_joins_the_case(
    private_world: World, engine: Engine, begins_in_private: bool, by_hand: bool
) -> None:
    world = private_world
    source_id = a_world(engine, world.stage.channel)
    post = world.stage.whisper(world.state, "não chegou") if begins_in_private else _complain(world)
    reply = world.reply_to(post, SECRET, private=True)
    with transaction(engine) as session:
        first = _stored(session, world, source_id, post)
        case = a_case(session, first)
        row: Reply = a_draft(session, case, first, SECRET)
        if by_hand:
            world.stage.tell(world.state, post, SECRET)
        posted = world.responder().find(reply) if by_hand else world.responder().post(reply)
        assert posted is not None
        row.external_id = posted.external_id
        session.add(row)
        case_id, thread = case.id, first.thread
    answer = messages.answer_privately(world.state, world.answers()[0], "Obrigada, recebi o código.")
    world.clock.advance(LATER)
    with transaction(engine) as session:
        second = _stored(session, world, source_id, answer)
        assert second.visibility is Visibility.PRIVATE
        assert second.thread == thread
        assert "Obrigada, recebi o código." in second.text
        joined = triage(session, second, a_verdict(session, second), (), world.clock.now()).case
        assert joined is not None
        assert joined.id == case_id


def _stored(session: Session, world: World, source_id: int, post: Post) -> Mention:
    heard: HeardMention = world.hear()[0][post.external_id]
    store(session, session.get_one(Source, source_id), Page((heard,), "c1"), world.clock.now())
    return find_mention(session, post.external_id)


@pytest.mark.parametrize("case", in_brief({**SAID_NO, **NO_WORD}))
def test_a_fault_is_met_with_one_request_and_says_what_it_means(private_world: World, case: Case) -> None:
    world = private_world
    reply = world.reply_to(_complain(world), SECRET, private=True)
    world.weather.clear()
    world.weather.strike(case.fault, when=world.stage.is_telling)
    with pytest.raises(case.becomes):
        world.responder(case.patience).post(reply)
    assert len(world.weather.requests(world.stage.is_telling)) == 1
    assert world.answers() == []


@pytest.mark.slow
@pytest.mark.parametrize("case", PUBLISHED.values(), ids=PUBLISHED.keys())
def test_a_lost_answer_is_unknown_and_the_private_reply_is_found(private_world: World, case: Case) -> None:
    world = private_world
    reply = world.reply_to(_complain(world), SECRET, private=True)
    world.weather.clear()
    world.weather.strike(case.fault, when=world.stage.is_telling)
    with pytest.raises(OutcomeUnknownError):
        world.responder(case.patience).post(reply)
    (answer,) = world.answers()
    world.weather.clear()
    world.clock.advance(LATER)
    found = world.responder().find(reply)
    assert found is not None
    assert found.external_id == answer.external_id


@pytest.mark.slow
@pytest.mark.parametrize("case", FIND_CASES.values(), ids=FIND_CASES.keys())
def test_a_look_for_a_private_reply_that_fails_never_says_that_nothing_is_there(
    private_world: World, case: Case
) -> None:
    world = private_world
    reply = world.reply_to(_complain(world), SECRET, private=True)
    world.weather.clear()
    world.weather.strike(case.fault, when=lambda seen: not world.stage.is_token(seen))
    with pytest.raises(case.becomes):
        world.responder(case.patience).find(reply)
    assert world.weather.requests(world.stage.is_writing) == []
