"""What automation does with a case, as far as the operator lets it: speak, propose a text, prepare one, or nothing."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from sqlalchemy import bindparam
from sqlmodel import Session, col, select

from cases.acknowledge import acknowledge
from cases.approval import Terms
from cases.template_language import TemplateFaultError
from cases.templates import in_force, trace, written_for
from cases.triage import Triaged
from cases.unattended import Words, note, propose, say, waits, why_no_proposal, why_silent
from models import Brand, Case, CaseState, Mention, MentionType, Reply, ReplyPurpose, ReplyState, Template, VerdictRow
from settings import AcknowledgeRule, AutomationRule

NO_TEMPLATE = "template.missing"  # no text of that name, purpose and language is in force
_BROKEN_TEMPLATE = "template.broken"
_OPEN = (CaseState.OPEN, CaseState.TAKEN, CaseState.SNOOZED)
_ASKS = (MentionType.COMPLAINT, MentionType.QUESTION, MentionType.SUGGESTION)
_DOUBTS = frozenset(("type", "complaint", "holds"))
_ANSWERED_BEFORE = (
    select(Reply.id)
    .where(
        Reply.case_id == bindparam("case"),
        Reply.purpose == ReplyPurpose.ANSWER,
        col(Reply.state).in_([ReplyState.POSTED, ReplyState.VERIFIED]),
        col(Reply.posted_at) <= bindparam("moment"),
    )
    .limit(1)
)


class Mode(StrEnum):
    OFF = "off"
    DRAFT = "draft"  # a text is prepared, for a person to finish
    APPROVE = "approve"  # a complete proposal waits for one click
    AUTOMATIC = "automatic"  # it goes out where every rule lets it, and is a proposal elsewhere


@dataclass(frozen=True)
class Plan:
    """What the operator lets automation do in one sweep; `templates` keeps what the sweep has looked up."""

    acknowledge: Sequence[AcknowledgeRule]
    automation: Sequence[AutomationRule]
    terms: Callable[[str], Terms]  # by a brand's slug
    templates: dict[tuple[int, str, str, str], Template | None] = field(default_factory=dict)


@dataclass(frozen=True)
class _Scene:
    """A post that may be answered, and the case it belongs to."""

    case: Case
    mention: Mention
    verdict: VerdictRow
    brand: str
    terms: Terms
    now: datetime
    told: dict[ReplyPurpose, str] = field(default_factory=dict)  # the rule that the timeline names already


@dataclass(frozen=True)
class _Wish:
    """What a rule wants said."""

    mode: Mode
    words: Words


def automate(session: Session, found: Triaged, verdict: VerdictRow | None, plan: Plan, now: datetime) -> None:
    """Do for a mention that was just triaged what the rules say, in the same transaction.

    At most one automatic reply goes out to it, and at most one proposal waits in a case. What a rule keeps back is
    noted on the timeline; neither a rule nor a template of the inbox stops triage.
    """
    case, mention = found.case, found.mention
    if case is None or verdict is None or mention.account_id is None or not (plan.acknowledge or plan.automation):
        return
    brand = session.get_one(Brand, case.brand_id).slug
    scene = _Scene(case, mention, verdict, brand, plan.terms(brand), now)
    if found.opened:
        _at_opening(session, scene, plan)
    elif found.joined and plan.automation and case.state in _OPEN:
        _at_a_further_word(session, scene, plan)


def rule_for(
    rules: Sequence[AutomationRule], purpose: ReplyPurpose, brand: str, channel: str, kind: MentionType
) -> AutomationRule | None:
    """The first rule that fits; None where none does, which means off."""
    for rule in rules:
        if (
            rule.purpose == purpose.value
            and (not rule.brands or brand in rule.brands)
            and (not rule.channels or channel in rule.channels)
            and (not rule.types or kind.value in rule.types)
        ):
            return rule
    return None


def _at_opening(session: Session, scene: _Scene, plan: Plan) -> None:
    """An acknowledgement goes out, and an answer waits; whoever may be answered needs no word that they will be."""
    sent: Reply | None = None
    if _rule(scene, plan, ReplyPurpose.ACKNOWLEDGEMENT) is None and plan.acknowledge:
        sent = acknowledge(session, scene.case, scene.mention, plan.acknowledge, scene.now, scene.terms)
    purposes = (ReplyPurpose.ANSWER, ReplyPurpose.ACKNOWLEDGEMENT)
    wishes = [wish for purpose in purposes if (wish := _wish(session, scene, plan, purpose)) is not None]
    for wish in wishes:
        if wish.mode is Mode.AUTOMATIC:
            sent = _speak(session, scene, wish.words) or sent
    for wish in wishes:
        if sent is None or (sent.purpose, wish.words.purpose) == (ReplyPurpose.ACKNOWLEDGEMENT, ReplyPurpose.ANSWER):
            _leave_to_a_person(session, scene, wish)


def _at_a_further_word(session: Session, scene: _Scene, plan: Plan) -> None:
    """A further question waits with an answer; thanks for an answer wait with the words that would close the case."""
    is_praise = scene.verdict.type is MentionType.PRAISE
    if not is_praise and scene.verdict.type not in _ASKS:
        return
    wish = _wish(session, scene, plan, ReplyPurpose.RESOLUTION if is_praise else ReplyPurpose.ANSWER)
    if wish is None or waits(session, scene.case) or (is_praise and not _is_content(session, scene)):
        return
    if wish.mode is Mode.AUTOMATIC and _speak(session, scene, wish.words) is not None:
        return
    _leave_to_a_person(session, scene, wish)


def _is_content(session: Session, scene: _Scene) -> bool:
    """Whether the person's last word is surely praise, and comes after an answer of ours."""
    if not _DOUBTS.isdisjoint(scene.verdict.abstained) or scene.mention.posted_at < scene.case.last_mention_at:
        return False
    asked = {"case": scene.case.id, "moment": scene.mention.posted_at}
    return session.exec(_ANSWERED_BEFORE, params=asked).first() is not None


def _rule(scene: _Scene, plan: Plan, purpose: ReplyPurpose) -> AutomationRule | None:
    return rule_for(plan.automation, purpose, scene.brand, scene.case.channel, scene.case.type)


def _wish(session: Session, scene: _Scene, plan: Plan, purpose: ReplyPurpose) -> _Wish | None:
    """What the rules want said for a purpose; None where they want nothing, or have no text for it."""
    rule = _rule(scene, plan, purpose)
    if rule is None or rule.mode == "off":
        return None
    template = _template(session, scene.case, plan, rule.template)
    if template is None or template.purpose is not purpose:
        _note(session, scene, purpose, NO_TEMPLATE)
        return None
    try:
        body = written_for(session, template, scene.case)
    except TemplateFaultError:
        body = ""
    if not body:
        _note(session, scene, purpose, _BROKEN_TEMPLATE)
        return None
    return _Wish(Mode(rule.mode), Words(purpose, body, trace(template)))


def _template(session: Session, case: Case, plan: Plan, name: str) -> Template | None:
    key = (case.brand_id, name.strip(), case.channel, case.lang)
    if key not in plan.templates:
        plan.templates[key] = in_force(session, *key)
    return plan.templates[key]


def _speak(session: Session, scene: _Scene, words: Words) -> Reply | None:
    """Let a text out where every rule allows; otherwise note which one does not."""
    case, mention, now = scene.case, scene.mention, scene.now
    rule = why_silent(session, case, mention, words.purpose, now, scene.terms.staleness)
    if rule:
        _note(session, scene, words.purpose, rule)
        return None
    return say(session, case, mention, words, now, scene.terms)


def _leave_to_a_person(session: Session, scene: _Scene, wish: _Wish) -> None:
    """Prepare the text, unless one waits already or a rule forbids even that."""
    case, mention, now, purpose = scene.case, scene.mention, scene.now, wish.words.purpose
    if waits(session, case):
        return
    rule = why_no_proposal(session, case, mention, scene.verdict, purpose, now)
    if rule:
        _note(session, scene, purpose, rule)
        return
    propose(session, case, mention, wish.words, now, ready=wish.mode is not Mode.DRAFT)


def _note(session: Session, scene: _Scene, purpose: ReplyPurpose, rule: str) -> None:
    """Name a rule on the timeline, once."""
    if scene.told.get(purpose) != rule:
        scene.told[purpose] = rule
        note(session, scene.case, scene.mention, purpose, rule, scene.now)
