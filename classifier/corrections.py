"""What the team said of verdicts, as labelled texts to learn from."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from classifier.corpus import SEVERAL, Text
from classifier.linear import CLASSES
from classifier.text import HANDLE, LINK, normalise
from models import Correction, Mention, MentionText, MentionType, Topic, VerdictRow

_ONE_IN = 4  # corrected texts are held back to judge by
_COMPLAINING = (MentionType.COMPLAINT, MentionType.OTHER)  # what a complaint may be of
_REFERENCES = str.maketrans({HANDLE: " ", LINK: " "})
_CORRECTED = "corrected:"  # before the correction's id: the version of the verdict that it made


def corrected(session: Session) -> list[Text]:
    """One labelled text for each that was corrected or confirmed, the oldest first; of each field the latest word.

    Texts that read the same, whoever is addressed and whatever is linked, are one, in the wording that was corrected
    first, however many people wrote them. Left out are texts that were deleted or purged, the language,
    which no head tells, and labels that this version does not know.
    """
    found: dict[str, Text] = {}
    for text, field, now in _rows(session):
        labels = _labels(field, now)
        if labels:
            key = _read_as(text)
            first = found.get(key, Text(text, "", {}))
            earlier = {name: said for name, said in first.labels.items() if name != field}
            found[key] = Text(first.text, "", earlier | labels)
    return [Text(one.text, one.group, _implied(one.labels)) for one in found.values()]


def following(field: str, said: Mapping[str, Any]) -> dict[str, Any]:
    """What else is so once a person said `field`, by the labels; `said` is all that is said, with that word.

    A text is a complaint when its type is one, may be one beside the type other, and spam is neither. Of two words
    that contradict each other the later stands: a type that only a "no complaint" takes away becomes other.
    """
    no_spam = {"spam": False} if said.get("spam") else {}
    match field, said[field]:
        case "type", kind if kind != MentionType.OTHER:
            return {"complaint": kind == MentionType.COMPLAINT, **no_spam}
        case "complaint", True if said.get("type", MentionType.OTHER) not in _COMPLAINING:
            return {"type": MentionType.COMPLAINT, **no_spam}
        case "complaint", True:
            return no_spam
        case "complaint", False if said.get("type") == MentionType.COMPLAINT:
            return {"type": MentionType.OTHER}
        case "spam", True:
            return {"type": MentionType.OTHER, "complaint": False}
        case _:
            return {}


def held_back(texts: Sequence[Text]) -> tuple[list[Text], list[Text]]:
    """Those to learn from, and those to judge by: a text is always of the same part, whatever else is there."""
    parts: tuple[list[Text], list[Text]] = ([], [])
    for one in texts:
        number = int.from_bytes(hashlib.sha256(_plain(one.text).encode("utf-8", "replace")).digest()[:8])
        parts[number % _ONE_IN == 0].append(one)
    return parts


def having(texts: Sequence[Text], field: str) -> list[Text]:
    """The texts of which somebody said this field."""
    return [one for one in texts if field in one.labels]


def _rows(session: Session) -> Iterator[tuple[str, str, str]]:
    """Text, field and label of each correction, in the order in which they were made; the text is the one corrected."""
    of_then = sa.case((col(VerdictRow.text_revision) == col(Mention.text_revision), col(Mention.text)), else_=None)
    statement = (
        sa.select(sa.func.coalesce(of_then, col(MentionText.text)), col(Correction.field), col(Correction.now))
        .join(Mention, col(Mention.id) == col(Correction.mention_id))
        .join(
            VerdictRow,
            (col(VerdictRow.mention_id) == col(Correction.mention_id))
            & (col(VerdictRow.version) == sa.literal(_CORRECTED) + sa.cast(col(Correction.id), sa.String)),
        )
        .outerjoin(
            MentionText,
            (col(MentionText.mention_id) == col(Mention.id))
            & (col(MentionText.revision) == col(VerdictRow.text_revision)),
        )
        .where(col(Mention.deleted_at).is_(None))
        .order_by(col(Correction.id))
    )
    for text, field, now in session.execute(statement):
        if text and text.strip():
            yield text, field, now


def _labels(field: str, now: str) -> dict[str, Any]:
    """The label as a labelled text keeps it; empty when there is none to learn from."""
    if field in SEVERAL:
        names = [name for name in now.split(",") if name in CLASSES[field]]
        return {field: names or [Topic.OTHER.value] if field == "topics" else names}
    if field in ("complaint", "spam"):
        return {field: now == "true"} if now in ("true", "false") else {}
    return {field: now} if now in CLASSES.get(field, ()) else {}


def _implied(words: Mapping[str, Any]) -> dict[str, Any]:
    """The labels that these words give, the oldest word first; none for a type that was only taken away."""
    labels: dict[str, Any] = {}
    for field, said in words.items():
        labels[field] = said
        follows = following(field, labels)
        labels |= follows
        if field == "complaint" and follows.get("type") == MentionType.OTHER:
            del labels["type"]  # which of the others it is, nobody said
    return labels


def _read_as(text: str) -> str:
    """Its folded words and signs; of a text of links and handles alone, the text."""
    (words,) = normalise([text]).words
    return " ".join(words.translate(_REFERENCES).split()) or text


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())
