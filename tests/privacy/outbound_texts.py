"""Makes up answers of a care team, about half of which show personal data or ask for some in public."""

import random
import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from models import PersonalData
from privacy.outbound import Finding, Why
from tests.privacy.outbound_labelled import ALLOWED, Answer
from tests.privacy.outbound_numbers import SHOWN, piece

_SLOT = re.compile(r"\{(\w+)\}")
_ASKABLE = (*SHOWN,)


@cache
def _templates() -> dict[str, Any]:
    path = Path(__file__).parent / "outbound_templates.toml"
    return tomllib.loads(path.read_text(encoding="utf-8"))


def answers(seed: int, count: int = 1000) -> list[Answer]:
    """Texts with what must be found in them; the same for the same seed."""
    chance = random.Random(seed)
    return [_answer(chance) for _ in range(count)]


def _answer(chance: random.Random) -> Answer:
    lang = chance.choice(("pt", "pt", "en", "es"))
    made = chance.choice((_showing, _asking, _harmless, _harmless))(chance, lang)
    words = _templates()[lang]
    before = chance.choice(words["greetings"]) if chance.random() < 0.6 else ""
    after = (
        _filled(chance, lang, chance.choice(words["closings"]), PersonalData.CPF).text if chance.random() < 0.5 else ""
    )
    text = f"{before} {made.text}".strip() if before else made.text
    shift = len(text) - len(made.text)
    moved = [Finding(found.kind, found.why, found.start + shift, found.end + shift) for found in made.findings]
    is_code = any(found.kind is PersonalData.CNPJ and found.why is Why.SHOWN for found in moved)  # capitals tell it
    return Answer(_typed(chance, f"{text} {after}".rstrip(), may_be_small=not is_code), tuple(moved))


def _typed(chance: random.Random, text: str, *, may_be_small: bool) -> str:
    """As it was typed: at times without accents, in small letters or in capitals."""
    way = chance.random()
    if way < 0.12:
        return "".join(_WITHOUT_ACCENT.get(sign, sign) for sign in text)
    if way < 0.2 and may_be_small:
        return text.lower()
    return text


_WITHOUT_ACCENT = dict(zip("áàâãéêíóôõúçñÁÉÍÓÚÇ", "aaaaeeiooouçnAEIOUC", strict=True)) | {"ç": "c"}


def _showing(chance: random.Random, lang: str) -> Answer:
    kind = chance.choice(SHOWN)
    words = _templates()[lang]
    template = chance.choice(words["showing"][kind.value] + words["showing"]["any"])
    return _filled(chance, lang, template, kind)


def _asking(chance: random.Random, lang: str) -> Answer:
    words = _templates()[lang]
    return _filled(chance, lang, chance.choice(words["asking"]), chance.choice(_ASKABLE))


def _harmless(chance: random.Random, lang: str) -> Answer:
    words = _templates()[lang]
    group = chance.choice(("private", "warning", "mention", "plain", "plain"))
    return _filled(chance, lang, chance.choice(words["harmless"][group]), chance.choice(_ASKABLE))


def _filled(chance: random.Random, lang: str, template: str, kind: PersonalData) -> Answer:
    """A template with its slots filled: {piece} and {ask} are findings, everything else is none."""
    text, findings, taken = "", [], 0
    second = chance.choice([other for other in _ASKABLE if other is not kind])
    for slot in _SLOT.finditer(template):
        text += template[taken : slot.start()]
        of, why, words = _slot(chance, lang, slot[1], kind, second)
        if why:
            findings.append(Finding(of, why, len(text), len(text) + len(words)))
        text += words
        taken = slot.end()
    return Answer(text + template[taken:], tuple(findings))


def _slot(
    chance: random.Random, lang: str, name: str, kind: PersonalData, second: PersonalData
) -> tuple[PersonalData, Why | None, str]:
    nouns = _templates()[lang]["nouns"]
    match name:
        case "piece":
            return kind, Why.SHOWN, piece(chance, lang, kind)
        case "ask":
            return kind, Why.ASKED, chance.choice(nouns[kind.value])
        case "ask2":
            return second, Why.ASKED, chance.choice(nouns[second.value])
        case "noun":
            return kind, None, chance.choice(nouns[kind.value])
        case "noun2":
            return second, None, chance.choice(nouns[second.value])
    return kind, None, _harmless_number(chance, name)


def _harmless_number(chance: random.Random, name: str) -> str:
    """A number or the like that is nobody's."""
    many = chance.randrange
    day, month = f"{many(1, 29):02d}", f"{many(1, 13):02d}"
    match name:
        case "order":
            return chance.choice((f"{many(10**7, 10**10)}", f"#{many(10**10, 10**11)}", f"LA-{many(10**5, 10**6)}"))
        case "protocol":
            return f"2026{month}{day}-{many(10**6):06d}"
        case "tracking":
            return f"{chance.choice(('QB', 'NX', 'LB', 'PM'))}{many(10**8, 10**9)}BR"
        case "price":
            return f"{many(1, 9)}.{many(100, 1000)},{many(10, 100)}"
        case "date":
            return chance.choice(
                (f"{day}/{month}/2026", f"{day}.{month}.2026", f"2026-{month}-{day}", f"{day}/{month}")
            )
        case "time":
            return chance.choice((f"{many(8, 22)}h{many(10, 60)}", f"{many(8, 22):02d}:{many(10, 60)}"))
        case "sku":
            return f"{many(10**4, 10**5)}-{many(100, 1000)}"
        case "free":
            return chance.choice(
                (
                    f"0800 {many(100, 1000)} {many(1000, 10**4)}",
                    f"4004-{many(1000, 10**4)}",
                    f"1-800-555-{many(1000, 10**4)}",
                )
            )
        case "own":
            return chance.choice((*ALLOWED, "11 3333-4444", "sac (arroba) lojaaurora.com.br", "+55 11 3333 4444"))
        case "handle":
            return chance.choice(("@lojaaurora", "@aurora_sac", "@LojaAurora"))
        case "link":
            return f"https://lojaaurora.com.br/{chance.choice(('ajuda', 'trocas', 'p'))}/{many(10**6, 10**11)}"
        case "key":
            return " ".join(f"{many(10**4):04d}" for _ in range(11))
        case "slip":
            fields = f"{many(10**5):05d}.{many(10**5):05d} {many(10**5):05d}.{many(10**6):06d}"
            return f"{fields} {many(9)} {many(10**13, 10**14)}"
        case "ean":
            return f"789{many(10**9, 10**10)}"
        case "few":
            return str(many(2, 60))
    raise KeyError(f"no slot is named {name!r}")
