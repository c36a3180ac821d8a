"""What many write first: poll, answer what is new, retry on every error, and note it afterwards.

It listens with our own listeners and posts with our own clients, so that it differs in nothing but this.
"""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from channels.accounts import connection_of
from channels.connection import SourceConfig
from commands.chaos.loop import EVERY, arm, first_of, impatient, orders_from_input, say, told
from commands.on_sandbox import settings_on_sandbox
from database.crash import crash_point
from errors import ChannelError
from listeners import build_listener
from listeners.base import HeardMention
from models import ReplyPurpose
from responders import build_responder
from responders.base import OutgoingReply
from sandbox.clock import SharedClock
from settings import Settings, SourceSettings

_ATTEMPTS = 4
_PAUSE = 0.02  # seconds; doubled at each attempt
_ANSWERED = ("x", "reddit", "mastodon")  # where a program may answer at all
Given = TypeVar("Given")


@dataclass
class Notes:
    """Where each source was read up to, and what was answered; a file that is written after the deed."""

    path: Path
    cursors: dict[str, str | None] = field(default_factory=dict)
    read_at: dict[str, str] = field(default_factory=dict)
    seen: dict[str, bool] = field(default_factory=dict)  # by channel and post
    answered: dict[str, str] = field(default_factory=dict)  # by channel and post: the answer's id

    @classmethod
    def of(cls, path: Path) -> "Notes":
        return cls(path, **json.loads(path.read_text(encoding="utf-8"))) if path.exists() else cls(path)

    def save(self) -> None:
        kept = {name: value for name, value in vars(self).items() if name != "path"}
        beside = self.path.with_suffix(".new")
        beside.write_text(json.dumps(kept), encoding="utf-8")
        beside.replace(self.path)


class NaiveClient:
    """The whole of it."""

    def __init__(self, settings: Settings, clock: SharedClock, notes: Path) -> None:
        self._settings, self._clock = settings, clock
        self._notes = Notes.of(notes)
        self._accounts = {one.name: impatient(connection_of(settings, one.name)) for one in settings.account}
        self._listeners = {
            source.name: build_listener(
                self._accounts[source.account], SourceConfig(source.kind, source.query, source.options), clock
            )
            for source in settings.source
        }
        self._responders = {name: build_responder(one, clock) for name, one in self._accounts.items()}

    def turn(self) -> int:
        done = 0
        for source in self._settings.source:
            try:
                done += retried(lambda source=source: self._poll(source))  # type: ignore[misc]
            except ChannelError:
                continue  # the next turn tries again
        return done

    def _poll(self, source: SourceSettings) -> int:
        account, done = self._accounts[source.account], 0
        for page in self._listeners[source.name].fetch(self._notes.cursors.get(source.name)):
            for mention in page.mentions:
                key = f"{account.channel} {mention.external_id}"
                if key in self._notes.seen or mention.is_ours:
                    continue
                self._notes.seen[key] = True
                done += 1
                if account.channel in _ANSWERED and key not in self._notes.answered:
                    self._answer(source.account, key, mention)
            crash_point("poll.stored")
            if page.cursor is not None:
                self._notes.cursors[source.name] = page.cursor
            self._notes.save()
            crash_point("poll.committed")
        self._notes.read_at[source.name] = self._clock.now().isoformat()
        self._notes.save()
        return done

    def _answer(self, account: str, key: str, mention: HeardMention) -> None:
        crash_point("deliver.looked")
        try:
            posted = retried(lambda: self._responders[account].post(self._reply(key, mention)))
        except ChannelError:
            return  # it was tried often enough
        crash_point("deliver.answered")
        self._notes.answered[key] = posted.external_id
        self._notes.save()
        crash_point("deliver.recorded")

    def _reply(self, key: str, mention: HeardMention) -> OutgoingReply:
        handle = mention.author.handle if mention.author else ""
        body = f"Olá! Recebemos a sua mensagem e já estamos cuidando dela. Ref. {mention.external_id}"
        return OutgoingReply(
            key=f"{key} {time.monotonic()}",
            body=body,
            purpose=ReplyPurpose.ACKNOWLEDGEMENT,
            mention_external_id=mention.external_id,
            mention_url=mention.url,
            mention_posted_at=mention.posted_at,
            thread_external_id=mention.thread_external_id or mention.external_id,
            author_handle=handle,
            approved_at=self._clock.now(),
            extra=mention.extra,
        )


def retried(act: Callable[[], Given]) -> Given:
    """Once more after whatever went wrong, with a growing pause."""
    for attempt in range(_ATTEMPTS - 1):
        try:
            return act()
        except ChannelError:
            time.sleep(_PAUSE * 2**attempt)
    return act()


def main() -> None:
    orders = orders_from_input()
    options = first_of(orders)
    folder = Path(options.folder)
    settings = settings_on_sandbox(options.url, "sqlite:///unused.db", folder / "naive.toml", every=EVERY)
    clock = SharedClock(Path(options.clock))
    client = NaiveClient(settings, clock, folder / "notes.json")
    say({"ready": True})
    while True:
        arm(orders.get())
        say(told(client.turn(), clock.now() + EVERY))


if __name__ == "__main__":
    main()
