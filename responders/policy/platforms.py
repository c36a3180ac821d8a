"""What each channel allows, as data. `python -m responders.policy > docs/policy.md` makes the page of it."""

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal

from models import ReplyPurpose
from responders.policy.channel import ChannelPolicy, Closed, Fact, Window
from responders.policy.rules import (
    COMPLAINT_PAGE_BY_HAND,
    OURS,
    RECLAME_AQUI_BY_A_PERSON,
    RECLAME_AQUI_ENDED,
    RECLAME_AQUI_EVALUATED,
    RECLAME_AQUI_EVALUATION,
    RECLAME_AQUI_FROZEN,
    RECLAME_AQUI_INACTIVE,
    RECLAME_AQUI_SCORE,
    REDDIT_ARCHIVED,
    REDDIT_ARCHIVING,
    REDDIT_SPAM,
    X_AUTOMATION,
    X_GUIDELINES,
    X_POSTING,
    X_SUMMONED,
)

_ACKNOWLEDGEMENT = frozenset({ReplyPurpose.ACKNOWLEDGEMENT})
_OPT_OUT = "whoever asks not to be answered is not answered automatically any more, in any thread of the channel"
_ACKNOWLEDGE_ALONE = "an acknowledgement by a rule of the operator; answers and resolutions wait for a person"

X = ChannelPolicy(
    "x",
    answered=Fact(
        "posts whose author mentions the account or quotes one of its posts; X refuses the others", X_POSTING
    ),
    windows=Fact("none that we know of", OURS),
    interaction=Fact("one automatic reply to one interaction, as a reply to the post that asked for it", X_AUTOMATION),
    replies=Fact("no number is named; spammy or duplicative replies may cost the account", X_AUTOMATION),
    automation=Fact(f"{_ACKNOWLEDGE_ALONE}; a reply that a model writes needs X's approval first", X_GUIDELINES),
    length=Fact(
        "280 weighted characters: emoji and many scripts count 2, the handles at the beginning of a reply nothing",
        "https://docs.x.com/fundamentals/counting-characters",
    ),
    links=Fact(
        "allowed unless they mislead; each counts 23 characters", "https://docs.x.com/fundamentals/counting-characters"
    ),
    cost=Fact(
        "$0.010 for a reply to who mentioned or quoted the account, with or without a link; other posts $0.015, and "
        "$0.200 with a link",
        "https://docs.x.com/x-api/getting-started/pricing",
    ),
    disclosure=Fact(
        'the "Automated" label on the profile, and in the bio that it is a bot and who runs it; X wants a '
        "human-managed account linked to it",
        X_GUIDELINES,
    ),
    opt_out=Fact(f"{_OPT_OUT}; X asks to honour it at once and to know the common phrases", X_GUIDELINES),
    private_way=None,  # X has direct messages; the responder sends none
    automatic=_ACKNOWLEDGEMENT,
    addressed_alone=X_SUMMONED,
    most_characters=280,
    link_counts=23,
    dollars={"post": Decimal("0.015"), "post with a link": Decimal("0.200"), "summoned reply": Decimal("0.010")},
)
REDDIT = ChannelPolicy(
    "reddit",
    answered=Fact(
        "any comment and submission of a subreddit that lets the account comment; each has rules of its own on bots",
        "https://support.reddithelp.com/hc/en-us/articles/42728983564564",
    ),
    windows=Fact(
        "180 days from the submission on, by the code that Reddit once published; today a subreddit may leave old "
        "threads open, which a later comment shows",
        REDDIT_ARCHIVING,
    ),
    interaction=Fact("one automatic reply to one interaction", OURS),
    replies=Fact(
        "no number is named; the same or similar comments over and over are spam, automated or not", REDDIT_SPAM
    ),
    automation=Fact(_ACKNOWLEDGE_ALONE, OURS),
    length=Fact("10,000 characters of Markdown as typed; Reddit refuses longer ones as too long", OURS),
    links=Fact(
        "allowed, counted as typed; redirects and contributions that are mostly links to a business are spam",
        REDDIT_SPAM,
    ),
    cost=Fact(
        "no price for a comment; access to the API needs Reddit's approval",
        "https://support.reddithelp.com/hc/en-us/articles/42728983564564",
    ),
    disclosure=Fact(
        'the "App" label on the profile: register the account as an app',
        "https://www.reddit.com/r/redditdev/comments/1s3f3ag/keeping_reddit_human_a_new_app_label_for/",
    ),
    opt_out=Fact(_OPT_OUT, OURS),
    private_way=Fact(
        "a message to the author, which they get as a chat; many of them to people who do not expect one are spam",
        REDDIT_SPAM,
    ),
    automatic=_ACKNOWLEDGEMENT,
    window=Window(timedelta(days=180), REDDIT_ARCHIVED),
    most_characters=10_000,
)
MASTODON = ChannelPolicy(
    "mastodon",
    answered=Fact("anyone whose post the instance shows; each instance has rules of its own, on its About page", OURS),
    windows=Fact("none that we know of", OURS),
    interaction=Fact("one automatic reply to one interaction", OURS),
    replies=Fact("no number that Mastodon names; an instance may", OURS),
    automation=Fact(_ACKNOWLEDGE_ALONE, OURS),
    length=Fact(
        "500 characters unless the instance says otherwise; of a handle its name alone, without the server",
        "https://docs.joinmastodon.org/user/posting/",
    ),
    links=Fact(
        "allowed; each counts 23 characters, and shorteners are not wanted",
        "https://docs.joinmastodon.org/user/posting/",
    ),
    cost=Fact("nothing", OURS),
    disclosure=Fact(
        "the bot flag of the profile: it may act by itself, or nobody may be watching it",
        "https://docs.joinmastodon.org/user/profile/",
    ),
    opt_out=Fact(_OPT_OUT, OURS),
    private_way=Fact(
        'a post to "specific people": it is not encrypted, and both servers can read it',
        "https://docs.joinmastodon.org/user/posting/",
    ),
    automatic=_ACKNOWLEDGEMENT,
    most_characters=500,
    link_counts=23,
)
RECLAME_AQUI = ChannelPolicy(
    "reclame_aqui",
    answered=Fact("the complaints against the company", OURS),
    windows=Fact(
        "until the consumer evaluates, after which the company has its final consideration alone, or until six months "
        "after its first public answer; frozen and deactivated complaints take none, as we take it",
        RECLAME_AQUI_EVALUATION,
    ),
    interaction=Fact("no automatic reply at all", OURS),
    replies=Fact("no number that we know of", OURS),
    automation=Fact("nothing: the first public answer, and no other, counts in the score", RECLAME_AQUI_SCORE),
    length=Fact("no limit that we know of; 10,000 characters here", OURS),
    links=Fact("no rule that we could read; counted as typed", OURS),
    cost=Fact("a contract for the company's API", OURS),
    disclosure=Fact("none: nothing is automatic", OURS),
    opt_out=Fact("the wish is kept with the person; nothing is automatic", OURS),
    private_way=Fact(
        "a private message on the ticket, which the consumer gets by e-mail too, as the API's public clients send it; "
        "its own pages are for customers alone",
        "https://developer.hugme.com.br",
    ),
    never_automatic=RECLAME_AQUI_BY_A_PERSON,
    # The names and numbers of `ra_status`, as listeners/reclame_aqui.py stores them; a ticket may be `frozen` besides.
    closed=(
        Closed(frozenset({"avaliado", "avaliada", "9", "18", "19"}), RECLAME_AQUI_EVALUATED),
        Closed(frozenset({"encerrado", "encerrada"}), RECLAME_AQUI_ENDED),
        Closed(frozenset({"congelado", "congelada", "frozen", "10"}), RECLAME_AQUI_FROZEN),
        Closed(
            frozenset({"desativado", "desativada", "inativo", "inativa", "inactive", "12", "13"}), RECLAME_AQUI_INACTIVE
        ),
    ),
    most_characters=10_000,
)
COMPLAINT_PAGE = ChannelPolicy(
    "complaint_page",
    answered=Fact("whom the site lets the company answer; a person knows its terms", OURS),
    windows=Fact("the site's own", OURS),
    interaction=Fact("no automatic reply at all", OURS),
    replies=Fact("the site's own", OURS),
    automation=Fact("nothing: the site has no posting API, and its answers are public record", OURS),
    length=Fact("the site's own", OURS),
    links=Fact("the site's own", OURS),
    cost=Fact("nothing", OURS),
    disclosure=Fact("none: a person posts", OURS),
    opt_out=Fact("the wish is kept with the person; nothing is automatic", OURS),
    private_way=None,
    never_automatic=COMPLAINT_PAGE_BY_HAND,
    by_hand=True,
)

POLICIES: Mapping[str, ChannelPolicy] = {
    policy.channel: policy for policy in (X, REDDIT, MASTODON, RECLAME_AQUI, COMPLAINT_PAGE)
}
