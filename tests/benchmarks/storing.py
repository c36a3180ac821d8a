"""Pages of 100 mentions into SQLite by the full path, beside rows added one at a time through the same models."""

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Engine
from sqlmodel import select

from database.engine import migrate, open_database, transaction
from listeners.base import HeardMention, Page
from listeners.poll import poll
from models import Mention, Profile, Sighting, Source
from sandbox.corpus import corpus
from tests.builders import NOON, a_heard, a_world, an_author
from tests.fakes import ScriptedListener

_PAGES, _SIZE = 100, 100
_NAIVE_PAGES = 10


def measure() -> dict[str, object]:
    pages = list(_pages(_PAGES))
    with database() as engine:
        source_id = a_world(engine)
        started, processor = time.perf_counter(), time.process_time()
        polled = poll(engine, ScriptedListener(*pages), source_id, NOON)
        seconds, processor = time.perf_counter() - started, time.process_time() - processor
        again = time.perf_counter()
        poll(engine, ScriptedListener(*pages), source_id, NOON + timedelta(minutes=2))
        repeated = time.perf_counter() - again
    with database() as engine:
        source_id = a_world(engine)
        naive = time.perf_counter()
        for page in pages[:_NAIVE_PAGES]:
            for mention in page.mentions:
                _one_at_a_time(engine, source_id, mention)
        naive_rate = _NAIVE_PAGES * _SIZE / (time.perf_counter() - naive)
    rate = polled.new / seconds
    return {
        "mentions": polled.new,
        "mentions_per_second": round(rate),
        "mentions_per_cpu_second": round(polled.new / processor),
        "repeated_per_second": round(polled.known / repeated if polled.known else _PAGES * _SIZE / repeated),
        "one_row_a_commit_per_second": round(naive_rate),
        "times_faster": round(rate / naive_rate, 1),
    }


@contextmanager
def database() -> Iterator[Engine]:
    """A migrated SQLite file that is thrown away."""
    with tempfile.TemporaryDirectory() as folder:
        engine = open_database(f"sqlite:///{Path(folder) / 'bench.db'}")
        migrate(engine)
        yield engine
        engine.dispose()


def _pages(number: int) -> Iterator[Page]:
    texts = [text.text for text in corpus()]
    for index in range(number):
        mentions = tuple(
            a_heard(
                f"{index}-{row}",
                text=f"{texts[(index * _SIZE + row) % len(texts)]} {index}{row}",
                author=an_author(f"u{(index * 37 + row) % 4000}"),
                parent_external_id=f"{index}-{row - 1}" if row % 3 == 0 and row else None,
                posted_at=NOON - timedelta(seconds=index * _SIZE + row),
            )
            for row in range(_SIZE)
        )
        yield Page(mentions, cursor=str(index))


def _one_at_a_time(engine: Engine, source_id: int, heard: HeardMention) -> None:
    """What a first version would do: look, add, commit."""
    with transaction(engine) as session:
        source = session.get_one(Source, source_id)
        scope: dict[str, Any] = {"brand_id": source.brand_id, "channel": source.channel, "place": source.place}
        author = heard.author
        profile = session.exec(
            select(Profile).filter_by(**scope, external_id=author.external_id if author else "")
        ).first()
        if profile is None and author is not None:
            profile = Profile(**scope, external_id=author.external_id, handle=author.handle)
            session.add(profile)
            session.flush()
        if session.exec(select(Mention.id).filter_by(**scope, external_id=heard.external_id)).first():
            return
        mention = Mention(
            **scope,
            external_id=heard.external_id,
            kind=heard.kind,
            profile_id=profile.id if profile else None,
            thread=heard.external_id,
            text=heard.text,
            posted_at=heard.posted_at,
            seen_at=NOON,
        )
        session.add(mention)
        session.flush()
        session.add(Sighting(mention_id=mention.id or 0, source_id=source_id, seen_at=NOON))
        source.cursor = heard.external_id
        session.add(source)
