"""A slip under `options` stops `apply`, and the doctor tells it: by its line, without a secret or the network."""

from pathlib import Path

from tests.commands.conftest import Ouvidor


def misspelt(settings_file: Path) -> None:
    text = settings_file.read_text()
    account = text.replace("[[source]]", '[account.options]\nvisibilty = "direct"\n\n[[source]]')
    settings_file.write_text(f'{account}options = {{ every = "2s" }}\n')


def test_apply_refuses_an_option_that_the_channel_does_not_know(ouvidor: Ouvidor, settings_file: Path) -> None:
    misspelt(settings_file)
    found = ouvidor("apply")
    assert found.code == 2
    assert found.err.startswith("ouvidor: ouvidor.toml, line 13: account acme-mastodon: mastodon knows no option")
    assert "'visibilty'" in found.err
    assert "did you mean 'visibility'?" in found.err
    assert not settings_file.with_name("ouvidor.db").exists()


def test_the_doctor_tells_every_such_option_and_the_missing_secret_too(ouvidor: Ouvidor, settings_file: Path) -> None:
    misspelt(settings_file)
    found = ouvidor("doctor")
    assert found.code == 1
    wrong = [line for line in found.out.splitlines() if line.startswith("FIX")]
    assert wrong[0].startswith("FIX  account acme-mastodon: ouvidor.toml, line 13: ")
    assert "did you mean 'visibility'?" in wrong[0]
    assert wrong[1].startswith("FIX  source acme-mentions: ouvidor.toml, line 19: ")
    assert "ACCESS_TOKEN" in wrong[2]
    assert len(wrong) == 3
