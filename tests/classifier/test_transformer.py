"""Any sequence-classification model: loaded from its folder or the hub's cache, told what its labels mean."""

import shutil
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

from classifier.model_files import has_torch
from classifier.opinions import Opinion
from classifier.transformer import TransformerClassifier, TransformerModel, batches
from errors import SettingsError
from models import Sentiment
from settings_classifier import ModelSettings
from tests.classifier.tiny import tiny_model
from tests.contract.test_classifiers import AWKWARD, COMPLAINT, PRAISE

GLAD, ANGRY, PLAIN = "Amei, atendimento excelente!", "Péssimo, que descaso", "onde foi a entrega do pedido"


def a_model(folder: Path | str, **fields: Any) -> ModelSettings:
    return ModelSettings(**{"field": "sentiment", "model": str(folder), **fields})


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
    config = folder / "tokenizer_config.json"
    config.write_text(config.read_text().replace('"model_max_length": 64', '"model_max_length": 4096'))
    model = TransformerModel(a_model(folder))
    assert labels(model, GLAD, "the " * 100, ANGRY) == ["positive", None, "negative"]
    assert labels(model, "the " * 100) == [None]


def test_a_batch_is_bounded_by_its_texts_and_by_its_tokens() -> None:
    lengths = {0: 5000, 1: 10, 2: 3, 3: 4500, 4: 11, 5: 9000}
    assert list(batches(lengths, 2)) == [[2, 1], [4], [3], [0], [5]]
    assert list(batches(lengths, 9)) == [[2, 1, 4], [3], [0], [5]]


def test_scores_that_are_no_numbers_still_give_an_opinion(tmp_path: Path) -> None:
    folder = tiny_model(tmp_path / "blind")
    graph = onnx.load(folder / "model.onnx")
    bias = next(one for one in graph.graph.initializer if one.name == "classifier.bias")
    bias.CopyFrom(numpy_helper.from_array(np.array((np.nan, np.inf, 0), np.float32), "classifier.bias"))
    onnx.save(graph, folder / "model.onnx")
    (found,) = TransformerModel(a_model(folder)).opinions([GLAD])
    assert found is not None
    assert 0 <= found.share <= 1


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
                graph = onnx.load(file)
                bias = next(one for one in graph.graph.initializer if one.name == "classifier.bias")
                bias.CopyFrom(numpy_helper.from_array(np.array((0, 3.5, 0), np.float32), "classifier.bias"))
                onnx.save(graph, file)
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
    assert "cannot be loaded" in refusal(folder)
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
