"""How a customer puts a text on one network: the brand addressed in that network's own way."""

import random
from dataclasses import dataclass

from sandbox.corpus import CorpusText
from sandbox.records import BRAND_HANDLES, BRAND_NAME

OWN_SUBREDDIT = "LojaAurora"
SUBREDDITS = {"pt": ("brasil", "consumidor"), "es": ("conversas",), "en": ("conversas",)}
TITLE_LENGTH = 80


@dataclass(frozen=True)
class Wording:
    """A text as it is published."""

    text: str
    kind: str
    addresses_brand: bool
    title: str = ""
    subreddit: str = ""

    @property
    def is_comment(self) -> bool:
        return self.kind == "comment"


def worded(text: CorpusText, network: str, chance: random.Random, named_only: float) -> Wording:
    """`named_only` is the share that speaks of the brand without addressing it, where a network has such posts."""
    only_names = chance.random() < named_only
    match network:
        case "x" if only_names:
            return Wording(_named(text.text), "post", addresses_brand=False)
        case "mastodon" if only_names:
            return Wording(f"{text.text} #{OWN_SUBREDDIT}", "post", addresses_brand=False)
        case "x" | "mastodon":
            return Wording(_addressed(text.text, f"@{BRAND_HANDLES[network]}", chance), "post", addresses_brand=True)
        case "reddit":
            return _on_reddit(text, chance, only_names)
        case _:
            return Wording(text.text, "complaint", addresses_brand=True, title=text.title)


def addressed_again(text: str, network: str, answers_brand: bool) -> str:
    """A further word in a thread; networks tell the brand of an answer to it, but of nothing else without its name."""
    if network in ("x", "mastodon"):
        return f"@{BRAND_HANDLES[network]} {text}"
    if network == "reddit" and not answers_brand:
        return f"u/{BRAND_HANDLES[network]} {text}"
    return text


def edited(text: str, lang: str, chance: random.Random) -> str:
    """The same text with an afterthought; none of them changes what it is about."""
    afterthoughts = {
        "pt": (
            "EDIT: corrigindo a digitação.",
            "Edit: obrigado pelas mensagens, gente.",
            "(editei pra ficar mais claro)",
        ),
        "en": ("EDIT: typo.", "Edit: thanks for the replies, everyone.", "(edited to make it clearer)"),
        "es": ("EDIT: corrijo un error de tipeo.", "Edit: gracias por los mensajes.", "(edité para que se entienda)"),
    }
    return f"{text} {chance.choice(afterthoughts[lang])}"


def _on_reddit(text: CorpusText, chance: random.Random, only_names: bool) -> Wording:
    subreddit = chance.choice(SUBREDDITS[text.lang])
    title = _title(text)
    if only_names:
        return Wording(text.text, "post", addresses_brand=False, title=title, subreddit=subreddit)
    if text.title or chance.random() < 0.35:
        return Wording(text.text, "post", addresses_brand=True, title=title, subreddit=OWN_SUBREDDIT)
    if chance.random() < 0.5:
        return Wording(text.text, "comment", addresses_brand=True, subreddit=OWN_SUBREDDIT)
    named = _addressed(text.text, f"u/{BRAND_HANDLES['reddit']}", chance)
    return Wording(named, "comment", addresses_brand=True, subreddit=subreddit)


def _title(text: CorpusText) -> str:
    """The text's own, or its first words; it names the brand, so that a search finds the post."""
    title = text.title or text.text
    if len(title) > TITLE_LENGTH and not text.title:
        title = title[:TITLE_LENGTH].rsplit(" ", 1)[0] + "…"
    return title if BRAND_NAME in title else f"{BRAND_NAME}: {title}"


def _addressed(text: str, name: str, chance: random.Random) -> str:
    return f"{text} {name}" if chance.random() < 0.25 else f"{name} {text}"


def _named(text: str) -> str:
    return text if BRAND_NAME in text else f"{BRAND_NAME}, {text}"
