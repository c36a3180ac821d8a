"""What each platform allows, as data: who may be answered, by what means, and where the rule was read."""

from responders.policy.channel import Cap, ChannelPolicy, Closed, Fact, Window
from responders.policy.page import policy_page
from responders.policy.platforms import POLICIES
from responders.policy.refuse import Intent, forbidding, refusal
from responders.policy.rules import HELD, ONCE, OPTED_OUT, OURS, RULES, Refusal, Rule

__all__ = [
    "HELD",
    "ONCE",
    "OPTED_OUT",
    "OURS",
    "POLICIES",
    "RULES",
    "Cap",
    "ChannelPolicy",
    "Closed",
    "Fact",
    "Intent",
    "Refusal",
    "Rule",
    "Window",
    "forbidding",
    "policy_page",
    "refusal",
]
