"""Two `ouvidor run` on one PostgreSQL: nothing is polled twice, stored twice or answered twice, and all comes out."""

import re
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlmodel import col, func, select
from sqlmodel.sql.expression import SelectOfScalar

from cases.approval import approve
from cases.drafts import draft
from database.engine import migrate, open_database, reading, transaction
from errors import IllegalMoveError, PolicyRefusedError
from models import Case, CaseMention, Mention, Reply, ReplyPurpose, ReplyState, Source, TimelineEvent
from sandbox.clock import WallClock
from sandbox.population import Population
from sandbox.sample import sample_environment, sample_settings
from sandbox.server import Faults, SandboxServer
from sandbox.state import State
from sandbox.truth import Truth
from tests.commands.conftest import SETTINGS
from tests.commands.processes import line_with, running
from tests.commands.watching import LISTENED, Requests, outside, polls, watch_claims

pytestmark = [pytest.mark.postgres, pytest.mark.slow]

MENTIONS = 80
SEED = 3
LEASE, SETTLE = timedelta(seconds=4), timedelta(seconds=2)
WAITING = (ReplyState.APPROVED, ReplyState.SENDING, ReplyState.UNKNOWN, ReplyState.POSTED)


@dataclass(frozen=True)
class Town:
    """The networks with their people, and what the processes are told of them."""

    state: State
    requests: Requests
    population: Population
    environ: dict[str, str]
    engine: Engine

    def until(self, true: Callable[[], bool], what: str, seconds: float = 60) -> None:
        """Life goes on until then: people post, and one of ours answers."""
        end = time.monotonic() + seconds
        while not true():
            assert time.monotonic() < end, f"not after {seconds:.0f} s: {what}"
            self.population.step(self.state.clock.now(), limit=MENTIONS)
            answer_a_case(self.engine, self.state.clock.now())
            time.sleep(0.02)

    def is_over(self) -> bool:
        """Whether everybody has said all, and all of it was heard, answered and read back."""
        if self.population.next_at() is not None or alive(self.state) - heard(self.engine):
            return False
        with reading(self.engine) as session:
            untriaged = select(func.count()).where(col(Mention.triaged_at).is_(None))
            waiting = select(func.count()).where(col(Reply.state).in_(WAITING))
            return session.exec(unanswered()).first() is None and not any(
                session.exec(count).one() for count in (untriaged, waiting)
            )


@pytest.fixture
def town(folder: Path, empty_postgres_url: str) -> Iterator[Town]:
    requests = Requests()
    state = State(folder / "networks.db", WallClock(), SEED)
    server = SandboxServer(state, faults=Faults(before=requests.note))
    url = server.start()
    (folder / "ouvidor.toml").write_text(settings_text(url))
    engine = open_database(empty_postgres_url)
    migrate(engine)
    watch_claims(engine)
    population = Population(state, SEED, rate=900, pace=timedelta(seconds=2), site=url)
    yield Town(state, requests, population, {**sample_environment(), "OUVIDOR_DATABASE": empty_postgres_url}, engine)
    engine.dispose()
    server.stop()
    state.close()


def settings_text(url: str) -> str:
    """The sandbox's own settings, posting and in a hurry."""
    written = sample_settings(url).replace("posting = false", "posting = true")
    written = re.sub(r'every = "\d+s"', 'every = "2s"', written)
    slower = 'name = "reclame-aqui-tickets"\naccount = "reclame-aqui"\nkind = "tickets"\nevery = '
    assert f'{slower}"2s"' in written
    # Reclame AQUI allows ten calls a minute, to both processes together.
    written = written.replace(f'{slower}"2s"', f'{slower}"15s"')
    seconds = {"lease": LEASE.total_seconds(), "settle": SETTLE.total_seconds()}
    return written + "\n[delivery]\n" + "".join(f'{name} = "{number}s"\n' for name, number in seconds.items())


def alive(state: State) -> set[tuple[str, str]]:
    """What customers posted and have not taken back."""
    return {(post.network, post.external_id) for post in Truth(state).customer_posts(include_deleted=False)}


def heard(engine: Engine) -> set[tuple[str, str]]:
    """What is stored, by the sandbox's names; each only once, or this fails."""
    with reading(engine) as session:
        stored = session.exec(select(Mention.channel, Mention.external_id).where(~col(Mention.is_ours))).all()
    named = [("complaints" if channel == "complaint_page" else channel, said) for channel, said in stored]
    assert len(set(named)) == len(named)
    return set(named)


def unanswered() -> SelectOfScalar[Mention]:
    """Mentions that opened a case on a network that is answered through its API and without a narrow limit."""
    by_ana = select(Reply.id).where(Reply.case_id == CaseMention.case_id, Reply.drafted_by == "Ana")
    return (
        select(Mention)
        .join(CaseMention, col(CaseMention.mention_id) == Mention.id)
        .where(
            col(Mention.channel).in_(["x", "reddit", "mastodon"]),
            col(Mention.addresses_us),
            col(Mention.deleted_at).is_(None),
            ~by_ana.exists(),
        )
        .order_by(col(Mention.id))
    )


def answer_a_case(engine: Engine, now: datetime) -> None:
    """What a person does in the inbox, from another process than the two."""
    with transaction(engine) as session:
        mention = session.exec(unanswered()).first()
        if mention is None:
            return
        case = session.exec(select(Case).join(CaseMention).where(CaseMention.mention_id == mention.id)).one()
        body = f"Já encontramos o seu pedido e falamos com o setor responsável. Caso {case.protocol}."
        reply = draft(session, case, mention, body, ReplyPurpose.ANSWER, "Ana", now)
        with suppress(PolicyRefusedError, IllegalMoveError):  # it stays a draft
            approve(session, reply, "Ana", now)


def assert_nothing_twice(town: Town, dead: str = "") -> None:
    """No poll in another's, none before its time, no mention and no answer twice; and all of them came out."""
    found = polls(town.engine)
    for poll in found:
        assert poll.took_from in ("", dead), f"{poll} took a source from a living process"
        assert poll.since >= poll.rested_until, f"{poll} repeats another's"
    for name in LISTENED:
        mine = [poll for poll in found if poll.source == name]
        assert len(mine) > 1
        assert outside(town.requests.of_source(name), mine) == []
    posted = {(post.network, post.external_id) for post in town.state.select_posts("post.by_brand = 0")}
    assert alive(town.state) <= heard(town.engine) <= posted
    with reading(town.engine) as session:
        approved = session.exec(select(Reply).where(Reply.key != "")).all()
    assert {reply.state for reply in approved} == {ReplyState.VERIFIED}
    assert {reply.drafted_by for reply in approved} == {"Ana", "ouvidor"}
    answers = Truth(town.state).brand_answers()
    assert Truth(town.state).doubled_answers() == []
    assert sorted(answer.external_id for answer in answers) == sorted(reply.external_id for reply in approved)
    assert len(town.requests.publishing()) == len(answers)


def test_those_that_start_at_once_on_an_empty_database_do_not_get_in_each_others_way(
    folder: Path, empty_postgres_url: str
) -> None:
    (folder / "ouvidor.toml").write_text(SETTINGS)
    environ = {"OUVIDOR_DATABASE": empty_postgres_url}
    with (
        running("apply", environ=environ) as first,
        running("apply", environ=environ) as second,
        running("apply", environ=environ) as third,
    ):
        said = [process.communicate(timeout=60) for process in (first, second, third)]
        assert [process.returncode for process in (first, second, third)] == [0, 0, 0], said
    assert sorted(out for out, _ in said)[1:] == ["nothing to change\n"] * 2


def test_two_processes_share_the_work_and_do_nothing_twice(town: Town) -> None:
    with (
        running("run", "--port", "0", environ=town.environ) as first,
        running("run", "--port", "0", environ=town.environ) as second,
    ):
        for process in (first, second):
            line_with(process, "listening to")
        town.until(town.is_over, "all was heard and answered")
    assert_nothing_twice(town)
    assert len({poll.by for poll in polls(town.engine)}) == 2


def test_the_source_of_one_that_was_killed_is_read_by_the_other(town: Town) -> None:
    dead = what_died(town, "poll.stored:4")  # a page that was never committed
    assert dead in {poll.took_from for poll in polls(town.engine)}


def test_the_answer_of_one_that_was_killed_is_looked_for_by_the_other(town: Town) -> None:
    what_died(town, "deliver.answered:4")  # it stands in public, and only the network knows
    with reading(town.engine) as session:
        found = select(TimelineEvent.reply_id).where(TimelineEvent.kind == "reply_unknown")
        assert session.exec(found).all()  # more than one where other accounts were sending as well


def what_died(town: Town, crash_at: str) -> str:
    """Two processes, of which one dies at its own hand on the way, and all comes out all the same; its name."""
    with (
        running("run", "--port", "0", environ={**town.environ, "OUVIDOR_CRASH_AT": crash_at}) as first,
        running("run", "--port", "0", environ=town.environ) as second,
    ):
        line_with(first, "listening to")
        line_with(second, "listening to")
        town.until(lambda: first.poll() is not None, f"the first process came to {crash_at}")
        assert first.returncode == -signal.SIGKILL
        outlive_leases(town.engine)
        town.until(town.is_over, "the other heard and answered the rest")
    last = {poll.by: poll.since for poll in polls(town.engine)}
    dead = min(last, key=lambda name: last[name])
    assert_nothing_twice(town, dead)
    return dead


def outlive_leases(engine: Engine) -> None:
    """End the claims on sources, which are good for ten minutes; what lives is not robbed by itself."""
    with transaction(engine) as session:
        for source in session.exec(select(Source).where(col(Source.claimed_until).is_not(None)).with_for_update()):
            source.claimed_until = WallClock().now()
