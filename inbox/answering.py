"""What a person asks for in a box for an answer, and what stands in the way of it."""

from dataclasses import dataclass, field, replace
from typing import Annotated, Final

from fastapi import Form
from sqlmodel import Session

from cases import approval, gate
from cases.resolution import with_protocol
from errors import AnsweredAlreadyError, FourEyesError, OuvidorError, PersonalDataError
from inbox.desk import LONGEST_TEXT
from models import Brand, Case
from privacy.outbound import Finding
from responders.policy import POLICIES
from settings import Settings

COMPOSE, RESOLVE = "compose", "resolve"  # the boxes of the page, by their ids; a draft's is "reply-3"
_SHORTEST_NOTE = 3  # characters
_APPROVES: Final = frozenset({"approve", "again", "override"})
# What the brand may say in public once it wrote to somebody in private, in the customer's language.
SAID_IN_PRIVATE: Final = {
    "pt": "Já falamos com você por mensagem privada aqui.",
    "en": "We have written to you here in private.",
    "es": "Te escribimos aquí por privado.",
}


class NoteNeededError(OuvidorError):
    """Somebody lets a finding pass without saying why."""


class SaidMoreError(OuvidorError):
    """The customer wrote, edited or deleted something since the page was opened; nothing was approved."""


class NoPrivateWayError(OuvidorError):
    """A private message was asked for on a channel where everything is public; nothing was written."""


@dataclass(frozen=True)
class Said:
    """The fields of an answer box as they were sent; `then` is what the button asks for."""

    body: Annotated[str, Form(max_length=LONGEST_TEXT)] = ""
    mention: Annotated[str, Form()] = ""
    then: Annotated[str, Form()] = ""  # "approve", "again" for a second answer, "override"; anything else saves
    private: Annotated[str, Form()] = ""
    again: Annotated[str, Form()] = ""  # a second answer was asked for before, and something else stood in the way
    override: Annotated[str, Form(max_length=40)] = ""  # the finding that may pass, where `then` says so
    note: Annotated[str, Form(max_length=2_000)] = ""
    others: Annotated[str, Form()] = ""
    heard: Annotated[str, Form()] = ""  # the mark of what the page showed that customers said; "" says nothing of it
    template: Annotated[str, Form()] = ""  # the ready text that the answer began as

    @property
    def approves(self) -> bool:
        return self.then in _APPROVES

    @property
    def is_again(self) -> bool:
        return self.again == "yes" or self.then == "again"

    @property
    def is_private(self) -> bool:
        return self.private == "yes"

    def terms(self, settings: Settings, brand: str) -> approval.Terms:
        """What the operator and this person say of the approval; NoteNeededError for an override without a reason."""
        override = self.override if self.then == "override" else ""
        if override and len(self.note.strip()) < _SHORTEST_NOTE:
            raise NoteNeededError("say in a note why this may stand in public")
        terms = approval.terms_of(settings, brand, again=self.is_again, override=override, note=self.note)
        return replace(terms, others="reject" if self.others == "reject" else "keep")


@dataclass(frozen=True)
class Typed:
    """What a person had typed when their form was refused, to be shown again in its box."""

    box: str = ""
    said: Said = field(default_factory=Said)

    @property
    def mention_id(self) -> int:
        number = self.said.mention
        return int(number) if number.isascii() and number.isdecimal() and len(number) < 16 else 0

    @property
    def template_id(self) -> int:
        """The ready text that the answer began as; 0 for none."""
        number = self.said.template
        return int(number) if number.isascii() and number.isdecimal() and len(number) < 16 else 0

    def in_box(self, box: str) -> Said | None:
        """What was typed into that box, if this is it."""
        return self.said if self.box == box else None


@dataclass(frozen=True)
class Refused:
    """Why an approval was refused, where the person can do something about it at once."""

    box: str
    why: str  # "again", "eyes" or "gate"
    text: str = ""
    findings: tuple[Finding, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Of the findings, each once: "phone", "asked:cpf"."""
        return tuple(dict.fromkeys(gate.name_of(one) for one in self.findings))

    @property
    def spans(self) -> tuple[tuple[int, int], ...]:
        """Where in the text they stand."""
        return tuple((one.start, one.end) for one in self.findings)


def refused_of(
    session: Session, settings: Settings, case: Case, error: OuvidorError | None, typed: Typed
) -> Refused | None:
    """What the box in which it was typed has to say of the refusal; None where the notice says all."""
    match error:
        case AnsweredAlreadyError():
            return Refused(typed.box, "again")
        case FourEyesError():
            return Refused(typed.box, "eyes")
        case PersonalDataError() | NoteNeededError():
            text = typed.said.body.replace("\r\n", "\n").strip()
            if typed.box == RESOLVE:
                text = with_protocol(text, case.protocol)
            return Refused(typed.box, "gate", text, findings_in(session, settings, case, text))
        case _:
            return None


def findings_in(session: Session, settings: Settings, case: Case, text: str) -> tuple[Finding, ...]:
    """What of a text of ours must not stand in public."""
    slug = session.get_one(Brand, case.brand_id).slug
    return tuple(gate.findings(text, case.protocol, approval.terms_of(settings, slug).contacts))


def has_private_way(channel: str) -> bool:
    """Whether the person alone can be answered from here."""
    return channel in POLICIES and POLICIES[channel].private_way is not None
