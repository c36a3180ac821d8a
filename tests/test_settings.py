"""The settings: what loads, and what each kind of mistake is told."""

import tomllib
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.accounts import connection_of, mistakes_of, place_of
from errors import SettingsError
from settings import Settings, load
from toml_lines import TomlLines

GOOD = """\
timezone = "America/Recife"

[[brand]]
slug = "acme"
name = "Acme"

[[account]]
name = "acme-mastodon"
brand = "acme"
channel = "mastodon"
handle = "@acme"
base_url = "https://Social.Example:8443/"

[[account]]
name = "acme-x"
brand = "acme"
channel = "x"
handle = "acme"

[[source]]
name = "acme-mentions"
account = "acme-mastodon"
kind = "notifications"
every = "90s"

[delivery]
settle = "3m"
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "ouvidor.toml"
    path.write_text(text, encoding="utf-8")
    return path


def complaint(folder: Path, text: str, environ: dict[str, str] | None = None) -> str:
    """What loading says, without the folder's name."""
    path = written(folder, text)
    with pytest.raises(SettingsError) as caught:
        load(path, environ or {})
    return str(caught.value).replace(str(folder), "")


def test_a_good_file_loads(tmp_path: Path) -> None:
    settings = load(written(tmp_path, GOOD), {})
    assert settings.source[0].every == timedelta(seconds=90)
    assert settings.delivery.settle == timedelta(minutes=3)
    assert settings.delivery.lease == timedelta(minutes=5)
    assert not settings.posting


def test_a_file_with_a_byte_order_mark_and_windows_line_ends_loads(tmp_path: Path) -> None:
    path = tmp_path / "ouvidor.toml"
    path.write_bytes(b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode())
    assert load(path, {}).brand[0].slug == "acme"


def test_the_file_named_by_the_environment_is_read(tmp_path: Path) -> None:
    path = written(tmp_path, GOOD)
    assert load(environ={"OUVIDOR_SETTINGS": str(path)}).timezone == "America/Recife"


def test_the_environment_stands_above_the_file(tmp_path: Path) -> None:
    environ = {
        "OUVIDOR_DATABASE": "sqlite:///elsewhere.db",
        "OUVIDOR_POSTING": "true",
        "OUVIDOR_INBOX__PORT": "9090",
        "OUVIDOR_DELIVERY__SETTLE": "4m",
    }
    settings = load(written(tmp_path, GOOD), environ)
    assert settings.posting
    assert settings.database == "sqlite:///elsewhere.db"
    assert settings.inbox.port == 9090
    assert settings.delivery.settle == timedelta(minutes=4)


def test_relative_paths_start_at_the_files_folder(tmp_path: Path) -> None:
    text = GOOD.replace('handle = "@acme"', 'handle = "@acme"\nsecrets = { access_token = "file:keys/mastodon" }')
    settings = load(written(tmp_path, 'database = "sqlite:///data/o.db"\n' + text), {})
    assert settings.database == f"sqlite:///{tmp_path}/data/o.db"
    assert settings.account[0].secrets == {"access_token": f"file:{tmp_path}/keys/mastodon"}


MISTAKES = {
    "a wrong key": (
        "settle = ",
        "setle = ",
        "line 27: delivery, setle: no setting has this name; did you mean 'settle'?",
    ),
    "a wrong section": (
        "[delivery]",
        "[delivry]",
        "line 26: delivry: no setting has this name; did you mean 'delivery'?",
    ),
    "a wrong key in an array": ('"notifications"\n', '"notifications"\nquerry = "a"\n', "line 24: source 1, querry: "),
    "a missing key": ('handle = "acme"\n', "", "line 14: account 2, handle: this setting is missing"),
    "a wrong word": (
        'name = "acme-x"\n',
        'name = "acme-x"\nrole = "cares"\n',
        "line 16: account 2, role: 'cares' is not known; did you mean 'care'?",
    ),
    "a wrong type": ('slug = "acme"', "slug = 5", "line 4: brand 1, slug: input should be a valid string"),
    "a bare number for a duration": ('"90s"', "90", "line 24: source 1, every: write a duration with its unit"),
    "an endless duration": ('"90s"', '"99999999d"', "line 24: source 1, every: a duration is "),
    "a brand that is not there": (
        'brand = "acme"\nchannel = "x"',
        'brand = "acne"\nchannel = "x"',
        "line 16: account 2, brand: no brand has the slug 'acne'; did you mean 'acme'?",
    ),
    "an account that is not there": (
        'account = "acme-mastodon"',
        'account = "acme-mastodont"',
        "line 22: source 1, account: no account has the name 'acme-mastodont'; did you mean 'acme-mastodon'?",
    ),
    "a name twice": (
        'name = "acme-x"',
        'name = "acme_mastodon"',
        "line 15: account 2, name: 'acme_mastodon' is taken by",
    ),
    "no instance": ('base_url = "https://Social.Example:8443/"', "", "line 7: account 1, base_url: channel 'mastodon'"),
    "a base_url that is a file": (
        '"https://Social.Example:8443/"',
        '"file:///etc/passwd"',
        "line 12: account 1, base_url",
    ),
    "a base_url with a password": ('"https://S', '"https://me:pw@S', "holds no user name"),
    "a time zone": ('"America/Recife"', '"America/Recif"', "line 1: timezone: 'America/Recif' is no time zone"),
    "a time zone that is a path": ('"America/Recife"', '"../../etc/passwd"', "line 1: timezone: "),
    "the inbox for everyone": (
        "[delivery]",
        '[inbox]\nhost = "0.0.0.0"\n[delivery]',
        "line 27: inbox, host: the inbox has no",
    ),
    "one bracket for two": ("[[brand]]", "[brand]", "line 3: brand: each brand is a table of its own: write [[brand]]"),
    "two brackets for one": (
        "[delivery]",
        "[[delivery]]",
        "line 26: delivery: there is one delivery: write [delivery]",
    ),
    "a label that is none": (
        "[delivery]",
        '[[triage]]\ntypes = ["complaint",\n "complant"]\n[delivery]',
        "line 28: triage 1, types 2: 'complant' is not known; did you mean 'complaint'?",
    ),
    "a language without texts": (
        "[delivery]",
        '[[acknowledge]]\ntemplate = { pt = "a", fr = "b" }\n[delivery]',
        "line 27: acknowledge 1, template, fr: 'fr' is not known",
    ),
    "a mode that is none": (
        "[delivery]",
        '[[automation]]\npurpose = "answer"\nmode = "aprove"\n[delivery]',
        "line 28: automation 1, mode: 'aprove' is not known; did you mean 'approve'?",
    ),
    "a purpose that is none": (
        "[delivery]",
        '[[automation]]\npurpose = "answers"\nmode = "off"\n[delivery]',
        "line 27: automation 1, purpose: 'answers' is not known; did you mean 'answer'?",
    ),
    "automation without a text": (
        "[delivery]",
        '[[automation]]\npurpose = "answer"\nmode = "approve"\n[delivery]',
        "line 28: automation 1, mode: mode 'approve' needs a text",
    ),
    "automation for a brand that is none": (
        "[delivery]",
        '[[automation]]\npurpose = "answer"\nmode = "off"\nbrands = ["acne"]\n[delivery]',
        "line 29: automation 1, brands 1: no brand has the slug 'acne'; did you mean 'acme'?",
    ),
    "broken TOML": ('slug = "acme"', 'slug = "acme', "line 4: this is no TOML"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_names_the_file_the_line_the_key_and_what_to_write(mistake: str, tmp_path: Path) -> None:
    before, after, expected = MISTAKES[mistake]
    assert before in GOOD
    said = complaint(tmp_path, GOOD.replace(before, after))
    assert said.startswith("/ouvidor.toml, line ")
    assert expected in said
    assert "\n" not in said


def test_a_literal_secret_is_refused_and_not_repeated(tmp_path: Path) -> None:
    said = complaint(
        tmp_path, GOOD.replace('handle = "@acme"', 'handle = "@acme"\nsecrets = { access_token = "hunter2" }')
    )
    assert 'line 12: account 1, secrets, access_token: a secret is never written here: write "env:NAME"' in said
    assert "hunter2" not in said


def test_a_password_of_the_database_belongs_in_the_environment(tmp_path: Path) -> None:
    said = complaint(tmp_path, 'database = "postgresql://o:hunter2@db/ouvidor"\n' + GOOD)
    assert said.startswith("/ouvidor.toml, line 1: database: a password is never written here")
    assert "hunter2" not in said
    environ = {"OUVIDOR_DATABASE": "postgresql://o:hunter2@db/ouvidor"}
    assert load(written(tmp_path, GOOD), environ).database == environ["OUVIDOR_DATABASE"]


def test_the_first_of_several_mistakes_is_told_and_the_others_are_counted(tmp_path: Path) -> None:
    said = complaint(tmp_path, GOOD.replace("settle", "setle").replace("slug", "slugg"))
    assert "line 4: brand 1, slugg" in said
    assert said.endswith("(and 1 more)")


def test_a_mistake_of_the_environment_names_its_variable(tmp_path: Path) -> None:
    assert complaint(tmp_path, GOOD, {"OUVIDOR_POSTING": "perhaps"}).startswith("environment: OUVIDOR_POSTING: ")
    said = complaint(tmp_path, GOOD, {"OUVIDOR_INBOX__PROT": "1"})
    assert "did you mean 'OUVIDOR_INBOX__PORT'?" in said


def test_a_missing_file_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="ouvidor init"):
        load(tmp_path / "ouvidor.toml", {})


@pytest.mark.parametrize("raw", [b"name = '\xff'", b"a = " + b"[" * 5000, b"#" * 1_000_001])
def test_what_is_no_settings_file_is_refused_in_one_line(raw: bytes, tmp_path: Path) -> None:
    path = tmp_path / "ouvidor.toml"
    path.write_bytes(raw)
    with pytest.raises(SettingsError) as caught:
        load(path, {})
    assert str(path) in str(caught.value)


def test_lines_are_found_in_every_way_of_writing_toml() -> None:
    text = '''\
top = """one
[fake]
two""""
"quoted.key" = 1
dotted.inner . deep = { a = 1, 'b c' = [1,
  { x = "]}" }, # }
  3] }

[a.b]   # [[no]]
c = 1
[[list]]
n = 1
[list.sub]
k = 1
[[list]]
[[list.kids]]
z = 1
[[list.kids]]
z = [ [1], [
  2 ] ]
'''
    tomllib.loads(text)
    lines = TomlLines(text)
    assert lines.line(("quoted.key",)) == 4
    assert lines.line(("dotted", "inner", "deep", "b c")) == 5
    assert lines.line(("dotted", "inner", "deep", "b c", 1, "x")) == 6
    assert lines.line(("dotted", "inner", "deep", "b c", 2)) == 7
    assert lines.line(("a", "b", "c")) == 10
    assert lines.line(("list", 0, "sub", "k")) == 14
    assert lines.line(("list", 1)) == 15
    assert lines.line(("list", 1, "kids", 1, "z")) == 19
    assert lines.line(("list", 1, "kids", 1, "z", 1, 0)) == 20
    assert lines.line(("list", 1, "missing")) == 15
    assert lines.line(("nowhere",)) == 1


NAMES = st.text(st.characters(codec="utf-8", exclude_characters="\x7f", exclude_categories=["Cc", "Cs"]), max_size=12)


@given(
    st.lists(
        st.tuples(NAMES, st.sampled_from(["1", "'x'", '"""a\n\n"""', "[1,\n2]", "{ a = 1 }", "1979-05-27 07:32:00Z"]))
    )
)
def test_the_line_of_every_key_is_the_one_it_was_written_on(pairs: list[tuple[str, str]]) -> None:
    text = ""
    expected: dict[str, int] = {}
    for name, value in pairs:
        if name not in expected:
            expected[name] = text.count("\n") + 1
            escaped = name.replace("\\", "\\\\").replace('"', '\\"')
            text += f'"{escaped}" = {value}\n'
    assert set(tomllib.loads(text)) == set(expected)
    lines = TomlLines(text)
    assert {name: lines.line((name,)) for name in expected} == expected


def settings_with(tmp_path: Path, secrets: str = "", extra: str = "") -> Settings:
    return load(written(tmp_path, GOOD.replace('handle = "acme"\n', f'handle = "acme"\n{secrets}\n{extra}')), {})


def test_a_connection_has_its_place_its_handle_and_its_secrets(tmp_path: Path) -> None:
    settings = settings_with(tmp_path)
    found = connection_of(settings, "acme-mastodon", environ={"OUVIDOR_ACME_MASTODON_ACCESS_TOKEN": "t\n"})
    assert (found.base_url, found.place, found.handle) == ("https://Social.Example:8443", "social.example", "acme")
    assert found.secrets == {"access_token": "t"}
    assert place_of(settings.account[1]) == "x"
    assert connection_of(settings, "acme-x", with_secrets=False).base_url == "https://api.x.com"


def test_a_secret_is_read_from_a_file_without_its_line_end(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("s3cret\r\n")
    settings = settings_with(tmp_path, 'secrets = { bearer_token = "file:key" }')
    assert connection_of(settings, "acme-x", environ={}).secrets == {"bearer_token": "s3cret"}


@pytest.mark.parametrize(
    ("secrets", "expected"),
    [
        ("", "set OUVIDOR_ACME_X_BEARER_TOKEN in the environment"),
        ('secrets = { bearer_token = "env:MY_TOKEN" }', "the environment has no MY_TOKEN: set it"),
        ('secrets = { bearer_token = "file:gone" }', "gone cannot be read"),
        ('secrets = { bearer_token = "file:empty" }', "holds no secret"),
    ],
)
def test_a_missing_secret_is_named_with_what_to_do(secrets: str, expected: str, tmp_path: Path) -> None:
    (tmp_path / "empty").write_text("\n")
    with pytest.raises(SettingsError) as caught:
        connection_of(settings_with(tmp_path, secrets), "acme-x", environ={})
    assert expected in str(caught.value)


def test_posting_on_x_asks_for_the_secrets_that_posting_needs(tmp_path: Path) -> None:
    settings = settings_with(tmp_path).model_copy(update={"posting": True})
    environ = {"OUVIDOR_ACME_X_BEARER_TOKEN": "b", "OUVIDOR_ACME_X_CONSUMER_KEY": "c"}
    with pytest.raises(SettingsError) as caught:
        connection_of(settings, "acme-x", environ=environ)
    assert "OUVIDOR_ACME_X_CONSUMER_SECRET" in str(caught.value)
    assert "OUVIDOR_ACME_X_CONSUMER_KEY" not in str(caught.value)


def test_a_connection_never_shows_its_secrets(tmp_path: Path) -> None:
    found = connection_of(settings_with(tmp_path), "acme-x", environ={"OUVIDOR_ACME_X_BEARER_TOKEN": "s3cret"})
    assert "s3cret" not in repr(found)


def test_what_a_channel_does_not_know_is_named(tmp_path: Path) -> None:
    settings = settings_with(
        tmp_path,
        'secrets = { bearer = "env:B" }',
        '[[source]]\nname = "a"\naccount = "acme-x"\nkind = "mention"\n'
        '[[source]]\nname = "b"\naccount = "acme-x"\nkind = "search"\n',
    )
    said = dict(mistakes_of(settings, ["x", "reddit"]))
    assert "no channel is named 'mastodon'" in said[("account", 0, "channel")]
    assert "did you mean 'bearer_token'?" in said[("account", 1, "secrets", "bearer")]
    assert "did you mean 'mentions'?" in said[("source", 0, "kind")]
    assert "needs a query" in said[("source", 1, "query")]


def test_automation_and_limits_of_a_channel_that_is_none_are_refused(tmp_path: Path) -> None:
    rules = (
        '[[automation]]\npurpose = "answer"\nmode = "off"\nchannels = ["x", "twitter"]\n'
        '[[acknowledge]]\nchannels = ["orkut"]\ntemplate = { pt = "Oi" }\n'
        '[delivery]\nsettle_on = { mastdon = "5m", x = "1m" }\n'
    )
    settings = load(written(tmp_path, GOOD.replace("[delivery]\n", rules)), {})
    said = dict(mistakes_of(settings, ["x", "reddit", "mastodon"]))
    assert "there are: mastodon, reddit, x" in said[("automation", 0, "channels", 1)]
    assert "no channel is named 'orkut'" in said[("acknowledge", 0, "channels", 0)]
    assert "did you mean 'mastodon'?" in said[("delivery", "settle_on", "mastdon")]
    assert len(said) == 3


@pytest.mark.parametrize("written_as", ["1", "0", "1.0", '"yes"', '"on"', '"t"', '"true"', "[]"])
def test_posting_is_true_or_false_and_nothing_like_it(written_as: str, tmp_path: Path) -> None:
    said = complaint(tmp_path, f"posting = {written_as}\n" + GOOD)
    assert said.startswith("/ouvidor.toml, line 1: posting: write true or false")
    assert load(written(tmp_path, "posting = true\n" + GOOD), {}).posting


@pytest.mark.parametrize("value", ["1", "yes", "on", "t", "y", "", " true"])
def test_posting_in_the_environment_is_true_or_false_as_well(value: str, tmp_path: Path) -> None:
    said = complaint(tmp_path, GOOD, {"OUVIDOR_POSTING": value})
    assert said.startswith("environment: OUVIDOR_POSTING: write true or false")
    assert load(written(tmp_path, GOOD), {"OUVIDOR_POSTING": "TRUE"}).posting
    assert not load(written(tmp_path, "posting = true\n" + GOOD), {"OUVIDOR_POSTING": "False"}).posting
