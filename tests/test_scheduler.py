"""The loop: every step, one slow or broken source never another's trouble, a stop that ends."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import wait
from datetime import timedelta

import pytest
from sqlalchemy import Engine, update
from sqlmodel import col, select

from cases.approval import approve
from cases.stops import Scope, resume, stop
from channels.connection import Clock, Connection, SourceConfig
from classifier.base import Verdict
from database.engine import reading, transaction
from errors import NeedsAttentionError, SettingsError
from models import (
    Account,
    Alarm,
    Case,
    Mention,
    MentionType,
    Reply,
    ReplyPurpose,
    ReplyState,
    Sentiment,
    Source,
    Urgency,
)
from responders.base import OwnPost
from responders.fuses import BLOWN, blow
from scheduler import STEPS, Runtime
from settings import AccountSettings, BrandSettings, Settings
from tests.builders import NOON, a_brand, a_case, a_draft, a_heard, a_mention, a_page, a_source, an_account
from tests.chaos.intents import settings
from tests.chaos.people import Approving
from tests.fakes import RecordingResponder, ScriptedListener, StandingClock


class OneVerdict:
    """A classifier of one opinion."""

    version = "one"

    def classify(self, texts: Sequence[str]) -> list[Verdict]:
        verdict = Verdict(
            "pt", Sentiment.NEGATIVE, Urgency.NORMAL, MentionType.COMPLAINT, True, (), {"type": 1.0}, "one"
        )
        return [verdict for _ in texts]


@pytest.fixture
def platform() -> RecordingResponder:
    return RecordingResponder()


@pytest.fixture
def runtime_of(engine: Engine, platform: RecordingResponder) -> Iterator[Callable[..., Runtime]]:
    """Builds a loop over named listeners, one source each, of one account."""
    made: list[Runtime] = []

    def build(posting: bool = True, **listeners: ScriptedListener | Exception) -> Runtime:
        with transaction(engine) as session:
            account = an_account(session, a_brand(session), name="conta")
            for name in listeners:
                a_source(session, account, name=name, query=name, next_check_at=NOON + timedelta(days=1))

        def build_listener(connection: Connection, source: SourceConfig, clock: Clock) -> ScriptedListener:
            found = listeners[source.query]
            if isinstance(found, Exception):
                raise found
            return found

        settings = Settings(
            posting=posting,
            brand=[BrandSettings(slug="aurora", name="Loja Aurora")],
            account=[
                AccountSettings(
                    name="conta",
                    brand="aurora",
                    channel="mastodon",
                    handle="lojaaurora",
                    base_url="https://mastodon.example",
                    secrets={"access_token": "env:HOME"},
                )
            ],
        )
        runtime = Runtime(
            engine,
            settings,
            StandingClock(NOON),
            OneVerdict(),
            listeners=build_listener,
            responders=lambda connection, clock: platform,
        )
        made.append(runtime)
        return runtime

    yield build
    for runtime in made:
        runtime.stop(timedelta(seconds=5))


def eventually(true: Callable[[], bool], seconds: float = 20.0) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if true():
            return True
        time.sleep(0.05)
    return False


def heard(engine: Engine) -> list[str]:
    with reading(engine) as session:
        return list(session.exec(select(Mention.external_id).order_by(col(Mention.id))))


def test_once_brings_a_mention_from_its_source_to_a_case(engine: Engine, runtime_of: Callable[..., Runtime]) -> None:
    assert runtime_of(good=ScriptedListener(a_page(a_heard("1")))).once() > 0
    with reading(engine) as session:
        assert session.exec(select(Case.type)).all() == [MentionType.COMPLAINT]


def test_a_source_that_hangs_does_not_delay_another(engine: Engine, runtime_of: Callable[..., Runtime]) -> None:
    let_go = threading.Event()
    hanging = ScriptedListener(lambda: let_go.wait(30), a_page(a_heard("slow")))
    runtime = runtime_of(hanging=hanging, good=ScriptedListener(a_page(a_heard("1"))))
    runtime.start()
    try:
        assert eventually(lambda: heard(engine) == ["1"])
    finally:
        let_go.set()
    assert eventually(lambda: sorted(heard(engine)) == ["1", "slow"])


def test_a_defect_in_one_source_leaves_the_others_and_its_health_says_so(
    engine: Engine, runtime_of: Callable[..., Runtime]
) -> None:
    runtime = runtime_of(broken=ScriptedListener(KeyError("defect")), good=ScriptedListener(a_page(a_heard("1"))))
    runtime.once()
    assert heard(engine) == ["1"]
    with reading(engine) as session:
        broken = session.exec(select(Source).where(Source.name == "broken")).one()
        assert broken.failures == 1
        assert "KeyError" in broken.last_error


def test_a_source_that_cannot_be_built_is_paused_with_one_alarm(
    engine: Engine, runtime_of: Callable[..., Runtime]
) -> None:
    runtime = runtime_of(bare=SettingsError("the access token is missing: set X"))
    runtime.once()
    runtime.once()
    with reading(engine) as session:
        assert "access token is missing" in session.exec(select(Source.paused_reason)).one()
        assert len(session.exec(select(Alarm)).all()) == 1


def test_a_stop_lets_what_is_in_flight_finish(engine: Engine, runtime_of: Callable[..., Runtime]) -> None:
    begun = threading.Event()
    slow = ScriptedListener(begun.set, lambda: threading.Event().wait(1), a_page(a_heard("1")))
    runtime = runtime_of(slow=slow)
    runtime.start()
    assert begun.wait(20)
    before = time.monotonic()
    assert runtime.stop(timedelta(seconds=5))
    assert time.monotonic() - before < 5
    assert heard(engine) == ["1"]


def test_a_stop_does_not_wait_for_ever(engine: Engine, runtime_of: Callable[..., Runtime]) -> None:
    begun, let_go = threading.Event(), threading.Event()
    stuck = ScriptedListener(begun.set, lambda: let_go.wait(60))
    runtime = runtime_of(stuck=stuck)
    runtime.start()
    assert begun.wait(20)
    before = time.monotonic()
    assert not runtime.stop(timedelta(seconds=1))
    assert time.monotonic() - before < 5
    let_go.set()


def test_what_a_stop_cuts_off_is_polled_again_at_the_next_start(
    engine: Engine, runtime_of: Callable[..., Runtime]
) -> None:
    begun, let_go = threading.Event(), threading.Event()
    runtime = runtime_of(stuck=ScriptedListener(begun.set, lambda: let_go.wait(60), a_page(a_heard("1"), cursor="c9")))
    runtime.start()
    assert begun.wait(20)
    assert not runtime.stop(timedelta(milliseconds=100))
    with reading(engine) as session:
        source = session.exec(select(Source)).one()
        assert (source.claim, source.claimed_until) == (None, None)
    let_go.set()
    wait(list(runtime._under_way.values()), 20)
    with reading(engine) as session:
        assert session.exec(select(Source.cursor)).one() is None  # who stopped has no say any more
    assert heard(engine) == []


def test_a_stop_does_not_wait_for_a_database_that_somebody_holds(
    engine: Engine, runtime_of: Callable[..., Runtime]
) -> None:
    begun, let_go = threading.Event(), threading.Event()
    runtime = runtime_of(stuck=ScriptedListener(begun.set, lambda: let_go.wait(60)))
    runtime.start()
    assert begun.wait(20)
    with transaction(engine) as session:
        session.exec(select(Source).with_for_update()).one()
        before = time.monotonic()
        assert not runtime.stop(timedelta(milliseconds=100))
        assert time.monotonic() - before < 3
    let_go.set()


def approved(engine: Engine) -> None:
    with transaction(engine) as session:
        mention = a_mention(session, session.exec(select(Source)).one(), "7")
        approve(session, a_draft(session, a_case(session, mention), mention), "Ana", NOON)


@pytest.mark.parametrize(("posting", "state"), [(True, ReplyState.POSTED), (False, ReplyState.APPROVED)])
def test_nothing_is_sent_while_posting_is_off(
    engine: Engine,
    runtime_of: Callable[..., Runtime],
    platform: RecordingResponder,
    posting: bool,
    state: ReplyState,
) -> None:
    runtime = runtime_of(posting=posting, good=ScriptedListener(a_page()))
    approved(engine)
    runtime.once()
    assert platform.posts == (1 if posting else 0)
    with reading(engine) as session:
        assert session.exec(select(Reply.state)).one() is state


def test_what_a_person_holds_back_is_not_taken_up_until_it_is_let_go(
    engine: Engine, runtime_of: Callable[..., Runtime], platform: RecordingResponder
) -> None:
    runtime = runtime_of(posting=True, good=ScriptedListener(a_page()))
    approved(engine)
    with transaction(engine) as session:
        stop(session, Scope(), "Ana", "", NOON)
    runtime.once()
    assert runtime.next_due() is None or runtime.next_due() > NOON  # type: ignore[operator]
    with transaction(engine) as session:
        assert session.exec(select(Reply.fence)).one() == 0  # nobody claimed it, to give it back
        assert resume(session, Scope(), "Ana", NOON)
    runtime.once()
    assert platform.posts == 1


def test_a_start_gives_what_was_paused_another_chance(engine: Engine, runtime_of: Callable[..., Runtime]) -> None:
    listener = ScriptedListener(NeedsAttentionError("revoked"))
    runtime = runtime_of(revoked=listener)
    runtime.once()
    with transaction(engine) as session:
        assert session.exec(select(Source.paused_reason)).one()
        session.exec(select(Account)).one().paused_reason = "revoked"
    listener.steps = (a_page(a_heard("1")),)
    runtime.start()
    assert eventually(lambda: heard(engine) == ["1"])
    with reading(engine) as session:
        assert session.exec(select(Account.paused_reason)).one() == ""


def test_a_start_mends_no_fuse(engine: Engine, runtime_of: Callable[..., Runtime]) -> None:
    runtime = runtime_of()
    with transaction(engine) as session:
        blow(session, session.exec(select(Account.id)).one() or 0, f"{BLOWN}an_hour: 600 replies were sent", NOON)
    runtime.start()
    with reading(engine) as session:
        assert session.exec(select(Account.paused_reason)).one()
    runtime.resume()
    with reading(engine) as session:
        assert session.exec(select(Account.paused_reason)).one() == ""


def test_every_step_has_a_name_of_its_own_and_an_interval() -> None:
    assert len({step.name for step in STEPS}) == len(STEPS)
    assert all(step.every > timedelta(0) for step in STEPS)


def test_a_reply_of_an_account_that_was_taken_out_goes_to_a_person(
    engine: Engine, runtime_of: Callable[..., Runtime], platform: RecordingResponder
) -> None:
    runtime = runtime_of(good=ScriptedListener(a_page()))
    approved(engine)
    with transaction(engine) as session:
        account = session.exec(select(Account)).one()
        account.name, account.active = "gone", False
    runtime.once()
    with reading(engine) as session:
        reply = session.exec(select(Reply)).one()
        assert (reply.state, platform.posts) == (ReplyState.NEEDS_HUMAN, 0)
        assert "any.imported" in reply.last_error


def test_a_missing_secret_pauses_the_account_and_keeps_the_reply(
    engine: Engine, runtime_of: Callable[..., Runtime]
) -> None:
    runtime = runtime_of(good=ScriptedListener(a_page()))
    approved(engine)
    with transaction(engine) as session:
        session.exec(select(Account)).one().name = "not in the settings"
    runtime.once()
    with reading(engine) as session:
        assert session.exec(select(Reply.state)).one() is ReplyState.APPROVED
        assert session.exec(select(Account.paused_reason)).one()
        assert "account_paused" in session.exec(select(Alarm.kind)).all()


def test_after_a_backup_the_loop_asks_the_platform_before_automation_answers_again(
    engine: Engine, runtime_of: Callable[..., Runtime], platform: RecordingResponder
) -> None:
    runtime = runtime_of(good=ScriptedListener(a_page()))
    earlier = OwnPost("old", "", "Olá! Protocolo 20260310-000007.", NOON, "7")
    platform.own_posts = lambda since: iter([earlier])  # type: ignore[attr-defined]
    approved(engine)
    with transaction(engine) as session:
        reply = session.exec(select(Reply)).one()
        reply.automatic, reply.purpose = True, ReplyPurpose.ACKNOWLEDGEMENT
        session.exec(select(Account)).one().recovered_at = NOON
    runtime.once()
    with reading(engine) as session:
        assert session.exec(select(Reply.last_error)).one().startswith("any.answered: ")
    assert platform.posts == 0


def test_what_another_holds_keeps_nothing_else_waiting(engine: Engine, platform: RecordingResponder) -> None:
    """Five hundred are looked at in one go, and a process that died may have held more."""
    Approving(engine, 502, NOON - timedelta(hours=1), timedelta(seconds=1)).step(NOON)
    with transaction(engine) as session:
        held = update(Reply).where(col(Reply.id) <= 501)
        session.execute(held.values(claim="another's", claimed_until=NOON + timedelta(minutes=5)))
    runtime = Runtime(
        engine, settings(), StandingClock(NOON), OneVerdict(), responders=lambda _connection, _clock: platform
    )
    runtime.once()
    assert [reply.mention_external_id for reply in platform.published] == ["502"]
    assert runtime.next_due() == NOON + timedelta(seconds=5)  # to look for it
