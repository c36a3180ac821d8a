"""`ouvidor sources`: how each source is doing."""

from datetime import datetime, timedelta
from pathlib import Path

import typer

from cases.queries.sources import SourceHealth, sources
from commands.opening import columns, database_in_use, in_json, now, settings_in_use
from database.engine import reading


def show_sources(path: Path | None, *, as_json: bool = False) -> None:
    """Print every source with its health, those that need a person first."""
    moment = now()
    with database_in_use(settings_in_use(path)) as engine, reading(engine) as session:
        found = sources(session)
    if as_json:
        typer.echo(in_json([_facts(source) for source in found], indent=2))
        return
    if not found:
        typer.echo("no sources yet: write one into the settings, then run `ouvidor apply`")
        return
    header = ("SOURCE", "CHANNEL", "KIND", "STATE", "LAST SUCCESS", "LAG", "NEXT POLL", "FAILING FOR", "REASON")
    for line in columns([header, *(_row(source, moment) for source in found)]):
        typer.echo(line)


def state_of(source: SourceHealth) -> str:
    """One word: import, off, paused, failing, waiting for its first poll, or ok."""
    if source.kind == "import":
        return "import"
    if not source.active:
        return "off"
    if source.paused_reason:
        return "paused"
    if source.failing_since is not None:
        return "failing"
    return "waiting" if source.last_success_at is None else "ok"


def _row(source: SourceHealth, moment: datetime) -> tuple[str, ...]:
    polls = source.active and not source.paused_reason
    return (
        source.name,
        source.channel,
        f"{source.kind} {source.query}".strip(),
        state_of(source),
        "never" if source.last_success_at is None else f"{spoken(moment - source.last_success_at)} ago",
        "" if source.lag is None else spoken(source.lag),
        f"in {spoken(max(source.next_poll_at - moment, timedelta(0)))}" if polls else "",
        "" if source.failing_since is None else spoken(moment - source.failing_since),
        (source.paused_reason or source.last_error)[:200],
    )


def spoken(duration: timedelta) -> str:
    """`45s`, `12m`, `3h`, `8d`."""
    seconds = max(duration.total_seconds(), 0)
    for unit, length in (("d", 86_400), ("h", 3600), ("m", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f}{unit}"
    return f"{seconds:.0f}s"


def _facts(source: SourceHealth) -> dict[str, object]:
    def iso(moment: datetime | None) -> str | None:
        return None if moment is None else moment.isoformat()

    return {
        "name": source.name,
        "channel": source.channel,
        "kind": source.kind,
        "query": source.query,
        "state": state_of(source),
        "last_success_at": iso(source.last_success_at),
        "lag_seconds": None if source.lag is None else source.lag.total_seconds(),
        "next_poll_at": iso(source.next_poll_at),
        "failing_since": iso(source.failing_since),
        "failures": source.failures,
        "reason": source.paused_reason or source.last_error,
    }
