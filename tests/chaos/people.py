"""The people around a storm: one who approves all day, and one who decides what the program may not."""

import heapq
import random
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Engine, insert
from sqlmodel import Session, select

from cases.approval import approve, post_again, posted_by_hand, reply_key
from cases.drafts import draft
from database.engine import reading, transaction
from database.ledger import event
from models import (
    Account,
    Case,
    CaseMention,
    Customer,
    Mention,
    MentionKind,
    MentionType,
    Profile,
    Reply,
    ReplyPurpose,
    ReplyState,
    Sentiment,
    TimelineEvent,
    Urgency,
    VerdictRow,
)
from responders.outbox import text_hash
from tests.builders import a_brand, an_account
from tests.chaos.storm import Storm

ACCOUNTS = 4
_IN_A_CASE = 20  # mentions
_STORED_AT_ONCE = 2000
_LONGEST_LAG = timedelta(minutes=5)  # for so long a person does not believe that a post is not there
_BETWEEN_GLANCES = timedelta(seconds=30)
_THE_WHOLE_WAY = 10  # one in so many is approved as the inbox does it
_APPROVER, _DECIDER = "Ana", "Beatriz"


class Approving:
    """One answer to each of many mentions, approved one after another by the clock.

    Every tenth goes the way of the inbox. The others are written as that leaves them, which is many times as fast;
    `tests/responders/test_intents.py` holds them to be alike.
    """

    def __init__(self, engine: Engine, intents: int, start: datetime, gap: timedelta) -> None:
        self._engine, self._intents, self._start, self._gap = engine, intents, start, gap
        self._approved = 0
        self.keys: set[str] = set()
        self._accounts = _store_cases(engine, intents, start)

    def step(self, now: datetime) -> int:
        """Approve what is due by now; how many that were."""
        due = min(self._intents, (now - self._start) // self._gap + 1)
        numbers = range(self._approved + 1, due + 1)
        with transaction(self._engine) as session:
            rows: list[dict[str, Any]] = []
            for number in numbers:
                if number % _THE_WHOLE_WAY:
                    rows.append(self._row(number))
                    continue
                self._write(session, rows)  # first: replies are numbered as they are written, each as its mention
                self.keys.add(_approved(session, number, self._at(number)))
                rows = []
            self._write(session, rows)
        self._approved = max(self._approved, due)
        return len(numbers)

    def next_at(self) -> datetime | None:
        """When the next is due; None when all are approved."""
        return self._at(self._approved + 1) if self._approved < self._intents else None

    def _at(self, number: int) -> datetime:
        return self._start + (number - 1) * self._gap

    def _write(self, session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
        if rows:
            session.execute(insert(Reply), rows)
            session.execute(insert(TimelineEvent), [told for row in rows for told in _events(row)])
            self.keys |= {row["key"] for row in rows}

    def _row(self, number: int) -> dict[str, Any]:
        """A reply as `approve` leaves it."""
        at, account, body = self._at(number), self._accounts[_case_of(number) % ACCOUNTS], _body(number)
        return {
            "case_id": _case_of(number),
            "mention_id": number,
            "account_id": account.id,
            "profile_id": _case_of(number),
            "purpose": ReplyPurpose.ANSWER,
            "state": ReplyState.APPROVED,
            "body": body,
            "body_hash": text_hash(body),
            "key": reply_key(account, Mention.model_construct(external_id=str(number)), ReplyPurpose.ANSWER, 1),
            "case_version": 1,
            "thread_mark": min(_case_of(number) * _IN_A_CASE, self._intents),  # the conversation's newest mention
            "drafted_by": _APPROVER,
            "drafted_at": at,
            "approved_by": _APPROVER,
            "approved_at": at,
            "next_attempt_at": at,
        }


class Deciding:
    """Whoever looks after what needs a person: on the platform first, and never before it must show everything."""

    def __init__(self, engine: Engine, platform: Storm, chance: random.Random) -> None:
        self._engine, self._platform, self._chance = engine, platform, chance
        self._undecided: list[tuple[datetime, int]] = []  # when to decide on which reply
        self._noticed: set[int] = set()
        self._next_glance: datetime | None = None
        self.asked = self.again = 0
        self.seen: set[str] = set()  # keys of what they found standing there

    def step(self, now: datetime) -> int:
        """Notice what came, and decide what is due; how many decisions that were."""
        if self._next_glance is None or now >= self._next_glance:
            self._notice(now)
            self._next_glance = now + _BETWEEN_GLANCES
        decided = 0
        while self._undecided and self._undecided[0][0] <= now:
            self._decide(heapq.heappop(self._undecided)[1], now)
            decided += 1
        return decided

    def next_at(self, now: datetime) -> datetime:
        """When the next decision or glance is due."""
        return min([self._next_glance or now, *(at for at, _ in self._undecided[:1])])

    def _notice(self, now: datetime) -> None:
        with reading(self._engine) as session:
            waiting = session.exec(
                select(Reply.id, Reply.sending_at).where(Reply.state == ReplyState.NEEDS_HUMAN)
            ).all()
        for reply_id, sending_at in waiting:
            if reply_id is None or reply_id in self._noticed:
                continue
            earliest = max(now, (sending_at or now) + _LONGEST_LAG)
            takes = timedelta(seconds=self._chance.uniform(10, 600))
            heapq.heappush(self._undecided, (earliest + takes, reply_id))
            self._noticed.add(reply_id)
            self.asked += 1

    def _decide(self, reply_id: int, now: datetime) -> None:
        with transaction(self._engine) as session:
            reply = session.get_one(Reply, reply_id)
            mention = session.get_one(Mention, reply.mention_id)
            shown = self._platform.shown(mention.external_id, reply.body)
            if shown is not None:
                posted_by_hand(session, reply, shown.url, _DECIDER, now)
                self.seen.add(reply.key)
            else:
                post_again(session, reply, _DECIDER, now)
                self.again += 1
        self._noticed.discard(reply_id)


def _approved(session: Session, number: int, at: datetime) -> str:
    """A person writes an answer to a mention and lets it go out; its key."""
    case, mention = session.get_one(Case, _case_of(number)), session.get_one(Mention, number)
    reply = draft(session, case, mention, _body(number), ReplyPurpose.ANSWER, _APPROVER, at)
    return approve(session, reply, _APPROVER, at).key


def _events(row: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    number = row["mention_id"]
    for kind, detail in (("drafted", {"purpose": "answer"}), ("reply_approved", {"from": "draft"})):
        yield event(row["case_id"], kind, _APPROVER, row["approved_at"], number, number, detail)


def _body(number: int) -> str:
    return f"Olá! Já encontramos o pedido {number} e voltamos aqui com a solução."


def _case_of(number: int) -> int:
    return (number - 1) // _IN_A_CASE + 1


def _store_cases(engine: Engine, mentions: int, at: datetime) -> list[Account]:
    """Mentions numbered from 1, some to a case, each person in a thread of their own; the accounts they speak to."""
    with transaction(engine) as session:
        brand = a_brand(session)
        accounts = [an_account(session, brand, name=f"conta-{n}", handle=f"loja{n}") for n in range(ACCOUNTS)]
        scope = {"brand_id": brand.id, "channel": "mastodon", "place": "mastodon.example"}
        ids = [account.id or 0 for account in accounts]
    for first in range(1, mentions + 1, _STORED_AT_ONCE):
        numbers = range(first, min(first + _STORED_AT_ONCE, mentions + 1))
        with transaction(engine) as session:
            for model, rows in _rows(numbers, ids, scope, at).items():
                if rows:
                    session.execute(insert(model), rows)
    return accounts


def _rows(numbers: Sequence[int], accounts: Sequence[int], scope: dict[str, Any], at: datetime) -> dict[Any, Any]:
    tags = {"sentiment": Sentiment.NEGATIVE, "urgency": Urgency.NORMAL, "type": MentionType.COMPLAINT, "holds": []}
    openings = [number for number in numbers if (number - 1) % _IN_A_CASE == 0]
    cases = {number: _case_of(number) for number in numbers}
    return {
        Customer: [{"id": cases[n], "brand_id": scope["brand_id"], "created_at": at} for n in openings],
        Profile: [
            {"id": cases[n], "customer_id": cases[n], **scope, "external_id": f"u{cases[n]}", "handle": f"m{cases[n]}"}
            for n in openings
        ],
        Mention: [
            {
                "id": n,
                **scope,
                "account_id": accounts[cases[n] % len(accounts)],
                "external_id": str(n),
                "kind": MentionKind.POST,
                "profile_id": cases[n],
                "thread": f"t{cases[n]}",
                "text": f"Meu pedido {n} não chegou",
                "pictures": [],
                "extra": {},
                "addresses_us": True,
                "verdict_id": n,
                "triaged_at": at,
                "posted_at": at,
                "seen_at": at,
            }
            for n in numbers
        ],
        VerdictRow: [
            {
                "id": n,
                "mention_id": n,
                "text_revision": 1,
                "version": "chaos",
                "lang": "pt",
                **tags,
                "complaint": True,
                "confidence": {},
                "decided_at": at,
            }
            for n in numbers
        ],
        Case: [
            {
                "id": cases[n],
                "protocol": f"20260310-{cases[n]:06d}",
                "customer_id": cases[n],
                **scope,
                "thread": f"t{cases[n]}",
                **tags,
                "lang": "pt",
                "opened_at": at,
                "last_mention_at": at,
            }
            for n in openings
        ],
        CaseMention: [{"mention_id": n, "case_id": cases[n], "linked_at": at} for n in numbers],
    }
