"""What a field of a verdict says, in words."""

from inbox.texts import Texts

_PREFIXES = {"holds": "hold", "topics": "topic"}


def label_words(t: Texts, field: str, value: str) -> str:
    """A value as corrections keep it, in words: of holds and topics all of them; a newer version's by its own name."""
    if not value:
        return t("tag.none")
    prefix = _PREFIXES.get(field, field)
    names = value.split(",") if field in _PREFIXES else [value]
    return ", ".join(t(f"{prefix}.{name}") if t.has(f"{prefix}.{name}") else name for name in names)


def finding_words(name: str, t: Texts) -> str:
    """What must not stand in public: "phone" of a number that is shown, "asked:cpf" of one that is asked for."""
    kind = name.removeprefix("asked:")
    words = t(f"personal.{kind}") if t.has(f"personal.{kind}") else kind
    return t("gate.live_asked", kind=words) if name != kind else words
