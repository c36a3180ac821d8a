"""The policies as a page for people: docs/policy.md is made of this."""

from collections.abc import Iterable, Sequence

from models import ReplyPurpose
from responders.opt_out_words import TO_OFFER
from responders.policy.channel import Cap, ChannelPolicy, Fact
from responders.policy.platforms import POLICIES
from responders.policy.rules import OURS, RULES

COMMAND = "python -m responders.policy > docs/policy.md"
_INTRODUCTION = f"""# What may be published, and what not

Breaking a platform's rules loses the account. So Ouvidor holds them as data, in `responders/policy/`, and asks them
before every reply: when it is approved, and again when it leaves. This page is made of that data:
`{COMMAND}`.

Pages were read as platforms publish them, some in public copies. "{OURS}" stands where no platform says
so, or where its page could not be read. What a person posts by hand in a platform's own app is between the two.

## At a glance

"""
_RULES = """## The rules

The first rule that forbids a reply is named, with its source and what a person can do instead. Those for everyone come
first; those for automation leave the answer to a person.
"""
_OPTING_OUT = """## Opting out

Who writes to the account, or in a thread where it spoke, that they want no more replies is heard together with their
post, before any rule of the operator speaks: in Portuguese, English and Spanish, in the words that people use ("não me
respondam mais", "stop replying to me", "déjenme en paz"). From then on nothing automatic answers them, in any thread of
the channel, and the case tells so. A complaint that nobody answers is no such wish. A person of the team may answer all
the same, and may allow automatic answers again.

Platforms want the way out to be easy. A template can offer it; whole messages of these words are heard:
"""
_FACTS = (
    ("May be answered", "answered"),
    ("Until when", "windows"),
    ("Automatic replies to one interaction", "interaction"),
    ("Replies to one person", "replies"),
    ("May be automatic", "automation"),
    ("Length", "length"),
    ("Links", "links"),
    ("Cost of a reply", "cost"),
    ("How the account says that it is automated", "disclosure"),
    ("Opting out", "opt_out"),
    ("In private", "private_way"),
)


def policy_page() -> str:
    """The whole page, in Markdown."""
    policies = tuple(POLICIES.values())
    parts = [_INTRODUCTION, _glance(policies)]
    parts += [f"\n## {policy.channel}\n\n{_facts(policy)}" for policy in policies]
    return "".join((*parts, "\n", _OPTING_OUT, "\n", _offered(), "\n", _RULES, "\n", _rules()))


def _glance(policies: Sequence[ChannelPolicy]) -> str:
    rows = (
        ("Only posts that address the account", lambda one: _yes(one.addressed_alone is not None)),
        ("By rule, without a person", lambda one: _purposes(one.automatic)),
        ("Automatic replies to one person", lambda one: _cap(one.automatic_to_person) if one.automatic else "none"),
        ("Replies of any kind, before automation is silent", lambda one: _cap(one.replies_to_person)),
        ("Turns in a thread, before automation is silent", lambda one: _cap(one.thread_depth)),
        ("A thread closes after", lambda one: f"{one.window.age.days} days" if one.window else "no known time"),
        ("Most characters", lambda one: f"{one.most_characters:,}" if one.most_characters else "the site's own"),
        ("A link counts", lambda one: str(one.link_counts) if one.link_counts else "as typed"),
        ("A reply costs", _dollars),
        ("In private", lambda one: _yes(one.private_way is not None)),
        ("Posted by", lambda one: "a person, by hand" if one.by_hand else "the program"),
    )
    heads = ["", *(f"`{policy.channel}`" for policy in policies)]
    return _table(heads, ([name, *map(tell, policies)] for name, tell in rows))


def _facts(policy: ChannelPolicy) -> str:
    rows = []
    for name, field in _FACTS:
        fact: Fact | None = getattr(policy, field)
        if fact is None:
            fact = Fact("Ouvidor has no way to write to one person alone", OURS)
        rows.append([name, fact.says, _source(fact.source), fact.read_on.isoformat()])
    return _table(["", "What holds", "Source", "Read"], rows)


def _offered() -> str:
    return _table(
        ["Language", "Words to offer"], ([language, ", ".join(words)] for language, words in TO_OFFER.items())
    )


def _rules() -> str:
    return _table(
        ["Rule", "Holds for", "Forbids, because", "Instead", "Source", "Read"],
        (
            [
                f"`{rule.name}`",
                "automation" if rule.automation_alone else "everyone",
                rule.reason,
                rule.instead,
                _source(rule.source),
                rule.read_on.isoformat(),
            ]
            for rule in RULES
        ),
    )


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = (list(heads), ["---"] * len(heads), *rows)
    return "".join(f"| {' | '.join(cell.replace('|', '&#124;') for cell in line)} |\n" for line in lines)


def _source(source: str) -> str:
    return f"<{source}>" if source.startswith("https://") else source


def _yes(claim: bool) -> str:
    return "yes" if claim else "no"


def _purposes(purposes: Iterable[ReplyPurpose]) -> str:
    return ", ".join(sorted(purpose.value for purpose in purposes)) or "nothing"


def _cap(cap: Cap) -> str:
    hours = "" if cap.within is None else f" in {cap.within.total_seconds() / 3600:.0f} hours"
    return f"{cap.most}{hours}"


def _dollars(policy: ChannelPolicy) -> str:
    return "; ".join(f"{kind} ${price}" for kind, price in policy.dollars.items()) or policy.cost.says
