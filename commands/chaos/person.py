"""The colleague of a chaos run: does a person's part with a person's care, and now and then what must be refused."""

import json
import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import httpx
from sqlmodel import Session, col, select

from cases.approval import leave, post_again, posted_by_hand
from commands.approver import NAME, Approver
from commands.chaos.tries import Tries
from database.engine import reading, transaction
from errors import ChannelError
from models import Account, Mention, Reply, ReplyState, Source
from responders.base import OutgoingReply, Posted
from responders.outbox import outgoing, refused, wanted_of
from sandbox.credentials import COMPLAINTS_COMPANY_TOKEN
from scheduler import Runtime

_RESUMES = timedelta(minutes=10)  # how long something stays paused until a person has renewed what was refused
_SAYS_ANYWAY = 0.5  # of what was held back because the talk moved on
_TIMEOUT = 10.0  # seconds


class Person:
    """Answers, resolves, posts by hand, decides and resumes, through the functions that the inbox calls.

    `lag` is the longest for which a network hides what it has taken: a careful person waits that long before they say
    that something is not there. What they did themselves they remember, though the program beside them was killed.
    """

    def __init__(self, runtime: Runtime, url: str, folder: Path, seed: int, lag: timedelta) -> None:
        self._runtime, self._seed, self._lag = runtime, seed, lag
        self._approver = Approver(runtime, lambda mention, _text: mention.url)
        self._tries = Tries(runtime, seed)
        self._form = _Form(url)
        self._notebook = _Notebook(folder / "notebook.jsonl")
        self._paused_since: dict[str, datetime] = {}
        self._said_anyway: set[int] = set()

    def step(self) -> int:
        """Do what waits now; how much that was."""
        now = self._runtime.clock.now()
        done = self._resume(now) + self._decide(now) + self._by_hand(now) + self._tries.step(now)
        return done + self._approver.work_on_cases(now)

    def _resume(self, now: datetime) -> int:
        """Let go on what was paused a while ago."""
        with reading(self._runtime.engine) as session:
            sources = session.exec(select(Source.name).where(Source.paused_reason != "")).all()
            accounts = session.exec(select(Account.name).where(Account.paused_reason != "")).all()
        paused = {*(f"source {name}" for name in sources), *(f"account {name}" for name in accounts)}
        self._paused_since = {name: self._paused_since.get(name, now) for name in paused}
        if not any(now - since >= _RESUMES for since in self._paused_since.values()):
            return 0
        self._runtime.resume()
        self._paused_since = {}
        return len(paused)

    def _decide(self, now: datetime) -> int:
        """What becomes of each reply that a person must decide on; those whose time has not come wait."""
        return sum(self._decide_on(reply_id, now) for reply_id in self._undecided())

    def _undecided(self) -> list[int]:
        with reading(self._runtime.engine) as session:
            states = [ReplyState.NEEDS_HUMAN, ReplyState.FAILED]
            found = session.exec(select(Reply.id).where(col(Reply.state).in_(states)).order_by(col(Reply.id)))
            return [reply_id or 0 for reply_id in found]

    def _decide_on(self, reply_id: int, now: datetime) -> int:
        with transaction(self._runtime.engine) as session:
            reply = session.get_one(Reply, reply_id)
            staleness = self._runtime.settings.delivery.staleness
            forbidden = refused(session, replace(wanted_of(reply), automatic=False), now, staleness) is not None
            if reply.sending_at is None or reply.state is ReplyState.FAILED:
                return self._decide_on_unsent(session, reply, forbidden, now)
            if now < reply.sending_at + self._lag:
                return 0
            account_id, frozen = reply.account_id, outgoing(session, reply, now)
        try:
            found = self._runtime.responder(account_id).find(frozen)
        except ChannelError:
            return 0  # who could not look decides nothing
        with transaction(self._runtime.engine) as session:
            return self._settle(session, session.get_one(Reply, reply_id), found, forbidden, now)

    def _decide_on_unsent(self, session: Session, reply: Reply, forbidden: bool, now: datetime) -> int:
        """Nothing of it stands anywhere: where the talk only moved on, it may still be said, once."""
        is_open = reply.state is ReplyState.NEEDS_HUMAN and not forbidden and reply.id not in self._said_anyway
        if is_open and random.Random(f"{self._seed}:anyway:{reply.id}").random() < _SAYS_ANYWAY:
            self._said_anyway.add(reply.id or 0)
            post_again(session, reply, NAME, now)
        else:
            leave(session, reply, NAME, now)
        return 1

    def _settle(self, session: Session, reply: Reply, found: Posted | None, forbidden: bool, now: datetime) -> int:
        if reply.state is not ReplyState.NEEDS_HUMAN:
            return 0  # the program was faster
        if found is not None:
            posted_by_hand(session, reply, found.url, NAME, now)
        elif forbidden or reply.posted_at is not None:
            # The platform had confirmed it and has taken it away since: saying it again would be against its will.
            leave(session, reply, NAME, now)
        else:
            post_again(session, reply, NAME, now)
        return 1

    def _by_hand(self, now: datetime) -> int:
        return sum(self._post_by_hand(*waiting, now) for waiting in self._waiting_for_a_hand(now))

    def _waiting_for_a_hand(self, now: datetime) -> Iterator[tuple[int, int, Mention, OutgoingReply]]:
        with reading(self._runtime.engine) as session:
            rows = session.exec(
                select(Reply, Mention)
                .join(Mention, col(Mention.id) == Reply.mention_id)
                .where(Reply.state == ReplyState.BY_HAND)
                .order_by(col(Reply.id))
            )
            found = [
                (reply.id or 0, reply.account_id, mention, outgoing(session, reply, now)) for reply, mention in rows
            ]
        yield from found

    def _post_by_hand(
        self, reply_id: int, account_id: int, mention: Mention, frozen: OutgoingReply, now: datetime
    ) -> int:
        """Fill in the form once; where that may have gone wrong, look once the page must show it, and then again."""
        sent_at = self._notebook.sent_at(reply_id)
        url = ""
        if sent_at is not None:
            if now < sent_at + self._lag:
                return 0
            try:
                found = self._runtime.responder(account_id).find(frozen)
            except ChannelError:
                return 0
            url = found.url if found is not None else ""
        if not url:
            self._notebook.note(reply_id, now)
            url = self._form.post(mention, frozen.body)
        if not url:
            return self._gone(reply_id, mention, now)
        with transaction(self._runtime.engine) as session:
            posted_by_hand(session, session.get_one(Reply, reply_id), url, NAME, now)
        return 1

    def _gone(self, reply_id: int, mention: Mention, now: datetime) -> int:
        """The form did not take it: a complaint that its author took back has no form any more."""
        if not self._form.is_gone(mention):
            return 0
        with transaction(self._runtime.engine) as session:
            leave(session, session.get_one(Reply, reply_id), NAME, now)
        return 1


class _Form:
    """The complaint site's page, as a person uses it in a browser."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._client = httpx.Client(timeout=_TIMEOUT, follow_redirects=False)

    def post(self, mention: Mention, text: str) -> str:
        """The address of the answer; "" when the page did not say that it was taken."""
        form = {"token": COMPLAINTS_COMPANY_TOKEN, "text": text}
        page = f"{self._url}/complaints/{mention.external_id}/answer"
        try:
            answer = self._client.post(page, data=form)
        except httpx.HTTPError:
            return ""
        location = answer.headers.get("location", "")
        return str(httpx.URL(page).join(location)) if answer.status_code == 303 and location else ""

    def is_gone(self, mention: Mention) -> bool:
        try:
            answer = self._client.get(f"{self._url}/complaints/{mention.external_id}")
        except httpx.HTTPError:
            return False
        return answer.status_code == 410


class _Notebook:
    """When a person pressed send on which reply. It is on disk, as a person's memory outlives a program."""

    def __init__(self, path: Path) -> None:
        self._path = path
        path.touch()
        self._sent: dict[int, datetime] = {}
        for line in path.read_text(encoding="utf-8").splitlines():
            reply_id, at = json.loads(line)
            self._sent[reply_id] = datetime.fromisoformat(at)

    def sent_at(self, reply_id: int) -> datetime | None:
        return self._sent.get(reply_id)

    def note(self, reply_id: int, now: datetime) -> None:
        self._sent[reply_id] = now
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps([reply_id, now.isoformat()]) + "\n")
