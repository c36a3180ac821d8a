"""Fakes that keep the contracts: a listener that reads a script, a classifier that says one thing, and so on."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from classifier.base import Verdict
from errors import ChannelError
from listeners.base import Edited, Gone, Page, Unchanged
from models import MentionType, Sentiment, Urgency
from responders.base import OutgoingReply, Posted

Step = Page | Exception | Callable[[], object]


class ScriptedListener:
    """Plays pages and errors; what it was asked for stays readable."""

    def __init__(self, *steps: Step, facts: Sequence[Unchanged | Edited | Gone | ChannelError] = ()) -> None:
        self.steps, self.facts = steps, facts
        self.cursors: list[str | None] = []
        self.checked: list[str] = []

    def fetch(self, cursor: str | None) -> Iterator[Page]:
        self.cursors.append(cursor)
        for step in self.steps:
            if isinstance(step, Exception):
                raise step
            if isinstance(step, Page):
                yield step
            else:
                step()

    def check(self, ids: Sequence[str]) -> Iterator[Unchanged | Edited | Gone]:
        self.checked += ids
        for fact in self.facts:
            if isinstance(fact, ChannelError):
                raise fact
            yield fact


class StandingClock:
    """A clock that a test moves."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at

    def sleep(self, duration: timedelta) -> None:
        self.at += duration


class RecordingResponder:
    """A platform of one thread: what was published stands in `published`; the next errors can be chosen."""

    def __init__(self, *, limit: int = 500) -> None:
        self.limit = limit
        self.published: list[OutgoingReply] = []
        self.post_errors: list[ChannelError | None] = []
        self.find_errors: list[ChannelError | None] = []
        self.swallow_answer = False  # publishes, and then raises the next of post_errors
        self.posts = self.finds = 0
        self.on_post: Callable[[], object] = lambda: None

    def room_left(self, body: str, to: str = "") -> int:
        return self.limit - len(body)

    def post(self, reply: OutgoingReply) -> Posted:
        self.posts += 1
        self.on_post()
        error = self.post_errors.pop(0) if self.post_errors else None
        if error is None or self.swallow_answer:
            self.published.append(reply)
        if error is not None:
            raise error
        return self._posted(reply)

    def find(self, reply: OutgoingReply) -> Posted | None:
        self.finds += 1
        error = self.find_errors.pop(0) if self.find_errors else None
        if error is not None:
            raise error
        same = [p for p in self.published if (p.mention_external_id, p.body) == (reply.mention_external_id, reply.body)]
        return self._posted(reply) if same else None

    def _posted(self, reply: OutgoingReply) -> Posted:
        return Posted(f"re-{reply.key[:8]}", f"https://mastodon.example/{reply.key[:8]}")


class OneVerdict:
    """Says the same of every text."""

    def __init__(self, **fields: Any) -> None:
        self.version = "fixed-1"
        values: dict[str, Any] = {
            "lang": "pt",
            "sentiment": Sentiment.NEGATIVE,
            "urgency": Urgency.NORMAL,
            "type": MentionType.COMPLAINT,
            "complaint": True,
            "holds": (),
            "version": self.version,
        }
        self._verdict = Verdict(**values | fields)

    def classify(self, texts: Sequence[str]) -> list[Verdict]:
        return [self._verdict for _ in texts]
