"""What is held of every channel: the shape of a policy."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from models import ReplyPurpose
from responders.policy.rules import PERSON_DAILY, PERSON_REPLIES, READ, THREAD_DEPTH, Rule

DAY = timedelta(hours=24)


@dataclass(frozen=True)
class Fact:
    """Something that holds on a channel, in words, with where it was read."""

    says: str
    source: str
    read_on: date = READ


@dataclass(frozen=True)
class Cap:
    """From how many on a rule says stop."""

    most: int
    rule: Rule  # one for automation alone holds for automation alone
    within: timedelta | None = None  # None: ever

    def reached(self, count: int) -> bool:
        return count >= self.most


@dataclass(frozen=True)
class Window:
    """How long a thread takes answers."""

    age: timedelta
    rule: Rule


@dataclass(frozen=True)
class Closed:
    """States of a thread, by the first word or the number that the channel gives them, in which it takes no answer."""

    states: frozenset[str]  # in small letters
    rule: Rule


ONE_AUTOMATIC_A_DAY = Cap(1, PERSON_DAILY, DAY)
SIX_OF_ANY_KIND_A_DAY = Cap(6, PERSON_REPLIES, DAY)
THREE_DEEP = Cap(3, THREAD_DEPTH)


@dataclass(frozen=True)
class ChannelPolicy:
    """What may be published on one channel.

    The facts in words are for people; what is decided by is beside them, and a test keeps both on one page.
    """

    channel: str
    answered: Fact  # who may be answered
    windows: Fact
    interaction: Fact  # how many automatic replies one word of a person may have
    replies: Fact  # how many replies a person may have
    automation: Fact  # what may be automatic
    length: Fact
    links: Fact
    cost: Fact
    disclosure: Fact  # how the account says that it is automated
    opt_out: Fact
    private_way: Fact | None  # None: the responder takes no private replies
    automatic: frozenset[ReplyPurpose] = frozenset()
    never_automatic: Rule | None = None  # why `automatic` is empty
    addressed_alone: Rule | None = None  # forbids answering posts that do not address the account
    window: Window | None = None
    closed: tuple[Closed, ...] = ()
    automatic_to_person: Cap = ONE_AUTOMATIC_A_DAY
    replies_to_person: Cap = SIX_OF_ANY_KIND_A_DAY
    thread_depth: Cap = THREE_DEEP
    most_characters: int | None = None  # None: no limit that we know of
    link_counts: int | None = None  # characters; None: as many as it has
    dollars: Mapping[str, Decimal] = field(default_factory=dict)  # what one reply costs, by its kind
    by_hand: bool = False  # no posting API: a person posts, the program verifies
