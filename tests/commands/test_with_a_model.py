"""The commands with a model and with rules in the settings: they tag by them."""

import json
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import Engine
from sqlmodel import select

from classifier.embedded import EmbeddedClassifier
from classifier.linear import dump, load
from database.engine import open_database, reading, transaction
from models import Sentiment, Source, VerdictRow
from tests.builders import a_mention, a_world
from tests.classifier.test_learn import biased, put
from tests.classifier.test_transformer import with_weights
from tests.classifier.tiny import tiny_model
from tests.commands.conftest import SETTINGS, Ouvidor
from tests.commands.processes import line_with, running
from tests.test_scheduler import eventually

# Turned round, so that nothing but this very model could have said it.
MODEL = """
[classifier]
when = "always"

[[classifier.model]]
field = "sentiment"
model = "tiny"
labels = { positive = "negative", negative = "positive" }
"""
RULE = """
[[rule]]
name = "court"
words = ["procon"]
urgency = "critical"
add_holds = ["legal"]

[[rule]]
name = "here alone"
channels = ["mastodon"]
topics = ["price"]
"""
GLAD = "Amei, atendimento perfeito, recomendo"


@pytest.fixture
def with_model(folder: Path) -> Path:
    tiny_model(folder / "tiny")
    path = folder / "ouvidor.toml"
    path.write_text(SETTINGS + MODEL)
    return path


def verdicts(engine: Engine) -> list[VerdictRow]:
    with reading(engine) as session:
        return list(session.exec(select(VerdictRow)))


def test_run_with_a_model_in_the_settings_tags_mentions_by_it(with_model: Path, sqlite_url: str) -> None:
    with_model.write_text(with_model.read_text() + RULE)
    engine = open_database(sqlite_url)  # the file that stands beside the settings
    source_id = a_world(engine)
    with transaction(engine) as session:
        a_mention(session, session.get_one(Source, source_id), text=GLAD)
    with running("run", "--no-inbox") as process:
        line_with(process, "nothing is posted")
        assert eventually(lambda: bool(verdicts(engine)))
    (found,) = verdicts(engine)
    engine.dispose()
    assert found.sentiment is Sentiment.NEGATIVE
    assert found.confidence["sentiment"] > 0.9
    assert "+transformer-tiny-" in found.version
    assert (found.rule, found.topics) == ("here alone", ["price"])


def test_classify_speaks_as_the_settings_say(ouvidor: Ouvidor, with_model: Path) -> None:
    with_model.write_text(with_model.read_text() + RULE)
    found = ouvidor("classify", given=f"{GLAD}\nvou ao Procon".encode())
    assert found.code == 0, found.err
    glad, court = (json.loads(line) for line in found.out.splitlines())
    assert glad["sentiment"] == "negative"
    assert "+transformer-tiny-" in glad["version"]
    assert "rule" not in glad  # the channel of a bare text is not known
    assert (court["urgency"], court["rule"]) == ("critical", "court")
    assert "legal" in court["holds"]


def test_classify_without_settings_is_the_embedded_model_alone(ouvidor: Ouvidor, folder: Path) -> None:
    (found,) = (json.loads(line) for line in ouvidor("classify", given=GLAD.encode()).out.splitlines())
    assert found["sentiment"] == "positive"
    assert "transformer" not in found["version"]


LABELLED = f"""\
{{"text": "{GLAD}", "sentiment": "positive", "type": "praise"}}
{{"text": "Péssimo, que descaso", "sentiment": "negative", "type": "complaint"}}
"""


def test_evaluate_scores_a_model_by_its_folder(ouvidor: Ouvidor, folder: Path) -> None:
    tiny_model(folder / "tiny")
    (folder / "labelled.jsonl").write_text(LABELLED)
    found = json.loads(ouvidor("evaluate", "labelled.jsonl", "--model", "tiny", "--json").out)
    assert set(found["fields"]) == {"sentiment"}  # of the type it says nothing
    assert found["fields"]["sentiment"]["accuracy"] == 1.0
    assert set(found["fields"]["sentiment"]["per_language"]) == {"pt"}  # which the embedded model tells
    embedded = json.loads(ouvidor("evaluate", "labelled.jsonl", "--model", "embedded", "--json").out)
    assert set(embedded["fields"]) == {"sentiment", "type"}


def test_evaluate_scores_the_embedded_model_as_it_learned_and_alone(ouvidor: Ouvidor, with_model: Path) -> None:
    with_model.write_text(with_model.read_text() + RULE)
    with_model.with_name("labelled.jsonl").write_text(LABELLED)

    def told() -> dict[str, dict[str, int]]:
        found = json.loads(ouvidor("evaluate", "labelled.jsonl", "--model", "embedded", "--json").out)["fields"]
        assert found["sentiment"]["accuracy"] == 1.0  # of the model that is turned round it takes nothing
        confusion: dict[str, dict[str, int]] = found["type"]["confusion"]
        return confusion

    assert told()["praise"]["praise"] == 1
    raw = dump(biased("type", "question", 20.0))
    put(with_model.with_name("learned"), EmbeddedClassifier(load(raw)).version, raw)
    assert told()["praise"]["question"] == 1


@pytest.mark.parametrize("arguments", [["classify"], ["evaluate", "labelled.jsonl", "--json"]])
def test_what_is_logged_does_not_stand_among_the_verdicts(
    arguments: list[str], ouvidor: Ouvidor, with_model: Path
) -> None:
    with_weights(with_model.with_name("tiny"), classifier_bias=(np.nan, 0, 0))
    with_model.with_name("labelled.jsonl").write_text(LABELLED)
    found = ouvidor(*arguments, given=GLAD.encode())
    assert found.code == 0, found.err
    assert "scores_are_no_numbers" in found.err
    json.loads(found.out)


def test_evaluate_takes_the_mapping_of_a_model_that_the_settings_name(ouvidor: Ouvidor, with_model: Path) -> None:
    with_model.with_name("labelled.jsonl").write_text(LABELLED)
    for arguments in (["--model", "tiny"], []):
        found = json.loads(ouvidor("evaluate", "labelled.jsonl", *arguments, "--json").out)
        assert found["fields"]["sentiment"]["accuracy"] == 0.0


def test_evaluate_leaves_to_a_person_what_the_settings_leave(ouvidor: Ouvidor, with_model: Path) -> None:
    with_model.with_name("labelled.jsonl").write_text(LABELLED)
    for sure, share in (("0.5", 0.0), ("1.0", 1.0)):
        with_model.write_text(SETTINGS + MODEL.replace('when = "always"', f'when = "always"\nsure = {sure}'))
        found = json.loads(ouvidor("evaluate", "labelled.jsonl", "--model", "tiny", "--json").out)
        assert found["fields"]["sentiment"]["abstention"]["share"] == share


def test_evaluate_of_a_model_that_is_not_there_is_told_in_one_line(ouvidor: Ouvidor, folder: Path) -> None:
    (folder / "labelled.jsonl").write_text(LABELLED)
    found = ouvidor("evaluate", "labelled.jsonl", "--model", "./gone")
    assert found.code == 2
    assert found.err == ("ouvidor: the model ./gone for sentiment: there is no such folder: is the path right?\n")
    (folder / "models").mkdir()
    found = ouvidor("evaluate", "labelled.jsonl", "--model", "models/gone")
    path = folder / "models" / "gone"
    assert found.err == f"ouvidor: the model {path} for sentiment: there is no such folder: is the path right?\n"
    for name in (" ", "~nobody-of-that-name/x", "a\nb", "a" * 1001, "./" + "a" * 900):
        found = ouvidor("evaluate", "labelled.jsonl", "--model", name)
        assert (found.code, found.err.count("\n")) == (1, 1)


def test_the_doctor_loads_the_model(ouvidor: Ouvidor, with_model: Path) -> None:
    (line,) = (line for line in ouvidor("doctor").out.splitlines() if " classifier: " in line)
    assert line.startswith("ok   classifier: ")
    assert "+transformer-tiny-" in line
    with_model.write_text(with_model.read_text().replace('model = "tiny"', 'model = "./gone"'))
    (line,) = (line for line in ouvidor("doctor").out.splitlines() if " classifier: " in line)
    assert line.startswith("FIX  classifier: the model ")
    assert "there is no such folder" in line
