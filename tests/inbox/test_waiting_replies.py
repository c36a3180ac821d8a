"""A reply that waits: what is known of it, why, and what each button does."""

import re
from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import Engine
from sqlmodel import Session, select

from cases.approval import approve
from cases.recovery import freeze
from database.engine import transaction
from errors import NeedsAttentionError, OutcomeUnknownError, RejectedError, TryLaterError
from inbox.app import build_inbox
from inbox.reasons import reason_of
from inbox.texts import Texts
from models import Account, Reply, ReplyState
from responders.deliver import deliver
from responders.outbox import outgoing
from responders.settle import reclaim
from responders.verify import verify
from settings import DeliverySettings, Settings
from tests.builders import NOON
from tests.fakes import RecordingResponder, StandingClock
from tests.inbox.rows import SCRIPT, a_reply, a_stored_case, case_row, the_reply
from tests.inbox.visit import Visit

MINUTE = timedelta(minutes=1)
TRIED_OFTEN = 40  # times, after which every patience has ended


@pytest.fixture
def protocol(engine: Engine, sources: dict[str, int]) -> str:
    return a_stored_case(engine, sources["mastodon"])


@pytest.fixture
def reply(engine: Engine, protocol: str) -> int:
    """An approved reply, in line."""
    written = a_reply(engine, protocol, ReplyState.DRAFT, body="Olá! Já vimos.")
    with transaction(engine) as session:
        approve(session, session.get_one(Reply, written), "Ana", NOON)
    return written


def shown(visit: Visit, protocol: str, reply: int) -> str:
    """All that its place on the page says."""
    found = BeautifulSoup(visit.get(f"/cases/{protocol}").text, "html.parser").select_one(f"#reply-{reply}")
    assert found is not None
    return re.sub(r"\s+", " ", found.get_text(" ", strip=True))


def make_due(engine: Engine, reply: int) -> None:
    with transaction(engine) as session:
        row = session.get_one(Reply, reply)
        row.next_attempt_at = NOON - MINUTE
        session.add(row)


def lost(engine: Engine, reply: int) -> RecordingResponder:
    """Send it to a network that never answers, and does not publish it either."""
    network = RecordingResponder()
    network.post_errors = [OutcomeUnknownError("timed out")]
    deliver(engine, network, reply, NOON)
    assert the_reply(engine, reply).state is ReplyState.UNKNOWN
    return network


def test_an_unknown_one_tells_until_when_it_is_looked_for(
    ana: Visit, engine: Engine, protocol: str, reply: int
) -> None:
    lost(engine, reply)
    said = shown(ana, protocol, reply)
    assert "The network gave no answer to the request" in said
    assert "Sent once, on 10 Mar 2026 12:00" in said
    assert "Not looked for in the thread yet" in said
    assert "We look for it until 10 Mar 2026 12:02" in said
    assert "timed out" in said


def test_the_channels_own_window_counts(
    engine: Engine, protocol: str, reply: int, settings: Settings, clock: StandingClock
) -> None:
    lost(engine, reply)
    delivery = DeliverySettings(settle_on={"mastodon": timedelta(minutes=7)})
    patient = Visit(build_inbox(engine, settings.model_copy(update={"delivery": delivery}), clock))
    assert "until 10 Mar 2026 12:07" in shown(patient, protocol, reply)
    clock.at = NOON + timedelta(minutes=8)
    assert "The time to look ended on 10 Mar 2026 12:07" in shown(patient, protocol, reply)


def test_one_that_was_not_found_tells_all_that_is_known(ana: Visit, engine: Engine, protocol: str, reply: int) -> None:
    network = lost(engine, reply)
    make_due(engine, reply)
    verify(engine, network, reply, NOON + timedelta(minutes=3))
    assert the_reply(engine, reply).state is ReplyState.NEEDS_HUMAN
    said = shown(ana, protocol, reply)
    for part in (
        "was not to be seen since",
        "Sent once, on 10 Mar 2026 12:00",
        "Looked for in the thread once, on 10 Mar 2026 12:03",
        "The thread was read, and the reply is not there",
        "Open the post and look",
        "Post again The very same text is looked for in the thread once more, and goes out only if it is not there",
        "Leave it Nothing more is done",
    ):
        assert part in said, part
    assert 'href="https://mastodon.example/@maria/1"' in ana.get(f"/cases/{protocol}").text


def test_posting_again_looks_first_and_adopts_what_stands_there(
    ana: Visit, engine: Engine, protocol: str, reply: int
) -> None:
    network = lost(engine, reply)
    make_due(engine, reply)
    verify(engine, network, reply, NOON + timedelta(minutes=3))
    ana.post(f"/cases/{protocol}/replies/{reply}/again")
    assert "Reply back in line, as a person decided" in ana.get(f"/cases/{protocol}").text
    with transaction(engine) as session:
        network.published.append(outgoing(session, session.get_one(Reply, reply), NOON))
    deliver(engine, network, reply, NOON)
    assert network.posts == 1
    assert the_reply(engine, reply).state is ReplyState.POSTED
    assert "The reply already stood in the thread: nothing was sent" in ana.get(f"/cases/{protocol}").text


def test_what_a_backup_forgot_may_be_out(
    ana: Visit, engine: Engine, protocol: str, reply: int, settings: Settings
) -> None:
    with transaction(engine) as session:
        freeze(session, NOON, settings.zone)
    assert "The backup knows of no request; one may have left after it was made" in shown(ana, protocol, reply)
    verify(engine, RecordingResponder(), reply, NOON + timedelta(minutes=3))
    assert the_reply(engine, reply).state is ReplyState.NEEDS_HUMAN
    said = shown(ana, protocol, reply)
    assert "It may have been sent, and taken away later" in said
    assert "The backup knows of no request; one may have left after it was made" in said
    assert "No attempt to send began" not in said
    assert "Open the post and look" in said
    assert "Post again" in said


@pytest.mark.parametrize("button", ["again", "leave", "discard"])
@pytest.mark.parametrize("state", [ReplyState.UNKNOWN, ReplyState.VERIFIED, ReplyState.DISCARDED])
def test_a_button_of_a_page_from_before_says_in_words_that_nothing_waits(
    ana: Visit, engine: Engine, protocol: str, reply: int, button: str, state: ReplyState
) -> None:
    with transaction(engine) as session:
        session.get_one(Reply, reply).state = state
    refused = ana.post(f"/cases/{protocol}/replies/{reply}/{button}")
    assert refused.status_code == 409
    assert "This reply waits for no decision" in refused.text
    assert "cannot become" not in refused.text
    assert the_reply(engine, reply).state is state


def test_one_whose_thread_cannot_be_read_says_so(ana: Visit, engine: Engine, protocol: str, reply: int) -> None:
    network = lost(engine, reply)
    at = NOON
    for _ in range(TRIED_OFTEN):
        at += timedelta(minutes=6)
        network.find_errors = [TryLaterError("503")]
        verify(engine, network, reply, at)
    assert the_reply(engine, reply).state is ReplyState.NEEDS_HUMAN
    said = shown(ana, protocol, reply)
    assert "the thread could not be read to find out" in said
    assert "The thread could not be read." in said


def test_one_that_changed_under_way_never_left(ana: Visit, engine: Engine, protocol: str, reply: int) -> None:
    with transaction(engine) as session:
        case = case_row(session, protocol)
        case.version += 1
        session.add(case)
    deliver(engine, RecordingResponder(), reply, NOON)
    said = shown(ana, protocol, reply)
    assert "The case changed after the approval" in said
    assert "No attempt to send began" in said
    assert "Send all the same" in said
    assert "I answered there myself" in said
    assert "Is it there?" not in said


def test_one_that_vanished_waits_with_its_buttons(ana: Visit, engine: Engine, protocol: str, reply: int) -> None:
    network = RecordingResponder()
    deliver(engine, network, reply, NOON)
    network.published.clear()
    at = NOON
    for _ in range(TRIED_OFTEN):
        at += timedelta(hours=1)
        verify(engine, network, reply, at)
    assert the_reply(engine, reply).state is ReplyState.NEEDS_HUMAN
    said = shown(ana, protocol, reply)
    assert "The network confirmed the reply, but it is not to be seen" in said
    assert "Post again" in said


def test_what_the_network_refused_tells_its_words(ana: Visit, engine: Engine, protocol: str, reply: int) -> None:
    network = RecordingResponder()
    network.post_errors = [RejectedError(SCRIPT.format("refused"))]
    deliver(engine, network, reply, NOON)
    assert the_reply(engine, reply).state is ReplyState.FAILED
    said = shown(ana, protocol, reply)
    assert "The reply was refused. Nothing was published." in said
    assert SCRIPT.format("refused") in said
    assert SCRIPT.format("refused") not in ana.get(f"/cases/{protocol}").text


def test_one_that_waits_for_a_paused_account_says_so(ana: Visit, engine: Engine, protocol: str, reply: int) -> None:
    network = RecordingResponder()
    network.post_errors = [NeedsAttentionError("401")]
    deliver(engine, network, reply, NOON)
    assert the_reply(engine, reply).state is ReplyState.APPROVED
    said = shown(ana, protocol, reply)
    assert "the account aurora-mastodon is paused: see Sources" in said
    assert "The account needs attention before anything is sent" in said


def test_a_sender_that_died_is_told(ana: Visit, engine: Engine, protocol: str, reply: int) -> None:
    with transaction(engine) as session:
        row = session.get_one(Reply, reply)
        row.state, row.claim, row.claimed_until, row.attempts = ReplyState.SENDING, "x", NOON - MINUTE, 1
        row.sending_at = NOON - MINUTE
        session.add(row)
    reclaim(engine, NOON)
    assert "The program stopped in the middle of sending" in shown(ana, protocol, reply)


@pytest.mark.parametrize(
    ("noted", "words"),
    [
        ("thread: something was said in the conversation", "Somebody wrote in the thread after the approval"),
        ("edited: the customer edited the post", "The post was edited after the reply was written"),
        ("frozen_text: the text is not the one", "The text is no longer the one that was approved"),
        ("forgotten: this process sent it", "Run ouvidor recover"),
        ("fuse.a_minute: 60 replies were sent within a minute", "was paused for safety"),
        ("too_long: the text is longer", "longer than the channel allows"),
        ("any.deleted: its author deleted the post", "Its author deleted the post."),
        ("any.blocked: a person of ours blocked the author", "Somebody of the team blocked this person"),
        ("RateLimitedError: 429", "The network asked us to wait"),
        ("it cannot be looked for, so it is not sent: 503", "so nothing left"),
        ("not sent after 12 attempts: 503", "nothing was published"),
        ("what stands there is another reply of ours already; look", "another reply of ours"),
        ("a backup was put back: it is being looked for", "whether the reply had left"),
    ],
)
def test_every_reason_that_is_noted_has_words(settings: Settings, noted: str, words: str) -> None:
    reason = reason_of(Texts("en", settings.zone), ReplyState.NEEDS_HUMAN, noted)
    assert words in reason.words
    assert reason.raw == noted


@pytest.mark.parametrize(
    "noted", ["", "label: x", "none: x", "whatever: <b>", "why.label", "{n}", "any.of_the_future: x", "::"]
)
def test_a_reason_that_is_not_known_stands_behind_a_sentence(settings: Settings, noted: str) -> None:
    reason = reason_of(Texts("pt", settings.zone), ReplyState.NEEDS_HUMAN, noted)
    assert reason.words == "Algo impediu o envio, e uma pessoa precisa decidir."
    assert (reason.raw, reason.is_known) == (noted, False)
    assert reason_of(Texts("pt", settings.zone), ReplyState.APPROVED, noted).words == noted


def test_an_accounts_fuse_is_told_where_its_replies_wait(ana: Visit, engine: Engine, protocol: str, reply: int) -> None:
    with transaction(engine) as session:
        pause(session, "fuse.a_minute: 60 replies were sent within a minute")
    assert "is paused: see Sources" in shown(ana, protocol, reply)


def pause(session: Session, reason: str) -> None:
    for account in session.exec(select(Account)):
        account.paused_reason = reason
        session.add(account)
