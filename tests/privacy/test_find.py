"""What is personal data, what only looks like it, and where it stands."""

import pytest
from validate_docbr import CNPJ, CPF

from models import PersonalData
from privacy.find import Found, find, kinds

K = PersonalData


def _pieces(text: str) -> list[tuple[PersonalData, str]]:
    return [(piece.kind, text[piece.start : piece.end]) for piece in find(text)]


def test_every_piece_is_found_in_order_with_its_place() -> None:
    text = "Sou Ana, CPF 529.982.247-25, tel (11) 98765-4321, ana@uol.com.br, Rua das Flores, 77"
    assert _pieces(text) == [
        (K.CPF, "529.982.247-25"),
        (K.PHONE, "(11) 98765-4321"),
        (K.EMAIL, "ana@uol.com.br"),
        (K.ADDRESS, "Rua das Flores, 77"),
    ]
    assert find("ana@uol.com.br") == (Found(K.EMAIL, 0, 14),)


def test_the_kinds_stand_once_each_in_the_order_of_the_enum() -> None:
    assert kinds("ABC1D23 a@b.com.br c@d.com.br 529.982.247-25") == (K.CPF, K.EMAIL, K.PLATE)
    assert kinds("nada aqui") == ()
    assert kinds("") == ()


@pytest.mark.parametrize(
    ("text", "piece"),
    [
        ("529.982.247-25", "529.982.247-25"),
        ("52998224725", "52998224725"),
        ("529 982 247 25", "529 982 247 25"),
        ("529982247-25", "529982247-25"),
        ("CPF: 123.456.789-00", "123.456.789-00"),
        ("cpf 12345678900", "12345678900"),
        ("123.456.789-00 é meu cpf", "123.456.789-00"),
        ("cpf52998224725", "52998224725"),
        ("meu cpf é 11987654321", "11987654321"),
    ],
)
def test_a_cpf_is_found_by_its_check_digits_or_by_its_word(text: str, piece: str) -> None:
    assert _pieces(text) == [(K.CPF, piece)]


@pytest.mark.parametrize(
    "text", ["123.456.789-00", "12345678900", "pedido 52998224725", "192.168.100.10", "529.982.247.25", "x52998224725"]
)
def test_what_does_not_verify_and_stands_beside_no_word_is_no_cpf(text: str) -> None:
    assert K.CPF not in kinds(text)


def test_eleven_digits_that_verify_are_a_phone_where_they_are_one_and_no_word_says_cpf() -> None:
    assert kinds("11987654374") == (K.PHONE,)
    assert kinds("cpf 11987654374") == (K.CPF,)


@pytest.mark.parametrize(
    "text",
    [
        "CPF/CNPJ: 52998224725",
        "CPF na nota 52998224725",
        "cpf do pedido: 52998224725",
        "cpf cadastrado na conta: 52998224725",
        "my CPF for the order: 52998224725",
    ],
)
def test_check_digits_and_the_word_cpf_weigh_more_than_a_nearer_word(text: str) -> None:
    assert _pieces(text) == [(K.CPF, "52998224725")]
    assert K.CPF not in kinds(text.replace("52998224725", "52998224724"))


def test_of_a_cpf_and_a_phone_told_together_each_is_what_it_is() -> None:
    pieces = [(K.CPF, "52998224725"), (K.PHONE, "11987654374")]
    assert _pieces("meu cpf e telefone: 52998224725 e 11987654374") == pieces


def test_the_numbers_that_the_library_makes_up_are_found() -> None:
    for _ in range(100):
        assert K.CPF in kinds(CPF().generate(mask=True))
        assert kinds(CNPJ().generate(mask=True)) == (K.CNPJ,)
        assert kinds("CNPJ " + CNPJ().generate(mask=True, digits_only=False)) == (K.CNPJ,)
        assert kinds(CNPJ().generate(mask=True, digits_only=False)) == (K.CNPJ,)


@pytest.mark.parametrize(
    "text",
    ["12.ABC.345/01DE-35", "12.abc.345/01de-35", "11.222.333/0001-81", "11222333000181", "cnpj 11.222.333/0001-80"],
)
def test_a_cnpj_is_found_with_letters_and_without(text: str) -> None:
    assert kinds(text) == (K.CNPJ,)


@pytest.mark.parametrize(
    ("text", "piece"),
    [
        ("cnpj da loja é 12ABC34501DE35", "12ABC34501DE35"),
        ("CNPJ nº 12ABC34501DE35", "12ABC34501DE35"),
        ("12ABC34501DE35 é o meu cnpj", "12ABC34501DE35"),
        ("CNPJ: 12ABC345/01DE-35", "12ABC345/01DE-35"),
        ("CNPJ: 12ABC34501DE-35", "12ABC34501DE-35"),
        ("cnpj do pedido: 12abc34501de35", "12abc34501de35"),
        ("cnpj12ABC34501DE35", "12ABC34501DE35"),
        ("12ABC34501DE35", "12ABC34501DE35"),
    ],
)
def test_a_cnpj_with_letters_is_found_however_it_is_parted(text: str, piece: str) -> None:
    assert _pieces(text) == [(K.CNPJ, piece)]


@pytest.mark.parametrize(
    "text",
    [
        "cnpj 12ABC34501DE36",
        "pedido 12ABC34501DE35",
        "12abc34501de35",
        "https://x.com.br/12ABC34501DE35",
        "#12ABC34501DE35",
    ],
)
def test_a_code_of_letters_and_digits_is_no_cnpj(text: str) -> None:
    assert kinds(text) == ()


@pytest.mark.parametrize("text", ["11.222.333/0001-80", "12.ABC.345/01DE-36", "11222333000180", "NF 11222333000181"])
def test_what_does_not_verify_is_no_cnpj(text: str) -> None:
    assert kinds(text) == ()


@pytest.mark.parametrize(
    "number",
    [
        "4111111111111111",
        "4111 1111 1111 1111",
        "4111-1111-1111-1111",
        "4111.1111.1111.1111",
        "4222222222222",
        "5555 5555 5555 4444",
        "2223003122003222",
        "3782 822463 10005",
        "378282246310005",
        "3056 930902 5904",
        "6011111111111117",
        "3530111333300000",
        "6062 8256 2425 4001",
        "6362970000457013",
    ],
)
def test_a_card_is_found_in_one_piece(number: str) -> None:
    assert _pieces(f"meu cartão {number} foi clonado") == [(K.CARD, number)]


@pytest.mark.parametrize(
    ("number", "after"),
    [
        ("4111 1111 1111 1111", " 12/29"),
        ("4111 1111 1111 1111", " 12 29"),
        ("4111 1111 1111 1111", " 123"),
        ("4111 1111 1111 1111", " 10x"),
        ("4111-1111-1111-1111", "-123"),
        ("4111.1111.1111.1111", ".123"),
        ("4111111111111111", "/12/29"),
        ("5555 5555 5555 4444", " 05/27"),
        ("3782-822463-10005", "-1234"),
        ("4222 2222 2222 2", " 123"),
    ],
)
def test_a_card_is_found_with_an_expiry_or_a_code_after_it(number: str, after: str) -> None:
    assert _pieces(f"cartão {number}{after}") == [(K.CARD, number)]


def test_a_number_told_to_be_a_cards_is_one_though_an_order_is_told_too() -> None:
    for number in ("4111111111111111", "4111-1111-1111-1111"):
        assert _pieces(f"no pedido 12 o cartão era {number}") == [(K.CARD, number)]
    assert _pieces("tarjeta del pedido: 4111-1111-1111-1111-123") == [(K.CARD, "4111-1111-1111-1111")]


@pytest.mark.parametrize(
    "text",
    [
        "4111 1111 1111 1112",
        "4111 1111 1111 1112 12/29",
        "4111111111111111.55",
        "9111111111111111",
        "final 4412",
        "**** 4412",
        "4111 **** **** 1111",
        "IMEI 356938035643809",
        "356938035643809",
        "9111111111111110",
        "23793.38128 60000.000003 00000.000400 1 84340000010000",
        "35260111222333000181550010000001231000001234",
        "pedido 4111111111111111",
        "pedido 4111-1111-1111-1111-123",
    ],
)
def test_what_is_masked_in_part_or_verifies_otherwise_is_no_card(text: str) -> None:
    assert kinds(text) == ()


@pytest.mark.parametrize(
    "number",
    [
        "(11) 98765-4321",
        "(11)98765-4321",
        "11 98765-4321",
        "11 98765 4321",
        "11987654321",
        "011 98765-4321",
        "(011) 98765-4321",
        "11 9 8765-4321",
        "(11) 3456-7890",
        "+55 11 98765-4321",
        "+5511987654321",
        "55 11 98765-4321",
        "5511987654321",
        "0055 11 98765-4321",
        "98765-4321",
        "415-555-2671",
        "(415) 555-2671",
        "(555) 123-4567",
        "1-415-555-2671",
        "+1 415 555 2671",
        "020 7946 0958",
        "07911 123456",
        "07911123456",
        "+44 7911 123456",
        "+91 98765 43210",
        "98765 43210",
        "087 123 4567",
        "+353 87 123 4567",
        "0412 345 678",
        "+61 412 345 678",
        "+52 55 1234 5678",
        "55 1234 5678",
        "+54 9 11 2345-6789",
        "011 4321-1234",
        "+56 9 8765 4321",
        "9 8765 4321",
        "+57 300 123 4567",
        "+51 987 654 321",
        "987 654 321",
        "+34 612 345 678",
        "612 345 678",
        "612 34 56 78",
        "91 123 45 67",
    ],
)
def test_a_phone_is_found_whole(number: str) -> None:
    assert _pieces(f"aqui: {number}.") == [(K.PHONE, number)]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("11 98765-4321", "91234-5678"),
        ("11 98765-4321", "11 91234-5678"),
        ("11987654321", "11912345678"),
        ("(11)98765-4321", "3456-7890"),
        ("(11) 98765-4321", "(11) 3456-7890"),
        ("+55 11 98765-4321", "91234-5678"),
        ("415-555-2671", "415-555-2672"),
    ],
)
def test_two_phones_parted_by_a_slash_are_both_found(first: str, second: str) -> None:
    assert _pieces(f"{first}/{second}") == [(K.PHONE, first), (K.PHONE, second)]


def test_a_phone_is_found_before_the_last_digits_of_another() -> None:
    assert _pieces("11 3456-7890/7891") == [(K.PHONE, "11 3456-7890")]
    assert _pieces("tel 3456-7890/7891") == [(K.PHONE, "3456-7890")]


@pytest.mark.parametrize(
    "text",
    [
        "98765-4321/2026",
        "protocolo 34567890/7891",
        "323163179/51247942",
        "nf 98765432/34567891",
        "12345-678/1234",
        "12/03/98765-4321",
        "98765-4321/12",
    ],
)
def test_a_slash_before_what_is_no_phone_makes_none(text: str) -> None:
    assert kinds(text) == ()


@pytest.mark.parametrize("number", ["3456-7890", "34567890", "1134567890", "987654321", "3001234567", "4155552671"])
def test_a_number_that_could_be_anything_is_a_phone_beside_a_word_for_it(number: str) -> None:
    assert kinds(f"veja {number}") == ()
    assert _pieces(f"meu telefone é {number}") == [(K.PHONE, number)]
    assert _pieces(f"{number} (whatsapp)") == [(K.PHONE, number)]
    assert kinds(f"telefone no pedido {number}") == ()


def test_what_follows_a_number_from_abroad_stays_out_of_it() -> None:
    assert _pieces("+44 7911 123456 2 vezes") == [(K.PHONE, "+44 7911 123456")]


@pytest.mark.parametrize(
    "text",
    [
        "0800 123 4567",
        "0800-123-4567",
        "0800 1234567",
        "(0800) 123 4567",
        "08001234567",
        "0300 789 1234",
        "ligue 4004-1234",
        "liguei 3003 5678",
        "1-800-555-0199",
        "call 888-555-1212",
        "+1 800 555 0199",
        "llamar 900 123 456",
        "protocolo 2026-000123",
        "pedido 11987654321",
        "BR123456789BR",
        "rastreio AA987654321BR",
        "R$ 11987654321",
        "#11987654321",
        "SM-G991B",
        "R$ 1.299,90 em 12/03/2026 às 14:30",
        "12-03-2026 10:15:59",
        "ligar em 2025-2026",
        "https://loja.com/pedido/11987654321",
        "https://loja.com/p?id=5511987654321&x=98765-4321",
        "loja.com.br/98765-4321",
        "voo GOL1234, LA 3456",
        "11987654321BR",
        "11 98765-432109",
        "5.11987654321",
        "11987654321.55",
        "11987654321,90",
        "-23.550520, -46.633308",
        "612 345 678 pessoas",
    ],
)
def test_what_only_looks_like_a_phone_is_left_alone(text: str) -> None:
    assert kinds(text) == ()


def test_a_link_that_opens_a_chat_holds_a_phone() -> None:
    assert _pieces("https://wa.me/5511987654321") == [(K.PHONE, "5511987654321")]
    assert kinds("https://api.whatsapp.com/send?phone=5511987654321") == (K.PHONE,)


@pytest.mark.parametrize(
    "text", ["maria.silva@gmail.com", "a_b+c@x.co.uk", "José@exemplo.com.br", "ANA@UOL.COM.BR", "x@sub.dominio.org"]
)
def test_an_email_is_found_whole(text: str) -> None:
    assert _pieces(f"escrevam ({text}).") == [(K.EMAIL, text)]


@pytest.mark.parametrize(
    "text",
    [
        "@empresa",
        "@maria@mastodon.social",
        "https://mastodon.social/@maria",
        "foto@2x.png",
        "@",
        "a@b",
        "5@9.90",
        "oi @a.b",
    ],
)
def test_a_handle_is_no_email(text: str) -> None:
    assert kinds(text) == ()


@pytest.mark.parametrize(
    "text",
    [
        "Rua das Acácias, 123",
        "rua das acácias, 123",
        "Av. Paulista 1000 ap 42",
        "Av.Paulista, 1000",
        "R. X, nº 12",
        "Rua 25 de Março, 100",
        "01310-100",
        "Praça da Sé, 1",
        "221B Baker Street",
        "45 Elm St, Apt 3",
        "12 NW 5th Avenue",
        "Calle 13 #45-67",
        "Av. Reforma 222",
        "Calle Mayor, 15",
        "Carrera 7 No. 12-34",
        "SQN 308 bloco B ap 102",
        "Rua Augusta, 1500, apto 12, CEP 01305-100",
        "Rua São João, 55",
        "Av. São João, 1000",
        "Rua São Bento, 100, apto 12",
        "rua são bento 100",
        "Rua A, 100",
        "Rua E, 100",
        "Rua Maria e José, 12",
        "Calle Ortega y Gasset, 12",
        "Avenida Brasil, 2.500",
        "Avenida Brasil, 2.500, apto 3",
        "Rua Todos os Santos, 100",
        "rua todos os santos, 100",
        "Avenida Todos os Santos, 10",
        "Rua Os Dezoito do Forte, 1234",
        "Rua Os Lusíadas, 55",
        "Rua da Cerca, 20",
    ],
)
def test_an_address_is_found_whole(text: str) -> None:
    assert _pieces(text) == [(K.ADDRESS, text)]


@pytest.mark.parametrize(
    "text",
    [
        "moro na rua 25 de março",
        "na minha rua",
        "na minha rua há 3 dias",
        "na rua, 3 carros parados",
        "a rua está sem luz desde 12/03",
        "rua do lado, 2 árvores caíram",
        "Avenida Brasil, 3 horas parado",
        "na Rua Augusta às 10 horas",
        "na Rua Augusta desde 2019",
        "a Avenida Brasil está com 40 buracos",
        "hace 3 días en la calle",
        "2 days on the road",
        "a 5 star place",
        "10 minute drive",
        "it took 3 weeks to place the order",
        "protocolo 12345-678",
        "10000-000 peças",
        "a rua são 3 quadras",
        "na rua são 30.",
        "na rua são cerca de 30, todos",
        "aluguel na Rua Augusta 2.500 por mês",
        "na Rua Augusta, 2.500 por mês",
        "na Rua Augusta, 2.500,00",
        "na Rua Augusta, 12.03.2026",
        "saí da Rua Augusta e 30 min depois",
        "na rua todos os 30.",
        "na rua os meninos, 30.",
        "na rua cerca de 30.",
        "larguei o produto na rua e, 48.",
        "saí de lá da rua e, 15.",
        "encontrei na rua a, 2",
    ],
)
def test_a_street_without_the_number_of_a_house_is_no_address(text: str) -> None:
    assert kinds(text) == ()


@pytest.mark.parametrize(
    ("text", "piece"),
    [
        ("Moro na Avenida Brasil, 2.500.", "Avenida Brasil, 2.500"),
        ("Avenida Brasil, 2.500 - Centro, e não chegou", "Avenida Brasil, 2.500"),
        ("Avenida Brasil, 2.500, Boa Vista, e não chegou", "Avenida Brasil, 2.500"),
        ("Avenida Brasil, 2.500, bairro Boa Vista", "Avenida Brasil, 2.500"),
        ("Avenida Brasil, nº 2.500, e não chegou", "Avenida Brasil, nº 2.500"),
        ("Avenida Brasil, 2.500, apto 3, e não chegou", "Avenida Brasil, 2.500, apto 3"),
        ("Avenida Brasil, 2.500, CEP 01305-100, e não chegou", "Avenida Brasil, 2.500, CEP 01305-100"),
        ("Moro na Av. Brasil, 2.500, em Curitiba", "Av. Brasil, 2.500"),
        ("entreguem na Avenida Paulista, 1.578, perto do metrô", "Avenida Paulista, 1.578"),
        ("moro na Av. Paulista, 1.578 por favor", "Av. Paulista, 1.578"),
        ("Av. Paulista, 1.578. Bela Vista, São Paulo", "Av. Paulista, 1.578"),
        ("Av. dos Estados, 1.250 (perto do mercado)", "Av. dos Estados, 1.250"),
        ("moro na rua a, 12", "rua a, 12"),
        ("meu endereço: rua e, 12, Jardim Ipê", "rua e, 12"),
    ],
)
def test_a_house_is_found_whatever_follows_that_counts_nothing(text: str, piece: str) -> None:
    assert _pieces(text) == [(K.ADDRESS, piece)]


@pytest.mark.parametrize(
    ("text", "piece"),
    [
        ("ABC1D23", "ABC1D23"),
        ("o carro ABC-1D23 bateu", "ABC-1D23"),
        ("placa ABC1234", "ABC1234"),
        ("placa: abc1d23", "abc1d23"),
        ("ABC-1234 é a placa", "ABC-1234"),
        ("carro ABC-1234", "ABC-1234"),
        ("reg AB12 CDE", "AB12 CDE"),
        ("matrícula 1234 BCD", "1234 BCD"),
        ("patente AB123CD", "AB123CD"),
        ("patente ABC 123", "ABC 123"),
        ("modelo e placa: ABC1D23", "ABC1D23"),
        ("license plate ABC-1234", "ABC-1234"),
    ],
)
def test_a_plate_is_found_whole(text: str, piece: str) -> None:
    assert _pieces(text) == [(K.PLATE, piece)]


@pytest.mark.parametrize(
    "text",
    [
        "ABC1234",
        "ABC-1234",
        "voo GOL1234",
        "flight BA2490",
        "pedido ABC1234",
        "SM-G991B",
        "placa RTX 3060",
        "placa de vídeo GTX 970",
        "WH-1000XM4",
        "1234 BCD",
        "AB12 CDE",
        "https://x.com/ABC1D23",
        "modelo ABC1D23",
        "cupom ABC1D23",
        "cupón: ABC1D23",
        "série nº ABC1D23",
        "serie ABC1D23",
        "the code is ABC1D23",
    ],
)
def test_a_code_is_no_plate(text: str) -> None:
    assert kinds(text) == ()
