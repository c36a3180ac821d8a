"""`ouvidor chaos`: what is asked for, checked; the run; and its figures."""

import json
import tempfile
import time
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import typer
from sqlalchemy import inspect
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DatabaseError

from commands.chaos.figures import MUST_BE_ZERO, faults_found
from commands.chaos.subject import OuvidorSubject, Place
from commands.chaos.world import Outcome, Trial, try_out
from commands.on_sandbox import ended_by_sigterm
from database.engine import open_database
from errors import SettingsError
from sandbox.faults import KINDS
from settings_values import instead_of

_TOLD = 5  # of each figure that is not 0, how many are named


def chaos(trial: Trial, database: str | None, *, as_json: bool) -> int:
    """Run, print the figures, and return the exit code: 1 when anything was lost, doubled or against a rule."""
    started = time.monotonic()
    with ended_by_sigterm(), tempfile.TemporaryDirectory(prefix="ouvidor-chaos-", ignore_cleanup_errors=True) as made:
        folder = Path(made)
        url = database or f"sqlite:///{folder / 'ouvidor.db'}"
        if database is not None:
            must_be_empty(database)

        def subject_at(place: Place) -> OuvidorSubject:
            return OuvidorSubject(place, url, trial.seed)

        outcome = try_out(trial, folder, subject_at)
    return tell(outcome, time.monotonic() - started, as_json=as_json)


def tell(outcome: Outcome, seconds: float, *, as_json: bool) -> int:
    """Print what a run came to, what went wrong on the error stream; the exit code."""
    found = faults_found(outcome.record, outcome.ledger)
    figures = figures_of(outcome, {name: len(wrong) for name, wrong in found.items()}, seconds)
    typer.echo(json.dumps(figures) if as_json else as_text(figures))
    for name, wrong in found.items():
        for one in wrong[:_TOLD]:
            typer.echo(f"{name}: {one}", err=True)
    for one in outcome.stuck:
        typer.echo(f"stuck: {one}", err=True)
    return 1 if any(found.values()) or outcome.stuck else 0


def figures_of(outcome: Outcome, wrong: Mapping[str, int], seconds: float) -> dict[str, Any]:
    """The figures, in the order in which they are printed."""
    return {
        **{name: wrong[name] for name in MUST_BE_ZERO},
        "unknown_settled": outcome.ledger.unknown_settled,
        "to_person": outcome.ledger.to_person,
        "crashes": outcome.crashes,
        "faults": dict(outcome.faults),
        "seconds": round(seconds, 2),
    }


def as_text(figures: Mapping[str, Any]) -> str:
    """A table, with the faults by kind below."""
    plain = {name: value for name, value in figures.items() if name != "faults"}
    plain = {**plain, **{f"fault: {kind}": count for kind, count in figures["faults"].items()}}
    width = max(len(name) for name in plain) + 2
    return "\n".join(f"{name.replace('_', ' '):<{width}}{value:>8}" for name, value in plain.items())


def kinds_named(names: str) -> Collection[str] | None:
    """The kinds of faults of a list such as `cut,lag`; None for `all`. SettingsError names what is none."""
    if names.strip() == "all":
        return None
    wanted = [name.strip() for name in names.split(",") if name.strip()]
    if "all" in wanted:
        raise SettingsError("--faults: all stands alone; write it without names, or names without it")
    for name in wanted:
        if name not in KINDS:
            raise SettingsError(f"--faults: {name!r} is no fault; {instead_of(name, sorted(KINDS))}")
    if not wanted:
        raise SettingsError(f"--faults names none; write all, or some of {', '.join(sorted(KINDS))}")
    return frozenset(wanted)


def must_be_empty(database: str) -> None:
    """SettingsError when the database cannot be used, or holds anything: a chaos run begins with nothing."""
    engine = open_database(database)
    name = make_url(database).render_as_string(hide_password=True)
    try:
        if engine.dialect.name == "sqlite":
            path = Path(str(engine.url.database))
            if not path.absolute().parent.is_dir():
                raise SettingsError(f"--database: the folder {path.absolute().parent} is missing: make it first")
            if not path.exists():
                return
        tables = inspect(engine).get_table_names()
    except DatabaseError as error:
        raise SettingsError(f"--database: {name} cannot be used: {str(error.orig).strip()}") from None
    finally:
        engine.dispose()
    if tables:
        raise SettingsError(
            f"--database: {name} holds something already (the table {tables[0]!r}): name one that is empty or absent"
        )
