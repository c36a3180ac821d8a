"""Both languages say the same things, and everything that can be shown has a name in both."""

import re
import string
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

import inbox
from cases.labels import CHOICES, FIELDS
from cases.queries.case import Event
from cases.queries.queue import View
from errors import IllegalMoveError
from inbox.problems import problem_text
from inbox.texts import CATALOGUES, Texts
from inbox.timeline import event_words
from models import (
    CaseState,
    Hold,
    MentionKind,
    MentionType,
    PersonalData,
    ReplyPurpose,
    ReplyState,
    Sentiment,
    Topic,
    Urgency,
    Visibility,
)
from responders import RESPONDERS, policy

ROOT = Path(inbox.__file__).parents[1]
PT, EN = CATALOGUES["pt"], CATALOGUES["en"]
ZONE = ZoneInfo("America/Sao_Paulo")


def test_both_languages_have_the_same_keys() -> None:
    assert PT.keys() == EN.keys()


def test_both_languages_fill_in_the_same_values() -> None:
    def values(text: str) -> set[str | None]:
        return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}

    # "1 case" may spell out its number in one language and not in the other.
    assert {key for key in PT if values(PT[key]) - {"n"} != values(EN[key]) - {"n"}} == set()


def test_no_text_is_empty_or_left_in_the_other_language() -> None:
    alike = {key for key in PT if PT[key] == EN[key]}
    assert all(text.strip() for text in (*PT.values(), *EN.values()))
    assert alike <= {key for key in alike if len(PT[key]) < 14}


def test_every_value_that_is_shown_has_a_name() -> None:
    shown: list[tuple[str, Iterable[str]]] = [
        ("sentiment", Sentiment),
        ("urgency", Urgency),
        ("type", MentionType),
        ("hold", Hold),
        ("topic", Topic),
        ("personal", PersonalData),
        ("field", FIELDS),
        *CHOICES.items(),
        ("state", CaseState),
        ("purpose", ReplyPurpose),
        ("reply_state", ReplyState),
        ("visibility", Visibility),
        ("kind", MentionKind),
        ("view", View),
        ("channel", RESPONDERS),
        ("event", (f"reply_{state}" for state in ReplyState if state is not ReplyState.DRAFT)),
    ]
    assert {f"{prefix}.{value}" for prefix, values in shown for value in values} <= PT.keys()


def test_every_rule_is_explained() -> None:
    assert {f"rule.{rule.name}" for rule in policy.RULES} <= PT.keys()


def test_every_reason_why_something_is_not_possible_is_told_in_words() -> None:
    raised = {
        reason
        for room in ("cases", "database")
        for path in (ROOT / room).rglob("*.py")
        for reason in re.findall(r'\bwhy="([a-z_]+)"', path.read_text(encoding="utf-8"))
    }
    assert {key.removeprefix("move.") for key in PT if key.startswith("move.")} == raised
    told = problem_text(Texts("pt", ZONE), IllegalMoveError("the text is 3 characters too long", why="too_long"))
    assert told == PT["move.too_long"]


def test_every_private_way_is_named() -> None:
    ways = {name for name, channel in policy.POLICIES.items() if channel.private_way is not None}
    assert {f"private_way.{name}" for name in ways} <= PT.keys()


def test_every_text_that_a_template_names_exists() -> None:
    templates = Path(inbox.__file__).parent / "templates"
    named = set()
    for template in templates.glob("*.html"):
        named |= set(re.findall(r"""\bt\(\s*["']([a-z_.0-9]+)["']\s*[,)]""", template.read_text()))
    assert len(named) > 100
    assert {key for key in named if key not in PT and f"{key}.one" not in PT} == set()


@pytest.mark.parametrize(
    ("language", "number", "moment"),
    [("pt", "1.234.567", "22/11/2026 09:30"), ("en", "1,234,567", "22 Nov 2026 09:30")],
)
def test_numbers_and_moments_are_written_as_readers_write_them(language: str, number: str, moment: str) -> None:
    t = Texts(language, ZONE)
    assert t.number(1_234_567) == number
    assert t.moment(datetime(2026, 11, 22, 12, 30, tzinfo=UTC)) == moment
    assert t.length(timedelta(hours=49)) == "2 d"
    assert t.length(timedelta(seconds=-5)) == "0 s"


def test_events_are_told_in_words() -> None:
    t = Texts("en", ZONE)
    at = datetime(2026, 11, 22, 12, 30, tzinfo=UTC)

    def words(kind: str, **detail: str) -> str:
        return event_words(t, Event(at, kind, "Ana", tuple(detail.items())))

    assert words("corrected", field="type", was="complaint", now="praise") == "Type corrected from Complaint to Praise"
    assert words("corrected", field="holds", was="", now="legal,press") == (
        "Special care corrected from none to Legal, Press"
    )
    assert words("corrected", field="topics", was="app,<new>", now="other") == (
        "Topics corrected from App and site, <new> to Other"
    )
    assert words("confirmed", field="spam", was="false", now="false") == "Tag confirmed: Spam, No"
    assert words("snoozed", until=at.isoformat()) == "Case snoozed until 22 Nov 2026 09:30"
    assert words("taken", **{"from": "Bia"}) == "Case taken, from Bia"
    assert words("taken") == "Case taken"
    assert words("snoozed", until="whenever {n}") == "Case snoozed until whenever {n}"
    assert words("of_the_future") == "of the future"
    assert words("acknowledgement_refused", rule="any.hold") == (
        "No automatic acknowledgement, by the rule any.hold: the matter asks for a person."
    )
    assert words("answer_refused", rule="of.tomorrow").endswith("by the rule of.tomorrow")
    assert "Write one under Templates" in words("answer_refused", rule="template.missing")


@pytest.mark.parametrize(
    ("kind", "detail", "words"),
    [
        ("reply_posted", {"from": "approved", "adopted": "yes"}, "The reply already stood in the thread"),
        ("reply_posted", {"from": "by_hand", "by_hand": "yes"}, "Reply posted by hand"),
        ("reply_posted", {"from": "sending"}, "Reply posted"),
        ("reply_approved", {"from": "sending", "held": "yes"}, "Held back before it left"),
        ("reply_approved", {"from": "failed", "again": "yes"}, "Reply back in line, as a person decided"),
        ("reply_approved", {"from": "sending", "error": "TryLaterError"}, "The network did not publish it"),
        ("reply_sending", {"from": "approved", "again": "yes"}, "Reply leaving again"),
        ("reply_unknown", {"from": "approved", "frozen": "yes"}, "A backup was put back"),
        ("reply_discarded", {"from": "draft", "instead": "7"}, "another one for the same post was approved"),
        ("own_post_elsewhere", {"account": "aurora {n}"}, "Somebody answered as aurora {n} outside Ouvidor"),
        ("own_post_elsewhere", {}, "Somebody answered outside Ouvidor"),
        ("reply_vanished", {}, "no longer in the thread"),
        ("blocked", {"profile": "3"}, "Person blocked"),
        ("unblocked", {"profile": "3"}, "Person unblocked"),
        ("taken", {"again": "yes"}, "Case taken"),
    ],
)
def test_what_delivery_notes_is_told_in_words(kind: str, detail: dict[str, str], words: str) -> None:
    at = datetime(2026, 11, 22, 12, 30, tzinfo=UTC)
    assert words in event_words(Texts("en", ZONE), Event(at, kind, "ouvidor", tuple(detail.items())))
