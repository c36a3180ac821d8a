"""What every page needs at hand: the database, the settings, the clock, the templates and the channels' counting."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TypeVar

from sqlalchemy import Engine
from sqlmodel import Session, select
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from channels.accounts import connection_of
from channels.connection import Clock
from classifier.base import Classifier
from errors import OuvidorError
from inbox.guard import visitor_of
from inbox.views import Views
from inbox.visitor import Visitors, WrongInputError
from models import Brand, Case
from responders import build_responder
from responders.base import Responder
from settings import Settings

MOST_PICKED = 500  # rows of one bulk action
LARGEST_ID = 2**31 - 1  # PostgreSQL keeps ids in four bytes, and refuses to compare them with more
LONGEST_SEARCH = 200  # characters
LONGEST_TEXT = 20_000  # characters that a person types
_PROTOCOL = re.compile(r"[0-9]{8}-[0-9]{6,12}")

Choice = TypeVar("Choice", bound=StrEnum)


@dataclass(frozen=True)
class Desk:
    """Handed to every group of pages."""

    engine: Engine
    settings: Settings
    clock: Clock
    views: Views
    visitors: Visitors
    classifier: Classifier | None = None  # asked for its reasons alone
    responders: dict[str, Responder] = field(default_factory=dict)

    def now(self) -> datetime:
        return self.clock.now()

    def room_left(self, account: str, body: str, to: str) -> int:
        """Characters left in the counting of the account's channel; SettingsError when the account is not set up."""
        if account not in self.responders:
            connection = connection_of(self.settings, account, with_secrets=False)
            self.responders[account] = build_responder(connection, self.clock)
        return self.responders[account].room_left(body, to)


class NameNeededError(OuvidorError):
    """Somebody acts whose name was not asked yet."""


def acting(request: Request) -> str:
    """The name under which the visitor acts; NameNeededError before it was asked."""
    name = visitor_of(request.scope).name
    if not name:
        raise NameNeededError("say who you are before you act")
    return name


def chosen(options: type[Choice], value: str, name: str) -> Choice | None:
    """The option that a form or address names, None for ""; WrongInputError for any other."""
    if not value:
        return None
    try:
        return options(value)
    except ValueError:
        raise WrongInputError(f"{name} is one of {', '.join(options)}, not {value[:40]!r}") from None


def picked(values: list[str]) -> list[int]:
    """Ids of the rows that were ticked, each once; WrongInputError for what is no id."""
    if not values:
        raise WrongInputError("pick at least one row")
    if len(values) > MOST_PICKED:
        raise WrongInputError(f"pick at most {MOST_PICKED} rows")
    return list(dict.fromkeys(number(value, "a row") for value in values))


def number(value: str, name: str) -> int:
    """A whole number as an address or a form gives it."""
    if not (value.isascii() and value.isdecimal() and len(value) < 16 and int(value) <= LARGEST_ID):
        raise WrongInputError(f"{name} is a whole number, not {value[:40]!r}")
    return int(value)


def case_of(session: Session, protocol: str) -> Case:
    """The case with that number, to be changed in this transaction; a page "not found" otherwise."""
    case = None
    if _PROTOCOL.fullmatch(protocol):
        case = session.exec(select(Case).where(Case.protocol == protocol)).one_or_none()
    if case is None:
        raise HTTPException(404)
    return case


def brands(session: Session) -> Mapping[str, Brand]:
    """The brands by their slug, in the order of their names."""
    return {brand.slug: brand for brand in sorted(session.exec(select(Brand)), key=lambda brand: brand.name)}


def brand_id_of(known: Mapping[str, Brand], slug: str) -> int | None:
    """The brand that an address names, None for ""."""
    if not slug:
        return None
    if slug not in known:
        raise WrongInputError(f"brand is one of {', '.join(known) or 'none yet'}, not {slug[:40]!r}")
    return known[slug].id


def back_to(address: str) -> Response:
    """Return to one of our own pages; anything else than a path here leads to the queue."""
    ours = address.startswith("/") and not address.startswith("//") and not re.search(r"[\x00-\x20\\]", address)
    return RedirectResponse(address if ours else "/", status_code=303)


def told(page: Response) -> Response:
    """The page, with word to the one around it that a verdict was looked at."""
    page.headers["hx-trigger"] = "reviewed"
    return page


def is_htmx(request: Request) -> bool:
    """Whether a script of ours asks for a part of a page."""
    return request.headers.get("hx-request") == "true"
