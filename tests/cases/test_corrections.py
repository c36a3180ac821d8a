"""What a person says of a verdict: each field, confirmations, reviews, and that nothing is ever answered by it."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlmodel import Session, select

from cases import actions, labels
from cases.acknowledge import acknowledge
from cases.approval import Terms
from cases.queries.mentions import MentionFilter, heard_since, mention_page, to_review
from cases.resolution import resolve
from cases.waiting import Rules, triage_waiting
from classifier.operator_rules import Ruled
from classifier.tag import tag
from database.engine import reading, transaction
from errors import IllegalMoveError, OutdatedError
from listeners.purge import purge
from listeners.store import notice_edit
from models import (
    Case,
    CaseState,
    Correction,
    Hold,
    Mention,
    MentionType,
    Reply,
    ReplyState,
    Source,
    TimelineEvent,
    Urgency,
    VerdictRow,
)
from settings import AcknowledgeRule, Settings
from settings_classifier import RuleSettings
from tests.builders import NOON, a_case, a_draft, a_mention, a_verdict, a_world, an_author
from tests.fakes import OneVerdict


def heard(session: Session, source_id: int, number: str = "1", **fields: Any) -> Mention:
    return a_mention(session, session.get_one(Source, source_id), number, **fields)


def tagged(session: Session, source_id: int, **verdict: Any) -> Mention:
    mention = heard(session, source_id)
    a_verdict(session, mention, **verdict)
    session.flush()
    return mention


def in_force(session: Session, mention: Mention) -> VerdictRow:
    return session.get_one(VerdictRow, mention.verdict_id)


def corrections(session: Session) -> list[tuple[str, str, str]]:
    return [(c.field, c.was, c.now) for c in session.exec(select(Correction).order_by("id"))]


@pytest.mark.parametrize(
    ("field", "said", "written"),
    [
        ("complaint", ("false",), ("complaint", "true", "false")),
        ("spam", ("true",), ("spam", "false", "true")),
        ("lang", ("es",), ("lang", "pt", "es")),
        ("holds", ("+legal",), ("holds", "press", "legal,press")),
        ("holds", ("-press",), ("holds", "press", "")),
        ("holds", ("=danger,death",), ("holds", "press", "danger,death")),
        ("topics", ("+refund",), ("topics", "delivery", "delivery,refund")),
        ("topics", ("-delivery",), ("topics", "delivery", "other")),
        ("topics", ("+other",), ("topics", "delivery", "other")),
        ("topics", ("=",), ("topics", "delivery", "other")),
    ],
)
def test_each_field_is_corrected_and_written_down(
    engine: Engine, field: str, said: tuple[str], written: tuple[str, str, str]
) -> None:
    source_id = a_world(engine)
    with transaction(engine) as session:
        mention = tagged(session, source_id, holds=["press"], topics=["delivery"])
        actions.correct(session, mention, field, said[0], "Ana", NOON)
        actions.correct(session, mention, field, said[0], "Ana", NOON)  # a form that is sent twice
        assert corrections(session) == [written]
        assert labels.written(getattr(in_force(session, mention), field)) == written[2]


def test_two_people_who_change_a_hold_each_do_not_undo_each_other(engine: Engine) -> None:
    source_id = a_world(engine)
    with transaction(engine) as session:
        mention = tagged(session, source_id, holds=["of_a_newer_version"])
        actions.correct(session, mention, "holds", "+legal", "Ana", NOON)
        actions.correct(session, mention, "holds", "+danger", "Bia", NOON)
        actions.correct(session, mention, "holds", "=danger", "Bia", NOON)
        assert in_force(session, mention).holds == ["danger", "of_a_newer_version"]


def test_a_hold_that_a_person_adds_or_takes_away_moves_the_case_at_once(engine: Engine) -> None:
    source_id = a_world(engine)
    with transaction(engine) as session:
        mention = heard(session, source_id)
        case = a_case(session, mention)
        version, priority = case.version, case.priority
        actions.correct(session, mention, "holds", "+legal", "Ana", NOON)
        assert (case.holds, case.version) == (["legal"], version + 1)
        assert case.priority > priority
        actions.correct(session, mention, "holds", "-legal", "Ana", NOON)
        assert (case.holds, case.priority) == ([], priority)


def test_a_word_on_what_a_case_does_not_have_leaves_its_drafts_alone(engine: Engine) -> None:
    source_id = a_world(engine)
    with transaction(engine) as session:
        mention = heard(session, source_id)
        case = a_case(session, mention, abstained=["type"])
        version = case.version
        actions.correct(session, mention, "topics", "+refund", "Ana", NOON)
        actions.correct(session, mention, "type", "complaint", "Ana", NOON)
        assert case.version == version


@pytest.mark.parametrize("field", ["type", "sentiment", "urgency", "holds", "topics", "spam"])
def test_a_doubt_is_confirmed_once_and_is_one_no_more(engine: Engine, field: str) -> None:
    source_id = a_world(engine)
    with transaction(engine) as session:
        mention = heard(session, source_id)
        a_case(session, mention, holds=["press"], topics=["app", "delivery"], abstained=[field, "lang"])
        value = labels.written(getattr(in_force(session, mention), field))
        asked = f"={value}" if field in labels.SETS else value
        for who in ("Ana", "Bia"):
            actions.correct(session, mention, field, asked, who, NOON)
        assert corrections(session) == [(field, value, value)]
        assert in_force(session, mention).abstained == ["lang"]
        events = session.exec(select(TimelineEvent.kind, TimelineEvent.detail).where(TimelineEvent.by == "Ana")).all()
        assert list(events) == [("confirmed", {"field": field, "was": value, "now": value})]


def test_a_type_settles_whether_it_is_a_complaint(engine: Engine) -> None:
    source_id = a_world(engine)
    with transaction(engine) as session:
        mention = tagged(session, source_id, abstained=["type", "complaint"])
        actions.correct(session, mention, "type", "question", "Ana", NOON)
        verdict = in_force(session, mention)
        assert (verdict.complaint, verdict.abstained) == (False, [])


@pytest.mark.parametrize(
    ("told", "words", "then"),
    [
        (MentionType.COMPLAINT, [("complaint", "false")], (MentionType.OTHER, False, False)),
        (MentionType.COMPLAINT, [("complaint", "false"), ("complaint", "true")], (MentionType.COMPLAINT, True, False)),
        (MentionType.COMPLAINT, [("type", "question"), ("complaint", "true")], (MentionType.COMPLAINT, True, False)),
        (MentionType.COMPLAINT, [("complaint", "true"), ("type", "question")], (MentionType.QUESTION, False, False)),
        (MentionType.COMPLAINT, [("type", "other")], (MentionType.OTHER, True, False)),
        (MentionType.PRAISE, [("complaint", "true")], (MentionType.COMPLAINT, True, False)),
        (MentionType.OTHER, [("complaint", "true")], (MentionType.OTHER, True, False)),
        (
            MentionType.PRAISE,
            [("complaint", "true"), ("type", "question"), ("complaint", "true"), ("sentiment", "neutral")],
            (MentionType.COMPLAINT, True, False),
        ),
        (MentionType.COMPLAINT, [("spam", "true")], (MentionType.OTHER, False, True)),
        (MentionType.COMPLAINT, [("spam", "true"), ("spam", "false")], (MentionType.COMPLAINT, True, False)),
        (MentionType.COMPLAINT, [("spam", "true"), ("type", "complaint")], (MentionType.COMPLAINT, True, False)),
        (MentionType.COMPLAINT, [("type", "complaint"), ("spam", "true")], (MentionType.OTHER, False, True)),
        (MentionType.COMPLAINT, [("spam", "true"), ("type", "praise")], (MentionType.PRAISE, False, False)),
        (MentionType.COMPLAINT, [("spam", "true"), ("complaint", "true")], (MentionType.OTHER, True, False)),
        (MentionType.COMPLAINT, [("spam", "true"), ("type", "other")], (MentionType.OTHER, False, True)),
        (MentionType.COMPLAINT, [("spam", "true"), ("complaint", "false")], (MentionType.OTHER, False, True)),
    ],
)
def test_type_complaint_and_spam_follow_the_later_word(
    engine: Engine, told: MentionType, words: list[tuple[str, str]], then: tuple[MentionType, bool, bool]
) -> None:
    source_id = a_world(engine)
    with transaction(engine) as session:
        mention = tagged(session, source_id, type=told, complaint=told is MentionType.COMPLAINT)
        for field, value in words:
            actions.correct(session, mention, field, value, "Ana", NOON)
        verdict = in_force(session, mention)
        assert (verdict.type, verdict.complaint, verdict.spam) == then


def test_what_follows_from_a_word_moves_the_case_and_has_no_confidence_of_the_model(engine: Engine) -> None:
    source_id = a_world(engine)
    with transaction(engine) as session:
        mention = heard(session, source_id)
        case = a_case(session, mention, confidence={"type": 0.97, "complaint": 0.98})
        actions.correct(session, mention, "complaint", "false", "Ana", NOON)
        assert case.type is MentionType.OTHER
        verdict = in_force(session, mention)
        assert (verdict.confidence, verdict.abstained) == ({"complaint": 1.0}, ["type"])
        assert verdict.needs_review


@pytest.mark.parametrize(
    ("field", "value", "rule"), [("urgency", "low", ""), ("type", "praise", "shop"), ("lang", "es", "shop")]
)
def test_the_mark_of_a_rule_goes_with_what_it_decided(engine: Engine, field: str, value: str, rule: str) -> None:
    source_id = a_world(engine)
    with transaction(engine) as session:
        confidence = {"urgency": 1.0, "type": 0.9, "lang": 1.0}
        mention = tagged(session, source_id, rule="shop", urgency=Urgency.CRITICAL, confidence=confidence)
        actions.correct(session, mention, field, value, "Ana", NOON)
        assert in_force(session, mention).rule == rule


SURE = {"type": 0.999, "complaint": 0.999, "spam": 0.999, "holds": 0.999, "sentiment": 0.874, "urgency": 0.612}


@pytest.mark.parametrize(
    ("rule", "words", "stands"),
    [
        ({"urgency": "critical"}, [("type", "praise"), ("sentiment", "positive")], True),
        ({"urgency": "critical"}, [("urgency", "low")], False),
        ({"urgency": "critical"}, [("urgency", "low"), ("urgency", "critical")], True),
        ({"urgency": "critical", "sentiment": "positive"}, [("urgency", "low")], True),
        ({"urgency": "critical", "sentiment": "positive"}, [("urgency", "low"), ("sentiment", "neutral")], False),
        ({"add_holds": ["press"]}, [("holds", "+legal")], True),
        ({"add_holds": ["press"]}, [("holds", "-press")], False),
        ({"add_holds": ["press"]}, [("holds", "+legal"), ("holds", "-press")], False),
        ({"type": "question"}, [("type", "praise")], False),
        ({"spam": True}, [("type", "question")], False),
    ],
)
def test_the_mark_of_a_rule_stands_while_something_that_it_decided_does(
    engine: Engine, rule: dict[str, Any], words: list[tuple[str, str]], stands: bool
) -> None:
    source_id = a_world(engine)
    with transaction(engine) as session:
        heard(session, source_id)
    tag(engine, Ruled(OneVerdict(confidence=SURE), [RuleSettings(name="late", words=["chegou"], **rule)]), 10, NOON)
    with transaction(engine) as session:
        mention = session.exec(select(Mention)).one()
        assert in_force(session, mention).rule == "late"
        for field, value in words:
            actions.correct(session, mention, field, value, "Ana", NOON)
        assert in_force(session, mention).rule == ("late" if stands else "")


def test_the_mark_of_a_rule_that_changed_nothing_stands(engine: Engine) -> None:
    source_id = a_world(engine)
    with transaction(engine) as session:
        mention = tagged(session, source_id, rule="late", holds=["press"], confidence=SURE)
        actions.correct(session, mention, "urgency", "low", "Ana", NOON)
        assert in_force(session, mention).rule == "late"


def test_a_word_on_a_text_that_was_edited_since_is_refused(engine: Engine) -> None:
    source_id = a_world(engine)
    with transaction(engine) as session:
        mention = tagged(session, source_id, abstained=["urgency"])
        read = mention.text_revision
        notice_edit(session, mention, "já chegou", None, NOON)
        a_verdict(session, mention, abstained=["urgency"])
        session.flush()
        with pytest.raises(OutdatedError, match="edited"):
            actions.correct(session, mention, "type", "praise", "Ana", NOON, revision=read)
        with pytest.raises(OutdatedError, match="edited"):
            actions.confirm(session, mention, "urgency", "normal", "Ana", NOON, revision=read)
        assert corrections(session) == []
        actions.correct(session, mention, "type", "praise", "Ana", NOON, revision=read + 1)


def test_a_word_on_a_post_that_its_author_deleted_is_refused(engine: Engine) -> None:
    source_id = a_world(engine)
    with transaction(engine) as session:
        mention = tagged(session, source_id, abstained=["urgency"])
        purge(session, mention, NOON)
        with pytest.raises(OutdatedError, match="deleted"):
            actions.correct(session, mention, "type", "praise", "Ana", NOON)
        with pytest.raises(OutdatedError, match="deleted"):
            actions.confirm(session, mention, "urgency", "normal", "Ana", NOON)
        assert corrections(session) == []


@pytest.mark.parametrize(
    ("topics", "shown", "value", "then"),
    [
        (["app", "price"], "app", "+other", None),
        (["app", "price"], "", "=app", None),
        (["app", "price"], "app,price", "+other", "other"),
        (["app"], "app,price", "+other", "other"),
        (["app", "price"], "app", "-app", "price"),
        (["app", "price"], "", "-app", "price"),
        (["app", "price"], "app", "+refund", "app,price,refund"),
        (["other"], "app", "+refund", "refund"),
        (["app", "of_a_newer_version"], "app", "+other", "other"),
    ],
)
def test_a_word_takes_away_only_what_was_shown_or_named(
    engine: Engine, topics: list[str], shown: str, value: str, then: str | None
) -> None:
    source_id = a_world(engine)
    with transaction(engine) as session:
        mention = tagged(session, source_id, topics=topics)
        if then is None:
            with pytest.raises(OutdatedError, match="topics has become app,price"):
                actions.correct(session, mention, "topics", value, "Ana", NOON, shown=shown)
            return
        actions.correct(session, mention, "topics", value, "Ana", NOON, shown=shown)
        assert labels.written(in_force(session, mention).topics) == then


@pytest.mark.parametrize(
    ("field", "shown", "value"),
    [("urgency", "normal", "critical"), ("holds", "=", "+legal"), ("topics", "=app", "+price")],
)
def test_a_confirmation_does_not_undo_what_a_colleague_has_set(
    engine: Engine, field: str, shown: str, value: str
) -> None:
    source_id = a_world(engine)
    with transaction(engine) as session:
        mention = tagged(session, source_id, topics=["app"], abstained=["urgency", "holds", "topics"])
        actions.correct(session, mention, field, value, "Ana", NOON)
        said = corrections(session)
        with pytest.raises(OutdatedError, match=f"{field} has become"):
            actions.confirm(session, mention, field, shown, "Bia", NOON)
        assert corrections(session) == said


def test_what_is_noise_does_not_come_back_for_review(engine: Engine) -> None:
    source_id = a_world(engine)
    with transaction(engine) as session:
        mention = tagged(session, source_id, abstained=["type", "urgency"])
        actions.dismiss_mention(session, mention, "Ana", NOON)
        actions.correct(session, mention, "urgency", "low", "Ana", NOON)
        assert not in_force(session, mention).needs_review


@pytest.mark.parametrize(
    ("fields", "waits"),
    [
        ({"abstained": ("type",)}, True),
        ({"abstained": ("holds", "topics")}, True),
        ({"abstained": ("spam",)}, True),
        ({"abstained": ("topics", "lang")}, False),
        ({"abstained": ("type",), "spam": True}, False),
        ({"abstained": ("sentiment",), "type": MentionType.OTHER, "urgency": Urgency.LOW}, False),
        ({"abstained": ("sentiment", "type"), "type": MentionType.OTHER, "urgency": Urgency.LOW}, True),
        ({}, False),
    ],
)
def test_doubts_that_people_act_by_wait_for_a_review(engine: Engine, fields: dict[str, Any], waits: bool) -> None:
    source_id = a_world(engine)
    with transaction(engine) as session:
        heard(session, source_id)
    tag(engine, OneVerdict(**fields), 10, NOON)
    with reading(engine) as session:
        assert to_review(session) == int(waits)
        assert len(mention_page(session, MentionFilter(review=True)).rows) == int(waits)
        assert heard_since(session, MentionFilter(review=True), 0) == int(waits)


def test_a_review_ends_with_the_last_doubt(engine: Engine) -> None:
    source_id = a_world(engine)
    with transaction(engine) as session:
        heard(session, source_id)
    tag(engine, OneVerdict(abstained=("type", "urgency", "topics")), 10, NOON)
    with transaction(engine) as session:
        mention = session.exec(select(Mention)).one()
        actions.correct(session, mention, "type", "complaint", "Ana", NOON)
        assert to_review(session) == 1
        actions.correct(session, mention, "urgency", "high", "Ana", NOON)
        assert to_review(session) == 0
        assert session.exec(select(VerdictRow.id).where(VerdictRow.needs_review)).all() == []


def test_spam_noise_and_what_changed_are_not_for_review(engine: Engine) -> None:
    source_id = a_world(engine)
    with transaction(engine) as session:
        for number in ("spam", "noise", "edited", "deleted"):
            heard(session, source_id, number, author=an_author(number))
    tag(engine, OneVerdict(abstained=("urgency",)), 10, NOON)
    with transaction(engine) as session:
        assert to_review(session) == 4
        spam, noise, edited, deleted = session.exec(select(Mention).order_by("id")).all()
        actions.correct(session, spam, "spam", "true", "Ana", NOON)
        actions.dismiss_mention(session, noise, "Ana", NOON)
        heard(session, source_id, "edited", text="já resolveram", author=an_author("edited"), edited_at=NOON)
        deleted.deleted_at = NOON
        session.add(deleted)
        session.flush()
        assert edited.verdict_id is None
        assert to_review(session) == 0
        flagged = session.exec(select(VerdictRow.mention_id).where(VerdictRow.needs_review)).all()
        assert list(flagged) == [deleted.id]


ACKNOWLEDGING = [AcknowledgeRule(template={"pt": "Olá! Protocolo {{ protocol }}."})]
EVERY_WORD = [
    ("spam", "false"),
    ("type", "complaint"),
    ("sentiment", "positive"),
    ("urgency", "critical"),
    ("complaint", "false"),
    ("lang", "en"),
    ("holds", "+legal"),
    ("holds", "-legal"),
    ("topics", "+fraud"),
]


def rules() -> Rules:
    settings = Settings()
    return Rules([], ACKNOWLEDGING, settings.zone, settings.delivery.staleness)


def test_no_word_of_a_person_brings_an_answer_or_a_case(engine: Engine) -> None:
    source_id = a_world(engine)
    with transaction(engine) as session:
        heard(session, source_id)
    praise = OneVerdict(
        type=MentionType.PRAISE, complaint=False, urgency=Urgency.LOW, spam=True, abstained=("type", "holds")
    )
    tag(engine, praise, 10, NOON)
    triage_waiting(engine, rules(), 10, NOON)
    with transaction(engine) as session:
        mention = session.exec(select(Mention)).one()
        for field, value in EVERY_WORD:
            actions.correct(session, mention, field, value, "Ana", NOON)
        assert len(corrections(session)) == len(EVERY_WORD)
    assert tag(engine, OneVerdict(), 10, NOON) == 0
    assert triage_waiting(engine, rules(), 10, NOON) == 0
    with reading(engine) as session:
        assert session.exec(select(Case)).all() == []
        assert session.exec(select(Reply)).all() == []


@pytest.mark.parametrize(
    ("told", "word"),
    [
        ({"holds": (Hold.LEGAL,)}, ("holds", "-legal")),
        ({"spam": True}, ("spam", "false")),
        ({"type": MentionType.OTHER, "complaint": False}, ("type", "complaint")),
    ],
)
def test_a_word_before_the_case_is_opened_brings_no_acknowledgement(
    engine: Engine, told: dict[str, Any], word: tuple[str, str]
) -> None:
    source_id = a_world(engine)
    with transaction(engine) as session:
        heard(session, source_id)
    tag(engine, OneVerdict(**told), 10, NOON)
    with transaction(engine) as session:
        actions.correct(session, session.exec(select(Mention)).one(), *word, "Ana", NOON)
    assert triage_waiting(engine, rules(), 10, NOON) == 1
    with reading(engine) as session:
        assert session.exec(select(Case.holds)).all() == [[]]
        assert session.exec(select(Reply)).all() == []
        refused = session.exec(select(TimelineEvent).where(TimelineEvent.kind == "acknowledgement_refused")).one()
        assert refused.detail == {"rule": "any.hold"}


@pytest.mark.parametrize("by", ["a person", "the classifier"])
def test_an_edit_that_takes_a_hold_away_brings_no_acknowledgement(engine: Engine, by: str) -> None:
    source_id = a_world(engine)
    praise = {"type": MentionType.PRAISE, "complaint": False}
    with transaction(engine) as session:
        heard(session, source_id)
    tag(engine, OneVerdict(**praise, holds=() if by == "a person" else (Hold.LEGAL,)), 10, NOON)
    triage_waiting(engine, rules(), 10, NOON)
    with transaction(engine) as session:
        mention = session.exec(select(Mention)).one()
        if by == "a person":
            actions.correct(session, mention, "holds", "+legal", "Ana", NOON)
        notice_edit(session, mention, f"{mention.text}!", None, NOON)
    tag(engine, OneVerdict(), 10, NOON)
    triage_waiting(engine, rules(), 10, NOON)
    with reading(engine) as session:
        assert session.exec(select(Case.holds)).all() == [[]]
        assert session.exec(select(Reply)).all() == []


@pytest.mark.parametrize(
    ("words", "author", "answered"),
    [
        ([("holds", "+legal")], "u1", False),
        ([("holds", "+legal"), ("holds", "-legal")], "u1", False),
        ([("spam", "true")], "u1", False),
        ([("urgency", "normal"), ("holds", "=")], "u1", True),
        ([("holds", "+legal"), ("spam", "true")], "u2", True),
        ([("holds", "+legal")], None, False),  # nobody is told whose it is
    ],
)
def test_a_hold_or_spam_on_a_post_without_a_case_keeps_automation_out_of_the_conversation(
    engine: Engine, words: list[tuple[str, str]], author: str | None, answered: bool
) -> None:
    source_id = a_world(engine)
    with transaction(engine) as session:
        heard(session, source_id, "1")
    praise = OneVerdict(type=MentionType.PRAISE, complaint=False, abstained=("holds",))
    tag(engine, praise, 10, NOON)
    triage_waiting(engine, rules(), 10, NOON)
    with transaction(engine) as session:
        first = session.exec(select(Mention)).one()
        for field, value in words:
            actions.correct(session, first, field, value, "Ana", NOON)
        whose = an_author(author) if author else None
        heard(session, source_id, "2", thread_external_id=first.thread, author=whose)
    tag(engine, OneVerdict(), 10, NOON)
    triage_waiting(engine, rules(), 10, NOON)
    with reading(engine) as session:
        assert len(session.exec(select(Case)).all()) == 1
        assert len(session.exec(select(Reply)).all()) == int(answered)


@pytest.mark.parametrize("channel", ["mastodon", "reddit", "x"])
@pytest.mark.parametrize("unknown", [1, 2])
def test_a_held_post_that_joins_a_case_as_it_opens_keeps_automation_out(
    engine: Engine, channel: str, unknown: int
) -> None:
    source_id = a_world(engine, channel)
    with transaction(engine) as session:
        source = session.get_one(Source, source_id)
        authors = {number: None if number == unknown else an_author() for number in (1, 2)}
        first = a_mention(session, source, "1", author=authors[1], posted_at=NOON - timedelta(minutes=5))
        a_verdict(session, first)
        late = NOON - timedelta(minutes=4)
        held = a_mention(session, source, "2", author=authors[2], posted_at=late, thread_external_id=first.thread)
        a_verdict(session, held, holds=["self_harm"])
    assert triage_waiting(engine, rules(), 10, NOON) == 2
    with reading(engine) as session:
        assert session.exec(select(Case)).one().holds == ["self_harm"]
        assert session.exec(select(Reply)).all() == []


def test_a_case_that_is_held_is_not_acknowledged_whatever_its_first_post_says(engine: Engine) -> None:
    source_id = a_world(engine)
    with transaction(engine) as session:
        mention = heard(session, source_id)
        case = a_case(session, mention)
        case.holds = ["legal"]  # of a post in another place
        assert acknowledge(session, case, mention, ACKNOWLEDGING, NOON, Terms()) is None
        assert session.exec(select(Reply)).all() == []


def test_a_held_post_that_its_author_deleted_keeps_automation_out(engine: Engine) -> None:
    source_id = a_world(engine)
    with transaction(engine) as session:
        heard(session, source_id, "1")
    held = OneVerdict(type=MentionType.OTHER, complaint=False, urgency=Urgency.LOW, holds=(Hold.SELF_HARM,))
    tag(engine, held, 10, NOON)
    triage_waiting(engine, rules(), 10, NOON)
    with transaction(engine) as session:
        first = session.exec(select(Mention)).one()
        purge(session, first, NOON)
        heard(session, source_id, "2", thread_external_id=first.thread)
    tag(engine, OneVerdict(), 10, NOON)
    triage_waiting(engine, rules(), 10, NOON)
    with reading(engine) as session:
        assert len(session.exec(select(Mention)).all()) == 2
        assert session.exec(select(Reply)).all() == []


@pytest.mark.parametrize("how", ["resolved", "dismissed", "snoozed"])
def test_no_word_of_a_person_reopens_a_case_or_answers_again(engine: Engine, how: str) -> None:
    source_id = a_world(engine)
    with transaction(engine) as session:
        mention = heard(session, source_id)
        case = a_case(session, mention, type=MentionType.QUESTION, complaint=False)
        waiting = acknowledge(session, case, mention, ACKNOWLEDGING, NOON, Terms())
        assert waiting is not None
        a_draft(session, case, mention)
        match how:
            case "resolved":
                resolve(session, case, "Feito.", "Ana", NOON)
            case "dismissed":
                actions.dismiss(session, case, "Ana", NOON)
            case _:
                actions.snooze(session, case, NOON.replace(hour=20), "Ana", NOON)
        session.flush()
        before = [(r.id, r.state, r.body) for r in session.exec(select(Reply).order_by("id"))]
        assert (waiting.id, ReplyState.APPROVED, waiting.body) in before
        state = case.state
        for field, value in [("spam", "true"), *EVERY_WORD[1:]]:
            actions.correct(session, mention, field, value, "Ana", NOON)
    triage_waiting(engine, rules(), 10, NOON)
    with reading(engine) as session:
        assert session.exec(select(Case.state)).all() == [state]
        assert state in (CaseState.RESOLVED, CaseState.DISMISSED, CaseState.SNOOZED)
        assert [(r.id, r.state, r.body) for r in session.exec(select(Reply).order_by("id"))] == before
        kinds = session.exec(select(TimelineEvent.kind)).all()
        assert kinds.count("corrected") == len(EVERY_WORD)
        assert not {"reopened", "woken"} & set(kinds)


@pytest.mark.parametrize(
    ("field", "value", "named"),
    [
        ("holds", "legal", "holds = 'legal'"),
        ("holds", "+", r"holds = '\+'"),
        ("holds", "+nothing", "holds = 'nothing'"),
        ("topics", "", "topics = ''"),
        ("spam", "True", "spam = 'True'"),
        ("rule", "x", "'rule'"),
    ],
)
def test_what_is_no_label_is_refused(engine: Engine, field: str, value: str, named: str) -> None:
    source_id = a_world(engine)
    with transaction(engine) as session:
        mention = tagged(session, source_id)
        with pytest.raises(IllegalMoveError, match=f"{named} is no label"):
            actions.correct(session, mention, field, value, "Ana", NOON)
        assert corrections(session) == []
