"""Type, urgency and holds by readable rules on the signals that a text holds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from models import Hold, MentionType, Urgency

# What went wrong for the author, named in so many words.
FAILURES = frozenset(
    (
        *("essential_cut", "fraud", "stranded", "money", "unusable", "overdue", "unanswered", "danger", "data_breach"),
        *("legal", "self_harm", "violence_hate", "hate", "leaving", "press_threat"),
    )
)
CRITICAL = ("essential_cut", "fraud", "stranded", "self_harm")
HIGH = ("money", "unusable", "overdue", "unanswered", "leaving", "press_threat", "legal", "death", "hate", "deadline")
NOT_FOR_CARE = ("promo", "job", "news")
_HOLDS = tuple((hold.value, hold) for hold in Hold)
# Sure of a rule's verdict when several signals agree, and when nothing but the model speaks.
SURE, LIKELY, GUESSED = 0.9, 0.75, 0.55


@dataclass(frozen=True)
class Mood:
    """What the linear model says, as probabilities."""

    negative: float
    neutral: float
    positive: float
    complaint: float | None  # None where the complaint head was not trained for the language


@dataclass(frozen=True)
class Tags:
    """What the rules say of one text."""

    type: MentionType
    complaint: bool
    urgency: Urgency
    holds: tuple[Hold, ...]
    confidence: Mapping[str, float]


def decide(signals: Mapping[str, int], words: Sequence[str], mood: Mood) -> Tags:
    """Type first, since how urgent a signal is depends on whether the author speaks of a failure."""
    kind, sure = _type(signals, words, mood)
    failed = kind is MentionType.OTHER and _failed(signals, _named(signals), mood)
    complaint = kind is MentionType.COMPLAINT or (
        kind is MentionType.OTHER and failed and not any(map(signals.get, NOT_FOR_CARE))
    )
    holds = _holds(signals, kind)
    urgency, how_sure = _urgency(signals, kind, holds)
    confidence = {"type": sure, "urgency": how_sure, "complaint": sure if complaint or sure > LIKELY else LIKELY}
    return Tags(kind, complaint, urgency, holds, confidence)


def _named(signals: Mapping[str, int]) -> int:
    """How many phrases name a failure."""
    return sum([count for name, count in signals.items() if name in FAILURES])


def _failed(signals: Mapping[str, int], named: int, mood: Mood) -> bool:
    """Whether the text speaks of a failure, by its words or, where they are weak, by its mood too."""
    voiced = signals.get("failure", 0)
    if named + voiced >= 2 or any(map(signals.get, CRITICAL)):
        return True
    return named + voiced == 1 and (mood.positive < 0.6 or not signals.get("praise"))


def _type(  # noqa: PLR0911 - the labels are an ordered list, and so are these
    signals: Mapping[str, int], words: Sequence[str], mood: Mood
) -> tuple[MentionType, float]:
    named = _named(signals)
    voiced = signals.get("failure", 0)
    praise = signals.get("praise", 0)
    suggestion = signals.get("suggestion", 0)
    asks = "?" in words
    question = signals.get("question", 0)
    failed = _failed(signals, named, mood)
    reasons = sum([min(signals[name], 3) for name in NOT_FOR_CARE if name in signals])
    if reasons and reasons >= 2 * (named + voiced) and (reasons > 1 or not (asks or praise or voiced)):
        return MentionType.OTHER, SURE if reasons > 2 else LIKELY
    if signals.get("handed") and not asks and named + voiced < 2 and praise < 2 and len(words) < 40:
        return MentionType.OTHER, LIKELY
    if signals.get("press"):
        return MentionType.QUESTION, LIKELY
    if failed and not _only_courteous(named, voiced, praise, suggestion, question, mood):
        return MentionType.COMPLAINT, SURE if named + voiced > 1 else LIKELY
    if mood.complaint is not None and mood.complaint > 0.75 and not praise and not suggestion:
        return MentionType.COMPLAINT, mood.complaint
    if not (suggestion or question or praise or asks) and mood.negative > _mood_needed(signals):
        return MentionType.COMPLAINT, mood.negative
    if suggestion and not (asks and question > suggestion):
        return MentionType.SUGGESTION, LIKELY
    if question and (asks or not praise) and (asks or question > 1 or signals.get("domain")):
        return MentionType.QUESTION, SURE if asks else LIKELY
    if asks and not praise and signals.get("domain"):
        return MentionType.QUESTION, LIKELY
    if praise and mood.negative < 0.6:
        return MentionType.PRAISE, SURE if praise > 1 else LIKELY
    if asks and not praise and not signals.get("chatter"):
        return MentionType.QUESTION, GUESSED
    if mood.positive > 0.65 and signals.get("domain"):
        return MentionType.PRAISE, mood.positive
    return MentionType.OTHER, GUESSED


def _mood_needed(signals: Mapping[str, int]) -> float:
    """How negative a statement must sound to be a complaint: less so where it tells of the author's own purchase."""
    if not signals.get("domain") or any(map(signals.get, NOT_FOR_CARE)):
        return 1.0
    return 0.3 if signals.get("mine") else 0.5


def _only_courteous(named: int, voiced: int, praise: int, suggestion: int, question: int, mood: Mood) -> bool:
    """Whether a single word of failure stands in a text that is otherwise praise, a proposal or a plain question."""
    if praise > 1 and praise > named + voiced and mood.positive > mood.negative:
        return True
    if named + voiced > 1:
        return False
    return bool((suggestion or question) and mood.negative < 0.35)


def _holds(signals: Mapping[str, int], kind: MentionType) -> tuple[Hold, ...]:
    """Every matter that a person must see, in the order of the states."""
    found = {hold for name, hold in _HOLDS if name in signals}
    if "hate" in signals:
        found.add(Hold.VIOLENCE_HATE)
    if not found:
        return ()
    if kind in {MentionType.PRAISE, MentionType.SUGGESTION} or (
        kind is MentionType.OTHER and any(map(signals.get, NOT_FOR_CARE))
    ):
        # A child who is glad of a toy is no matter for a hold; nor is a shop's advertisement.
        found -= {Hold.MINORS, Hold.DANGER, Hold.DATA_BREACH, Hold.LEGAL}
        if any(map(signals.get, ("promo", "job"))):
            found -= {Hold.PRESS, Hold.DEATH, Hold.VIOLENCE_HATE}
    if found & {Hold.SELF_HARM, Hold.VIOLENCE_HATE} and signals.get("danger", 0) < 2:
        found.discard(Hold.DANGER)
    return tuple(hold for hold in Hold if hold in found)


def _urgency(signals: Mapping[str, int], kind: MentionType, holds: Sequence[Hold]) -> tuple[Urgency, float]:
    """By harm and time alone: capitals, swearing and the word "urgent" are no signals."""
    if Hold.SELF_HARM in holds or (Hold.VIOLENCE_HATE in holds and signals.get("violence_hate")):
        return Urgency.CRITICAL, LIKELY
    if kind in {MentionType.COMPLAINT, MentionType.QUESTION}:
        if Hold.DANGER in holds or Hold.DATA_BREACH in holds or any(map(signals.get, CRITICAL)):
            return Urgency.CRITICAL, LIKELY
        reasons = sum(1 for name in HIGH if signals.get(name))
        if kind is MentionType.COMPLAINT and reasons:
            return Urgency.HIGH, SURE if reasons > 1 else LIKELY
        if kind is MentionType.QUESTION and any(map(signals.get, ("deadline", "legal", "press_threat"))):
            return Urgency.HIGH, LIKELY
        return Urgency.NORMAL, LIKELY
    return Urgency.LOW, SURE if kind is not MentionType.OTHER else LIKELY
