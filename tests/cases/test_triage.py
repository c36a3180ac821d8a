"""Triage: one case for one person's thread, opened by rule."""

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine
from sqlmodel import Session, col, select

from cases.actions import snooze
from cases.resolution import resolve
from cases.triage import triage
from cases.waiting import Rules, triage_waiting, wake_snoozed
from database.engine import reading, transaction
from models import (
    Case,
    CaseMention,
    CaseState,
    Mention,
    MentionType,
    Profile,
    ReplyState,
    Sentiment,
    Source,
    TimelineEvent,
    Urgency,
)
from settings import AcknowledgeRule, TriageRule
from tests.builders import (
    NOON,
    a_brand,
    a_case,
    a_draft,
    a_mention,
    a_verdict,
    a_world,
    an_account,
    an_author,
)

PRAISE = {"type": MentionType.PRAISE, "sentiment": Sentiment.POSITIVE, "urgency": Urgency.LOW, "complaint": False}
RULES = Rules((), (), ZoneInfo("America/Sao_Paulo"), timedelta(hours=24))


@pytest.fixture
def source_id(engine: Engine) -> int:
    return a_world(engine)


def source(session: Session, source_id: int) -> Source:
    return session.get_one(Source, source_id)


def test_a_complaint_opens_a_case_with_a_protocol_of_the_local_day(engine: Engine, source_id: int) -> None:
    late = NOON.replace(day=11, hour=1)  # still the 10th in São Paulo
    with transaction(engine) as session:
        for number in ("1", "2"):
            mention = a_mention(session, source(session, source_id), number, author=an_author(f"u{number}"))
            triage(session, mention, a_verdict(session, mention), (), late, zone=RULES.zone)
        assert session.exec(select(Case.protocol)).all() == ["20260310-000001", "20260310-000002"]


def test_praise_opens_no_case(engine: Engine, source_id: int) -> None:
    with transaction(engine) as session:
        mention = a_mention(session, source(session, source_id))
        assert triage(session, mention, a_verdict(session, mention, **PRAISE), (), NOON).case is None
        assert mention.triaged_at == NOON


def test_the_first_rule_that_fits_decides(engine: Engine, source_id: int) -> None:
    rules = [TriageRule(channels=["x"]), TriageRule(types=["praise"]), TriageRule(opens_case=False)]
    with transaction(engine) as session:
        praise = a_mention(session, source(session, source_id), "1")
        complaint = a_mention(session, source(session, source_id), "2")
        assert triage(session, praise, a_verdict(session, praise, **PRAISE), rules, NOON).opened
        assert not triage(session, complaint, a_verdict(session, complaint), rules, NOON).opened


def test_a_further_word_of_the_same_person_joins_their_case(engine: Engine, source_id: int) -> None:
    with transaction(engine) as session:
        case = a_case(session, a_mention(session, source(session, source_id), "1"))
        more = a_mention(session, source(session, source_id), "2", parent_external_id="1")
        found = triage(session, more, a_verdict(session, more, urgency=Urgency.CRITICAL), (), NOON)
        assert (found.case, found.opened) == (case, False)
        assert case.urgency is Urgency.CRITICAL
        assert case.priority > 3000


def test_another_person_in_the_thread_gets_a_case_of_their_own(engine: Engine, source_id: int) -> None:
    with transaction(engine) as session:
        case = a_case(session, a_mention(session, source(session, source_id), "1"))
        other = a_mention(session, source(session, source_id), "2", parent_external_id="1", author=an_author("u2"))
        found = triage(session, other, a_verdict(session, other), (), NOON)
        assert found.opened
        assert found.case is not None
        assert found.case.id != case.id


def test_an_answer_to_our_reply_joins_its_case(engine: Engine, source_id: int) -> None:
    with transaction(engine) as session:
        mention = a_mention(session, source(session, source_id), "1")
        case = a_case(session, mention)
        reply = a_draft(session, case, mention)
        reply.external_id = "ours"
        session.add(reply)
        session.flush()
        answer = a_mention(session, source(session, source_id), "7", parent_external_id="ours")
        assert triage(session, answer, a_verdict(session, answer, **PRAISE), (), NOON).case is case
        assert case.type is MentionType.COMPLAINT  # thanks do not turn the matter into praise
        assert case.sentiment is Sentiment.POSITIVE


def test_triage_repeated_links_once(engine: Engine, source_id: int) -> None:
    with transaction(engine) as session:
        mention = a_mention(session, source(session, source_id))
        verdict = a_verdict(session, mention)
        first = triage(session, mention, verdict, (), NOON)
        again = triage(session, mention, verdict, (), NOON)
        assert (first.case, again.opened) == (again.case, False)
        assert len(session.exec(select(CaseMention)).all()) == 1
        kinds = session.exec(select(TimelineEvent.kind)).all()
        assert kinds == ["opened", "mention_joined"] or sorted(kinds) == ["mention_joined", "opened"]


@pytest.mark.parametrize(
    ("further", "state"),
    [(PRAISE, CaseState.RESOLVED), ({}, CaseState.OPEN), ({"type": MentionType.QUESTION}, CaseState.OPEN)],
)
def test_only_a_word_that_asks_for_work_reopens_a_resolved_case(
    engine: Engine, source_id: int, further: dict[str, Any], state: CaseState
) -> None:
    with transaction(engine) as session:
        case = a_case(session, a_mention(session, source(session, source_id), "1"))
        resolve(session, case, "Resolvido.", "Ana", NOON)
        more = a_mention(session, source(session, source_id), "2", parent_external_id="1")
        triage(session, more, a_verdict(session, more, **further), (), NOON)
        assert case.state is state


def test_a_snoozed_case_wakes_by_the_clock_and_by_the_customer(engine: Engine, source_id: int) -> None:
    with transaction(engine) as session:
        first = a_case(session, a_mention(session, source(session, source_id), "1"))
        second = a_case(session, a_mention(session, source(session, source_id), "2"))
        for case in (first, second):
            snooze(session, case, NOON + timedelta(hours=1), "Ana", NOON)
        more = a_mention(session, source(session, source_id), "3", parent_external_id="2")
        triage(session, more, a_verdict(session, more), (), NOON)
        assert second.state is CaseState.OPEN
    assert wake_snoozed(engine, NOON + timedelta(minutes=59)) == 0
    assert wake_snoozed(engine, NOON + timedelta(minutes=60)) == 1


def test_priority_puts_harm_before_reach(engine: Engine, source_id: int) -> None:
    with transaction(engine) as session:
        famous = a_case(
            session, a_mention(session, source(session, source_id), "1", author=an_author(followers=9_000_000))
        )
        hurt = a_mention(session, source(session, source_id), "2", author=an_author("u2", followers=3))
        assert a_case(session, hurt, urgency=Urgency.CRITICAL).priority > famous.priority


def acknowledging() -> Rules:
    rule = AcknowledgeRule(
        types=["complaint"],
        template={"pt": "Olá! Recebemos seu relato. Protocolo {{ protocol }}.", "en": "Hi! Case {{ protocol }}."},
    )
    return Rules((), [rule], RULES.zone, RULES.staleness)


@pytest.mark.parametrize(
    ("mention", "verdict", "rule"),
    [
        ({}, {}, None),
        ({}, {"holds": ["legal"]}, "any.hold"),
        ({}, {"spam": True}, "any.spam"),
        ({"posted_at": NOON - timedelta(hours=30)}, {}, "any.before_start"),
        ({"author": an_author(is_bot=True)}, {}, "any.bot"),
    ],
)
def test_an_acknowledgement_goes_out_only_where_every_rule_allows(
    engine: Engine, source_id: int, mention: dict[str, Any], verdict: dict[str, Any], rule: str | None
) -> None:
    with transaction(engine) as session:
        a_verdict(session, a_mention(session, source(session, source_id), **mention), **verdict)
    assert triage_waiting(engine, acknowledging(), 10, NOON) == 1
    with reading(engine) as session:
        from models import Reply

        approved = session.exec(select(Reply.body).where(Reply.state == ReplyState.APPROVED)).all()
        refused = session.exec(
            select(TimelineEvent.detail).where(TimelineEvent.kind == "acknowledgement_refused")
        ).all()
        if rule is None:
            assert approved == ["Olá! Recebemos seu relato. Protocolo 20260310-000001."]
        else:
            assert approved == []
            assert refused == [{"rule": rule}]


@pytest.mark.parametrize(
    ("handle", "place", "shown", "is_silent"),
    [
        ("Boreal", "mastodon.example", "boreal", True),
        ("boreal@mastodon.example", "mastodon.example", "boreal", True),
        ("boreal", "b.example", "boreal@b.example", True),
        ("boreal@b.example", "social.b.example", "boreal@b.example", True),
        ("boreal", "b.example", "boreal", False),
        ("boreal", "b.example", "boreal@c.example", False),
        ("boreal_1", "mastodon.example", "boreal", False),
        ("boreal", "b.example", "", False),
    ],
)
def test_the_account_of_another_brand_is_known_wherever_it_is_and_however_it_is_named(
    engine: Engine, source_id: int, handle: str, place: str, shown: str, is_silent: bool
) -> None:
    with transaction(engine) as session:
        an_account(session, a_brand(session, "boreal"), place=place, handle=handle)
        a_verdict(session, a_mention(session, source(session, source_id), author=an_author(handle=shown)))
    triage_waiting(engine, acknowledging(), 10, NOON)
    with reading(engine) as session:
        refused = session.exec(select(TimelineEvent.detail).where(TimelineEvent.kind == "acknowledgement_refused"))
        assert list(refused) == ([{"rule": "any.other_brand"}] if is_silent else [])


def test_a_stale_post_is_not_acknowledged(engine: Engine) -> None:
    source_id = a_world(engine, started_at=NOON - timedelta(days=9))
    with transaction(engine) as session:
        a_verdict(session, a_mention(session, source(session, source_id), posted_at=NOON - timedelta(hours=25)))
    triage_waiting(engine, acknowledging(), 10, NOON)
    with reading(engine) as session:
        details = session.exec(select(TimelineEvent.detail).order_by(col(TimelineEvent.id))).all()
        assert {"rule": "any.stale"} in details


@pytest.mark.parametrize("channel", ["reclame_aqui", "complaint_page"])
def test_a_complaint_site_is_never_answered_automatically(engine: Engine, channel: str) -> None:
    source_id = a_world(engine, channel)
    with transaction(engine) as session:
        a_verdict(session, a_mention(session, source(session, source_id)))
    triage_waiting(engine, acknowledging(), 10, NOON)
    with reading(engine) as session:
        details = session.exec(select(TimelineEvent.detail)).all()
        assert {"rule": "complaint_site.no_automatic"} in details


def test_our_own_post_joins_the_case_and_opens_none(engine: Engine, source_id: int) -> None:
    with transaction(engine) as session:
        a_case(session, a_mention(session, source(session, source_id), "1"))
        a_mention(session, source(session, source_id), "2", parent_external_id="1", is_ours=True, author=None)
        a_mention(session, source(session, source_id), "3", is_ours=True, author=None)
    triage_waiting(engine, RULES, 10, NOON)
    with reading(engine) as session:
        assert len(session.exec(select(Case)).all()) == 1
        linked = session.exec(
            select(Mention.external_id).join(CaseMention, col(CaseMention.mention_id) == Mention.id)
        ).all()
        assert sorted(linked) == ["1", "2"]
        assert session.exec(select(Profile.customer_id)).one() is not None
