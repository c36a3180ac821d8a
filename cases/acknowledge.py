"""Tell a customer at once that the case exists, in the texts of the settings, where automation may speak."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session

from cases.approval import Terms
from cases.template_language import VARIABLES, TemplateFaultError, render, values_of
from cases.unattended import Words, note, say, why_silent
from errors import SettingsError
from models import Brand, Case, Mention, Reply, ReplyPurpose
from responders.policy import POLICIES
from settings import AcknowledgeRule


def check_templates(rules: Sequence[AcknowledgeRule]) -> None:
    """Render every text once a channel, so that a mistake is found at the start and not before a customer."""
    for rule in rules:
        for lang, source in rule.template.items():
            for channel in POLICIES:
                _rendered(source, "Example", "20260101-000001", channel, lang)


def acknowledge(
    session: Session,
    case: Case,
    mention: Mention,
    rules: Sequence[AcknowledgeRule],
    now: datetime,
    terms: Terms,
) -> Reply | None:
    """Approve the acknowledgement of a case that was just opened, when a rule and the platform's policy let it.

    A refusal is noted on the timeline with its rule; nothing is ever sent twice to a person in a thread.
    """
    template = _template_for(case, rules)
    if template is None or mention.account_id is None:
        return None
    rule = why_silent(session, case, mention, ReplyPurpose.ACKNOWLEDGEMENT, now, terms.staleness)
    if rule:
        note(session, case, mention, ReplyPurpose.ACKNOWLEDGEMENT, rule, now)
        return None
    brand = session.get_one(Brand, case.brand_id)
    body = _rendered(template, brand.name, case.protocol, case.channel, case.lang)
    return say(session, case, mention, Words(ReplyPurpose.ACKNOWLEDGEMENT, body), now, terms)


def _rendered(source: str, brand: str, protocol: str, channel: str, lang: str) -> str:
    """What the text says; SettingsError where it cannot be rendered or says nothing."""
    try:
        text = render(source, values_of(brand, protocol, channel, lang))
        if not text:
            raise TemplateFaultError(f"on {channel} nothing of it would be said", "empty_on", channel)
    except TemplateFaultError as error:
        raise SettingsError(
            f"an acknowledgement template cannot be used: {error}; it may name {', '.join(VARIABLES)}"
        ) from error
    return text


def _template_for(case: Case, rules: Sequence[AcknowledgeRule]) -> str | None:
    for rule in rules:
        if (not rule.types or case.type.value in rule.types) and (not rule.channels or case.channel in rule.channels):
            # An acknowledgement in a language that the customer does not read is worse than none.
            return next((text for lang, text in rule.template.items() if lang == case.lang), None)
    return None
