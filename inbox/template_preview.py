"""What a text would say, and how much room each channel of its brand leaves for it."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import Session, col, select

from cases import templates
from cases.approval import terms_of
from cases.template_language import TemplateFaultError
from errors import OutdatedError, OuvidorError, PersonalDataError
from inbox.case_pages import Room
from inbox.desk import Desk
from inbox.problems import problem_text
from inbox.texts import Texts
from models import Account, Brand, ReplyPurpose, Template

# Whom a sample answers: a name as long as names get, for some channels count it.
_SAMPLE_AUTHOR = "a" * 30


_ABOUT_A_CHANNEL = ("empty_on", "no_room", "next")


@dataclass(frozen=True)
class Fit:
    """The room that a text leaves on one channel."""

    channel: str
    room: Room


@dataclass(frozen=True)
class Shown:
    """What a text says, and on which channels it says just that."""

    text: str
    fits: tuple[Fit, ...]


@dataclass(frozen=True)
class Preview:
    """A text before it is saved; `problem` says in the visitor's language why it could not be."""

    shown: tuple[Shown, ...] = ()
    problem: str = ""


@dataclass(frozen=True)
class Draft:
    """A text as it stands in the form."""

    brand: Brand
    name: str
    purpose: ReplyPurpose
    channel: str
    lang: str
    body: str


def preview(desk: Desk, session: Session, t: Texts, draft: Draft) -> Preview:
    """What it would say; nothing before something was written."""
    if not draft.body.strip():
        return Preview()
    brand_id = draft.brand.id or 0
    channels = templates.channels_that_use(session, brand_id, draft.name.strip(), draft.channel, draft.lang)
    try:
        shown = _shown(desk, session, draft, channels)
    except TemplateFaultError as error:
        return Preview(problem=fault_text(t, error))
    try:
        templates.check(
            draft.brand,
            draft.purpose,
            draft.lang,
            draft.body.strip(),
            channels,
            contacts=contacts_of(desk, draft.brand),
            room_left=room_left(desk, session, draft.brand),
        )
    except OuvidorError as error:
        return Preview(shown, fault_text(t, error))
    return Preview(shown)


def fits_of(desk: Desk, session: Session, brand: Brand, template: Template) -> tuple[Fit, ...]:
    """The room that a text in the list leaves on every channel that uses it."""
    draft = Draft(brand, template.name, template.purpose, template.channel, template.lang, template.body)
    channels = templates.channels_that_use(session, template.brand_id, template.name, template.channel, template.lang)
    try:
        return tuple(fit for shown in _shown(desk, session, draft, channels) for fit in shown.fits)
    except TemplateFaultError:
        return ()


def room_left(desk: Desk, session: Session, brand: Brand) -> templates.RoomLeft:
    """The channels' own counting, for saving and retiring."""
    return lambda channel, text: _room(desk, session, brand, channel, text).left


def contacts_of(desk: Desk, brand: Brand) -> Sequence[str]:
    """The brand's own contacts, which may stand in public."""
    return terms_of(desk.settings, brand.slug).contacts


def fault_text(t: Texts, error: OuvidorError) -> str:
    """Why a text cannot be saved, in the visitor's language."""
    match error:
        case OutdatedError():
            return t("template_fault.outdated")
        case PersonalDataError():
            kind = error.finding.removeprefix("asked:")
            return t("template_fault.personal_data", about=t(f"personal.{kind}") if t.has(f"personal.{kind}") else kind)
        case TemplateFaultError() if t.has(f"template_fault.{error.fault}"):
            about = f"channel.{error.about}" if error.fault in _ABOUT_A_CHANNEL else ""
            return t(f"template_fault.{error.fault}", about=t(about) if t.has(about) else error.about)
        case _:
            return problem_text(t, error)


def _shown(desk: Desk, session: Session, draft: Draft, channels: Sequence[str]) -> tuple[Shown, ...]:
    """Channels on which it says the same stand together."""
    by_text: dict[str, list[Fit]] = {}
    for channel in channels or [""]:
        text = templates.sample(draft.brand, draft.purpose, channel, draft.lang, draft.body)
        fits = by_text.setdefault(text, [])
        if channel:
            fits.append(Fit(channel, _room(desk, session, draft.brand, channel, text)))
    return tuple(Shown(text, tuple(fits)) for text, fits in by_text.items())


def _room(desk: Desk, session: Session, brand: Brand, channel: str, text: str) -> Room:
    """The room left by the account that leaves the least; what is wrong with an account is told, not raised."""
    accounts = select(Account.name).where(Account.brand_id == brand.id, Account.channel == channel, col(Account.active))
    rooms: list[Room] = []
    for account in session.exec(accounts):
        try:
            rooms.append(Room(desk.room_left(account, text, _SAMPLE_AUTHOR)))
        except OuvidorError as error:
            rooms.append(Room(None, str(error)))
    known = [room for room in rooms if room.left is not None]
    return min(known, key=lambda room: room.left or 0, default=rooms[0] if rooms else Room(None))
