"""What was lost, doubled or said against a rule: the networks' own record compared with what the loop held to be true.

Every figure is a list of what went wrong, by ids alone, so that a run that fails says where to look.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import combinations, zip_longest

from commands.chaos.ledger import Intent, Ledger, Name, Span
from models import PersonalData
from privacy.outbound import Why, outbound
from sandbox.records import COMPLAINT_SITES
from sandbox.state import State
from sandbox.truth import BrandAnswer, CustomerPost, Truth, normalised

_GRACE = timedelta(seconds=1)  # what had left when a stop was set may still arrive
_AUTOMATIC_APART = timedelta(hours=24)  # between two automatic answers to one person
_PERSONAL = frozenset({PersonalData.CPF, PersonalData.PHONE, PersonalData.EMAIL, PersonalData.CARD})
_NAMES_IN_FRONT = re.compile(r"^(?:@[\w.@-]+\s+)+")  # some networks want the names of whom a post answers


@dataclass(frozen=True)
class StopSet:
    """A kill switch that a person set, and when it was lifted; `network` None is everything."""

    network: str | None
    span: Span
    automation_only: bool = False


@dataclass(frozen=True)
class Record:
    """What really happened, and what the one who hosts the networks did and saw meanwhile."""

    posts: Mapping[Name, CustomerPost]  # everybody's, also those that no source shows
    answers: Sequence[BrandAnswer]
    stops: Sequence[StopSet] = ()
    readings: Mapping[Name, Sequence[datetime]] = field(default_factory=dict)  # network and kind of source: read whole
    lag: timedelta = timedelta(0)  # the longest that a network keeps what it has taken from being seen


def record_of(
    state: State, stops: Sequence[StopSet], readings: Mapping[Name, Sequence[datetime]], lag: timedelta
) -> Record:
    """The record of a sandbox."""
    truth = Truth(state)
    posts = {(post.network, post.external_id): post for post in truth.everybodys_posts()}
    return Record(posts, truth.brand_answers(), stops, readings, lag)


def faults_found(record: Record, ledger: Ledger) -> dict[str, list[str]]:
    """For each of the eight figures that must be 0, everything that counts."""
    return {name: list(count(record, ledger)) for name, count in _COUNTS.items()}


def _mentions_lost(record: Record, ledger: Ledger) -> Iterator[str]:
    """Posts that a source shows and that are not stored.

    One that was deleted is excused when none of the sources that show it was read to its end between the moment from
    which it could be seen for certain and its deletion: nobody could have heard it.
    """
    held = set(ledger.mentions)
    for name, post in record.posts.items():
        if post.sources and name not in held and not _is_excused(record, post):
            yield f"{post.network} {post.external_id}, posted at {post.posted_at.isoformat()}"


def _is_excused(record: Record, post: CustomerPost) -> bool:
    if post.deleted_at is None:
        return False
    seen_from = post.posted_at + record.lag
    read = (moment for kind in post.sources for moment in record.readings.get((post.network, kind), ()))
    return not any(seen_from <= moment < post.deleted_at for moment in read)


def _mentions_doubled(record: Record, ledger: Ledger) -> Iterator[str]:
    """Rows beyond the first of one post, and rows of what nobody ever posted."""
    for name, count in Counter(ledger.mentions).items():
        beyond = count - 1 if name in record.posts else count
        yield from [f"{name[0]} {name[1]}"] * beyond


def _cases_doubled(record: Record, ledger: Ledger) -> Iterator[str]:
    """Two cases of one person in one thread that were open together."""
    matters = defaultdict(list)
    for case in ledger.cases:
        post = record.posts.get((case.network, case.mention))
        if post is not None:
            matters[case.network, case.thread, post.author].append(case)
    for cases in matters.values():
        for one, other in combinations(cases, 2):
            if any(a.overlaps(b) for a in one.open for b in other.open):
                yield f"{one.number} and {other.number} in {one.network} {one.thread}"


def _replies_doubled(record: Record, ledger: Ledger) -> Iterator[str]:
    """Public answers to one post beyond the first that say the same, whether of one intent or of two.

    What somebody typed in the platform's own app is not ours to count; on the complaint site a person's hand is the
    only way. An answer that the platform took down before anybody could learn that it stood, and before the other one
    was posted, is no half of a double: no reader saw two, and no program could know.
    """
    intents = _intents_by_answer(record, ledger)
    groups: dict[tuple[str, str, str, bool], list[BrandAnswer]] = defaultdict(list)
    for answer in sorted(record.answers, key=lambda answer: answer.at):
        if not answer.native:
            groups[answer.network, _place_of(answer), _core(answer.text), answer.is_private].append(answer)
    for (network, place, *_), answers in groups.items():
        stood = [
            answer
            for answer, following in zip_longest(answers, answers[1:])
            if following is None or not _vanished_unseen(answer, intents, following.at)
        ]
        yield from (f"{network} {answer.external_id} below {place}" for answer in stood[1:])


def _vanished_unseen(answer: BrandAnswer, intents: Mapping[Name, Intent], until: datetime) -> bool:
    """Whether it was taken down by then, and before its intent was ever confirmed."""
    intent = intents.get((answer.network, answer.external_id))
    return intent is not None and _is_unlearned(answer, intent) and (answer.deleted_at or until) <= until


def _is_unlearned(answer: BrandAnswer, intent: Intent) -> bool:
    if answer.deleted_at is None or not intent.sent:
        return False
    return intent.confirmed_at is None or answer.deleted_at <= intent.confirmed_at


def _replies_lost(record: Record, ledger: Ledger) -> Iterator[str]:
    """Intents that are held to stand and never did, that came to no end, and answers that nobody knows of."""
    intents = _intents_by_answer(record, ledger)
    stood = {intent.number for intent in intents.values()}
    for intent in ledger.intents:
        if not intent.ended:
            yield f"reply {intent.number} came to no end"
        elif intent.stands and intent.number not in stood:
            yield f"reply {intent.number} is held to stand on {intent.network}, and never did"
    for answer in record.answers:
        name = (answer.network, answer.external_id)
        if name not in intents and name not in ledger.seen_elsewhere and not answer.by_hand:
            yield f"{answer.network} {answer.external_id} stands there, and no reply knows of it"


def _policy_breaches(record: Record, ledger: Ledger) -> Iterator[str]:
    """What a platform's rule, or one of ours, forbids."""
    intents = _intents_by_answer(record, ledger)
    ours = {(answer.network, answer.external_id) for answer in record.answers}
    begun_by_automation: list[tuple[BrandAnswer, CustomerPost, bool]] = []
    for answer in record.answers:
        intent = intents.get((answer.network, answer.external_id))
        post = record.posts.get((answer.network, answer.parent or ""))
        about = f"{answer.network} {answer.external_id}"
        if answer.native:
            continue
        if not answer.is_private and any(found.why is Why.ASKED for found in outbound(answer.text)):
            yield f"{about}: a public request for personal data"
        if answer.by_hand:
            continue
        is_automatic = intent is None or intent.is_automatic(answer.at)
        if post is not None:
            yield from (f"{about}: {rule}" for rule in _broken_by_anyone(answer, post))
        if is_automatic and answer.network not in COMPLAINT_SITES and (answer.network, answer.parent or "") in ours:
            yield f"{about}: an automatic answer to ourselves"
        if is_automatic and post is not None:
            yield from (f"{about}: {rule}" for rule in _broken_by_automation(answer, post, ledger))
        if post is not None and (intent is None or intent.automatic):
            begun_by_automation.append((answer, post, is_automatic))
    yield from _too_many(begun_by_automation)


def _broken_by_anyone(answer: BrandAnswer, post: CustomerPost) -> Iterator[str]:
    if answer.network == "x" and not post.addresses_brand:
        yield "an answer to a post that does not address us"
    if post.deleted_at is not None and answer.at > post.deleted_at:
        yield "an answer to a post after its deletion"
    if post.is_private and not answer.is_private:
        yield "a public answer to a private post"


def _broken_by_automation(answer: BrandAnswer, post: CustomerPost, ledger: Ledger) -> Iterator[str]:
    if answer.network in COMPLAINT_SITES:
        yield "an automatic answer on a complaint site"
    if post.by_bot:
        yield "an automatic answer to a bot"
    opted_out = ledger.opted_out.get((post.network, post.author))
    if opted_out is not None and answer.at > opted_out:
        yield "an automatic answer to somebody who had opted out"


def _too_many(answers: Sequence[tuple[BrandAnswer, CustomerPost, bool]]) -> Iterator[str]:
    """A second automatic answer to one person within a day, or in one thread however much later.

    The earlier one counts although a person had it posted again; the later one where nobody did.
    """
    earlier: dict[Name, list[BrandAnswer]] = defaultdict(list)
    for answer, post, is_automatic in sorted(answers, key=lambda one: one[0].at):
        before = earlier[post.network, post.author]
        if is_automatic and any(one.thread == answer.thread or answer.at - one.at < _AUTOMATIC_APART for one in before):
            yield f"{answer.network} {answer.external_id}: a second automatic answer to one person"
        before.append(answer)


def _leaked(record: Record, ledger: Ledger) -> Iterator[str]:
    """Personal data in a public answer that is none of the platform's own app."""
    for answer in record.answers:
        if answer.native or answer.is_private:
            continue
        shown = {found.kind for found in outbound(answer.text) if found.why is Why.SHOWN}
        yield from (f"{answer.network} {answer.external_id}: {kind.value}" for kind in sorted(shown & _PERSONAL))


def _sends_after_kill_switch(record: Record, ledger: Ledger) -> Iterator[str]:
    intents = _intents_by_answer(record, ledger)
    for answer in record.answers:
        if answer.by_hand:
            continue
        intent = intents.get((answer.network, answer.external_id))
        for stop in record.stops:
            concerns = stop.network in (None, answer.network) and (
                not stop.automation_only or intent is None or intent.is_automatic(answer.at)
            )
            if concerns and _is_after(stop.span, answer.at):
                what = "automation" if stop.automation_only else "everything"
                yield f"{answer.network} {answer.external_id} at {answer.at.isoformat()}, while {what} was stopped"


def _is_after(stop: Span, at: datetime) -> bool:
    return at > stop.start + _GRACE and (stop.end is None or at < stop.end)


def _intents_by_answer(record: Record, ledger: Ledger) -> Mapping[Name, Intent]:
    """Which intent an answer is of: by its number, or by its words where nobody could learn the number."""
    by_id = {(intent.network, intent.external_id): intent for intent in ledger.intents if intent.external_id}
    by_words = {(one.network, _place_of(one), _core(one.body)): one for one in ledger.intents if one.sent}
    found: dict[Name, Intent] = {}
    for answer in record.answers:
        name = (answer.network, answer.external_id)
        worded = by_words.get((answer.network, _place_of(answer), _core(answer.text)))
        if name in by_id:
            found[name] = by_id[name]
        elif worded is not None and (not worded.external_id or _is_unlearned(answer, worded)):
            found[name] = worded
    return found


def _place_of(one: BrandAnswer | Intent) -> str:
    """What an answer stands below: on a complaint site the complaint, whatever was said there last."""
    return one.thread if one.network in COMPLAINT_SITES else one.parent or one.thread


def _core(text: str) -> str:
    """What an answer says, without the names that a network puts in front."""
    return normalised(_NAMES_IN_FRONT.sub("", text.strip()))


_COUNTS: Mapping[str, Callable[[Record, Ledger], Iterator[str]]] = {
    "mentions_lost": _mentions_lost,
    "mentions_doubled": _mentions_doubled,
    "cases_doubled": _cases_doubled,
    "replies_doubled": _replies_doubled,
    "replies_lost": _replies_lost,
    "policy_breaches": _policy_breaches,
    "leaked_personal_data": _leaked,
    "sends_after_kill_switch": _sends_after_kill_switch,
}
MUST_BE_ZERO: Collection[str] = tuple(_COUNTS)
