"""Urgency, type and holds follow the labels, in Portuguese, English and Spanish, and are not fooled by daily speech."""

import pytest

from classifier import configured
from classifier.base import Verdict
from models import Hold, MentionType, Urgency


def judged(text: str) -> Verdict:
    return configured().classify([text])[0]


@pytest.mark.parametrize(
    ("text", "urgency"),
    [
        ("O carregador de vocês pegou fogo na tomada agora há pouco", Urgency.CRITICAL),
        ("Estamos sem luz desde cedo aqui no bairro e ninguém atende", Urgency.CRITICAL),
        ("Clonaram meu cartão e estão fazendo compras neste momento", Urgency.CRITICAL),
        ("The battery exploded and burned my hand", Urgency.CRITICAL),
        ("We are stranded at the airport, you cancelled our flight and there is no hotel", Urgency.CRITICAL),
        ("Estamos sin agua desde ayer y no responden", Urgency.CRITICAL),
        ("Fui cobrado duas vezes e até agora não devolveram meu dinheiro", Urgency.HIGH),
        ("Já liguei três vezes e ninguém resolve", Urgency.HIGH),
        ("I was charged twice and still no refund", Urgency.HIGH),
        ("Me cobraron dos veces y nadie me responde", Urgency.HIGH),
        ("Vou entrar com um processo se não resolverem", Urgency.HIGH),
        ("Qual o horário de funcionamento da loja?", Urgency.NORMAL),
        ("Do you deliver to Lisbon?", Urgency.NORMAL),
        ("Adorei o produto, parabéns!", Urgency.LOW),
        ("Muchas gracias por la ayuda, excelente atención", Urgency.LOW),
        ("Bom dia!", Urgency.LOW),
    ],
)
def test_urgency_goes_by_harm_and_time(text: str, urgency: Urgency) -> None:
    assert judged(text).urgency is urgency


def test_shouting_urgent_changes_nothing() -> None:
    assert judged("URGENTE!!! QUAL O HORÁRIO DA LOJA???").urgency is judged("qual o horário da loja?").urgency


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Meu pedido chegou quebrado", MentionType.COMPLAINT),
        ("Quando vocês vão me responder? Já mandei 4 e-mails", MentionType.COMPLAINT),
        ("This app keeps crashing every time I open it", MentionType.COMPLAINT),
        ("El producto llegó roto y no me responden", MentionType.COMPLAINT),
        ("Vocês entregam em Manaus?", MentionType.QUESTION),
        ("How do I change my delivery address?", MentionType.QUESTION),
        ("¿Cuánto cuesta el envío a Rosario?", MentionType.QUESTION),
        ("Sugestão: seria ótimo se o app tivesse modo escuro", MentionType.SUGGESTION),
        ("It would be great if you added a dark mode", MentionType.SUGGESTION),
        ("Sugiero que agreguen pago con QR", MentionType.SUGGESTION),
        ("Amei o atendimento, muito obrigada!", MentionType.PRAISE),
        ("Thank you so much, your team is amazing", MentionType.PRAISE),
        ("Excelente servicio, los recomiendo", MentionType.PRAISE),
        ("Use o cupom QUERO10 e ganhe 20% off, link na bio!", MentionType.OTHER),
        ("Vaga de vendedor: envie seu currículo para o nosso RH", MentionType.OTHER),
        ("We're hiring! Apply now, link in bio", MentionType.OTHER),
    ],
)
def test_the_type_is_the_first_that_fits(text: str, kind: MentionType) -> None:
    assert judged(text).type is kind


@pytest.mark.parametrize(
    ("text", "hold"),
    [
        ("Meu advogado já está com o caso, vou no Procon amanhã", Hold.LEGAL),
        ("My lawyer will contact you, see you in court", Hold.LEGAL),
        ("Voy a denunciarlos ante Profeco", Hold.LEGAL),
        ("Levei um choque ao ligar a geladeira", Hold.DANGER),
        ("I got food poisoning after eating there", Hold.DANGER),
        ("Mi hijo de 5 años se intoxicó con su yogur", Hold.MINORS),
        ("Meu filho se machucou com o brinquedo de vocês", Hold.MINORS),
        ("Não aguento mais, vou me matar por causa dessa dívida", Hold.SELF_HARM),
        ("Vou matar o gerente dessa loja", Hold.VIOLENCE_HATE),
        ("Meu pai faleceu e vocês continuam cobrando", Hold.DEATH),
        ("Sou jornalista da rádio local e gostaria de uma entrevista", Hold.PRESS),
        ("I'm a journalist writing a story about your delays", Hold.PRESS),
        ("Vazaram meus dados na internet", Hold.DATA_BREACH),
        ("I can see another customer's order and address in my account", Hold.DATA_BREACH),
    ],
)
def test_what_no_automation_may_answer_is_held(text: str, hold: Hold) -> None:
    assert hold in judged(text).holds


@pytest.mark.parametrize(
    "text",
    [
        "Morri de rir com a propaganda de vocês",
        "Matei a saudade do lanche, que delícia",
        "Como funciona o processo de devolução?",
        "A campanha bombou nas redes",
        "Queima de estoque só hoje na nossa loja",
        "Dying of laughter at this ad",
        "My phone died, which charger do you recommend?",
        "Me muero de hambre, ¿a qué hora abren?",
        "Oferta urgente! Compre já, imperdível",
    ],
)
def test_daily_speech_holds_nothing(text: str) -> None:
    verdict = judged(text)
    assert verdict.holds == ()
    assert verdict.urgency in {Urgency.NORMAL, Urgency.LOW}


def test_naming_a_complaint_site_alone_is_not_legal() -> None:
    assert Hold.LEGAL not in judged("Vou reclamar no Reclame Aqui, meu pedido atrasou").holds


def test_a_threat_to_go_to_the_press_is_urgent_and_not_held() -> None:
    verdict = judged("Se não devolverem meu dinheiro vou contar tudo na imprensa")
    assert verdict.urgency is Urgency.HIGH
    assert Hold.PRESS not in verdict.holds


def test_shorthand_is_understood() -> None:
    assert judged("vcs n responderam, já mandei msg 3x e nd").type is MentionType.COMPLAINT
