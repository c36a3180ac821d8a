"""How the operator describes a complaint site: the options of a source or its account, checked one by one."""

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import soupsieve

from channels.http import USER_AGENT
from channels.options import ACCOUNT_OPTIONS, SELECTORS
from errors import SettingsError

REQUIRED = ("list", "link", "text", "date")
_DELAY = re.compile(r"(\d{1,4}(?:\.\d{1,3})?)\s*(ms|s|m)?")
_UNIT = {"ms": 0.001, "s": 1.0, "m": 60.0}
_LONGEST_DELAY = timedelta(minutes=1)

_MONTHS = {
    "january": "janeiro jan enero ene",
    "february": "fevereiro fev febrero",
    "march": "março marco mar marzo",
    "april": "abril abr",
    "may": "maio mai mayo",
    "june": "junho jun junio",
    "july": "julho jul julio",
    "august": "agosto ago",
    "september": "setembro set septiembre sep setiembre",
    "october": "outubro out octubre oct",
    "november": "novembro nov noviembre",
    "december": "dezembro dez diciembre dic",
}
_IN_ENGLISH = {theirs: english for english, names in _MONTHS.items() for theirs in names.split()}
_MONTH = re.compile(r"\b(" + "|".join(sorted(_IN_ENGLISH, key=len, reverse=True)) + r")\b(?!\w)", re.IGNORECASE)


@dataclass(frozen=True)
class PageOptions:
    """Where the parts of a site's pages stand."""

    selectors: Mapping[str, str]
    id: re.Pattern[str]
    address: str  # of a complaint's page, with {id}; "" where it follows from the pattern of the id
    date_format: str  # "" where the date stands in ISO form
    timezone: ZoneInfo
    delay: timedelta
    user_agent: str
    company: str  # as the site shows it above its answers; "" for the account's handle

    def css(self, name: str) -> str:
        """A selector; "" where the option was not given."""
        return self.selectors.get(name, "")

    def moment(self, text: str) -> datetime | None:
        """The time that a page shows, in UTC; None where it is not written as the options say."""
        text = " ".join(text.split())
        try:
            if not self.date_format:
                moment = datetime.fromisoformat(text)
            else:
                moment = datetime.strptime(self._in_english(text), self.date_format)  # noqa: DTZ007 - the zone follows
            return (moment if moment.tzinfo else moment.replace(tzinfo=self.timezone)).astimezone(UTC)
        except (ValueError, OverflowError):
            return None

    def _in_english(self, text: str) -> str:
        if "%B" not in self.date_format and "%b" not in self.date_format:
            return text
        length = None if "%B" in self.date_format else 3
        return _MONTH.sub(lambda found: _IN_ENGLISH[found[0].lower()][:length], text)

    def id_of(self, url: str) -> str:
        """The id that an address holds; "" where the pattern does not match."""
        found = self.id.search(url)
        return (found[1] or "")[:200] if found else ""

    def address_of(self, complaint_id: str) -> str:
        """The address of a complaint, whole or by its path; "" where it cannot be told from the id."""
        if self.address:
            return self.address.replace("{id}", complaint_id)
        parts = _around_the_group(self.id.pattern)
        return f"{parts[0]}{complaint_id}{parts[1]}" if parts else ""


def page_options(given: Mapping[str, object]) -> PageOptions:
    """Read the options; raises SettingsError that names the one that is wrong, and what to do."""
    known = ACCOUNT_OPTIONS["complaint_page"]
    for name, value in given.items():
        if name not in known:
            near = difflib.get_close_matches(name, known, 1)
            hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(known)}"
            raise SettingsError(f"complaint_page knows no option {name!r}; {hint}")
        if not isinstance(value, str):
            raise SettingsError(f"the option {name!r} of complaint_page must be a text, not {value!r}")
    options = {name: str(value) for name, value in given.items() if str(value).strip()}
    for name in REQUIRED:
        if name not in options:
            raise SettingsError(f"complaint_page needs the option {name!r}: a CSS selector")
    selectors = {name: options[name] for name in SELECTORS if name in options}
    for name, css in selectors.items():
        _check_css(name, css)
    return PageOptions(
        selectors=selectors,
        id=_pattern(options.get("id", r"^[^:]+://[^/]+(/[^?#]*)")),
        address=_address(options.get("address", "")),
        date_format=_date_format(options.get("date_format", "")),
        timezone=_zone(options.get("timezone", "America/Sao_Paulo")),
        delay=_delay(options.get("delay", "2s")),
        user_agent=_user_agent(options.get("user_agent", USER_AGENT)),
        company=options.get("company", ""),
    )


def _check_css(name: str, css: str) -> None:
    try:
        soupsieve.compile(css)
    except (soupsieve.SelectorSyntaxError, ValueError, NotImplementedError) as error:
        first = str(error).partition("\n")[0]
        raise SettingsError(f"the option {name!r} of complaint_page is no CSS selector: {css!r} ({first})") from error


def _pattern(text: str) -> re.Pattern[str]:
    try:
        pattern = re.compile(text)
    except (re.error, OverflowError, RecursionError) as error:
        raise SettingsError(
            f"the option 'id' of complaint_page is no regular expression: {text!r} ({error})"
        ) from error
    if pattern.groups != 1:
        raise SettingsError(f"the option 'id' of complaint_page needs exactly one group, around the id: {text!r}")
    return pattern


def _address(text: str) -> str:
    if text and text.count("{id}") != 1:
        raise SettingsError(f"the option 'address' of complaint_page must hold {{id}} once: {text!r}")
    return text


def _date_format(text: str) -> str:
    try:
        moment = datetime(2026, 11, 20, 14, 5, tzinfo=UTC)
        datetime.strptime(moment.strftime(text), text)  # noqa: DTZ007 - it is only tried out
    except ValueError as error:
        raise SettingsError(f"the option 'date_format' of complaint_page cannot be read: {text!r} ({error})") from error
    if text and not all(any(code in text for code in codes) for codes in _NEEDED):
        raise SettingsError(f"the option 'date_format' of complaint_page needs a day, a month and a year: {text!r}")
    return text


_NEEDED = (("%d", "%c", "%x", "%j"), ("%m", "%b", "%B", "%c", "%x", "%j"), ("%Y", "%y", "%c", "%x"))


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise SettingsError(
            f"the option 'timezone' of complaint_page is no time zone: {name!r}; write it as 'America/Sao_Paulo'"
        ) from error


def _delay(text: str) -> timedelta:
    found = _DELAY.fullmatch(text.strip())
    delay = timedelta(seconds=float(found[1]) * _UNIT[found[2] or "s"]) if found else None
    if delay is None or delay > _LONGEST_DELAY:
        raise SettingsError(f"the option 'delay' of complaint_page must be like '2s', of a minute at most: {text!r}")
    return delay


def _user_agent(text: str) -> str:
    if not text.isascii() or not text.isprintable():
        raise SettingsError(f"the option 'user_agent' of complaint_page may hold ASCII signs alone: {text!r}")
    return text


def _around_the_group(pattern: str) -> tuple[str, str] | None:
    """What stands before and behind a pattern's only group, where that is plain text; None where it is not."""
    found = re.fullmatch(r"\^?((?:\\.|[^\\()])*)\((?:\\.|[^\\()])*\)((?:\\.|[^\\()])*?)\$?", pattern)
    if found is None:
        return None
    # What may be missing is left out; a sign behind a backslash is itself.
    parts = [re.sub(r"(?:\\.|[^\\])\?", "", part) for part in found.groups()]
    if any(re.search(r"(?<!\\)[.*+?\[\]{}|^$]|\\[A-Za-z0-9]", part) for part in parts):
        return None
    before, behind = (re.sub(r"\\(.)", r"\1", part) for part in parts)
    return before, behind
