"""`[classifier]`, `[[classifier.model]]` and `[[rule]]`: what loads, and what each kind of mistake is told."""

from pathlib import Path
from typing import get_args

import pytest

from channels.accounts import mistakes_of
from errors import SettingsError
from listeners import LISTENERS
from models import Hold, MentionType, Sentiment, Topic, Urgency
from settings import Settings, load
from settings_classifier import FIELDS, ClassifierSettings, HoldName, ModelSettings, TopicName, anchored, placed

GOOD = """\
[[brand]]
slug = "acme"
name = "Acme"

[classifier]
when = "abstained"
sure = 0.7

[[classifier.model]]
field = "sentiment"
model = "models/mood"
labels = { LABEL_0 = "negative", LABEL_1 = "positive" }
max_tokens = 128
threads = 2

[[classifier.model]]
field = "spam"
model = "somebody/spam"
labels = { LABEL_0 = false, LABEL_1 = true }

[[rule]]
name = "court"
words = ["procon", "vou processar"]
urgency = "high"
add_holds = ["legal"]

[[rule]]
name = "fans"
emoji = ["❤️"]
channels = ["mastodon"]
langs = ["pt"]
min_reach = 1000
sentiment = "positive"
type = "praise"
spam = false
topics = ["other"]
"""


def loaded(folder: Path, text: str) -> Settings:
    (folder / "ouvidor.toml").write_text(text, encoding="utf-8")
    return load(folder / "ouvidor.toml", {})


def complaint(folder: Path, text: str) -> str:
    with pytest.raises(SettingsError) as caught:
        loaded(folder, text)
    return str(caught.value).replace(str(folder), "")


def test_models_and_rules_load(tmp_path: Path) -> None:
    found = loaded(tmp_path, GOOD)
    assert (found.classifier.when, found.classifier.sure) == ("abstained", 0.7)
    mood, spam = found.classifier.model
    assert (mood.field, mood.max_tokens, mood.batch, mood.threads, mood.file) == ("sentiment", 128, 16, 2, "")
    assert spam.labels == {"LABEL_0": "false", "LABEL_1": "true"}
    court, fans = found.rule
    assert (court.words, court.urgency, court.spam) == (["procon", "vou processar"], "high", None)
    assert (fans.emoji, fans.min_reach, fans.spam) == (["❤️"], 1000, False)


def test_without_a_model_nothing_is_asked_for(tmp_path: Path) -> None:
    assert loaded(tmp_path, "").classifier.model == []
    assert loaded(tmp_path, '[classifier]\nwhen = "never"\n').classifier.when == "never"


def test_a_folder_beside_the_file_is_found_from_anywhere_and_a_name_on_the_hub_stays(tmp_path: Path) -> None:
    assert loaded(tmp_path, GOOD).classifier.model[0].model == "models/mood"
    (tmp_path / "models" / "mood").mkdir(parents=True)
    found = loaded(tmp_path, GOOD).classifier
    assert [model.model for model in found.model] == [str(tmp_path / "models" / "mood"), "somebody/spam"]
    dotted = loaded(tmp_path, GOOD.replace('"models/mood"', '"./gone"')).classifier
    assert dotted.model[0].model == str(tmp_path / "gone")
    deep = loaded(tmp_path, GOOD.replace('"models/mood"', '"models/mood/gone"')).classifier
    assert deep.model[0].model == str(tmp_path / "models" / "mood" / "gone")


def test_a_folder_that_is_not_there_is_no_name_on_the_hub_where_its_place_is(tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    found = loaded(tmp_path, GOOD.replace("somebody/spam", "spam")).classifier
    assert [model.model for model in found.model] == [str(tmp_path / "models" / "mood"), "spam"]


def test_a_home_that_nobody_has_is_told_wherever_it_is_written(tmp_path: Path) -> None:
    nobodys = "~nobody-of-that-name/x"
    for place in (
        lambda: placed(nobodys, tmp_path),
        lambda: anchored(ClassifierSettings.model_construct(learned=nobodys), tmp_path),
    ):
        with pytest.raises(ValueError, match="no user's home folder is '~nobody-of-that-name'"):
            place()


def test_an_asterisk_that_hides_a_letter_is_part_of_a_word(tmp_path: Path) -> None:
    hidden = ["f*ck", "p***", "**já**", "5 * 3", "*não*"]
    written = ", ".join(f'"{one}"' for one in hidden)
    assert loaded(tmp_path, GOOD.replace('"procon", "vou processar"', written)).rule[0].words == hidden


@pytest.mark.parametrize(
    ("was", "now", "expected"),
    [
        ("max_tokens", "max_token", "line 13: classifier, model 1, max_token: no setting has this name; did you mean"),
        ('field = "spam"', 'field = "mood"', "line 17: classifier, model 2, field: 'mood' is not known; there are"),
        ('field = "spam"', 'field = "sentiment"', "line 17: classifier, model 2, field: a model above speaks for"),
        ('"negative"', '"negativ"', "'negativ' is no sentiment; did you mean 'negative'?"),
        ("LABEL_0 = false", 'LABEL_0 = "ham"', "line 19: classifier, model 2, labels, LABEL_0: 'ham' is no spam"),
        ("max_tokens = 128", "max_tokens = 0", "line 13: classifier, model 1, max_tokens: input should be greater"),
        ("max_tokens = 128", 'file = "../x.onnx"', "line 13: classifier, model 1, file: name an .onnx file within"),
        ("max_tokens = 128", 'file = "model.bin"', "name an .onnx file within"),
        ('"models/mood"', '"~nobody-of-that-name/x"', "no user's home folder is '~nobody-of-that-name': write the"),
        ("sure = 0.7", 'learned = "~nobody-of-that-name/x"', "line 7: classifier, learned: no user's home folder is"),
        ('"abstained"', '"sometimes"', "line 6: classifier, when: 'sometimes' is not known; there are: never, always"),
        ("sure = 0.7", "sure = 7", "line 7: classifier, sure: input should be less"),
        ("sure = 0.7", 'sure = "0.5"', "line 7: classifier, sure: write a number, without quotes"),
        ("sure = 0.7", "sure = true", "line 7: classifier, sure: write a number, without quotes"),
        ("sure = 0.7", 'learn_from = "30"', "line 7: classifier, learn_from: write a number, without quotes"),
        ("max_tokens = 128", 'batch = "8"', "classifier, model 1, batch: write a number, without quotes"),
        ("max_tokens = 128", "max_tokens = 12.5", "classifier, model 1, max_tokens: input should be a valid integer"),
        ("threads = 2", 'threads = "2"', "classifier, model 1, threads: write a number, without quotes"),
        ("min_reach = 1000", 'min_reach = "1000"', "rule 2, min_reach: write a number, without quotes"),
        ('"procon", "vou', '"process*", "vou', "'process*' fits no other endings: words are whole words, so write"),
        ('"procon", "vou', '"não *cheg já", "vou', "'*cheg' fits no other endings"),
        ("[[rule]]", "[rule]", "write [[rule]], with two brackets"),
        ('["procon", "vou processar"]', '["procon", "!!"]', "a word or a phrase has letters or digits"),
        ('"❤️"', '"love"', "write one emoji between quotes"),
        ('["procon", "vou processar"]', '["\\u3099ﾞ"]', "a word or a phrase has letters or digits"),
        ('"❤️"', '"\\ufe0f"', "write one emoji between quotes"),
        ('"❤️"', '"🏽"', "write one emoji between quotes"),
        ('"❤️"', '"."', "write one emoji between quotes"),
        ('"high"', '"urgent"', "line 24: rule 1, urgency: 'urgent' is not known; "),
        ('["legal"]', '["leagl"]', "'leagl' is not known; did you mean 'legal'?"),
        ('"fans"', '"court"', "line 28: rule 2, name: a rule above is called 'court' too"),
        (
            'words = ["procon", "vou processar"]',
            "",
            "line 21: rule 1: it would fit every text; say when it fits: words",
        ),
        (
            'urgency = "high"\nadd_holds = ["legal"]',
            "",
            "line 21: rule 1: it decides nothing; say what it sets: sentiment, urgency",
        ),
        ("emoji", "emojis", "rule 2, emojis: no setting has this name; did you mean 'emoji'?"),
    ],
)
def test_a_mistake_is_told_with_its_line_and_what_to_write(was: str, now: str, expected: str, tmp_path: Path) -> None:
    text = GOOD.replace("[[rule]]", now, 1).split("[[rule]]")[0] if was == "[[rule]]" else GOOD.replace(was, now, 1)
    assert expected in complaint(tmp_path, text)


def test_whatever_is_drawn_as_one_sign_is_an_emoji(tmp_path: Path) -> None:
    drawn = ["❤", "👍🏽", "🇧🇷", "1️⃣", "‼️", "👩‍👧", "★", "↔️", "🏴‍☠️"]
    written = ", ".join(f'"{sign}"' for sign in drawn)
    assert loaded(tmp_path, GOOD.replace('"❤️"', written)).rule[1].emoji == drawn


def test_a_time_to_speak_without_a_model_is_a_mistake(tmp_path: Path) -> None:
    told = complaint(tmp_path, '\n[classifier]\nwhen = "always"\n')
    assert "line 3: classifier, when: there is no model that could speak" in told


def test_one_model_written_with_one_bracket_is_told(tmp_path: Path) -> None:
    told = complaint(tmp_path, '[classifier.model]\nfield = "spam"\nmodel = "a/b"\n')
    assert "write [[classifier.model]], with two brackets" in told


def test_a_channel_that_looks_like_a_slip_is_told(tmp_path: Path) -> None:
    found = loaded(tmp_path, GOOD.replace('"mastodon"', '"mastodn"'))
    assert list(mistakes_of(found, LISTENERS)) == [
        (("rule", 1, "channels", 0), "no channel is named 'mastodn'; did you mean 'mastodon'?")
    ]


def test_the_words_of_the_settings_are_those_of_the_labels() -> None:
    assert FIELDS["sentiment"] == tuple(Sentiment)
    assert FIELDS["urgency"] == tuple(Urgency)
    assert set(FIELDS["type"]) == set(MentionType)
    assert get_args(HoldName) == tuple(Hold)
    assert get_args(TopicName) == tuple(Topic)
    assert set(get_args(ModelSettings.model_fields["field"].annotation)) == set(FIELDS)


def test_a_folder_far_down_is_read_again_as_it_was_written() -> None:
    settings = ClassifierSettings(learned="/" + "/".join(["pasta"] * 40))
    assert ClassifierSettings.model_validate_json(settings.model_dump_json()) == settings
