"""What each channel knows under `options`; found out without a secret, a network or the channel's library."""

import importlib
from collections.abc import Iterator, Mapping

from errors import SettingsError
from settings import Settings
from settings_values import instead_of
from toml_lines import KeyPath

SELECTORS = (
    "list", "link", "title", "text", "author", "date", "next", "empty", "answer", "answer_text", "answer_author",
)  # fmt: skip
_PAGE = (*SELECTORS, "id", "address", "date_format", "timezone", "delay", "user_agent", "company")
VISIBILITIES = ("public", "unlisted", "private", "direct")

ACCOUNT_OPTIONS: Mapping[str, tuple[str, ...]] = {
    "x": ("web_url",),
    "reddit": (),
    "mastodon": ("visibility", "max_characters", "characters_reserved_per_url"),
    "reclame_aqui": (),
    "complaint_page": _PAGE,
}
SOURCE_OPTIONS: Mapping[str, tuple[str, ...]] = {**dict.fromkeys(ACCOUNT_OPTIONS, ()), "complaint_page": _PAGE}

# The options whose values are among a few.
_VALUES = {("mastodon", "visibility"): VISIBILITIES}
# What reads the options of a source, over those of its account, and raises SettingsError for a wrong value.
_READERS = {"complaint_page": "channels.page_options:page_options"}


def option_mistakes(settings: Settings, account_name: str = "") -> Iterator[tuple[KeyPath, str, str]]:
    """What the settings get wrong under `options`: key, whose they are, and advice; of one account where it is named.

    The key ends at the section where a whole section is wrong.
    """
    accounts = {account.name: account for account in settings.account}
    mistaken: set[str] = set()
    for index, account in enumerate(settings.account):
        if account_name in ("", account.name):
            for name, advice in _mistakes(account.channel, account.options, ACCOUNT_OPTIONS):
                mistaken.add(account.name)
                yield ("account", index, "options", name), f"account {account.name}", advice
    for index, source in enumerate(settings.source):
        account = accounts[source.account]
        if account_name not in ("", account.name):
            continue
        about, is_sound = f"source {source.name}", account.name not in mistaken
        for name, advice in _mistakes(account.channel, source.options, SOURCE_OPTIONS):
            is_sound = False
            yield ("source", index, "options", name), about, advice
        advice = _refused(account.channel, {**account.options, **source.options}) if is_sound else ""
        if advice:
            yield ("source", index), about, advice


def _mistakes(
    channel: str, options: Mapping[str, object], known: Mapping[str, tuple[str, ...]]
) -> Iterator[tuple[str, str]]:
    names = known.get(channel)
    for name, value in options.items():
        values = _VALUES.get((channel, name), ())
        if names is not None and name not in names:
            place = "a source's" if known is SOURCE_OPTIONS else "an account's"
            yield name, f"{channel} knows no option {name!r} among {place} options; {instead_of(name, names)}"
        elif values and value and value not in values:
            yield name, f"the option {name!r} cannot be {value!r}; {instead_of(str(value), values)}"


def _refused(channel: str, options: Mapping[str, object]) -> str:
    """Why the channel cannot read these options; "" when it can."""
    module, _, name = _READERS.get(channel, "").partition(":")
    try:
        if module:
            getattr(importlib.import_module(module), name)(options)
    except SettingsError as error:
        return str(error)
    except ModuleNotFoundError:
        pass  # building the channel tells of a missing library
    return ""
