"""`ouvidor evaluate`: how the classifier does on labelled texts."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import typer

from classifier import configured
from classifier.base import Classifier
from classifier.evaluate import LABELS, evaluate, read_lines
from classifier.transformer import TransformerClassifier
from commands.classify import settings_if_any
from commands.logs import set_up_logs
from commands.tables import table
from errors import OuvidorError
from settings import Settings
from settings_classifier import ModelSettings, is_hub_name, placed

_SINGLE = ("accuracy", "macro_f1", "macro_recall", "ece")
_RATES = ("precision", "recall", "f1")


@dataclass(frozen=True)
class _Evaluated:
    classifier: Classifier
    fields: frozenset[str]  # what it speaks for
    embedded: Classifier | None = None  # what tells the language where the classifier tells none


def evaluate_file(path: Path | None, file: Path, *, model: str | None = None, as_json: bool = False) -> None:
    """Print how the classifier of the settings, or one model alone, does on labelled texts."""
    settings = settings_if_any(path)
    set_up_logs()
    chosen = _chosen(settings, model)
    scores = evaluate(chosen.classifier, read_lines(file), chosen.fields, chosen.embedded, str(file))
    if as_json:
        typer.echo(json.dumps(scores))
        return
    for name, figures in scores["fields"].items():
        for line in _told(name, figures):
            typer.echo(line)
        typer.echo()
    typer.echo(f"{scores['texts_per_second']:.0f} texts a second")


def _chosen(settings: Settings, model: str | None) -> _Evaluated:
    """`embedded`, a model as the settings name it, or any other by its folder or name: its own labels, sentiment."""
    everything = frozenset(LABELS)
    if model is None:
        return _Evaluated(configured(settings.classifier, settings.rule), everything)
    embedded = configured(settings.classifier.model_copy(update={"model": []}))  # as it learned from the team
    if model == "embedded":
        return _Evaluated(embedded, everything)
    try:
        asked = ModelSettings(field="sentiment", model=model)
        place = Path(placed(model, Path.cwd()))
    except ValueError as problem:
        raise OuvidorError(
            "--model names nothing that could be: write a folder, a name on the hub, or `embedded`"
        ) from problem
    same = place.resolve()
    named = [one for one in settings.classifier.model if one.model == model or Path(one.model).resolve() == same]
    models = named or [asked.model_copy(update={"model": str(place)} if is_hub_name(model) or place.exists() else {})]
    transformer = TransformerClassifier(models, settings.classifier.sure)
    return _Evaluated(transformer, frozenset(known.field for known in models), embedded)


def _told(name: str, figures: Mapping[str, Any]) -> list[str]:
    """One field's figures as a short table, with what it left to a person."""
    lines = _several(name, figures) if "micro" in figures else _single(name, figures)
    if left := figures.get("abstention"):
        rest = left["accuracy_of_the_rest"]
        right = "" if rest is None else f"; of the rest {_share(rest)} right"
        lines.append(f"left to a person {_share(left['share'])}{right}")
    return lines


def _single(name: str, figures: Mapping[str, Any]) -> list[str]:
    """By language, then what was taken for what."""
    header = (name, "N", *(figure.upper().replace("_", "-") for figure in _SINGLE))
    parts = {"all": figures, **figures["per_language"]}
    rows = [(part, str(found["n"]), *(_share(found[figure]) for figure in _SINGLE)) for part, found in parts.items()]
    taken = figures["confusion"]
    so = [label for label, counts in taken.items() if any(counts.values())]
    said = [label for label in taken if any(taken[one][label] for one in so)]
    counted = [(label, *(str(taken[label][one]) for one in said)) for label in so]
    return [*table([header, *rows]), *table([(f"{name} so, told", *said), *counted])]


def _several(name: str, figures: Mapping[str, Any]) -> list[str]:
    """By class, all of them, then by language."""
    parts = {**figures["per_class"], "all": figures["micro"]}
    parts |= {lang: found["micro"] for lang, found in figures["per_language"].items()}
    rows = [(part, str(found["n"]), *(_share(found[rate]) for rate in _RATES)) for part, found in parts.items()]
    exact = f"{figures['n']} texts, {_share(figures['exact'])} of them with exactly their {name.replace('_', ' ')}"
    return [*table([(name, "N", *map(str.upper, _RATES)), *rows]), exact]


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"
