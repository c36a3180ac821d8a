"""`ouvidor chaos`: a run comes to its end with nothing wrong, and whatever goes wrong is counted and fails it."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import Session, col, select

from commands.chaos.figures import MUST_BE_ZERO, StopSet, record_of
from commands.chaos.ledger import Span, read_ledger
from commands.chaos.run import tell
from commands.chaos.subject import OuvidorSubject
from commands.chaos.world import Outcome, Trial, try_out
from database.engine import open_database, transaction
from database.ledger import append
from models import Case, CaseMention, Mention, Profile, Reply, ReplyState
from sandbox.clock import WallClock
from sandbox.faults import KINDS
from sandbox.records import Post
from sandbox.state import State
from tests.commands.conftest import Ouvidor

ROOT = Path(__file__).parents[2]
NAMES = (*MUST_BE_ZERO, "unknown_settled", "to_person", "crashes", "faults", "seconds")
SEED = 1


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "cli", "chaos", *arguments]


def environment(folder: Path) -> dict[str, str]:
    """Temporary files come into a folder of the test's own, to see whether they go."""
    return {**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(folder)}


def chaos(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(*arguments),
        cwd=folder,
        env=environment(folder),
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )


@dataclass(frozen=True)
class Ended:
    """A run that came to its end, with the files that it left."""

    folder: Path
    outcome: Outcome


@pytest.fixture(scope="module")
def ended(tmp_path_factory: pytest.TempPathFactory) -> Ended:
    """One short run without a fault, for the sins to be planted into copies of it."""
    folder = tmp_path_factory.mktemp("chaos")
    trial = Trial(SEED, mentions=20, crashes=1, faults=frozenset())
    outcome = try_out(trial, folder, lambda place: OuvidorSubject(place, database_of(folder), SEED))
    assert outcome.stuck == ()
    return Ended(folder, outcome)


def database_of(folder: Path) -> str:
    return f"sqlite:///{folder / 'ouvidor.db'}"


@dataclass
class World:
    """What a run left: the networks, and our database in a transaction."""

    state: State
    session: Session
    stops: list[StopSet]

    def answered(self, network: str | None = None) -> tuple[Reply, Mention]:
        """A reply that stands, with what it answers."""
        for reply, mention in self.session.exec(
            select(Reply, Mention)
            .join(Mention, col(Mention.id) == Reply.mention_id)
            .where(Reply.state == ReplyState.VERIFIED, col(Mention.deleted_at).is_(None))
            .order_by(col(Reply.id))
        ):
            if network is None or mention.channel == network:
                return reply, mention
        raise LookupError(f"nothing was answered on {network}")

    def post(self, mention: Mention) -> Post:
        found = self.state.post(mention.channel, mention.external_id)
        assert found is not None
        return found

    def answer(self, post: Post, text: str) -> Post:
        return self.state.answer(post.network, text, parent=post.external_id, thread=post.thread)


Sin = Callable[[World], None]


def recount(ended: Ended, folder: Path, sin: Sin, capsys: pytest.CaptureFixture[str]) -> tuple[dict[str, Any], int]:
    """The figures and the exit code of the same run with a sin planted into it."""
    for file in ended.folder.iterdir():
        if file.name.startswith(("ouvidor.db", "networks.db")):
            shutil.copyfile(file, folder / file.name)
    engine = open_database(database_of(folder))
    record = ended.outcome.record
    stops = list(record.stops)
    with closing(State(folder / "networks.db", WallClock(), SEED)) as state:
        with transaction(engine) as session:
            sin(World(state, session, stops))
        outcome = replace(
            ended.outcome,
            record=record_of(state, stops, record.readings, record.lag),
            ledger=read_ledger(engine),
        )
    engine.dispose()
    code = tell(outcome, 1.0, as_json=True)
    printed: dict[str, Any] = json.loads(capsys.readouterr().out)
    return printed, code


@pytest.mark.slow
def test_the_run_itself_holds_nothing_wrong(ended: Ended, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    printed, code = recount(ended, tmp_path, lambda world: None, capsys)
    assert tuple(printed) == NAMES
    assert {name: printed[name] for name in MUST_BE_ZERO} == dict.fromkeys(MUST_BE_ZERO, 0)
    assert code == 0
    assert printed["crashes"] == 1


def a_post_that_nobody_heard(world: World) -> None:
    person = world.state.add_person("mastodon", "esquecida", "Esquecida", 3)
    world.state.publish(person, "@lojaaurora cadê?", kind="post")


def a_post_stored_twice(world: World) -> None:
    _, mention = world.answered()
    world.session.add(Mention(**{**mention.model_dump(exclude={"id"}), "place": "elsewhere"}))


def a_second_open_case(world: World) -> None:
    case = world.session.exec(select(Case).where(Case.channel == "mastodon")).first()
    assert case is not None
    link = world.session.exec(select(CaseMention).where(CaseMention.case_id == case.id)).first()
    assert link is not None
    opened_by = world.session.get_one(Mention, link.mention_id)
    post = world.post(opened_by)
    said = world.state.publish(post.person, "E aí?", kind="comment", parent=post.external_id, thread=post.thread)
    heard = Mention(**{**opened_by.model_dump(exclude={"id"}), "external_id": said.external_id})
    second = Case(**{**case.model_dump(exclude={"id"}), "protocol": "20260302-999999"})
    world.session.add_all([heard, second])
    world.session.flush()
    world.session.add(CaseMention(mention_id=heard.id or 0, case_id=second.id or 0, linked_at=case.opened_at))
    append(world.session, second.id or 0, "opened", "ouvidor", case.opened_at, mention_id=heard.id)


def the_same_answer_twice(world: World) -> None:
    reply, mention = world.answered("mastodon")
    world.answer(world.post(mention), reply.body)


def an_answer_that_the_ledger_forgot(world: World) -> None:
    _, mention = world.answered()
    world.answer(world.post(mention), "Quem disse isto?")


def a_reply_that_never_stood(world: World) -> None:
    reply, _ = world.answered()
    invented = Reply(**{**reply.model_dump(exclude={"id"}), "sequence": 9, "external_id": "invented"})
    world.session.add(invented)


def a_reply_without_an_end(world: World) -> None:
    reply, _ = world.answered()
    reply.state = ReplyState.UNKNOWN
    world.session.add(reply)


def automation_on_a_complaint_site(world: World) -> None:
    reply, _ = world.answered("reclame_aqui")
    reply.automatic = True
    world.session.add(reply)


def an_answer_after_a_deletion(world: World) -> None:
    _, mention = world.answered("mastodon")
    world.answer(world.state.delete(world.post(mention)), "Volte aqui!")


def an_answer_in_public_to_a_private_post(world: World) -> None:
    _, mention = world.answered("mastodon")
    world.state.set_extra(world.post(mention), visibility="direct")


def an_answer_to_a_bot(world: World) -> None:
    reply, mention = world.answered("mastodon")
    reply.automatic = True
    world.session.add(reply)
    world.state.set_extra(world.post(mention), bot="yes")


def an_answer_to_a_post_on_x_that_does_not_address_us(world: World) -> None:
    person = world.state.add_person("x", "alheia", "Alheia", 3)
    post = world.state.publish(person, "um dia como outro", kind="post", addresses_brand=False)
    world.answer(post, "Podemos ajudar?")


def automation_to_somebody_who_opted_out(world: World) -> None:
    reply, mention = world.answered("mastodon")
    reply.automatic = True
    author = world.session.get_one(Profile, mention.profile_id)
    author.opted_out_at = mention.posted_at - timedelta(days=1)
    world.session.add_all([reply, author])


def automation_after_what_it_began_and_a_person_posted_again(world: World) -> None:
    reply, mention = world.answered("mastodon")
    reply.was_automatic = True
    answer = world.answer(world.post(mention), "Olá! Já estamos vendo o seu caso.")
    second = Reply(
        **{
            **reply.model_dump(exclude={"id"}),
            "automatic": True,
            "sequence": 9,
            "external_id": answer.external_id,
            "body": "Olá! Já estamos vendo o seu caso.",
        }
    )
    world.session.add_all([reply, second])


def a_cpf_in_public(world: World) -> None:
    _, mention = world.answered()
    world.answer(world.post(mention), "Achamos o CPF 529.982.247-25.")


def a_send_while_all_is_stopped(world: World) -> None:
    reply, _ = world.answered("mastodon")
    assert reply.posted_at is not None
    world.stops.append(StopSet(None, Span(reply.posted_at - timedelta(seconds=2), reply.posted_at + timedelta(1))))


SINS: tuple[tuple[str, Sin], ...] = (
    ("mentions_lost", a_post_that_nobody_heard),
    ("mentions_doubled", a_post_stored_twice),
    ("cases_doubled", a_second_open_case),
    ("replies_doubled", the_same_answer_twice),
    ("replies_lost", an_answer_that_the_ledger_forgot),
    ("replies_lost", a_reply_that_never_stood),
    ("replies_lost", a_reply_without_an_end),
    ("policy_breaches", automation_on_a_complaint_site),
    ("policy_breaches", an_answer_after_a_deletion),
    ("policy_breaches", an_answer_in_public_to_a_private_post),
    ("policy_breaches", an_answer_to_a_bot),
    ("policy_breaches", an_answer_to_a_post_on_x_that_does_not_address_us),
    ("policy_breaches", automation_to_somebody_who_opted_out),
    ("policy_breaches", automation_after_what_it_began_and_a_person_posted_again),
    ("leaked_personal_data", a_cpf_in_public),
    ("sends_after_kill_switch", a_send_while_all_is_stopped),
)


@pytest.mark.slow
@pytest.mark.parametrize(("figure", "sin"), SINS, ids=[sin.__name__ for _, sin in SINS])
def test_a_sin_is_counted_and_fails_the_run(
    figure: str, sin: Sin, ended: Ended, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    printed, code = recount(ended, tmp_path, sin, capsys)
    assert printed[figure] >= 1
    assert code == 1


def test_every_figure_that_must_be_zero_has_a_sin() -> None:
    assert {figure for figure, _ in SINS} == set(MUST_BE_ZERO)


@pytest.mark.slow
def test_a_run_that_got_stuck_fails_and_says_why(ended: Ended, capsys: pytest.CaptureFixture[str]) -> None:
    assert tell(replace(ended.outcome, stuck=["reply 3 is unknown"]), 1.0, as_json=True) == 1
    assert "stuck: reply 3 is unknown" in capsys.readouterr().err


@pytest.mark.slow
def test_without_json_the_figures_are_a_table(ended: Ended, capsys: pytest.CaptureFixture[str]) -> None:
    assert tell(ended.outcome, 1.0, as_json=False) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(NAMES) - 1 + len(ended.outcome.faults)
    assert lines[0].split() == ["mentions", "lost", "0"]


@pytest.mark.slow
def test_the_loop_survives_kills_and_faults(tmp_path: Path) -> None:
    run = chaos(tmp_path, "--json", "--mentions", "16", "--crashes", "2", "--seed", "1")
    printed = json.loads(run.stdout)
    assert run.returncode == 0, run.stderr
    assert tuple(printed) == NAMES
    assert printed["crashes"] == 2
    assert set(printed["faults"]) == set(KINDS)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_a_named_database_is_kept_and_not_used_twice(tmp_path: Path) -> None:
    arguments = ("--json", "--mentions", "10", "--crashes", "1", "--database", f"sqlite:///{tmp_path / 'kept.db'}")
    assert chaos(tmp_path, *arguments).returncode == 0
    again = chaos(tmp_path, *arguments)
    assert again.returncode == 2
    assert "kept.db holds something already" in again.stderr


@pytest.mark.slow
@pytest.mark.postgres
def test_the_loop_survives_on_postgres_too(tmp_path: Path, empty_postgres_url: str) -> None:
    run = chaos(tmp_path, "--json", "--mentions", "20", "--crashes", "2", "--database", empty_postgres_url)
    assert run.returncode == 0, run.stderr
    assert json.loads(run.stdout)["crashes"] == 2


@pytest.mark.parametrize("number", [signal.SIGTERM, pytest.param(signal.SIGINT, marks=pytest.mark.slow)])
def test_a_stop_from_outside_leaves_nothing_behind(tmp_path: Path, number: int) -> None:
    process = subprocess.Popen(
        command("--mentions", "500"),
        cwd=tmp_path,
        env=environment(tmp_path),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        # A shell lets what it starts in the background ignore Ctrl-C, and that is handed down.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),  # noqa: PLW1509 - no threads here
    )
    try:
        child = child_of(process)
        process.send_signal(number)
        assert process.wait(20) == (143 if number == signal.SIGTERM else 130)
        assert not is_alive(child)
        assert list(tmp_path.iterdir()) == []
    finally:
        process.kill()
        process.wait(10)


@pytest.mark.slow
def test_the_loop_ends_with_a_host_that_is_killed(tmp_path: Path) -> None:
    process = subprocess.Popen(
        command("--mentions", "500"),
        cwd=tmp_path,
        env=environment(tmp_path),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    child = child_of(process)
    process.kill()
    process.wait(10)
    until = time.monotonic() + 10
    while is_alive(child):
        assert time.monotonic() < until, "the loop outlived its host"
        time.sleep(0.05)


def child_of(process: "subprocess.Popen[bytes]") -> int:
    """The process of the loop, once there is one."""
    listed = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    if not listed.exists():
        process.kill()
        pytest.skip("this system does not tell a process's children")
    until = time.monotonic() + 20
    while not (children := listed.read_text().split()):
        assert time.monotonic() < until, "no loop was started"
        time.sleep(0.05)
    time.sleep(0.3)  # so that it has begun to do something
    return int(children[0])


def is_alive(pid: int) -> bool:
    """A process that nobody has asked after its end is dead as well."""
    stat = Path(f"/proc/{pid}/stat")
    try:
        return stat.read_text().rpartition(") ")[2][0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["--faults", "server-eror"], "'server-eror' is no fault; did you mean 'server-errors'?"),
        (["--faults", " ,"], "--faults names none"),
        (["--faults", "all,redirect"], "--faults: all stands alone; write it without names, or names without it"),
        (["--mentions", "0"], "--mentions"),
        (["--crashes", "-1"], "--crashes"),
        (["--seed", "x"], "--seed"),
        (["--database", "postgresql://nobody@127.0.0.1:9/none"], "127.0.0.1:9/none cannot be used"),
        (["--database", "mysql://a@b/c"], "'mysql'"),
        (["--database", "ouvidor.db"], "'ouvidor.db'"),
        (["--database", "sqlite:///missing/ouvidor.db"], "missing: make it first"),
    ],
)
def test_wrong_arguments_are_named_in_one_line(arguments: list[str], named: str, ouvidor: Ouvidor) -> None:
    found = ouvidor("chaos", *arguments)
    assert found.code == 2
    assert named in found.err
    assert found.out == ""
    assert "Traceback" not in found.err


def test_a_file_that_is_no_database_is_named(ouvidor: Ouvidor, folder: Path) -> None:
    (folder / "text.db").write_text("not a database, and longer than its header would be")
    found = ouvidor("chaos", "--database", "sqlite:///text.db")
    assert found.code == 2
    assert "text.db cannot be used" in found.err
