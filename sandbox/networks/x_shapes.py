"""Posts, people and pictures as the X API v2 shows them: the asked fields, and no other."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from sandbox.networks.wire import iso
from sandbox.networks.x_edits import Edits, Version
from sandbox.networks.x_text import HASHTAG, MENTION, links_of, pictures_of, plain_text, shown_text
from sandbox.state import Person, Post, State


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


# docs.x.com/x-api/fundamentals/data-dictionary, read 2026-11. A field that is known and has no value is left out.
TWEET_FIELDS = _names(
    "article attachments author_id card_uri community_id context_annotations conversation_id created_at "
    "display_text_range edit_controls edit_history_tweet_ids entities geo id in_reply_to_user_id lang "
    "media_metadata non_public_metrics note_tweet organic_metrics possibly_sensitive promoted_metrics "
    "public_metrics referenced_tweets reply_settings scopes source suggested_source_links text withheld"
)
USER_FIELDS = _names(
    "affiliation confirmed_email connection_status created_at description entities id "
    "is_identity_verified location most_recent_tweet_id name parody pinned_tweet_id profile_banner_url "
    "profile_image_url protected public_metrics receives_your_dm subscription subscription_type url "
    "username verified verified_followers_count verified_type withheld"
)
MEDIA_FIELDS = _names(
    "alt_text duration_ms height media_key non_public_metrics organic_metrics preview_image_url "
    "promoted_metrics public_metrics type url variants width"
)
EXPANSIONS = _names(
    "article.cover_media article.media_entities attachments.media_keys attachments.media_source_tweet "
    "attachments.poll_ids author_id edit_history_tweet_ids entities.mentions.username geo.place_id "
    "in_reply_to_user_id entities.note.mentions.username referenced_tweets.id "
    "referenced_tweets.id.author_id author_screen_name"
)
ASKABLE: Mapping[str, frozenset[str]] = {
    "tweet.fields": TWEET_FIELDS,
    "user.fields": USER_FIELDS,
    "media.fields": MEDIA_FIELDS,
    "expansions": EXPANSIONS,
}
DEFAULT_TWEET = frozenset({"id", "text", "edit_history_tweet_ids"})
METRICS = ("retweet_count", "reply_count", "like_count", "quote_count", "bookmark_count", "impression_count")
# docs.x.com/x-api/fundamentals/edit-posts, read 2026-11; replies to others are never editable.
MOST_EDITS = 5
EDITABLE = timedelta(minutes=30)


@dataclass(frozen=True)
class Asked:
    """Which fields and which expansions one request asks for."""

    tweet: frozenset[str]
    user: frozenset[str]
    media: frozenset[str]
    expansions: frozenset[str]

    @classmethod
    def of(cls, query: Mapping[str, str]) -> "Asked":
        expansions = _listed(query, "expansions")
        # An expansion brings along the field that it expands.
        implied = {"author_id", "in_reply_to_user_id"} & expansions
        if any(name.startswith("referenced_tweets.id") for name in expansions):
            implied.add("referenced_tweets")
        if any(name.startswith("attachments.") for name in expansions):
            implied.add("attachments")
        if "entities.mentions.username" in expansions:
            implied.add("entities")
        return cls(
            DEFAULT_TWEET | _listed(query, "tweet.fields") | implied,
            frozenset({"id", "name", "username"}) | _listed(query, "user.fields"),
            frozenset({"media_key", "type"}) | _listed(query, "media.fields"),
            expansions,
        )


def _listed(query: Mapping[str, str], name: str) -> frozenset[str]:
    return frozenset(filter(None, query.get(name, "").split(",")))


class Shapes:
    """Shows versions of posts, and what the expansions of a request bring along with them."""

    def __init__(self, state: State, edits: Edits) -> None:
        self._state = state
        self._edits = edits
        self._named: dict[str, Person] = {}

    def tweet(self, version: Version, fields: frozenset[str]) -> dict[str, object]:
        """One version with these fields; those without a value are left out, as X does."""
        post = version.post
        shown = shown_text(post)
        to = post.in_reply_to_person
        values: dict[str, object] = {
            "id": post.external_id,
            "text": shown,
            "edit_history_tweet_ids": list(version.history),
            "author_id": post.person.external_id,
            "conversation_id": post.thread,
            "created_at": iso(post.posted_at),
            "lang": post.extra.get("lang", "und"),
            "possibly_sensitive": False,
            "reply_settings": "everyone",
            "display_text_range": [0, len(shown)],
        }
        if to is not None:
            values["in_reply_to_user_id"] = to.external_id
        if post.parent is not None:
            values["referenced_tweets"] = [{"type": "replied_to", "id": post.parent}]
        if pictures := pictures_of(post):
            values["attachments"] = {"media_keys": [media_key(url) for url in pictures]}
        if "public_metrics" in fields:
            values["public_metrics"] = dict.fromkeys(METRICS, 0)
        if "edit_controls" in fields:
            values["edit_controls"] = _edit_controls(version)
        if "entities" in fields and (entities := self._entities(post)):
            values["entities"] = entities
        return {name: value for name, value in values.items() if name in fields}

    def includes(self, versions: Sequence[Version], asked: Asked) -> dict[str, object]:
        """The people, pictures and other posts that the expansions bring, each once."""
        posts = [version.post for version in versions]
        people = [person for post in posts for person in self._people(post, asked.expansions)]
        others: list[Version] = []
        if "edit_history_tweet_ids" in asked.expansions:
            others += [one for version in versions for one in self._history(version)]
        if any(name.startswith("referenced_tweets.id") for name in asked.expansions):
            parents = self._parents(posts)
            if "referenced_tweets.id" in asked.expansions:
                others += parents
            if "referenced_tweets.id.author_id" in asked.expansions:
                people += [parent.post.person for parent in parents]
        shown = {
            "users": [user(person, asked.user) for person in dict.fromkeys(people)],
            "tweets": [
                self.tweet(other, asked.tweet) for other in {one.post.external_id: one for one in others}.values()
            ],
            "media": _media(posts, asked) if "attachments.media_keys" in asked.expansions else [],
        }
        return {name: entries for name, entries in shown.items() if entries}

    def _parents(self, posts: Sequence[Post]) -> list[Version]:
        """What these posts answer, each once and in their order: its first version, whose id they name."""
        wanted = list(dict.fromkeys(post.parent for post in posts if post.parent is not None))
        marks = ",".join("?" * len(wanted))
        where = f"post.network = 'x' AND post.deleted_at IS NULL AND post.external_id IN ({marks})"
        found = {parent.external_id: parent for parent in self._state.select_posts(where, wanted)}
        return [self._edits.versions(found[one])[0] for one in wanted if one in found]

    def _history(self, version: Version) -> list[Version]:
        if len(version.history) == 1:
            return [version]
        post = self._state.post("x", version.history[0])
        return self._edits.versions(post) if post is not None else []

    def _entities(self, post: Post) -> dict[str, object]:
        text = plain_text(post)
        named = ((found, self._person(found.group(1))) for found in MENTION.finditer(text))
        entities: dict[str, object] = {
            "mentions": [
                {"start": found.start(), "end": found.end(), "username": person.handle, "id": person.external_id}
                for found, person in named
                if person is not None
            ],
            "urls": links_of(post, text),
            "hashtags": [{"start": f.start(), "end": f.end(), "tag": f.group(1)} for f in HASHTAG.finditer(text)],
        }
        return {name: entries for name, entries in entities.items() if entries}

    def _people(self, post: Post, expansions: frozenset[str]) -> list[Person]:
        people: list[Person] = []
        if "author_id" in expansions:
            people.append(post.person)
        if "in_reply_to_user_id" in expansions and post.in_reply_to_person is not None:
            people.append(post.in_reply_to_person)
        if "entities.mentions.username" in expansions:
            found = (self._person(handle) for handle in MENTION.findall(plain_text(post)))
            people.extend(person for person in found if person is not None)
        return people

    def _person(self, handle: str) -> Person | None:
        """Whoever has the handle; people never change it and never leave, so they are looked up once."""
        key = handle.casefold()
        found = self._named.get(key) or self._state.person("x", handle)
        if found is not None:
            self._named[key] = found
        return found


def _edit_controls(version: Version) -> dict[str, object]:
    return {
        "edits_remaining": max(0, MOST_EDITS - (len(version.history) - 1)),
        "is_edit_eligible": version.post.parent is None,
        "editable_until": iso(version.first_posted_at + EDITABLE),
    }


def _media(posts: Sequence[Post], asked: Asked) -> list[dict[str, object]]:
    shown = []
    for url in dict.fromkeys(url for post in posts for url in pictures_of(post)):
        values: dict[str, object] = {"media_key": media_key(url), "type": "photo", "url": url}
        values |= {"width": 1200, "height": 900}
        shown.append({name: value for name, value in values.items() if name in asked.media})
    return shown


def user(person: Person, fields: frozenset[str]) -> dict[str, object]:
    picture = "https://abs.twimg.com/sticky/default_profile_images/default_profile_normal.png"
    values: dict[str, object] = {
        "id": person.external_id,
        "name": person.name,
        "username": person.handle,
        "created_at": "2019-03-07T12:00:00.000Z",
        "description": "",
        "protected": False,
        "verified": person.is_brand,
        "verified_type": "business" if person.is_brand else "none",
        "profile_image_url": picture,
        "url": "",
        "public_metrics": {
            "followers_count": person.followers,
            "following_count": 0,
            "tweet_count": 0,
            "listed_count": 0,
            "like_count": 0,
            "media_count": 0,
        },
    }
    return {name: value for name, value in values.items() if name in fields}


def media_key(url: str) -> str:
    """`3_` is a photograph's; the number derives from the address."""
    return f"3_{int.from_bytes(hashlib.blake2b(url.encode(), digest_size=7).digest())}"
