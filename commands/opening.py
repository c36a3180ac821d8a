"""The settings and the database, opened the same way by every command."""

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from os import environ as process_environ
from pathlib import Path

from sqlalchemy import Engine
from sqlalchemy.exc import DatabaseError

from cases.acknowledge import check_templates
from channels.accounts import mistakes_of
from database.engine import migrate, open_database
from errors import SettingsError
from listeners import LISTENERS
from settings import Settings, at, file_in_use, load
from toml_lines import KeyPath


def settings_in_use(path: Path | None, environ: Mapping[str, str] = process_environ) -> Settings:
    """The settings, checked against the channels that exist; SettingsError names the line of a mistake."""
    settings = load(path, environ)
    for key, advice in (*mistakes_of(settings, LISTENERS), *_broken_templates(settings)):
        section, index, *names = key
        named = ", ".join(f"{name + 1}" if isinstance(name, int) else name for name in names)
        place = at(file_in_use(path, environ), key)
        raise SettingsError(f"{place}: {section} {int(index) + 1}, {named}: {advice}")
    return settings


def _broken_templates(settings: Settings) -> Iterator[tuple[KeyPath, str]]:
    for index, rule in enumerate(settings.acknowledge):
        for language in rule.template:
            try:
                check_templates([rule.model_copy(update={"template": {language: rule.template[language]}})])
            except SettingsError as error:
                yield ("acknowledge", index, "template", language), str(error)


@contextmanager
def database_in_use(settings: Settings) -> Iterator[Engine]:
    """The database, with its schema brought up to date; closed at the end."""
    engine = open_database(settings.database)
    try:
        try:
            migrate(engine)
        except DatabaseError as error:
            raise SettingsError(f"the database {engine.url!r} cannot be used: {error.orig}") from None
        yield engine
    finally:
        engine.dispose()


class WallClock:
    """The machine's own time."""

    def now(self) -> datetime:
        return now()

    def sleep(self, duration: timedelta) -> None:
        time.sleep(max(duration.total_seconds(), 0))


def now() -> datetime:
    """The present moment, by the wall's clock."""
    return datetime.now(UTC)


def visible(text: str) -> str:
    """Text from outside, fit for a terminal: a control character could repaint it."""
    return "".join(sign if sign.isprintable() else " " for sign in text)


def in_json(found: object, indent: int | None = None) -> str:
    """As JSON that a terminal may show: what could repaint it is escaped, letters stay as they are."""
    told = json.dumps(found, ensure_ascii=False, indent=indent)
    return "".join(sign if sign.isprintable() or sign == "\n" else json.dumps(sign)[1:-1] for sign in told)


def columns(rows: Sequence[Sequence[str]]) -> list[str]:
    """Lines with their cells aligned; the first row is the header."""
    widths = [max(len(visible(cell)) for cell in column) for column in zip(*rows, strict=True)]
    return [
        "  ".join(visible(cell).ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    ]
