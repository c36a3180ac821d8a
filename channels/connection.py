"""What a channel's module is given to reach its platform."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Time as the process lives it; the sandbox's clock may run faster than the wall."""

    def now(self) -> datetime:
        """The present moment, aware, in UTC."""
        ...

    def sleep(self, duration: timedelta) -> None:
        """Wait; used for politeness delays alone, never for rate limits."""
        ...


@dataclass(frozen=True)
class Connection:
    """One account of a brand on one channel, with what it takes to reach it."""

    channel: str
    base_url: str
    place: str  # what scopes external ids: the instance, the site, the account
    handle: str  # without a leading @ or u/
    external_id: str = ""  # the platform's id of the account; "" until known
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    options: Mapping[str, object] = field(default_factory=dict)
    timeout: timedelta = timedelta(seconds=20)


@dataclass(frozen=True)
class SourceConfig:
    """What one listener reads: the kinds a channel knows stand in its module."""

    kind: str
    query: str = ""
    options: Mapping[str, object] = field(default_factory=dict)
