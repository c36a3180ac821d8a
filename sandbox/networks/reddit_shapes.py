"""Submissions, comments and inbox messages as Reddit's JSON shows them."""

import hashlib
import html
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from sandbox.ids import base36
from sandbox.state import Person, Post, State
from sandbox.veil import behind

DELETED = "[deleted]"
DEFAULT_SUBREDDIT = "brasil"
_NOTHING = dict.fromkeys(
    [
        *("approved_at_utc", "approved_by", "author_flair_css_class", "author_flair_text", "banned_at_utc"),
        *("banned_by", "distinguished", "mod_note", "mod_reason_by", "mod_reason_title", "num_reports"),
        *("removal_reason", "top_awarded_type"),
    ]
)


class Shapes:
    """Shows the things of one request; a submission that many comments share is read once."""

    def __init__(self, state: State, raw: bool, sizes: dict[str, tuple[int, int]]) -> None:
        self._state = state
        self._raw = raw
        self._roots: dict[str, Post | None] = {}
        self._sizes = sizes  # by thread: how many comments were counted, up to which post; shared by all requests

    def prepare(self, posts: Sequence[Post]) -> None:
        """Read the submissions of a page at once."""
        wanted = list({post.thread for post in posts if post.thread != post.external_id})
        marks = ", ".join("?" * len(wanted))
        found = self._state.select_posts(f"post.network = 'reddit' AND post.external_id IN ({marks})", wanted)
        self._roots |= {post.external_id: post for post in found}

    def root(self, post: Post) -> Post | None:
        """The submission under which a comment stands."""
        if post.external_id == post.thread:
            return post
        if post.thread not in self._roots:
            self._roots[post.thread] = self._state.post("reddit", post.thread)
        return self._roots[post.thread]

    def subreddit(self, post: Post) -> str:
        root = self.root(post)
        return post.extra.get("subreddit") or (root.extra.get("subreddit") if root else "") or DEFAULT_SUBREDDIT

    def thing(self, post: Post) -> dict[str, object]:
        if is_submission(post):
            return {"kind": "t3", "data": self.submission(post)}
        return {"kind": "t1", "data": self.comment(post)}

    def comment(self, post: Post, replies: object = "", depth: int = 0) -> dict[str, object]:
        root = self.root(post)
        link = f"https://www.reddit.com{self.permalink(root)}" if root else ""
        text = DELETED if _is_taken_back(post) else post.text
        return {
            **self._common(post),
            "body": self.text(text),
            "body_html": self.text(f'<div class="md">{paragraphs(text)}</div>'),
            "parent_id": post.parent or post.thread,
            "link_id": post.thread,
            "replies": replies,
            "depth": depth,
            "is_submitter": root is not None and root.person.id == post.person.id,
            "score_hidden": False,
            "controversiality": 0,
            "collapsed": False,
            "collapsed_reason": None,
            "link_title": self.text(title_of(root)),
            "link_author": author_of(root) if root else DELETED,
            "link_permalink": link,
            "link_url": link,
            "num_comments": self._comments_under(post),
            "over_18": False,
            "comment_type": None,
            "permalink": self.permalink(post),
        }

    def submission(self, post: Post) -> dict[str, object]:
        text = DELETED if _is_taken_back(post) else post.text
        url = f"https://www.reddit.com{self.permalink(post)}"
        return {
            **self._common(post),
            "title": self.text(title_of(post)),
            "selftext": self.text(text),
            "selftext_html": self.text(f'<!-- SC_OFF --><div class="md">{paragraphs(text)}</div><!-- SC_ON -->'),
            "is_self": True,
            "domain": f"self.{self.subreddit(post)}",
            "url": url,
            "permalink": self.permalink(post),
            "num_comments": self._comments_under(post),
            "num_crossposts": 0,
            "over_18": False,
            "spoiler": False,
            "hidden": False,
            "is_video": False,
            "is_original_content": False,
            "media": None,
            "media_only": False,
            "thumbnail": "self",
            "upvote_ratio": 1.0,
            "view_count": None,
            "link_flair_text": None,
            "removed_by_category": "deleted" if _is_taken_back(post) else None,
            "subreddit_subscribers": 250_000,
        }

    def message(self, post: Post, kind: str, brand: Person, new: bool) -> dict[str, object]:
        """A comment as it lies in the brand's inbox."""
        subjects = {
            "username_mention": "username mention",
            "comment_reply": "comment reply",
            "post_reply": "post reply",
        }
        root = self.root(post)
        return {
            "kind": "t1",
            "data": {
                "first_message": None,
                "first_message_name": None,
                "subreddit": self.subreddit(post),
                "likes": None,
                "replies": "",
                "author_fullname": post.person.external_id,
                "id": short_id(post),
                "subject": subjects[kind],
                "associated_awarding_id": None,
                "score": 1,
                "author": post.person.handle,
                "num_comments": self._comments_under(post),
                "parent_id": post.parent or post.thread,
                "subreddit_name_prefixed": f"r/{self.subreddit(post)}",
                "new": new,
                "type": kind,
                "body": self.text(post.text),
                "link_title": self.text(title_of(root)),
                "dest": brand.handle,
                "was_comment": True,
                "body_html": self.text(f'<!-- SC_OFF --><div class="md">{paragraphs(post.text)}</div><!-- SC_ON -->'),
                "name": post.external_id,
                "created": post.posted_at.timestamp() // 1,
                "created_utc": post.posted_at.timestamp() // 1,
                "context": f"{self.permalink(post)}?context=3",
                "distinguished": None,
            },
        }

    def tree(self, post: Post, children: Mapping[str, Sequence[Post]], depth: int = 0) -> dict[str, object]:
        """A comment with the comments below it."""
        below = [self.tree(child, children, depth + 1) for child in children.get(post.external_id, ())]
        replies: object = listing(below) if below else ""
        return {"kind": "t1", "data": self.comment(post, replies, depth)}

    def permalink(self, post: Post) -> str:
        root = self.root(post)
        base = f"/r/{self.subreddit(post)}/comments/{post.thread.removeprefix('t3_')}/{slug_of(title_of(root))}/"
        return base if is_submission(post) else f"{base}{short_id(post)}/"

    def _comments_under(self, post: Post) -> int:
        counted, last = self._sizes.get(post.thread, (0, 0))
        with behind():  # what is counted once is never counted again, so none of it may be hidden
            more = self._state.posts("reddit", thread=post.thread, since_id=last, newest_first=False, limit=1000)
        if more:
            counted += sum(not is_submission(one) for one in more)
            self._sizes[post.thread] = counted, more[-1].id
        return counted

    def _common(self, post: Post) -> dict[str, object]:
        """What submissions and comments share."""
        at = float(int(post.posted_at.timestamp()))
        subreddit = self.subreddit(post)
        own = post.person.is_brand
        common: dict[str, object] = {
            "id": short_id(post),
            "name": post.external_id,
            "author": author_of(post),
            "created": at,
            "created_utc": at,
            "edited": float(int(post.edited_at.timestamp())) if post.edited_at else False,
            "subreddit": subreddit,
            "subreddit_id": subreddit_id(subreddit),
            "subreddit_name_prefixed": f"r/{subreddit}",
            "subreddit_type": "public",
            "likes": True if own else None,
            "score": 1,
            "ups": 1,
            "downs": 0,
            "gilded": 0,
            "archived": False,
            "locked": False,
            "saved": False,
            "stickied": False,
            "can_gild": False,
            "can_mod_post": False,
            "no_follow": False,
            "send_replies": own,
            "all_awardings": [],
            "awarders": [],
            "mod_reports": [],
            "user_reports": [],
            "report_reasons": [] if own else None,
            "total_awards_received": 0,
        }
        common |= _NOTHING
        if own:
            common["num_reports"] = 0
        if post.deleted_at is None:
            common["author_fullname"] = post.person.external_id
        return common

    def text(self, text: str) -> str:
        # Without raw_json=1 Reddit gives < > & as entities (reddit.com/dev/api, read 2026-11).
        return text if self._raw else html.escape(text, quote=False)


def listing(
    children: Iterable[Mapping[str, Any]], after: str | None = None, before: str | None = None
) -> dict[str, Any]:
    things = list(children)
    return {
        "kind": "Listing",
        "data": {
            "after": after,
            "dist": len(things),
            "modhash": None,
            "geo_filter": "",
            "children": things,
            "before": before,
        },
    }


def is_submission(post: Post) -> bool:
    return post.external_id.startswith("t3_")


def short_id(post: Post) -> str:
    return post.external_id.partition("_")[2]


def _is_taken_back(post: Post) -> bool:
    """Its author deleted it; the words of somebody whose account is gone stay, without a name."""
    return post.deleted_at is not None and post.extra.get("author") != "gone"


def author_of(post: Post) -> str:
    return DELETED if post.deleted_at else post.person.handle


def title_of(post: Post | None) -> str:
    """A submission's title; one that was posted without it is called by its first line."""
    if post is None:
        return ""
    return post.extra.get("title") or post.text.partition("\n")[0][:300]


@lru_cache(maxsize=4096)
def slug_of(title: str) -> str:
    return "_".join("".join(c if c.isalnum() else " " for c in title.lower()).split())[:50].strip("_") or "_"


@lru_cache(maxsize=256)
def subreddit_id(name: str) -> str:
    return "t5_" + base36(int.from_bytes(hashlib.blake2b(name.lower().encode(), digest_size=4).digest()) % 36**5)


def paragraphs(text: str) -> str:
    """Markdown without any marks, as HTML."""
    parts = (part.strip() for part in text.split("\n\n"))
    return "\n\n".join(f"<p>{html.escape(part)}</p>" for part in parts if part) + "\n"


def me(brand: Person) -> dict[str, object]:
    """`/api/v1/me`."""
    return {
        "id": brand.external_id.removeprefix("t2_"),
        "name": brand.handle,
        "created": 1_551_960_000.0,
        "created_utc": 1_551_960_000.0,
        "link_karma": 1,
        "comment_karma": brand.followers,
        "total_karma": brand.followers + 1,
        "has_mail": False,
        "has_verified_email": True,
        "inbox_count": 0,
        "is_employee": False,
        "is_gold": False,
        "is_mod": False,
        "is_suspended": False,
        "over_18": False,
        "verified": True,
        "icon_img": "https://www.redditstatic.com/avatars/defaults/v2/avatar_default_1.png",
        "subreddit": None,
    }
