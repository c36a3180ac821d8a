"""`[[rule]]`: what the operator decides by words, emoji, language, channel and reach, above every model."""

import random
from dataclasses import replace
from typing import Any

import pytest
import regex
from sqlalchemy import Engine
from sqlmodel import select

from classifier.base import Reasons, Verdict
from classifier.operator_rules import Heard, Ruled, classify_heard, signs_of
from classifier.tag import tag
from database.engine import reading, transaction
from models import Hold, Mention, MentionType, Sentiment, Source, Topic, Urgency, VerdictRow
from settings_classifier import RuleSettings
from tests.builders import NOON, a_heard, a_page, a_world, an_author
from tests.classifier.told import ToldClassifier, a_verdict
from tests.contract.test_classifiers import AWKWARD
from tests.linear import assert_linear


def a_rule(name: str = "r", **fields: Any) -> RuleSettings:
    return RuleSettings(**{"name": name, **({"spam": True} if not fields.keys() & DECIDED else {}), **fields})


DECIDED = {"sentiment", "urgency", "type", "spam", "add_holds", "topics"}


def said(text: str, *rules: RuleSettings, below: Verdict | None = None) -> Verdict:
    (verdict,) = Ruled(ToldClassifier({text: below or a_verdict()}), rules).classify([text])
    return verdict


def fits(text: str, **conditions: Any) -> bool:
    return said(text, a_rule(**conditions)).rule == "r"


@pytest.mark.parametrize(
    ("text", "words", "expected"),
    [
        ("Vou ao PROCON amanhã", ["procon"], True),
        ("vou ao procônsul", ["procon"], False),  # whole words alone
        ("A entrega NÃO  chegou!!", ["nao chegou"], True),
        ("não, chegou", ["não chegou"], True),
        ("nao tinha chegado", ["nao chegou"], False),
        ("don’t buy", ["dont"], True),
        ("pro\u200bcon", ["procon"], True),  # a hidden sign within
        ("#Procon", ["procon"], True),
        ("um ou dois", ["três", "dois"], True),
        ("", ["a"], False),
    ],
)
def test_words_are_found_folded_and_whole(text: str, words: list[str], expected: bool) -> None:
    assert fits(text, words=words) is expected


def test_all_words_must_stand_anywhere() -> None:
    assert fits("o boleto veio em dobro", all_words=["dobro", "boleto"])
    assert not fits("o boleto veio", all_words=["dobro", "boleto"])


@pytest.mark.parametrize(
    ("text", "emoji", "expected"),
    [
        ("ótimo 👍🏽", ["👍"], True),
        ("amo ❤", ["❤️"], True),
        ("👨‍👩‍👧", ["👨"], False),  # a family is one sign, and not a man
        ("🇧🇷 x", ["🇧🇷"], True),
        ("ótimo", ["👍"], False),
    ],
)
def test_emoji_are_whole_signs_whatever_their_colour(text: str, emoji: list[str], expected: bool) -> None:
    assert fits(text, emoji=emoji) is expected


# Flags, a family's parts, a conjunct of Devanagari, a syllable of Hangul, marks before and after a letter.
PIECES = "🇧🇷🇺\u200d\u0301\ufe0f👍🏽👩❤a1 \u20e3\u0903\u0915\u094d\u0600\r\n\u1100\u1161\u11a8\u0e33\u200b"


def test_signs_are_those_that_unicode_knows() -> None:
    random_ = random.Random(7)
    often = [6 if piece in "🇧🇷🇺" else 1 for piece in PIECES]
    for _ in range(20_000):
        text = "".join(random_.choices(PIECES, often, k=random_.randint(1, 14)))
        assert signs_of(text) == regex.findall(r"\X", text)


@pytest.mark.parametrize("piece", ["🇧", "🇧🇷\u0301", "\u0600🇧", "👩\u200d", "\u0915\u094d"])
def test_signs_take_no_longer_than_the_text_is_long(piece: str) -> None:
    assert_linear(signs_of, piece, 50_000, most=3)


def test_language_channel_and_reach_must_all_hold() -> None:
    rule = a_rule(langs=["pt"], channels=["x"], min_reach=1000)
    ruled = Ruled(ToldClassifier({"en": a_verdict(lang="en")}), [rule])
    heard = [
        Heard("a", "x", 1000),
        Heard("a", "x", 999),
        Heard("a", "reddit", 5000),
        Heard("en", "x", 5000),
        Heard("a"),
    ]
    assert [verdict.rule for verdict in ruled.classify_heard(heard)] == ["r", "", "", "", ""]
    assert ruled.classify(["a"])[0].rule == ""  # of a text alone neither channel nor reach is known


def test_a_rule_sets_its_fields_for_certain_and_nothing_else() -> None:
    below = a_verdict(abstained=("sentiment", "urgency", "lang"), holds=(Hold.PRESS,), topics=(Topic.APP,))
    rule = a_rule(words=["x"], sentiment="negative", topics=["fraud", "billing"], add_holds=["legal"])
    found = said("x", rule, below=below)
    assert (found.sentiment, found.topics, found.holds) == (
        Sentiment.NEGATIVE,
        (Topic.BILLING, Topic.FRAUD),
        (Hold.LEGAL, Hold.PRESS),
    )
    assert found.abstained == ("urgency", "lang")
    assert found.confidence["sentiment"] == found.confidence["topics"] == 1.0
    assert (found.urgency, found.type, found.lang, found.rule) == (below.urgency, below.type, below.lang, "r")
    assert found.confidence["type"] == below.confidence["type"]


@pytest.mark.parametrize("added", ["legal", "press"])  # a new one, and one that was found below
def test_a_rule_that_adds_a_hold_leaves_the_doubt_about_the_others(added: str) -> None:
    below = a_verdict(abstained=("type", "holds"), holds=(Hold.PRESS,), confidence={"type": 0.4, "holds": 0.55})
    found = said("x", a_rule(words=["x"], add_holds=[added]), below=below)
    assert {Hold(added), Hold.PRESS} == {*found.holds}
    assert (found.abstained, found.confidence, found.rule) == (below.abstained, below.confidence, "r")
    assert "holds" not in said("x", a_rule(words=["x"], add_holds=["legal"])).confidence


def test_the_first_rule_that_fits_decides_each_field_and_holds_add_up() -> None:
    found = said(
        "x",
        a_rule("elsewhere", words=["y"], urgency="low"),
        a_rule("first", words=["x"], urgency="critical", add_holds=["danger"]),
        a_rule("second", words=["x"], urgency="normal", sentiment="positive", add_holds=["legal"]),
    )
    assert (found.urgency, found.sentiment, found.rule) == (Urgency.CRITICAL, Sentiment.POSITIVE, "first")
    assert found.holds == (Hold.LEGAL, Hold.DANGER)


def test_no_rule_that_fits_leaves_the_verdict_as_it_is() -> None:
    below = a_verdict(abstained=("type",))
    found = said("x", a_rule(words=["y"]), below=below)
    assert found == replace(below, version=found.version)


def test_what_a_rule_sets_agrees_by_the_labels() -> None:
    complaint = said("x", a_rule(words=["x"], type="complaint"), below=a_verdict(abstained=("complaint",)))
    assert (complaint.complaint, complaint.confidence["complaint"], complaint.abstained) == (True, 1.0, ())
    was = a_verdict(type=MentionType.COMPLAINT, complaint=True)
    assert not said("x", a_rule(words=["x"], type="praise"), below=was).complaint
    spam = said("x", a_rule(words=["x"], spam=True), below=was)
    assert (spam.spam, spam.type, spam.complaint) == (True, MentionType.OTHER, False)
    assert said("x", a_rule(words=["x"], spam=False), below=was).type is MentionType.COMPLAINT


@pytest.mark.parametrize("kind", ["complaint", "question", "praise", "suggestion"])
def test_what_a_rule_gives_a_type_is_no_spam(kind: str) -> None:
    below = a_verdict(spam=True, abstained=("spam",))
    spellings: list[list[dict[str, Any]]] = [
        [{"type": kind}],
        [{"type": kind, "spam": True}],
        [{"spam": True}, {"type": kind}],
    ]
    for rules in spellings:
        found = said("x", *(a_rule(words=["x"], **rule) for rule in rules), below=below)
        assert (found.type, found.spam, found.complaint) == (MentionType(kind), False, kind == "complaint")
        assert found.confidence["spam"] == 1.0
        assert found.abstained == ()


def test_what_a_rule_calls_spam_of_type_other_is_no_complaint() -> None:
    found = said("x", a_rule(words=["x"], spam=True, type="other"), below=a_verdict(complaint=True))
    assert (found.type, found.spam, found.complaint) == (MentionType.OTHER, True, False)


def test_the_version_changes_with_the_rules() -> None:
    below = ToldClassifier()
    versions = [
        below.version,
        Ruled(below, [a_rule(words=["x"])]).version,
        Ruled(below, [a_rule(words=["y"])]).version,
        Ruled(below, [a_rule(words=["x"]), a_rule("s", words=["x"])]).version,
    ]
    assert len(set(versions)) == len(versions)
    assert all(verdict.version == versions[1] for verdict in Ruled(below, [a_rule(words=["x"])]).classify(["x", "y"]))


def test_no_text_breaks_a_rule() -> None:
    ruled = Ruled(ToldClassifier(), [a_rule(words=["x"], all_words=["y"], emoji=["👍"])])
    assert len(ruled.classify(AWKWARD)) == len(AWKWARD)


def test_a_classifier_without_rules_is_asked_as_ever() -> None:
    (found,) = classify_heard(ToldClassifier(), [Heard("x", "x", 5)])
    assert found.version == "told-1"


def test_the_reasons_of_a_rule_are_its_words_in_the_text() -> None:
    ruled = Ruled(ToldClassifier(), [a_rule(words=["procon", "juiz"], langs=["pt"], type="complaint")])
    assert ruled.reasons("vou ao Procon")["type"] == (("procon", 1.0),)
    assert ruled.reasons("nada")["type"] == (("nada", 0.25),)


class Reasoned(ToldClassifier):
    """It gives the text itself as the reason for every field."""

    def reasons(self, text: str) -> Reasons:
        return dict.fromkeys(("sentiment", "type", "complaint", "spam", "holds"), ((text, 0.5),))


COMPLAINING = {"type": MentionType.COMPLAINT, "complaint": True, "holds": (Hold.LEGAL,)}


@pytest.mark.parametrize(
    ("below", "decides", "by_the_rule"),
    [
        (COMPLAINING, {"type": "praise"}, {"type", "complaint"}),
        (COMPLAINING, {"spam": True}, {"type", "complaint", "spam"}),
        ({"spam": True}, {"type": "question"}, {"type", "complaint", "spam"}),
        ({"spam": True}, {"type": "question", "spam": True}, {"type", "complaint", "spam"}),
        (COMPLAINING, {"sentiment": "positive"}, {"sentiment"}),
        ({"spam": True}, {"spam": False}, {"spam"}),
    ],
)
def test_reasons_never_argue_for_a_label_that_a_rule_took_away(
    below: dict[str, Any], decides: dict[str, Any], by_the_rule: set[str]
) -> None:
    text = "que beleza, obrigado"
    found = Ruled(Reasoned({text: a_verdict(**below)}), [a_rule(words=["beleza"], **decides)]).reasons(text)
    assert {field for field, words in found.items() if words == (("beleza", 1.0),)} == by_the_rule
    assert all(found[field] == ((text, 0.5),) for field in found.keys() - by_the_rule)


def test_a_rule_without_words_takes_away_the_reasons_of_what_it_decides() -> None:
    below = Reasoned({"x": a_verdict(**COMPLAINING)})
    assert set(Ruled(below, [a_rule(langs=["pt"], type="praise")]).reasons("x")) == {"sentiment", "spam", "holds"}


def test_the_reasons_of_holds_add_up_as_holds_do() -> None:
    rules = [a_rule("a", words=["juiz"], add_holds=["legal"]), a_rule("b", words=["jornal"], add_holds=["press"])]
    text = "vou ao juiz e ao jornal"
    below = ToldClassifier({text: a_verdict()})
    assert Ruled(below, rules).reasons(text)["holds"] == (("juiz", 1.0), ("jornal", 1.0))
    assert Ruled(Reasoned(), rules).reasons(text)["holds"] == (("juiz", 1.0), ("jornal", 1.0), (text, 0.5))


def test_the_step_knows_channel_and_reach_and_stores_which_rule_decided(engine: Engine) -> None:
    source_id = a_world(engine, "mastodon")
    from listeners.store import store

    with transaction(engine) as session:
        source = session.get_one(Source, source_id)
        known = an_author("known", followers=50_000)
        store(session, source, a_page(a_heard("far", author=known), a_heard("near", author=an_author("u2"))), NOON)
    rule = a_rule("influencer", channels=["mastodon"], min_reach=10_000, urgency="high")
    assert tag(engine, Ruled(ToldClassifier(), [rule]), 10, NOON) == 2
    with reading(engine) as session:
        found = session.exec(
            select(Mention.external_id, VerdictRow.rule, VerdictRow.urgency).join(
                VerdictRow,
                VerdictRow.id == Mention.verdict_id,  # type: ignore[arg-type]
            )
        ).all()
    assert sorted(found) == [("far", "influencer", Urgency.HIGH), ("near", "", Urgency.LOW)]
