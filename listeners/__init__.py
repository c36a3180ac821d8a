"""Hear what people say: one module a channel, resolved by name so that a missing library breaks one channel only."""

import importlib

from channels.connection import Clock, Connection, SourceConfig
from errors import SettingsError
from listeners.base import Listener

LISTENERS = {
    "x": "listeners.x:XListener",
    "reddit": "listeners.reddit:RedditListener",
    "mastodon": "listeners.mastodon:MastodonListener",
    "reclame_aqui": "listeners.reclame_aqui:ReclameAquiListener",
    "complaint_page": "listeners.complaint_page:ComplaintPageListener",
}


def build_listener(connection: Connection, source: SourceConfig, clock: Clock) -> Listener:
    """The listener of a channel; raises SettingsError for an unknown channel or a missing library."""
    try:
        module, _, name = LISTENERS[connection.channel].partition(":")
        listener: Listener = getattr(importlib.import_module(module), name)(connection, source, clock)
    except KeyError:
        raise SettingsError(f"no channel is named {connection.channel!r}; there are {', '.join(LISTENERS)}") from None
    except ModuleNotFoundError as error:
        raise SettingsError(
            f"channel {connection.channel!r} needs the library {error.name!r}: pip install it"
        ) from error
    return listener
