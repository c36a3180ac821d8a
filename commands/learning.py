"""`ouvidor learn`: learns from the team's corrections, or goes back to what was in force before."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import typer

from classifier import learned
from classifier.corrections import corrected
from classifier.embedded import EmbeddedClassifier
from classifier.learn import LEAST_HELD_BACK, FieldFigures, Judged, learn
from classifier.learned import Learned
from classifier.linear import Heads, load, packaged
from commands.opening import database_in_use, now, settings_in_use
from database.engine import reading

REFUSED = 3  # the exit status where what was learned is no better
_NEXT = "`ouvidor run` takes it up at its next start; what is tagged stays as it is, and nothing is answered again"


def learn_from_corrections(path: Path | None, *, dry_run: bool = False, as_json: bool = False) -> int:
    """Learn, judge, and switch where that is better; 3 where it is not, 0 also where there is nothing to learn."""
    settings = settings_in_use(path).classifier
    folder = Path(settings.learned)
    in_force = learned.in_force(folder)
    own = EmbeddedClassifier().version
    heads = _heads(folder, in_force, own)
    before = EmbeddedClassifier(heads).version
    with database_in_use(settings_in_use(path)) as engine, reading(engine) as session:
        said = corrected(session)
    judged = learn(said, packaged(), heads, settings.learn_from)
    version = before
    if judged.heads is not None and not dry_run:
        version = EmbeddedClassifier(judged.heads).version
        figures = {name: asdict(one) for name, one in judged.fields.items()}
        learned.switch(folder, judged.raw, Learned(version, before, own, "", now(), figures), in_force)
    reason = _reason(judged, settings.learn_from, version, dry_run=dry_run)
    _tell(judged, version, before, reason, as_json=as_json)
    return REFUSED if judged.reason == "worse" else 0


def go_back(path: Path | None, *, as_json: bool = False) -> int:
    """Put in force what was before, and at last what came with Ouvidor."""
    own = EmbeddedClassifier().version
    before, found = learned.roll_back(Path(settings_in_use(path).classifier.learned), own)
    version = found.version if found else own
    whose = "" if found else ", which came with Ouvidor"
    reason = f"went back from {before} to {version}{whose}; {_NEXT}"
    _tell(Judged("better", 0, 0), version, before, reason, as_json=as_json)
    return 0


def _heads(folder: Path, in_force: Learned | None, own: str) -> Heads:
    """The weights in force; those that were learned on other packaged ones are not."""
    if in_force is None or in_force.packaged != own:
        return packaged()
    return load(learned.weights(folder, in_force), in_force.file)


def _reason(judged: Judged, least: int, version: str, *, dry_run: bool) -> str:
    match judged.reason:
        case "nothing":
            return "nothing was corrected yet: corrections are made in the inbox, at each mention's tags"
        case "few":
            return (
                f"more corrections are needed: {least} of one field to learn from, and {LEAST_HELD_BACK} among the "
                "fourth that is held back to judge by"
            )
        case "same":
            return "what is in force was learned from these very corrections: nothing to do"
        case "worse":
            return "what was learned is not better, so nothing was changed"
        case "better" if dry_run:
            return "it is better; --dry-run changes nothing"
        case "better":
            return f"switched to {version}; {_NEXT}; `ouvidor learn --rollback` goes back"


def _tell(judged: Judged, version: str, before: str, reason: str, *, as_json: bool) -> None:
    if as_json:
        told = {
            "switched": version != before,
            "reason": reason,
            "version": version,
            "before": before,
            "corrections": judged.corrections,
            "held_back": judged.held_back,
            "fields": {name: asdict(one) for name, one in judged.fields.items()},
        }
        typer.echo(json.dumps(told, ensure_ascii=False, indent=2))
        return
    if judged.fields:
        typer.echo(f"{judged.corrections} corrected texts, of which {judged.held_back} are held back to judge by")
    for name, figures in judged.fields.items():
        typer.echo(f"{name}: {', '.join(_words(figures))}")
    typer.echo(reason)


def _words(figures: FieldFigures) -> Iterator[str]:
    yield f"{figures.corrections} corrections"
    if figures.before is None or figures.after is None:
        yield "not learned"
        return
    yield f"{figures.held_back} held back: {figures.before:.0%} right before, {figures.after:.0%} after"
    yield f"examination {figures.examination_before:.3f} before, {figures.examination_after:.3f} after"
    yield "learned" if figures.kept else "left as it was"
