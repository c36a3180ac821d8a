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


@pytest.mark.parametrize(
    "disguised",
    [
        "quero\u200b me ma\u200btar",  # a space of no width
        "quero me m\u00adatar",  # a hyphen that is not shown
        "\u202equero me matar\u202c",  # turned round
        "quero me m\u0430t\u0430r",  # Cyrillic
        "quero me m@tar",
        "QUERO ME M@T\u0410R",
    ],
)
def test_words_in_disguise_are_read_as_they_look(disguised: str) -> None:
    assert normalise([disguised]).words == ["quero me matar"]


@pytest.mark.parametrize(
    "text", ["meu e-mail é joao@example.com", "escreva para a-b@c-d.com.br", "fala com @loja", "a @ b", "@", "x@"]
)
def test_addresses_and_handles_are_no_disguise(text: str) -> None:
    apart = text.replace("@", " @ ")  # where it stands alone it is never read as a letter
    assert normalise([text]).words[0].count("a") <= normalise([apart]).words[0].count("a")


def test_what_is_said_again_is_read_once() -> None:
    text = "Meu pedido atrasou e ninguém responde no chat. "
    assert normalise([text * 40]).words == normalise([text.strip()]).words
    assert normalise([text * 2]).words != normalise([text.strip()]).words  # of a short text, every word
