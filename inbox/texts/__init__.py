"""What the pages say, in each language: one catalogue a language, the same keys in all."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from inbox.texts.en import ENGLISH
from inbox.texts.en_delivery import ENGLISH_DELIVERY
from inbox.texts.pt import PORTUGUESE
from inbox.texts.pt_delivery import PORTUGUESE_DELIVERY

CATALOGUES: Mapping[str, Mapping[str, str]] = {
    "pt": {**PORTUGUESE, **PORTUGUESE_DELIVERY},
    "en": {**ENGLISH, **ENGLISH_DELIVERY},
}
_ENGLISH_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True)
class Texts:
    """One language's words, with numbers and moments written as its readers write them."""

    language: str
    zone: ZoneInfo

    def __call__(self, key: str, /, **values: object) -> str:
        """The text of a key; with `n`, its `.one` or `.other`. A missing key is a defect and raises KeyError."""
        catalogue = CATALOGUES[self.language]
        if key not in catalogue and "n" in values:
            key += ".one" if values["n"] == 1 else ".other"
        if not values and "{" not in catalogue[key]:
            return catalogue[key]
        shown = {name: self.number(value) if type(value) is int else value for name, value in values.items()}
        return catalogue[key].format_map(shown)

    def has(self, key: str) -> bool:
        """Whether the catalogue knows the key: what a newer step writes may not be in it yet."""
        return key in CATALOGUES[self.language]

    def number(self, value: int) -> str:
        """1.234.567 in Portuguese, 1,234,567 in English."""
        written = f"{value:,}"
        return written.replace(",", ".") if self.language == "pt" else written

    def percent(self, fraction: float) -> str:
        """A change, with its sign."""
        whole = round(fraction * 100)
        return f"{whole:+d} %".replace("-", "\u2212") if whole else "0 %"

    def share(self, fraction: float) -> str:
        """A part of a whole."""
        return f"{round(fraction * 100)} %"

    def weight(self, value: float) -> str:
        """How much a word weighs, with its sign."""
        written = f"{value:+.2f}".replace("-", "\u2212")
        return written.replace(".", ",") if self.language == "pt" else written

    def moment(self, at: datetime) -> str:
        """A day and an hour in the operator's time zone."""
        return f"{self.day(at)} {at.astimezone(self.zone):%H:%M}"

    def day(self, at: datetime) -> str:
        """A day in the operator's time zone."""
        return self.date(at.astimezone(self.zone).date())

    def date(self, day: date) -> str:
        """30/11/2026 in Portuguese, 30 Nov 2026 in English."""
        if self.language == "pt":
            return f"{day:%d/%m/%Y}"
        return f"{day.day} {_ENGLISH_MONTHS[day.month - 1]} {day.year}"

    def length(self, duration: timedelta) -> str:
        """A duration in its largest unit: 40 s, 5 min, 3 h, 2 d."""
        seconds = max(0, int(duration.total_seconds()))
        for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60)):
            if seconds >= size:
                return f"{self.number(seconds // size)} {unit}"
        return f"{seconds} s"


def machine_time(at: datetime) -> str:
    """As the datetime attribute wants it."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
