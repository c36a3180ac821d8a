"""What forbids a reply: each rule with where it was read and what a person can do instead."""

from dataclasses import dataclass
from datetime import date

READ = date(2026, 11, 22)
OURS = "Ouvidor's own rule"

X_GUIDELINES = "https://docs.x.com/developer-guidelines"
X_POLICY = "https://docs.x.com/developer-terms/policy"
X_AUTOMATION = "https://help.x.com/en/rules-and-policies/x-automation"
X_POSTING = "https://docs.x.com/x-api/posts/manage-tweets/introduction"
REDDIT_SPAM = "https://support.reddithelp.com/hc/en-us/articles/360043504051"
# Reddit's own code, as it once published it; what it announced since could not be read.
REDDIT_ARCHIVING = "https://github.com/reddit-archive/reddit/blob/master/r2/example.ini"
# Quotes the site on how it counts; the site's own page could not be read.
RECLAME_AQUI_SCORE = (
    "https://olhardigital.com.br/2023/08/28/dicas-e-tutoriais/como-saber-se-uma-empresa-e-confiavel-no-reclame-aqui/"
)
RECLAME_AQUI_EVALUATION = "https://blog.reclameaqui.com.br/avaliar-uma-reclamacao-no-reclame-aqui-o-prazo-e-de-6-meses/"


@dataclass(frozen=True)
class Rule:
    """One rule of a platform, or of ours, with what a person can do where it forbids."""

    name: str
    reason: str
    instead: str
    source: str
    read_on: date = READ
    automation_alone: bool = False  # a person may do it all the same


@dataclass(frozen=True)
class Refusal:
    """Which rule forbids a reply, and what the person can do instead."""

    rule: str
    reason: str
    instead: str
    source: str
    read_on: date

    @classmethod
    def by(cls, rule: Rule) -> "Refusal":
        return cls(rule.name, rule.reason, rule.instead, rule.source, rule.read_on)

    def told(self) -> str:
        """One sentence for people: why, what to do, which rule, and where and when it was read."""
        where = f"{OURS}, as of" if self.source == OURS else f"{self.source}, read"
        return f"{self.reason}; {self.instead} ({self.rule}: {where} {self.read_on.isoformat()})"


def _for_automation(name: str, reason: str, instead: str, source: str = OURS) -> Rule:
    return Rule(name, reason, instead, source, automation_alone=True)


# What forbids everyone.
IMPORTED = Rule(
    "any.imported", "it was imported: there is no account here to answer it as", "answer it where it was posted", OURS
)
DELETED = Rule("any.deleted", "its author deleted the post", "leave it", OURS)
OURSELVES = Rule("any.ourselves", "the post is our own", "answer the customer's post instead", OURS)
PRIVATE = Rule(
    "any.private", "the message is private: a public answer would expose it", "answer in private, on the platform", OURS
)
NO_PRIVATE_WAY = Rule(
    "any.no_private_way",
    "Ouvidor has no way to write to one person alone on this channel",
    "answer in public, without anything personal, or write to the customer by another channel",
    OURS,
)
X_SUMMONED = Rule(
    "x.summoned",
    "X lets the API answer only posts that mention the account or quote one of its posts",
    "answer by hand in X, or leave it",
    X_POSTING,
)
REDDIT_ARCHIVED = Rule(
    "reddit.archived",
    "the thread is older than 180 days, from when on a subreddit may take no more comments",
    "open it in Reddit: where the subreddit leaves old threads open, answer there by hand",
    REDDIT_ARCHIVING,
)
RECLAME_AQUI_EVALUATED = Rule(
    "reclame_aqui.evaluated",
    "the consumer has evaluated the complaint: what is left to the company is its final consideration, not an answer",
    "write the final consideration (consideração final) by hand in the company's area of Reclame AQUI",
    RECLAME_AQUI_EVALUATION,
)
RECLAME_AQUI_ENDED = Rule(
    "reclame_aqui.ended",
    "the complaint ended without an evaluation six months after the first answer: neither side can add to it",
    "write to the consumer by another channel",
    RECLAME_AQUI_EVALUATION,
)
RECLAME_AQUI_FROZEN = Rule(
    "reclame_aqui.frozen",
    "the site has frozen the complaint: we take it that an answer would be refused",
    "ask the site in the company's area why it is frozen, or write to the consumer by another channel",
    OURS,
)
RECLAME_AQUI_INACTIVE = Rule(
    "reclame_aqui.inactive",
    "the complaint was deactivated: nobody sees it on the site, and an answer would bring it up again",
    "leave it, or write to the consumer by another channel",
    OURS,
)

# What forbids automation: a person may answer all the same.
RECLAME_AQUI_BY_A_PERSON = _for_automation(
    "complaint_site.no_automatic",
    "on a complaint site the first answer counts in the company's score: a person must write it",
    "draft an answer and approve it",
    RECLAME_AQUI_SCORE,
)
COMPLAINT_PAGE_BY_HAND = _for_automation(
    "complaint_site.no_automatic",
    "the site has no posting API and its answers are public record: a person must write and post them",
    "draft an answer, approve it, and post it by hand where the inbox shows",
)
PERSON = _for_automation("any.person", "answers and resolutions wait for a person", "approve it in the inbox")
SECOND = _for_automation("any.second", "automation answers a post once, never a second time", "let a person answer")
BEFORE_START = _for_automation(
    "any.before_start",
    "the post is from before the source was switched on, or was imported",
    "let a person decide to answer",
)
STALE = _for_automation("any.stale", "the post is older than the staleness limit", "let a person decide to answer")
HELD = _for_automation("any.hold", "the matter is one that no automation may answer", "let a person answer")
SPAM = _for_automation("any.spam", "it is tagged as spam", "let a person decide to answer")
UNSURE = _for_automation(
    "any.unsure",
    "the classifier is not sure of what the post is",
    "confirm or correct its tags, and let a person answer",
)
CLOSED = _for_automation(
    "any.closed", "a person resolved or dismissed the case", "reopen the case to answer, or leave it"
)
INCIDENT = _for_automation(
    "any.incident",
    "an incident is under way: what automation says of it would be the same and perhaps wrong to everyone",
    "let a person answer with what is known, or wait until it is over",
)
BLOCKED = Rule("any.blocked", "a person of ours blocked the author", "unblock them first, or leave it", OURS)
BOT = _for_automation("any.bot", "the author is marked as a bot", "let a person decide to answer")
OTHER_BRAND = _for_automation(
    "any.other_brand", "the author is the account of a brand", "let a person decide to answer"
)
UNTOLD = _for_automation(
    "any.untold",
    "the platform does not tell who wrote it, so nobody knows what they had",
    "let a person decide to answer",
)
OPTED_OUT = _for_automation(
    "any.opted_out",
    "the person asked not to be answered automatically",
    "let a person decide to answer",
    X_POLICY,
)
ANSWERED = _for_automation(
    "any.answered", "a post of ours answers it already", "read what was said there, and let a person add to it"
)
ONCE = _for_automation(
    "any.once",
    "one automatic reply to an interaction is the most that platforms allow",
    "let a person answer",
    X_AUTOMATION,
)
PERSON_DAILY = _for_automation(
    "any.person_daily",
    "the person had an automatic reply within 24 hours",
    "let a person answer, or wait for the day to be over",
)
PERSON_REPLIES = _for_automation(
    "any.person_replies",
    "the person had as many replies of ours within 24 hours as automation may add to",
    "let a person answer, with all that is to be said in one reply",
)
THREAD_DEPTH = _for_automation(
    "any.thread_depth",
    "automation and the author have been answering each other in this thread",
    "let a person answer",
)

# Every rule above, for what must know them all: the page and the words of the inbox.
RULES: tuple[Rule, ...] = tuple(value for value in dict(globals()).values() if isinstance(value, Rule))
