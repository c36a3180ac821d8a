"""The sandbox's customers: the same again for the same seed, also after a kill."""

import os
import signal
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sandbox.clock import VirtualClock
from sandbox.population import Population
from sandbox.records import EVALUATED, Post
from sandbox.state import State
from sandbox.truth import Truth

START = datetime(2026, 11, 20, 12, tzinfo=UTC)
ROOT = Path(__file__).parents[2]
# A child runs the plan and tells each step; it may also kill itself halfway, with a post made and its progress not.
CHILD = """
import os, signal, sys
from datetime import UTC, datetime
from sandbox.clock import VirtualClock
from sandbox.population import Population
from sandbox.state import State

class Mortal(State):
    def put(self, key, value):
        if key == "population:progress" and value["index"] == int(sys.argv[2]):
            os.kill(os.getpid(), signal.SIGKILL)
        super().put(key, value)

state = Mortal(sys.argv[1], VirtualClock(datetime(2026, 11, 20, 12, tzinfo=UTC)), 3)
population = Population(state, 3, 8)
for step in range(10_000):
    state.clock.advance_to(population.next_at())
    population.step(state.clock.now(), limit=160)
    print(step, flush=True)
"""


def a_state(path: Path, seed: int = 3) -> State:
    clock = VirtualClock(START)
    state = State(path, clock, seed)
    clock.advance_to(state.latest() or START)
    return state


def live(state: State, limit: int, *, answering: bool = False, rate: float = 8) -> Population:
    """Runs the plan until `limit` posts stand there; the brand says something to each post when it is answering."""
    clock = state.clock
    assert isinstance(clock, VirtualClock)
    population = Population(state, state.seed, rate)
    answered: set[int] = set()
    while (due := population.next_at()) is not None:
        clock.advance_to(due)
        population.step(clock.now(), limit)
        if answering:
            answer_all(state, answered)
    return population


def answer_all(state: State, answered: set[int]) -> None:
    for entry in state.log(max(answered, default=0), what="posted"):
        answered.add(entry.id)
        post = state.post_by_id(entry.post_id)
        if post is not None and post.addresses_brand and post.deleted_at is None:
            kind = "answer" if post.network in ("reclame_aqui", "complaints") else "comment"
            said = "Resolvido, protocolo 1." if post.parent else "Olá, protocolo 1."
            state.answer(post.network, said, parent=post.external_id, thread=post.thread, kind=kind)


def told(state: State) -> list[tuple[object, ...]]:
    """Everything that a reader of the networks could tell apart."""
    return [
        (
            *(post.network, post.external_id, post.person.handle, post.text, post.kind, post.parent, post.thread),
            *(post.posted_at, post.edited_at, post.deleted_at, tuple(sorted(post.extra.items()))),
        )
        for post in state.select_posts("1 = 1")
    ]


def test_the_same_seed_tells_the_same_story_and_another_seed_another(tmp_path: Path) -> None:
    stories = []
    for name, seed in (("a", 3), ("b", 3), ("c", 4)):
        state = a_state(tmp_path / name, seed)
        live(state, 120, answering=True)
        stories.append(told(state))
        state.close()

    assert stories[0] == stories[1]
    assert stories[0] != stories[2]


@pytest.mark.parametrize("steps", [1, 40, 90])
def test_a_kill_between_two_commits_changes_nothing_in_the_end(tmp_path: Path, steps: int) -> None:
    child = a_child(tmp_path / "killed.db", -1)
    assert child.stdout is not None
    for _ in range(steps):
        child.stdout.readline()
    child.kill()
    child.communicate()

    assert_ends_like_an_unbroken_run(tmp_path)


def test_a_kill_between_a_post_and_its_progress_takes_the_whole_event_back(tmp_path: Path) -> None:
    child = a_child(tmp_path / "killed.db", 25)
    child.communicate()

    assert child.returncode == -signal.SIGKILL
    assert_ends_like_an_unbroken_run(tmp_path)


def a_child(path: Path, kill_at: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", CHILD, str(path), str(kill_at)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )


def assert_ends_like_an_unbroken_run(folder: Path) -> None:
    killed, whole = a_state(folder / "killed.db"), a_state(folder / "whole.db")
    live(killed, 160)
    live(whole, 160)
    assert told(killed) == told(whole)
    assert len(Truth(killed).customer_posts()) == 160
    killed.close()
    whole.close()


def test_nothing_is_published_beyond_the_limit_and_the_plan_says_so(tmp_path: Path) -> None:
    state = a_state(tmp_path / "s.db")
    population = live(state, 50, answering=True)

    assert population.step(START + timedelta(days=30), limit=50) == 0
    assert population.next_at() is None
    assert population.published == 50
    assert population.started < 50, "follow-ups count as well"
    assert state.count_posts(by_brand=False) == 50
    assert population.step(state.clock.now() + timedelta(hours=1), limit=60) == 10
    state.close()


def test_customers_react_to_answers_and_to_silence_once_each(tmp_path: Path) -> None:
    state = a_state(tmp_path / "s.db")
    live(state, 300, answering=True)
    posts = Truth(state).customer_posts()
    reactions = [post for post in posts if "/" in post.corpus]

    assert {post.corpus.split("/")[1] for post in reactions} >= {
        "acknowledgement",
        "answer",
        "resolution",
        "evaluation",
    }
    said = Counter((post.network, post.thread, post.author, post.corpus, post.text) for post in reactions)
    # In a standing thread the same person may tell two stories that share a text.
    assert all(count == 1 for (network, *_), count in said.items() if network != "reddit")
    assert any(post.deleted_at for post in posts)
    assert any(post.edited_at for post in posts)
    state.close()


def test_nobody_takes_a_post_back_in_the_moment_in_which_they_add_to_it(tmp_path: Path) -> None:
    state = a_state(tmp_path / "s.db")
    live(state, 900, answering=True)
    # In Reddit's standing threads the same person may tell another story meanwhile.
    posts = [post for post in Truth(state).customer_posts() if post.network != "reddit"]
    taken_back = [post for post in posts if post.deleted_at is not None]

    assert len(taken_back) > 5
    for post in taken_back:
        since = post.deleted_at - timedelta(minutes=2) if post.deleted_at else START  # the customers' pace
        thread = [
            one for one in posts if (one.network, one.thread, one.author) == (post.network, post.thread, post.author)
        ]
        assert [one for one in thread if since < one.posted_at and one is not post] == []
    state.close()


def test_silence_is_complained_of_only_while_it_lasts(tmp_path: Path) -> None:
    silent, talking = a_state(tmp_path / "silent.db"), a_state(tmp_path / "talking.db")
    live(silent, 220)
    live(talking, 420, answering=True)

    def complained_of_silence(state: State) -> int:
        return sum(post.corpus.endswith("/silence") for post in Truth(state).customer_posts())

    assert complained_of_silence(silent) > 0
    assert complained_of_silence(talking) == 0
    silent.close()
    talking.close()


def test_an_evaluation_closes_a_ticket_with_its_grade(tmp_path: Path) -> None:
    state = a_state(tmp_path / "s.db")
    live(state, 150, answering=True)
    evaluations = state.select_posts("post.kind = 'evaluation'")

    assert evaluations
    for post in evaluations:
        ticket = state.ticket(post.thread)
        assert ticket is not None
        assert ticket.status == EVALUATED
        assert str(ticket.grade) == post.extra["grade"]
        assert state.posts("reclame_aqui", thread=post.thread, by_brand=True), "only an answered complaint is evaluated"
    state.close()


def test_the_brand_is_addressed_in_each_networks_own_way(tmp_path: Path) -> None:
    state = a_state(tmp_path / "s.db")
    live(state, 300, answering=True)
    posts = [post for post in state.select_posts("post.by_brand = 0") if "background" not in post.extra]

    assert all(is_heard(post) for post in posts)
    assert all(len(post.sources) >= 1 for post in Truth(state).customer_posts())
    assert len(Truth(state).customer_posts()) == 300, "every post is shown by some source"
    assert any(not post.addresses_brand for post in posts)
    state.close()


def is_heard(post: Post) -> bool:
    """An addressed post carries the brand's name as its network wants it; any other names the brand."""
    if post.network in ("x", "mastodon"):
        named = "#LojaAurora" in post.text if post.network == "mastodon" else "Loja Aurora" in post.text
        return ("@lojaaurora" in post.text) if post.addresses_brand else named
    if post.network == "reddit":
        calls = "u/LojaAuroraBR" in post.text or post.extra["subreddit"] == "LojaAurora"
        answers = post.in_reply_to_person is not None and post.in_reply_to_person.is_brand
        return calls or answers or (not post.addresses_brand and "Loja Aurora" in post.extra["title"])
    return post.addresses_brand


def test_some_posts_share_their_moment(tmp_path: Path) -> None:
    state = a_state(tmp_path / "s.db")
    live(state, 200)

    moments = Counter(post.posted_at for post in Truth(state).customer_posts())
    assert max(moments.values()) > 1
    state.close()


def test_order_numbers_differ_between_conversations_and_stay_within_one(tmp_path: Path) -> None:
    state = a_state(tmp_path / "s.db")
    live(state, 600)
    told_of = [post for post in Truth(state).customer_posts() if post.corpus.startswith("pt-001")]
    numbers: dict[str, set[str]] = {}
    for post in told_of:
        found = {word for word in post.text.split() if word.isdigit() and len(word) == 8}
        if found:
            numbers.setdefault(f"{post.network}:{post.thread}:{post.author}", set()).update(found)

    assert len(numbers) > 1
    assert all(len(found) == 1 for found in numbers.values())
    assert len(set().union(*numbers.values())) == len(numbers)
    state.close()


def test_a_file_of_yesterday_continues_now_and_makes_up_for_no_lost_time(tmp_path: Path) -> None:
    state = a_state(tmp_path / "s.db")
    live(state, 20)
    published = state.count_posts(by_brand=False)
    assert isinstance(state.clock, VirtualClock)
    state.clock.advance(timedelta(days=1))

    Population(state, state.seed, 8).step(state.clock.now())

    assert state.count_posts(by_brand=False) - published < 30
    state.close()


def test_a_rate_of_nothing_is_refused(tmp_path: Path) -> None:
    state = a_state(tmp_path / "s.db")
    with pytest.raises(ValueError, match="above 0"):
        Population(state, 1, 0)
    state.close()
