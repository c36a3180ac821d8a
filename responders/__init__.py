"""Answer in public, where it was said: one module a channel, resolved by name."""

import importlib

from channels.connection import Clock, Connection
from errors import SettingsError
from responders.base import Responder

RESPONDERS = {
    "x": "responders.x:XResponder",
    "reddit": "responders.reddit:RedditResponder",
    "mastodon": "responders.mastodon:MastodonResponder",
    "reclame_aqui": "responders.reclame_aqui:ReclameAquiResponder",
    "complaint_page": "responders.complaint_page:ComplaintPageResponder",
}


def build_responder(connection: Connection, clock: Clock) -> Responder:
    """The responder of a channel; raises SettingsError for an unknown channel or a missing library."""
    try:
        module, _, name = RESPONDERS[connection.channel].partition(":")
        responder: Responder = getattr(importlib.import_module(module), name)(connection, clock)
    except KeyError:
        raise SettingsError(f"no channel is named {connection.channel!r}; there are {', '.join(RESPONDERS)}") from None
    except ModuleNotFoundError as error:
        raise SettingsError(
            f"channel {connection.channel!r} needs the library {error.name!r}: pip install it"
        ) from error
    return responder
