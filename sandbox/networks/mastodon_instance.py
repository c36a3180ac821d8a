"""What a Mastodon server says of itself, in both versions of the call."""

from urllib.parse import urlsplit

from sandbox.networks.mastodon_shapes import CHARACTERS_PER_URL, MAX_CHARACTERS, VERSION

DESCRIPTION = "Um servidor que existe só nesta máquina."
STATUSES = {
    "max_characters": MAX_CHARACTERS,
    "max_media_attachments": 4,
    "characters_reserved_per_url": CHARACTERS_PER_URL,
}
MEDIA = {
    "supported_mime_types": ["image/jpeg", "image/png", "image/gif", "image/webp"],
    "image_size_limit": 16_777_216,
    "image_matrix_limit": 33_177_600,
    "video_size_limit": 103_809_024,
    "video_frame_rate_limit": 120,
    "video_matrix_limit": 8_294_400,
}
POLLS = {"max_options": 4, "max_characters_per_option": 50, "min_expiration": 300, "max_expiration": 2_629_746}
RULES = [{"id": "1", "text": "Seja cordial.", "hint": ""}]

# What an account is told of itself alone.
OWN_ACCOUNT = {
    "source": {
        "privacy": "public",
        "sensitive": False,
        "language": None,
        "note": "",
        "fields": [],
        "follow_requests_count": 0,
        "hide_collections": None,
        "discoverable": None,
        "indexable": False,
        "attribution_domains": [],
        "quote_policy": "public",
    },
    "role": {"id": "-99", "name": "", "permissions": "0", "color": "", "highlighted": False, "collection_limit": 10},
}


def version_one(url: str) -> dict[str, object]:
    """`/api/v1/instance` - docs.joinmastodon.org/entities/V1_Instance, read 2026-11."""
    return {
        "uri": urlsplit(url).netloc,
        "title": "Sandbox",
        "short_description": DESCRIPTION,
        "description": DESCRIPTION,
        "email": "admin@sandbox.example",
        "version": VERSION,
        "urls": {"streaming_api": url.replace("http", "ws", 1)},
        "stats": {"user_count": 100, "status_count": 1000, "domain_count": 1},
        "thumbnail": f"{url}/thumbnail.png",
        "languages": ["pt-BR"],
        "registrations": False,
        "approval_required": False,
        "invites_enabled": False,
        "configuration": {
            "accounts": {"max_featured_tags": 10},
            "statuses": STATUSES,
            "media_attachments": MEDIA,
            "polls": POLLS,
        },
        "contact_account": None,
        "rules": RULES,
    }


def version_two(url: str) -> dict[str, object]:
    """`/api/v2/instance` - docs.joinmastodon.org/entities/Instance, read 2026-11."""
    return {
        "domain": urlsplit(url).netloc,
        "title": "Sandbox",
        "version": VERSION,
        "source_url": "https://github.com/mastodon/mastodon",
        "description": DESCRIPTION,
        "usage": {"users": {"active_month": 100}},
        "thumbnail": {"url": f"{url}/thumbnail.png", "blurhash": None, "versions": {}},
        "icon": [],
        "languages": ["pt-BR"],
        "configuration": {
            "urls": {"streaming": url.replace("http", "ws", 1), "status": None},
            "vapid": {
                "public_key": "BCk-QqERU0q-CfYZjcuB6lnyyOYfJ2AifKqfeGIm7Z-HiTU5T9eTG5GxVA0_OH5mMlI4UkkDTpaZwozy0TzdZ2M="
            },
            "accounts": {"max_featured_tags": 10, "max_pinned_statuses": 5},
            "statuses": STATUSES,
            "media_attachments": {**MEDIA, "description_limit": 1500},
            "polls": POLLS,
            "translation": {"enabled": False},
            "limited_federation": False,
        },
        "registrations": {"enabled": False, "approval_required": False, "message": None, "url": None},
        "api_versions": {"mastodon": 7},
        "contact": {"email": "admin@sandbox.example", "account": None},
        "rules": RULES,
    }
