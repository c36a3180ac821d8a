"""People who make trouble: they edit and delete, leave, repeat our words, answer for us, and send their own bot."""

import heapq
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import count
from random import Random

from sandbox.corpus import corpus
from sandbox.faults.draws import Draws
from sandbox.faults.phrases import BOT_SAYS, NATIVE_ANSWERS
from sandbox.records import ANSWERED, BRAND_HANDLES, COMPANY_REPLICA, COMPLAINT_SITES, EVALUATED, Post
from sandbox.state import State
from sandbox.wording import edited, worded

MOST_OF_THE_BOT = 4  # acknowledgements in one thread, whatever is answered to them
SHARES = {
    "edited-post": 0.02,
    "deleted-post": 0.015,
    "author-gone": 0.01,
    "native-answer": 0.015,
    "other-bot": 0.04,
    "parrot": 0.03,
    "reply-removed": 0.02,
}
_ENDED = (EVALUATED, 10, 12, 13)  # tickets on which nothing more can be said


class People:
    """Decides what people will do when something is published, and does it when it is due."""

    def __init__(self, state: State, draws: Draws, struck: Callable[[str], None]) -> None:
        self._state = state
        self._draws = draws
        self._struck = struck
        self._number = count()
        self._due: list[tuple[datetime, int, str, Callable[[], bool]]] = []
        self._said_by_bot: dict[str, int] = {}  # by thread that the bot follows

    def next_at(self) -> datetime | None:
        return self._due[0][0] if self._due else None

    def step(self, now: datetime) -> int:
        """Does what is due by `now`; returns how much there was."""
        done = 0
        while self._due and self._due[0][0] <= now:
            _, _, kind, act = heapq.heappop(self._due)
            with self._state.transaction():
                happened = act()
            if happened:
                self._struck(kind)
                done += 1
        return done

    def clear(self) -> None:
        self._due.clear()

    def posted(self, post: Post) -> None:
        """A customer has said something."""
        self._perhaps("edited-post", post, (2, 20), self._edit, fits=_may_be_edited(post))
        self._perhaps("deleted-post", post, (2, 30), self._delete)
        self._perhaps("author-gone", post, (0.1, 1), self._pass_by)
        self._perhaps("native-answer", post, (0.3, 6), self._answer_natively, fits=post.addresses_brand)

    def answered(self, answer: Post) -> None:
        """The brand has answered through Ouvidor, or by hand on a complaint site."""
        if answer.parent is None:
            return
        self._perhaps("parrot", answer, (0.2, 3), self._repeat)
        self._perhaps("reply-removed", answer, (6, 40), self._delete)
        if not self._draws.fits("other-bot", answer.network):
            return
        thread = f"{answer.network}:{answer.thread}"
        turn = self._draws.turn("other-bot", SHARES["other-bot"])
        if thread in self._said_by_bot or turn.excess < 1:
            self._said_by_bot.setdefault(thread, 0)
            self._plan("other-bot", answer, turn.chance, (0.05, 0.7), self._acknowledge)

    def _perhaps(
        self,
        kind: str,
        post: Post,
        minutes: tuple[float, float],
        act: Callable[[Post, Random], bool],
        *,
        fits: bool = True,
    ) -> None:
        chance = self._draws.take(kind, post.network, SHARES[kind]) if fits else None
        if chance is not None:
            self._plan(kind, post, chance, minutes, act)

    def _plan(
        self, kind: str, post: Post, chance: Random, minutes: tuple[float, float], act: Callable[[Post, Random], bool]
    ) -> None:
        """It happens so many minutes after the post, to the post as it stands then, if it still does."""

        def happen() -> bool:
            now = self._state.post_by_id(post.id)
            return now is not None and now.deleted_at is None and act(now, chance)

        due = post.posted_at + timedelta(minutes=chance.uniform(*minutes))
        heapq.heappush(self._due, (due, next(self._number), kind, happen))

    def _edit(self, post: Post, chance: Random) -> bool:
        self._state.edit(post, edited(post.text, post.extra.get("lang", "pt"), chance))
        return True

    def _delete(self, post: Post, chance: Random) -> bool:
        self._state.delete(post)
        return True

    def _pass_by(self, post: Post, chance: Random) -> bool:
        """Somebody new says something, and leaves the network some minutes later with all that they said."""
        network = post.network
        handle = f"passante{chance.randrange(10_000, 100_000)}"
        person = self._state.add_person(network, handle, "Passante", chance.randrange(300))
        text = chance.choice([text for text in corpus() if network in text.networks])
        wording = worded(text, network, chance, named_only=0)
        extra = {"fault": "author-gone", "lang": text.lang, "title": wording.title, "subreddit": wording.subreddit}
        said = self._state.publish(
            person,
            wording.text,
            kind=wording.kind,
            parent=post.thread if wording.is_comment else None,
            thread=post.thread if wording.is_comment else None,
            addresses_brand=True,
            extra={name: value for name, value in extra.items() if value},
        )
        self._plan("author-gone", said, chance, (3, 20), self._leave)
        return False  # it counts once they have left

    def _leave(self, post: Post, chance: Random) -> bool:
        self._state.delete(self._state.set_extra(post, author="gone"))
        return True

    def _answer_natively(self, post: Post, chance: Random) -> bool:
        ticket = self._state.ticket(post.thread)
        if ticket is not None and ticket.status in _ENDED:
            return False
        text = chance.choice(NATIVE_ANSWERS[post.extra.get("lang", "pt")])
        kind = "answer" if post.network in COMPLAINT_SITES else "comment"
        self._state.answer(
            post.network,
            text,
            parent=post.external_id,
            thread=post.thread,
            kind=kind,
            extra={"fault": "native-answer"},
        )
        return True

    def _acknowledge(self, answer: Post, chance: Random) -> bool:
        """Another Ouvidor hears us, and registers what we say as a complaint."""
        thread = f"{answer.network}:{answer.thread}"
        if self._said_by_bot[thread] >= MOST_OF_THE_BOT:
            return False
        self._said_by_bot[thread] += 1
        bot = self._state.add_person(answer.network, "sac_atendeja", "Atende Já", 5_200)
        to = "" if answer.network == "reddit" else f"@{BRAND_HANDLES[answer.network]} "
        self._state.publish(
            bot,
            f"{to}{chance.choice(BOT_SAYS).format(chance.randrange(10**7, 10**8))}",
            kind="comment",
            parent=answer.external_id,
            thread=answer.thread,
            extra={"fault": "other-bot"},
        )
        return True

    def _repeat(self, answer: Post, chance: Random) -> bool:
        """On a complaint site only the consumer can, as a replica; elsewhere anybody, beside our answer."""
        if answer.network not in COMPLAINT_SITES:
            self._state.publish(
                self._state.add_person(answer.network, "papagaio_br", "Papagaio", 12),
                answer.text,
                kind="comment",
                parent=answer.parent,
                thread=answer.thread,
                addresses_brand=False,
                extra={"fault": "parrot"},
            )
            return True
        complaint, ticket = self._state.post(answer.network, answer.thread), self._state.ticket(answer.thread)
        is_open = ticket is not None and ticket.status in (ANSWERED, COMPANY_REPLICA)
        if complaint is None or complaint.deleted_at is not None or not is_open:
            return False
        self._state.publish(
            complaint.person,
            answer.text,
            kind="replica",
            parent=answer.external_id,
            thread=answer.thread,
            extra={"fault": "parrot"},
        )
        return True


def _may_be_edited(post: Post) -> bool:
    # Replies on X are never editable - docs.x.com/x-api/fundamentals/edit-posts, read 2026-11.
    match post.network:
        case "x":
            return post.parent is None
        case "reclame_aqui" | "complaints":
            return post.kind == "complaint"
        case _:
            return True
