"""What automation does, mode by mode: it speaks, proposes, prepares, or leaves it to a person."""

from datetime import timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine
from sqlmodel import Session, col, select

from cases import actions, drafts
from cases.approval import approve
from cases.automation import rule_for
from cases.resolution import resolve, resolve_with
from cases.templates import retire, save
from cases.unattended import why_silent
from cases.waiting import Rules, rules_of, triage_waiting
from database.engine import reading, transaction
from models import (
    Brand,
    Case,
    CaseState,
    MentionType,
    Reply,
    ReplyPurpose,
    ReplyState,
    Sentiment,
    Source,
    Template,
    TimelineEvent,
    Urgency,
    Visibility,
)
from settings import AcknowledgeRule, AutomationRule, BrandSettings, Settings
from tests.builders import NOON, a_draft, a_mention, a_verdict, a_world, an_author, find_mention

Purpose = Literal["acknowledgement", "answer", "resolution"]
ModeName = Literal["off", "draft", "approve", "automatic"]
INLINE = AcknowledgeRule(template={"pt": "Das configurações. Protocolo {{ protocol }}."})
_TOLD = ("type", "sentiment", "urgency", "complaint", "holds", "spam", "lang", "abstained")
PRAISE: dict[str, Any] = {
    "type": MentionType.PRAISE,
    "sentiment": Sentiment.POSITIVE,
    "urgency": Urgency.LOW,
    "complaint": False,
}
TEXTS = {
    "acknowledgement": "Recebemos. Protocolo {{ protocol }}.",
    "answer": "Aqui é da {{ brand }}, no {{ channel_name }}: já vamos ver.",
    "resolution": "Que bom que deu certo!",
}


def a_rule(purpose: Purpose, mode: ModeName, **fields: Any) -> AutomationRule:
    """A rule whose template is named like its purpose."""
    return AutomationRule(**{"purpose": purpose, "mode": mode, "template": purpose, **fields})


def rules(*automation: AutomationRule, acknowledge: tuple[AcknowledgeRule, ...] = ()) -> Rules:
    return Rules((), acknowledge, ZoneInfo("UTC"), timedelta(hours=24), automation=automation)


def a_world_with_texts(engine: Engine, channel: str = "mastodon") -> int:
    source_id = a_world(engine, channel)
    with transaction(engine) as session:
        brand = session.exec(select(Brand)).one()
        for purpose, body in TEXTS.items():
            save(session, brand, purpose, ReplyPurpose(purpose), "", "pt", body, "Ana", NOON)
    return source_id


@pytest.fixture
def source_id(engine: Engine) -> int:
    return a_world_with_texts(engine)


def heard(engine: Engine, source_id: int, number: str = "1", **fields: Any) -> None:
    """A tagged post: a complaint, unless told otherwise."""
    told = {name: fields.pop(name) for name in _TOLD if name in fields}
    with transaction(engine) as session:
        a_verdict(session, a_mention(session, session.get_one(Source, source_id), number, **fields), **told)


def replies(engine: Engine) -> list[tuple[str, str, bool]]:
    """Purpose, state and readiness of every reply, in the order in which they were written."""
    with reading(engine) as session:
        found = session.exec(select(Reply).order_by(col(Reply.id))).all()
        return [(one.purpose.value, one.state.value, one.is_ready) for one in found]


def refused(engine: Engine) -> list[tuple[str, str]]:
    """What the timelines tell of automation that was kept silent."""
    with reading(engine) as session:
        statement = select(TimelineEvent).where(col(TimelineEvent.kind).like("%_refused"))
        found = session.exec(statement.order_by(col(TimelineEvent.id))).all()
        return [(one.kind.removesuffix("_refused"), one.detail["rule"]) for one in found]


def the_case(session: Session) -> Case:
    return session.exec(select(Case)).one()


def answered(engine: Engine, minutes_ago: int = 4) -> None:
    """A person's answer to the first post, which stands there."""
    with transaction(engine) as session:
        reply = a_draft(session, the_case(session), find_mention(session, "1"), "Já resolvemos.")
        approve(session, reply, "Ana", NOON)
        reply.state, reply.posted_at = ReplyState.VERIFIED, NOON - timedelta(minutes=minutes_ago)
        session.add(reply)


@pytest.mark.parametrize(
    ("purpose", "mode", "found"),
    [
        ("acknowledgement", "off", []),
        ("acknowledgement", "draft", [("acknowledgement", "draft", False)]),
        ("acknowledgement", "approve", [("acknowledgement", "draft", True)]),
        ("acknowledgement", "automatic", [("acknowledgement", "approved", True)]),
        ("answer", "off", []),
        ("answer", "draft", [("answer", "draft", False)]),
        ("answer", "approve", [("answer", "draft", True)]),
        ("answer", "automatic", [("answer", "draft", True)]),  # no platform lets automation answer
        ("resolution", "approve", []),  # there is nothing to resolve yet
    ],
)
def test_each_mode_does_what_it_says_when_a_case_is_opened(
    engine: Engine, source_id: int, purpose: Purpose, mode: ModeName, found: list[tuple[str, str, bool]]
) -> None:
    heard(engine, source_id)
    triage_waiting(engine, rules(a_rule(purpose, mode)), 10, NOON)
    assert replies(engine) == found
    assert refused(engine) == ([("answer", "any.person")] if (purpose, mode) == ("answer", "automatic") else [])


def test_the_settings_give_the_rules() -> None:
    settings = Settings(
        brand=[BrandSettings(slug="aurora", name="Loja Aurora", contacts=["0800 123 4567"])],
        automation=[a_rule("answer", "approve")],
    )
    found = rules_of(settings)
    assert found.automation == settings.automation
    assert found.terms("aurora").contacts == ["0800 123 4567"]


def test_without_a_rule_nothing_is_said(engine: Engine, source_id: int) -> None:
    heard(engine, source_id)
    triage_waiting(engine, rules(), 10, NOON)
    assert (replies(engine), refused(engine)) == ([], [])


@pytest.mark.parametrize(
    ("fields", "fits"),
    [
        ({}, True),
        ({"brands": ["aurora"], "channels": ["x", "mastodon"], "types": ["complaint"]}, True),
        ({"brands": ["boreal"]}, False),
        ({"channels": ["x"]}, False),
        ({"types": ["question"]}, False),
        ({"purpose": "answer"}, False),
    ],
)
def test_a_rule_fits_by_purpose_brand_channel_and_type(fields: dict[str, Any], fits: bool) -> None:
    rule = a_rule(fields.pop("purpose", "acknowledgement"), "draft", **fields)
    found = rule_for([rule], ReplyPurpose.ACKNOWLEDGEMENT, "aurora", "mastodon", MentionType.COMPLAINT)
    assert found is (rule if fits else None)


def test_the_first_rule_that_fits_decides(engine: Engine, source_id: int) -> None:
    heard(engine, source_id)
    first = a_rule("acknowledgement", "automatic", channels=["x"])
    chosen = a_rule("acknowledgement", "draft", channels=["mastodon"])
    triage_waiting(engine, rules(first, chosen, a_rule("acknowledgement", "automatic")), 10, NOON)
    assert replies(engine) == [("acknowledgement", "draft", False)]


@pytest.mark.parametrize(
    ("automation", "body"),
    [
        ((), "Das configurações. Protocolo 20260310-000001."),
        ((a_rule("acknowledgement", "automatic"),), "Recebemos. Protocolo 20260310-000001."),
        ((a_rule("acknowledgement", "off"),), None),
        ((a_rule("acknowledgement", "automatic", channels=["x"]),), "Das configurações. Protocolo 20260310-000001."),
    ],
)
def test_an_automation_rule_that_fits_stands_above_the_texts_of_the_settings(
    engine: Engine, source_id: int, automation: tuple[AutomationRule, ...], body: str | None
) -> None:
    heard(engine, source_id)
    triage_waiting(engine, rules(*automation, acknowledge=(INLINE,)), 10, NOON)
    with reading(engine) as session:
        approved = session.exec(select(Reply.body).where(Reply.state == ReplyState.APPROVED)).all()
        assert list(approved) == ([] if body is None else [body])


def test_an_acknowledgement_goes_out_while_the_answer_waits_for_a_person(engine: Engine, source_id: int) -> None:
    heard(engine, source_id)
    triage_waiting(engine, rules(a_rule("acknowledgement", "automatic"), a_rule("answer", "approve")), 10, NOON)
    assert replies(engine) == [("acknowledgement", "approved", True), ("answer", "draft", True)]


@pytest.mark.parametrize("inline", [True, False])
def test_two_automatic_replies_never_answer_one_post(engine: Engine, source_id: int, inline: bool) -> None:
    heard(engine, source_id)
    acknowledgement = () if inline else (a_rule("acknowledgement", "automatic"),)
    both = rules(*acknowledgement, a_rule("answer", "automatic"), acknowledge=(INLINE,) if inline else ())
    triage_waiting(engine, both, 10, NOON)
    assert [state for _, state, _ in replies(engine)] == ["approved", "draft"]
    assert refused(engine) == [("answer", "any.person")]


def test_an_answer_that_waits_leaves_no_room_for_another_proposal(engine: Engine, source_id: int) -> None:
    heard(engine, source_id)
    triage_waiting(engine, rules(a_rule("acknowledgement", "approve"), a_rule("answer", "draft")), 10, NOON)
    assert replies(engine) == [("answer", "draft", False)]


@pytest.mark.parametrize("channel", ["reclame_aqui", "complaint_page"])
def test_on_a_complaint_site_an_automatic_acknowledgement_becomes_a_proposal(engine: Engine, channel: str) -> None:
    source_id = a_world_with_texts(engine, channel)
    heard(engine, source_id)
    triage_waiting(engine, rules(a_rule("acknowledgement", "automatic")), 10, NOON)
    assert replies(engine) == [("acknowledgement", "draft", True)]
    assert refused(engine) == [("acknowledgement", "complaint_site.no_automatic")]


@pytest.mark.parametrize(
    ("fields", "rule"),
    [({"author": an_author(is_bot=True)}, "any.bot"), ({"posted_at": NOON - timedelta(hours=20)}, "any.stale")],
)
def test_what_keeps_automation_alone_silent_leaves_a_proposal(
    engine: Engine, source_id: int, fields: dict[str, Any], rule: str
) -> None:
    heard(engine, source_id, **fields)
    strict = Rules((), (), ZoneInfo("UTC"), timedelta(hours=12), automation=(a_rule("acknowledgement", "automatic"),))
    triage_waiting(engine, strict, 10, NOON)
    assert replies(engine) == [("acknowledgement", "draft", True)]
    assert refused(engine) == [("acknowledgement", rule)]


@pytest.mark.parametrize("mode", ["draft", "approve", "automatic"])
@pytest.mark.parametrize(
    ("fields", "rule"),
    [
        ({"holds": ["legal"]}, "any.hold"),
        ({"spam": True}, "any.spam"),
        ({"visibility": Visibility.PRIVATE}, "any.private"),
        ({"posted_at": NOON - timedelta(hours=30)}, "any.before_start"),
    ],
)
def test_what_nobody_answers_so_gets_not_even_a_draft(
    engine: Engine, source_id: int, mode: ModeName, fields: dict[str, Any], rule: str
) -> None:
    heard(engine, source_id, **fields)
    triage_waiting(engine, rules(a_rule("acknowledgement", mode), a_rule("answer", "draft")), 10, NOON)
    assert replies(engine) == []
    assert set(refused(engine)) == {("acknowledgement", rule), ("answer", rule)}


@pytest.mark.parametrize("mode", ["draft", "automatic"])
def test_who_asked_to_be_left_alone_gets_no_words_of_the_programs(
    engine: Engine, source_id: int, mode: ModeName
) -> None:
    heard(engine, source_id, text="Não chegou. E não me respondam mais, por favor.")
    triage_waiting(engine, rules(a_rule("acknowledgement", mode)), 10, NOON)
    assert replies(engine) == []
    assert refused(engine) == [("acknowledgement", "any.opted_out")]


def test_a_post_that_x_lets_nobody_answer_gets_no_proposal(engine: Engine) -> None:
    source_id = a_world_with_texts(engine, "x")
    heard(engine, source_id, addresses_us=False)
    triage_waiting(engine, rules(a_rule("answer", "approve")), 10, NOON)
    assert replies(engine) == []
    assert refused(engine) == [("answer", "x.summoned")]


def test_what_a_person_corrected_before_the_case_opened_gets_no_proposal(engine: Engine, source_id: int) -> None:
    heard(engine, source_id)
    with transaction(engine) as session:
        actions.correct(session, find_mention(session, "1"), "urgency", "low", "Ana", NOON)
    triage_waiting(engine, rules(a_rule("answer", "approve")), 10, NOON)
    assert replies(engine) == []
    assert refused(engine) == [("answer", "any.hold")]


def test_a_language_without_a_text_is_told_and_not_answered(engine: Engine, source_id: int) -> None:
    heard(engine, source_id, lang="es")
    triage_waiting(engine, rules(a_rule("acknowledgement", "automatic")), 10, NOON)
    assert replies(engine) == []
    assert refused(engine) == [("acknowledgement", "template.missing")]


@pytest.mark.parametrize("template", ["nothing", "answer"])
def test_a_text_that_is_not_there_or_of_another_purpose_is_not_used(
    engine: Engine, source_id: int, template: str
) -> None:
    heard(engine, source_id)
    triage_waiting(engine, rules(a_rule("acknowledgement", "automatic", template=template)), 10, NOON)
    assert replies(engine) == []
    assert refused(engine) == [("acknowledgement", "template.missing")]


def test_a_retired_text_speaks_no_more(engine: Engine, source_id: int) -> None:
    with transaction(engine) as session:
        retire(session, session.exec(select(Template).where(Template.name == "answer")).one(), "Ana", NOON)
    heard(engine, source_id)
    triage_waiting(engine, rules(a_rule("answer", "approve")), 10, NOON)
    assert refused(engine) == [("answer", "template.missing")]


def test_a_text_that_was_broken_by_hand_stops_no_triage(engine: Engine, source_id: int) -> None:
    with transaction(engine) as session:
        for template in session.exec(select(Template)):
            template.body = "{{ nobody }}"
            session.add(template)
    heard(engine, source_id)
    assert triage_waiting(engine, rules(a_rule("acknowledgement", "automatic")), 10, NOON) == 1
    assert replies(engine) == []
    assert refused(engine) == [("acknowledgement", "template.broken")]


def test_a_text_with_personal_data_waits_for_a_person(engine: Engine, source_id: int) -> None:
    with transaction(engine) as session:
        for template in session.exec(select(Template)):
            template.body = "Ligue para (11) 91234-5678. {{ protocol }}"
            session.add(template)
    heard(engine, source_id)
    triage_waiting(engine, rules(a_rule("acknowledgement", "automatic"), a_rule("answer", "approve")), 10, NOON)
    assert replies(engine) == [("acknowledgement", "draft", False)]
    assert refused(engine) == [("acknowledgement", "personal_data.phone")]


def test_automatic_words_repeat_nothing_of_the_customers(engine: Engine, source_id: int) -> None:
    heard(engine, source_id, text="SEGREDO {{ protocol }}", author=an_author("u9", handle="joana", name="Joana"))
    triage_waiting(engine, rules(a_rule("acknowledgement", "automatic"), a_rule("answer", "approve")), 10, NOON)
    with reading(engine) as session:
        assert list(session.exec(select(Reply.body).order_by(col(Reply.id)))) == [
            "Recebemos. Protocolo 20260310-000001.",
            "Aqui é da Loja Aurora, no Mastodon: já vamos ver.",
        ]


def test_every_automatic_reply_tells_the_version_it_was_made_from(engine: Engine, source_id: int) -> None:
    with transaction(engine) as session:
        brand = session.exec(select(Brand)).one()
        save(session, brand, "answer", ReplyPurpose.ANSWER, "", "pt", "Outra. {{ protocol }}", "Bia", NOON)
    heard(engine, source_id)
    triage_waiting(engine, rules(a_rule("answer", "approve")), 10, NOON)
    with reading(engine) as session:
        told = session.exec(select(TimelineEvent).where(TimelineEvent.kind == "drafted")).one()
        assert (told.by, told.detail["template"], told.detail["version"]) == ("ouvidor", "answer", "2")


@pytest.mark.parametrize(
    ("further", "found"),
    [
        ({}, [("answer", "draft", True)]),
        ({"type": MentionType.QUESTION, "complaint": False}, [("answer", "draft", True)]),
        ({"type": MentionType.OTHER, "complaint": False}, []),
        (PRAISE, []),
    ],
)
def test_a_further_word_that_asks_something_waits_with_an_answer(
    engine: Engine, source_id: int, further: dict[str, Any], found: list[tuple[str, str, bool]]
) -> None:
    heard(engine, source_id)
    triage_waiting(engine, rules(), 10, NOON)
    heard(engine, source_id, "2", parent_external_id="1", **further)
    triage_waiting(engine, rules(a_rule("answer", "approve")), 10, NOON)
    assert replies(engine) == found


def test_a_case_has_one_proposal_at_a_time(engine: Engine, source_id: int) -> None:
    answering = rules(a_rule("answer", "approve"))
    for number in ("1", "2", "3"):
        heard(engine, source_id, number, parent_external_id=None if number == "1" else "1")
        triage_waiting(engine, answering, 10, NOON)
    assert replies(engine) == [("answer", "draft", True)]
    with transaction(engine) as session:
        drafts.discard(session, session.exec(select(Reply)).one(), "Ana", NOON)
    heard(engine, source_id, "4", parent_external_id="1")
    triage_waiting(engine, answering, 10, NOON)
    assert [state for _, state, _ in replies(engine)] == ["discarded", "draft"]


def test_while_a_draft_waits_automation_neither_speaks_nor_tells_why_not(engine: Engine, source_id: int) -> None:
    for number in ("1", "2"):
        heard(engine, source_id, number, parent_external_id=None if number == "1" else "1")
        triage_waiting(engine, rules(a_rule("answer", "automatic")), 10, NOON)
    assert refused(engine) == [("answer", "any.person")]


def test_an_automatic_reply_of_long_ago_is_the_last_to_a_person_in_a_thread(engine: Engine, source_id: int) -> None:
    heard(engine, source_id)
    triage_waiting(engine, rules(a_rule("acknowledgement", "automatic")), 10, NOON)
    with transaction(engine) as session:
        sent = session.exec(select(Reply)).one()
        sent.approved_at = NOON - timedelta(days=3)
        session.add(sent)
        mention = a_mention(session, session.get_one(Source, source_id), "2", thread_external_id="1")
        a_verdict(session, mention)
        mention.thread = find_mention(session, "1").thread
        asked = (the_case(session), mention, ReplyPurpose.ACKNOWLEDGEMENT, NOON, timedelta(hours=24))
        assert why_silent(session, *asked) == "any.once"


def test_a_persons_draft_is_not_talked_into(engine: Engine, source_id: int) -> None:
    heard(engine, source_id)
    triage_waiting(engine, rules(), 10, NOON)
    with transaction(engine) as session:
        a_draft(session, the_case(session), find_mention(session, "1"))
    heard(engine, source_id, "2", parent_external_id="1")
    triage_waiting(engine, rules(a_rule("answer", "approve")), 10, NOON)
    assert replies(engine) == [("answer", "draft", False)]


def test_posts_of_one_sweep_bring_one_proposal(engine: Engine, source_id: int) -> None:
    heard(engine, source_id)
    heard(engine, source_id, "2", parent_external_id="1")
    triage_waiting(engine, rules(a_rule("answer", "approve")), 10, NOON)
    assert replies(engine) == [("answer", "draft", True)]


def test_a_closed_case_gets_nothing(engine: Engine, source_id: int) -> None:
    heard(engine, source_id)
    triage_waiting(engine, rules(), 10, NOON)
    with transaction(engine) as session:
        actions.dismiss(session, the_case(session), "Ana", NOON)
    heard(engine, source_id, "2", parent_external_id="1")
    triage_waiting(engine, rules(a_rule("answer", "approve")), 10, NOON)
    assert (replies(engine), refused(engine)) == ([], [])


def test_a_word_of_ours_brings_no_proposal(engine: Engine, source_id: int) -> None:
    heard(engine, source_id)
    triage_waiting(engine, rules(), 10, NOON)
    with transaction(engine) as session:
        source = session.get_one(Source, source_id)
        a_mention(session, source, "2", parent_external_id="1", is_ours=True, author=None)
    triage_waiting(engine, rules(a_rule("answer", "approve")), 10, NOON)
    assert replies(engine) == []


def test_triage_that_is_repeated_brings_no_second_proposal(engine: Engine, source_id: int) -> None:
    heard(engine, source_id)
    answering = rules(a_rule("answer", "approve"))
    triage_waiting(engine, answering, 10, NOON)
    with transaction(engine) as session:
        drafts.discard(session, session.exec(select(Reply)).one(), "Ana", NOON)
        find_mention(session, "1").triaged_at = None  # as an edit does
    assert triage_waiting(engine, answering, 10, NOON) == 1
    assert replies(engine) == [("answer", "discarded", True)]


@pytest.mark.parametrize(("mode", "ready"), [("draft", False), ("approve", True), ("automatic", True)])
def test_thanks_for_an_answer_wait_with_the_words_that_close_the_case(
    engine: Engine, source_id: int, mode: ModeName, ready: bool
) -> None:
    heard(engine, source_id)
    triage_waiting(engine, rules(), 10, NOON)
    answered(engine)
    heard(engine, source_id, "2", parent_external_id="1", posted_at=NOON, **PRAISE)
    triage_waiting(engine, rules(a_rule("resolution", mode)), 10, NOON)
    assert replies(engine)[1:] == [("resolution", "draft", ready)]
    assert refused(engine) == ([("resolution", "any.person")] if mode == "automatic" else [])
    with transaction(engine) as session:
        case = the_case(session)
        proposal = session.exec(select(Reply).where(Reply.purpose == ReplyPurpose.RESOLUTION)).one()
        assert proposal.body == f"Que bom que deu certo!\n\nProtocolo {case.protocol}"
        assert case.state is CaseState.OPEN
        approve(session, proposal, "Ana", NOON)
        resolve_with(session, proposal, "Ana", NOON)
        assert (case.state, case.resolution) == (CaseState.RESOLVED, proposal.body)
        session.flush()
        told = session.exec(select(TimelineEvent).where(TimelineEvent.kind == "resolved")).one()
        assert (told.by, told.detail) == ("Ana", {"published_in": "1"})
    assert replies(engine)[1:] == [("resolution", "approved", ready)]


@pytest.mark.parametrize(
    ("fields", "minutes_ago"),
    [
        ({"posted_at": NOON - timedelta(minutes=5)}, 4),  # said before the answer
        ({"abstained": ["type"]}, 4),
        ({"holds": ["legal"]}, 4),
        ({"type": MentionType.OTHER}, 4),
        ({}, None),  # nobody answered
    ],
)
def test_other_kind_words_close_nothing(
    engine: Engine, source_id: int, fields: dict[str, Any], minutes_ago: int | None
) -> None:
    heard(engine, source_id)
    triage_waiting(engine, rules(), 10, NOON)
    if minutes_ago is not None:
        answered(engine, minutes_ago)
    heard(engine, source_id, "2", **{"parent_external_id": "1", "posted_at": NOON, **PRAISE, **fields})
    triage_waiting(engine, rules(a_rule("resolution", "approve")), 10, NOON)
    assert [purpose for purpose, _, _ in replies(engine)].count("resolution") == 0


def test_praise_that_another_word_follows_closes_nothing(engine: Engine, source_id: int) -> None:
    heard(engine, source_id)
    triage_waiting(engine, rules(), 10, NOON)
    answered(engine)
    praised = NOON - timedelta(minutes=2)
    heard(engine, source_id, "2", parent_external_id="1", posted_at=praised, **PRAISE)
    heard(engine, source_id, "3", parent_external_id="1", posted_at=NOON, type=MentionType.OTHER, complaint=False)
    triage_waiting(engine, rules(a_rule("resolution", "approve")), 10, NOON)
    assert [purpose for purpose, _, _ in replies(engine)] == ["answer"]


def test_an_approved_answer_closes_nothing(engine: Engine, source_id: int) -> None:
    heard(engine, source_id)
    triage_waiting(engine, rules(a_rule("answer", "approve")), 10, NOON)
    with transaction(engine) as session:
        proposal = session.exec(select(Reply)).one()
        approve(session, proposal, "Ana", NOON)
        assert resolve_with(session, proposal, "Ana", NOON) is None
        assert the_case(session).state is CaseState.OPEN
        assert not proposal.automatic  # a person sent it


@pytest.mark.parametrize(("whose", "stays"), [("automation", False), ("edited", True), ("a person", True)])
@pytest.mark.parametrize("how", ["resolved", "dismissed"])
def test_closing_a_case_drops_what_automation_proposed_and_nobody_touched(
    engine: Engine, source_id: int, how: str, whose: str, stays: bool
) -> None:
    heard(engine, source_id)
    triage_waiting(engine, rules() if whose == "a person" else rules(a_rule("answer", "approve")), 10, NOON)
    with transaction(engine) as session:
        case = the_case(session)
        if whose == "a person":
            a_draft(session, case, find_mention(session, "1"))
        elif whose == "edited":
            drafts.edit(session, session.exec(select(Reply)).one(), "Com as minhas palavras.", "Ana", NOON)
        if how == "resolved":
            resolve(session, case, "Entregue.", "Ana", NOON)
        else:
            actions.dismiss(session, case, "Ana", NOON)
    assert replies(engine)[0][1] == ("draft" if stays else "discarded")
