"""The bench measures what is there, on one core, each contestant alone; what is missing is told and costs nothing."""

import json
import math
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from classifier.corpus import EXAMINATION, own
from classifier.onnx_session import OnnxSession
from commands.bench import FIVE, ContestantError, measured, posts
from commands.bench_contestants import ROUNDS, Contestant, percentile, spread
from commands.bench_contestants import measured as measured_here
from commands.bench_roberta import Size, build, parameters
from tests.commands.conftest import Ouvidor

SMALL = Size(layers=2, hidden=16, heads=2, inner=32, vocabulary=50, positions=20)


def test_every_beginning_of_an_order_lies_evenly_over_all() -> None:
    for number in (1, 2, 3, 7, 42, 256):
        assert sorted(spread(number)) == list(range(number))
    assert spread(100)[0] == 50
    assert max(np.diff(sorted(spread(100)[:10]))) <= 20


def test_percentiles_are_those_counted_by_hand() -> None:
    values = [float(value) for value in range(100, 0, -1)]
    assert (percentile(values, 0.5), percentile(values, 0.99)) == (50, 99)
    assert percentile([3.0, 1.0], 0.5) == 1
    assert percentile([3.0, 1.0], 0.99) == 3


def test_the_posts_are_short_ones_of_the_examination_and_the_same_for_the_same_seed() -> None:
    found = posts(1_000)
    assert len(found) == 1_000
    assert max(map(len, found)) <= 280
    short = {text.text for text in own(EXAMINATION) if len(text.text) <= 280}
    assert set(found[: len(short)]) == short  # each once before one comes twice
    assert found == posts(1_000)
    assert found != posts(1_000, seed=2)


def test_every_round_reads_the_same_texts_in_the_same_order() -> None:
    read: list[Sequence[str]] = []
    found = measured_here(Contestant(read.append, [["a", "b"], ["c"]], 7), 0)
    assert read == [["a"], *[["a", "b"]] * ROUNDS, *read[1 + ROUNDS :]]
    assert all(len(alone) == 1 for alone in read[1 + ROUNDS :])
    assert found["model_bytes"] == 7
    assert found["texts_in_rounds"] == 2 * ROUNDS
    assert found["texts_one_by_one"] == len(read) - 1 - ROUNDS >= 3
    assert found["texts_per_second_best"] >= found["texts_per_second_one_core"] > 0
    assert found["p99_ms_one_text"] >= found["p50_ms_one_text"] >= 0


def test_the_random_model_is_as_large_as_roberta_base() -> None:
    # What transformers counts for RobertaForSequenceClassification of roberta-base with three labels.
    assert sum(math.prod(shape) for _, shape in parameters(Size())) == 124_647_939


def test_the_random_model_reads_every_token_and_no_padding(tmp_path: Path) -> None:
    session = OnnxSession(build(tmp_path, SMALL), threads=1)
    ids = np.array([[5, 6, 7, 8], [5, 6, 7, 9], [5, 6, 7, 9]])
    mask = np.array([[1, 1, 1, 1], [1, 1, 1, 1], [1, 1, 1, 0]])
    whole, other, short = session.logits({"input_ids": ids, "attention_mask": mask})
    assert whole.shape == (3,)
    assert np.isfinite(whole).all()
    assert not np.allclose(whole, other, atol=1e-7)
    alone = session.logits({"input_ids": ids[2:, :3], "attention_mask": mask[2:, :3]})[0]
    assert np.allclose(alone, short, atol=1e-5)


def test_a_folder_that_somebody_stands_in_hides_none_of_our_modules(folder: Path) -> None:
    for name in ("commands", "json"):
        (folder / f"{name}.py").write_text("raise SystemExit('hidden')\n")
    assert measured("vader", ["so good"], 0.05)["texts_per_second_one_core"] > 0


def test_memory_is_that_of_the_contestant_and_not_of_who_started_it() -> None:
    large = b"x" * 300_000_000
    assert 5 < measured("vader", ["so good"], 0.05)["rss_mb"] < len(large) / 1e6


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="this system pins no process to a core")
def test_a_contestant_has_one_core() -> None:
    assert measured("vader", ["so good"], 0.05)["cores"] == 1


def test_a_contestant_that_fails_tells_its_last_words() -> None:
    with pytest.raises(ContestantError, match=r"vader ended with 1: IndexError"):
        measured("vader", [], 0.05)


@pytest.mark.slow
def test_what_is_not_installed_is_skipped_and_told(ouvidor: Ouvidor, monkeypatch: pytest.MonkeyPatch) -> None:
    for library in ("onnx", "vaderSentiment"):
        monkeypatch.setitem(sys.modules, library, None)
    found = ouvidor("bench", "classify", "--seconds", "0.3", "--json")
    assert found.code == 0
    told = json.loads(found.out)
    assert told["vader"] is told["roberta_base_random"] is None
    assert told["skipped"] == dict.fromkeys(("vader", "roberta_base_random"), "pip install 'ouvidor[bench]'")
    assert {figure: told["embedded"][figure] for figure in FIVE} == {figure: told[figure] for figure in FIVE}
    assert all(told[figure] > 0 for figure in FIVE)
    assert told["machine"]["cores"] >= 1

    printed = ouvidor("bench", "classify", "--seconds", "0.3").out
    assert "vader was left out: pip install 'ouvidor[bench]'" in printed


@pytest.mark.slow
def test_all_three_are_measured_in_one_run(ouvidor: Ouvidor) -> None:
    found = ouvidor("bench", "classify", "--seconds", "0.5", "--json")
    assert found.code == 0
    told = json.loads(found.out)
    names = ("embedded", "vader", "roberta_base_random")
    assert set(told) == {*FIVE, *names, "machine"}
    for name in names:
        assert all(told[name][figure] > 0 for figure in FIVE), name
        assert told[name]["rounds"] >= 3
    assert told["roberta_base_random"]["model_bytes"] > 124_647_939 * 4
    assert told["model_bytes"] == told["embedded"]["model_bytes"] < 20_000_000
