"""Customers who complain, ask, praise, answer back, evaluate, edit and delete, the same again for the same seed."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sandbox import reactions
from sandbox.corpus import CorpusText, corpus
from sandbox.customers import Customer, customers
from sandbox.reactions import Reaction
from sandbox.records import COMPLAINT_SITES, NETWORKS, Person, Post, moment, stamp
from sandbox.state import State
from sandbox.wording import Wording, worded

SHARES = {"x": 0.34, "reddit": 0.16, "mastodon": 0.2, "reclame_aqui": 0.18, "complaints": 0.12}
AT_THE_SAME_MOMENT = 0.12
NAMED_ONLY = 0.12  # speaks of the brand without addressing it
EDITED, DELETED = 0.05, 0.04
EDITABLE = ("reddit", "mastodon", "complaints")  # an edited post on X is another post
PROGRESS = "population:progress"
# Threads in which people comment; nobody's complaint by themselves.
BACKGROUND = {
    "LojaAurora": ("Tópico da semana", "Dúvidas, elogios, problemas com pedidos: comentem aqui."),
    "brasil": ("Desabafos de sexta", "Conte aqui o que deu errado na sua semana."),
    "conversas": ("Off topic thread", "Talk about anything you like."),
    "consumidor": ("Compras: vale a pena?", "Pergunte antes de comprar."),
}


@dataclass(frozen=True)
class Opening:
    """One conversation as the plan has it, before anything is published."""

    index: int
    network: str
    customer: Customer
    text: CorpusText
    wording: Wording


class Population:
    """Publishes what is due, one committed event after another; what it did so far lives in the state alone.

    `rate` is in new conversations a minute. `pace` is how long a customer takes to react, roughly. `site` is the
    address under which the sandbox serves the pictures that some posts carry.
    """

    def __init__(
        self,
        state: State,
        seed: int,
        rate: float,
        *,
        pace: timedelta = timedelta(minutes=2),
        site: str = "http://127.0.0.1",
    ) -> None:
        if rate <= 0:
            raise ValueError(f"the rate is in mentions a minute, above 0, not {rate}")
        self._state = state
        self._seed = seed
        self._gap = timedelta(minutes=1) / rate
        self._pace = pace
        self._site = site.rstrip("/")
        self._limit: int | None = None
        self._is_continuing = True
        self._texts = {network: _shuffled(seed, network) for network in NETWORKS}

    @property
    def started(self) -> int:
        """Conversations opened so far."""
        return int(self._progress()["index"])

    @property
    def published(self) -> int:
        """Posts by customers so far, follow-ups included; what only stands in the background is not counted."""
        return int(self._progress()["published"])

    def next_at(self) -> datetime | None:
        """When the next event is due, as far as is known now; None when the limit of the last step is reached."""
        progress = self._progress()
        if self._limit is not None and progress["published"] >= self._limit:
            return None
        due = moment(progress["due"])
        pending = reactions.first(self._state)
        return due if pending is None else min(due, pending.due)

    def step(self, now: datetime, limit: int | None = None) -> int:
        """Publishes what is due by `now`; returns how many posts by customers came.

        With a limit there are never more than `limit` posts by customers in the whole state, and when it is reached
        nothing happens any more. Posts carry the time `now`, not the moment at which they were due: a listener may
        have read everything up to now already.
        """
        self._limit = limit
        self._skip_a_pause(now)
        reactions.notice_answers(self._state, self._seed, self._pace)
        progress = self._progress()
        before = int(progress["published"])
        while limit is None or progress["published"] < limit:
            pending = reactions.first(self._state)
            if pending is not None and stamp(pending.due) > progress["due"]:
                pending = None
            if (moment(progress["due"]) if pending is None else pending.due) > now:
                break
            with self._state.transaction():
                if pending is None:
                    progress = self._open(progress, now)
                else:
                    came = reactions.carry_out(self._state, pending, self._seed, now, self._pace)
                    progress = progress | {"published": progress["published"] + came}
                self._state.put(PROGRESS, progress)
        return int(progress["published"]) - before

    def _progress(self) -> dict[str, Any]:
        known: dict[str, Any] | None = self._state.get(PROGRESS)
        start = stamp(self._state.clock.now())
        return known or {"index": 0, "published": 0, "due": start, "per": dict.fromkeys(NETWORKS, 0)}

    def _skip_a_pause(self, now: datetime) -> None:
        """Whoever continues a file of yesterday does not want a day's conversations in one second."""
        if not self._is_continuing:
            return
        self._is_continuing = False
        progress = self._progress()
        if self._state.get(PROGRESS) is None or now - moment(progress["due"]) > 10 * self._gap + self._pace:
            self._state.put(PROGRESS, progress | {"due": stamp(now)})

    def _open(self, progress: dict[str, Any], now: datetime) -> dict[str, Any]:
        opening = self._planned(progress)
        chance = random.Random(f"{self._seed}:{opening.index}:life")
        post = self._publish(opening, now)
        gap = timedelta() if chance.random() < AT_THE_SAME_MOMENT else self._gap * chance.expovariate(1)
        per = progress["per"] | {opening.network: progress["per"][opening.network] + 1}
        if opening.network in EDITABLE and chance.random() < EDITED:
            self._remember("edit", post, now + self._pace * chance.uniform(0.5, 3))
        elif chance.random() < DELETED:
            self._remember("delete", post, now + self._pace * chance.uniform(1, 6))
        if opening.text.followup("silence") and opening.wording.addresses_brand:
            self._remember("silence", post, now + self._pace * chance.uniform(5, 9))
        due = progress["due"] + gap // timedelta(microseconds=1)
        return {"index": opening.index + 1, "published": progress["published"] + 1, "due": due, "per": per}

    def _remember(self, what: str, post: Post, due: datetime) -> None:
        reactions.add(self._state, Reaction(what=what, post_id=post.id, due=due, answer=None))

    def _planned(self, progress: dict[str, Any]) -> Opening:
        index = progress["index"]
        chance = random.Random(f"{self._seed}:{index}")
        network = chance.choices(list(SHARES), weights=list(SHARES.values()))[0]
        texts = self._texts[network]
        text = texts[progress["per"][network] % len(texts)]
        able = [one for one in customers(self._seed) if one.lang == text.lang and network in one.handles]
        customer = chance.choice(able)
        return Opening(index, network, customer, text, worded(text, network, chance, NAMED_ONLY))

    def _publish(self, opening: Opening, now: datetime) -> Post:
        network, customer, wording = opening.network, opening.customer, opening.wording
        person = self._state.add_person(network, customer.handles[network], customer.name, customer.followers)
        extra = {"lang": opening.text.lang, "corpus": opening.text.id, "conversation": str(opening.index)}
        if wording.title:
            extra["title"] = wording.title
        if wording.subreddit:
            extra["subreddit"] = wording.subreddit
        if network in COMPLAINT_SITES:
            extra |= {"city": customer.town, "state": customer.region}
        if opening.text.picture:
            extra["pictures"] = f"{self._site}/pictures/{opening.index}.svg"
        thread = self._background(wording.subreddit, now).external_id if wording.is_comment else None
        return self._state.publish(
            person,
            reactions.with_own_numbers(wording.text, self._seed, str(opening.index)),
            kind=wording.kind,
            parent=thread,
            thread=thread,
            addresses_brand=wording.addresses_brand,
            extra=extra,
            posted_at=now,
        )

    def _background(self, subreddit: str, now: datetime) -> Post:
        """The standing thread of a subreddit, opened when first needed."""
        key = f"population:thread:{subreddit}"
        external_id = self._state.get(key)
        known = None if external_id is None else self._state.post("reddit", external_id)
        if known is not None:
            return known
        title, text = BACKGROUND[subreddit]
        moderator: Person = self._state.add_person("reddit", "AutoModerator", "AutoModerator", 0)
        extra = {"title": title, "subreddit": subreddit, "background": "yes"}
        post = self._state.publish(moderator, text, kind="post", addresses_brand=False, extra=extra, posted_at=now)
        self._state.put(key, post.external_id)
        self._state.put("population:background", int(self._state.get("population:background", 0)) + 1)
        return post


def _shuffled(seed: int, network: str) -> Sequence[CorpusText]:
    """Every text that fits the network, each once before any comes again."""
    texts = [text for text in corpus() if network in text.networks]
    random.Random(f"{seed}:texts:{network}").shuffle(texts)
    return texts
