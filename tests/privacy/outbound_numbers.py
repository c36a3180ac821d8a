"""Makes up personal data, writes it in the ways of people, and hides it in the ways of people who hide it."""

import random
from collections.abc import Callable

from models import PersonalData

_NAMES = "ana bruno carla davi elisa fabio gabi hugo iris joao lara marcos nina otavio paula rita sofia tiago vera"
_FAMILIES = "souza lima rocha alves castro dias freitas gomes lopez garcia torres vega smith brown parker jones"
_DOMAINS = "gmail.com hotmail.com outlook.com yahoo.com.br uol.com.br empresa.com.br example.org correo.com.mx"
_AREAS = "11 12 19 21 27 31 41 47 48 51 61 62 71 81 85 91 98"
_UNITS = {
    "pt": "zero um dois três quatro cinco seis sete oito nove",
    "en": "zero one two three four five six seven eight nine",
    "es": "cero uno dos tres cuatro cinco seis siete ocho nueve",
}
_SIGNS = {
    "pt": {".": "ponto", "-": "traço", "/": "barra", "@": "arroba", "_": "underline"},
    "en": {".": "dot", "-": "dash", "/": "slash", "@": "at", "_": "underscore"},
    "es": {".": "punto", "-": "guion", "/": "barra", "@": "arroba", "_": "guion bajo"},
}
_SCRIPTS = ("０１２３４５６７８９", "٠١٢٣٤٥٦٧٨٩", "०१२३४५६७८९", "𝟎𝟏𝟐𝟑𝟒𝟓𝟔𝟕𝟖𝟗", "⓪①②③④⑤⑥⑦⑧⑨")
_UNSEEN = ("\u200b", "\u200d", "\u2060", "\u00ad")
_NBSP = "\u00a0"


def _digits(chance: random.Random, count: int) -> str:
    return "".join(str(chance.randrange(10)) for _ in range(count))


def _checked(digits: str, weights: list[int]) -> str:
    rest = sum(int(digit) * weight for digit, weight in zip(digits, weights, strict=True)) % 11
    return digits + str(0 if rest < 2 else 11 - rest)


def cpf(chance: random.Random) -> str:
    """A CPF with its signs; Receita Federal's check digits, modulo 11."""
    digits = _checked(_digits(chance, 9), list(range(10, 1, -1)))
    digits = _checked(digits, list(range(11, 1, -1)))
    return f"{digits[:3]}.{digits[3:6]}.{digits[6:9]}-{digits[9:]}"


def cnpj(chance: random.Random) -> str:
    digits = _digits(chance, 8) + "000" + str(chance.randrange(1, 9))
    digits = _checked(digits, [5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2])
    digits = _checked(digits, [6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2])
    return f"{digits[:2]}.{digits[2:5]}.{digits[5:8]}/{digits[8:12]}-{digits[12:]}"


def lettered_cnpj(chance: random.Random) -> str:
    """A CNPJ of 2026: each sign counts as its code less 48 - gov.br/receitafederal, CNPJ alfanumérico, read 2026-11."""
    signs = "".join(chance.choice("0123456789ABCDEFGHJKLMNPRSTUVXZ") for _ in range(8)) + "0001"
    if signs.isdigit():
        signs = "A" + signs[1:]
    for weights in ([5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2], [6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2]):
        rest = sum((ord(sign) - 48) * weight for sign, weight in zip(signs, weights, strict=True)) % 11
        signs += str(0 if rest < 2 else 11 - rest)
    return f"{signs[:2]}.{signs[2:5]}.{signs[5:8]}/{signs[8:12]}-{signs[12:]}"


def card(chance: random.Random) -> str:
    """Sixteen digits of Visa or Mastercard that pass Luhn's check."""
    digits = chance.choice(("4", "51", "53", "55", "2221"))
    digits += _digits(chance, 15 - len(digits))
    total = sum(int(digit) if place % 2 else sum(map(int, str(2 * int(digit)))) for place, digit in enumerate(digits))
    digits += str(-total % 10)
    return " ".join(digits[at : at + 4] for at in range(0, 16, 4))


def phone(chance: random.Random) -> str:
    area = chance.choice(_AREAS.split())
    number = f"9{chance.choice('6789')}{_digits(chance, 3)}-{_digits(chance, 4)}"
    return chance.choice((f"({area}) {number}", f"{area} {number}", f"+55 {area} {number}", f"({area}){number}"))


def foreign_phone(chance: random.Random) -> str:
    tail = _digits(chance, 6)
    return chance.choice(
        (
            f"+34 6{chance.randrange(10)}{chance.randrange(10)} {tail[:3]} {tail[3:]}",
            f"+1 212 {chance.randrange(2, 9)}{tail[:2]} {tail[2:]}",
            f"(415) 555-01{tail[:2]}",
            f"+44 7911 {tail}",
            f"+52 55 {chance.randrange(2, 9)}{tail[:3]} {tail[2:]}",
            f"+57 300 {tail[:3]} {tail[2:]}",
        )
    )


def email(chance: random.Random) -> str:
    name, family = chance.choice(_NAMES.split()), chance.choice(_FAMILIES.split())
    local = chance.choice((name, f"{name}.{family}", f"{name}_{family}", f"{name}{family}{chance.randrange(100)}"))
    return f"{local}@{chance.choice(_DOMAINS.split())}"


def _plain(chance: random.Random, lang: str, written: str) -> str:
    return written


def _bare(chance: random.Random, lang: str, written: str) -> str:
    return "".join(sign for sign in written if sign.isalnum() or sign == "+")


def _spaced(chance: random.Random, lang: str, written: str) -> str:
    return " ".join(_bare(chance, lang, written).strip("+"))


def _parted(chance: random.Random, lang: str, written: str) -> str:
    """Its groups, parted by another sign."""
    groups = "".join(sign if sign.isalnum() else " " for sign in written).split()
    return chance.choice((" ", ".", "-", " - ", "_", " . ", "*", "\n", "•")).join(groups)


def _dotted(chance: random.Random, lang: str, written: str) -> str:
    return chance.choice(".-").join(_bare(chance, lang, written).strip("+"))


def _in_words(chance: random.Random, lang: str, written: str) -> str:
    """Every digit as a word; some of the signs too."""
    says_signs = chance.random() < 0.5
    words = []
    for sign in written:
        if sign.isdigit():
            words.append(
                "meia" if lang == "pt" and sign == "6" and chance.random() < 0.5 else _UNITS[lang].split()[int(sign)]
            )
        elif sign in _SIGNS[lang] and says_signs:
            words.append(_SIGNS[lang][sign])
        elif sign == " " and words and chance.random() < 0.3:
            words[-1] += ","
    return " ".join(words)


def _half_in_words(chance: random.Random, lang: str, written: str) -> str:
    groups = "".join(sign if sign.isalnum() else " " for sign in written).split()
    at = chance.randrange(len(groups))
    return " ".join(_in_words(chance, lang, group) if place == at else group for place, group in enumerate(groups))


def _look_alike(chance: random.Random, lang: str, written: str) -> str:
    """A zero or two written as the letter, and ones as l or I."""
    sign, letter = chance.choice((("0", "O"), ("1", "l"), ("1", "I"), ("0", "o")))
    return written.replace(sign, letter, 2)


def _of_a_script(chance: random.Random, lang: str, written: str) -> str:
    return written.translate(str.maketrans("0123456789", chance.choice(_SCRIPTS)))


def _unseen(chance: random.Random, lang: str, written: str) -> str:
    sign = chance.choice(_UNSEEN)
    return "".join(letter + (sign if chance.random() < 0.4 else "") for letter in written[:-1]) + written[-1]


def _broken(chance: random.Random, lang: str, written: str) -> str:
    at = next(place for place in range(len(written) // 2, len(written)) if not written[place - 1].isalnum())
    return f"{written[:at].rstrip()}\n{written[at:]}"


def _typographic(chance: random.Random, lang: str, written: str) -> str:
    return written.replace(" ", _NBSP).replace("-", chance.choice("‑–−"))


def _mail_in_words(chance: random.Random, lang: str, written: str) -> str:
    signs = {sign: f" {word} " for sign, word in _SIGNS[lang].items()}
    return "".join(signs.get(sign, sign) for sign in written)


def _mail_half_in_words(chance: random.Random, lang: str, written: str) -> str:
    return written.replace("@", chance.choice((" arroba ", " (arroba) ", "(at)", " [at] ", "[arroba]")))


def _mail_framed(chance: random.Random, lang: str, written: str) -> str:
    left, right = chance.choice(("()", "[]", "{}", ("<", ">")))
    space = chance.choice(("", " "))
    at, dot = chance.choice((("at", "dot"), ("arroba", "ponto"), ("@", ".")))
    local, domain = written.split("@")
    return f"{local}{space}{left}{at}{right}{space}" + domain.replace(".", f"{space}{left}{dot}{right}{space}")


def _mail_spaced(chance: random.Random, lang: str, written: str) -> str:
    local, domain = written.split("@")
    if chance.random() < 0.3:
        return " ".join(written)
    return f"{local} @ " + domain.replace(".", chance.choice((".", " . ")))


def _mail_broken(chance: random.Random, lang: str, written: str) -> str:
    return written.replace("@", chance.choice(("@\n", "\n@\n", "＠", "@ ")))


def _capitals(chance: random.Random, lang: str, written: str) -> str:
    return written.upper()


_Write = Callable[[random.Random, str, str], str]
_NUMBERS: tuple[_Write, ...] = (
    *(_plain, _plain, _bare, _spaced, _parted, _parted, _dotted, _in_words, _in_words, _half_in_words),
    *(_look_alike, _of_a_script, _unseen, _broken, _typographic),
)
_LETTERED: tuple[_Write, ...] = (_plain, _bare, _unseen, _typographic)
_MAILS: tuple[_Write, ...] = (
    *(
        _plain,
        _plain,
        _capitals,
        _unseen,
        _mail_in_words,
        _mail_in_words,
        _mail_half_in_words,
        _mail_framed,
        _mail_spaced,
    ),
    _mail_broken,
)
_MADE: dict[PersonalData, tuple[tuple[Callable[[random.Random], str], tuple[_Write, ...]], ...]] = {
    PersonalData.CPF: ((cpf, _NUMBERS),),
    PersonalData.CNPJ: ((cnpj, _NUMBERS), (cnpj, _NUMBERS), (lettered_cnpj, _LETTERED)),
    PersonalData.CARD: ((card, _NUMBERS),),
    PersonalData.PHONE: ((phone, _NUMBERS), (phone, _NUMBERS), (foreign_phone, (_plain, _unseen, _in_words))),
    PersonalData.EMAIL: ((email, _MAILS),),
}
SHOWN = tuple(_MADE)


def piece(chance: random.Random, lang: str, kind: PersonalData) -> str:
    """A piece of personal data, written or hidden in one of many ways, in the words of a language."""
    make, ways = chance.choice(_MADE[kind])
    return chance.choice(ways)(chance, lang, make(chance))
