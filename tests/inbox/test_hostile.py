"""Strangers' texts as HTML."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inbox.hostile import COLLAPSE_FROM, folded, plain, pointed, rich, web_address


@given(st.text())
def test_nothing_of_a_text_becomes_markup(text: str) -> None:
    for html in (plain(text), rich(text)):
        for tag in str(html).split("<")[1:]:
            assert tag.startswith(("a href=", "/a>", "span class=", "/span>"))


@given(st.text(), st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), max_size=5))
def test_marking_pieces_of_a_text_loses_nothing_and_makes_no_markup(text: str, spans: list[tuple[int, int]]) -> None:
    html = str(pointed(text, sorted(spans)))
    for tag in html.split("<")[1:]:
        assert tag.startswith(("mark>", "/mark>", "span class=", "/span>"))
    assert html.count("<mark>") == html.count("</mark>")
    assert html.replace("<mark>", "").replace("</mark>", "") == str(plain(text)) or "\u200d" in text


def test_pieces_are_marked_where_they_stand() -> None:
    assert pointed("a <b> c", ((2, 5), (4, 7))) == "a <mark>&lt;b&gt;</mark><mark> c</mark>"
    assert pointed("abc", ()) == "abc"


@given(st.text())
def test_folding_loses_nothing(text: str) -> None:
    shown, rest = folded(text)
    assert shown + rest == text
    assert len(text) > COLLAPSE_FROM or not rest


@pytest.mark.parametrize(
    ("hidden", "name"),
    [("\u202e", "RLO"), ("\u2066", "LRI"), ("\u200b", "ZWSP"), ("\ufeff", "BOM"), ("\x07", "U+0007")],
)
def test_what_hides_is_shown(hidden: str, name: str) -> None:
    assert f"⟦{name}⟧" in plain(f"a{hidden}b")
    assert hidden not in plain(f"a{hidden}b")


def test_a_family_of_pictures_stays_one() -> None:
    family = "👩\u200d👩\u200d👧"
    assert plain(family) == family
    assert "ZWJ" in plain("a\u200db")


@pytest.mark.parametrize(
    ("text", "linked"),
    [
        ("veja https://a.example/x.", "https://a.example/x"),
        ("(https://a.example/b_(c))", "https://a.example/b_(c)"),
        ("HTTP://A.example/?a=1&b=2 ok", "HTTP://A.example/?a=1&amp;b=2"),
    ],
)
def test_plain_links_can_be_followed(text: str, linked: str) -> None:
    assert f'<a href="{linked}" target="_blank" rel="noopener noreferrer nofollow">' in rich(text)


@pytest.mark.parametrize(
    "text",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "https://a.example\u202e/gpj.exe",
        "http://[::1",
        "https://user:secret@a.example/",
        "https:///nohost",
        "ftp://a.example",
    ],
)
def test_other_links_are_only_text(text: str) -> None:
    assert "<a " not in rich(text) or "\u202e" in text
    assert web_address(text) == ""


def test_empty_lines_do_not_push_the_page_away() -> None:
    assert rich("a" + "\n \n" * 500 + "b") == "a\n\nb"
