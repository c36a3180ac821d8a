"""What one sentence of a long text says is heard, and nothing is made of what is only said again."""

import numpy as np
import pytest

from classifier.embedded import EmbeddedClassifier
from classifier.parts import STEP, parts, raise_by_parts
from classifier.text import HEAD, LONG, TAIL
from models import Hold

BEFORE = (
    "Comprei uma geladeira na loja do centro no fim de semana passado. Ela chegou com a porta amassada e o motor faz "
    "um barulho estranho desde que liguei. "
)
AFTER = (
    " Já falei com o atendimento pelo chat e pelo telefone, e cada um disse uma coisa. Quero saber quando vão trocar o "
    "produto ou devolver o dinheiro."
)


@pytest.fixture(scope="module")
def classifier() -> EmbeddedClassifier:
    return EmbeddedClassifier()


def holds(classifier: EmbeddedClassifier, text: str) -> set[Hold]:
    return set(classifier.classify([text])[0].holds)


@pytest.mark.parametrize(
    ("sentence", "hold"),
    [
        ("Eu penso em me matar todos os dias.", Hold.SELF_HARM),
        ("Vou matar o gerente dessa loja.", Hold.VIOLENCE_HATE),
        ("Meu advogado vai entrar com um processo na Justiça.", Hold.LEGAL),
        ("Meu pai morreu eletrocutado por causa disso.", Hold.DEATH),
        ("Sou repórter da Folha e queria uma nota da empresa.", Hold.PRESS),
    ],
)
def test_a_sentence_among_others_is_held_as_it_is_alone(
    classifier: EmbeddedClassifier, sentence: str, hold: Hold
) -> None:
    assert hold not in holds(classifier, BEFORE + AFTER)
    assert hold in holds(classifier, sentence)
    assert hold in holds(classifier, BEFORE + sentence + AFTER)


def test_what_is_said_again_changes_nothing(classifier: EmbeddedClassifier) -> None:
    text = "Meu pedido atrasou de novo e o chat não responde, já mandei e-mail e nada."
    last = "Quero uma resposta de vocês ainda hoje, por favor, antes do fim do dia, e o reembolso do frete."
    once = classifier.classify([f"{text}\n{last}"])[0]
    for times in (2, 20, 60):
        for between in (" ", "\n", "\n\n"):
            assert classifier.classify([between.join([text] * times) + f"\n{last}"])[0] == once


def test_a_short_text_and_one_sentence_have_no_parts() -> None:
    assert parts("Oi. Tudo bem? " * 3) == []
    assert parts("a" * (LONG + 40)) == []


def test_short_sentences_go_with_the_next_and_endless_ones_are_cut() -> None:
    endless = " ".join(f"palavra{number}" for number in range(60))
    found = parts(f"Oi! Bom dia. Meu pedido não chegou até agora.\n{endless}")
    assert found[0] == "Oi! Bom dia."
    assert found[1] == "Meu pedido não chegou até agora."
    assert [len(part.split()) for part in found[2:]] == [25, 25, 10]


@pytest.mark.parametrize("unit", ["a. ", "\n", "é! ", "palavra ", "Não chegou nada. "])
def test_parts_are_bounded_however_long_the_text_is(unit: str) -> None:
    found = parts(unit * 100_000)
    assert sum(map(len, found)) <= HEAD + TAIL


def test_the_loudest_sentence_counts_less_a_step() -> None:
    scores = np.array([[0.0, 2.0], [-3.0, -3.0]], dtype=np.float32)
    raise_by_parts(scores, [0, 0, 1], np.array([[1.5, 0.0], [4.0, 2.5], [-9.0, -1.0]], dtype=np.float32))
    assert scores.tolist() == [[4.0 - STEP, 2.0], [-3.0, -1.0 - STEP]]
