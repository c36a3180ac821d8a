"""What stands under `options` is known to the channel, or named with what was meant."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from channels.options import ACCOUNT_OPTIONS, SOURCE_OPTIONS, option_mistakes
from listeners import LISTENERS
from responders import RESPONDERS
from sandbox.server import sample_settings
from settings import Settings

ROOT = Path(__file__).resolve().parents[2]
PAGE = {"list": "li", "link": "a", "text": "div", "date": "time", "id": "_([0-9a-z]+)/$"}


def a_settings(channel: str, account: dict[str, Any], source: dict[str, Any]) -> Settings:
    return Settings.model_validate(
        {
            "brand": [{"slug": "acme", "name": "Acme"}],
            "account": [
                {"name": name, "brand": "acme", "channel": channel, "handle": "acme", "options": options}
                for name, options in (("theirs", {}), ("ours", account))
            ],
            "source": [{"name": "read", "account": "ours", "kind": "page", "options": source}],
        }
    )


@pytest.mark.parametrize(
    ("channel", "account", "source", "about", "words"),
    [
        ("mastodon", {"visibilty": "direct"}, {}, "account ours", "'visibilty' .*did you mean 'visibility'"),
        ("mastodon", {"visibility": "direkt"}, {}, "account ours", "'direkt'; did you mean 'direct'"),
        ("mastodon", {}, {"visibility": "direct"}, "source read", "'visibility' .*a source's options; there are none"),
        ("x", {"weburl": "https://x.example"}, {}, "account ours", "did you mean 'web_url'"),
        ("reddit", {"delay": "2s"}, {}, "account ours", "there are none"),
        ("reclame_aqui", {}, {"delay": "2s"}, "source read", "there are none"),
        ("complaint_page", {**PAGE, "titel": "h1"}, {}, "account ours", "did you mean 'title'"),
        ("complaint_page", PAGE, {"dealy": "2s"}, "source read", "did you mean 'delay'"),
        ("complaint_page", PAGE, {"delay": "soon"}, "source read", "'delay' .*'soon'"),
    ],
)
def test_a_slip_is_named_with_whose_it_is_and_what_was_meant(
    channel: str, account: dict[str, Any], source: dict[str, Any], about: str, words: str
) -> None:
    settings = a_settings(channel, account, source)
    (found,) = option_mistakes(settings)
    assert found[1] == about
    assert re.search(words, found[2])
    assert list(option_mistakes(settings, "ours")) == [found]
    assert list(option_mistakes(settings, "theirs")) == []


def test_what_a_channel_knows_is_accepted() -> None:
    assert list(option_mistakes(a_settings("mastodon", {"visibility": "", "max_characters": 5000}, {}))) == []
    assert list(option_mistakes(a_settings("complaint_page", {**PAGE, "delay": "3s"}, {"delay": "9s"}))) == []
    assert list(option_mistakes(a_settings("a-channel-of-tomorrow", {"anything": 1}, {}))) == []


def test_every_channel_says_which_options_it_knows() -> None:
    assert ACCOUNT_OPTIONS.keys() == SOURCE_OPTIONS.keys() == LISTENERS.keys() | RESPONDERS.keys()


def test_every_option_that_a_channel_reads_is_known() -> None:
    read = {
        name
        for room in ("channels", "listeners", "responders")
        for path in (ROOT / room).glob("*.py")
        for name in re.findall(r"""\boptions(?:\.get\(|\[)"(\w+)\"""", path.read_text(encoding="utf-8"))
    }
    assert {"visibility", "web_url", "max_characters", "delay"} <= read
    assert read <= {name for names in ACCOUNT_OPTIONS.values() for name in names}


def test_every_option_is_told_in_the_documentation() -> None:
    page = (ROOT / "docs" / "channels.md").read_text(encoding="utf-8")
    names = {name for names in ACCOUNT_OPTIONS.values() for name in names}
    assert {name for name in names if f"`{name}`" not in page} == set()


def test_the_settings_of_the_sandbox_have_no_slip() -> None:
    text = sample_settings("http://127.0.0.1:9")
    assert list(option_mistakes(Settings.model_validate(tomllib.loads(text)))) == []
