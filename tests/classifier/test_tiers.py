"""The embedded model and the named ones together: who speaks for what, and when."""

import subprocess
import sys
from pathlib import Path
from typing import Any, Literal

import pytest

from classifier import configured
from classifier.base import Verdict
from classifier.embedded import EmbeddedClassifier
from classifier.opinions import Opinion, overruled
from classifier.tiers import Tiered
from classifier.transformer import TransformerClassifier
from models import Hold, MentionType, Sentiment, Topic, Urgency
from settings_classifier import ClassifierSettings, ModelSettings
from tests.classifier.tiny import tiny_model
from tests.classifier.told import ToldClassifier, a_verdict
from tests.contract.test_classifiers import AWKWARD

ROOT = Path(__file__).resolve().parents[2]
GLAD, ANGRY = "Amei, atendimento excelente!", "Péssimo, que descaso"
NEGATIVE, NEUTRAL, POSITIVE = Sentiment.NEGATIVE, Sentiment.NEUTRAL, Sentiment.POSITIVE


def tiered(
    tiny: Path, when: Literal["always", "abstained"], below: dict[str, Verdict] | None = None, **fields: Any
) -> Tiered:
    sure = fields.pop("sure", 0.6)
    model = ModelSettings(**{"field": "sentiment", "model": str(tiny), **fields})
    return Tiered(ToldClassifier(below), TransformerClassifier([model], sure), when)


def test_a_model_that_always_speaks_replaces_its_field_and_leaves_the_others(tiny: Path) -> None:
    below = a_verdict(
        urgency=Urgency.HIGH,
        holds=(Hold.LEGAL,),
        topics=(Topic.APP,),
        spam=True,
        abstained=("sentiment", "urgency"),
    )
    classifier = tiered(tiny, "always", {GLAD: below})
    (found,) = classifier.classify([GLAD])
    assert found.sentiment is POSITIVE
    assert found.confidence["sentiment"] > 0.9
    assert found.abstained == ("urgency",)
    assert found.version == classifier.version
    for field in ("lang", "urgency", "type", "complaint", "holds", "topics", "spam", "rule"):
        assert getattr(found, field) == getattr(below, field)
    assert found.confidence["type"] == below.confidence["type"]


def test_a_model_for_doubts_speaks_of_those_texts_alone_on_which_the_embedded_abstained(tiny: Path) -> None:
    below = {ANGRY: a_verdict(abstained=("sentiment",)), GLAD: a_verdict(abstained=("type",))}
    glad, angry = tiered(tiny, "abstained", below).classify([GLAD, ANGRY])
    assert (glad.sentiment, glad.abstained) == (NEUTRAL, ("type",))
    assert (angry.sentiment, angry.abstained) == (NEGATIVE, ())


def test_below_the_threshold_a_person_still_looks(tiny: Path) -> None:
    below = {GLAD: a_verdict(abstained=("sentiment",)), ANGRY: a_verdict()}
    found = tiered(tiny, "always", below, sure=1.0).classify([GLAD, ANGRY])
    assert [verdict.sentiment for verdict in found] == [POSITIVE, NEGATIVE]
    assert [verdict.abstained for verdict in found] == [("sentiment",), ("sentiment",)]


def test_a_text_without_a_visible_sign_keeps_its_verdict(tiny: Path) -> None:
    (found,) = tiered(tiny, "always", {" ": a_verdict(abstained=("sentiment",))}).classify([" "])
    assert (found.sentiment, found.abstained) == (NEUTRAL, ("sentiment",))


def test_no_text_breaks_the_tiers(tiny: Path) -> None:
    classifier = tiered(tiny, "always")
    found = classifier.classify(AWKWARD)
    assert len(found) == len(AWKWARD)
    assert {verdict.version for verdict in found} == {classifier.version}
    assert classifier.classify([]) == []


def test_a_complaint_model_and_the_type_agree_by_the_labels(tmp_path: Path) -> None:
    model = tiny_model(tmp_path / "c", labels=("complaint", "no complaint"))
    below = {
        ANGRY: a_verdict(type=MentionType.PRAISE, abstained=("type", "complaint")),
        GLAD: a_verdict(type=MentionType.COMPLAINT, complaint=True),
    }
    angry, glad = tiered(model, "always", below, field="complaint").classify([ANGRY, GLAD])
    assert (angry.complaint, angry.type, angry.abstained) == (True, MentionType.COMPLAINT, ())
    assert (glad.complaint, glad.type, glad.abstained) == (False, MentionType.OTHER, ("type",))


@pytest.mark.parametrize(
    ("label", "before", "after"),
    [
        ("complaint", a_verdict(), True),
        ("question", a_verdict(complaint=True), False),
        ("praise", a_verdict(type=MentionType.COMPLAINT, complaint=True), False),
        ("other", a_verdict(complaint=True), True),  # what voices a failure stays a complaint
        ("other", a_verdict(), False),
    ],
)
def test_the_complaint_follows_the_type_that_a_model_gave(label: str, before: Verdict, after: bool) -> None:
    found = overruled(before, {"type": Opinion(label, 0.95)}, 0.6)
    assert (found.type, found.complaint) == (MentionType(label), after)
    if label != "other":
        assert found.confidence["complaint"] == 0.95


def test_a_doubted_type_leaves_the_complaint_in_doubt_too() -> None:
    found = overruled(a_verdict(), {"type": Opinion("complaint", 0.5)}, 0.6)
    assert set(found.abstained) == {"type", "complaint"}


def test_the_type_stands_above_the_complaint_when_models_speak_for_both() -> None:
    words = {"type": Opinion("praise", 0.9), "complaint": Opinion("true", 0.9)}
    found = overruled(a_verdict(), words, 0.6)
    assert (found.type, found.complaint) == (MentionType.PRAISE, False)


def test_a_type_that_a_model_gave_takes_spam_away_and_spam_the_type() -> None:
    advert = a_verdict(spam=True)
    found = overruled(advert, {"type": Opinion("complaint", 0.5)}, 0.6)
    assert (found.type, found.complaint, found.spam) == (MentionType.COMPLAINT, True, False)
    assert set(found.abstained) == {"type", "complaint", "spam"}
    assert overruled(advert, {"type": Opinion("other", 0.9)}, 0.6).spam
    assert not overruled(advert, {"complaint": Opinion("true", 0.9)}, 0.6).spam
    complaint = a_verdict(type=MentionType.COMPLAINT, complaint=True, abstained=("type",))
    found = overruled(complaint, {"spam": Opinion("true", 0.9)}, 0.6)
    assert (found.type, found.complaint, found.spam) == (MentionType.OTHER, False, True)
    assert (found.confidence["type"], found.abstained) == (0.9, ())
    found = overruled(complaint, {"spam": Opinion("true", 0.9), "type": Opinion("complaint", 0.9)}, 0.6)
    assert (found.type, found.complaint, found.spam) == (MentionType.COMPLAINT, True, False)


def test_the_version_tells_both_models_and_when_they_speak(tiny: Path) -> None:
    always, abstained, surer = (
        tiered(tiny, "always").version,
        tiered(tiny, "abstained").version,
        tiered(tiny, "always", sure=0.9).version,
    )
    assert len({always, abstained, surer}) == 3
    assert always.startswith("told-1+transformer-tiny-")


def test_reasons_are_the_embedded_models_for_what_it_decides(tiny: Path) -> None:
    assert set(tiered(tiny, "always").reasons("a")) == {"type"}
    assert set(tiered(tiny, "abstained").reasons("a")) == {"sentiment", "type"}
    assert set(tiered(tiny, "abstained", {"a": a_verdict(abstained=("sentiment",))}).reasons("a")) == {"type"}


def test_no_reasons_are_given_for_a_label_that_a_model_dragged_along(tmp_path: Path) -> None:
    model = tiny_model(tmp_path / "c", labels=("complaint", "no complaint"))
    below = {
        ANGRY: a_verdict(type=MentionType.PRAISE),
        GLAD: a_verdict(type=MentionType.PRAISE),
    }
    classifier = tiered(model, "always", below, field="complaint")
    assert set(classifier.reasons(ANGRY)) == {"sentiment"}
    assert set(classifier.reasons(GLAD)) == {"sentiment", "type"}


def test_the_settings_choose_the_classifier(tiny: Path) -> None:
    model = ModelSettings(field="sentiment", model=str(tiny))
    embedded = EmbeddedClassifier().version
    assert configured().version == embedded
    assert configured(ClassifierSettings(when="never", model=[model])).version == embedded
    chosen = configured(ClassifierSettings(when="always", model=[model]))
    assert chosen.version.startswith(f"{embedded}+transformer-tiny-")
    assert [verdict.sentiment for verdict in chosen.classify([GLAD, ANGRY])] == [POSITIVE, NEGATIVE]
    assert configured(ClassifierSettings(when="always", model=[model])) is chosen  # loaded once


@pytest.mark.slow
def test_without_a_named_model_no_slow_library_is_imported() -> None:
    code = (
        "import sys, cli, commands.running, commands.classify\n"
        "from classifier import configured\n"
        "from settings_classifier import RuleSettings\n"
        "configured(None, [RuleSettings(name='a', words=['a'], spam=True)]).classify(['a'])\n"
        "sys.exit(str({'transformers', 'onnxruntime', 'torch', 'huggingface_hub', 'tokenizers'} & set(sys.modules)))\n"
    )
    found = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert found.stderr.strip() == "set()"
