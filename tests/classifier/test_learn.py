"""Learning from corrections: better where the team spoke, no worse elsewhere, and never half."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlmodel import Session

from cases.actions import correct
from classifier import configured, learned
from classifier.base import Verdict
from classifier.corpus import Text
from classifier.corrections import corrected, held_back
from classifier.embedded import EmbeddedClassifier
from classifier.learn import LEAST, LEAST_HELD_BACK, Judged, learn, marks, may_switch
from classifier.learned import IN_FORCE, KEPT, DamagedError, Learned
from classifier.linear import CLASSES, COLUMNS, Heads, dump, load, packaged
from classifier.refit import alike, mixed
from database.engine import transaction
from errors import OuvidorError
from models import Mention, MentionText, MentionType, Source
from settings_classifier import ClassifierSettings
from tests.builders import NOON, a_mention, a_verdict, a_world
from tests.classifier.house_style import PRAISE, TURNED, UNSEEN

PLAIN = ("Meu pedido chegou quebrado", "where is my refund?", "Amei, recomendo!", "¿a qué hora abren?")


def praised(texts: Sequence[str]) -> int:
    """How many the packaged classifier, or one of other heads, calls praise."""
    return _praised(EmbeddedClassifier(), texts)


def _praised(classifier: EmbeddedClassifier, texts: Sequence[str]) -> int:
    return sum(verdict.type is MentionType.PRAISE for verdict in classifier.classify(texts))


def labelled(pairs: Sequence[tuple[str, str]]) -> list[Text]:
    return [Text(text, "", {"type": label, "complaint": label == "complaint"}) for text, label in pairs]


@pytest.fixture(scope="module")
def judged() -> Judged:
    """What comes of forty corrections of a house style."""
    return learn(labelled([(text, "praise") for text in PRAISE]), packaged(), packaged())


@pytest.mark.slow
def test_forty_corrections_teach_a_house_style(judged: Judged) -> None:
    assert judged.reason == "better"
    assert judged.heads is not None
    found = judged.fields["type"]
    assert found.kept
    assert found.corrections == 40
    assert found.before is not None
    assert found.after is not None
    assert found.after > found.before  # of those that were held back
    assert _praised(EmbeddedClassifier(judged.heads), UNSEEN) >= praised(UNSEEN) + 3


@pytest.mark.slow
def test_what_is_learned_is_no_worse_on_the_examination(judged: Judged) -> None:
    for found in judged.fields.values():
        if found.examination_before is not None and found.examination_after is not None:
            assert found.examination_after >= found.examination_before - 0.01


@pytest.mark.slow
def test_fields_that_nobody_corrected_keep_their_weights(judged: Judged) -> None:
    assert judged.heads is not None
    assert not alike(packaged(), judged.heads, "type")
    assert all(alike(packaged(), judged.heads, name) for name in ("sentiment", "urgency", "spam", "holds", "topics"))


@pytest.mark.slow
def test_what_is_in_force_is_not_learned_again(judged: Judged) -> None:
    assert judged.heads is not None
    said = labelled([(text, "praise") for text in PRAISE])
    again = learn(said, packaged(), judged.heads)
    assert (again.reason, again.heads) == ("same", None)


@pytest.mark.slow
def test_a_harmful_batch_is_refused() -> None:
    found = learn(labelled(TURNED), packaged(), packaged())
    assert (found.reason, found.heads) == ("worse", None)
    assert not any(figures.kept for figures in found.fields.values())


def biased(field: str, label: str, by: float) -> Heads:
    """The packaged heads with one class made likelier everywhere."""
    heads = packaged()
    bias = heads.care.bias.copy()
    bias[COLUMNS[field].start + CLASSES[field].index(label)] += by
    return replace(heads, care=replace(heads.care, bias=bias))


def kept(candidate: Heads, held: Sequence[Text], fields: Sequence[str]) -> list[str]:
    examined = marks(packaged(), [], []).examination
    return may_switch(packaged(), candidate, held, fields, marks(packaged(), held, fields), examined)[0]


@pytest.mark.slow
def test_a_hold_that_is_found_less_often_is_refused() -> None:
    heads = packaged()
    column = COLUMNS["holds"].start + CLASSES["holds"].index("self_harm")
    bias = heads.care.bias.copy()
    bias[column] -= 8
    deaf = replace(heads, care=replace(heads.care, bias=bias))
    held = [Text("Vou me matar de rir com vocês", "", {"holds": []})] * 12
    before = replace(marks(heads, held, ["holds"]), right={"holds": 0.0})
    kept, after = may_switch(heads, deaf, held, ["holds"], before, before.examination)
    assert after.right["holds"] > 2
    assert kept == []


@pytest.mark.slow
def test_what_harms_the_examination_is_refused_however_right_it_is() -> None:
    held = labelled([(text, "praise") for text in PRAISE])
    assert kept(biased("type", "praise", 3.0), held, ["type"]) == []
    assert kept(biased("type", "praise", 0.0), held, ["type"]) == []  # no better


@pytest.mark.slow
def test_a_field_that_harms_goes_alone(judged: Judged) -> None:
    held = [
        replace(text, labels={**text.labels, "urgency": "low"}) for text in labelled([(t, "praise") for t in PRAISE])
    ]
    assert judged.heads is not None
    worse = biased("urgency", "critical", 9.0)
    assert kept(mixed(judged.heads, worse, ["urgency"]), held, ["type", "complaint", "urgency"]) == [
        "type",
        "complaint",
    ]


def test_a_field_that_stays_must_not_fall_by_one_that_switches() -> None:
    verdicts = EmbeddedClassifier().classify(PRAISE)
    held = [
        Text(text, "", {"type": str(verdict.type), "complaint": True})
        for text, verdict in zip(PRAISE, verdicts, strict=True)
    ]
    heads = packaged()
    bias = heads.care.bias.copy()
    bias[COLUMNS["complaint"]] += 9.0
    candidate = replace(heads, care=replace(heads.care, bias=bias))
    lenient = dict.fromkeys(marks(heads, [], []).examination, 0.0)

    def switched(fields: Sequence[str]) -> list[str]:
        before = replace(marks(heads, held, fields), examination=lenient)
        return may_switch(heads, candidate, held, ["complaint"], before, lenient)[0]

    assert switched(["complaint"]) == ["complaint"]
    assert switched(["complaint", "type"]) == []


def test_too_few_corrections_teach_nothing() -> None:
    found = learn(labelled([(text, "praise") for text in PRAISE[:10]]), packaged(), packaged())
    assert (found.reason, found.heads) == ("few", None)
    assert learn([], packaged(), packaged()).reason == "nothing"


NEAR = ("Não chegou!", "@loja nao CHEGOU! https://t.example/a", "não  chegou!\n@outra", "NÃO CHEGOU! www.b.example")


def said_of(engine: Engine, words: Sequence[tuple[str, str, str]]) -> list[Text]:
    """What is learned from these corrections, made in this order: text, field and label."""
    source_id = a_world(engine)
    mentions: dict[str, int | None] = {}
    for number, (text, field, label) in enumerate(words):
        with transaction(engine) as session:
            if text not in mentions:
                mention = a_mention(session, session.get_one(Source, source_id), str(number), text=text)
                a_verdict(session, mention, abstained=["type", "complaint", "spam", "sentiment"])
                session.flush()
                mentions[text] = mention.id
            correct(session, session.get_one(Mention, mentions[text]), field, label, "Ana", NOON)
    with transaction(engine) as session:
        return corrected(session)


def test_texts_that_read_the_same_count_once(engine: Engine) -> None:
    said = said_of(engine, [(text, "type", "praise") for text in (*NEAR, "Não chegou 😡!")])
    assert [(one.text, one.labels["type"]) for one in said] == [(NEAR[0], "praise"), ("Não chegou 😡!", "praise")]


def test_of_texts_that_read_the_same_the_latest_word_counts(engine: Engine) -> None:
    said = said_of(engine, [(NEAR[0], "type", "praise"), (NEAR[1], "type", "praise"), (NEAR[0], "type", "complaint")])
    assert [one.labels for one in said] == [{"type": "complaint", "complaint": True}]


def test_a_word_that_contradicts_nothing_takes_no_other_away(engine: Engine) -> None:
    said = said_of(engine, [(NEAR[0], "type", "complaint"), (NEAR[1], "spam", "false")])
    assert [one.labels for one in said] == [{"type": "complaint", "complaint": True, "spam": False}]


def test_the_docs_tell_how_many_corrections_it_takes() -> None:
    told = (Path(__file__).parents[2] / "docs" / "classifier.md").read_text("utf-8")
    asked = f"from {LEAST} corrections of it on (`learn_from`) beside {LEAST_HELD_BACK} or more that are held back"
    assert asked in told


def test_a_text_is_held_back_whatever_else_is_there() -> None:
    said = labelled([(text, "praise") for text in PRAISE])
    trained, held = held_back(said)
    assert len(trained) + len(held) == 40
    assert held_back([held[0]]) == ([], [held[0]])
    assert held_back([Text(f" {held[0].text.upper()}\n", "", {})])[1]  # who wrote it how does not matter


@pytest.fixture
def source_id(engine: Engine) -> int:
    return a_world(engine)


def told(session: Session, source_id: int, text: str, **said: str) -> Mention:
    """A mention that somebody corrected."""
    mention = a_mention(session, session.get_one(Source, source_id), text, text=text)
    a_verdict(session, mention, abstained=["type", "sentiment", "holds", "topics"])
    session.flush()
    for name, value in said.items():
        correct(session, mention, name, value, "Ana", NOON)
    return mention


def read(engine: Engine) -> list[tuple[str, dict[str, object]]]:
    with transaction(engine) as session:
        return [(text.text, dict(text.labels)) for text in corrected(session)]


def test_corrections_and_confirmations_become_labels(engine: Engine, source_id: int) -> None:
    with transaction(engine) as session:
        told(session, source_id, "um", type="praise", holds="+legal", topics="=", spam="true", lang="en")
        told(session, source_id, "dois", type="complaint")  # what stood there already
    assert read(engine) == [
        ("um", {"type": "other", "complaint": False, "holds": ["legal"], "topics": ["other"], "spam": True}),
        ("dois", {"type": "complaint", "complaint": True}),
    ]


def test_of_several_words_the_last_counts(engine: Engine, source_id: int) -> None:
    with transaction(engine) as session:
        mention = told(session, source_id, "um", type="praise")
        correct(session, mention, "type", "other", "Bia", NOON)
        told(session, source_id, "UM ", sentiment="positive")  # the same text by somebody else
    assert read(engine) == [("um", {"type": "other", "sentiment": "positive"})]


@pytest.mark.parametrize(
    ("words", "labels"),
    [
        ([("type", "question"), ("complaint", "true")], {"type": "complaint", "complaint": True}),
        ([("complaint", "false"), ("type", "complaint")], {"type": "complaint", "complaint": True}),
        ([("type", "complaint"), ("complaint", "false")], {"complaint": False}),
        ([("type", "praise"), ("complaint", "true"), ("type", "question")], {"type": "question", "complaint": False}),
        (
            [("type", "praise"), ("spam", "true"), ("spam", "false")],
            {"type": "praise", "complaint": False, "spam": False},
        ),
        ([("spam", "true"), ("type", "complaint")], {"type": "complaint", "complaint": True, "spam": False}),
        ([("type", "complaint"), ("spam", "true")], {"type": "other", "complaint": False, "spam": True}),
        ([("spam", "true"), ("complaint", "true")], {"type": "other", "complaint": True, "spam": False}),
    ],
)
def test_of_two_words_that_contradict_each_other_the_later_is_learned(
    engine: Engine, source_id: int, words: list[tuple[str, str]], labels: dict[str, object]
) -> None:
    with transaction(engine) as session:
        mention = told(session, source_id, "um")
        for field, value in words:
            correct(session, mention, field, value, "Ana", NOON)
    assert read(engine) == [("um", labels)]


def test_a_text_that_was_edited_keeps_the_label_of_its_time(engine: Engine, source_id: int) -> None:
    with transaction(engine) as session:
        mention = told(session, source_id, "antes", type="praise")
        session.add(MentionText(mention_id=mention.id or 0, revision=1, text="antes", replaced_at=NOON))
        mention.text, mention.text_revision = "depois", 2
    assert read(engine) == [("antes", {"type": "praise", "complaint": False})]


def test_a_text_that_was_deleted_is_not_learned_from(engine: Engine, source_id: int) -> None:
    with transaction(engine) as session:
        told(session, source_id, "um", type="praise").deleted_at = NOON
        told(session, source_id, "dois", type="praise").text = ""
    assert read(engine) == []


@cache
def changed(by: int) -> tuple[str, bytes]:
    """The version and the file of the packaged heads with one cell changed."""
    heads = packaged()
    cells = heads.care.cells.copy()
    cells[0, 0] = by
    raw = dump(replace(heads, care=replace(heads.care, cells=cells)))
    return EmbeddedClassifier(load(raw)).version, raw


def put(folder: Path, version: str, raw: bytes) -> Learned:
    before, own = learned.in_force(folder), configured().version
    found = Learned(version, before.version if before else own, own, "", NOON)
    return learned.switch(folder, raw, found, before)


def roll_back(folder: Path) -> tuple[str, Learned | None]:
    return learned.roll_back(folder, configured().version)


def settings(folder: Path) -> ClassifierSettings:
    return ClassifierSettings(learned=str(folder))


def verdicts(folder: Path) -> list[Verdict]:
    return configured(settings(folder)).classify(PLAIN)


def test_what_was_switched_to_speaks_and_what_was_before_comes_back(tmp_path: Path) -> None:
    packaged_said = verdicts(tmp_path)
    first = put(tmp_path, *changed(1))
    first_said = verdicts(tmp_path)
    assert first_said[0].version == first.version != packaged_said[0].version
    second = put(tmp_path, *changed(2))
    assert configured(settings(tmp_path)).version == second.version
    assert roll_back(tmp_path) == (second.version, first)
    assert verdicts(tmp_path) == first_said
    assert not (tmp_path / second.file).exists()
    assert roll_back(tmp_path) == (first.version, None)
    assert verdicts(tmp_path) == packaged_said
    with pytest.raises(OuvidorError, match="nothing to go back to"):
        roll_back(tmp_path)


def test_so_many_versions_are_kept_and_no_more(tmp_path: Path) -> None:
    for by in range(KEPT + 2):
        put(tmp_path, f"embedded-9-{by:012x}", b"weights")
    assert len(learned.versions(tmp_path)) == KEPT == len(list(tmp_path.glob("*.npz")))


def test_without_a_settings_file_nothing_was_learned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    put(tmp_path / "learned", *changed(1))
    assert configured(ClassifierSettings()).version == EmbeddedClassifier().version


def test_damaged_weights_are_named_and_gone_back_past(tmp_path: Path) -> None:
    first, second, third = put(tmp_path, *changed(1)), put(tmp_path, *changed(2)), put(tmp_path, *changed(3))
    raw = bytearray((tmp_path / third.file).read_bytes())
    raw[len(raw) // 2] ^= 1
    (tmp_path / third.file).write_bytes(raw)
    with pytest.raises(DamagedError, match=f"{third.file} are not what was written.*ouvidor learn --rollback"):
        configured(settings(tmp_path))
    (tmp_path / second.file).unlink()
    assert roll_back(tmp_path) == (third.version, first)
    assert configured(settings(tmp_path)).version == first.version


@pytest.mark.parametrize(
    "raw", [b"", b"{}", b"[{}]", b"[" * 100_000, b"\xff", b'[{"version": "../../etc/passwd"}]'], ids=range(6)
)
def test_a_damaged_list_is_named_and_put_aside(tmp_path: Path, raw: bytes) -> None:
    put(tmp_path, *changed(1))
    (tmp_path / IN_FORCE).write_bytes(raw)
    with pytest.raises(DamagedError, match=f"{IN_FORCE}.*ouvidor learn --rollback"):
        configured(settings(tmp_path))
    assert roll_back(tmp_path) == (IN_FORCE, None)
    assert configured(settings(tmp_path)).version == EmbeddedClassifier().version
    assert (tmp_path / f"{IN_FORCE}.damaged").read_bytes() == raw


def loop(path: Path) -> None:
    path.symlink_to(path)


def pipe(path: Path) -> None:
    os.mkfifo(path)


def device(path: Path) -> None:
    path.symlink_to("/dev/zero")


@pytest.mark.parametrize("become", [loop, pipe, device])
def test_what_is_no_regular_file_is_named_and_gone_back_past(become: Callable[[Path], None], tmp_path: Path) -> None:
    first, second = put(tmp_path, *changed(1)), put(tmp_path, *changed(2))
    (tmp_path / second.file).unlink()
    become(tmp_path / second.file)
    with pytest.raises(DamagedError, match=f"{second.file} cannot be read: .*ouvidor learn --rollback"):
        configured(settings(tmp_path))
    assert roll_back(tmp_path) == (second.version, first)
    (tmp_path / IN_FORCE).unlink()
    become(tmp_path / IN_FORCE)
    with pytest.raises(DamagedError, match=f"{IN_FORCE} cannot be read: .*ouvidor learn --rollback"):
        configured(settings(tmp_path))
    assert roll_back(tmp_path) == (IN_FORCE, None)
    assert configured(settings(tmp_path)).version == EmbeddedClassifier().version


def test_weights_learned_on_other_ones_are_not_used(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    put(tmp_path, *changed(1))
    told = json.loads((tmp_path / IN_FORCE).read_text())
    told[0]["packaged"] = "embedded-1-0123456789ab"
    (tmp_path / IN_FORCE).write_text(json.dumps(told))
    assert configured(settings(tmp_path)).version == EmbeddedClassifier().version
    assert "run `ouvidor learn`" in caplog.text


def test_nobody_goes_back_to_weights_learned_on_other_ones(tmp_path: Path) -> None:
    put(tmp_path, *changed(1))
    second = put(tmp_path, *changed(2))
    told = json.loads((tmp_path / IN_FORCE).read_text())
    older = [one | {"packaged": "embedded-1-0123456789ab"} for one in told]
    (tmp_path / IN_FORCE).write_text(json.dumps(older))
    assert roll_back(tmp_path) == (second.version, None)
    assert configured(settings(tmp_path)).version == EmbeddedClassifier().version


def test_two_who_learn_at_once_do_not_undo_each_other(tmp_path: Path) -> None:
    first = put(tmp_path, *changed(1))
    with pytest.raises(OuvidorError, match="came in force meanwhile"):
        learned.switch(tmp_path, dump(packaged()), first, None)
    assert learned.in_force(tmp_path) == first


CHILD = """
import sys
from pathlib import Path
from classifier import learned
from classifier.learned import Learned
folder = Path(sys.argv[1])
first = learned.in_force(folder)
found = Learned("embedded-9-000000000002", first.version, first.packaged, "", first.when)
learned.switch(folder, b"two", found, first)
"""


@pytest.mark.parametrize("point", ["learned.written:1", "learned.weights", "learned.written:2", "learned.listed"])
def test_a_crash_leaves_the_old_or_the_new_in_force(tmp_path: Path, point: str) -> None:
    first = put(tmp_path, "embedded-9-000000000001", b"one")
    found = subprocess.run(
        [sys.executable, "-c", CHILD, str(tmp_path)],
        env={**os.environ, "OUVIDOR_CRASH_AT": point},
        cwd=Path(__file__).parents[2],
        check=False,
    )
    assert found.returncode == -signal.SIGKILL
    left = learned.in_force(tmp_path)
    assert left is not None
    assert (left == first) is (point != "learned.listed")
    assert learned.weights(tmp_path, left) == (b"one" if left == first else b"two")
    put(tmp_path, "embedded-9-000000000003", b"three")
    named = {one.file for one in learned.versions(tmp_path)}
    assert {path.name for path in tmp_path.iterdir()} == named | {IN_FORCE}  # what was left lying is gone
