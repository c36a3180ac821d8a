"""The n-grams that travel with the package score texts as py3langid does."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from py3langid.langid import MODEL_FILE, LanguageIdentifier, visit_counts

from classifier.grams import TABLES, Tables, dump, load, packaged
from classifier.language import FOREIGN, LANGUAGES
from classifier.narrow import main
from errors import OuvidorError
from sandbox.corpus import corpus


@pytest.fixture(scope="module")
def identifier() -> LanguageIdentifier:
    return LanguageIdentifier.from_model_file(MODEL_FILE)


def as_py3langid_does(identifier: LanguageIdentifier, text: bytes) -> NDArray[np.float32]:
    columns = [list(identifier.nb_classes).index(language) for language in (*LANGUAGES, *FOREIGN)]
    rows = [row << 8 for row in identifier.tk_row]
    counts = visit_counts(identifier.tk_nextmove, rows, identifier.tk_output, text) or {}
    if not counts:
        return np.zeros(len(columns), dtype=np.float32)
    shares = np.log1p(np.array(list(counts.values()), dtype=np.float32))
    table = identifier.nb_ptc[:, columns].astype(np.float32)
    scores: NDArray[np.float32] = shares @ table[list(counts)] + identifier.nb_pc[columns]
    return scores


def test_a_text_scores_as_py3langid_scores_it(identifier: LanguageIdentifier) -> None:
    texts = [text.text.encode() for text in corpus()] + ["Где мой заказ".encode(), "注文".encode(), b"", b"a", b"\n\n"]
    wanted = [as_py3langid_does(identifier, text) for text in texts]
    np.testing.assert_allclose(packaged().scores(texts), wanted, rtol=1e-4, atol=1e-3)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.text(max_size=80), min_size=1, max_size=6))
def test_a_score_does_not_depend_on_its_neighbours(texts: list[str]) -> None:
    encoded = [text.encode("utf-8", "surrogatepass") for text in texts]
    alone = np.concatenate([packaged().scores([text]) for text in encoded])
    np.testing.assert_allclose(packaged().scores(encoded), alone, rtol=1e-6)


def test_no_text_gets_no_score() -> None:
    assert len(packaged().scores([])) == 0


@pytest.mark.slow
def test_the_tables_are_those_that_py3langid_narrows_to(tmp_path: Path) -> None:
    assert main(["--out", str(tmp_path / TABLES)]) == 0
    texts = [text.text.encode() for text in corpus()]
    np.testing.assert_array_equal(load((tmp_path / TABLES).read_bytes()).scores(texts), packaged().scores(texts))


def test_nothing_else_is_taken_for_tables() -> None:
    with pytest.raises(OuvidorError, match=TABLES):
        load(b"not tables")


def test_tables_that_find_no_slot_for_an_n_gram_are_refused_and_do_not_hang() -> None:
    crowded = Tables(
        grams=np.full(3, 0x16162, dtype=np.uint64),
        features=np.zeros(3, dtype=np.int32),
        rows=np.zeros(1, dtype=np.uint16),
        table=np.zeros((1, 1), dtype=np.float16),
        prior=np.zeros(1, dtype=np.float32),
    )
    with pytest.raises(OuvidorError, match="twice"):
        load(dump(crowded))
