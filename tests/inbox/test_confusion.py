"""The classifier's labels beside people's: what is counted, by language and channel, on the page."""

from typing import Any

from sqlalchemy import Engine

from cases import actions
from cases.queries.confusion import JUDGED, ConfusionFilter, confusion
from database.engine import reading, transaction
from models import Mention, Sentiment, Source
from tests.builders import NOON, a_mention, a_verdict, an_author
from tests.inbox.visit import Visit

NEGATIVE, NEUTRAL, POSITIVE = Sentiment.NEGATIVE, Sentiment.NEUTRAL, Sentiment.POSITIVE


def tagged(engine: Engine, source_id: int, number: int, **verdict: Any) -> int:
    with transaction(engine) as session:
        mention = a_mention(session, session.get_one(Source, source_id), str(number), author=an_author(str(number)))
        a_verdict(session, mention, **verdict)
        return mention.id or 0


def say(engine: Engine, mention_id: int, field: str, *values: str) -> None:
    with transaction(engine) as session:
        for value in values:
            actions.correct(session, session.get_one(Mention, mention_id), field, value, "Ana", NOON)


def test_the_last_word_counts_beside_the_classifiers_own(engine: Engine, sources: dict[str, int]) -> None:
    twice, confirmed, back, _ = (
        tagged(engine, sources["mastodon"], n, sentiment=NEUTRAL, abstained=["sentiment"]) for n in range(4)
    )
    say(engine, twice, "sentiment", "negative", "positive")
    say(engine, confirmed, "sentiment", "neutral")
    say(engine, back, "sentiment", "negative", "neutral")
    with reading(engine) as session:
        found = confusion(session, ConfusionFilter("sentiment"))
    assert dict(found.judged) == {("neutral", "positive"): 1, ("neutral", "neutral"): 2}
    assert dict(found.unjudged) == {"neutral": 1}
    assert (found.total, found.agreed, found.row_total("neutral"), found.share_agreed) == (3, 2, 3, 2 / 3)


def test_a_word_on_another_field_judges_nothing_here(engine: Engine, sources: dict[str, int]) -> None:
    mention_id = tagged(engine, sources["mastodon"], 1)
    say(engine, mention_id, "urgency", "high")
    with reading(engine) as session:
        found = confusion(session, ConfusionFilter("sentiment"))
        assert (dict(found.judged), dict(found.unjudged)) == ({}, {"negative": 1})
        assert found.share_agreed is None
        assert dict(confusion(session, ConfusionFilter("urgency")).judged) == {("normal", "high"): 1}


def test_a_type_that_a_person_set_is_not_taken_for_the_classifiers_complaint(
    engine: Engine, sources: dict[str, int]
) -> None:
    mention_id = tagged(engine, sources["mastodon"], 1, type="praise", complaint=False)
    say(engine, mention_id, "type", "complaint")
    say(engine, mention_id, "complaint", "false")
    with reading(engine) as session:
        assert dict(confusion(session, ConfusionFilter("complaint")).judged) == {("false", "false"): 1}


def test_each_text_of_an_edited_mention_counts_for_itself(engine: Engine, sources: dict[str, int]) -> None:
    mention_id = tagged(engine, sources["mastodon"], 1, sentiment=NEUTRAL)
    say(engine, mention_id, "sentiment", "negative")
    with transaction(engine) as session:
        mention = session.get_one(Mention, mention_id)
        mention.text_revision = 2
        a_verdict(session, mention, sentiment=POSITIVE)
    with reading(engine) as session:
        found = confusion(session, ConfusionFilter("sentiment"))
        assert (dict(found.judged), dict(found.unjudged)) == ({("neutral", "negative"): 1}, {"positive": 1})
    say(engine, mention_id, "sentiment", "negative")
    with reading(engine) as session:
        found = confusion(session, ConfusionFilter("sentiment"))
        assert dict(found.judged) == {("neutral", "negative"): 1, ("positive", "negative"): 1}
        assert dict(found.unjudged) == {}


def test_what_follows_from_a_word_on_the_type_is_not_the_classifiers_complaint(
    engine: Engine, sources: dict[str, int]
) -> None:
    mention_id = tagged(engine, sources["mastodon"], 1)
    say(engine, mention_id, "type", "question")
    with reading(engine) as session:
        found = confusion(session, ConfusionFilter("complaint"))
        assert (dict(found.judged), dict(found.unjudged)) == ({}, {"true": 1})


def test_a_text_whose_language_was_corrected_counts_once_and_in_that_language(
    engine: Engine, sources: dict[str, int]
) -> None:
    mention_id = tagged(engine, sources["mastodon"], 1, lang="pt", sentiment=NEUTRAL)
    say(engine, mention_id, "sentiment", "negative")
    say(engine, mention_id, "lang", "es")
    say(engine, mention_id, "sentiment", "positive")
    with reading(engine) as session:
        for lang, judged in (("pt", {}), ("es", {("neutral", "positive"): 1})):
            assert dict(confusion(session, ConfusionFilter("sentiment", lang=lang)).judged) == judged, lang


def test_language_channel_and_brand_narrow_both_sides(engine: Engine, sources: dict[str, int]) -> None:
    portuguese = tagged(engine, sources["mastodon"], 1, lang="pt", spam=False)
    english = tagged(engine, sources["x"], 2, lang="en", spam=False)
    tagged(engine, sources["x"], 3, lang="en", spam=True)
    for mention_id in (portuguese, english):
        say(engine, mention_id, "spam", "true")
    with reading(engine) as session:
        brand_id = session.get_one(Mention, english).brand_id
        for asked, judged, unjudged in (
            ({}, 2, 1),
            ({"lang": "en"}, 1, 1),
            ({"channel": "mastodon"}, 1, 0),
            ({"lang": "en", "channel": "mastodon"}, 0, 0),
            ({"brand_id": brand_id}, 2, 1),
            ({"brand_id": brand_id + 1}, 0, 0),
        ):
            found = confusion(session, ConfusionFilter("spam", **asked))
            assert (found.total, sum(found.unjudged.values())) == (judged, unjudged), asked


def test_every_field_has_its_page(ana: Visit, engine: Engine, sources: dict[str, int]) -> None:
    mention_id = tagged(engine, sources["mastodon"], 1, abstained=list(JUDGED))
    assert "Nobody corrected or confirmed" in ana.get("/numbers/classifier").text
    for field, value in (
        ("sentiment", "negative"),
        ("urgency", "normal"),
        ("complaint", "true"),
        ("type", "complaint"),
        ("spam", "false"),
    ):
        say(engine, mention_id, field, value)
        html = ana.get(f"/numbers/classifier?field={field}&lang=pt&channel=mastodon").text
        assert "1 text judged by a person; in 1 (100 %)" in html, field
        assert 'class="agree"' in html, field
        assert "not the accuracy" in html
    assert "Nothing to compare yet" in ana.get("/numbers/classifier?lang=es").text
    assert 'href="/numbers/classifier"' in ana.get("/numbers").text
