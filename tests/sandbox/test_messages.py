"""What the sandbox's people say to one another alone."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sandbox import messages
from sandbox.clock import VirtualClock
from sandbox.pages import thread_page, timelines_page
from sandbox.state import State


@pytest.fixture
def state(tmp_path: Path) -> Iterator[State]:
    opened = State(tmp_path / "sandbox.db", VirtualClock(datetime(2026, 11, 20, 15, tzinfo=UTC)))
    yield opened
    opened.close()


def test_a_conversation_of_messages_keeps_its_subject_and_is_a_thread_of_its_own(state: State) -> None:
    ana, brand = state.add_person("reddit", "ana", "Ana", 1), state.brand("reddit")
    first = messages.send(state, brand, ana, "Sobre o pedido", "Oi")
    answer = messages.answer_privately(state, first, "Olá")
    assert first.external_id.startswith("t4_")
    assert (answer.thread, answer.parent, answer.person) == (first.external_id, first.external_id, ana)
    assert (answer.extra["subject"], answer.extra["to"]) == ("Sobre o pedido", brand.handle)
    assert first.is_private
    assert answer.is_private


def test_whoever_was_told_something_alone_answers_it_alone(state: State) -> None:
    for network, visibility in (("mastodon", "direct"), ("reclame_aqui", "private")):
        ana = state.add_person(network, "ana", "Ana", 1)
        post = state.publish(ana, "Não chegou", kind="complaint" if network == "reclame_aqui" else "post")
        told = state.answer(
            network, "Só para você", parent=post.external_id, thread=post.thread, extra={"visibility": visibility}
        )
        answer = messages.answer_privately(state, told, "Obrigada")
        assert (answer.person, answer.thread, answer.parent) == (ana, post.thread, told.external_id)
        assert answer.is_private
        assert answer.addresses_brand


def test_nobody_answers_alone_what_everybody_was_told_or_where_there_is_no_way(state: State) -> None:
    for network in ("mastodon", "x"):
        ana = state.add_person(network, "ana", "Ana", 1)
        post = state.publish(ana, "Não chegou", kind="post")
        extra = {} if network == "mastodon" else {"visibility": "private"}
        said = state.answer(network, "Oi", parent=post.external_id, thread=post.thread, extra=extra)
        with pytest.raises(ValueError, match="private"):
            messages.answer_privately(state, said, "Oi")


def test_the_public_pages_show_nothing_private(state: State) -> None:
    ana, brand = state.add_person("reddit", "ana", "Ana", 1), state.brand("reddit")
    told = messages.send(state, brand, ana, "Assunto secreto", "Palavra secreta")
    person = state.add_person("mastodon", "ana", "Ana", 1)
    post = state.publish(person, "Não chegou", kind="post")
    secret = {"visibility": "direct"}
    state.answer("mastodon", "Outra secreta", parent=post.external_id, thread=post.thread, extra=secret)
    page = timelines_page(state)
    assert "Não chegou" in page
    assert "secret" not in page
    assert thread_page(state, "reddit", told.thread) is None
    thread = thread_page(state, "mastodon", post.thread)
    assert thread is not None
    assert "secreta" not in thread
