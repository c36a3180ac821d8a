"""Tell a customer at once that the case exists, by rule and template, where automation may speak."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache

from jinja2 import StrictUndefined, Template, TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment
from sqlalchemy import String, bindparam, cast, or_
from sqlmodel import Session, col, select

from cases.approval import MAY_BE_CONVERSATION, approve, automatic_before, conversation, would_refuse
from cases.drafts import draft
from database.ledger import OUVIDOR, append
from errors import SettingsError
from models import Brand, Case, Correction, Mention, Reply, ReplyPurpose, VerdictRow
from responders.policy import HELD, ONCE
from settings import AcknowledgeRule

# A template knows the case and the brand; never the customer's words, name or handle.
VARIABLES = ("protocol", "brand")
# Neither a person's word on a mention nor an edit that takes a hold away may bring automation to answer it. Whoever was
# held in a conversation, or called spam by a person, waits for one there, whether or not that post has a case.
_FOR_A_PERSON = select(
    or_(
        select(Correction.id).where(Correction.mention_id == bindparam("mention")).exists(),
        select(VerdictRow.id)
        .join(Mention, col(Mention.id) == VerdictRow.mention_id)
        .where(*MAY_BE_CONVERSATION, cast(col(VerdictRow.holds), String) != "[]")
        .exists(),
        select(Correction.id)
        .join(Mention, col(Mention.id) == Correction.mention_id)
        .where(*MAY_BE_CONVERSATION, Correction.field == "spam", Correction.now == "true")
        .exists(),
    )
)
_templates = ImmutableSandboxedEnvironment(undefined=StrictUndefined, autoescape=False)


# A template computes: beyond the library's own errors it raises what any expression may.
_FAULTS = (
    *(TemplateError, ArithmeticError, ValueError, TypeError, LookupError, AttributeError),
    *(SyntaxError, RecursionError, MemoryError),
)


@lru_cache(maxsize=256)
def _compiled(source: str) -> Template:
    return _templates.from_string(source)


def render(source: str, values: Mapping[str, str]) -> str:
    """The text of a template; SettingsError when it cannot be rendered."""
    try:
        return str(_compiled(source).render(**values)).strip()
    except _FAULTS as error:
        raise SettingsError(
            f"an acknowledgement template cannot be used: {error}; it may name {', '.join(VARIABLES)}"
        ) from error


def check_templates(rules: Sequence[AcknowledgeRule]) -> None:
    """Render every template once, so that a mistake is found at the start and not before a customer."""
    for rule in rules:
        for source in rule.template.values():
            render(source, {"protocol": "20260101-000001", "brand": "Example"})


def acknowledge(
    session: Session,
    case: Case,
    mention: Mention,
    rules: Sequence[AcknowledgeRule],
    now: datetime,
    staleness: timedelta,
) -> Reply | None:
    """Approve the acknowledgement of a case that was just opened, when a rule and the platform's policy let it.

    A refusal is noted on the timeline with its rule; nothing is ever sent twice to a person in a thread.
    """
    template = _template_for(case, rules)
    if template is None or mention.account_id is None:
        return None
    rule = _refusal(session, case, mention, now, staleness)
    if rule:
        append(
            session,
            case.id or 0,
            "acknowledgement_refused",
            OUVIDOR,
            now,
            mention_id=mention.id,
            detail={"rule": rule},
        )
        return None
    brand = session.get_one(Brand, case.brand_id)
    body = render(template, {"protocol": case.protocol, "brand": brand.name})
    reply = draft(session, case, mention, body, ReplyPurpose.ACKNOWLEDGEMENT, OUVIDOR, now, automatic=True)
    return approve(session, reply, OUVIDOR, now, staleness=staleness)


def _refusal(session: Session, case: Case, mention: Mention, now: datetime, staleness: timedelta) -> str:
    """The name of the first rule that keeps automation silent; "" when it may speak."""
    asked = {**conversation(mention), "mention": mention.id}
    # Another post of the same sweep may have joined the case already, and brought a hold from elsewhere.
    if case.holds or session.exec(_FOR_A_PERSON, params=asked).one():
        return HELD.name
    forbidden = would_refuse(session, mention, ReplyPurpose.ACKNOWLEDGEMENT, now, automatic=True, staleness=staleness)
    if forbidden is not None:
        return forbidden.rule
    return ONCE.name if automatic_before(session, mention) else ""


def _template_for(case: Case, rules: Sequence[AcknowledgeRule]) -> str | None:
    for rule in rules:
        if (not rule.types or case.type.value in rule.types) and (not rule.channels or case.channel in rule.channels):
            # An acknowledgement in a language that the customer does not read is worse than none.
            return next((text for lang, text in rule.template.items() if lang == case.lang), None)
    return None
