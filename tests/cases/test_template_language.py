"""The language of templates: what it can say, and that it can do nothing else."""

import pytest

from cases.template_language import LONGEST_SOURCE, LONGEST_TEXT, TemplateFaultError, render, values_of

VALUES = values_of("Loja Aurora", "20260310-000001", "mastodon", "pt")


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("Olá! Protocolo {{ protocol }}.", "Olá! Protocolo 20260310-000001."),
        ("{{ brand|upper }} no {{ channel_name }}", "LOJA AURORA no Mastodon"),
        ("  {{ 'a' if brand == 'Loja Aurora' else 'b' }}\n", "a"),
        ("{% if not private_sentence %}x{% elif brand != 'y' %}z{% endif %}", "z"),
        ("{% raw %}x{% endraw %}{# nobody reads this #}", "x"),
        ("{{ private_sentence }}", "Se preferir, fale com a gente por mensagem privada."),
        ("<b>{{ brand }}</b> & 'ç'", "<b>Loja Aurora</b> & 'ç'"),  # a public post is text, not HTML
    ],
)
def test_a_template_is_text_with_variables_filters_and_if(source: str, text: str) -> None:
    assert render(source, VALUES) == text


def test_a_site_without_a_private_way_promises_none() -> None:
    values = values_of("Loja Aurora", "1", "complaint_page", "es")
    assert (values["private_sentence"], values["channel_name"]) == ("", "sitio de reclamos")


ESCAPES = [
    "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "{{ brand.__class__ }}",
    "{{ brand['__class__'] }}",
    "{{ brand|attr('__class__') }}",
    "{{ brand.format(protocol) }}",
    "{{ '{0.__class__}'.format(brand) }}",
    "{{ self._TemplateReference__context }}",
    "{{ cycler.__init__.__globals__ }}",
    "{{ lipsum.__globals__.os }}",
    "{{ range(999999999) }}",
    "{{ loop }}",
    "{% for i in brand %}x{% endfor %}",
    "{% for i in range(10) recursive %}{{ loop(brand) }}{% endfor %}",
    "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}",
    "{% call brand() %}{% endcall %}",
    "{% set x = 1 %}",
    "{% set x %}a{% endset %}",
    "{% with x = 1 %}{% endwith %}",
    "{% include '/etc/passwd' %}",
    "{% import 'os' as os %}",
    "{% from 'os' import path %}",
    "{% extends 'base.html' %}",
    "{% block a %}{% endblock %}",
    "{% filter upper %}a{% endfilter %}",
    "{% autoescape true %}{{ brand }}{% endautoescape %}",
    "{{ 'a' * 999999999 }}",
    "{{ 9 ** 9 ** 9 }}",
    "{{ 1 + 1 }}",
    "{{ brand ~ brand }}",
    "{{ brand is defined }}",
    "{{ brand in protocol }}",
    "{{ brand < protocol }}",
    "{{ [brand, brand] }}",
    "{{ {'a': brand} }}",
    "{{ brand[0:1] }}",
    "{{ true }}",
    "{{ brand|map('upper') }}",
    "{{ brand|format }}",
    "{{ brand|trim('L') }}",
    "{{ brand|upper(*protocol) }}",
]


@pytest.mark.parametrize("source", ESCAPES)
def test_whatever_else_the_library_can_do_is_refused(source: str) -> None:
    with pytest.raises(TemplateFaultError) as refused:
        render(source, VALUES)
    assert refused.value.fault in ("not_allowed", "unknown_variable", "unknown_filter")


@pytest.mark.parametrize(
    "source",
    [
        "{{ protocol",
        "{% if brand %}",
        "{% endif %}",
        "{% do 1 %}",
        "{{ " + "(" * 5_000 + ")" * 5_000 + " }}",
        "{% if brand %}" * 300 + "x" + "{% endif %}" * 300,
        "{{ " + "not " * 3_000 + "brand }}",
        "{{ " + "9" * 6_000 + " }}",
    ],
)
def test_what_cannot_be_read_is_refused_and_never_crashes(source: str) -> None:
    with pytest.raises(TemplateFaultError):
        render(source, VALUES)


def test_a_variable_that_does_not_exist_is_named_with_those_that_do() -> None:
    with pytest.raises(TemplateFaultError, match="'handle'; there are protocol, brand, channel_name") as refused:
        render("Olá, {{ handle }}", VALUES)
    assert (refused.value.fault, refused.value.about) == ("unknown_variable", "handle")


def test_neither_a_source_nor_its_text_is_endless() -> None:
    with pytest.raises(TemplateFaultError, match="longer") as refused:
        render("x" * (LONGEST_SOURCE + 1), VALUES)
    assert refused.value.fault == "too_long"
    with pytest.raises(TemplateFaultError, match=f"longer than {LONGEST_TEXT}"):
        render("{{brand}}" * 1_000, {**VALUES, "brand": "x" * 100})


def test_an_unknown_name_hides_behind_no_condition() -> None:
    with pytest.raises(TemplateFaultError, match="'nobody'"):
        render("{% if brand == 'never' %}{{ nobody }}{% endif %}ok", VALUES)
