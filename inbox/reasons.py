"""Why a reply waits, or did not go out, in words: what delivery noted of it is for programs and logs."""

import re
from dataclasses import dataclass

from inbox.texts import Texts
from models import ReplyState

# "thread: something was said", "any.deleted: its author", "fuse.a_minute: 60 replies", "RateLimitedError: later".
_NAME = re.compile(r"([A-Za-z_]{2,40}(?:\.[a-z_]{2,40})?)(?:: |$)")
_ERRORS = {
    "RateLimitedError": "rate_limited",
    "TryLaterError": "try_later",
    "NeedsAttentionError": "needs_attention",
}
# What is noted without a name, by how it begins; the first that fits holds.
_SENTENCES = (
    ("sent with an unknown outcome, and not to be seen", "not_seen"),
    ("a backup was put back: it is not to be seen", "backup_not_seen"),
    ("a backup was put back", "backup"),
    ("the platform confirmed it, but it cannot be seen", "vanished"),
    ("it cannot be looked for, so it is not sent", "blind_unsent"),
    ("it cannot be looked for", "blind"),
    ("not sent after", "not_sent"),
    ("not verified", "not_verified"),
    ("what stands there is another reply of ours", "taken"),
    ("the sender stopped in the middle", "died"),
)
# What is told of a state where what was noted has no name: the platform's own words stand behind it.
_OF_A_STATE = {
    ReplyState.UNKNOWN: "unknown",
    ReplyState.FAILED: "refused",
    ReplyState.NEEDS_HUMAN: "other",
}
_READ = frozenset({"not_seen", "backup_not_seen", "vanished"})
_UNREAD = frozenset({"blind", "blind_unsent", "not_verified"})


@dataclass(frozen=True)
class Reason:
    """One sentence for people, with what was noted behind it."""

    words: str
    raw: str  # "" where the words are what was noted
    is_known: bool = True  # False: what was noted has no name, and is worth reading itself
    was_read: bool | None = None  # whether the thread could be read at the last look; None where that says nothing


def reason_of(t: Texts, state: ReplyState, noted: str) -> Reason:
    """Why a reply in that state is there, by what delivery noted of it."""
    name = _name(noted)
    key = next((key for key in (f"why.{name}", f"rule.{name}") if name and t.has(key)), "")
    if not key:
        return Reason(t(f"why.{_OF_A_STATE[state]}"), noted, False) if state in _OF_A_STATE else Reason(noted, "")
    words = t(key)
    was_read = True if name in _READ else False if name in _UNREAD else None
    return Reason(words[:1].upper() + words[1:], noted, was_read=was_read)


def _name(noted: str) -> str:
    for start, name in _SENTENCES:
        if noted.startswith(start):
            return name
    found = _NAME.match(noted)
    if found is None:
        return ""
    name = found[1]
    return "fuse" if name.startswith("fuse.") else _ERRORS.get(name, name)
