"""What really happened on the sandbox's networks, to compare with what Ouvidor stored and posted."""

import re
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from sandbox.records import BRAND_HANDLES, Post
from sandbox.state import State

BRAND_NAME_PATTERN = re.compile(r"\bloja\s+aurora\b", re.IGNORECASE)
HASHTAG = re.compile(r"#lojaaurora\b", re.IGNORECASE)
OWN_SUBREDDIT = "LojaAurora"
PRIVATE = ("private", "direct")  # the visibilities of what nobody else reads
BOTS = ("AutoModerator",)


@dataclass(frozen=True)
class CustomerPost:
    """Something a customer posted that a listener should see."""

    network: str
    external_id: str
    thread: str
    kind: str
    author: str  # the author's external id
    text: str  # as it stands now
    posted_at: datetime
    edited_at: datetime | None
    deleted_at: datetime | None
    addresses_brand: bool
    sources: frozenset[str]  # the kinds of source that show it: mentions, search, inbox, ...
    corpus: str  # which text of the corpus it is; "" for a text from elsewhere
    is_private: bool = False  # shown to those it names alone
    by_bot: bool = False


@dataclass(frozen=True)
class BrandAnswer:
    """Something the brand posted, through an API or by hand."""

    network: str
    external_id: str
    thread: str
    parent: str | None
    text: str
    at: datetime
    deleted_at: datetime | None
    native: bool = False  # posted by one of the brand's people in the platform's own app, without Ouvidor
    by_hand: bool = False  # typed by a person, there or on the complaint site
    is_private: bool = False


class Truth:
    """Reads the state's record of every post; changes nothing."""

    def __init__(self, state: State) -> None:
        self._state = state

    def customer_posts(self, *, include_deleted: bool = True) -> list[CustomerPost]:
        """In the order of posting. What no source of ours shows is left out."""
        posts = self.everybodys_posts()
        return [post for post in posts if post.sources and (include_deleted or post.deleted_at is None)]

    def everybodys_posts(self) -> list[CustomerPost]:
        """In the order of posting; also those that no source of ours shows, which an answer may stand below."""
        return [_customer_post(post) for post in self._state.select_posts("post.by_brand = 0")]

    def brand_answers(self) -> list[BrandAnswer]:
        """In the order of posting, deleted ones too."""
        return [_brand_answer(post) for post in self._state.select_posts("post.by_brand = 1")]

    def doubled_answers(self) -> list[tuple[BrandAnswer, ...]]:
        """Groups of two or more answers to one post that say the same, but for spaces and capitals."""
        groups: dict[tuple[str, str, str], list[BrandAnswer]] = defaultdict(list)
        for answer in self.brand_answers():
            groups[answer.network, answer.parent or answer.thread, normalised(answer.text)].append(answer)
        return [tuple(group) for group in groups.values() if len(group) > 1]


def normalised(text: str) -> str:
    """What two texts have in common when a reader would call them the same."""
    return " ".join(text.casefold().split())


def _brand_answer(post: Post) -> BrandAnswer:
    return BrandAnswer(
        network=post.network,
        external_id=post.external_id,
        thread=post.thread,
        parent=post.parent,
        text=post.text,
        at=post.posted_at,
        deleted_at=post.deleted_at,
        native="fault" in post.extra,
        # The complaint site has no other way than its form.
        by_hand=post.network == "complaints" or "fault" in post.extra,
        is_private=post.extra.get("visibility") in PRIVATE,
    )


def _customer_post(post: Post) -> CustomerPost:
    return CustomerPost(
        network=post.network,
        external_id=post.external_id,
        thread=post.thread,
        kind=post.kind,
        author=post.person.external_id,
        text=post.text,
        posted_at=post.posted_at,
        edited_at=post.edited_at,
        deleted_at=post.deleted_at,
        addresses_brand=post.addresses_brand,
        sources=frozenset() if "background" in post.extra else _sources(post),
        corpus=post.extra.get("corpus", ""),
        is_private=post.extra.get("visibility") in PRIVATE,
        by_bot="bot" in post.extra or post.person.handle in BOTS,
    )


def _sources(post: Post) -> frozenset[str]:
    """The kinds of source that show a post; as `Source.kind` names them."""
    words = f"{post.extra.get('title', '')}\n{post.text}"
    named = BRAND_NAME_PATTERN.search(words) is not None
    answers_brand = post.in_reply_to_person is not None and post.in_reply_to_person.is_brand
    # One alternative a kind of source, so that a new source is one line here.
    shown: dict[str, dict[str, bool]] = {
        "x": {"mentions": _calls(post, "@") or answers_brand, "search": named},
        "mastodon": {"notifications": _calls(post, "@"), "hashtag": HASHTAG.search(words) is not None},
        "reddit": {
            "inbox": post.external_id.startswith("t1_") and (_calls(post, "u/") or answers_brand),
            "subreddit": post.extra.get("subreddit") == OWN_SUBREDDIT,
            # Reddit searches submissions, never comments.
            "search": named and post.external_id.startswith("t3_"),
        },
        "reclame_aqui": {"tickets": True},
        # The site's list shows complaints; what is said below one is not an entry of its own.
        "complaints": {"page": post.kind == "complaint"},
    }
    return frozenset(kind for kind, is_shown in shown[post.network].items() if is_shown)


def _calls(post: Post, sign: str) -> bool:
    return f"{sign}{BRAND_HANDLES[post.network]}".casefold() in post.text.casefold()
