"""Answers made to cost time: twice the text takes about twice the time."""

import pytest

from privacy.outbound import outbound
from tests.linear import assert_linear
from tests.privacy.test_hostile import UNITS

_LENGTH = 100_000
_QUICK = ("1 ", "me passa seu cpf ", "seu cpf, ", "um ", "a arroba b ponto ", "cpf? ")
_SLOW = (
    *(
        "vinte e ",
        "cento e ",
        "c-",
        "c.",
        "a at b ",
        "a @ b . ",
        "( at ) ",
        "o 1 ",
        "1,",
        "1. ",
        "\n1",
        "me passa ",
        "não ",
    ),
    *(
        "para o ",
        "DM ",
        "qual ",
        "a.",
        "@a ",
        "1 o ",
        "AB 123 456 0001 ",
        "A B 1 ",
        "%40",
        "seu telefone na DM ",
        "a a ",
    ),
    *(
        "informe cpf e ",
        "wa.me/",
        "@gmail ",
        "a ponto ",
        "20261120-000123 ",
        "a gente ",
        "one hundred and ",
        "não seu cpf ",
    ),
)


@pytest.mark.parametrize("unit", _QUICK)
def test_twice_the_answer_takes_about_twice_the_time(unit: str) -> None:
    assert_linear(outbound, unit, _LENGTH // 5)


@pytest.mark.slow
@pytest.mark.parametrize("unit", [*UNITS, *_SLOW])
def test_twice_the_answer_of_any_kind_takes_about_twice_the_time(unit: str) -> None:
    assert_linear(outbound, unit, _LENGTH)
