"""What people decide: approve, resolve, correct, dismiss."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, update
from sqlmodel import Session, col, select

from cases import actions, drafts
from cases.acknowledge import check_templates
from cases.approval import Terms, approve, leave
from cases.resolution import resolve
from database.engine import transaction
from errors import AnsweredAlreadyError, IllegalMoveError, PolicyRefusedError, SettingsError
from models import (
    CaseState,
    Correction,
    Mention,
    MentionCount,
    MentionType,
    Reply,
    ReplyPurpose,
    ReplyState,
    Sentiment,
    Source,
    TimelineEvent,
    Urgency,
    VerdictRow,
    Visibility,
)
from settings import AcknowledgeRule
from tests.builders import NOON, a_case, a_draft, a_mention, a_verdict, a_world, an_author


def a_source_row(engine: Engine, channel: str = "mastodon") -> int:
    return a_world(engine, channel)


def mention_of(session: Session, source_id: int, number: str = "1", **fields: object) -> Mention:
    return a_mention(session, session.get_one(Source, source_id), number, **fields)


def test_one_intent_is_approved_once(engine: Engine) -> None:
    source_id = a_source_row(engine)
    with transaction(engine) as session:
        mention = mention_of(session, source_id)
        case = a_case(session, mention)
        first, second = a_draft(session, case, mention, "um"), a_draft(session, case, mention, "dois")
        approve(session, first, "Ana", NOON)
        with pytest.raises(AnsweredAlreadyError, match="a second one"):
            approve(session, second, "Bia", NOON)
        stored = session.exec(select(Reply.state, Reply.key, Reply.approved_by).where(Reply.id == second.id)).one()
        assert tuple(stored) == (ReplyState.DRAFT, "", "")
        third = a_draft(session, case, mention, "três")
        assert approve(session, third, "Ana", NOON, terms=Terms(again=True)).sequence == 2
        with pytest.raises(AnsweredAlreadyError):
            approve(session, second, "Bia", NOON)
        assert approve(session, second, "Bia", NOON, terms=Terms(again=True)).sequence == 3
        assert first.key != third.key
        assert len({first.key, second.key, third.key}) == 3


@pytest.mark.parametrize("first_in_private", [True, False])
def test_a_private_message_and_the_public_word_of_it_are_no_second_answer(
    engine: Engine, first_in_private: bool
) -> None:
    source_id = a_source_row(engine)
    with transaction(engine) as session:
        mention = mention_of(session, source_id)
        case = a_case(session, mention)
        first = a_draft(session, case, mention, "um", private=first_in_private)
        second = a_draft(session, case, mention, "dois", private=not first_in_private)
        third = a_draft(session, case, mention, "três", private=first_in_private)
        approve(session, first, "Ana", NOON)
        assert approve(session, second, "Ana", NOON).state is ReplyState.APPROVED
        assert (first.sequence, second.sequence) == (1, 2)
        with pytest.raises(AnsweredAlreadyError):
            approve(session, third, "Ana", NOON)


def test_what_never_left_takes_no_second_word(engine: Engine) -> None:
    source_id = a_source_row(engine)
    with transaction(engine) as session:
        mention = mention_of(session, source_id)
        case = a_case(session, mention)
        first = approve(session, a_draft(session, case, mention, "um"), "Ana", NOON)
        drafts.discard(session, first, "Ana", NOON)
        assert approve(session, a_draft(session, case, mention, "dois"), "Ana", NOON).sequence == 2


def test_the_same_words_go_out_once_to_one_post_however_often_a_form_is_sent(engine: Engine) -> None:
    source_id = a_source_row(engine)
    with transaction(engine) as session:
        mention, other = mention_of(session, source_id), mention_of(session, source_id, "2")
        case = a_case(session, mention)
        first = approve(session, a_draft(session, case, mention, "Oi, Maria!"), "Ana", NOON)
        with pytest.raises(IllegalMoveError, match="this very answer"):
            approve(session, a_draft(session, case, mention, "Oi, Maria!"), "Ana", NOON)
        approve(session, a_draft(session, a_case(session, other), other, "Oi, Maria!"), "Ana", NOON)
        leave(session, first, "Ana", NOON)
        approve(session, a_draft(session, case, mention, "Oi, Maria!"), "Ana", NOON)


def test_a_draft_that_became_another_is_not_approved(engine: Engine) -> None:
    source_id = a_source_row(engine)
    with transaction(engine) as session:
        mention = mention_of(session, source_id)
        reply = a_draft(session, a_case(session, mention), mention)
        session.connection().execute(update(Reply).where(col(Reply.id) == reply.id).values(state=ReplyState.DISCARDED))
        with pytest.raises(IllegalMoveError, match="has just become another"):
            approve(session, reply, "Ana", NOON)
        assert "reply_approved" not in session.exec(select(TimelineEvent.kind)).all()


def test_an_approval_is_in_the_database_at_once_with_its_one_event(engine: Engine) -> None:
    source_id = a_source_row(engine)
    with transaction(engine) as session:
        mention = mention_of(session, source_id)
        reply = a_draft(session, a_case(session, mention), mention)
        approve(session, reply, "Ana", NOON)
        assert reply not in session.dirty
        frozen = (reply.state, reply.key, reply.body_hash, reply.approved_by, reply.approved_at, reply.next_attempt_at)
        session.refresh(reply)
        assert frozen == (ReplyState.APPROVED, reply.key, reply.body_hash, "Ana", NOON, NOON)
        assert reply.key
        approvals = select(TimelineEvent.reply_id, TimelineEvent.detail).where(TimelineEvent.kind == "reply_approved")
        assert [tuple(row) for row in session.exec(approvals)] == [(reply.id, {"from": "draft"})]


def test_an_approved_text_is_frozen(engine: Engine) -> None:
    source_id = a_source_row(engine)
    with transaction(engine) as session:
        mention = mention_of(session, source_id)
        reply = approve(session, a_draft(session, a_case(session, mention), mention), "Ana", NOON)
        with pytest.raises(IllegalMoveError, match="frozen"):
            drafts.edit(session, reply, "outro", "Ana", NOON)


@pytest.mark.parametrize(
    ("verdict", "closed", "rule"),
    [({"holds": ["legal"]}, False, "any.hold"), ({"spam": True}, False, "any.spam"), ({}, True, "any.closed")],
)
def test_what_automation_wrote_is_not_approved_against_the_rules_nor_what_a_person_wrote_refused(
    engine: Engine, verdict: dict[str, Any], closed: bool, rule: str
) -> None:
    source_id = a_source_row(engine)
    with transaction(engine) as session:
        mention = mention_of(session, source_id)
        case = a_case(session, mention, **verdict)
        session.flush()
        if closed:
            actions.dismiss(session, case, "Ana", NOON)
        acknowledgement = ReplyPurpose.ACKNOWLEDGEMENT
        automatic = a_draft(session, case, mention, "Olá!", purpose=acknowledgement, automatic=True)
        with pytest.raises(PolicyRefusedError, match=rule):
            approve(session, automatic, "ouvidor", NOON)
        approve(session, a_draft(session, case, mention, "Oi!", purpose=acknowledgement), "Ana", NOON)


def test_approval_names_the_rule_that_forbids_it(engine: Engine) -> None:
    source_id = a_source_row(engine, "x")
    with transaction(engine) as session:
        named_only = mention_of(session, source_id, "1", addresses_us=False)
        private = mention_of(session, source_id, "2", visibility=Visibility.PRIVATE, author=an_author("u2"))
        for mention, rule in ((named_only, "x.summoned"), (private, "any.private")):
            with pytest.raises(PolicyRefusedError) as refused:
                approve(session, a_draft(session, a_case(session, mention), mention), "Ana", NOON)
            assert refused.value.rule == rule


def test_a_text_too_long_or_written_before_an_edit_is_not_approved(engine: Engine) -> None:
    source_id = a_source_row(engine)
    with transaction(engine) as session:
        mention = mention_of(session, source_id)
        reply = a_draft(session, a_case(session, mention), mention)
        with pytest.raises(IllegalMoveError, match="7 characters too long"):
            approve(session, reply, "Ana", NOON, room_left=-7)
        mention.text_revision += 1
        with pytest.raises(IllegalMoveError, match="edited"):
            approve(session, reply, "Ana", NOON)
        drafts.edit(session, reply, "lido de novo", "Ana", NOON)
        assert approve(session, reply, "Ana", NOON).state is ReplyState.APPROVED


@pytest.mark.parametrize("body", ["", "   ", "x" * 50_001])
def test_an_answer_needs_a_text_of_a_possible_length(engine: Engine, body: str) -> None:
    source_id = a_source_row(engine)
    with transaction(engine) as session:
        mention = mention_of(session, source_id)
        with pytest.raises(IllegalMoveError):
            a_draft(session, a_case(session, mention), mention, body)


def test_a_resolution_goes_once_to_each_public_thread_and_names_the_protocol(engine: Engine) -> None:
    source_id = a_source_row(engine, "x")
    with transaction(engine) as session:
        mention = mention_of(session, source_id, "1")
        case = a_case(session, mention)
        other = mention_of(session, source_id, "2", addresses_us=False)
        a_verdict(session, other)
        from models import CaseMention

        session.add(CaseMention(mention_id=other.id or 0, case_id=case.id or 0, linked_at=NOON))
        session.flush()
        outcome = resolve(session, case, "Reembolso feito.", "Ana", NOON)
        assert [(r.mention_id, r.purpose, r.state) for r in outcome.replies] == [
            (mention.id, ReplyPurpose.RESOLUTION, ReplyState.APPROVED)
        ]
        assert case.protocol in outcome.replies[0].body
        assert [(n.thread, n.rule) for n in outcome.not_answerable] == [("2", "x.summoned")]
        assert case.state is CaseState.RESOLVED
        with pytest.raises(IllegalMoveError, match="resolved already"):
            resolve(session, case, "de novo", "Ana", NOON)
        actions.reopen(session, case, "Ana", NOON)
        assert resolve(session, case, "Reembolso feito.", "Ana", NOON).replies == []  # the first still goes out


def test_a_case_that_is_resolved_again_in_the_same_words_says_them_once(engine: Engine) -> None:
    source_id = a_source_row(engine)
    with transaction(engine) as session:
        case = a_case(session, mention_of(session, source_id))
        assert len(resolve(session, case, "Trocamos a peça.", "Ana", NOON).replies) == 1
        for reply in session.exec(select(Reply)):
            reply.state = ReplyState.VERIFIED
        actions.reopen(session, case, "Ana", NOON)
        assert resolve(session, case, "Trocamos a peça.", "Ana", NOON).replies == []
        assert case.state is CaseState.RESOLVED


def test_a_case_of_deleted_posts_resolves_without_publishing(engine: Engine) -> None:
    source_id = a_source_row(engine)
    with transaction(engine) as session:
        mention = mention_of(session, source_id)
        case = a_case(session, mention)
        mention.deleted_at = NOON
        outcome = resolve(session, case, "Feito.", "Ana", NOON)
        assert [n.rule for n in outcome.not_answerable] == ["any.deleted"]
        assert outcome.replies == []


def test_a_correction_stands_above_the_verdict_and_moves_case_and_counts(engine: Engine) -> None:
    source_id = a_source_row(engine)
    with transaction(engine) as session:
        mention = mention_of(session, source_id)
        case = a_case(session, mention)
        before = case.priority
        actions.correct(session, mention, "urgency", "critical", "Ana", NOON)
        actions.correct(session, mention, "sentiment", "neutral", "Ana", NOON)
        actions.correct(session, mention, "sentiment", "neutral", "Ana", NOON)
        verdict = session.get_one(VerdictRow, mention.verdict_id)
        assert (verdict.urgency, verdict.sentiment) == (Urgency.CRITICAL, Sentiment.NEUTRAL)
        assert verdict.confidence["urgency"] == 1.0
        assert case.priority > before
        assert [(c.field, c.was, c.now, c.by) for c in session.exec(select(Correction))] == [
            ("urgency", "normal", "critical", "Ana"),
            ("sentiment", "negative", "neutral", "Ana"),
        ]
        counts = {(c.sentiment, c.type): c.count for c in session.exec(select(MentionCount)) if c.count}
        assert counts[Sentiment.NEUTRAL, MentionType.COMPLAINT] == 1
        assert session.exec(select(Reply)).all() == []


@pytest.mark.parametrize(("field", "value"), [("urgency", "very"), ("priority", "1"), ("sentiment", "")])
def test_a_correction_outside_the_labels_is_refused(engine: Engine, field: str, value: str) -> None:
    source_id = a_source_row(engine)
    with transaction(engine) as session:
        mention = mention_of(session, source_id)
        a_case(session, mention)
        with pytest.raises(IllegalMoveError, match="no label"):
            actions.correct(session, mention, field, value, "Ana", NOON)


def test_taking_releasing_dismissing_and_reopening_leave_their_trace(engine: Engine) -> None:
    source_id = a_source_row(engine)
    with transaction(engine) as session:
        case = a_case(session, mention_of(session, source_id))
        actions.take(session, case, "Ana", NOON)
        assert (case.state, case.assignee) == (CaseState.TAKEN, "Ana")
        actions.take(session, case, "Bia", NOON)
        actions.release(session, case, "Bia", NOON)
        with pytest.raises(IllegalMoveError, match="future"):
            actions.snooze(session, case, NOON - timedelta(hours=1), "Bia", NOON)
        actions.dismiss(session, case, "Bia", NOON)
        with pytest.raises(IllegalMoveError, match="reopen it first"):
            actions.take(session, case, "Ana", NOON)
        actions.reopen(session, case, "Ana", NOON)
        session.flush()
        events = session.exec(select(TimelineEvent.kind, TimelineEvent.by).where(TimelineEvent.by != "ouvidor")).all()
        assert list(events) == [
            ("taken", "Ana"),
            ("taken", "Bia"),
            ("released", "Bia"),
            ("dismissed", "Bia"),
            ("reopened", "Ana"),
        ]


def test_noise_without_a_case_is_dismissed_alone(engine: Engine) -> None:
    source_id = a_source_row(engine)
    with transaction(engine) as session:
        noise, matter = mention_of(session, source_id, "1"), mention_of(session, source_id, "2")
        a_case(session, matter)
        actions.dismiss_mention(session, noise, "Ana", NOON)
        assert noise.dismissed_at == NOON
        with pytest.raises(IllegalMoveError, match="dismiss the case"):
            actions.dismiss_mention(session, matter, "Ana", NOON)


@pytest.mark.parametrize("template", ["{{ nobody }}", "{% for %}", "{{ ''.__class__.__mro__ }}"])
def test_a_template_that_cannot_be_used_is_found_at_the_start(template: str) -> None:
    with pytest.raises(SettingsError, match="protocol, brand"):
        check_templates([AcknowledgeRule(template={"pt": template})])


@pytest.mark.parametrize(
    "template",
    [
        "{% for i in range(999999999) %}x{% endfor %}",
        "{{ 1 // 0 }}",
        "{{ brand + 1 }}",
        "{{ 'a'.index('b') }}",
        "{{ '%d' % brand }}",
        "{{ " + "(" * 5000 + ")" * 5000 + " }}",
    ],
)
def test_a_template_that_fails_as_it_computes_is_refused_as_any_other(template: str) -> None:
    with pytest.raises(SettingsError, match="an acknowledgement template cannot be used"):
        check_templates([AcknowledgeRule(template={"pt": template})])
