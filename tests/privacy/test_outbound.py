"""What a public answer must not show, what it must not ask for, and what may always stand."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from models import PersonalData
from privacy.outbound import Finding, Why, outbound

K = PersonalData


def _shown(text: str, *allowed: str) -> list[tuple[PersonalData, str]]:
    return [(found.kind, text[found.start : found.end]) for found in outbound(text, allowed) if found.why is Why.SHOWN]


def _asked(text: str) -> list[PersonalData]:
    return [found.kind for found in outbound(text) if found.why is Why.ASKED]


def test_findings_come_in_order_with_their_places_in_the_text_as_it_was_given() -> None:
    text = "😀\u200b seu CPF 529\u200b.982.247-25; me passa seu telefone?"
    assert outbound(text) == (
        Finding(K.CPF, Why.SHOWN, 11, 26),
        Finding(K.PHONE, Why.ASKED, 41, 49),
    )
    assert text[11:26] == "529\u200b.982.247-25"
    assert text[41:49] == "telefone"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Seu CPF é 529.982.247-25.", K.CPF),
        ("cpf 5 2 9 9 8 2 2 4 7 2 5", K.CPF),
        ("cpf 529 . 982 . 247 - 25", K.CPF),
        ("529.982.\n247-25 consta", K.CPF),
        ("cinco dois nove ponto nove oito dois ponto dois quatro sete traço dois cinco", K.CPF),
        ("five two nine nine eight two two four seven two five", K.CPF),
        ("cinco dos nueve, nueve ocho dos, dos cuatro siete, guion dos cinco", K.CPF),
        ("quinhentos e vinte e nove, novecentos e oitenta e dois, duzentos e quarenta e sete, vinte e cinco", K.CPF),
        ("cpf 529.982.247-2S", K.CPF),
        ("５２９．９８２．２４７－２５", K.CPF),
        ("CNPJ 11 222 333 0001 81", K.CNPJ),
        ("CNPJ 12 ABC 345 01DE 35", K.CNPJ),
        ("ligamos no (11) 9 8 7 6 5 - 4 3 2 1", K.PHONE),
        ("onze nove oito sete meia cinco quatro três dois um", K.PHONE),
        ("tel. 1l 98765-432l", K.PHONE),
        ("two one two, five five five, zero one four seven", K.PHONE),
        ("seu cartão 4111 1111 1111 1111", K.CARD),
        ("4-1-1-1-1-1-1-1-1-1-1-1-1-1-1-1", K.CARD),
        ("ana arroba gmail ponto com", K.EMAIL),
        ("ana [at] empresa [dot] com", K.EMAIL),
        ("ana guion bajo lopez arroba correo punto com punto mx", K.EMAIL),
        ("a n a @ g m a i l . c o m", K.EMAIL),
        ("ana@gmail\n.com", K.EMAIL),
    ],
)
def test_what_is_hidden_is_seen(text: str, kind: PersonalData) -> None:
    assert [found for found, _ in _shown(text)] == [kind]


@pytest.mark.parametrize(
    "text",
    [
        "Protocolo 20261120-000123.",
        "Pedido 11987654321 enviado",
        "Order 212-555-0147",
        "Rastreio QB123456789BR",
        "R$ 1.299,90 em 12x de R$ 108,33",
        "até 25/11/2026 às 14h30, ligue",
        "produto 01310-100",
        "Ligue 0800 123 4567, 4004-1234 ou 3003 1234",
        "Atualize para a versão 11.9.8765.4321",
        "1-800-555-0199 or 1 900 555 0199",
        "@lojaaurora, @aurora.oficial e https://lojaaurora.com.br/ajuda/52998224725",
        "o ponto de entrega, at the store, arroba de café",
        "CPF ***.982.247-**, cartão final 1234",
        "000.000.000-00",
        "24/7, 100%, desde 2026",
        "1 2 3 4 5 6 7 8 9 10",
        "chave 4062 2225 2588 0744 1892 0389 4500 1415 8466 7915 7171",
        "Nossa loja fica na Rua Augusta, 1500",
    ],
)
def test_what_only_looks_like_personal_data_may_stand(text: str) -> None:
    assert outbound(text) == ()


def test_an_address_and_a_plate_are_found_where_they_are_a_customers() -> None:
    assert _shown("Entregamos na Rua das Flores, 77 apto 12") == [(K.ADDRESS, "Rua das Flores, 77 apto 12")]
    assert _shown("o carro de placa ABC1D23") == [(K.PLATE, "ABC1D23")]
    assert _shown("o modelo novo ABC1D23 chegou") == []


@pytest.mark.parametrize(
    "written", ["(11) 3333-4444", "+55 11 3333 4444", "tel 3333-4444", "tel: 1 1 3 3 3 3 4 4 4 4", "tel 1133334444"]
)
def test_our_own_number_may_stand_however_it_is_written(written: str) -> None:
    assert _shown(f"Fale com a gente: {written}", "(11) 3333-4444") == []
    assert _shown("ligue (11) 3333-4445", "(11) 3333-4444") == [(K.PHONE, "(11) 3333-4445")]


@pytest.mark.parametrize(
    "written",
    ["sac@empresa.com.br", "SAC@Empresa.com.br", "sac arroba empresa ponto com ponto br", "sac [at] empresa.com.br"],
)
def test_our_own_address_may_stand_however_it_is_written(written: str) -> None:
    assert _shown(written, "sac@empresa.com.br") == []
    assert _shown(f"x{written}", "sac@empresa.com.br") != []


def test_what_may_stand_is_read_out_of_a_longer_text() -> None:
    allowed = "SAC: (11) 3333-4444 ou sac@empresa.com.br"
    assert _shown("11 3333 4444, sac@empresa.com.br, ana@empresa.com.br", allowed) == [(K.EMAIL, "ana@empresa.com.br")]


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("me passa seu CPF", [K.CPF]),
        ("informe seu telefone e e-mail aqui", [K.PHONE, K.EMAIL]),
        ("qual o número do seu cartão?", [K.CARD]),
        ("could you reply with your phone number", [K.PHONE]),
        ("mándanos tu correo por aquí", [K.EMAIL]),
        ("CPF e telefone, por favor.", [K.CPF, K.PHONE]),
        ("Por que não nos passa seu telefone?", [K.PHONE]),
        ("Não esqueça de informar o CPF", [K.CPF]),
        ("Ainda não recebemos seu CPF. Pode enviar aqui?", [K.CPF]),
        ("A DM está fechada, mande seu CPF aqui", [K.CPF]),
        ("Me passa seu telefone que eu te chamo no privado", [K.PHONE]),
        ("¿A qué número te llamamos?", [K.PHONE]),
        ("informe:\n- CPF\n- e-mail", [K.CPF, K.EMAIL]),
        ("E o CPF do titular da conta?", [K.CPF]),
        ("Telefone do responsável, por favor.", [K.PHONE]),
        ("Nosso time vai te ligar: qual o melhor número?", [K.PHONE]),
        ("Pra qual número a gente liga?", [K.PHONE]),
        ("Falta só o seu CPF", [K.CPF]),
        ("Me informe só o CPF", [K.CPF]),
        ("Me informe seu \u0421\u0420F", [K.CPF]),  # two of its letters are Cyrillic
        ("Qual o seu t\u0435lef\u03bfne?", [K.PHONE]),
    ],
)
def test_a_public_request_is_found(text: str, kinds: list[PersonalData]) -> None:
    assert _asked(text) == kinds


@pytest.mark.parametrize(
    "text",
    [
        "nos envie seu CPF por mensagem privada",
        "chame no privado e informe o CPF",
        "Pode mandar o CPF? Mas no inbox.",
        "Vamos falar por DM. Informe seu CPF, por favor.",
        "informe seu CPF no formulário https://lojaaurora.com.br/f",
        "mande um e-mail com seu CPF para sac@lojaaurora.com.br",
        "nunca pedimos seu CPF em público",
        "não publique seu telefone",
        "never share your card number",
        "no hace falta que nos envíes tu correo",
        "se alguém pedir seu cartão, desconfie",
        "obrigado por informar seu CPF",
        "recebemos o seu e-mail",
        "vamos ligar para o seu telefone",
        "seu CPF está regularizado",
        "o sistema envia um código para o seu celular",
        "qual o modelo do seu celular?",
        "apague seu telefone do comentário",
        "nosso e-mail é sac@lojaaurora.com.br",
        "Por que pedimos o CPF? Para emitir a nota.",
        "Why do we need your CPF? The law asks for it.",
        "Ao ligar o aparelho, qual número aparece?",
        "Qual o melhor número de parcelas?",
    ],
)
def test_a_private_way_a_warning_and_a_mention_ask_for_nothing(text: str) -> None:
    assert _asked(text) == []


@given(st.text())
@example("\ud800" * 50)
@example("@" * 500)
@example("፩" * 11)  # a digit to str.isdigit, and none to int
@example("cnpj 12 ıBC 345 01DE 35, İ2.ABC.345/01DE-35")
@example("qual ")
@example("que cpf")
@example("seu cpf:")
@example("e mail")
def test_nothing_makes_it_raise(text: str) -> None:
    for found in outbound(text, (text[:20], "")):
        assert 0 <= found.start < found.end <= len(text)
