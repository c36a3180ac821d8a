"""A new version or a person's correction changes what is said of a mention, never what was done about it."""

from datetime import timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Engine
from sqlmodel import select

from cases.actions import correct
from cases.waiting import Rules, triage_waiting
from classifier.tag import tag
from database.engine import reading, transaction
from models import MentionType, Reply, Sentiment, Source, Urgency, VerdictRow
from settings import AcknowledgeRule
from tests.builders import NOON, a_mention, a_world, find_mention
from tests.classifier.told import ToldClassifier, a_verdict

RULES = Rules(
    (), (AcknowledgeRule(types=["complaint"], template={"pt": "Recebemos."}),), ZoneInfo("UTC"), timedelta(hours=24)
)
TEXT = "Minha encomenda não chegou"


def replies(engine: Engine) -> list[tuple[int | None, str, str]]:
    with reading(engine) as session:
        return [(reply.id, reply.state.value, reply.body) for reply in session.exec(select(Reply))]


def versions(engine: Engine) -> list[str]:
    with reading(engine) as session:
        return list(session.exec(select(VerdictRow.version).order_by(VerdictRow.id)))  # type: ignore[arg-type]


def test_a_new_version_tags_nothing_again_and_answers_nothing_again(engine: Engine) -> None:
    source_id = a_world(engine)
    with transaction(engine) as session:
        a_mention(session, session.get_one(Source, source_id), text=TEXT)
    as_chatter = ToldClassifier({TEXT: a_verdict()}, "old")
    as_complaint = ToldClassifier({TEXT: a_verdict(type=MentionType.COMPLAINT, complaint=True)}, "new")
    assert tag(engine, as_chatter, 10, NOON) == 1
    triage_waiting(engine, RULES, 10, NOON)
    assert replies(engine) == []
    assert tag(engine, as_complaint, 10, NOON) == 0
    triage_waiting(engine, RULES, 10, NOON)
    assert versions(engine) == ["old"]
    assert as_complaint.asked == []
    assert replies(engine) == []


def test_a_correction_leaves_the_replies_as_they_are(engine: Engine) -> None:
    source_id = a_world(engine)
    with transaction(engine) as session:
        a_mention(session, session.get_one(Source, source_id), text=TEXT)
    complaint = a_verdict(
        type=MentionType.COMPLAINT, complaint=True, sentiment=Sentiment.NEGATIVE, urgency=Urgency.NORMAL
    )
    assert tag(engine, ToldClassifier({TEXT: complaint}), 10, NOON) == 1
    triage_waiting(engine, RULES, 10, NOON)
    before = replies(engine)
    assert len(before) == 1  # the acknowledgement
    with transaction(engine) as session:
        mention = find_mention(session, "1")
        correct(session, mention, "type", "question", "Ana", NOON)
        correct(session, mention, "type", "complaint", "Ana", NOON)
    assert tag(engine, ToldClassifier({TEXT: complaint}, "newer"), 10, NOON) == 0
    triage_waiting(engine, RULES, 10, NOON)
    assert replies(engine) == before
