"""An account's own posts against the ledger: what nobody here sent, and what no longer stands."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine
from sqlmodel import select

from cases.acknowledge import acknowledge
from cases.approval import Terms as Approval
from cases.approval import approve
from database.engine import reading, transaction
from errors import ChannelError, NeedsAttentionError, OutcomeUnknownError, RateLimitedError, TryLaterError
from models import Account, Alarm, Brand, Mention, OwnPostSeen, Reply, ReplyState, Source, TimelineEvent
from responders.base import OwnPost
from responders.deliver import deliver
from responders.reconcile import EVERY, Reconciled, reconcile
from responders.verify import verify
from settings import AcknowledgeRule
from tests.builders import NOON, a_case, a_draft, a_mention, a_world, an_account
from tests.fakes import RecordingResponder

HOUR = timedelta(hours=1)


class Platform(RecordingResponder):
    """A platform that also shows an account its own posts."""

    def __init__(self) -> None:
        super().__init__()
        self.native: list[OwnPost] = []
        self.hidden = False  # from the timeline alone: the thread shows them
        self.timeline_error: ChannelError | None = None
        self.asked_since: list[datetime] = []

    def own_posts(self, since: datetime) -> Iterator[OwnPost]:
        self.asked_since.append(since)
        if self.timeline_error is not None:
            raise self.timeline_error
        ours = [] if self.hidden else self.published
        for reply in ours:
            yield OwnPost(self._posted(reply).external_id, "", reply.body, NOON, reply.mention_external_id)
        yield from self.native


@pytest.fixture
def reply_id(engine: Engine) -> int:
    source_id = a_world(engine)
    with transaction(engine) as session:
        mention = a_mention(session, session.get_one(Source, source_id))
        reply = a_draft(session, a_case(session, mention), mention)
        approve(session, reply, "Ana", NOON)
        for account in session.exec(select(Account)):
            account.reconciled_to = NOON  # compared before
        return reply.id or 0


def compared(engine: Engine, platform: Platform, now: datetime) -> Reconciled | None:
    with reading(engine) as session:
        account_id = session.exec(select(Account.id)).one() or 0
    return reconcile(engine, platform, platform, account_id, now)


def alarms(engine: Engine) -> list[str]:
    with reading(engine) as session:
        return list(session.exec(select(Alarm.kind)))


def events(engine: Engine) -> list[str]:
    with reading(engine) as session:
        return list(session.exec(select(TimelineEvent.kind)))


def sent(engine: Engine, reply_id: int) -> Platform:
    platform = Platform()
    assert deliver(engine, platform, reply_id, NOON) is ReplyState.POSTED
    assert verify(engine, platform, reply_id, NOON + timedelta(seconds=6)) is ReplyState.VERIFIED
    return platform


def test_what_was_sent_from_here_and_stands_there_agrees(engine: Engine, reply_id: int) -> None:
    found = compared(engine, sent(engine, reply_id), NOON + HOUR)
    assert found == Reconciled(own_posts=1, foreign=[], vanished=[])
    assert alarms(engine) == []


def test_a_post_that_nobody_here_sent_is_told_once(engine: Engine, reply_id: int) -> None:
    platform = sent(engine, reply_id)
    platform.native = [OwnPost("n1", "https://mastodon.example/n1", "Já resolvemos", NOON, "1")]
    found = compared(engine, platform, NOON + HOUR)
    assert found is not None
    assert [post.external_id for post in found.foreign] == ["n1"]
    assert alarms(engine) == ["foreign_post"]
    assert "own_post_elsewhere" in events(engine)
    again = compared(engine, platform, NOON + 2 * HOUR)
    assert again == Reconciled(own_posts=2, foreign=[], vanished=[])
    assert events(engine).count("own_post_elsewhere") == 1


def test_a_post_that_may_be_a_reply_on_its_way_is_not_called_foreign(engine: Engine, reply_id: int) -> None:
    platform = Platform()
    platform.post_errors, platform.swallow_answer = [OutcomeUnknownError("reset")], True
    assert deliver(engine, platform, reply_id, NOON) is ReplyState.UNKNOWN
    found = compared(engine, platform, NOON + timedelta(minutes=1))
    assert found == Reconciled(own_posts=1, foreign=[], vanished=[])
    with reading(engine) as session:
        assert session.exec(select(OwnPostSeen)).all() == []


def test_a_reply_that_no_longer_stands_is_told_once(engine: Engine, reply_id: int) -> None:
    platform = sent(engine, reply_id)
    platform.published.clear()
    found = compared(engine, platform, NOON + HOUR)
    assert found == Reconciled(own_posts=0, foreign=[], vanished=[reply_id])
    assert alarms(engine) == ["reply_vanished"]
    assert compared(engine, platform, NOON + 2 * HOUR) == Reconciled(own_posts=0, foreign=[], vanished=[])


def test_a_reply_that_only_the_timeline_leaves_out_has_not_vanished(engine: Engine, reply_id: int) -> None:
    platform = sent(engine, reply_id)
    platform.hidden = True
    assert compared(engine, platform, NOON + HOUR) == Reconciled(own_posts=0, foreign=[], vanished=[])


def test_a_young_reply_may_still_be_on_its_way_into_the_timeline(engine: Engine, reply_id: int) -> None:
    platform = sent(engine, reply_id)
    platform.published.clear()
    found = compared(engine, platform, NOON + timedelta(minutes=5))
    assert found == Reconciled(own_posts=0, foreign=[], vanished=[])


def test_what_stood_there_before_the_first_comparison_is_nobodys_concern(engine: Engine, reply_id: int) -> None:
    with transaction(engine) as session:
        for account in session.exec(select(Account)):
            account.reconciled_to = None
    platform = Platform()
    compared(engine, platform, NOON)
    assert NOON - timedelta(minutes=30) < platform.asked_since[0] < NOON


def test_after_a_backup_it_looks_back_for_days(engine: Engine, reply_id: int) -> None:
    with transaction(engine) as session:
        for account in session.exec(select(Account)):
            account.reconciled_to, account.recovered_at = None, NOON
    platform = Platform()
    compared(engine, platform, NOON)
    assert platform.asked_since == [NOON - timedelta(days=7)]


@pytest.mark.parametrize(
    ("error", "next_in", "told"),
    [
        (TryLaterError("503"), EVERY, []),
        (RateLimitedError("429", timedelta(minutes=3)), timedelta(minutes=3), []),
        (NeedsAttentionError("revoked"), EVERY, ["reconcile_failed"]),
    ],
)
def test_an_account_that_cannot_be_read_says_nothing_of_its_replies(
    engine: Engine, reply_id: int, error: ChannelError, next_in: timedelta, told: list[str]
) -> None:
    platform = sent(engine, reply_id)
    platform.published.clear()
    platform.timeline_error = error
    now = NOON + HOUR
    assert compared(engine, platform, now) == Reconciled(error=error)
    with reading(engine) as session:
        assert session.exec(select(Account.next_reconcile_at)).one() == now + next_in
        assert session.exec(select(Reply.vanished_at)).one() is None
    assert alarms(engine) == told


def test_a_reply_that_cannot_be_looked_for_hides_no_post_of_a_stranger(engine: Engine, reply_id: int) -> None:
    platform = sent(engine, reply_id)
    platform.published.clear()
    platform.native = [OwnPost("n1", "", "Comprem já!", NOON)]
    platform.find_errors = [TryLaterError("the ticket cannot be seen")]
    found = compared(engine, platform, NOON + HOUR)
    assert found == Reconciled(own_posts=1, foreign=platform.native, vanished=[])


@pytest.mark.parametrize(
    ("oldest", "told"), [(timedelta(hours=25), ["foreign_post", "reconcile_failed"]), (timedelta(hours=23), [])]
)
def test_what_a_platform_no_longer_shows_hides_nothing_newer(
    engine: Engine, reply_id: int, oldest: timedelta, told: list[str]
) -> None:
    class Short(Platform):
        def own_posts(self, since: datetime) -> Iterator[OwnPost]:
            yield from self.native
            raise TryLaterError("no more than the newest 2 are shown")

    platform, now = Short(), NOON + timedelta(days=9)
    platform.native = [OwnPost("n2", "", "Comprem já!", now), OwnPost("n1", "", "Bom dia!", now - oldest)]
    found = compared(engine, platform, now)
    assert alarms(engine) == told
    assert (found is not None and found.error is None) is bool(told)


def test_two_processes_compare_an_account_once(engine: Engine, reply_id: int) -> None:
    platform = Platform()
    assert compared(engine, platform, NOON + HOUR) is not None
    assert compared(engine, platform, NOON + HOUR) is None
    assert compared(engine, platform, NOON + HOUR + EVERY) is not None


@pytest.mark.parametrize("through_a_second", [False, True])
def test_automation_is_silent_where_somebody_answered_elsewhere(
    engine: Engine, reply_id: int, through_a_second: bool
) -> None:
    with transaction(engine) as session:
        source = session.exec(select(Source)).one()
        mention = a_mention(session, source, "2", thread_external_id="2")
        case = a_case(session, mention)
        mention_id, case_id = mention.id, case.id
    platform = Platform()
    platform.native = [OwnPost("n1", "", "Oi!", NOON, "2")]
    compared(engine, platform, NOON + HOUR)
    with transaction(engine) as session:
        if through_a_second:
            second = an_account(session, session.exec(select(Brand)).one(), "mastodon", name="second", handle="second")
            session.exec(select(OwnPostSeen)).one().account_id = second.id or 0
        mention = session.get_one(Mention, mention_id)
        case = session.get_one(type(case), case_id)
        rules = [AcknowledgeRule(template={"pt": "Olá! Protocolo {{ protocol }}."})]
        assert acknowledge(session, case, mention, rules, NOON, Approval()) is None
