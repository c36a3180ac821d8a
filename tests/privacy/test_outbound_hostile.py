"""Answers made to cost time: twice the text takes about twice the time."""

import time

import pytest

from privacy.outbound import outbound
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
    _assert_linear(unit, _LENGTH // 5)


@pytest.mark.slow
@pytest.mark.parametrize("unit", [*UNITS, *_SLOW])
def test_twice_the_answer_of_any_kind_takes_about_twice_the_time(unit: str) -> None:
    _assert_linear(unit, _LENGTH)


def _assert_linear(unit: str, length: int) -> None:
    half, whole = (unit * (size // len(unit)) for size in (length // 2, length))
    for tried in range(5):
        grown = _least_time(whole, 2 + tried) / max(_least_time(half, 2 + tried), 0.002)
        if grown <= 2.6:
            return
    pytest.fail(f"twice the text took {grown:.1f} times as long")


def _least_time(text: str, runs: int) -> float:
    times = []
    for _ in range(runs):
        start = time.process_time()
        outbound(text)
        times.append(time.process_time() - start)
    return min(times)
