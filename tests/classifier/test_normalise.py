"""Every text is normalised by itself: its length is bounded, and its beginning and end are kept."""

import pytest

from classifier.text import HEAD, TAIL, normalise

SHRINKING = "e\u0301" * 3_500
GROWING = ["\ufdfa" * 420, "\u2026" * 5_000, "\ufb01 " * 3_500, "&#xfdfa;" * 800]


@pytest.mark.parametrize("growing", GROWING, ids=range(len(GROWING)))
def test_a_text_that_grows_reads_the_same_beside_any_other(growing: str) -> None:
    text = f"Péssimo {growing} o pedido não chegou"
    alone = normalise([text])
    for other in ("", "ok", SHRINKING, growing):
        beside = normalise([other, text, other])
        assert (beside.plain[1], beside.words[1]) == (alone.plain[0], alone.words[0])


@pytest.mark.parametrize("growing", [*GROWING, "a" * 20_000, "\ufdfa" * 20_000], ids=range(len(GROWING) + 2))
def test_of_a_long_text_the_beginning_and_the_end_are_read(growing: str) -> None:
    (plain,) = normalise([f"Péssimo {growing} o pedido não chegou"]).plain
    assert len(plain) <= HEAD + TAIL + 1
    assert plain.startswith("Péssimo ")
    assert plain.endswith(" o pedido não chegou")
