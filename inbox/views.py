"""Pages from templates: what every page knows, and how a stranger's text is written into it."""

from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse

from cases.labels import CHOICES
from channels.connection import Clock
from inbox import hostile
from inbox.guard import visitor_of
from inbox.heading import Heading
from inbox.label_words import finding_words, label_words
from inbox.reasons import reason_of
from inbox.texts import Texts, machine_time
from inbox.timeline import event_words
from models import Hold, MentionType, Sentiment, Urgency
from settings import Settings

CHANNELS = ("x", "reddit", "mastodon", "reclame_aqui", "complaint_page")


@cache
def _environment() -> Environment:
    """Autoescape is always on, and an unknown name is an error; compiled once a process."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        plain=hostile.plain,
        rich=hostile.rich,
        web_address=hostile.web_address,
        folded=hostile.folded,
        pointed=hostile.pointed,
        finding_words=finding_words,
        machine_time=machine_time,
    )
    environment.globals.update(
        sentiments=tuple(Sentiment),
        urgencies=tuple(Urgency),
        types=tuple(MentionType),
        holds=tuple(Hold),
        langs=CHOICES["lang"],
        channels=CHANNELS,
    )
    return environment


class Views:
    """Renders the templates of this room, with what every page knows."""

    def __init__(self, settings: Settings, clock: Clock, posting_label: str) -> None:
        self._settings = settings
        self._clock = clock
        self._posting_label = posting_label

    def texts(self, request: Request) -> Texts:
        """The words in the visitor's language."""
        return Texts(visitor_of(request.scope).language, self._settings.zone)

    def page(
        self, request: Request, template: str, *, status: int = 200, heading: Heading | None = None, **facts: Any
    ) -> HTMLResponse:
        """A template with its facts; a part of a page has no heading, or less of one."""
        heading = heading or Heading()
        visitor = visitor_of(request.scope)
        t = self.texts(request)
        now = self._clock.now()
        html = (
            _environment()
            .get_template(template)
            .render(
                t=t,
                visitor=visitor,
                path=request.url.path,
                here=_address(request),
                posting=self._settings.posting,
                posting_label=self._posting_label,
                counts=heading.counts,
                heading=heading,
                now=now,
                remembered=cache,
                age=lambda at: t.length(_since(at, now)),
                day_name=t.date,
                label_words=lambda field, value: label_words(t, field, value),
                event_words=lambda event: event_words(t, event),
                reason_of=lambda reply: reason_of(t, reply.state, reply.last_error),
                channel_name=lambda channel: t(f"channel.{channel}") if t.has(f"channel.{channel}") else channel,
                **facts,
            )
        )
        return HTMLResponse(html, status)


def _since(at: datetime, now: datetime) -> timedelta:
    return abs(now - at)


def _address(request: Request) -> str:
    """Where the visitor stands, to come back to after a form; a form's own address is no place to come back to."""
    if request.method != "GET":
        return "/"
    # What is fetched into a page has no place of its own: the page has.
    path = request.url.path.removesuffix("/more").removesuffix("/news")
    return path + (f"?{request.url.query}" if request.url.query else "")
