"""Texts made to hide a number, to break the patterns or to cost time."""

import pytest

from models import PersonalData
from privacy.find import Found, find, kinds
from privacy.mask import mask
from privacy.plain import made_plain
from tests.linear import assert_linear

K = PersonalData


@pytest.mark.parametrize(
    "hidden",
    [
        "\u200b",
        "\u200d",
        "\u2060",
        "\ufeff",
        "\u00ad",
        "\x00",
        "\x07",
        "\u202e",
        "\u2066",
        "\ufe0f",
        "\ufe0f\u20e3",
        "\u0301",
        "\u200b\u200b\u200b\u200b",
    ],
)
def test_what_nobody_sees_between_digits_hides_nothing(hidden: str) -> None:
    number = hidden.join("52998224725")
    assert find(f"é {number} ok") == (Found(K.CPF, 2, 2 + len(number)),)
    assert mask(f"é {number} ok") == "é [cpf] ok"


@pytest.mark.parametrize(
    "digits", ["０１２３４５６７８９", "٠١٢٣٤٥٦٧٨٩", "०१२३४५६७८९", "𝟎𝟏𝟐𝟑𝟒𝟓𝟔𝟕𝟖𝟗", "𝟶𝟷𝟸𝟹𝟺𝟻𝟼𝟽𝟾𝟿", "⓪①②③④⑤⑥⑦⑧⑨"]
)
def test_digits_of_any_script_are_read(digits: str) -> None:
    number = "".join(digits[int(sign)] for sign in "52998224725")
    assert find(f"😀 {number}!") == (Found(K.CPF, 2, 13),)
    assert mask(f"😀 {number}!") == "😀 [cpf]!"


@pytest.mark.parametrize(
    "text", ["11‑98765–4321", "11\u00a098765\u20114321", "（11）98765－4321", "+55\u200911\u200998765\u22124321"]
)
def test_typographic_spaces_and_hyphens_are_read(text: str) -> None:
    assert find(text) == (Found(K.PHONE, 0, len(text)),)


def test_an_at_of_full_width_is_read() -> None:
    assert find("a＠b.com.br") == (Found(K.EMAIL, 0, 10),)
    assert kinds("ana\u200b@uol\u200b.com.br") == (K.EMAIL,)


def test_the_offsets_are_those_of_the_text_as_it_was_given() -> None:
    text = "\u200b\u200b㎏ ﷺ \u202e😀 CPF\u200b 529.982\u200b.247-25\u202c e ㎏ a@b.com.br"
    assert [text[piece.start : piece.end] for piece in find(text)] == ["529.982\u200b.247-25", "a@b.com.br"]


def test_one_sign_that_stands_for_many_does_not_make_a_text_grow() -> None:
    assert len(made_plain("\ufdfa" * 1000).text) == 1000


def test_marks_on_the_last_digit_go_with_it() -> None:
    assert mask("1️⃣1️⃣9️⃣8️⃣7️⃣6️⃣5️⃣4️⃣3️⃣2️⃣1️⃣!") == "[phone]!"


@pytest.mark.parametrize(
    "text", ["\ud800" * 50, "\udc00 52998224725", "\x00", "\u202e\u202e", "@" * 500, "+(((((", "1" * 100_000]
)
def test_nothing_makes_it_raise(text: str) -> None:
    assert len(mask(text)) <= len(text)


def test_a_hundred_thousand_digits_are_no_number() -> None:
    assert find("52998224725" * 9_000) == ()


def test_a_number_that_another_kept_from_being_read_is_masked_too() -> None:
    assert mask("529.982.247-25.529.982.247-25.") == "[cpf].[cpf]."
    assert mask("cpf a-quite-long-name-of-a-person@a-long-domain.com.br 12345678900") == "cpf [email] [cpf]"


@pytest.mark.timeout(30)
def test_a_chain_of_numbers_that_reveal_each_other_is_masked_in_a_few_passes() -> None:
    masked = mask("529.982.247-25." * 6_000)
    assert find(masked) == ()
    assert not any(sign.isdigit() for sign in masked)


UNITS = (
    "1",
    "1 ",
    "1-",
    "1/1",
    "00 ",
    "01 ",
    "+1 ",
    "(1) ",
    "11 98765-4321 ",
    "529.982.247-25 ",
    "a@",
    "@",
    "a.b@c.d.",
    "rua a, 1 ",
    "rua rua rua rua 1 ",
    "1 Baker ",
    "1\u200b",
    "1\ufe0f\u20e3",
    "11987654321" + "\u0301" * 50,
    "http://a.com/1/",
    "placa ABC ",
    "11 98765-4321/",
    "4111-1111-1111-1111-123 ",
    "cpf conta 52998224725 ",
    "12ABC34501DE35 ",
    "12ABC34501DE3",
    "cupom ABC1D23 ",
    "Rua E, 2.500",
    "Rua E e E ",
    "ABC1",
    "cnpj ",
    "\u00ad",
    "😀1",
)


@pytest.mark.slow
@pytest.mark.parametrize("unit", UNITS)
def test_twice_the_text_takes_about_twice_the_time(unit: str) -> None:
    assert_linear(find, unit, 100_000)
