"""What each platform allows, as data: who may be answered, by what means, and where the rule was read."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from models import ReplyPurpose, Visibility

P = ReplyPurpose
_READ = date(2026, 11, 21)


@dataclass(frozen=True)
class Rule:
    """One rule of a platform, or of ours, with what a person can do where it forbids."""

    name: str
    reason: str
    instead: str
    source: str
    read_on: date = _READ


@dataclass(frozen=True)
class ChannelPolicy:
    """What may be published on one channel."""

    channel: str
    length: str  # how texts are counted, in words
    automatic: frozenset[ReplyPurpose]  # what may be published without a person
    addressed_alone: Rule | None = None  # forbids answering posts that do not address the account
    never_automatic: Rule | None = None  # why `automatic` is empty
    by_hand: bool = False  # no posting API: a person posts, the program verifies
    notes: tuple[str, ...] = field(default_factory=tuple)


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
    author_is_bot: bool = False
    author_opted_out: bool = False
    holds: tuple[str, ...] = ()
    was_held: bool = False  # a text of the matter had a hold that an edit or a person has taken away since
    is_spam: bool = False
    case_closed: bool = False  # a person resolved or dismissed the case meanwhile
    automatic_before: bool = False  # an automatic reply to this interaction went out or is on its way


@dataclass(frozen=True)
class Refusal:
    """Which rule forbids a reply, and what the person can do instead."""

    rule: str
    reason: str
    instead: str
    source: str
    read_on: date


OURS = "Ouvidor's own rule"

X_SUMMONED = Rule(
    "x.summoned",
    "X lets the API answer only posts that mention the account or quote one of its posts",
    "answer by hand in X, or leave it",
    "https://docs.x.com/x-api/posts/create-post",
)
RECLAME_AQUI_FIRST_ANSWER = Rule(
    "complaint_site.no_automatic",
    "on a complaint site the first answer counts in the company's score: a person must write it",
    "draft an answer and approve it",
    "https://www.reclameaqui.com.br/como-funciona/",
)
COMPLAINT_PAGE_BY_HAND = Rule(
    "complaint_site.no_automatic",
    "the site has no posting API and its answers are public record: a person must write and post them",
    "draft an answer, approve it, and post it by hand where the inbox shows",
    OURS,
)
DELETED = Rule("any.deleted", "its author deleted the post", "leave it", OURS)
OURSELVES = Rule("any.ourselves", "the post is our own", "answer the customer's post instead", OURS)
PRIVATE = Rule(
    "any.private", "the message is private: a public answer would expose it", "answer in private, on the platform", OURS
)
IMPORTED = Rule(
    "any.imported", "it was imported: there is no account here to answer it as", "answer it where it was posted", OURS
)
STALE = Rule("any.stale", "the post is older than the staleness limit", "let a person decide to answer", OURS)
BEFORE_START = Rule(
    "any.before_start",
    "the post is from before the source was switched on, or was imported",
    "let a person decide to answer",
    OURS,
)
HELD = Rule("any.hold", "the matter is one that no automation may answer", "let a person answer", OURS)
SPAM = Rule("any.spam", "it is tagged as spam", "let a person decide to answer", OURS)
CLOSED = Rule("any.closed", "a person resolved or dismissed the case", "reopen the case to answer, or leave it", OURS)
PERSON = Rule("any.person", "answers and resolutions wait for a person", "approve it in the inbox", OURS)
BOT = Rule("any.bot", "the author is marked as a bot", "let a person decide to answer", OURS)
OPTED_OUT = Rule(
    "any.opted_out",
    "the person asked not to be answered automatically",
    "let a person decide to answer",
    "https://docs.x.com/developer-terms/policy",
)
ONCE = Rule(
    "any.once",
    "one automatic reply to an interaction is the most that platforms allow",
    "let a person answer",
    "https://docs.x.com/developer-terms/policy",
)

POLICIES: Mapping[str, ChannelPolicy] = {
    policy.channel: policy
    for policy in (
        ChannelPolicy(
            "x",
            "280 weighted characters; a link counts 23, the handles at the beginning of an answer nothing",
            frozenset({P.ACKNOWLEDGEMENT}),
            addressed_alone=X_SUMMONED,
            notes=(
                "Automated replies need the account to say that it is automated and who is responsible.",
                "A post through the API costs more when it holds a link.",
            ),
        ),
        ChannelPolicy(
            "reddit",
            "10,000 characters of Markdown",
            frozenset({P.ACKNOWLEDGEMENT}),
            notes=("Access needs Reddit's approval, and the rules of each subreddit on bots hold.",),
        ),
        ChannelPolicy(
            "mastodon",
            "the instance's own limit, 500 unless it says otherwise; a link counts 23, a handle without its server",
            frozenset({P.ACKNOWLEDGEMENT}),
            notes=("Mark the account as automated in its profile; answers are unlisted unless configured.",),
        ),
        ChannelPolicy(
            "reclame_aqui", "no limit that we know of", frozenset(), never_automatic=RECLAME_AQUI_FIRST_ANSWER
        ),
        ChannelPolicy(
            "complaint_page",
            "the site's own",
            frozenset(),
            never_automatic=COMPLAINT_PAGE_BY_HAND,
            by_hand=True,
        ),
    )
}


def refusal(intent: Intent, now: datetime, staleness: timedelta) -> Refusal | None:
    """The first rule that forbids publishing this now; None when nothing does.

    On a channel without a policy, such as an import's, nobody can answer from here.
    """
    policy = POLICIES.get(intent.channel)
    if policy is None:
        forbidden: Rule | None = IMPORTED
    else:
        forbidden = _forbids_anyone(policy, intent) or (
            _forbids_automation(policy, intent, now, staleness) if intent.automatic else None
        )
    if forbidden is None:
        return None
    return Refusal(forbidden.name, forbidden.reason, forbidden.instead, forbidden.source, forbidden.read_on)


def _forbids_anyone(policy: ChannelPolicy, intent: Intent) -> Rule | None:
    if not intent.account_active:
        return IMPORTED
    if intent.deleted:
        return DELETED
    if intent.is_ours:
        return OURSELVES
    if intent.visibility is Visibility.PRIVATE:
        return PRIVATE
    if policy.addressed_alone is not None and not intent.addresses_us:
        return policy.addressed_alone
    return None


def _forbids_automation(policy: ChannelPolicy, intent: Intent, now: datetime, staleness: timedelta) -> Rule | None:
    if intent.purpose not in policy.automatic:
        return policy.never_automatic or PERSON
    checks = (
        (not intent.answerable_automatically, BEFORE_START),
        (now - intent.posted_at > staleness, STALE),
        (bool(intent.holds) or intent.was_held, HELD),
        (intent.is_spam, SPAM),
        (intent.case_closed, CLOSED),
        (intent.author_is_bot, BOT),
        (intent.author_opted_out, OPTED_OUT),
        (intent.automatic_before, ONCE),
    )
    return next((rule for broken, rule in checks if broken), None)
