"""The language of templates: text, four variables, four filters and `if`; nothing that loops, calls or looks inside."""

import unicodedata
from collections.abc import Iterator, Mapping
from functools import lru_cache

from jinja2 import StrictUndefined, Template, TemplateError, TemplateSyntaxError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from errors import SettingsError
from responders.policy import POLICIES

# What a template knows: the case, the brand and the channel; never the customer's words, name or handle.
VARIABLES = ("protocol", "brand", "channel_name", "private_sentence")
FILTERS = ("capitalize", "lower", "trim", "upper")
LONGEST_SOURCE = 20_000  # characters
LONGEST_TEXT = 50_000  # characters of what comes out of it

_CHANNELS = {"x": "X", "reddit": "Reddit", "mastodon": "Mastodon", "reclame_aqui": "Reclame AQUI"}
_ANY_SITE = {"pt": "site de reclamações", "en": "complaint site", "es": "sitio de reclamos"}
_PRIVATE_SENTENCES = {
    "pt": "Se preferir, fale com a gente por mensagem privada.",
    "en": "If you prefer, send us a private message.",
    "es": "Si lo prefiere, escríbanos por mensaje privado.",
}
# Every other node of the library's grammar is refused: what is not named here cannot loop, call or reach an attribute.
_ALLOWED = (
    *(nodes.Template, nodes.Output, nodes.TemplateData, nodes.Name, nodes.Const, nodes.Filter),
    *(nodes.If, nodes.CondExpr, nodes.Compare, nodes.Operand, nodes.And, nodes.Or, nodes.Not),
)
_BRACES = ("{{", "}}", "{%", "%}", "{#", "#}")
_JOINERS = "\u200c\u200d"  # emoji and some scripts are written with them
_AS_WRITTEN: Mapping[type[nodes.Node], str] = {
    nodes.For: "{% for %}",
    nodes.Macro: "{% macro %}",
    nodes.CallBlock: "{% call %}",
    nodes.FilterBlock: "{% filter %}",
    nodes.Assign: "{% set %}",
    nodes.AssignBlock: "{% set %}",
    nodes.With: "{% with %}",
    nodes.Block: "{% block %}",
    nodes.Extends: "{% extends %}",
    nodes.Include: "{% include %}",
    nodes.Import: "{% import %}",
    nodes.FromImport: "{% from %}",
    nodes.Call: "name()",
    nodes.Getattr: "name.name",
    nodes.Getitem: "name[...]",
    nodes.Test: "is",
}
# A template computes: beyond the library's own errors it raises what any expression may.
_FAULTS = (
    *(TemplateError, ArithmeticError, ValueError, TypeError, LookupError, AttributeError),
    *(SyntaxError, RecursionError, MemoryError),
)


class TemplateFaultError(SettingsError):
    """A template cannot be used as it stands. `fault` names the mistake, `about` what it was made with."""

    def __init__(self, message: str, fault: str, about: str = "") -> None:
        super().__init__(message)
        self.fault, self.about = fault, about


def _environment() -> ImmutableSandboxedEnvironment:
    environment = ImmutableSandboxedEnvironment(undefined=StrictUndefined, autoescape=False)
    environment.filters = {name: environment.filters[name] for name in FILTERS}
    environment.tests, environment.globals = {}, {}
    return environment


_templates = _environment()


def values_of(brand: str, protocol: str, channel: str, lang: str) -> dict[str, str]:
    """What the variables hold for a case of this brand, on this channel, in this language."""
    policy = POLICIES.get(channel)
    has_private_way = policy is not None and policy.private_way is not None
    return {
        "protocol": protocol,
        "brand": brand,
        "channel_name": _CHANNELS.get(channel) or _ANY_SITE.get(lang, channel),
        "private_sentence": _PRIVATE_SENTENCES.get(lang, "") if has_private_way else "",
    }


def render(source: str, values: Mapping[str, str]) -> str:
    """The text of a template, "" where nothing of it fits; TemplateFaultError when it cannot be rendered."""
    try:
        text = str(_compiled(source).render(**values)).strip()
    except _FAULTS as error:
        raise TemplateFaultError(f"it cannot be rendered: {error}", "syntax", str(error)) from error
    if len(text) > LONGEST_TEXT:
        raise TemplateFaultError(f"its text is longer than {LONGEST_TEXT} characters", "too_long", str(LONGEST_TEXT))
    return text


@lru_cache(maxsize=256)
def _compiled(source: str) -> Template:
    """Read, look at every node, and only then compile: the library computes constants as it compiles."""
    if len(source) > LONGEST_SOURCE:
        raise TemplateFaultError(f"it is longer than {LONGEST_SOURCE} characters", "too_long", str(LONGEST_SOURCE))
    try:
        tree = _templates.parse(source)
        for node in _all_of(tree):
            _must_be_allowed(node)
        return _templates.from_string(tree)
    except TemplateSyntaxError as error:
        message = f"line {error.lineno}: {error.message}"
        raise TemplateFaultError(message, "syntax", message) from error
    except _FAULTS as error:
        raise TemplateFaultError(f"it cannot be read: {error}", "syntax", str(error)) from error


def _all_of(tree: nodes.Node) -> Iterator[nodes.Node]:
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        waiting.extend(node.iter_child_nodes())


def _must_be_allowed(node: nodes.Node) -> None:
    """Only words are compared, and only as the same or another: so no value that comes later can make it fail."""
    written = _AS_WRITTEN.get(type(node), type(node).__name__.lower())
    is_allowed = isinstance(node, _ALLOWED)
    if isinstance(node, nodes.Operand):
        written, is_allowed = node.op, node.op in ("eq", "ne")
    elif isinstance(node, nodes.Const):
        written, is_allowed = str(node.value)[:40], isinstance(node.value, str)
    if not is_allowed:
        raise TemplateFaultError(
            f"line {node.lineno}: {written} is not of a template's language: it has text, variables, filters and if",
            "not_allowed",
            written,
        )
    if isinstance(node, nodes.TemplateData):
        _must_be_plain(node)
    if isinstance(node, nodes.Name) and node.name not in VARIABLES:
        message = f"line {node.lineno}: no variable is named {node.name!r}; there are {', '.join(VARIABLES)}"
        raise TemplateFaultError(message, "unknown_variable", node.name)
    if isinstance(node, nodes.Filter) and (
        node.name not in FILTERS or node.args or node.kwargs or node.dyn_args or node.dyn_kwargs
    ):
        message = f"line {node.lineno}: no filter is {node.name!r}; there are {', '.join(FILTERS)}, without brackets"
        raise TemplateFaultError(message, "unknown_filter", node.name)


def _must_be_plain(node: nodes.TemplateData) -> None:
    """Of what is said as it is written: no braces left over, and nothing that readers cannot see."""
    left = next((sign for sign in _BRACES if sign in node.data), "")
    if left:
        raise TemplateFaultError(f"line {node.lineno}: {left} would stand in the text as it is", "syntax", left)
    hidden = next((sign for sign in node.data if unicodedata.category(sign) == "Cf" and sign not in _JOINERS), "")
    if hidden:
        told = f"U+{ord(hidden):04X}"
        raise TemplateFaultError(f"line {node.lineno}: {told} is a sign that nobody sees: take it out", "hidden", told)
