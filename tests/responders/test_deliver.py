"""Delivery: out once, or a person is asked."""

from datetime import timedelta

import pytest
from sqlalchemy import Engine
from sqlmodel import Session, select

from cases.acknowledge import acknowledge
from cases.actions import correct, dismiss
from cases.approval import Terms as Approval
from cases.approval import approve, leave, post_again, posted_by_hand
from cases.resolution import resolve
from database.engine import reading, transaction
from errors import (
    AnsweredAlreadyError,
    ByHandError,
    ChannelError,
    IllegalMoveError,
    NeedsAttentionError,
    OutcomeUnknownError,
    RateLimitedError,
    RejectedError,
    TryLaterError,
)
from listeners.purge import purge
from listeners.store import notice_edit
from models import Account, Alarm, Case, Mention, Reply, ReplyState, Source, TimelineEvent
from responders.deliver import Doings, deliver
from responders.settle import Terms, reclaim
from responders.verify import verify
from settings import AcknowledgeRule
from tests.builders import NOON, a_case, a_draft, a_mention, a_verdict, a_world, an_author
from tests.fakes import RecordingResponder

TERMS = Terms(settle=timedelta(minutes=2), lease=timedelta(minutes=5))
S = ReplyState


@pytest.fixture
def reply_id(engine: Engine) -> int:
    """An approved answer to one complaint."""
    source_id = a_world(engine)
    with transaction(engine) as session:
        mention = a_mention(session, session.get_one(Source, source_id))
        reply = a_draft(session, a_case(session, mention), mention)
        approve(session, reply, "Ana", NOON)
        return reply.id or 0


def reply_of(engine: Engine, reply_id: int) -> Reply:
    with reading(engine) as session:
        return session.get_one(Reply, reply_id)


def change(engine: Engine, reply_id: int, **fields: object) -> None:
    with transaction(engine) as session:
        reply = session.get_one(Reply, reply_id)
        for name, value in fields.items():
            setattr(reply, name, value)


def test_an_approved_reply_is_posted_once_and_read_back(engine: Engine, reply_id: int) -> None:
    platform = RecordingResponder()
    assert deliver(engine, platform, reply_id, NOON, TERMS) is S.POSTED
    assert deliver(engine, platform, reply_id, NOON, TERMS) is None
    assert verify(engine, platform, reply_id, NOON + timedelta(seconds=6), TERMS) is S.VERIFIED
    assert platform.posts == 1
    reply = reply_of(engine, reply_id)
    assert reply.external_id
    assert reply.url
    with reading(engine) as session:
        kinds = session.exec(select(TimelineEvent.kind).where(TimelineEvent.reply_id == reply_id)).all()
        assert kinds == ["drafted", "reply_approved", "reply_sending", "reply_posted", "reply_verified"]


def test_a_reply_that_stands_there_already_is_adopted_and_not_posted(engine: Engine, reply_id: int) -> None:
    first, second = RecordingResponder(), RecordingResponder()
    deliver(engine, first, reply_id, NOON, TERMS)
    change(engine, reply_id, state=S.APPROVED, next_attempt_at=NOON, external_id="")
    second.published = first.published
    assert deliver(engine, second, reply_id, NOON, TERMS) is S.POSTED
    assert second.posts == 0


def test_nothing_goes_out_without_a_look(engine: Engine, reply_id: int) -> None:
    platform = RecordingResponder()
    platform.on_post = lambda: looks.append(platform.finds)
    looks: list[int] = []
    assert deliver(engine, platform, reply_id, NOON, TERMS, doings=Doings()) is S.POSTED
    assert looks == [1]


def an_unknown_outcome(engine: Engine, reply_id: int) -> RecordingResponder:
    """It was published, the answer was lost, and reading back lags: a person is asked."""
    platform = RecordingResponder()
    platform.post_errors, platform.swallow_answer = [OutcomeUnknownError("reset")], True
    assert deliver(engine, platform, reply_id, NOON, TERMS, doings=Doings()) is S.UNKNOWN
    published, platform.published = platform.published, []
    assert verify(engine, platform, reply_id, NOON + timedelta(minutes=3), TERMS) is S.NEEDS_HUMAN
    platform.published, platform.swallow_answer = published, False
    return platform


@pytest.mark.parametrize("first", [None, TryLaterError("503"), RateLimitedError("429", timedelta(0))])
def test_what_a_person_sends_again_is_looked_for_however_often_it_is_put_off(
    engine: Engine, reply_id: int, first: ChannelError | None
) -> None:
    platform = an_unknown_outcome(engine, reply_id)
    platform.find_errors = [] if first is None else [first]
    with transaction(engine) as session:
        post_again(session, session.get_one(Reply, reply_id), "Ana", NOON)
    for later in (timedelta(0), timedelta(hours=1)):  # each time by another process
        deliver(engine, platform, reply_id, NOON + later, TERMS, doings=Doings())
    assert len(platform.published) == 1
    assert reply_of(engine, reply_id).state is S.POSTED


def test_the_same_words_written_anew_are_looked_for(engine: Engine, reply_id: int) -> None:
    platform = an_unknown_outcome(engine, reply_id)
    with transaction(engine) as session:
        left = session.get_one(Reply, reply_id)
        leave(session, left, "Ana", NOON)
        case, mention = session.get_one(Case, left.case_id), session.get_one(Mention, left.mention_id)
        again = a_draft(session, case, mention)
        approve(session, again, "Ana", NOON, terms=Approval(again=True))
        again_id = again.id or 0
    assert deliver(engine, platform, again_id, NOON, TERMS, doings=Doings()) is S.POSTED
    assert len(platform.published) == 1


def test_a_database_that_goes_back_under_a_running_process_sends_nothing_twice(engine: Engine, reply_id: int) -> None:
    platform, doings = RecordingResponder(), Doings()
    approved = reply_of(engine, reply_id).model_dump()
    assert deliver(engine, platform, reply_id, NOON, TERMS, doings=doings) is S.POSTED
    change(engine, reply_id, **approved)
    assert deliver(engine, platform, reply_id, NOON, TERMS, doings=doings) is S.POSTED
    assert len(platform.published) == 1


def test_a_database_that_goes_back_asks_a_person_where_reading_back_lags(engine: Engine, reply_id: int) -> None:
    platform, doings = RecordingResponder(), Doings()
    approved = reply_of(engine, reply_id).model_dump()
    assert deliver(engine, platform, reply_id, NOON, TERMS, doings=doings) is S.POSTED
    change(engine, reply_id, **approved)
    platform.published.clear()
    assert deliver(engine, platform, reply_id, NOON, TERMS, doings=doings) is None
    assert platform.posts == 1
    assert reply_of(engine, reply_id).last_error.startswith("forgotten: ")


@pytest.mark.parametrize(
    "error", [RateLimitedError("429", timedelta(0)), TryLaterError("refused"), NeedsAttentionError("revoked")]
)
def test_what_the_platform_refused_was_not_sent(engine: Engine, reply_id: int, error: ChannelError) -> None:
    platform, doings = RecordingResponder(), Doings()
    platform.post_errors = [error]
    deliver(engine, platform, reply_id, NOON, TERMS, doings=doings)
    with transaction(engine) as session:
        for account in session.exec(select(Account)):
            account.paused_reason = ""
    assert deliver(engine, platform, reply_id, NOON + timedelta(hours=1), TERMS, doings=doings) is S.POSTED


def test_only_so_many_keys_are_remembered() -> None:
    doings = Doings()
    for number in range(10_001):
        doings.note(str(number))
    assert not doings.sent("0")
    assert doings.sent("1")
    assert doings.sent("10000")


def test_sending_is_on_disk_before_the_request_leaves(engine: Engine, reply_id: int) -> None:
    platform, seen = RecordingResponder(), []
    platform.on_post = lambda: seen.append(reply_of(engine, reply_id).state)
    deliver(engine, platform, reply_id, NOON, TERMS)
    assert seen == [S.SENDING]


@pytest.mark.parametrize(
    ("error", "state", "next_in"),
    [
        (RateLimitedError("429", timedelta(minutes=7)), S.APPROVED, timedelta(minutes=7)),
        (TryLaterError("refused"), S.APPROVED, timedelta(seconds=15)),
        (RejectedError("gone"), S.FAILED, None),
        (OutcomeUnknownError("reset"), S.UNKNOWN, timedelta(minutes=2)),
        (ByHandError("no API"), S.BY_HAND, timedelta(minutes=10)),
        (NeedsAttentionError("revoked"), S.APPROVED, timedelta(minutes=1)),
    ],
)
def test_each_error_leads_to_its_state(
    engine: Engine, reply_id: int, error: ChannelError, state: ReplyState, next_in: timedelta | None
) -> None:
    platform = RecordingResponder()
    platform.post_errors = [error]
    assert deliver(engine, platform, reply_id, NOON, TERMS) is state
    reply = reply_of(engine, reply_id)
    assert reply.next_attempt_at == (None if next_in is None else NOON + next_in)
    assert reply.claim is None


def test_a_revoked_token_stops_the_account_with_one_alarm_until_a_person_acts(engine: Engine, reply_id: int) -> None:
    platform = RecordingResponder()
    platform.post_errors = [NeedsAttentionError("revoked")]
    deliver(engine, platform, reply_id, NOON, TERMS)
    later = NOON + timedelta(hours=1)
    assert deliver(engine, platform, reply_id, later, TERMS) is None
    assert platform.posts == 1
    with transaction(engine) as session:
        assert [alarm.kind for alarm in session.exec(select(Alarm))] == ["account_paused"]
        for account in session.exec(select(Account)):
            account.paused_reason = ""
    assert deliver(engine, platform, reply_id, later + timedelta(hours=1), TERMS) is S.POSTED


def test_looking_that_fails_never_leads_to_a_post(engine: Engine, reply_id: int) -> None:
    platform = RecordingResponder()
    platform.find_errors = [TryLaterError("503")]
    assert deliver(engine, platform, reply_id, NOON, TERMS) is S.APPROVED
    assert platform.posts == 0


def test_an_unknown_outcome_that_was_published_is_found_and_never_posted_again(engine: Engine, reply_id: int) -> None:
    platform = RecordingResponder()
    platform.post_errors, platform.swallow_answer = [OutcomeUnknownError("time-out")], True
    assert deliver(engine, platform, reply_id, NOON, TERMS) is S.UNKNOWN
    assert deliver(engine, platform, reply_id, NOON + timedelta(hours=1), TERMS) is None
    assert verify(engine, platform, reply_id, NOON + timedelta(minutes=2), TERMS) is S.VERIFIED
    assert platform.posts == 1


def test_an_unknown_outcome_that_is_not_there_after_the_settle_window_goes_to_a_person(
    engine: Engine, reply_id: int
) -> None:
    platform = RecordingResponder()
    platform.post_errors = [OutcomeUnknownError("time-out")]
    deliver(engine, platform, reply_id, NOON, TERMS)
    change(engine, reply_id, next_attempt_at=NOON)
    assert verify(engine, platform, reply_id, NOON + timedelta(minutes=1), TERMS) is S.UNKNOWN
    assert verify(engine, platform, reply_id, NOON + timedelta(minutes=2), TERMS) is S.NEEDS_HUMAN
    assert platform.posts == 1
    later = NOON + timedelta(minutes=10)
    with transaction(engine) as session:
        post_again(session, session.get_one(Reply, reply_id), "Ana", later)
    assert deliver(engine, platform, reply_id, later, TERMS) is S.POSTED
    assert platform.posts == 2


@pytest.mark.parametrize("second", [RejectedError("blocked"), TryLaterError("refused"), NeedsAttentionError("revoked")])
def test_what_became_of_a_second_request_says_nothing_of_the_first(
    engine: Engine, reply_id: int, second: ChannelError
) -> None:
    platform = an_unknown_outcome(engine, reply_id)
    platform.published, platform.post_errors = [], [second]
    with transaction(engine) as session:
        post_again(session, session.get_one(Reply, reply_id), "Ana", NOON)
    deliver(engine, platform, reply_id, NOON, TERMS, doings=Doings())
    with transaction(engine) as session:
        left = session.get_one(Reply, reply_id)
        leave(session, left, "Ana", NOON)
        case, mention = session.get_one(Case, left.case_id), session.get_one(Mention, left.mention_id)
        another = a_draft(session, case, mention, "outra resposta")
        with pytest.raises(AnsweredAlreadyError):
            approve(session, another, "Ana", NOON)


def test_a_person_may_leave_what_they_were_asked_about(engine: Engine, reply_id: int) -> None:
    platform = RecordingResponder()
    platform.post_errors = [RejectedError("blocked")]
    deliver(engine, platform, reply_id, NOON, TERMS)
    with transaction(engine) as session:
        leave(session, session.get_one(Reply, reply_id), "Ana", NOON)
        assert session.exec(select(Alarm.cleared_at)).one() == NOON
    assert deliver(engine, platform, reply_id, NOON + timedelta(hours=1), TERMS) is None


def test_a_sender_that_died_in_the_middle_is_looked_for(engine: Engine, reply_id: int) -> None:
    class Died(BaseException):
        pass

    platform = RecordingResponder()

    def die() -> None:
        raise Died

    platform.on_post = die
    with pytest.raises(Died):
        deliver(engine, platform, reply_id, NOON, TERMS)
    assert reclaim(engine, NOON + timedelta(minutes=4), TERMS) == 0
    after = NOON + timedelta(minutes=6)
    assert reclaim(engine, after, TERMS) == 1
    assert verify(engine, RecordingResponder(), reply_id, after, TERMS) is S.NEEDS_HUMAN


def test_who_slept_past_the_lease_cannot_write_the_outcome(engine: Engine, reply_id: int) -> None:
    platform = RecordingResponder()
    platform.on_post = lambda: reclaim(engine, NOON + timedelta(minutes=6), TERMS)
    assert deliver(engine, platform, reply_id, NOON, TERMS) is None
    assert reply_of(engine, reply_id).state is S.UNKNOWN


@pytest.mark.parametrize("outcome", [None, RejectedError("gone"), OutcomeUnknownError("reset")])
def test_who_slept_past_the_lease_writes_nothing_over_who_took_over(
    engine: Engine, reply_id: int, outcome: ChannelError | None
) -> None:
    platform = RecordingResponder()
    platform.post_errors = [outcome]
    platform.on_post = lambda: change(engine, reply_id, claim="another", fence=7)
    assert deliver(engine, platform, reply_id, NOON, TERMS) is None
    reply = reply_of(engine, reply_id)
    assert (reply.state, reply.claim, reply.external_id) == (S.SENDING, "another", "")


def test_a_text_that_is_not_the_approved_one_is_not_sent(engine: Engine, reply_id: int) -> None:
    change(engine, reply_id, body="outra coisa")
    platform = RecordingResponder()
    assert deliver(engine, platform, reply_id, NOON, TERMS) is None
    reply = reply_of(engine, reply_id)
    assert (platform.posts, reply.state) == (0, S.NEEDS_HUMAN)
    assert "frozen_text" in reply.last_error


def test_a_post_that_was_deleted_or_edited_since_is_not_answered(engine: Engine, reply_id: int) -> None:
    platform = RecordingResponder()
    with transaction(engine) as session:
        notice_edit(session, mention_of(session, reply_id), "outro texto", None, NOON)
    deliver(engine, platform, reply_id, NOON, TERMS)
    assert "edited" in reply_of(engine, reply_id).last_error
    with transaction(engine) as session:
        post_again(session, session.get_one(Reply, reply_id), "Ana", NOON)
        purge(session, mention_of(session, reply_id), NOON)
    deliver(engine, platform, reply_id, NOON, TERMS)
    assert "any.deleted" in reply_of(engine, reply_id).last_error
    assert platform.posts == 0


@pytest.fixture
def acknowledgement_id(engine: Engine) -> int:
    """An acknowledgement that automation approved, and that waits."""
    source_id = a_world(engine)
    with transaction(engine) as session:
        mention = a_mention(session, session.get_one(Source, source_id))
        rules = [AcknowledgeRule(template={"pt": "Olá! Protocolo {{ protocol }}."})]
        reply = acknowledge(session, a_case(session, mention), mention, rules, NOON, Approval())
        assert reply is not None
        return reply.id or 0


@pytest.mark.parametrize(
    ("words", "rule"),
    [
        ([("holds", "+legal")], "any.hold"),
        ([("holds", "+legal"), ("holds", "-legal")], "any.hold"),
        ([("spam", "true")], "any.spam"),
        ([("urgency", "high")], "case_version"),
        ([("sentiment", "positive")], ""),
    ],
)
def test_what_a_person_put_on_hold_or_called_spam_is_not_acknowledged(
    engine: Engine, acknowledgement_id: int, words: list[tuple[str, str]], rule: str
) -> None:
    platform = RecordingResponder()
    platform.post_errors = [RateLimitedError("429", timedelta(0))]
    deliver(engine, platform, acknowledgement_id, NOON, TERMS)
    with transaction(engine) as session:
        for field, value in words:
            correct(session, mention_of(session, acknowledgement_id), field, value, "Ana", NOON)
    posted = platform.posts
    found = deliver(engine, platform, acknowledgement_id, NOON, TERMS)
    reply = reply_of(engine, acknowledgement_id)
    if not rule:
        assert found is S.POSTED
        return
    assert (platform.posts, reply.state) == (posted, S.NEEDS_HUMAN)
    assert reply.last_error.startswith(f"{rule}: ")


def test_a_hold_of_another_post_in_the_case_stops_automation_even_when_that_post_is_edited(
    engine: Engine, acknowledgement_id: int
) -> None:
    with transaction(engine) as session:
        source = session.exec(select(Source)).one()
        thread = mention_of(session, acknowledgement_id).thread
        second = a_mention(session, source, "2", thread_external_id=thread)
        case = a_case(session, second)
        assert session.get_one(Reply, acknowledgement_id).case_id == case.id
        correct(session, second, "holds", "+press", "Ana", NOON)
        notice_edit(session, second, "outro texto", None, NOON)
        a_case(session, second)
        assert case.holds == []
    assert deliver(engine, RecordingResponder(), acknowledgement_id, NOON, TERMS) is None
    assert reply_of(engine, acknowledgement_id).last_error.startswith("any.hold: ")


@pytest.mark.parametrize(
    ("words", "author", "rule"),
    [
        ([("holds", "+legal"), ("holds", "-legal")], "u1", "any.hold"),
        ([("spam", "true"), ("spam", "false")], "u1", "any.spam"),
        ([("holds", "+legal"), ("spam", "true")], "u2", ""),
        ([("holds", "+legal")], None, "any.hold"),  # nobody is told whose it is
    ],
)
def test_a_hold_or_spam_on_a_post_without_a_case_stops_what_waits_for_the_same_person(
    engine: Engine, acknowledgement_id: int, words: list[tuple[str, str]], author: str | None, rule: str
) -> None:
    with transaction(engine) as session:
        source = session.exec(select(Source)).one()
        thread = mention_of(session, acknowledgement_id).thread
        whose = an_author(author) if author else None
        beside = a_mention(session, source, "2", thread_external_id=thread, author=whose)
        a_verdict(session, beside)
        session.flush()
        for field, value in words:
            correct(session, beside, field, value, "Ana", NOON)
    found = deliver(engine, RecordingResponder(), acknowledgement_id, NOON, TERMS)
    assert found is (None if rule else S.POSTED)
    assert reply_of(engine, acknowledgement_id).last_error.startswith(f"{rule}: " if rule else "")


def test_a_hold_in_the_thread_stops_what_waits_for_somebody_we_are_not_told(
    engine: Engine, acknowledgement_id: int
) -> None:
    with transaction(engine) as session:
        waiting = mention_of(session, acknowledgement_id)
        waiting.profile_id = None
        source = session.exec(select(Source)).one()
        beside = a_mention(session, source, "2", thread_external_id=waiting.thread, author=an_author("u2"))
        a_verdict(session, beside, holds=["legal"])
    assert deliver(engine, RecordingResponder(), acknowledgement_id, NOON, TERMS) is None
    assert reply_of(engine, acknowledgement_id).last_error.startswith("any.hold: ")


@pytest.mark.parametrize(
    ("field", "value", "rule"),
    [("holds", "+legal", "case_version"), ("type", "praise", "case_version"), ("sentiment", "positive", "")],
)
def test_what_a_person_approved_asks_again_when_the_case_became_another(
    engine: Engine, reply_id: int, field: str, value: str, rule: str
) -> None:
    with transaction(engine) as session:
        correct(session, mention_of(session, reply_id), field, value, "Ana", NOON)
    platform = RecordingResponder()
    assert deliver(engine, platform, reply_id, NOON, TERMS) is (None if rule else S.POSTED)
    assert reply_of(engine, reply_id).last_error.startswith(f"{rule}: " if rule else "")
    if rule:
        with transaction(engine) as session:
            post_again(session, session.get_one(Reply, reply_id), "Ana", NOON)
        assert deliver(engine, platform, reply_id, NOON, TERMS) is S.POSTED


def close(session: Session, case: Case, how: str) -> None:
    if how == "dismissed":
        dismiss(session, case, "Ana", NOON)
    else:
        resolve(session, case, "Feito.", "Ana", NOON)


@pytest.mark.parametrize("how", ["dismissed", "resolved"])
def test_a_case_that_a_person_closed_is_not_acknowledged(engine: Engine, acknowledgement_id: int, how: str) -> None:
    with transaction(engine) as session:
        close(session, session.exec(select(Case)).one(), how)
    platform = RecordingResponder()
    assert deliver(engine, platform, acknowledgement_id, NOON, TERMS) is None
    assert platform.posts == 0
    assert reply_of(engine, acknowledgement_id).last_error.startswith("any.closed: ")


@pytest.mark.parametrize("how", ["dismissed", "resolved"])
def test_what_a_person_approved_goes_out_though_the_case_is_closed(engine: Engine, reply_id: int, how: str) -> None:
    with transaction(engine) as session:
        close(session, session.exec(select(Case)).one(), how)
    assert deliver(engine, RecordingResponder(), reply_id, NOON, TERMS) is S.POSTED


def mention_of(session: Session, reply_id: int) -> Mention:
    return session.get_one(Mention, session.get_one(Reply, reply_id).mention_id)


def test_a_text_too_long_is_refused_before_the_network(engine: Engine, reply_id: int) -> None:
    platform = RecordingResponder(limit=3)
    assert deliver(engine, platform, reply_id, NOON, TERMS) is S.FAILED
    assert (platform.finds, platform.posts) == (0, 0)


def test_what_a_person_posted_by_hand_is_verified(engine: Engine, reply_id: int) -> None:
    platform = RecordingResponder()
    platform.post_errors, platform.swallow_answer = [ByHandError("no API")], True
    deliver(engine, platform, reply_id, NOON, TERMS)
    with transaction(engine) as session, pytest.raises(IllegalMoveError, match="https"):
        posted_by_hand(session, session.get_one(Reply, reply_id), "javascript:alert(1)", "Ana", NOON)
    with transaction(engine) as session:
        posted_by_hand(session, session.get_one(Reply, reply_id), "https://site.example/9", "Ana", NOON)
    assert verify(engine, platform, reply_id, NOON, TERMS) is S.VERIFIED
    assert reply_of(engine, reply_id).url == "https://site.example/9"


def test_what_a_person_posts_reaches_them_though_the_page_cannot_be_read(engine: Engine) -> None:
    source_id = a_world(engine, "complaint_page")
    with transaction(engine) as session:
        mention = a_mention(session, session.get_one(Source, source_id))
        reply_id = approve(session, a_draft(session, a_case(session, mention), mention), "Ana", NOON).id or 0
    platform = RecordingResponder()
    platform.find_errors = [NeedsAttentionError("the option 'answer' is missing")]
    platform.post_errors = [ByHandError("no API")]
    assert deliver(engine, platform, reply_id, NOON, TERMS) is S.BY_HAND
    with reading(engine) as session:
        assert session.exec(select(Account.paused_reason)).one() == ""


def test_a_posted_reply_that_cannot_be_seen_raises_an_alarm(engine: Engine, reply_id: int) -> None:
    platform = RecordingResponder()
    deliver(engine, platform, reply_id, NOON, TERMS)
    platform.published.clear()
    now, states = NOON, []
    for _ in range(6):
        now += timedelta(hours=1)
        states.append(verify(engine, platform, reply_id, now, TERMS))
    assert states == [S.POSTED] * 5 + [S.NEEDS_HUMAN]
    with reading(engine) as session:
        assert session.exec(select(Alarm.kind)).all() == ["reply_vanished"]


def test_endless_refusals_to_connect_end_with_a_person(engine: Engine, reply_id: int) -> None:
    platform, now = RecordingResponder(), NOON
    platform.post_errors = [TryLaterError("refused")] * 50
    states = []
    for _ in range(13):
        states.append(deliver(engine, platform, reply_id, now, TERMS))
        now += timedelta(hours=1)
    assert states == [S.APPROVED] * 11 + [S.NEEDS_HUMAN, None]


def test_an_unknown_reply_that_cannot_be_looked_for_goes_to_a_person(engine: Engine, reply_id: int) -> None:
    platform, now = RecordingResponder(), NOON
    platform.post_errors = [OutcomeUnknownError("time-out")]
    deliver(engine, platform, reply_id, now, TERMS)
    platform.find_errors = [NeedsAttentionError("403")] * 50
    states = []
    for _ in range(20):
        now += timedelta(minutes=5)
        states.append(verify(engine, platform, reply_id, now, TERMS))
        if states[-1] is S.NEEDS_HUMAN:
            break
    assert states[-1] is S.NEEDS_HUMAN
    assert states[0] is S.UNKNOWN
    assert now - NOON >= timedelta(hours=1)


@pytest.mark.parametrize("words", ["não\x00", "não \ud83d"])
def test_a_platforms_words_that_no_database_can_keep_stop_nothing(engine: Engine, reply_id: int, words: str) -> None:
    platform = RecordingResponder()
    platform.post_errors = [RejectedError(words)]
    assert deliver(engine, platform, reply_id, NOON, TERMS) is S.FAILED
    assert reply_of(engine, reply_id).last_error.strip() == "não"


def test_what_was_refused_is_not_sent_beside_the_answer_that_took_its_place(engine: Engine, reply_id: int) -> None:
    platform = RecordingResponder()
    platform.post_errors = [RejectedError("blocked")]
    deliver(engine, platform, reply_id, NOON, TERMS)
    with transaction(engine) as session:
        refused = session.get_one(Reply, reply_id)
        case, mention = session.get_one(Case, refused.case_id), session.get_one(Mention, refused.mention_id)
        instead = approve(session, a_draft(session, case, mention, "outra resposta"), "Bia", NOON).id or 0
    assert deliver(engine, platform, instead, NOON, TERMS) is S.POSTED
    with transaction(engine) as session, pytest.raises(AnsweredAlreadyError):
        post_again(session, session.get_one(Reply, reply_id), "Ana", NOON)


def test_a_reply_that_was_left_keeps_its_key_to_itself(engine: Engine, reply_id: int) -> None:
    platform = RecordingResponder()
    platform.post_errors = [RejectedError("blocked")]
    deliver(engine, platform, reply_id, NOON, TERMS)
    with transaction(engine) as session:
        first = session.get_one(Reply, reply_id)
        leave(session, first, "Ana", NOON)
        mention = mention_of(session, reply_id)
        case = session.get_one(Case, first.case_id)
        written = a_draft(session, case, mention, "outra resposta")
        second = approve(session, written, "Ana", NOON, terms=Approval(again=True))
        assert second.key != first.key
