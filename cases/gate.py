"""The gate for personal data: what a public reply of ours neither shows nor asks for."""

from collections.abc import Sequence

from errors import IllegalMoveError, PersonalDataError
from models import Reply
from privacy.outbound import Finding, Why, outbound
from responders.policy import POLICIES

_REQUIRED = 3  # characters of a note that says anything


def name_of(finding: Finding) -> str:
    """How a finding is named in settings, forms and messages: "phone", or "asked:phone" for a request."""
    return finding.kind.value if finding.why is Why.SHOWN else f"asked:{finding.kind.value}"


def findings(body: str, protocol: str, contacts: Sequence[str]) -> list[Finding]:
    """What a public text of ours must not hold; the case's protocol and the brand's own contacts may stand."""
    return list(outbound(body, (protocol, *contacts)))


def passed(reply: Reply, channel: str, protocol: str, contacts: Sequence[str], override: str, note: str) -> str:
    """Let a text through, or raise PersonalDataError for the first finding that nobody answers for.

    Returns the kind that was overridden, "" where nothing was. A private message may say and ask anything.
    """
    if reply.private:
        return ""
    found = {name_of(one): one for one in findings(reply.body, protocol, contacts)}
    left = [name for name in found if name != override]
    if left:
        raise PersonalDataError(told(left[0], channel), finding=left[0])
    if override not in found:
        return ""
    if reply.automatic:
        raise IllegalMoveError("automation overrides nothing")
    if len(note.strip()) < _REQUIRED:
        raise IllegalMoveError("say in a note why this may stand in public")
    return override


def told(finding: str, channel: str = "") -> str:
    """One sentence for people: what is wrong, and what to do instead."""
    kind = finding.removeprefix("asked:").upper()
    way = POLICIES[channel].private_way if channel in POLICIES else None
    instead = f"use the private way ({way.says})" if way is not None else "ask for it, or say it, in private"
    if finding.startswith("asked:"):
        return f"the text asks for personal data in public ({kind}): {instead}"
    return f"the text shows personal data in public ({kind}): take it out, or {instead}"
