"""A masked text holds nothing of what was found."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from privacy.find import find
from privacy.mask import mask
from tests.privacy.labelled import read, sample

PIECES = (
    "529.982.247-25",
    "52998224725",
    "12345678900",
    "11987654321",
    "(11) 98765-4321",
    "4111 1111 1111 1111",
    "4111-1111-1111-1111-123",
    "11.222.333/0001-81",
    "12ABC34501DE35",
    "Rua São E, 2.500",
    "a@b.com.br",
    "Rua das Flores, 77",
    "01310-100",
    "ABC1D23",
    "ABC-1234",
    "+44 7911 123456",
    "cpf ",
    "tel ",
    "pedido ",
    "placa ",
    "cnpj ",
    "\u200b",
    "\x00",
    "\uff11",
    "\u0301",
    "\ufdfa",
    "\U0001f62d",
    "\u202e",
    " ",
    ", ",
    "-",
    ".",
    "/",
    "@",
    "+",
    "(",
    "1",
    "12",
    "https://x.com/",
    "[",
    "]",
    "\n",
    "\ud800",
)
PIECEWISE = st.lists(st.sampled_from(PIECES), max_size=30).map("".join)
ANY_TEXT = st.one_of(st.text(st.characters(), max_size=300), PIECEWISE)


def test_each_piece_becomes_its_kind() -> None:
    text = "CPF 529.982.247-25, tel (11) 98765-4321, placa ABC1D23, a@b.com.br, Rua das Flores, 77."
    assert mask(text) == "CPF [cpf], tel [phone], placa [plate], [email], [address]."
    assert mask("nada") == "nada"


@pytest.mark.parametrize("part", ["first", "second", "third"])
def test_no_digit_of_a_labelled_piece_stays(part: str) -> None:
    for line in sample(part):
        text, pieces = read(line)
        masked = mask(text)
        for _, start, end in pieces:
            assert text[start:end].removeprefix("https://wa.me/") not in masked


@given(ANY_TEXT)
def test_masking_never_raises_and_leaves_nothing_to_find(text: str) -> None:
    masked = mask(text)
    assert find(masked) == ()
    assert mask(masked) == masked


@given(ANY_TEXT)
def test_every_span_lies_in_the_text_and_none_overlaps(text: str) -> None:
    end = 0
    for piece in find(text):
        assert end <= piece.start < piece.end <= len(text)
        end = piece.end


@given(ANY_TEXT, ANY_TEXT)
def test_what_is_left_is_what_stood_around(before: str, after: str) -> None:
    text = f"{before}\n\n{after}"
    found = find(text)
    if len(found) == 1 and not find(text[: found[0].start] + f"[{found[0].kind}]" + text[found[0].end :]):
        assert mask(text) == f"{text[: found[0].start]}[{found[0].kind.value}]{text[found[0].end :]}"


def test_a_marker_says_nothing_of_the_number_beside_it() -> None:
    """The word in [cpf] must not make a CPF of what only follows one."""
    assert mask("529.982.247-25 12345678900") == "[cpf] 12345678900"
    assert mask("(11) 98765-4321 34567890") == "[phone] 34567890"
