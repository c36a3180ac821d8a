"""What the operator says of the classifier: which models speak beside the embedded one, when, and rules above them."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Literal

import regex
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from settings_values import Name, SentimentName, Share, Switch, TypeName, UrgencyName, Whole, instead_of
from toml_lines import KeyPath

# What a model may speak for, and the words in which it must: those of our own labels.
FIELDS: dict[str, tuple[str, ...]] = {
    "sentiment": ("negative", "neutral", "positive"),
    "urgency": ("critical", "high", "normal", "low"),
    "type": ("complaint", "question", "suggestion", "praise", "other"),
    "complaint": ("true", "false"),
    "spam": ("true", "false"),
}
_HUB_NAME = regex.compile(r"[A-Za-z0-9][\w.-]*(?:/[A-Za-z0-9][\w.-]*)?")
_SIGNS = regex.compile(r"\X")
_DRAWN = regex.compile(r"[\p{So}\p{Extended_Pictographic}\u20e3]")  # the last one is what makes a keycap of a digit
_TONES = re.compile("[\ufe0e\ufe0f\U0001f3fb-\U0001f3ff]")  # how a sign is drawn, and the colours of skin
_WORD = re.compile(r"[^\W_]+")
# An asterisk at one side of a word alone; within it, or several, it is a letter that somebody hid.
_WILD = regex.compile(r"(?<![\w*])\*\w+(?![\w*])|(?<![\w*])\w+\*(?![\w*])")
_UNHEARD = re.compile("['\u2019`\u00b4]")  # "don't", "dont" and "don’t" are one word


def folded(text: str) -> str:
    """Its words in small letters, without accents and unseen signs, each between spaces: for whole words alone."""
    spread = unicodedata.normalize("NFKD", _UNHEARD.sub("", text)).casefold()
    plain = "".join(sign for sign in spread if unicodedata.category(sign) not in {"Mn", "Me", "Cf"})
    return f" {' '.join(_WORD.findall(plain))} "


def toneless(sign: str) -> str:
    """The sign however it is drawn, and whatever the colour of its skin."""
    return _TONES.sub("", sign)


def _as_word(value: object) -> object:
    """TOML's own true and false mean the words."""
    return str(value).lower() if isinstance(value, bool) else value


def expanded(path: str) -> Path:
    """With the home folder written out; ValueError when there is no such user."""
    try:
        return Path(path).expanduser()
    except RuntimeError:
        raise ValueError(f"no user's home folder is {Path(path).parts[0]!r}: write the whole path") from None


def _is_place(path: str) -> str:
    expanded(path)
    return path


def _is_folder(path: str) -> str:
    if not path.strip() or len(path) > 4000 or regex.search(r"[\x00-\x1f\x7f]", path):
        raise ValueError("a folder has 1 to 4000 visible characters")
    return _is_place(path)


def _is_model(name: str) -> str:
    if not name.strip() or len(name) > 1000 or regex.search(r"[\x00-\x1f\x7f]", name):
        raise ValueError("a model is a folder, or a name on the hub such as 'owner/name'")
    return _is_place(name)


def _is_within(file: str) -> str:
    path = Path(file)
    if path.is_absolute() or ".." in path.parts or (file and path.suffix != ".onnx"):
        raise ValueError("name an .onnx file within the model's folder, such as 'onnx/model_quantized.onnx'")
    return file


def _is_wording(words: str) -> str:
    if len(words) > 200 or not folded(words).strip():
        raise ValueError("a word or a phrase has letters or digits, and at most 200 characters; signs go into `emoji`")
    if found := _WILD.search(words):
        raise ValueError(f"{found[0]!r} fits no other endings: words are whole words, so write each form that you want")
    return words


def _is_emoji(sign: str) -> str:
    if len(_SIGNS.findall(sign)) != 1 or not _DRAWN.search(toneless(sign)):
        raise ValueError("write one emoji between quotes; words go into `words`")
    return sign


Label = Annotated[str, BeforeValidator(_as_word)]
Wording = Annotated[str, AfterValidator(_is_wording)]
Emoji = Annotated[str, AfterValidator(_is_emoji)]
HoldName = Literal["legal", "danger", "minors", "self_harm", "violence_hate", "death", "press", "data_breach"]
TopicName = Literal[
    "delivery", "billing", "refund", "quality", "support", "cancellation", "outage", "fraud", "app", "price", "other"
]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class ModelSettings(_Section):
    """A sequence-classification model that speaks for one field of the verdict."""

    field: Literal["sentiment", "urgency", "type", "complaint", "spam"]
    model: Annotated[str, AfterValidator(_is_model)]  # a folder, or a name on the hub
    labels: dict[str, Label] = {}  # the model's label to ours; those that are called alike need none
    file: Annotated[str, AfterValidator(_is_within)] = ""  # "" is model.onnx or onnx/model.onnx
    max_tokens: Whole = Field(default=512, ge=8, le=8192)  # the model's own limit stands below it
    batch: Whole = Field(default=16, ge=1, le=512)  # texts at a time
    threads: Whole | None = Field(default=None, ge=1, le=256)  # None is half the cores


class ClassifierSettings(_Section):
    """When the models speak, and where what is learned from the team is kept."""

    when: Literal["never", "always", "abstained"] = "always"
    sure: Share = 0.6  # from this probability on no person need look at a model's word
    learned: Annotated[str, AfterValidator(_is_folder)] = (
        "learned"  # a folder; relative where there is no settings file, and then nothing was learned
    )
    learn_from: Whole = Field(default=20, ge=5, le=100_000)  # corrections of a field, beside those to judge by
    model: list[ModelSettings] = []


class RuleSettings(_Section):
    """What the operator decides by words, emoji, reach or channel; every condition that is written must hold."""

    name: Name
    words: list[Wording] = []  # any of them
    all_words: list[Wording] = []
    emoji: list[Emoji] = []  # any of them
    channels: list[str] = []
    langs: list[Literal["pt", "en", "es", "other"]] = []
    min_reach: Whole = Field(default=0, ge=0)  # followers of the author
    sentiment: SentimentName | None = None
    urgency: UrgencyName | None = None
    type: TypeName | None = None
    spam: Switch | None = None
    add_holds: list[HoldName] = []
    topics: list[TopicName] = []


Mistake = tuple[KeyPath, str]
_CONDITIONS = ("words", "all_words", "emoji", "channels", "langs", "min_reach")
_DECIDED = ("sentiment", "urgency", "type", "spam", "add_holds", "topics")


def contradictions(classifier: ClassifierSettings, rules: Sequence[RuleSettings]) -> Iterator[Mistake]:
    """What each setting alone cannot show."""
    spoken_for: set[str] = set()
    for index, model in enumerate(classifier.model):
        if model.field in spoken_for:
            yield ("classifier", "model", index, "field"), f"a model above speaks for {model.field}; keep one of them"
        spoken_for.add(model.field)
        for theirs, ours in model.labels.items():
            if ours not in FIELDS[model.field]:
                advice = f"{ours!r} is no {model.field}; {instead_of(ours, FIELDS[model.field])}"
                yield ("classifier", "model", index, "labels", theirs), advice
    if "when" in classifier.model_fields_set and classifier.when != "never" and not classifier.model:
        yield ("classifier", "when"), "there is no model that could speak: add a [[classifier.model]]"
    names: set[str] = set()
    for index, rule in enumerate(rules):
        if rule.name in names:
            yield ("rule", index, "name"), f"a rule above is called {rule.name!r} too; give each its own name"
        names.add(rule.name)
        if not any(getattr(rule, condition) for condition in _CONDITIONS):
            yield ("rule", index), f"it would fit every text; say when it fits: {', '.join(_CONDITIONS)}"
        if all(getattr(rule, field) in (None, []) for field in _DECIDED):
            yield ("rule", index), f"it decides nothing; say what it sets: {', '.join(_DECIDED)}"


def is_hub_name(model: str) -> bool:
    """Whether it may be a name on the hub; all others are paths."""
    return _HUB_NAME.fullmatch(model) is not None


def anchored(classifier: ClassifierSettings, folder: Path) -> ClassifierSettings:
    """With whole paths: relative ones start in `folder`."""
    models = [model.model_copy(update={"model": placed(model.model, folder)}) for model in classifier.model]
    learned = str(folder / expanded(classifier.learned))
    return classifier.model_copy(update={"model": models, "learned": learned})


def placed(model: str, folder: Path) -> str:
    """The whole path of a model, or its name on the hub: that of no folder, nor of one within a folder that is there.

    ValueError when a home folder is named and there is no such user.
    """
    place = folder / expanded(model)
    is_elsewhere = not place.exists() and not ("/" in model and place.parent.is_dir())
    return model if is_hub_name(model) and is_elsewhere else str(place)
