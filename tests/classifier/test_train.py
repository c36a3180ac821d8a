"""Training is repeatable, and refuses data that it cannot use by naming the place."""

import json
from pathlib import Path

import pytest

from classifier.linear import load
from classifier.train import main

NAMES = (
    "umsab_train_pt",
    "umsab_train_es",
    "umsab_val_pt",
    "umsab_val_es",
    "umsab_train_it",
    "umsab_train_fr",
    "semeval2013_16_en",
)
TEXTS = {"negative": "awful broken ruim malo", "neutral": "the store opens at", "positive": "lovely great otimo bueno"}


OWN = {
    "type": ("complaint", "question", "praise", "suggestion", "other"),
    "urgency": ("high", "normal", "low", "critical"),
}


def own_texts(folder: Path) -> Path:
    """A few texts of our own, by several authors."""
    folder.mkdir()
    for lang in ("pt", "en", "es"):
        lines = [
            {
                "text": f"{lang} {kind} {urgency} {TEXTS['negative' if kind == 'complaint' else 'positive']} {turn}",
                "lang": lang,
                "sentiment": "negative" if kind == "complaint" else "neutral" if kind == "other" else "positive",
                "urgency": urgency,
                "type": kind,
                "complaint": kind == "complaint",
                "spam": kind == "other",
                "holds": ["legal"] if urgency == "critical" else [],
                "topics": ["billing"] if kind == "complaint" else ["other"],
                "author": f"{lang}{turn}",
            }
            for turn in range(3)
            for kind in OWN["type"]
            for urgency in OWN["urgency"]
        ]
        long = " ".join(f"{lines[0]['text']} and number {number} too." for number in range(9))
        lines.append({**lines[0], "text": long, "holds": ["legal"]})
        (folder / f"{lang}.jsonl").write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    for lang in ("pt", "es"):
        moods = [{"text": f"{text} {lang}", "lang": lang, "sentiment": label} for label, text in TEXTS.items()]
        (folder / f"moods_{lang}.jsonl").write_text("\n".join(map(json.dumps, moods)), encoding="utf-8")
    return folder


def a_data_folder(folder: Path) -> Path:
    """Tiny files in the shape of the real ones."""
    for name in NAMES:
        lines = [
            {"text": f"{text} {turn}", "sentiment": label, "lang": name[-2:]}
            for turn in range(8)
            for label, text in TEXTS.items()
        ]
        (folder / f"{name}.jsonl").write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    complaints: list[dict[str, object]] = [
        {"text": f"{'broken again' if bad else 'nice day'} {turn}", "complaint": bad, "domain": domain}
        for turn in range(6)
        for bad in (0, 1)
        for domain in ("shops", "phones", "random_tweet")
    ]
    (folder / "complaints_en.jsonl").write_text("\n".join(map(json.dumps, complaints)), encoding="utf-8")
    return folder


@pytest.mark.slow
def test_the_same_texts_and_seed_give_the_same_weights(tmp_path: Path) -> None:
    data = a_data_folder(tmp_path)
    first, second = tmp_path / "first.npz", tmp_path / "second.npz"
    texts = str(own_texts(tmp_path / "texts"))
    assert main(["--data", str(data), "--out", str(first), "--texts", texts]) == 0
    assert main(["--data", str(data), "--out", str(second), "--texts", texts]) == 0
    assert first.read_bytes() == second.read_bytes()
    assert load(first.read_bytes()).digest == load(second.read_bytes()).digest


def test_a_missing_folder_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--data", str(tmp_path / "none"), "--out", str(tmp_path / "out.npz")]) == 1
    assert "is not a folder" in capsys.readouterr().err
    assert not (tmp_path / "out.npz").exists()


@pytest.mark.slow
def test_a_missing_file_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = a_data_folder(tmp_path)
    (data / "complaints_en.jsonl").unlink()
    texts = str(own_texts(tmp_path / "texts"))
    assert main(["--data", str(data), "--out", str(tmp_path / "out.npz"), "--texts", texts]) == 1
    assert "complaints_en.jsonl cannot be read" in capsys.readouterr().err


@pytest.mark.slow
def test_a_bad_line_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = a_data_folder(tmp_path)
    path = data / "umsab_train_pt.jsonl"
    path.write_text(path.read_text("utf-8") + '\n{"text": "x", "sentiment": "sad"}\n', encoding="utf-8")
    texts = str(own_texts(tmp_path / "texts"))
    assert main(["--data", str(data), "--out", str(tmp_path / "out.npz"), "--texts", texts]) == 1
    assert "umsab_train_pt.jsonl, line 25: sentiment must be one of" in capsys.readouterr().err
