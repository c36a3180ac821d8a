"""The classifier on the command line: one verdict a line, in order."""

import json
from pathlib import Path

from tests.commands.conftest import Ouvidor

KEYS = ["lang", "sentiment", "urgency", "type", "complaint", "holds", "confidence", "version"]


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


def test_a_line_without_end_is_refused(ouvidor: Ouvidor) -> None:
    assert "longer than" in ouvidor("classify", given=b"a" * 10_200_000).err


def test_evaluate_scores_each_field_that_has_labels(ouvidor: Ouvidor, folder: Path) -> None:
    (folder / "labelled.jsonl").write_text(
        '{"text": "I love it", "sentiment": "positive", "other": 1}\n{"text": "it broke", "sentiment": "negative"}\n'
    )
    found = json.loads(ouvidor("evaluate", "labelled.jsonl", "--json").out)
    assert set(found) == {"fields", "texts_per_second"}
    assert set(found["fields"]) == {"sentiment"}
    assert found["fields"]["sentiment"]["n"] == 2
