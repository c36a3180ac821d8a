"""Hold a reply against the rules: the first one that forbids it."""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from models import ReplyPurpose, Visibility
from responders.policy.channel import Cap, ChannelPolicy
from responders.policy.platforms import POLICIES
from responders.policy.rules import (
    ANSWERED,
    BEFORE_START,
    BLOCKED,
    BOT,
    CLOSED,
    DELETED,
    HELD,
    IMPORTED,
    INCIDENT,
    NO_PRIVATE_WAY,
    ONCE,
    OPTED_OUT,
    OTHER_BRAND,
    OURSELVES,
    PERSON,
    PRIVATE,
    SECOND,
    SPAM,
    STALE,
    UNSURE,
    UNTOLD,
    Refusal,
    Rule,
)


@dataclass(frozen=True)
class Intent:
    """What someone wants to publish, as far as rules ask for it."""

    channel: str
    purpose: ReplyPurpose
    automatic: bool
    addresses_us: bool
    visibility: Visibility
    posted_at: datetime
    account_active: bool = True  # False: the account is an import's stand-in, or was taken out of the settings
    deleted: bool = False
    is_ours: bool = False
    answerable_automatically: bool = True  # posted since the source was switched on, and not imported
    author_told: bool = True  # the platform says who wrote it
    author_is_bot: bool = False
    author_opted_out: bool = False
    author_blocked: bool = False  # a person of ours decided that nothing is sent to them
    holds: tuple[str, ...] = ()
    was_held: bool = False  # a text of the matter had a hold that an edit or a person has taken away since
    is_spam: bool = False
    case_closed: bool = False  # a person resolved or dismissed the case meanwhile
    automatic_before: bool = False  # an automatic reply to this interaction went out or is on its way
    private: bool = False  # goes to the person alone, by the channel's private way
    automatic_to_person: int = 0  # automatic replies to this person in the last 24 hours, in any thread
    replies_to_person: int = 0  # replies of any kind to this person in the last 24 hours
    thread_depth: int = 0  # our automatic replies and the author's posts since, in this thread
    other_brand: bool = False  # the author is the account of a brand
    incident: bool = False  # an incident is under way on the brand
    confident: bool = True  # the verdict is sure of what people act by
    answered_elsewhere: bool = False  # a post of our own answers it already
    sequence: int = 1  # above 1 for a further reply of the same purpose to the same post
    thread_status: str = ""  # the newest status that the channel gave the thread; "" for none
    thread_posted_at: datetime | None = None  # when the thread began; None where nobody told


def refusal(intent: Intent, now: datetime, staleness: timedelta) -> Refusal | None:
    """The first rule that forbids publishing this now; None when nothing does.

    On a channel without a policy, such as an import's, nobody can answer from here.
    """
    policy = POLICIES.get(intent.channel)
    rule = IMPORTED if policy is None else forbidding(policy, intent, now, staleness)
    return None if rule is None else Refusal.by(rule)


def forbidding(policy: ChannelPolicy, intent: Intent, now: datetime, staleness: timedelta) -> Rule | None:
    """The first rule of a channel that forbids this: those for everyone come before those for automation."""
    for_everyone = _forbids_anyone(policy, intent) or (None if intent.private else _closes(policy, intent, now))
    if for_everyone is not None or not intent.automatic:
        return for_everyone
    return _forbids_automation(policy, intent, now, staleness)


def _forbids_anyone(policy: ChannelPolicy, intent: Intent) -> Rule | None:
    return _first(
        (
            (not intent.account_active, IMPORTED),
            (intent.deleted, DELETED),
            (intent.is_ours, OURSELVES),
            (intent.author_blocked, BLOCKED),
            (intent.private and policy.private_way is None, NO_PRIVATE_WAY),
            (intent.visibility is Visibility.PRIVATE and not intent.private, PRIVATE),
            (not intent.private and not intent.addresses_us, policy.addressed_alone),
            *((cap.reached(count) and not cap.rule.automation_alone, cap.rule) for cap, count in _caps(policy, intent)),
        )
    )


def _closes(policy: ChannelPolicy, intent: Intent, now: datetime) -> Rule | None:
    """What closes a thread to public answers; private ways go past it."""
    state = _first_word(intent.thread_status)
    by_state = _first((state in closed.states, closed.rule) for closed in policy.closed)
    if by_state is not None or policy.window is None or intent.thread_posted_at is None:
        return by_state
    end = intent.thread_posted_at + policy.window.age
    # Who wrote in the thread after its end shows that this one was left open.
    return policy.window.rule if end <= now and intent.posted_at < end else None


def _forbids_automation(policy: ChannelPolicy, intent: Intent, now: datetime, staleness: timedelta) -> Rule | None:
    if intent.purpose not in policy.automatic:
        return policy.never_automatic or PERSON
    return _first(
        (
            (intent.sequence > 1, SECOND),
            (not intent.answerable_automatically, BEFORE_START),
            (now - intent.posted_at > staleness, STALE),
            (bool(intent.holds) or intent.was_held, HELD),
            (intent.is_spam, SPAM),
            (not intent.confident, UNSURE),
            (intent.case_closed, CLOSED),
            (intent.incident, INCIDENT),
            (not intent.author_told, UNTOLD),
            (intent.author_is_bot, BOT),
            (intent.other_brand, OTHER_BRAND),
            (intent.author_opted_out, OPTED_OUT),
            (intent.answered_elsewhere, ANSWERED),
            (intent.automatic_before, ONCE),
            *((cap.reached(count), cap.rule) for cap, count in _caps(policy, intent)),
        )
    )


def _caps(policy: ChannelPolicy, intent: Intent) -> tuple[tuple[Cap, int], ...]:
    return (
        (policy.automatic_to_person, intent.automatic_to_person),
        (policy.replies_to_person, intent.replies_to_person),
        (policy.thread_depth, intent.thread_depth),
    )


def _first(checks: Iterable[tuple[bool, Rule | None]]) -> Rule | None:
    return next((rule for broken, rule in checks if broken and rule is not None), None)


def _first_word(status: str) -> str:
    """ "Avaliado Não Resolvido" is "avaliado"."""
    plain = unicodedata.normalize("NFKC", status).casefold().split()
    return plain[0] if plain else ""
