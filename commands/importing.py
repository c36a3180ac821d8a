"""`ouvidor import mentions`: from a file to mentions, tags and cases."""

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from itertools import islice
from pathlib import Path

import typer
from rich.console import Console
from rich.progress import Progress
from sqlalchemy import Engine, func
from sqlmodel import Session, col, select

from cases.waiting import rules_of, triage_waiting
from channels.accounts import place_of
from classifier import configured
from classifier.tag import tag
from commands.apply import apply_settings
from commands.opening import database_in_use, now, settings_in_use, visible
from database.engine import reading, transaction
from errors import OuvidorError
from listeners.base import Page
from listeners.importer import (
    STORED_OTHERWISE,
    ImportRefusedError,
    Layout,
    Row,
    left_whole,
    look_at,
    reject_header,
    rows_of,
)
from listeners.store import store
from models import Account, Brand, Case, Source
from settings import Settings
from settings_values import instead_of

_PAGE = 500
_MOST_CHANNELS = 20
_TOLD = 20  # bad rows named on the error stream; the reject file names them all
_CASES_FROM_IMPORTS = "import"


@dataclass(frozen=True)
class Imported:
    """What became of a file."""

    rows: int
    imported: int
    known: int
    rejected: int
    rejected_file: str
    tagged: int
    cases: int
    seconds: float
    dry_run: bool = False


def import_file(
    path: Path | None, file: Path, brand: str, *, channel: str | None, dry_run: bool, as_json: bool
) -> None:
    """Import a file for a brand, printing what became of its rows."""
    started = time.perf_counter()
    settings = settings_in_use(path)
    slugs = [known.slug for known in settings.brand]
    if brand not in slugs:
        raise OuvidorError(f"no brand has the slug {brand!r}; {instead_of(brand, slugs)}")
    layout = look_at(file)
    moment = now()
    rejects = _Rejects(layout)
    rows = rows_of(layout, moment, settings.zone, channel or "import")
    with nullcontext() if dry_run else database_in_use(settings) as engine:
        if engine is not None:
            with transaction(engine) as session:
                apply_settings(session, settings, moment)
        with _progress(layout.lines) as advance:
            counts = _store_all(engine, settings, brand, _watched(rows, advance), rejects, moment)
        tagged, cases = (0, 0) if engine is None else tag_and_triage(engine, settings, moment)
    rejects.close()
    found = Imported(
        rows=counts.rows,
        imported=counts.new,
        known=0 if dry_run else counts.rows - counts.new - rejects.count,
        rejected=rejects.count,
        rejected_file=str(rejects.path) if rejects.count else "",
        tagged=tagged,
        cases=cases,
        seconds=round(time.perf_counter() - started, 3),
        dry_run=dry_run,
    )
    typer.echo(json.dumps(asdict(found)) if as_json else _told(found))


def _told(found: Imported) -> str:
    bad = f", {found.rejected} rejected (they wait in {visible(found.rejected_file)})" if found.rejected else ""
    if found.dry_run:
        return f"dry run: {found.rows} rows, {found.rows - found.rejected} can be imported{bad}; nothing was stored"
    return (
        f"{found.rows} rows: {found.imported} imported, {found.known} known already{bad}; "
        f"{found.tagged} tagged, {found.cases} cases opened, in {found.seconds:.1f} s"
    )


@dataclass
class _Counts:
    rows: int = 0
    new: int = 0


class _Rejects:
    """The bad rows: the first ones are told, all are left in a file beside the imported one."""

    def __init__(self, layout: Layout) -> None:
        suffix = ".rejected.jsonl" if layout.is_json else ".rejected.csv"
        self.path = layout.path.with_suffix(suffix)
        self.count = 0
        self._layout = layout

    def add(self, rows: list[Row]) -> None:
        if not rows:
            return
        first = self.count == 0
        with self.path.open("w" if first else "a", encoding="utf-8", newline="") as stream:
            stream.write((reject_header(self._layout) if first else "") + left_whole(self._layout, rows))
        for row in rows[: max(_TOLD - self.count, 0)]:
            typer.echo(f"line {row.line}: {visible(row.reason)}", err=True)
        self.count += len(rows)

    def close(self) -> None:
        if self.count > _TOLD:
            typer.echo(f"… and {self.count - _TOLD} more, all in {self.path}", err=True)


def _watched(rows: Iterator[Row], advance: Callable[[int], None]) -> Iterator[Row]:
    for row in rows:
        advance(row.line)
        yield row


def _store_all(
    engine: Engine | None, settings: Settings, brand: str, rows: Iterator[Row], rejects: _Rejects, moment: datetime
) -> _Counts:
    counts = _Counts()
    channels: set[str] = set()
    while page := list(islice(rows, _PAGE)):
        counts.rows += len(page)
        by_channel: dict[str, list[Row]] = {}
        bad = [row for row in page if row.reason]
        for row in page:
            if row.mention is None:
                continue
            if row.channel not in channels and len(channels) >= _MOST_CHANNELS:
                raise ImportRefusedError(
                    f"line {row.line} names a channel beyond the {_MOST_CHANNELS}th: is `channel` the right column? "
                    f"the {counts.new} rows before it are stored; an import of the mended file adds the others"
                )
            channels.add(row.channel)
            by_channel.setdefault(row.channel, []).append(row)
        if engine is not None and by_channel:
            with transaction(engine) as session:
                for channel, good in by_channel.items():
                    source = _source_for(session, settings, brand, channel, moment)
                    new, unlike = _store(session, source, good, moment)
                    counts.new += new
                    bad += unlike
        rejects.add(sorted(bad, key=lambda row: row.line))
    return counts


def _store(session: Session, source: Source, rows: list[Row], moment: datetime) -> tuple[int, list[Row]]:
    """How many of the rows were new, and those whose id stands for something else: they change nothing."""
    heard = Page(mentions=tuple(row.mention for row in rows if row.mention is not None), cursor=None)
    stored = store(session, source, heard, moment, answerable=False, edits=False)
    return stored.new, [
        replace(row, reason=STORED_OTHERWISE)
        for row in rows
        if row.mention is not None and row.mention.external_id in stored.unlike
    ]


def _source_for(session: Session, settings: Settings, brand: str, channel: str, moment: datetime) -> Source:
    """The source that stands for imports of a channel: it is never polled.

    Where the brand has an account on the channel, mentions go to its place, so that what a listener hears as well is
    not stored twice; elsewhere an account that posts nothing stands in.
    """
    name = f"{_CASES_FROM_IMPORTS}: {brand}, {channel}"
    found = session.exec(select(Source).where(Source.name == name)).first()
    account = _account_for(session, settings, brand, channel)
    if found is None:
        found = Source(
            brand_id=account.brand_id,
            account_id=account.id or 0,
            name=name,
            channel=channel,
            place=account.place,
            kind="import",
            active=False,
            started_at=moment,
            next_poll_at=moment,
        )
    found.account_id, found.place = account.id or 0, account.place
    session.add(found)
    session.flush()
    return found


def _account_for(session: Session, settings: Settings, brand: str, channel: str) -> Account:
    own = next((one for one in settings.account if one.brand == brand and one.channel == channel), None)
    name = own.name if own else f"{_CASES_FROM_IMPORTS}: {brand}, {channel}"
    found = session.exec(select(Account).where(Account.name == name)).first()
    if found is None:
        row = session.exec(select(Brand).where(Brand.slug == brand)).one()
        place = place_of(own) if own else channel
        found = Account(brand_id=row.id or 0, name=name, channel=channel, place=place, handle=brand, active=False)
        session.add(found)
        session.flush()
    return found


def tag_and_triage(engine: Engine, settings: Settings, moment: datetime) -> tuple[int, int]:
    """Tag and triage until nothing waits; how many were tagged, and how many cases there are more."""
    rules = rules_of(settings)
    before = _cases(engine)
    classifier = configured(settings.classifier, settings.rule)
    tagged = 0
    while found := tag(engine, classifier, _PAGE, moment):
        tagged += found
    while triage_waiting(engine, rules, _PAGE, moment):
        pass
    return tagged, _cases(engine) - before


def _cases(engine: Engine) -> int:
    with reading(engine) as session:
        return session.exec(select(func.count(col(Case.id)))).one()


@contextmanager
def _progress(lines: int) -> Iterator[Callable[[int], None]]:
    """A bar on the error stream, when somebody looks."""
    if not sys.stderr.isatty():
        yield lambda line: None
        return
    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("importing", total=lines)
        yield lambda line: progress.update(task, completed=line)
