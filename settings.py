"""Everything that the operator decides: ouvidor.toml and the environment, read once."""

import os
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal, get_args
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails

from errors import SettingsError
from settings_classifier import ClassifierSettings, Mistake, RuleSettings, anchored, contradictions
from settings_values import (
    BaseUrl,
    Duration,
    LoopbackHost,
    Name,
    Port,
    SecretReference,
    SentimentName,
    Switch,
    TimeZone,
    TypeName,
    UrgencyName,
    instead_of,
)
from toml_lines import KeyPath, TomlLines

FILE_NAME = "ouvidor.toml"
_LARGEST = 1_000_000  # bytes; a settings file beyond that is something else


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class BrandSettings(_Section):
    """A brand that is listened for."""

    slug: Name
    name: Name
    languages: list[Literal["pt", "en", "es"]] = Field(default=["pt", "en", "es"], min_length=1)
    contacts: list[str] = []  # its own addresses and telephones, which may stand in public


class AccountSettings(_Section):
    """An identity of a brand on a channel."""

    name: Name
    brand: str
    channel: str
    handle: Name
    role: Literal["brand", "care"] = "brand"
    base_url: BaseUrl = ""  # "" is the platform's own
    place: str = ""  # "" is derived: the host of base_url, or the channel's name
    external_id: str = ""
    secrets: dict[str, SecretReference] = Field(default_factory=dict)
    options: dict[str, Any] = Field(default_factory=dict)


class SourceSettings(_Section):
    """What a listener reads."""

    name: Name
    account: str
    kind: str
    query: str = ""
    every: Duration = timedelta(seconds=60)
    options: dict[str, Any] = Field(default_factory=dict)


class TriageRule(_Section):
    """Which mentions open a case; the first rule that fits decides. An empty list fits everything."""

    types: list[TypeName] = []
    urgencies: list[UrgencyName] = []
    sentiments: list[SentimentName] = []
    channels: list[str] = []
    opens_case: bool = True


class AcknowledgeRule(_Section):
    """Which cases are acknowledged without a person; one template a language."""

    types: list[TypeName] = []
    channels: list[str] = []
    template: dict[Literal["pt", "en", "es"], str] = Field(min_length=1)


class AutomationRule(_Section):
    """What automation does for one purpose; the first rule that fits decides. An empty list fits everything."""

    purpose: Literal["acknowledgement", "answer", "resolution"]
    brands: list[str] = []
    channels: list[str] = []
    types: list[TypeName] = []
    mode: Literal["off", "draft", "approve", "automatic"]
    template: str = ""  # the name of a text that people keep in the inbox


class InboxSettings(_Section):
    """Where the care team's pages are served."""

    host: LoopbackHost = "127.0.0.1"
    port: Port = 8080


class DeliverySettings(_Section):
    """How patient delivery is."""

    settle: Duration = timedelta(minutes=2)  # after an unknown outcome, before concluding that a reply is not there
    staleness: Duration = timedelta(hours=24)  # older posts are never answered automatically
    lease: Duration = timedelta(minutes=5)  # a claim older than this belongs to nobody
    reconcile: Duration = timedelta(minutes=15)  # how often an account's own posts are compared with the ledger
    settle_on: dict[str, Duration] = {}  # the settle window of single channels
    four_eyes: Switch = False  # True: who wrote a text cannot approve it


class FuseSettings(_Section):
    """What an account may do before it is paused; 0 switches a fuse off."""

    a_minute: int = Field(default=60, ge=0)
    an_hour: int = Field(default=600, ge=0)
    same_text: int = Field(default=20, ge=0)
    unknown_share: float = Field(default=0.5, ge=0, le=1)


class Settings(_Section):
    """The whole of ouvidor.toml."""

    database: Name = "sqlite:///ouvidor.db"
    posting: Switch = False  # False: nothing is sent to any network
    language: Literal["pt", "en"] = "pt"  # the inbox's, until the browser says otherwise
    timezone: TimeZone = "America/Sao_Paulo"
    brand: list[BrandSettings] = []
    account: list[AccountSettings] = []
    source: list[SourceSettings] = []
    classifier: ClassifierSettings = ClassifierSettings()
    rule: list[RuleSettings] = []
    triage: list[TriageRule] = []
    acknowledge: list[AcknowledgeRule] = []
    automation: list[AutomationRule] = []
    inbox: InboxSettings = InboxSettings()
    delivery: DeliverySettings = DeliverySettings()
    fuses: FuseSettings = FuseSettings()

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)


def file_in_use(path: Path | None = None, environ: Mapping[str, str] = os.environ) -> Path:
    """Which file the settings are read from: the one given, OUVIDOR_SETTINGS, or ./ouvidor.toml."""
    return path or Path(environ.get("OUVIDOR_SETTINGS") or FILE_NAME)


def load(path: Path | None = None, environ: Mapping[str, str] = os.environ) -> Settings:
    """The settings of a file, with the environment's scalars over them.

    Raises SettingsError, which names the file, the line, the key and what to write instead.
    """
    file = file_in_use(path, environ)
    text = _text_of(file)
    written = _parsed(file, text)
    overrides = _overrides(environ)
    merged: dict[str, Any] = {**written}
    for (*section, key), (_, value) in overrides.items():
        table = merged
        for name in section:
            inner = table.get(name, {})
            table[name] = table = {**inner} if isinstance(inner, dict) else {}
        table[key] = _SWITCHED.get(value.lower(), value) if (*section, key) == ("posting",) else value
    try:
        settings = Settings.model_validate(merged)
    except ValidationError as error:
        raise SettingsError(_explained(error.errors(include_url=False), file, text, overrides)) from None
    mistakes = list(_contradictions(settings))
    if ("database",) not in overrides and _holds_a_password(settings.database):
        advice = "a password is never written here: put the whole address into OUVIDOR_DATABASE"
        mistakes.append((("database",), advice))
    if mistakes:
        raise SettingsError(_first(file, text, mistakes))
    return _anchored(settings, file, database=("database",) not in overrides)


def _holds_a_password(url: str) -> bool:
    try:
        return urlsplit(url).password is not None
    except ValueError:
        return False


def at(path: Path, key: KeyPath) -> str:
    """Where a key of a settings file stands, for an error message: `ouvidor.toml, line 12`."""
    return f"{path}, line {TomlLines(_text_of(path)).line(key)}"


def _text_of(file: Path) -> str:
    try:
        raw = file.read_bytes() if file.stat().st_size <= _LARGEST else None
    except FileNotFoundError:
        raise SettingsError(
            f"there is no settings file {file}: write one with `ouvidor init`, or name yours with --settings"
        ) from None
    except OSError as error:
        raise SettingsError(f"{file} cannot be read: {error.strerror}; is it a file that you may read?") from None
    if raw is None:
        raise SettingsError(f"{file} has more than {_LARGEST} bytes; is it the settings file?")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise SettingsError(f"{file}, line {line}: this is no UTF-8 text; save the file as UTF-8") from None


def _parsed(file: Path, text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        place = re.search(r"^(.*) \(at line (\d+), column (\d+)\)$", str(error))
        line = place[2] if place else str(text.count("\n") + 1)
        what = place[1] if place else str(error)
        raise SettingsError(
            f"{file}, line {line}: this is no TOML ({what}); are the quotes and brackets closed?"
        ) from None
    except RecursionError:
        raise SettingsError(f"{file}: its brackets are nested too deeply") from None


_SWITCHED = {"true": True, "false": False}  # how the environment, which knows only texts, writes a boolean
_SECTIONS: dict[str, type[_Section]] = {"inbox": InboxSettings, "delivery": DeliverySettings}
_TABLES_OF_THEIR_OWN = frozenset({("delivery", "settle_on")})  # the environment knows only single values


def _overrides(environ: Mapping[str, str]) -> dict[tuple[str, ...], tuple[str, str]]:
    """Key path to (variable, value), for the scalars that the environment sets."""
    scalars = ("database", "posting", "language", "timezone")
    known = {f"OUVIDOR_{name.upper()}": (name,) for name in scalars} | {
        f"OUVIDOR_{section.upper()}__{field.upper()}": (section, field)
        for section, model in _SECTIONS.items()
        for field in model.model_fields
        if (section, field) not in _TABLES_OF_THEIR_OWN
    }
    for variable in environ:
        if variable.startswith(("OUVIDOR_INBOX__", "OUVIDOR_DELIVERY__")) and variable not in known:
            raise SettingsError(f"environment: no setting is named {variable}; {instead_of(variable, list(known))}")
    return {key: (variable, environ[variable]) for variable, key in known.items() if variable in environ}


def _explained(
    errors: Sequence[ErrorDetails], file: Path, text: str, overrides: Mapping[tuple[str, ...], tuple[str, str]]
) -> str:
    """The first mistake by line; one that the environment made comes before them all and names its variable."""
    for error in errors:
        if variable := overrides.get(tuple(str(part) for part in error["loc"])):
            return f"environment: {variable[0]}: {_advice(error)}"
    # A misspelt key is also a missing one; told once, by its misspelling.
    misspelt = {error["loc"][:-1] for error in errors if error["type"] == "extra_forbidden"}
    told = [error for error in errors if error["type"] != "missing" or error["loc"][:-1] not in misspelt]
    return _first(file, text, [(_key_of(error), _advice(error)) for error in told])


def _first(file: Path, text: str, mistakes: Sequence[Mistake]) -> str:
    lines = TomlLines(text)
    key, advice = min(mistakes, key=lambda mistake: lines.line(mistake[0]))
    more = f" (and {len(mistakes) - 1} more)" if len(mistakes) > 1 else ""
    return f"{file}, line {lines.line(key)}: {_named(key)}{advice}{more}"


def _key_of(error: ErrorDetails) -> KeyPath:
    """Where the mistake is written; pydantic marks a wrong key of a mapping by a last part of its own."""
    loc = tuple(error["loc"])
    return loc[:-1] if loc and loc[-1] == "[key]" else loc


def _named(key: KeyPath) -> str:
    """`account 2, base_url: `, counted as a person counts."""
    parts: list[str] = []
    for part in key:
        if isinstance(part, int) and parts:
            parts[-1] += f" {part + 1}"
        else:
            parts.append(str(part))
    return f"{', '.join(parts)}: " if parts else ""


def _advice(error: ErrorDetails) -> str:
    *section, last = error["loc"] or ("",)
    context = error.get("ctx", {})
    match error["type"]:
        case "extra_forbidden":
            advice = f"no setting has this name; {instead_of(str(last), _names_in(section))}"
        case "missing":
            advice = "this setting is missing; write it"
        case "not_among":
            advice = f"{context['word']!r} is not known; {instead_of(context['word'], context['names'])}"
        case "literal_error":
            word = error["input"] if isinstance(error["input"], str) else repr(error["input"])
            names = re.findall("'([^']*)'", context["expected"])
            advice = f"{word!r} is not known; {instead_of(word, names)}"
        case "list_type" if not section or (*section, last) == ("classifier", "model"):
            table = ".".join(str(name) for name in error["loc"])
            advice = f"each {last} is a table of its own: write [[{table}]], with two brackets"
        case "model_type" if not section:
            advice = f"there is one {last}: write [{last}], with one bracket"
        case "value_error":
            advice = str(context["error"])
        case _:
            advice = error["msg"][0].lower() + error["msg"][1:]
    return advice


def _names_in(section: Sequence[str | int]) -> list[str]:
    """The settings that a section has; `section` is a key path into `Settings`."""
    model: type[BaseModel] = Settings
    for name in section:
        if isinstance(name, str):
            kind = model.model_fields[name].annotation
            model = next(
                inner for inner in (kind, *get_args(kind)) if isinstance(inner, type) and issubclass(inner, BaseModel)
            )
    return list(model.model_fields)


def _contradictions(settings: Settings) -> Iterator[Mistake]:
    """What each setting alone cannot show."""
    yield from _repeated("brand", "slug", [brand.slug for brand in settings.brand])
    yield from _repeated("account", "name", [account.name for account in settings.account])
    yield from _repeated("source", "name", [source.name for source in settings.source])
    brands = [brand.slug for brand in settings.brand]
    accounts = [account.name for account in settings.account]
    for index, account in enumerate(settings.account):
        if account.brand not in brands:
            yield (
                ("account", index, "brand"),
                f"no brand has the slug {account.brand!r}; {instead_of(account.brand, brands)}",
            )
        if account.channel in ("mastodon", "complaint_page") and not account.base_url:
            yield ("account", index, "base_url"), f"channel {account.channel!r} needs it: which site or instance is it?"
    for index, source in enumerate(settings.source):
        if source.account not in accounts:
            advice = f"no account has the name {source.account!r}; {instead_of(source.account, accounts)}"
            yield ("source", index, "account"), advice
    for index, rule in enumerate(settings.acknowledge):
        for language, template in rule.template.items():
            if not template.strip():
                yield ("acknowledge", index, "template", language), "an empty template would publish nothing; write it"
    for index, asked in enumerate(settings.automation):
        for position, slug in enumerate(asked.brands):
            if slug not in brands:
                advice = f"no brand has the slug {slug!r}; {instead_of(slug, brands)}"
                yield ("automation", index, "brands", position), advice
        if asked.mode != "off" and not asked.template.strip():
            advice = f"mode {asked.mode!r} needs a text: name one that the inbox keeps under Templates"
            yield ("automation", index, "mode"), advice
    yield from contradictions(settings.classifier, settings.rule)


def _repeated(section: str, field: str, names: Sequence[str]) -> Iterator[Mistake]:
    """Names that are told apart by more than spelling: secrets are looked up by the name's letters and digits."""
    first: dict[str, str] = {}
    for index, name in enumerate(names):
        plain = re.sub(r"[^A-Z0-9]", "_", name.upper())
        if plain in first:
            yield (section, index, field), f"{name!r} is taken by {first[plain]!r} above; give each {section} its own"
        first.setdefault(plain, name)


def _anchored(settings: Settings, file: Path, *, database: bool) -> Settings:
    """Relative paths written in the file start at its folder, so that a service finds them from anywhere."""
    folder = file.absolute().parent
    accounts = [
        account.model_copy(
            update={
                "secrets": {
                    name: f"file:{folder / Path(where).expanduser()}" if kind == "file" else reference
                    for name, reference in account.secrets.items()
                    for kind, _, where in [reference.partition(":")]
                }
            }
        )
        for account in settings.account
    ]
    found = re.fullmatch(r"sqlite(?:\+\w+)?:///(?!/)(?!:memory:)([^?]+)(\?.*)?", settings.database)
    url = f"sqlite:///{folder / found[1]}{found[2] or ''}" if found and database else settings.database
    classifier = anchored(settings.classifier, folder)
    return settings.model_copy(update={"account": accounts, "database": url, "classifier": classifier})
