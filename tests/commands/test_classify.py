"""The classifier on the command line: one verdict a line, in order."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from classifier.base import Verdict
from commands.classify import print_verdicts
from tests.classifier.told import a_verdict
from tests.commands.conftest import Ouvidor
from tests.commands.processes import ROOT

KEYS = [
    *("lang", "sentiment", "urgency", "type", "complaint", "spam", "holds", "topics", "personal_data"),
    *("confidence", "abstained", "version"),
]


def test_every_line_of_the_input_gets_its_verdict_in_order(ouvidor: Ouvidor) -> None:
    given = "Meu pedido não chegou e ninguém responde\n\nThank you, I love it!\r\n¿Dónde está mi pedido?".encode()
    found = ouvidor("classify", given=given)
    assert found.code == 0
    verdicts = [json.loads(line) for line in found.out.splitlines()]
    assert [list(verdict) for verdict in verdicts] == [KEYS] * 4
    assert verdicts[0]["lang"] == "pt"
    assert verdicts[2]["sentiment"] == "positive"
    assert all(0 <= share <= 1 for verdict in verdicts for share in verdict["confidence"].values())


def test_no_input_is_no_verdict(ouvidor: Ouvidor) -> None:
    assert ouvidor("classify").out == ""


def test_bytes_that_are_no_text_get_a_verdict_too(ouvidor: Ouvidor) -> None:
    assert len(ouvidor("classify", given=b"\xff\xfe\x00bad\nok\n").out.splitlines()) == 2


def test_a_file_is_read_line_by_line(ouvidor: Ouvidor, folder: Path) -> None:
    (folder / "texts.jsonl").write_text('{"text": "a", "label": 3}\n\n{"text": ""}\n')
    assert len(ouvidor("classify", "texts.jsonl").out.splitlines()) == 2


def test_a_bad_line_of_a_file_is_named(ouvidor: Ouvidor, folder: Path) -> None:
    (folder / "texts.jsonl").write_text('{"text": "a"}\n{"txt": "a"}\n')
    found = ouvidor("classify", "texts.jsonl")
    assert found.code == 1
    assert found.err.startswith("ouvidor: texts.jsonl, line 2: there is no `text`")


@pytest.mark.parametrize(("encoding", "number"), [("latin-1", 2), ("utf-16", 1), ("utf-16-le", 1)])
def test_a_file_that_is_not_utf_8_is_told_the_same_by_classify_and_evaluate(
    encoding: str, number: int, ouvidor: Ouvidor, folder: Path
) -> None:
    lines = '{"text": "a", "type": "praise"}\n{"text": "não", "type": "praise"}\n'
    (folder / "texts.jsonl").write_bytes(lines.encode(encoding))
    for command in ("classify", "evaluate"):
        found = ouvidor(command, "texts.jsonl")
        assert (found.code, found.err) == (
            1,
            f"ouvidor: texts.jsonl, line {number}: it is not UTF-8: save the file as UTF-8.\n",
        )


def test_evaluate_names_the_file_of_a_bad_label(ouvidor: Ouvidor, folder: Path) -> None:
    (folder / "texts.jsonl").write_text('{"text": "a", "complaint": "yes"}\n')
    assert ouvidor("evaluate", "texts.jsonl").err.startswith("ouvidor: texts.jsonl, line 1: complaint must be one of")


def test_lines_before_a_bad_one_keep_their_verdicts(ouvidor: Ouvidor, folder: Path) -> None:
    (folder / "texts.jsonl").write_text('{"text": "a"}\n{"text": "b"}\n[]\n{"text": "c"}\n')
    found = ouvidor("classify", "texts.jsonl")
    assert (found.code, len(found.out.splitlines())) == (1, 2)
    assert "line 3" in found.err


@pytest.mark.parametrize(("closed", "told"), [("<&-", "the input is closed"), (">&-", "the output is closed")])
def test_a_closed_stream_is_told_in_one_line(closed: str, told: str, folder: Path) -> None:
    command = f'"$0" "$1" classify {closed}'
    found = subprocess.run(
        ["sh", "-c", command, sys.executable, str(ROOT / "cli.py")],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.returncode == 1
    assert found.stderr.startswith(f"ouvidor: {told}: ")
    assert found.stderr.count("\n") == 1


def test_a_line_without_end_is_refused(ouvidor: Ouvidor) -> None:
    assert "longer than" in ouvidor("classify", given=b"a" * 10_200_000).err


def test_reasons_are_words_of_the_text_with_their_weights(ouvidor: Ouvidor) -> None:
    text = "Meu pedido não chegou e ninguém responde"
    found = ouvidor("classify", "--reasons", given=f"{text}\n\n".encode())
    verdict, of_nothing = (json.loads(line) for line in found.out.splitlines())
    assert list(verdict) == [*KEYS, "reasons"]
    assert verdict["reasons"]
    assert set(verdict["reasons"]) <= set(KEYS)
    for moved in verdict["reasons"].values():
        assert all(words in text and isinstance(weight, float) for words, weight in moved)
    assert of_nothing["reasons"] == {}


def test_a_classifier_that_cannot_say_why_gives_no_reasons(capsys: pytest.CaptureFixture[str]) -> None:
    class Silent:
        version = "silent"

        def classify(self, texts: Sequence[str]) -> list[Verdict]:
            return [a_verdict() for _ in texts]

    print_verdicts(Silent(), ["a"], reasons=True)
    assert json.loads(capsys.readouterr().out)["reasons"] == {}


def test_the_rule_that_decided_is_named_and_no_other_line_has_the_key(ouvidor: Ouvidor, folder: Path) -> None:
    (folder / "rules.toml").write_text('[[rule]]\nname = "court"\nwords = ["procon"]\nurgency = "high"\n')
    found = ouvidor("--settings", "rules.toml", "classify", given=b"Vou ao Procon\nobrigada!\n")
    decided, other = (json.loads(line) for line in found.out.splitlines())
    assert decided["rule"] == "court"
    assert list(decided) == [*KEYS, "rule"]
    assert list(other) == KEYS


LABELLED = """\
{"text": "I love it", "lang": "en", "sentiment": "positive", "topics": ["quality"], "holds": [], "other": 1}
{"text": "it broke", "sentiment": "negative", "topics": ["quality"], "holds": ["danger"], "spam": false}
"""


def test_evaluate_scores_each_field_that_has_labels(ouvidor: Ouvidor, folder: Path) -> None:
    (folder / "labelled.jsonl").write_text(LABELLED)
    found = json.loads(ouvidor("evaluate", "labelled.jsonl", "--json").out)
    assert set(found) == {"fields", "texts_per_second"}
    assert set(found["fields"]) == {"sentiment", "topics", "holds", "spam", "lang"}
    assert found["fields"]["sentiment"]["n"] == 2
    assert found["fields"]["topics"]["per_class"]["quality"]["n"] == 2


def test_evaluate_prints_a_short_table_a_field(ouvidor: Ouvidor, folder: Path) -> None:
    (folder / "labelled.jsonl").write_text(LABELLED)
    lines = ouvidor("evaluate", "labelled.jsonl").out.splitlines()
    (header,) = (line for line in lines if line.startswith("sentiment  "))
    assert header.split() == ["sentiment", "N", "ACCURACY", "MACRO-F1", "MACRO-RECALL", "ECE"]
    (header,) = (line for line in lines if line.startswith("topics  "))
    assert header.split() == ["topics", "N", "PRECISION", "RECALL", "F1"]
    assert any(line.split()[:2] == ["quality", "2"] for line in lines)
    assert lines[-1].endswith(" texts a second")


def test_evaluate_names_a_wrong_line(ouvidor: Ouvidor, folder: Path) -> None:
    (folder / "labelled.jsonl").write_text(LABELLED + '{"text": "a", "holds": ["law"]}\n')
    found = ouvidor("evaluate", "labelled.jsonl", "--json")
    assert found.code == 1
    assert found.err.startswith("ouvidor: labelled.jsonl, line 3: holds must be a list of any of legal, ")
