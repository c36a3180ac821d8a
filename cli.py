"""The command `ouvidor`: options and arguments; what the commands do stands in commands/."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from commands import delivery_options
from errors import OuvidorError, SettingsError

app = typer.Typer(
    name="ouvidor",
    help="Hears what people say in public about a brand, gathers it into cases, and answers where it was said.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # rich alone would double the time that --help takes
)
imports = typer.Typer(help="Bring in what was collected elsewhere.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(imports, name="import")
benches = typer.Typer(help="Measure how fast and how large it is here.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(benches, name="bench")

_DEMO_MENTIONS = 200
_CHAOS_MENTIONS = 300
_CHAOS_CRASHES = 10

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]
Port = Annotated[int | None, typer.Option("--port", min=0, max=65535, help="The port to serve on; 0 is any free one.")]


def _print_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import PackageNotFoundError, version

        try:
            typer.echo(f"ouvidor {version('ouvidor')}")
        except PackageNotFoundError:
            typer.echo("ouvidor, not installed: running from its source")
        raise typer.Exit


@app.callback()
def ouvidor(
    context: typer.Context,
    settings: Annotated[
        Path | None,
        typer.Option("--settings", help="The settings file; OUVIDOR_SETTINGS or ./ouvidor.toml when left out."),
    ] = None,
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and stop.")
    ] = False,
) -> None:
    """Hears what people say in public about a brand, gathers it into cases, and answers where it was said."""
    context.obj = settings


@app.command()
def init(
    context: typer.Context,
    force: Annotated[bool, typer.Option("--force", help="Overwrite the file that is there.")] = False,
) -> None:
    """Write a commented ouvidor.toml to start from."""
    from commands.init import write

    write(context.obj, force=force)


@app.command()
def apply(
    context: typer.Context,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would change; change nothing.")] = False,
) -> None:
    """Bring the database in line with the settings, showing what changes."""
    from commands.apply import apply_file

    apply_file(context.obj, dry_run=dry_run)


@app.command()
def run(
    context: typer.Context,
    port: Port = None,
    no_inbox: Annotated[bool, typer.Option("--no-inbox", help="Listen and answer without serving the inbox.")] = False,
) -> None:
    """Listen, tag, triage and answer until Ctrl-C, serving the inbox."""
    from commands.running import run_until_stopped

    run_until_stopped(context.obj, port=port, inbox=not no_inbox)


@app.command()
def once(context: typer.Context) -> None:
    """Run each step once, then stop."""
    from commands.running import run_once

    raise typer.Exit(run_once(context.obj))


@app.command()
def sources(context: typer.Context, as_json: AsJson = False) -> None:
    """Show how each source is doing."""
    from commands.sources import show_sources

    show_sources(context.obj, as_json=as_json)


@app.command()
def doctor(
    context: typer.Context,
    network: Annotated[bool, typer.Option("--network", help="Also ask each channel by one cheap read.")] = False,
) -> None:
    """Check settings, database, credentials and clock: one line each, with what to do."""
    from commands.doctor import examine

    raise typer.Exit(examine(context.obj, network=network))


@app.command()
def classify(
    context: typer.Context,
    file: Annotated[
        Path | None, typer.Argument(help="JSON Lines with `text`; without it, one text a line is read from the input.")
    ] = None,
    reasons: Annotated[
        bool, typer.Option("--reasons", help="Also the words that moved each field, with their weights; slower.")
    ] = False,
) -> None:
    """Print one JSON verdict a line, in order."""
    from commands.classify import classify_stream

    classify_stream(context.obj, file, reasons=reasons)


@app.command()
def evaluate(
    context: typer.Context,
    file: Annotated[
        Path, typer.Argument(help="JSON Lines with `text` and any of the labels that `ouvidor classify` prints.")
    ],
    model: Annotated[
        str | None,
        typer.Option(
            "--model",
            help="A model's folder or name on the hub, or `embedded` as it learned; the settings' when left out.",
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Score the classifier, or one model, on labelled texts."""
    from commands.evaluate import evaluate_file

    evaluate_file(context.obj, file, model=model, as_json=as_json)


@benches.command("classify")
def bench_classifier(
    seconds: Annotated[
        float, typer.Option("--seconds", min=0.01, max=3600, help="For about how long each contestant is measured.")
    ] = 15.0,
    as_json: AsJson = False,
) -> None:
    """Measure the classifier on one core, beside VADER and a model of RoBERTa-base's size."""
    from commands.bench import bench_classify

    bench_classify(seconds=seconds, as_json=as_json)


@app.command()
def learn(
    context: typer.Context,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Learn and judge; change nothing.")] = False,
    rollback: Annotated[bool, typer.Option("--rollback", help="Go back to what was in force before.")] = False,
    as_json: AsJson = False,
) -> None:
    """Learn from the team's corrections, and switch to that where it is better; ends with 3 where it is not."""
    if dry_run and rollback:
        raise typer.BadParameter("--dry-run belongs to learning: leave it or --rollback out")
    from commands.learning import go_back, learn_from_corrections

    if rollback:
        raise typer.Exit(go_back(context.obj, as_json=as_json))
    raise typer.Exit(learn_from_corrections(context.obj, dry_run=dry_run, as_json=as_json))


@imports.command("mentions")
def import_mentions(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="CSV or JSON Lines; docs/configuration.md names the columns.")],
    brand: Annotated[str, typer.Option("--brand", help="The slug of the brand that the mentions are about.")],
    channel: Annotated[
        str | None, typer.Option("--channel", help="The channel of rows that name none; `import` when left out.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Read and check the file; store nothing.")] = False,
    as_json: AsJson = False,
) -> None:
    """Import mentions; a second import of the same file adds none, and none is answered automatically."""
    from commands.importing import import_file

    import_file(context.obj, file, brand, channel=channel, dry_run=dry_run, as_json=as_json)


@app.command()
def cases(context: typer.Context, as_json: AsJson = False) -> None:
    """List the cases that wait, the most pressing first."""
    from commands.replies import list_cases

    list_cases(context.obj, as_json=as_json)


@app.command()
def sandbox(
    port: Port = None,
    seed: Annotated[int, typer.Option("--seed", help="The same seed makes the same population.")] = 1,
    database: Annotated[
        Path | None,
        typer.Option("--database", help="Where the networks keep what was posted; temporary when left out."),
    ] = None,
) -> None:
    """Run networks on this machine that behave like the real ones, to try Ouvidor against."""
    from commands.sandbox import serve

    serve(port=port, seed=seed, database=database)


@app.command()
def demo(
    port: Port = None,
    seed: Annotated[int, typer.Option("--seed", help="The same seed makes the same demo.")] = 1,
    once: Annotated[bool, typer.Option("--once", help="Run the loop to its end without a web server.")] = False,
    mentions: Annotated[
        int | None, typer.Option("--mentions", min=1, help="With --once: how many mentions; 200 when left out.")
    ] = None,
    database: Annotated[
        Path | None, typer.Option("--database", help="With --once: keep the files here; a repeat continues.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="With --once: print JSON instead of text.")] = False,
) -> None:
    """Watch a brand's complaints arrive, be tagged, gathered, answered and resolved, all on this machine."""
    if once and port is not None:
        raise typer.BadParameter("--port belongs to the live demo: leave it or --once out")
    if not once:
        given = {"--mentions": mentions is not None, "--database": database is not None, "--json": as_json}
        names = [name for name, is_given in given.items() if is_given]
        if names:
            raise typer.BadParameter(f"{', '.join(names)}: this belongs to --once; add --once, or leave it out")

    from commands.demo import interactive
    from commands.demo import once as run_to_its_end

    if once:
        raise typer.Exit(run_to_its_end(mentions or _DEMO_MENTIONS, seed, database, as_json))
    interactive(port, seed)


@app.command()
def chaos(
    seed: Annotated[
        int, typer.Option("--seed", help="The same seed draws the same customers, faults and crashes.")
    ] = 1,
    mentions: Annotated[int, typer.Option("--mentions", min=1, help="How many the customers post.")] = _CHAOS_MENTIONS,
    faults: Annotated[str, typer.Option("--faults", help="`all`, or the names of some, joined by commas.")] = "all",
    crashes: Annotated[int, typer.Option("--crashes", min=0, help="How often the loop is killed.")] = _CHAOS_CRASHES,
    database: Annotated[
        str | None,
        typer.Option("--database", help="The URL of an empty database; a temporary SQLite file when left out."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Kill the loop again and again on networks that misbehave, and count what was lost, doubled or against a rule."""
    from commands.chaos.run import chaos as run_chaos
    from commands.chaos.run import kinds_named
    from commands.chaos.world import Trial

    raise typer.Exit(run_chaos(Trial(seed, mentions, crashes, kinds_named(faults)), database, as_json=as_json))


delivery_options.add_to(app)


def main() -> None:
    """Run a command; what we raise on purpose becomes one line on the error stream."""
    code = 1
    try:
        app()
    except SettingsError as error:
        code = 2
        _complain(str(error))
    except OuvidorError as error:
        _complain(str(error))
    except BrokenPipeError:
        # Whoever read our output has gone; Python would complain once more when it closes the stream.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:
        _complain(f"{error.filename or 'the system'}: {error.strerror or error}")
    except KeyboardInterrupt:
        code = 130
    sys.exit(code)


def _complain(message: str) -> None:
    """One line, whatever the message holds: control characters could repaint a terminal."""
    visible = "".join(sign if sign.isprintable() else " " for sign in message)
    typer.echo(f"ouvidor: {visible}", err=True)


if __name__ == "__main__":
    main()
