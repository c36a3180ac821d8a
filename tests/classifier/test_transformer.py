"""Any sequence-classification model: loaded from its folder or the hub's cache, told what its labels mean."""

import json
import shutil
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import helper, numpy_helper
from structlog.testing import capture_logs
from transformers import PhobertTokenizer

from classifier.model_files import has_torch
from classifier.opinions import Opinion
from classifier.transformer import TransformerClassifier, TransformerModel, batches, bounded
from errors import SettingsError
from models import Sentiment
from settings_classifier import ModelSettings
from tests.classifier.tiny import tiny_model
from tests.contract.test_classifiers import AWKWARD, COMPLAINT, PRAISE

GLAD, ANGRY, PLAIN = "Amei, atendimento excelente!", "Péssimo, que descaso", "onde foi a entrega do pedido"


def a_model(folder: Path | str, **fields: Any) -> ModelSettings:
    return ModelSettings(**{"field": "sentiment", "model": str(folder), **fields})


def with_weights(folder: Path, **weights: Any) -> Path:
    """The same model with other numbers in its graph, named with "_" for "."."""
    graph = onnx.load(folder / "model.onnx")
    for one in graph.graph.initializer:
        if (value := weights.get(one.name.replace(".", "_"))) is not None:
            one.CopyFrom(numpy_helper.from_array(np.array(value, np.float32), one.name))
    onnx.save(graph, folder / "model.onnx")
    return folder


def tokenizer_says(folder: Path, **said: Any) -> Path:
    path = folder / "tokenizer_config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **said}))
    return folder


def labels(model: TransformerModel, *texts: str) -> list[str | None]:
    return [None if opinion is None else opinion.label for opinion in model.opinions(texts)]


def refusal(folder: Path | str, **fields: Any) -> str:
    with pytest.raises(SettingsError) as caught:
        TransformerModel(a_model(folder, **fields))
    return str(caught.value)


def test_a_graph_tells_praise_from_blame_without_torch(tiny: Path) -> None:
    assert labels(TransformerModel(a_model(tiny)), GLAD, ANGRY, PLAIN) == ["positive", "negative", "neutral"]


def test_models_alone_give_whole_verdicts_and_leave_the_rest_to_a_person(tiny: Path) -> None:
    classifier = TransformerClassifier([a_model(tiny)])
    glad, angry = classifier.classify([PRAISE, COMPLAINT])
    assert (glad.sentiment, angry.sentiment) == (Sentiment.POSITIVE, Sentiment.NEGATIVE)
    assert glad.version == classifier.version != ""
    assert "sentiment" not in glad.abstained
    assert {"type", "urgency", "spam", "lang"} <= set(glad.abstained)
    assert 0.9 < glad.confidence["sentiment"] <= 1.0


def test_no_text_breaks_it(tiny: Path) -> None:
    found = TransformerModel(a_model(tiny)).opinions(AWKWARD)
    assert len(found) == len(AWKWARD)
    assert found[0] is None  # an empty text says nothing
    assert all(opinion is None or 0 <= opinion.share <= 1 for opinion in found)


@pytest.mark.parametrize(
    "text", ["", "\u200b", "\ufeff", "\u202e", "\u0301", "\ud800", "\ufffd\ufffd", "\u3164", "\u2800", "\0"]
)
def test_a_text_in_which_nothing_can_be_seen_gets_no_opinion(text: str, tiny: Path) -> None:
    assert TransformerModel(a_model(tiny)).opinions([text, f" {text}\n"]) == [None, None]


@pytest.mark.parametrize("text", ["é", "7", "!", "👍", "\u0301a", "你", "\ud83d\ude0d"])
def test_a_text_of_one_visible_sign_gets_an_opinion(text: str, tiny: Path) -> None:
    assert None not in TransformerModel(a_model(tiny)).opinions([text])


def test_broken_signs_do_not_hide_the_words_around_them(tiny: Path) -> None:
    model = TransformerModel(a_model(tiny))
    assert labels(model, "Amei\ud800 excelente", "Amei \0 excelente", "\ud83d\ude0d amei excelente") == ["positive"] * 3


def test_opinions_come_in_the_order_of_the_texts_whatever_the_batches(tiny: Path) -> None:
    texts = [f"{'the ' * (n * 7 % 40)}{(GLAD, ANGRY, PLAIN)[n % 3]}" for n in range(50)] + ["", GLAD]
    alone = TransformerModel(a_model(tiny, batch=1)).opinions(texts)
    few = TransformerModel(a_model(tiny, batch=7)).opinions(texts)
    assert [opinion and opinion.label for opinion in few] == [opinion and opinion.label for opinion in alone]
    shares = zip(few, alone, strict=True)
    assert all(abs(a.share - b.share) < 0.002 for a, b in shares if a is not None and b is not None)


def test_a_text_is_cut_by_tokens_and_never_by_characters(tiny: Path) -> None:
    model = TransformerModel(a_model(tiny))
    one_long_word = "x" * 90_000
    assert labels(model, f"{one_long_word} love perfect amazing") == ["positive"]
    assert labels(model, f"{'the ' * 80} love perfect amazing") == ["neutral"]  # beyond the 64 that it can read
    assert labels(model, f"{'the ' * 8} love perfect amazing great") == ["positive"]
    assert labels(TransformerModel(a_model(tiny, max_tokens=8)), f"{'the ' * 8} love perfect amazing great") == [
        "neutral"
    ]


def test_roberta_counts_its_positions_from_beyond_the_padding(tmp_path: Path) -> None:
    # 64 positions of which two are never used: 62 tokens, where 64 would break the graph or read past its table.
    folder = tiny_model(tmp_path / "roberta", model_type="roberta", pad_token_id=1)
    model = TransformerModel(a_model(folder, max_tokens=8192))
    assert model.limit == 62


def test_a_text_that_breaks_the_graph_costs_the_others_nothing(tmp_path: Path) -> None:
    folder = tiny_model(tmp_path / "sly", max_position_embeddings=4096)  # its graph knows 64 positions
    model = TransformerModel(a_model(tokenizer_says(folder, model_max_length=4096)))
    assert labels(model, GLAD, "the " * 100, ANGRY) == ["positive", None, "negative"]
    assert labels(model, "the " * 100) == [None]


@pytest.mark.parametrize("rows", [1, 2])
def test_a_graph_that_gives_fewer_rows_than_texts_reads_each_alone(rows: int, tmp_path: Path) -> None:
    folder = tiny_model(tmp_path / "short")
    graph = onnx.load(folder / "model.onnx")
    graph.graph.node[-1].output[0] = "whole"
    bounds = {"first": 0, "last": rows, "axis": 0}
    graph.graph.initializer.extend(numpy_helper.from_array(np.array([n]), name) for name, n in bounds.items())
    graph.graph.node.append(helper.make_node("Slice", ["whole", *bounds], ["logits"]))
    onnx.save(graph, folder / "model.onnx")
    with capture_logs() as logs:
        model = TransformerModel(a_model(folder))
    assert [line["event"] for line in logs] == ["texts_not_read_together"] * (rows == 1)
    assert labels(model, GLAD, ANGRY, PLAIN, "the") == ["positive", "negative", "neutral", "neutral"]


def test_a_batch_is_bounded_by_its_texts_and_by_its_tokens() -> None:
    lengths = {0: 5000, 1: 10, 2: 3, 3: 4500, 4: 11, 5: 9000}
    assert list(batches(lengths, 2)) == [[2, 1], [4], [3], [0], [5]]
    assert list(batches(lengths, 9)) == [[2, 1, 4], [3], [0], [5]]
    assert list(batches({0: 3, 1: 4, 2: 3, 3: 3}, 2, alike=True)) == [[0, 2], [3], [1]]


def without_a_mask(folder: Path) -> Path:
    return tiny_model(folder, inputs=("input_ids",))


def padded_on_the_left(folder: Path) -> Path:
    return tokenizer_says(tiny_model(folder), padding_side="left")


@pytest.mark.parametrize("build", [without_a_mask, padded_on_the_left])
def test_no_verdict_depends_on_the_other_texts_of_its_batch(build: Callable[[Path], Path], tmp_path: Path) -> None:
    model = TransformerModel(a_model(build(tmp_path / "odd")))
    texts = ["love", "love the order", f"amei {'the ' * 30}", "hate", "hate it here", GLAD, PLAIN]
    alone = [opinion for text in texts for opinion in model.opinions([text])]
    for one, other in zip(model.opinions(texts), alone, strict=True):
        assert one is not None
        assert other is not None
        assert one.label == other.label
        assert abs(one.share - other.share) < 0.002


def test_scores_that_are_no_numbers_give_no_opinion_and_are_told_once(tmp_path: Path) -> None:
    folder = with_weights(tiny_model(tmp_path / "blind"), classifier_bias=(np.nan, np.inf, 0))
    model = TransformerModel(a_model(folder))
    with capture_logs() as logs:
        assert model.opinions([GLAD, ANGRY]) == [None, None]
        assert model.opinions([PLAIN]) == [None]
    assert [line["event"] for line in logs] == ["scores_are_no_numbers"]


@pytest.mark.parametrize("names", [("complaint", "not_complaint"), ("not_complaint", "complaint"), ("complaint",)])
def test_what_is_as_likely_true_as_false_is_false(names: tuple[str, ...], tmp_path: Path) -> None:
    some = tiny_model(tmp_path / "torn", labels=names)
    folder = with_weights(some, classifier_weight=np.zeros((len(names), 8)), classifier_bias=np.zeros(len(names)))
    assert TransformerModel(a_model(folder, field="complaint")).opinions([GLAD]) == [Opinion("false", 0.5)]


def test_no_word_of_any_length_reaches_a_tokenizer_that_takes_the_square_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tokenizer_says(tiny_model(tmp_path / "slow"), tokenizer_class="PhobertTokenizer")
    (folder / "vocab.txt").write_text("love 1\nthe 1\n")
    (folder / "bpe.codes").write_text("")
    model = TransformerModel(a_model(folder))
    words: list[str] = []
    bpe = PhobertTokenizer.bpe

    def told(self: PhobertTokenizer, word: str) -> str:
        words.append(word)
        return str(bpe(self, word))

    monkeypatch.setattr(PhobertTokenizer, "bpe", told)
    (found,) = model.opinions([f"love {'xyz' * 30_000}"])
    assert found is not None
    assert words[0] == "love"
    assert max(map(len, words)) == 200
    assert sum(map(len, words)) < 64 * model.limit


def test_a_bounded_text_keeps_the_end_that_the_tokenizer_keeps() -> None:
    text = f"first {'the ' * 1000}last"
    assert bounded(text, 8) == text[:512]
    assert bounded(text, 8, keeps_end=True) == text[-512:]
    assert bounded(f"{'a' * 200} {'b' * 401}", 512) == f"{'a' * 200} {'b' * 200} {'b' * 200} b"


def test_two_threads_may_ask_at_once(tiny: Path) -> None:
    model = TransformerModel(a_model(tiny, threads=1))
    texts = [f"{GLAD} {n}" for n in range(200)]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(model.opinions, [texts] * 8))
    assert {opinion.label for column in found for opinion in column if opinion is not None} == {"positive"}
    assert all(opinion is not None for column in found for opinion in column)


def test_more_threads_and_batches_change_no_version(tiny: Path) -> None:
    assert (
        TransformerModel(a_model(tiny, threads=2, batch=3)).version
        == TransformerModel(a_model(tiny, threads=1)).version
    )


def test_the_version_changes_with_all_that_a_verdict_depends_on(tiny: Path, tmp_path: Path) -> None:
    def version(name: str, change: str, **fields: Any) -> str:
        folder = shutil.copytree(tiny, tmp_path / name / "tiny")
        file = folder / change
        match file.suffix:
            case ".onnx":
                with_weights(folder, classifier_bias=(0, 3.5, 0))
            case ".txt":
                file.write_text(file.read_text().replace("\namei\n", "\namamos\n"))
            case ".json":
                file.write_text(file.read_text().replace('"do_lower_case": true', '"do_lower_case": false'))
        return TransformerModel(a_model(folder, **fields)).version

    swapped = {"negative": "positive", "positive": "negative"}
    versions = [
        version("same", ""),
        version("weights", "model.onnx"),
        version("words", "vocab.txt"),
        version("cases", "tokenizer_config.json"),
        version("mapping", "", labels=swapped),
        version("limit", "", max_tokens=32),
    ]
    assert len(set(versions)) == len(versions)
    assert versions[0] == TransformerModel(a_model(tiny)).version
    assert all(one.startswith("transformer-tiny-") for one in versions)


@pytest.mark.parametrize("beside", ["model.bin", "weights.pb", "model.onnx_data"])
def test_the_version_changes_with_weights_beside_the_graph_whatever_their_name(beside: str, tmp_path: Path) -> None:
    def version(weight: float) -> str:
        weights = np.full((3, 8), weight)
        folder = with_weights(tiny_model(tmp_path / str(weight) / "tiny"), classifier_weight=weights)
        graph = onnx.load(folder / "model.onnx")
        onnx.save(graph, folder / "model.onnx", save_as_external_data=True, location=beside, size_threshold=64)
        return TransformerModel(a_model(folder)).version

    assert version(1.0) != version(1.5)


def test_labels_are_mapped_by_the_settings(tmp_path: Path) -> None:
    stars = [f"{n} star{'s' * (n > 1)}" for n in range(1, 6)]
    folder = tiny_model(tmp_path / "stars", labels=stars)
    told = refusal(folder)
    assert "nothing says which sentiment '1 star', '2 stars', '3 stars', '4 stars', '5 stars' means" in told
    assert "its labels are: 1 star, 2 stars" in told
    mapping = dict(zip(stars, ("negative", "neutral", "positive", "neutral", "neutral"), strict=True))
    assert labels(TransformerModel(a_model(folder, labels=mapping)), GLAD, ANGRY) == ["positive", "negative"]


def test_numbered_labels_mean_nothing_until_the_settings_say_so(tmp_path: Path) -> None:
    folder = tiny_model(tmp_path / "numbered", labels=("LABEL_0", "LABEL_1", "LABEL_2"))
    assert "'LABEL_0', 'LABEL_1', 'LABEL_2'" in refusal(folder)
    mapping = {"label_0": "negative", "LABEL_1": "neutral", "LABEL_2": "positive"}
    assert labels(TransformerModel(a_model(folder, labels=mapping)), GLAD) == ["positive"]


def test_a_mapped_label_that_the_model_lacks_is_named_with_those_it_has(tiny: Path) -> None:
    told = refusal(tiny, labels={"LABEL_9": "negative"})
    assert "it has no label 'LABEL_9', which `labels` maps; its labels are: negative, neutral, positive" in told


@pytest.mark.parametrize(
    "names", [("NEGATIVE", "Neutral", "POSITIVE"), ("NEG", "NEU", "POS"), ("negativo", "neutro", "positivo")]
)
def test_labels_that_are_called_like_ours_need_no_mapping(names: tuple[str, ...], tmp_path: Path) -> None:
    model = TransformerModel(a_model(tiny_model(tmp_path / "m", labels=names)))
    assert labels(model, GLAD, ANGRY, PLAIN) == ["positive", "negative", "neutral"]


def test_labels_of_one_meaning_add_up(tmp_path: Path) -> None:
    folder = tiny_model(tmp_path / "two", labels=("complaint", "not_complaint"))
    model = TransformerModel(a_model(folder, field="complaint"))
    assert labels(model, ANGRY, GLAD) == ["true", "false"]
    both = TransformerModel(a_model(folder, field="complaint", labels={"not_complaint": "true"}))
    assert both.opinions([GLAD, ANGRY]) == [Opinion("true", 1.0)] * 2


def test_independent_labels_may_all_be_wrong(tmp_path: Path) -> None:
    folder = tiny_model(tmp_path / "toxic", labels=("spam",))
    one = TransformerModel(a_model(folder, field="spam"))
    angry, glad = one.opinions([ANGRY, GLAD])
    assert angry is not None
    assert glad is not None
    assert (angry.label, glad.label) == ("true", "false")
    assert angry.share > 0.9
    assert glad.share > 0.9


def with_chances(folder: Path, **chances: float) -> Path:
    """A model of independent labels that gives each the same probability whatever the text."""
    some = tiny_model(folder, labels=tuple(chances), problem_type="multi_label_classification")
    odds = [np.log(chance / (1 - chance)) for chance in chances.values()]
    return with_weights(some, classifier_weight=np.zeros((len(odds), 8)), classifier_bias=odds)


@pytest.mark.parametrize(
    ("field", "chances", "expected"),
    [
        ("complaint", {"complaint": 0.047, "not_complaint": 0.01}, Opinion("false", 0.953)),
        ("complaint", {"not_complaint": 0.01, "complaint": 0.047}, Opinion("false", 0.953)),
        ("complaint", {"complaint": 0.8, "not_complaint": 0.9}, Opinion("true", 0.8)),
        ("spam", {"ham": 0.01}, Opinion("true", 0.99)),
        ("sentiment", {"negative": 0.002, "neutral": 0.001, "positive": 0.001}, None),
        ("sentiment", {"negative": 0.49, "neutral": 0.3, "positive": 0.48}, None),
        ("sentiment", {"negative": 0.9, "neutral": 0.3, "positive": 0.6}, Opinion("negative", 0.9)),
    ],
)
def test_of_independent_labels_none_is_said_that_is_not_likely(
    field: str, chances: dict[str, float], expected: Opinion | None, tmp_path: Path
) -> None:
    model = TransformerModel(a_model(with_chances(tmp_path / "free", **chances), field=field))
    assert model.opinions([GLAD]) == [expected]


def test_of_independent_labels_of_one_meaning_the_likeliest_counts(tmp_path: Path) -> None:
    folder = with_chances(tmp_path / "free", insult=0.6, threat=0.7)
    model = TransformerModel(a_model(folder, field="spam", labels={"insult": "true", "threat": "true"}))
    assert model.opinions([GLAD]) == [Opinion("true", 0.7)]


def test_a_model_of_one_number_is_refused(tmp_path: Path) -> None:
    folder = tiny_model(tmp_path / "number", problem_type="regression")
    assert "gives one number and no label" in refusal(folder)
    single = tiny_model(tmp_path / "single", labels=("positive",))
    assert "gives one number and no label" in refusal(single)


def test_a_graph_may_stand_where_exporters_put_it_or_where_the_settings_say(tmp_path: Path) -> None:
    folder = tiny_model(tmp_path / "below", onnx_file="onnx/model.onnx")
    assert labels(TransformerModel(a_model(folder)), GLAD) == ["positive"]
    named = tiny_model(tmp_path / "named", onnx_file="small.onnx")
    assert labels(TransformerModel(a_model(named, file="small.onnx")), GLAD) == ["positive"]
    assert "it has no file other.onnx" in refusal(named, file="other.onnx")


def test_a_graph_that_wants_token_types_gets_them(tmp_path: Path) -> None:
    folder = tiny_model(tmp_path / "typed", inputs=("input_ids", "attention_mask", "token_type_ids"))
    assert labels(TransformerModel(a_model(folder)), GLAD, ANGRY) == ["positive", "negative"]


def test_a_graph_that_wants_something_unknown_is_refused(tmp_path: Path) -> None:
    folder = tiny_model(tmp_path / "image", inputs=("input_ids", "attention_mask", "pixel_values"))
    assert "it wants pixel_values" in refusal(folder)


def test_a_graph_of_other_labels_than_its_configuration_is_refused(tmp_path: Path) -> None:
    folder = tiny_model(tmp_path / "torn")
    config = folder / "config.json"
    config.write_text(config.read_text().replace('"2": "positive"', '"2": "positive", "3": "other"'))
    assert "4 labels" in refusal(folder, labels={"other": "neutral"})


def test_labels_that_are_not_counted_from_nought_are_told(tmp_path: Path) -> None:
    folder = tiny_model(tmp_path / "gap", id2label={"1": "negative", "2": "neutral", "4": "positive"})
    assert "its config.json numbers its labels 1, 2, 4: `id2label` must count from 0" in refusal(folder)


def test_without_torch_and_without_a_graph_the_error_names_the_extra(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)  # as if it were not installed
    folder = tiny_model(tmp_path / "weights", onnx_file="", safetensors=True)
    told = refusal(folder)
    assert "pip install 'ouvidor[torch]'" in told
    assert "optimum-cli export onnx" in told


@pytest.mark.parametrize(
    ("break_it", "told"),
    [
        (lambda folder: (folder / "config.json").unlink(), "there is no config.json in it"),
        (lambda folder: (folder / "config.json").write_text("{"), "cannot be loaded"),
        (lambda folder: (folder / "model.onnx").write_bytes(b"\x00" * 99), "cannot be loaded"),
        (lambda folder: (folder / "model.onnx").write_bytes(b""), "cannot be loaded"),
        (lambda folder: (folder / "vocab.txt").unlink(), "it has no tokenizer, without which no word can be read"),
        (lambda folder: tokenizer_says(folder, tokenizer_class="XLMRobertaTokenizer"), "its tokenizer knows no word"),
        (shutil.rmtree, "there is no such folder"),
    ],
)
def test_a_broken_folder_is_told_in_one_line(break_it: Any, told: str, tmp_path: Path) -> None:
    folder = tiny_model(tmp_path / "broken")
    break_it(folder)
    message = refusal(folder)
    assert message.startswith(f"the model {folder} for sentiment")
    assert told in message
    assert "\n" not in message


def test_the_code_of_a_model_is_never_run(tmp_path: Path) -> None:
    folder = tiny_model(
        tmp_path / "code", model_type="own", auto_map={"AutoConfig": "own.Own", "AutoTokenizer": ["own.Own", None]}
    )
    (folder / "own.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\nclass Own: ...\n")
    told = refusal(folder)
    assert "brings its own code, and such models are not run" in told
    assert "trust_remote_code" not in told
    assert not (tmp_path / "ran").exists()


needs_torch = pytest.mark.skipif(not has_torch(), reason="the extra torch is not installed")


@needs_torch
def test_torch_gives_the_same_labels_as_the_graph(tiny: Path, tmp_path: Path) -> None:
    folder = tiny_model(tmp_path / "weights", onnx_file="", safetensors=True)
    texts = [GLAD, ANGRY, PLAIN, *AWKWARD, COMPLAINT, PRAISE]
    with_torch = TransformerModel(a_model(folder)).opinions(texts)
    without = TransformerModel(a_model(tiny)).opinions(texts)
    for ours, theirs in zip(with_torch, without, strict=True):
        assert (ours and ours.label) == (theirs and theirs.label)
        assert ours is None or theirs is None or abs(ours.share - theirs.share) < 0.002


@needs_torch
def test_weights_without_a_head_are_refused_rather_than_guessed(tmp_path: Path) -> None:
    folder = tiny_model(tmp_path / "bare", onnx_file="", safetensors=True, without="classifier.")
    assert "its weights lack classifier.bias, classifier.weight" in refusal(folder)
