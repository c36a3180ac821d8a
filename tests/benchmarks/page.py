"""The inbox's pages on the server at 100,000 mentions and 30,000 cases."""

import statistics
import time
from datetime import timedelta
from typing import Any

from fastapi.testclient import TestClient
from sqlalchemy import Engine, insert

from cases.priority import priority_of
from database.counts import Counted, add_counts
from database.engine import transaction
from inbox.app import build_inbox
from models import (
    Case,
    CaseMention,
    CaseState,
    Customer,
    Mention,
    MentionKind,
    MentionType,
    Profile,
    Sentiment,
    Source,
    TimelineEvent,
    Urgency,
    VerdictRow,
)
from sandbox.corpus import corpus
from settings import Settings
from tests.benchmarks.storing import database
from tests.builders import NOON, a_world
from tests.fakes import StandingClock

_MENTIONS, _CASES = 100_000, 30_000
PAGES = {
    "queue": "/",
    "queue_filtered": "/?sentiment=negative&urgency=high",
    "search": "/mentions?q=pedido",
    "mentions": "/mentions",
    "review": "/mentions?review=yes",
    "case": "/cases/20260310-000042",
    "numbers": "/numbers",
    "classifier": "/numbers/classifier",
}


def measure() -> dict[str, object]:
    with database() as engine:
        fill(engine)
        app = build_inbox(engine, Settings(), StandingClock(NOON))
        # Entered, the client keeps one event loop, as a server does, instead of one a request.
        with TestClient(app, base_url="http://127.0.0.1:8080") as client:
            return {name: _milliseconds(client, path) for name, path in PAGES.items()}


def _milliseconds(client: TestClient, path: str) -> float:
    taken = []
    for _ in range(15):
        started = time.perf_counter()
        answer = client.get(path)
        taken.append((time.perf_counter() - started) * 1000)
        answer.raise_for_status()
    return round(statistics.median(taken), 1)


def fill(engine: Engine) -> None:
    """A hundred thousand mentions, three in ten with a case."""
    source_id = a_world(engine)
    texts = [text.text for text in corpus()]
    urgencies, sentiments, types = list(Urgency), list(Sentiment), list(MentionType)
    for start in range(1, _MENTIONS + 1, 5000):
        ids = range(start, start + 5000)
        rows: dict[Any, list[dict[str, Any]]] = {
            model: [] for model in (Customer, Profile, Mention, VerdictRow, Case, CaseMention, TimelineEvent)
        }
        with transaction(engine) as session:
            source = session.get_one(Source, source_id)
            scope = {"brand_id": source.brand_id, "channel": source.channel, "place": source.place}
            counted: list[Counted] = []
            for n in ids:
                at = NOON - timedelta(seconds=30 * (_MENTIONS - n))
                sentiment, urgency, kind = sentiments[n % 3], urgencies[min(3, n * 7 % 11)], types[n * 3 % 5]
                tags = {"sentiment": sentiment, "urgency": urgency, "type": kind}
                hour = at.replace(minute=0, second=0, microsecond=0)
                counted.append((hour, source.brand_id, source.channel, sentiment, kind))
                rows[Customer].append({"id": n, "brand_id": source.brand_id, "created_at": at})
                rows[Profile].append(
                    {"id": n, "customer_id": n, **scope, "external_id": f"u{n}", "handle": f"maria{n}", "name": "Maria"}
                )
                rows[Mention].append(
                    {
                        "id": n,
                        **scope,
                        "account_id": source.account_id,
                        "external_id": str(n),
                        "kind": MentionKind.POST,
                        "profile_id": n,
                        "thread": str(n),
                        "text": texts[n % len(texts)],
                        "pictures": [],
                        "extra": {},
                        "verdict_id": n,
                        "triaged_at": at,
                        "posted_at": at,
                        "seen_at": at,
                    }
                )
                rows[VerdictRow].append(
                    {
                        "id": n,
                        "mention_id": n,
                        "text_revision": 1,
                        "version": "bench",
                        "lang": "pt",
                        **tags,
                        "complaint": True,
                        "holds": [],
                        "confidence": {},
                        "abstained": ["type"] if n % 50 == 0 else [],
                        "needs_review": n % 50 == 0,
                        "decided_at": at,
                    }
                )
                if n <= _CASES:
                    rows[Case].append(
                        {
                            "id": n,
                            "protocol": f"20260310-{n:06d}",
                            "customer_id": n,
                            **scope,
                            "thread": str(n),
                            "state": CaseState.OPEN if n % 4 else CaseState.RESOLVED,
                            "priority": priority_of(urgency, sentiment, kind, (), n),
                            **tags,
                            "holds": [],
                            "lang": "pt",
                            "opened_at": at,
                            "last_mention_at": at,
                        }
                    )
                    rows[CaseMention].append({"mention_id": n, "case_id": n, "linked_at": at})
                    rows[TimelineEvent].append(
                        {"case_id": n, "at": at, "kind": "opened", "by": "ouvidor", "detail": {}}
                    )
            for model, made in rows.items():
                if made:
                    session.execute(insert(model), made)
            add_counts(session, counted)
