"""What customers do later in a conversation of theirs: answer back, evaluate, edit, delete, complain of silence."""

import random
import re
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sandbox.corpus import CorpusText, Followup, corpus
from sandbox.records import DEACTIVATED_BY_CONSUMER, EVALUATED, Post, moment, stamp
from sandbox.state import State
from sandbox.wording import addressed_again, edited
from sandbox.words import is_resolution

PENDING = "reaction:"
SEEN = "population:seen_log"
LONG_NUMBER = re.compile(r"(?<!\d)\d{8}(?!\d)")
LIKELY = {"acknowledgement": 0.5, "answer": 0.6, "resolution": 0.8}
EVALUATION_LIKELY = 0.75
FOLLOWUPS_A_THREAD = 3


@dataclass(frozen=True)
class Reaction:
    """Something a customer is going to do about a post of theirs."""

    what: str  # edit, delete, silence, evaluation, acknowledgement, answer, resolution
    post_id: int
    due: datetime
    answer: str | None  # external id of the brand's words that it reacts to
    key: str = ""


def add(state: State, reaction: Reaction) -> None:
    """One reaction of a kind to one answer: adding it again replaces it."""
    # The key sorts by time, so that the first pending reaction is the first fact of its prefix.
    key = f"{PENDING}{stamp(reaction.due):020d}:{reaction.post_id}:{reaction.what}:{reaction.answer or ''}"
    state.put(key, {"what": reaction.what, "post": reaction.post_id, "answer": reaction.answer})


def first(state: State) -> Reaction | None:
    """The one that is due next."""
    for key, fact in state.facts(PENDING, limit=1).items():
        due = moment(int(key.removeprefix(PENDING).split(":", 1)[0]))
        return Reaction(fact["what"], fact["post"], due, fact["answer"], key)
    return None


def notice_answers(state: State, seed: int, pace: timedelta) -> None:
    """Customers read what the brand has posted since they last looked, and decide whether they will react."""
    seen = int(state.get(SEEN, 0))
    entries = state.log(seen, what="answered")
    if not entries:
        return
    with state.transaction():
        for entry in entries:
            answer = state.post_by_id(entry.post_id)
            post = None if answer is None or answer.parent is None else _answered(state, answer)
            if answer is not None and post is not None:
                _decide(state, post, answer, seed, pace)
        state.put(SEEN, entries[-1].id)


def carry_out(state: State, reaction: Reaction, seed: int, now: datetime, pace: timedelta) -> int:
    """Does it, unless the conversation has moved on; returns how many posts came. Call it in a transaction."""
    state.remove(reaction.key)
    post = state.post_by_id(reaction.post_id)
    if post is None or post.deleted_at is not None:
        return 0
    chance = random.Random(f"{seed}:{post.id}:{reaction.what}:{reaction.answer}")
    match reaction.what:
        case "edit":
            state.edit(post, edited(post.text, post.extra["lang"], chance))
            return 0
        case "delete":
            if _spoke_lately(state, post, now - pace):
                add(state, replace(reaction, due=now + pace))
            else:
                state.delete(post)
            return 0
        case _:
            return _say(state, reaction, post, seed, now)


def with_own_numbers(text: str, seed: int, conversation: str) -> str:
    """The text with order and protocol numbers that no other conversation has, the same throughout this one."""

    def another(found: re.Match[str]) -> str:
        return str(random.Random(f"{seed}:{conversation}:{found.group()}").randrange(10_000_000, 99_999_999))

    return LONG_NUMBER.sub(another, text)


def _answered(state: State, answer: Post) -> Post | None:
    """The customer's post that the brand answered; on a complaint site any answer is to the complaint."""
    post = state.post(answer.network, answer.parent or "")
    if post is not None and post.person.is_brand:
        post = state.post(answer.network, answer.thread)
    if post is None or "corpus" not in post.extra or answer.is_private:
        return None
    return post


def _decide(state: State, post: Post, answer: Post, seed: int, pace: timedelta) -> None:
    if post.network == "complaints":
        return  # the site shows a complaint and its answer, and nothing after
    chance = random.Random(f"{seed}:{post.id}:reads:{answer.external_id}")
    after = _purpose(state, post, answer)
    text = _text_of(post)
    due = answer.posted_at + pace * chance.uniform(0.3, 2)
    says_something = text.followup(after) is not None and chance.random() < LIKELY[after]
    if says_something:
        add(state, Reaction(after, post.id, due, answer.external_id))
    may_evaluate = post.network == "reclame_aqui" and text.followup("evaluation") is not None
    if may_evaluate and (after == "resolution" or not says_something) and chance.random() < EVALUATION_LIKELY:
        add(state, Reaction("evaluation", post.id, due + pace * chance.uniform(1, 4), answer.external_id))


def _purpose(state: State, post: Post, answer: Post) -> str:
    """What the customer takes the brand's words for."""
    if is_resolution(answer.text):
        return "resolution"
    if post.network == "reclame_aqui":
        return "answer"
    own = {one.external_id for one in _conversation(state, post)}
    earlier = state.posts(post.network, thread=post.thread, by_brand=True, until_id=answer.id)
    return "answer" if any(one.parent in own for one in earlier) else "acknowledgement"


def _conversation(state: State, post: Post) -> list[Post]:
    """What the customer said so far; others, and the same person about other things, may speak in the same thread."""
    where = "post.network = ? AND post.thread = ? AND post.person_id = ?"
    said = state.select_posts(where, (post.network, post.thread, post.person.id))
    return [one for one in said if one.extra.get("conversation") == post.extra["conversation"]]


def _spoke_lately(state: State, post: Post, since: datetime) -> bool:
    """Nobody takes a complaint back in the moment in which they add to it: with it go all their words below it."""
    return any(one.posted_at > since for one in _conversation(state, post))


def _say(state: State, reaction: Reaction, post: Post, seed: int, now: datetime) -> int:
    followup = _text_of(post).followup(reaction.what)
    said = [one.extra["corpus"] for one in _conversation(state, post)]
    source = f"{_text_of(post).id}/{reaction.what}"
    answers = state.posts(post.network, thread=post.thread, by_brand=True)
    answered = any(one.parent == post.external_id for one in answers)
    ticket = state.ticket(post.thread)
    if (
        followup is None
        or source in said
        or len([one for one in said if "/" in one]) >= FOLLOWUPS_A_THREAD
        or (reaction.what == "silence" and answered)
        or (ticket is not None and ticket.status in (EVALUATED, DEACTIVATED_BY_CONSUMER))
    ):
        return 0
    extra = {key: value for key, value in post.extra.items() if key in ("lang", "conversation", "subreddit")}
    extra["corpus"] = source
    kind = "comment"
    if reaction.what == "evaluation":
        kind = "evaluation"
        extra |= _evaluate(state, post, followup)
    elif ticket is not None:
        kind = "replica"
    state.publish(
        post.person,
        with_own_numbers(
            addressed_again(followup.text, post.network, answers_brand=reaction.answer is not None),
            seed,
            post.extra["conversation"],
        ),
        kind=kind,
        parent=reaction.answer or post.external_id,
        thread=post.thread,
        extra=extra,
        posted_at=now,
    )
    return 1


def _evaluate(state: State, post: Post, followup: Followup) -> dict[str, str]:
    grade, resolved, again = followup.grade or 0, bool(followup.resolved), bool(followup.again)
    state.evaluate(post.thread, grade, resolved, again)
    return {"grade": str(grade), "resolved": "yes" if resolved else "no", "again": "yes" if again else "no"}


TEXTS: dict[str, CorpusText] = {}


def _text_of(post: Post) -> CorpusText:
    """What opened the conversation that the post belongs to."""
    if not TEXTS:
        TEXTS.update((text.id, text) for text in corpus())
    return TEXTS[post.extra["corpus"].split("/")[0]]
