"""The guards of delivery: each is removed in turn by docs/reliability.md's table, and a test here or beside fails."""

import threading
import time
from collections.abc import Callable, Iterator, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlmodel import Session, select
from structlog.testing import capture_logs

from cases import gate
from cases.approval import Terms as Approval
from cases.approval import approve, leave, post_again, would_refuse
from cases.drafts import edit
from cases.recovery import freeze
from cases.stops import Scope, resume, standing, stop
from database.engine import reading, transaction
from errors import (
    FourEyesError,
    IllegalMoveError,
    NeedsAttentionError,
    OutcomeUnknownError,
    PersonalDataError,
    PolicyRefusedError,
    RateLimitedError,
)
from listeners.purge import purge
from models import Account, Alarm, Brand, Case, Mention, Profile, Reply, ReplyPurpose, ReplyState, Source, TimelineEvent
from responders.base import OutgoingReply, OwnPost, Posted
from responders.deliver import Doings, deliver, seconds
from responders.fuses import BLOWN, Fuses, blow
from responders.settle import Terms, reclaim
from responders.verify import verify
from settings import Settings
from tests.builders import NOON, a_case, a_draft, a_mention, a_world, an_author, find_mention
from tests.fakes import RecordingResponder

S = ReplyState
SECOND = timedelta(seconds=1)
ZONE = Settings().zone


def approved(engine: Engine, number: int = 1, body: str = "Olá! Já estamos vendo.", **fields: object) -> int:
    """An approved answer to a complaint of its own."""
    with transaction(engine) as session:
        source = session.exec(select(Source)).first()
        if source is None:
            raise AssertionError("the world has no source")
        mention = a_mention(session, source, str(number), author=an_author(f"u{number}"))
        reply = a_draft(session, a_case(session, mention), mention, body, **fields)
        approve(session, reply, "Bia", NOON)
        return reply.id or 0


@pytest.fixture
def reply_id(engine: Engine) -> int:
    a_world(engine)
    return approved(engine)


def reply_of(engine: Engine, reply_id: int) -> Reply:
    with reading(engine) as session:
        return session.get_one(Reply, reply_id)


def why(engine: Engine, reply_id: int) -> str:
    return reply_of(engine, reply_id).last_error.partition(":")[0]


# The kill switch


@pytest.mark.parametrize(
    "scope_of",
    [
        lambda _: Scope(),
        lambda session: Scope("brand", session.exec(select(Brand.id)).one()),
        lambda session: Scope("account", session.exec(select(Account.id)).one()),
    ],
)
def test_nothing_is_sent_while_a_stop_stands(
    engine: Engine, reply_id: int, scope_of: Callable[[Session], Scope]
) -> None:
    with transaction(engine) as session:
        scope = scope_of(session)
        stop(session, scope, "Ana", "fraude", NOON)
    platform = RecordingResponder()
    assert deliver(engine, platform, reply_id, NOON) is None
    assert (platform.posts, reply_of(engine, reply_id).state) == (0, S.APPROVED)
    with transaction(engine) as session:
        assert resume(session, scope, "Ana", NOON)
        assert not resume(session, scope, "Ana", NOON)
    assert deliver(engine, platform, reply_id, NOON + timedelta(minutes=1)) is S.POSTED


def test_a_stop_that_comes_while_we_look_is_heard_before_the_request_leaves(engine: Engine, reply_id: int) -> None:
    class Slow(RecordingResponder):
        def find(self, reply: object) -> None:
            with transaction(engine) as session:
                stop(session, Scope(), "Ana", "", NOON)

    platform = Slow()
    assert deliver(engine, platform, reply_id, NOON) is None
    assert (platform.posts, reply_of(engine, reply_id).state) == (0, S.APPROVED)


@pytest.mark.parametrize("earlier", [None, NOON - timedelta(hours=1)])
def test_a_machine_that_slept_before_the_request_looks_for_a_stop_again(
    engine: Engine, reply_id: int, earlier: datetime | None
) -> None:
    with transaction(engine) as session:
        session.get_one(Reply, reply_id).sending_at = earlier
    platform, moments = RecordingResponder(), iter([0.0, 5.0, 5.0, 5.1])

    def stopwatch() -> float:
        moment = next(moments)
        if moment == 5.0:
            with transaction(engine) as session:
                stop(session, Scope(), "Ana", "", NOON)
        return moment

    assert deliver(engine, platform, reply_id, NOON, stopwatch=stopwatch) is None
    reply = reply_of(engine, reply_id)
    assert (platform.posts, reply.state, reply.sending_at, reply.attempts) == (0, S.APPROVED, earlier, 0)


@pytest.mark.skipif(not hasattr(time, "CLOCK_BOOTTIME"), reason="the system has no clock that counts a suspension")
def test_the_time_of_a_suspension_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "clock_gettime", {time.CLOCK_BOOTTIME: 7.0, time.CLOCK_MONOTONIC: 3.0}.__getitem__)
    assert seconds() == 7.0


def test_a_machine_that_slept_and_finds_nothing_changed_sends_once(engine: Engine, reply_id: int) -> None:
    platform, moments = RecordingResponder(), iter([0.0, 5.0, 5.0, 5.1])
    assert deliver(engine, platform, reply_id, NOON, stopwatch=lambda: next(moments)) is S.POSTED
    assert platform.posts == 1


def test_a_stop_of_another_account_or_of_automation_alone_holds_nobody_back(engine: Engine, reply_id: int) -> None:
    with transaction(engine) as session:
        account = session.exec(select(Account)).one()
        other = Account(**{**account.model_dump(exclude={"id"}), "name": "other"})
        session.add(other)
        session.flush()
        stop(session, Scope("account", other.id or 0), "Ana", "", NOON)
        stop(session, Scope(automation_only=True), "Ana", "", NOON)
    assert deliver(engine, RecordingResponder(), reply_id, NOON) is S.POSTED


def test_stopping_twice_is_one_stop_and_what_does_not_exist_is_refused(engine: Engine, reply_id: int) -> None:
    with transaction(engine) as session:
        first = stop(session, Scope(), "Ana", "um\nmotivo", NOON)
        assert stop(session, Scope(), "Bia", "outro", NOON).id == first.id
        (found,) = standing(session)
        assert (found.scope_name, found.by, found.reason) == ("everything", "Ana", "um motivo")
        for scope in (Scope("brand", 99), Scope("account", 99), Scope("moon"), Scope("everything", 1)):
            with pytest.raises(IllegalMoveError):
                stop(session, scope, "Ana", "", NOON)
        with pytest.raises(IllegalMoveError, match="named"):
            stop(session, Scope(), " ", "", NOON)


# The fence


def test_who_slept_past_the_lease_while_looking_sends_nothing(engine: Engine, reply_id: int) -> None:
    times = iter([NOON + timedelta(minutes=6)] * 9)
    platform = RecordingResponder()
    assert deliver(engine, platform, reply_id, NOON, clock=lambda: next(times)) is None
    assert (platform.posts, reply_of(engine, reply_id).state) == (0, S.APPROVED)


def test_every_claim_raises_the_fence_and_the_attempt_tells_it(engine: Engine, reply_id: int) -> None:
    platform = RecordingResponder()
    platform.post_errors = [RateLimitedError("429", SECOND)]
    deliver(engine, platform, reply_id, NOON)
    deliver(engine, platform, reply_id, NOON + timedelta(minutes=1))
    with reading(engine) as session:
        events = session.exec(select(TimelineEvent).where(TimelineEvent.kind == "reply_sending")).all()
    assert [(event.detail["attempt"], event.detail["fence"]) for event in events] == [("1", "1"), ("1", "2")]


def test_an_older_fence_cannot_send_what_was_reclaimed(engine: Engine, reply_id: int) -> None:
    """It committed `sending`, slept past its lease, and wakes up before its request left."""
    platform, moments = RecordingResponder(), iter([0.0, 900.0, 900.0, 900.1])
    times = iter([NOON, NOON + timedelta(minutes=15), NOON + timedelta(minutes=15)])

    def stopwatch() -> float:
        moment = next(moments)
        if moment == 900.0:
            reclaim(engine, NOON + timedelta(minutes=14))
        return moment

    assert deliver(engine, platform, reply_id, NOON, clock=lambda: next(times), stopwatch=stopwatch) is None
    assert (platform.posts, reply_of(engine, reply_id).state) == (0, S.UNKNOWN)


# What an approval froze


def test_a_further_word_of_the_customer_asks_a_person(engine: Engine, reply_id: int) -> None:
    with transaction(engine) as session:
        mention = session.exec(select(Mention)).one()
        source = session.exec(select(Source)).one()
        a_mention(session, source, "9", thread_external_id=mention.thread, author=an_author("u1"))
    platform = RecordingResponder()
    assert deliver(engine, platform, reply_id, NOON) is None
    assert (platform.posts, why(engine, reply_id)) == (0, "thread")
    with transaction(engine) as session:
        post_again(session, session.get_one(Reply, reply_id), "Ana", NOON)
    assert deliver(engine, platform, reply_id, NOON) is S.POSTED


def test_somebody_elses_word_in_the_thread_asks_nobody(engine: Engine, reply_id: int) -> None:
    with transaction(engine) as session:
        mention = session.exec(select(Mention)).one()
        source = session.exec(select(Source)).one()
        a_mention(session, source, "9", thread_external_id=mention.thread, author=an_author("u2"))
    assert deliver(engine, RecordingResponder(), reply_id, NOON) is S.POSTED


def test_an_answer_of_ours_from_elsewhere_asks_a_person(engine: Engine, reply_id: int) -> None:
    with transaction(engine) as session:
        mention = session.exec(select(Mention)).one()
        source = session.exec(select(Source)).one()
        ours = a_mention(
            session, source, "9", thread_external_id=mention.thread, parent_external_id=mention.external_id
        )
        ours.is_ours = True
    assert deliver(engine, RecordingResponder(), reply_id, NOON) is None
    assert why(engine, reply_id) == "thread"


def test_our_own_earlier_reply_is_no_news(engine: Engine, reply_id: int) -> None:
    platform = RecordingResponder()
    deliver(engine, platform, reply_id, NOON)
    with transaction(engine) as session:
        first = session.get_one(Reply, reply_id)
        mention, case = session.get_one(Mention, first.mention_id), session.get_one(Case, first.case_id)
        second = a_draft(session, case, mention, "E mais uma coisa.")
        approve(session, second, "Bia", NOON, terms=Approval(again=True))
        source = session.exec(select(Source)).one()
        heard = a_mention(
            session,
            source,
            first.external_id,
            thread_external_id=mention.thread,
            parent_external_id=mention.external_id,
        )
        heard.is_ours = True
        second_id = second.id or 0
    assert deliver(engine, platform, second_id, NOON) is S.POSTED


def test_nothing_is_sent_to_somebody_whom_a_person_blocked(engine: Engine, reply_id: int) -> None:
    with transaction(engine) as session:
        session.exec(select(Profile)).one().blocked_at = NOON
    assert deliver(engine, RecordingResponder(), reply_id, NOON) is None
    assert why(engine, reply_id) == "any.blocked"


def test_what_stands_there_already_is_adopted_without_a_request(engine: Engine, reply_id: int) -> None:
    first, second = RecordingResponder(), RecordingResponder()
    deliver(engine, first, reply_id, NOON)
    with transaction(engine) as session:
        reply = session.get_one(Reply, reply_id)
        reply.state, reply.external_id, reply.next_attempt_at = S.APPROVED, "", NOON
    second.published = first.published
    assert deliver(engine, second, reply_id, NOON) is S.POSTED
    with reading(engine) as session:
        event = session.exec(select(TimelineEvent).where(TimelineEvent.kind == "reply_posted")).all()[-1]
    assert (second.posts, event.detail) == (0, {"from": "approved", "adopted": "yes"})


def test_one_post_is_not_adopted_for_two_replies(engine: Engine, reply_id: int) -> None:
    platform = RecordingResponder()
    deliver(engine, platform, reply_id, NOON)
    other_id = approved(engine, 2)
    with transaction(engine) as session:
        session.get_one(Reply, other_id).key = reply_of(engine, reply_id).key  # the same place on the platform

    class Confused(RecordingResponder):
        def find(self, reply: OutgoingReply) -> Posted | None:
            return self._posted(platform.published[0])

    assert deliver(engine, Confused(), other_id, NOON) is S.NEEDS_HUMAN
    assert "another reply of ours" in reply_of(engine, other_id).last_error


def test_one_post_is_not_adopted_for_two_replies_at_once(engine: Engine, reply_id: int) -> None:
    looked = threading.Barrier(2)

    class Confused(RecordingResponder):
        def find(self, reply: OutgoingReply) -> Posted | None:
            looked.wait(10)
            return Posted("the same", "")

    with ThreadPoolExecutor(2) as pool:
        both = [reply_id, approved(engine, 2)]
        states = list(pool.map(lambda one: deliver(engine, Confused(), one, NOON), both))
    assert sorted(states, key=str) == [S.NEEDS_HUMAN, S.POSTED]


def test_what_may_be_another_reply_of_the_thread_is_not_adopted(engine: Engine) -> None:
    """A ticket shows its answers, and not which word of the consumer's each of them answers."""

    class Ticket(RecordingResponder):
        def post(self, reply: OutgoingReply) -> Posted:
            super().post(reply)
            return Posted("", "")  # its number is learned by the next look

        def find(self, reply: OutgoingReply) -> Posted | None:
            return Posted("i1", "") if reply.body in [one.body for one in self.published] else None

    a_world(engine, "reclame_aqui")
    with transaction(engine) as session:
        source, written = session.exec(select(Source)).one(), []
        for name in ("1", "2"):
            mention = a_mention(session, source, name, thread_external_id="t")
            written.append((a_case(session, mention).id, mention.id))
        first, second = (
            approve(session, a_draft(session, session.get_one(Case, c), session.get_one(Mention, m)), "Ana", NOON).id
            for c, m in written
        )
    platform = Ticket()
    assert deliver(engine, platform, first or 0, NOON) is S.POSTED
    assert deliver(engine, platform, second or 0, NOON) is S.NEEDS_HUMAN
    assert verify(engine, platform, first or 0, NOON + timedelta(minutes=1)) is S.VERIFIED
    assert reply_of(engine, first or 0).external_id == "i1"


# Unknown outcomes


def test_the_settle_window_is_the_channels_own(engine: Engine, reply_id: int) -> None:
    terms = Terms(settle_by_channel={"mastodon": timedelta(minutes=5), "x": SECOND})
    platform = RecordingResponder()
    platform.post_errors = [OutcomeUnknownError("reset")]
    deliver(engine, platform, reply_id, NOON, terms)
    assert reply_of(engine, reply_id).next_attempt_at == NOON + timedelta(minutes=5)
    assert verify(engine, platform, reply_id, NOON + timedelta(minutes=4), terms) is None
    assert verify(engine, platform, reply_id, NOON + timedelta(minutes=5), terms) is S.NEEDS_HUMAN


@pytest.mark.parametrize("state", [S.UNKNOWN, S.SENDING, S.APPROVED, S.POSTED])
def test_nobody_posts_again_what_is_still_being_looked_for(engine: Engine, reply_id: int, state: ReplyState) -> None:
    with transaction(engine) as session:
        reply = session.get_one(Reply, reply_id)
        reply.state = state
        with pytest.raises(IllegalMoveError, match="nothing to decide"):
            post_again(session, reply, "Ana", NOON)


# Fuses


@pytest.mark.parametrize(
    ("fuses", "same_words", "name"),
    [
        (Fuses(a_minute=3), False, "fuse.a_minute"),
        (Fuses(an_hour=3), False, "fuse.an_hour"),
        (Fuses(same_text=3), True, "fuse.same_text"),
    ],
)
def test_a_blown_fuse_pauses_the_account_until_a_person_resumes_it(
    engine: Engine, fuses: Fuses, same_words: bool, name: str
) -> None:
    a_world(engine)
    replies = [approved(engine, n, "Olá!" if same_words else f"Olá {n}!") for n in range(5)]
    platform, terms = RecordingResponder(), Terms(fuses=fuses)
    states = [deliver(engine, platform, one, NOON + n * SECOND, terms) for n, one in enumerate(replies)]
    assert states == [S.POSTED] * 3 + [None, None]
    with transaction(engine) as session:
        account = session.exec(select(Account)).one()
        assert account.paused_reason.startswith(f"{name}: ")
        assert session.exec(select(Alarm.kind)).all() == ["account_paused"]
        account.paused_reason, account.resumed_at = "", NOON + timedelta(minutes=2)
    later = NOON + timedelta(minutes=3)
    assert [deliver(engine, platform, one, later, terms) for one in replies[3:]] == [S.POSTED] * 2


def test_too_many_unknown_outcomes_blow_a_fuse(engine: Engine) -> None:
    a_world(engine)
    replies = [approved(engine, n, f"Olá {n}!") for n in range(12)]
    platform = RecordingResponder()
    platform.post_errors = [OutcomeUnknownError("reset")] * 12
    states = [deliver(engine, platform, one, NOON) for one in replies]
    assert states == [S.UNKNOWN] * 10 + [None] * 2
    with reading(engine) as session:
        assert session.exec(select(Account.paused_reason)).one().startswith("fuse.unknown: ")


def test_a_fuse_that_is_switched_off_never_blows(engine: Engine) -> None:
    a_world(engine)
    replies = [approved(engine, n, "Olá!") for n in range(5)]
    terms = Terms(fuses=Fuses(0, 0, 0, 0))
    assert [deliver(engine, RecordingResponder(), one, NOON, terms) for one in replies] == [S.POSTED] * 5


# Approval


def test_who_wrote_or_edited_a_text_does_not_approve_it_where_four_eyes_are_asked_for(engine: Engine) -> None:
    a_world(engine)
    with transaction(engine) as session:
        mention = a_mention(session, session.exec(select(Source)).one())
        reply = a_draft(session, a_case(session, mention), mention)  # Ana's
        edit(session, reply, "Oi!", "Caio", NOON)
        for name in ("Ana", " ana", "\uff21na", "CAIO"):
            with pytest.raises(FourEyesError):
                approve(session, reply, name, NOON, terms=Approval(four_eyes=True))
        assert approve(session, reply, "Bia", NOON, terms=Approval(four_eyes=True)).state is S.APPROVED


@pytest.mark.parametrize(("others", "state"), [("keep", S.DRAFT), ("reject", S.DISCARDED)])
def test_approving_one_of_several_drafts_keeps_or_rejects_the_others(
    engine: Engine, others: str, state: ReplyState
) -> None:
    a_world(engine)
    with transaction(engine) as session:
        mention = a_mention(session, session.exec(select(Source)).one())
        case = a_case(session, mention)
        first, second = a_draft(session, case, mention, "um"), a_draft(session, case, mention, "dois")
        approve(session, first, "Bia", NOON, terms=Approval(others=others))  # type: ignore[arg-type]
        session.flush()
        session.refresh(second)
        assert second.state is state


def test_personal_data_does_not_go_out_unless_a_person_answers_for_it(engine: Engine) -> None:
    a_world(engine)
    with transaction(engine) as session:
        mention = a_mention(session, session.exec(select(Source)).one())
        case = a_case(session, mention)
        reply = a_draft(session, case, mention, "Ligue para mim: (11) 98765-4321")
        with pytest.raises(PersonalDataError) as refused:
            approve(session, reply, "Bia", NOON)
        assert refused.value.finding == "phone"
        with pytest.raises(IllegalMoveError, match="note"):
            approve(session, reply, "Bia", NOON, terms=Approval(override="phone"))
        with pytest.raises(PersonalDataError):
            approve(session, reply, "Bia", NOON, terms=Approval(override="cpf", note="é o nosso número"))
        assert reply.state is S.DRAFT
        approve(session, reply, "Bia", NOON, terms=Approval(override="phone", note="é o nosso número"))
        assert (reply.override, reply.override_note) == ("phone", "é o nosso número")


def test_the_protocol_and_the_brands_own_contacts_may_stand(engine: Engine) -> None:
    a_world(engine)
    with transaction(engine) as session:
        mention = a_mention(session, session.exec(select(Source)).one())
        case = a_case(session, mention)
        body = f"Protocolo {case.protocol}. Fale conosco: sac@aurora.example"
        reply = a_draft(session, case, mention, body)
        assert gate.findings(body, case.protocol, ["sac@aurora.example"]) == []
        approve(session, reply, "Bia", NOON, terms=Approval(contacts=["sac@aurora.example"]))


def test_a_private_message_may_say_what_a_public_one_may_not(engine: Engine) -> None:
    a_world(engine)
    with transaction(engine) as session:
        mention = a_mention(session, session.exec(select(Source)).one())
        reply = a_draft(session, a_case(session, mention), mention, "Qual é o seu CPF?", private=True)
        assert approve(session, reply, "Bia", NOON).state is S.APPROVED


# After a backup


def test_what_was_unfinished_is_read_back_before_anything_moves(engine: Engine, reply_id: int) -> None:
    lost = RecordingResponder()
    other_id = approved(engine, 2, "Outra resposta.")
    before = {one: reply_of(engine, one).model_dump() for one in (reply_id, other_id)}
    deliver(engine, lost, reply_id, NOON)  # of the life after the backup
    with transaction(engine) as session:
        for one, fields in before.items():
            for name, value in fields.items():
                setattr(session.get_one(Reply, one), name, value)
    with transaction(engine) as session:
        assert freeze(session, NOON, ZONE).replies == 2
    later = NOON + timedelta(minutes=3)
    new_id = approved(engine, 3, "Uma terceira.")
    assert deliver(engine, lost, new_id, NOON) is None  # its account is being read back
    assert verify(engine, lost, reply_id, later) is S.VERIFIED
    assert verify(engine, lost, other_id, later) is S.NEEDS_HUMAN
    assert len(lost.published) == 1
    assert deliver(engine, lost, new_id, later) is S.POSTED


def test_what_was_frozen_after_a_backup_blows_no_fuse(engine: Engine) -> None:
    a_world(engine)
    frozen = [approved(engine, n, f"Olá {n}!") for n in range(12)]
    with transaction(engine) as session:
        freeze(session, NOON, ZONE)
    platform, later = RecordingResponder(), NOON + timedelta(minutes=3)
    assert {verify(engine, platform, one, later) for one in frozen} == {S.NEEDS_HUMAN}
    assert deliver(engine, platform, approved(engine, 12, "Olá!"), later) is S.POSTED


def test_after_a_backup_protocols_go_on_far_above_those_that_it_remembers(engine: Engine, reply_id: int) -> None:
    with transaction(engine) as session:
        before = session.exec(select(Case.protocol)).one()
        freeze(session, NOON, ZONE)
        source = session.exec(select(Source)).one()
        after = a_case(session, a_mention(session, source, "2", author=an_author("u2"))).protocol
    assert int(after.partition("-")[2]) >= int(before.partition("-")[2]) + 90_000


def test_automation_asks_the_platform_about_what_is_older_than_the_backup(engine: Engine) -> None:
    a_world(engine)

    class Timeline(RecordingResponder):
        def own_posts(self, since: object) -> list[OwnPost]:
            return [OwnPost("old", "", "Olá! Protocolo 20260310-000007.", NOON, "1")]

    reply_id = approved(engine)
    with transaction(engine) as session:
        session.get_one(Reply, reply_id).automatic = True
        session.get_one(Reply, reply_id).purpose = "acknowledgement"  # type: ignore[assignment]
        session.exec(select(Account)).one().recovered_at = NOON + SECOND
    platform = Timeline()
    assert deliver(engine, platform, reply_id, NOON) is S.NEEDS_HUMAN
    assert (platform.posts, why(engine, reply_id)) == (0, "any.answered")


# Opt-out


def test_automation_never_answers_who_asked_to_be_left_alone(engine: Engine) -> None:
    a_world(engine)
    reply_id = approved(engine)
    with transaction(engine) as session:
        reply = session.get_one(Reply, reply_id)
        reply.automatic, reply.purpose = True, "acknowledgement"  # type: ignore[assignment]
        session.exec(select(Profile)).one().opted_out_at = NOON
    platform = RecordingResponder()
    assert deliver(engine, platform, reply_id, NOON, doings=Doings()) is None
    assert (platform.posts, why(engine, reply_id)) == (0, "any.opted_out")


@pytest.mark.parametrize("decide", [post_again, leave])
def test_automations_reply_that_may_stand_is_the_persons_one_of_the_day_whatever_becomes_of_it(
    engine: Engine, decide: Callable[..., None]
) -> None:
    a_world(engine)
    reply_id = approved(engine)
    with transaction(engine) as session:
        session.get_one(Reply, reply_id).automatic = True
        session.get_one(Reply, reply_id).purpose = ReplyPurpose.ACKNOWLEDGEMENT
    platform = RecordingResponder()
    platform.post_errors = [OutcomeUnknownError("reset")]
    assert deliver(engine, platform, reply_id, NOON) is S.UNKNOWN
    later = NOON + timedelta(hours=1)
    assert verify(engine, platform, reply_id, later) is S.NEEDS_HUMAN
    with transaction(engine) as session:
        decide(session, session.get_one(Reply, reply_id), "Ana", later)
        source = session.exec(select(Source)).one()
        further = a_mention(session, source, "2", author=an_author("u1"), posted_at=later)
        case = a_case(session, further)
        asked = (session, further, ReplyPurpose.ACKNOWLEDGEMENT)
        soon, later_still = (
            would_refuse(*asked, later + wait, automatic=True, case_id=case.id or 0)
            for wait in (SECOND, timedelta(hours=24))
        )
    assert soon is not None
    assert soon.rule == "any.person_daily"
    assert later_still is None or later_still.rule != "any.person_daily"


def test_who_took_back_what_automation_answered_is_not_answered_by_it_again_that_day(engine: Engine) -> None:
    a_world(engine)
    reply_id = approved(engine)
    with transaction(engine) as session:
        session.get_one(Reply, reply_id).automatic = True
        session.get_one(Reply, reply_id).purpose = ReplyPurpose.ACKNOWLEDGEMENT
    assert deliver(engine, RecordingResponder(), reply_id, NOON) is S.POSTED
    later = NOON + timedelta(hours=1)
    with transaction(engine) as session:
        purge(session, find_mention(session, "1"), later)
        source = session.exec(select(Source)).one()
        further = a_mention(session, source, "2", author=an_author("u1"), posted_at=later)
        case = a_case(session, further)
        refused = would_refuse(
            session, further, ReplyPurpose.ACKNOWLEDGEMENT, later, automatic=True, case_id=case.id or 0
        )
    assert refused is not None
    assert refused.rule == "any.person_daily"


def test_automation_answers_nobody_of_whom_it_cannot_know_what_they_had(engine: Engine) -> None:
    a_world(engine)
    with transaction(engine) as session:
        mention = a_mention(session, session.exec(select(Source)).one(), author=None)
        case = a_case(session, mention)
        refused = would_refuse(
            session, mention, ReplyPurpose.ACKNOWLEDGEMENT, NOON, automatic=True, case_id=case.id or 0
        )
        assert would_refuse(session, mention, ReplyPurpose.ANSWER, NOON, case_id=case.id or 0) is None
    assert refused is not None
    assert refused.rule == "any.untold"


@pytest.mark.parametrize(("sent", "counts"), [(NOON, True), (NOON - timedelta(days=2), False)])
def test_a_reply_counts_for_a_day_from_when_it_was_sent_whatever_time_the_platform_tells(
    engine: Engine, sent: datetime, counts: bool
) -> None:
    a_world(engine)
    reply_id = approved(engine)
    with transaction(engine) as session:
        reply = session.get_one(Reply, reply_id)
        reply.automatic, reply.state = True, S.POSTED
        reply.sending_at, reply.posted_at = sent, NOON - timedelta(days=2)
        source = session.exec(select(Source)).one()
        further = a_mention(session, source, "2", author=an_author("u1"))
        forbidden = would_refuse(session, further, ReplyPurpose.ACKNOWLEDGEMENT, NOON, automatic=True)
    assert (forbidden is not None and forbidden.rule == "any.person_daily") is counts


def test_a_draft_to_a_private_post_is_not_approved_in_public(engine: Engine) -> None:
    a_world(engine)
    with transaction(engine) as session:
        mention = a_mention(session, session.exec(select(Source)).one(), visibility="private")
        reply = a_draft(session, a_case(session, mention), mention)
        with pytest.raises(PolicyRefusedError):
            approve(session, reply, "Bia", NOON)


def test_what_pauses_an_account_besides_does_not_hide_a_blown_fuse_from_a_restart(engine: Engine) -> None:
    a_world(engine)
    reply_id = approved(engine)
    platform = RecordingResponder()

    def blown_meanwhile() -> None:
        with transaction(engine) as session:
            blow(session, session.exec(select(Account.id)).one() or 0, f"{BLOWN}an_hour: 600 replies were sent", NOON)

    platform.on_post, platform.post_errors = blown_meanwhile, [NeedsAttentionError("the token was revoked")]
    assert deliver(engine, platform, reply_id, NOON) is S.APPROVED
    with reading(engine) as session:
        assert session.exec(select(Account.paused_reason)).one().startswith(BLOWN)


# What looking may come to


@pytest.fixture
def logged() -> Iterator[list[MutableMapping[str, Any]]]:
    with capture_logs() as entries:
        yield entries


class Wedged(RecordingResponder):
    """A client that fails in a way that nobody foresaw."""

    def find(self, reply: OutgoingReply) -> Posted | None:
        raise KeyError("id")


def test_a_look_that_fails_as_nobody_foresaw_goes_to_a_person_in_the_end(
    engine: Engine, reply_id: int, logged: list[MutableMapping[str, Any]]
) -> None:
    platform, now = Wedged(), NOON
    for _ in range(40):
        due = reply_of(engine, reply_id).next_attempt_at
        if due is None:
            break
        now = max(now, due)
        deliver(engine, platform, reply_id, now)
    reply = reply_of(engine, reply_id)
    assert (platform.posts, reply.state) == (0, S.NEEDS_HUMAN)
    assert "KeyError" in reply.last_error
    assert [(entry["event"], entry["error"]) for entry in logged][:1] == [("look_failed", "KeyError")]


@pytest.mark.usefixtures("logged")
def test_an_unknown_one_that_cannot_be_looked_for_goes_to_a_person_in_the_end(engine: Engine, reply_id: int) -> None:
    platform, now = RecordingResponder(), NOON
    platform.post_errors = [OutcomeUnknownError("reset")]
    deliver(engine, platform, reply_id, now)
    for _ in range(40):
        due = reply_of(engine, reply_id).next_attempt_at
        if due is None:
            break
        now = max(now, due)
        verify(engine, Wedged(), reply_id, now)
    assert reply_of(engine, reply_id).state is S.NEEDS_HUMAN


def test_a_look_that_takes_longer_than_its_lease_goes_to_a_person_in_the_end(engine: Engine, reply_id: int) -> None:
    terms, platform, now = Terms(lease=timedelta(minutes=5)), RecordingResponder(), NOON
    for _ in range(40):
        after = now + timedelta(minutes=6)
        deliver(engine, platform, reply_id, now, terms, clock=lambda after=after: after)  # type: ignore[misc]
        now = after
        if reply_of(engine, reply_id).state is not S.APPROVED:
            break
    assert (platform.posts, reply_of(engine, reply_id).state) == (0, S.NEEDS_HUMAN)
    with reading(engine) as session:
        assert "reply_needs_human" in session.exec(select(Alarm.kind)).all()
