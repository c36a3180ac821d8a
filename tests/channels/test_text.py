"""Text as people read it, and whether two texts are one reply."""

import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.text import html_to_text, is_broken_html, same_text


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<p>Oi</p><p>tudo<br>bem?</p>", "Oi\n\ntudo\nbem?"),
        ("a &amp;amp; b &lt;3 &nbsp; c", "a &amp; b <3 c"),
        ("Preço < 10 & prazo > 5", "Preço < 10 & prazo > 5"),
        ("<a href='x>y'><span>https://</span>loja.example/a</a>", "https://loja.example/a"),
        ('a<script>var s = "<a b=\'"; if (a<b) {}</script>b<style>p{}</style>c', "abc"),
        ("a<!-- <p>nada</p> -->b", "ab"),
        ("<ul><li>um</li><li>dois</li></ul>", "um\n\ndois"),
        ("linha\nquebrada   aqui", "linha quebrada aqui"),
        ("", ""),
    ],
)
def test_html_becomes_what_a_reader_sees(markup: str, text: str) -> None:
    assert html_to_text(markup) == text


@pytest.mark.parametrize("piece", ["<", "<a ", "<!--", "<a b='", "<![CDATA[", "</", "<?", "<a b=\"'", "<div>", "&"])
def test_no_markup_keeps_us_for_long(piece: str) -> None:
    began = time.process_time()
    html_to_text(piece * 100_000)
    is_broken_html((piece * 100_000).encode())
    # The standard library's parser needs hours for some of these.
    assert time.process_time() - began < 15


def test_many_open_tags_are_broken_and_scripts_are_not() -> None:
    assert is_broken_html(b"<a " * 1000)
    assert not is_broken_html(b"<html><p>x</p>" + b"<script>a<b;'</script>" * 200 + b"</html>")


@given(st.text())
def test_any_text_comes_through_without_an_error(text: str) -> None:
    html_to_text(text)
    assert same_text(text, text)


OURS = "Olá, Maria! Veja https://loja.example/p?a=1&b=2. *Obrigado* & até já"


@pytest.mark.parametrize(
    "theirs",
    [
        OURS,
        OURS.replace("&", "&amp;"),
        f"@maria {OURS}",
        f"@maria@ondas.example @joao {OURS}",
        OURS.replace(" ", "\u00a0"),
        OURS.replace("! ", "!\r\n\r\n"),
        OURS.replace("https://loja.example/p?a=1&b=2", "https://t.co/AbC"),
        OURS.replace("https://loja.example/p?a=1&b=2", "https://loja.example/p?a=…"),
        OURS.replace("*", "\\*"),
        unicodedata.normalize("NFD", OURS),
        OURS.replace("Veja", "Ve\u200bja"),
    ],
)
def test_what_platforms_do_to_a_text_makes_no_other_reply_of_it(theirs: str) -> None:
    assert same_text(OURS, theirs)


@pytest.mark.parametrize(
    "theirs",
    [
        OURS.replace("Maria", "Mário"),
        OURS.replace("Olá", "olá"),
        OURS.replace("/p?", "/q?"),
        f"{OURS} sim",
        OURS[:-3],
        "",
    ],
)
def test_other_words_are_another_reply(theirs: str) -> None:
    assert not same_text(OURS, theirs)
