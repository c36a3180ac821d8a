"""Texts that replies are made from: versions that are checked when saved, and which of them is in force."""

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import bindparam, func
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from cases import gate
from cases.resolution import with_protocol
from cases.template_language import TemplateFaultError, render, values_of
from database.upsert import insert_new
from errors import IllegalMoveError, OutdatedError, PersonalDataError
from models import Account, Brand, Case, ReplyPurpose, Template
from responders.policy import POLICIES

# The room left for a text on a channel, in its own counting; None where that cannot be told here.
RoomLeft = Callable[[str, str], int | None]

LANGUAGES = ("pt", "en", "es")
SAMPLE_PROTOCOL = "20260101-000001"
_LONGEST_NAME = 60  # characters
_UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")

_Other = aliased(Template)
# A version is in force as long as no higher one of its text was saved; retiring is a version of its own.
_NEWEST = ~(
    select(_Other.id)
    .where(
        _Other.brand_id == Template.brand_id,
        _Other.name == Template.name,
        _Other.lang == Template.lang,
        _Other.channel == Template.channel,
        _Other.version > Template.version,
    )
    .exists()
)
# Built once: for statements as small as these, building costs more than running.
_IN_FORCE = (
    select(Template)
    .where(
        Template.brand_id == bindparam("brand"),
        Template.name == bindparam("name"),
        Template.lang == bindparam("lang"),
        col(Template.channel).in_(["", bindparam("channel")]),
        col(Template.retired_at).is_(None),
        _NEWEST,
    )
    .order_by(col(Template.channel).desc())  # the channel's own before the general one
    .limit(1)
)
_OFFERED = (
    select(Template)
    .where(
        Template.brand_id == bindparam("brand"),
        col(Template.channel).in_(["", bindparam("channel")]),
        col(Template.purpose).in_(bindparam("purposes", expanding=True)),
        col(Template.retired_at).is_(None),
        _NEWEST,
    )
    .order_by(col(Template.channel).desc())
)
_OWN = select(Template.channel).where(
    Template.brand_id == bindparam("brand"),
    Template.name == bindparam("name"),
    Template.lang == bindparam("lang"),
    col(Template.retired_at).is_(None),
    _NEWEST,
)
_VERSIONS = (
    select(Template)
    .where(
        Template.brand_id == bindparam("brand"),
        Template.name == bindparam("name"),
        Template.lang == bindparam("lang"),
        Template.channel == bindparam("channel"),
    )
    .order_by(col(Template.version).desc())
)


def save(
    session: Session,
    brand: Brand,
    name: str,
    purpose: ReplyPurpose,
    channel: str,
    lang: str,
    body: str,
    by: str,
    now: datetime,
    *,
    contacts: Sequence[str] = (),
    room_left: RoomLeft | None = None,
    after: int | None = None,
) -> Template:
    """A new version of a text, in force from now on; the one in force when it says the very same.

    `channel` is "" for every channel; `contacts` are the brand's own, which may stand in public; `after` is the version
    that the writer had before their eyes, 0 for none. TemplateFaultError and PersonalDataError say what is wrong with
    the text; OutdatedError that somebody saved another meanwhile.
    """
    name = _checked_name(name)
    if not by.strip():
        raise IllegalMoveError("who saves a text must be named")
    if channel and channel not in POLICIES:
        raise TemplateFaultError(
            f"no channel is named {channel!r}; there are {', '.join(POLICIES)}", "channel", channel
        )
    if lang not in LANGUAGES:
        raise TemplateFaultError(f"a text is in one of {', '.join(LANGUAGES)}, not in {lang!r}", "lang", lang)
    body = _UNSEEN.sub("", body.replace("\r\n", "\n")).strip()
    earlier = _newest(session, brand.id or 0, name, channel, lang)
    if after is not None:
        _must_have_been_seen(earlier, after, name)
    _must_be_of_one_purpose(session, brand, name, purpose)
    used_on = channels_that_use(session, brand.id or 0, name, channel, lang)
    check(brand, purpose, lang, body, used_on, contacts=contacts, room_left=room_left)
    if earlier is not None and earlier.retired_at is None and earlier.body == body:
        return earlier
    return _stored(
        session,
        {
            "brand_id": brand.id,
            "name": name,
            "purpose": purpose,
            "channel": channel,
            "lang": lang,
            "version": 1 if earlier is None else earlier.version + 1,
            "body": body,
            "by": by.strip(),
            "at": now,
            "retired_at": None,
        },
    )


def check(
    brand: Brand,
    purpose: ReplyPurpose,
    lang: str,
    body: str,
    channels: Sequence[str],
    *,
    contacts: Sequence[str] = (),
    room_left: RoomLeft | None = None,
) -> None:
    """Refuse what could not be sent: rendered with sample values for each channel, and as it is written."""
    if not body:
        raise TemplateFaultError("a text that says nothing is no template: write it", "empty")
    # What stands behind an `if` may not show in a sample.
    _must_be_public(body, contacts)
    for channel in channels or [""]:
        text = sample(brand, purpose, channel, lang, body)
        if not text:
            message = f"on {channel or 'any channel'} nothing of it would be said"
            raise TemplateFaultError(message, "empty_on", channel)
        _must_be_public(text, contacts)
        left = None if room_left is None else room_left(channel, text)
        if left is not None and left < 0:
            message = f"the text is {-left} characters too long for {channel}"
            raise TemplateFaultError(message, "no_room", channel)


def sample(brand: Brand, purpose: ReplyPurpose, channel: str, lang: str, body: str) -> str:
    """What the text would say in a case that does not exist."""
    text = render(body, values_of(brand.name, SAMPLE_PROTOCOL, channel, lang))
    # A resolution names the protocol, wherever its text comes from.
    return with_protocol(text, SAMPLE_PROTOCOL) if text and purpose is ReplyPurpose.RESOLUTION else text


def retire(
    session: Session, template: Template, by: str, now: datetime, *, room_left: RoomLeft | None = None
) -> Template:
    """Take a text out of use, by a version that says so; what it was stays to be read.

    OutdatedError when it is out of use already; TemplateFaultError when the general text that would then speak in its
    place is too long for the channel.
    """
    if not by.strip():
        raise IllegalMoveError("who retires a text must be named")
    newest = _newest(session, template.brand_id, template.name, template.channel, template.lang)
    if newest is None or newest.retired_at is not None:
        raise OutdatedError(f"the text {template.name!r} is out of use already")
    general = in_force(session, template.brand_id, template.name, "", template.lang) if template.channel else None
    if general is not None and room_left is not None:
        brand = session.get_one(Brand, template.brand_id)
        left = room_left(template.channel, sample(brand, general.purpose, template.channel, general.lang, general.body))
        if left is not None and left < 0:
            message = f"the text for every channel would take its place, and is {-left} characters too long for "
            raise TemplateFaultError(f"{message}{template.channel}: shorten that one first", "next", template.channel)
    kept = newest.model_dump(exclude={"id"})
    return _stored(session, {**kept, "version": newest.version + 1, "by": by.strip(), "at": now, "retired_at": now})


def in_force(session: Session, brand_id: int, name: str, channel: str, lang: str) -> Template | None:
    """The text that a reply on a channel is made from: the channel's own before the general one."""
    asked = {"brand": brand_id, "name": name, "channel": channel, "lang": lang}
    return session.exec(_IN_FORCE, params=asked).first()


def versions(session: Session, template: Template) -> Sequence[Template]:
    """Every version of a text, the newest first."""
    return session.exec(_VERSIONS, params=_of(template)).all()


def newest(session: Session, brand_id: int | None = None) -> list[Template]:
    """The highest version of every text, of one brand or of all; those out of use among them."""
    statement = select(Template).where(_NEWEST)
    if brand_id is not None:
        statement = statement.where(Template.brand_id == brand_id)
    order: tuple[str, ...] = tuple(ReplyPurpose)
    found = session.exec(statement).all()
    return sorted(
        found,
        key=lambda one: (order.index(one.purpose), one.name.casefold(), one.channel, LANGUAGES.index(one.lang)),
    )


def for_case(session: Session, case: Case, purposes: Sequence[ReplyPurpose]) -> list[Template]:
    """The texts that a reply in this case can be made from, those in its language first."""
    asked = {"brand": case.brand_id, "channel": case.channel, "purposes": list(purposes)}
    best: dict[tuple[str, str], Template] = {}
    for template in session.exec(_OFFERED, params=asked):
        best.setdefault((template.name, template.lang), template)  # the channel's own comes first
    by_purpose = list(purposes)
    return sorted(
        best.values(),
        key=lambda one: (one.lang != case.lang, by_purpose.index(one.purpose), one.name.casefold(), one.lang),
    )


def written_for(session: Session, template: Template, case: Case) -> str:
    """What a text says in a case; "" where nothing of it fits."""
    brand = session.get_one(Brand, case.brand_id)
    text = render(template.body, values_of(brand.name, case.protocol, case.channel, template.lang))
    return with_protocol(text, case.protocol) if text and template.purpose is ReplyPurpose.RESOLUTION else text


def trace(template: Template) -> dict[str, str]:
    """By what a reply's timeline event names the version that it was made from."""
    return {"template": template.name, "version": str(template.version), "template_id": str(template.id)}


def channels_of(session: Session, brand_id: int) -> list[str]:
    """The channels on which the brand has an account."""
    accounts = select(Account.channel).where(Account.brand_id == brand_id, col(Account.active)).distinct()
    return sorted(channel for channel in session.exec(accounts) if channel in POLICIES)


def channels_that_use(session: Session, brand_id: int, name: str, channel: str, lang: str) -> list[str]:
    """Where a text would be used: a general one on every channel of the brand that has none of its own."""
    if channel:
        return [channel]
    own = set(session.exec(_OWN, params={"brand": brand_id, "name": name, "lang": lang}))
    return [one for one in channels_of(session, brand_id) if one not in own]


def _newest(session: Session, brand_id: int, name: str, channel: str, lang: str) -> Template | None:
    asked = {"brand": brand_id, "name": name, "channel": channel, "lang": lang}
    return session.exec(_VERSIONS.limit(1), params=asked).first()


def _of(template: Template) -> Mapping[str, object]:
    return {
        "brand": template.brand_id,
        "name": template.name,
        "channel": template.channel,
        "lang": template.lang,
    }


def _checked_name(name: str) -> str:
    kept = " ".join("".join(sign for sign in name if unicodedata.category(sign)[0] != "C").split())
    if not kept or len(kept) > _LONGEST_NAME:
        raise TemplateFaultError(f"a text's name has between 1 and {_LONGEST_NAME} characters", "name")
    return kept


def _must_have_been_seen(earlier: Template | None, after: int, name: str) -> None:
    """Nobody's version is written over unread; whoever writes a new text takes up one that was retired."""
    if earlier is None or earlier.version == after or (after == 0 and earlier.retired_at is not None):
        return
    if after == 0:
        raise TemplateFaultError(
            f"there is a text {name!r} for this channel and language: open that one", "exists", name
        )
    raise OutdatedError("somebody else saved another version meanwhile: look at theirs first")


def _must_be_of_one_purpose(session: Session, brand: Brand, name: str, purpose: ReplyPurpose) -> None:
    """A name says one thing in every language and on every channel: rules name it, and people pick it."""
    others = select(func.count()).where(
        Template.brand_id == brand.id, Template.name == name, Template.purpose != purpose
    )
    if session.exec(others).one():
        raise TemplateFaultError(f"the name {name!r} is taken by a text of another purpose", "purpose", name)


def _must_be_public(text: str, contacts: Sequence[str]) -> None:
    found = gate.findings(text, SAMPLE_PROTOCOL, contacts)
    if found:
        raise PersonalDataError(gate.told(gate.name_of(found[0])), finding=gate.name_of(found[0]))


def _stored(session: Session, row: Mapping[str, object]) -> Template:
    session.flush()
    made = insert_new(session, Template, [row], returning="id", key="version")
    if not made:
        raise OutdatedError("somebody else saved another version at the same moment: look at theirs first")
    return session.get_one(Template, made[row["version"]])  # type: ignore[index]
