"""Every kind of fault by name: where it strikes and what it is."""

from collections.abc import Mapping
from dataclasses import dataclass

from sandbox.records import NETWORKS

EVERYWHERE = frozenset(NETWORKS)
BY_API = EVERYWHERE - {"complaints"}  # what programs talk to; the complaint site is a site for people
SOCIAL = frozenset({"x", "reddit", "mastodon"})


@dataclass(frozen=True)
class Kind:
    """One way to misbehave."""

    name: str
    networks: frozenset[str]
    summary: str


def _kinds(*rows: tuple[str, frozenset[str], str]) -> Mapping[str, Kind]:
    return {name: Kind(name, networks, summary) for name, networks, summary in rows}


KINDS: Mapping[str, Kind] = _kinds(
    # Rates
    ("rate-limit-past", EVERYWHERE, "429 whose wait ended long ago"),
    ("rate-limit-far", EVERYWHERE, "429 whose wait ends in days"),
    ("rate-limit-garbage", EVERYWHERE, "429 whose headers are no times"),
    ("rate-limit-silent", EVERYWHERE, "429 that does not say how long to wait"),
    ("retry-after-date", EVERYWHERE, "429 whose Retry-After is an HTTP date"),
    # Troubles that last for a while
    ("server-errors", EVERYWHERE, "500, 502, 503 and 504 for a while"),
    ("token-revoked", BY_API, "401 for a while, also where tokens are made"),
    ("account-suspended", EVERYWHERE, "403 for a while: the account or the app is locked out"),
    ("credits-used-up", frozenset({"x"}), "402 for a while"),
    ("layout-change", frozenset({"complaints"}), "every class name of the pages changes for a while"),
    ("thread-missing", frozenset({"reddit", "mastodon", "reclame_aqui"}), "a thread that exists is not found"),
    ("robots-failing", frozenset({"complaints"}), "robots.txt cannot be read for a while"),
    # Connections
    ("dropped-unread", EVERYWHERE, "the connection is reset before the platform heard of the request"),
    ("dropped-mid-answer", EVERYWHERE, "the connection ends in the middle of the answer"),
    ("dropped-after-accepting", BY_API, "a reply is published, and the connection ends without an answer"),
    ("stale-connection", EVERYWHERE, "a kept connection ends under the request that reuses it"),
    # Answers
    ("error-after-accepting", BY_API, "a reply is published, and the answer is 5xx"),
    ("truncated-body", EVERYWHERE, "the body ends too early, with a length that says otherwise"),
    ("html-with-200", EVERYWHERE, "a page of HTML with status 200 in place of the answer"),
    ("json-of-another-shape", BY_API, "JSON that has nothing of what was asked for"),
    ("empty-body", EVERYWHERE, "a good status and nothing behind it"),
    ("slow-answer", EVERYWHERE, "tens of seconds pass before the answer"),
    ("no-answer-in-time", EVERYWHERE, "the client gives up; the request was carried out, or it was not"),
    ("redirect", EVERYWHERE, "302 on a read, to another site or to the same address once more"),
    ("wrong-date", EVERYWHERE, "the Date header is hours or decades off, or no date"),
    # Pages
    ("entry-twice", EVERYWHERE, "a page holds one entry twice"),
    ("page-twice", EVERYWHERE, "the next page is the page before it once more"),
    ("cursor-backwards", frozenset({"x", "reddit", "mastodon", "complaints"}), "the way to the next page leads back"),
    # Publishing
    ("reply-refused", BY_API, "a reply is not taken: said before, not valid, or too many of late"),
    ("key-ignored", frozenset({"mastodon"}), "the idempotency key of a reply is not remembered"),
    ("deleted-before-answer", BY_API, "a post is deleted in the moment in which it is answered"),
    # What is seen
    ("read-back-lag", EVERYWHERE, "people see our reply, and no reading of the platform shows it yet"),
    ("late-post", frozenset({"x", "reddit", "mastodon", "reclame_aqui"}), "a post is listed late, behind newer ones"),
    # People
    ("edited-post", EVERYWHERE, "a customer edits a post"),
    ("deleted-post", EVERYWHERE, "a customer deletes a post"),
    ("author-gone", EVERYWHERE, "somebody posts, and then their account is gone"),
    ("native-answer", EVERYWHERE, "one of the brand's people answers in the platform's own app"),
    ("other-bot", SOCIAL, "another company's bot acknowledges every answer of ours in a thread"),
    ("parrot", EVERYWHERE, "somebody repeats our answer word for word"),
    ("reply-removed", EVERYWHERE, "our answer is taken down after a while"),
)
