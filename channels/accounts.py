"""From the settings of an account to the connection that its listeners and responders use."""

import os
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from urllib.parse import urlsplit

from rapidfuzz import process
from rapidfuzz.fuzz import ratio

from channels.connection import Connection
from errors import SettingsError
from settings import AccountSettings, AcknowledgeRule, AutomationRule, Settings, TriageRule
from settings_classifier import RuleSettings
from settings_values import instead_of
from toml_lines import KeyPath

# Where a platform's interface is unless `base_url` says otherwise; "" where only the operator can know.
BASE_URLS = {
    "x": "https://api.x.com",
    "reddit": "https://oauth.reddit.com",
    "mastodon": "",
    "reclame_aqui": "https://app.hugme.com.br/api",
    "complaint_page": "",
}

# What a source of a channel may read.
KINDS = {
    "x": ("mentions", "search"),
    "reddit": ("inbox", "subreddit", "search"),
    "mastodon": ("notifications", "hashtag"),
    "reclame_aqui": ("tickets",),
    "complaint_page": ("page",),
}
_NEEDS_QUERY = {("x", "search"), ("reddit", "subreddit"), ("reddit", "search"), ("mastodon", "hashtag")}
_NEEDS_QUERY |= {("complaint_page", "page")}

_X_KEYS = ("consumer_key", "consumer_secret", "access_token", "access_token_secret")
# The sets of secrets with which a channel can work, the usual one first.
SECRETS: dict[str, tuple[tuple[str, ...], ...]] = {
    "x": (("bearer_token",), ("user_token",), _X_KEYS),
    "reddit": (("client_id", "client_secret", "username", "password"),),
    "mastodon": (("access_token",),),
    "reclame_aqui": (("client_id", "client_secret"),),
    "complaint_page": ((),),
}
# With which of them a reply can be published, where that differs from reading.
_POSTING = {"x": (("user_token",), _X_KEYS)}
_LARGEST_SECRET = 64_000  # bytes; a file beyond that is not a secret


def connection_of(
    settings: Settings,
    account_name: str,
    *,
    with_secrets: bool = True,
    environ: Mapping[str, str] = os.environ,
) -> Connection:
    """How to reach an account's platform.

    Raises SettingsError for an unknown account and, naming it and how to give it, for a missing secret.
    """
    for account in settings.account:
        if account.name == account_name:
            return Connection(
                channel=account.channel,
                base_url=base_url_of(account),
                place=place_of(account),
                handle=handle_of(account),
                external_id=account.external_id,
                secrets=_secrets_of(account, environ, posting=settings.posting) if with_secrets else {},
                options=account.options,
            )
    names = [account.name for account in settings.account]
    raise SettingsError(f"no account has the name {account_name!r}; {instead_of(account_name, names)}")


def base_url_of(account: AccountSettings) -> str:
    """Where the account's platform answers, without a slash at the end."""
    return account.base_url or BASE_URLS.get(account.channel, "")


def place_of(account: AccountSettings) -> str:
    """What scopes the account's external ids: the host of an instance or site, the channel's name elsewhere."""
    if account.place:
        return account.place
    by_host = BASE_URLS.get(account.channel, "") == ""
    return (urlsplit(account.base_url).hostname if by_host else None) or account.channel


def handle_of(account: AccountSettings) -> str:
    """The account's name on its channel, without the sign that people write before it."""
    return re.sub(r"^(?:@|/?u/)", "", account.handle.strip())


def variable_of(account_name: str, secret: str) -> str:
    """The environment variable of a secret for which the settings name no place."""
    return re.sub(r"[^A-Z0-9]", "_", f"OUVIDOR_{account_name}_{secret}".upper())


def mistakes_of(settings: Settings, channels: Collection[str]) -> Iterator[tuple[KeyPath, str]]:
    """What the settings get wrong about channels: key and advice; `channels` are those that exist."""
    known = sorted(channels)
    kind_of_channel = {account.name: account.channel for account in settings.account}
    for index, account in enumerate(settings.account):
        if account.channel not in channels:
            advice = f"no channel is named {account.channel!r}; {instead_of(account.channel, known)}"
            yield ("account", index, "channel"), advice
        names = sorted({name for group in SECRETS.get(account.channel, ()) for name in group})
        for name in account.secrets:
            if account.channel in SECRETS and name not in names:
                advice = f"{account.channel} has no secret of this name; {instead_of(name, names)}"
                yield ("account", index, "secrets", name), advice
    for index, source in enumerate(settings.source):
        channel = kind_of_channel.get(source.account, "")
        if channel in KINDS and source.kind not in KINDS[channel]:
            advice = f"{channel} has no {source.kind!r} to read; {instead_of(source.kind, KINDS[channel])}"
            yield ("source", index, "kind"), advice
        elif (channel, source.kind) in _NEEDS_QUERY and not source.query.strip():
            yield ("source", index, "query"), f"a {source.kind} of {channel} needs a query: what is to be read?"
    yield from _channels_that_are_none(settings, known)


def _channels_that_are_none(settings: Settings, known: Sequence[str]) -> Iterator[tuple[KeyPath, str]]:
    """Where rules and limits name a channel that does not exist."""
    ruled: dict[str, Sequence[TriageRule | AcknowledgeRule | AutomationRule | RuleSettings]] = {
        "rule": settings.rule,
        "triage": settings.triage,
        "acknowledge": settings.acknowledge,
        "automation": settings.automation,
    }
    named = [
        ((section, index, "channels", position), name)
        for section, rules in ruled.items()
        for index, rule in enumerate(rules)
        for position, name in enumerate(rule.channels)
        if name not in known
    ]
    for key, name in named:
        if key[0] in ("acknowledge", "automation"):  # nothing is answered on a channel that an import names
            yield key, f"no channel is named {name!r}; {instead_of(name, known)}"
        # Imports may name channels of their own, so only what looks like a slip of the pen is one.
        elif near := process.extractOne(name, known, scorer=ratio, score_cutoff=75):
            yield key, f"no channel is named {name!r}; did you mean {near[0]!r}?"
    for name in settings.delivery.settle_on:
        if name not in known:
            yield ("delivery", "settle_on", name), f"no channel is named {name!r}; {instead_of(name, known)}"


def _secrets_of(account: AccountSettings, environ: Mapping[str, str], *, posting: bool) -> dict[str, str]:
    groups = SECRETS.get(account.channel, ())
    names = {name: None for group in groups for name in group} | dict.fromkeys(account.secrets)
    found: dict[str, str] = {}
    for name in names:
        reference = account.secrets.get(name)
        if reference is not None:
            found[name] = _read(account, name, reference, environ)
        elif value := environ.get(variable_of(account.name, name), "").strip():
            found[name] = value
    if groups and not any(found.keys() >= set(group) for group in groups):
        raise SettingsError(_missing(account, groups, found, "be read"))
    writing = _POSTING.get(account.channel, ())
    if posting and writing and not any(found.keys() >= set(group) for group in writing):
        raise SettingsError(_missing(account, writing, found, "post (the settings say posting = true)"))
    return found


def _missing(
    account: AccountSettings, groups: tuple[tuple[str, ...], ...], found: Mapping[str, str], purpose: str
) -> str:
    """The set that is nearest to complete is the one that was meant."""
    meant = max(groups, key=lambda group: len(found.keys() & set(group)))
    variables = ", ".join(variable_of(account.name, name) for name in meant if name not in found)
    return (
        f"account {account.name!r} ({account.channel}) cannot {purpose}: "
        f"set {variables} in the environment, or name another place in its `secrets`"
    )


def _read(account: AccountSettings, name: str, reference: str, environ: Mapping[str, str]) -> str:
    """The secret behind `env:NAME` or `file:PATH`, without the line break that editors add."""
    kind, _, where = reference.partition(":")
    what = f"secret {name} of account {account.name!r}"
    if kind == "env":
        value = environ.get(where, "").strip()
        if not value:
            raise SettingsError(f"{what}: the environment has no {where}: set it, or name another place in `secrets`")
        return value
    path = Path(where)
    try:
        raw = path.read_bytes() if path.stat().st_size <= _LARGEST_SECRET else None
        value = raw.decode().strip("\r\n") if raw is not None else ""
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no text"
        raise SettingsError(f"{what}: {path} cannot be read ({reason}): put the secret there") from None
    if not value.strip():
        raise SettingsError(f"{what}: {path} holds no secret: put it there, alone in the file")
    return value
