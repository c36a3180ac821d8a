"""Rows and facts with sensible defaults, for tests to say only what matters to them."""

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Engine
from sqlmodel import Session

from cases.drafts import draft
from cases.triage import triage
from database.engine import transaction
from listeners.base import Author, HeardMention, Page
from listeners.store import store
from models import (
    Account,
    Brand,
    Case,
    Mention,
    MentionKind,
    MentionType,
    Reply,
    ReplyPurpose,
    Sentiment,
    Source,
    Urgency,
    VerdictRow,
)

NOON = datetime(2026, 3, 10, 15, 0, tzinfo=UTC)  # noon in Brasília
_numbers = itertools.count(1)


def a_brand(session: Session, slug: str = "aurora") -> Brand:
    brand = Brand(slug=slug, name="Loja Aurora", created_at=NOON)
    session.add(brand)
    session.flush()
    return brand


def an_account(session: Session, brand: Brand, channel: str = "mastodon", **fields: Any) -> Account:
    number = next(_numbers)
    values = {"name": f"{channel}-{number}", "place": f"{channel}.example", "handle": "lojaaurora", **fields}
    account = Account(brand_id=brand.id or 0, channel=channel, **values)
    session.add(account)
    session.flush()
    return account


def a_source(session: Session, account: Account, **fields: Any) -> Source:
    values = {
        "name": f"source-{next(_numbers)}",
        "kind": "notifications",
        "started_at": NOON - timedelta(days=1),
        "next_poll_at": NOON,
        **fields,
    }
    source = Source(
        brand_id=account.brand_id, account_id=account.id or 0, channel=account.channel, place=account.place, **values
    )
    session.add(source)
    session.flush()
    return source


def a_world(engine: Engine, channel: str = "mastodon", **source_fields: Any) -> int:
    """A brand with one account and one source on a channel; the source's id."""
    with transaction(engine) as session:
        source = a_source(session, an_account(session, a_brand(session), channel), **source_fields)
        return source.id or 0


def an_author(external_id: str = "u1", **fields: Any) -> Author:
    return Author(external_id=external_id, **{"handle": f"maria_{external_id}", "name": "Maria", **fields})


def a_heard(external_id: str = "1", **fields: Any) -> HeardMention:
    values: dict[str, Any] = {
        "kind": MentionKind.POST,
        "text": f"Minha encomenda {external_id} não chegou",
        "posted_at": NOON - timedelta(minutes=5),
        "author": an_author(),
        "url": f"https://mastodon.example/@maria/{external_id}",
        "addresses_us": True,
        **fields,
    }
    return HeardMention(external_id=external_id, **values)


def a_page(*mentions: HeardMention, cursor: str | None = "c1", **fields: Any) -> Page:
    return Page(mentions=mentions, cursor=cursor, **fields)


def a_mention(session: Session, source: Source, external_id: str = "1", **fields: Any) -> Mention:
    """A stored mention."""
    store(session, source, a_page(a_heard(external_id, **fields)), NOON)
    return find_mention(session, external_id)


def find_mention(session: Session, external_id: str) -> Mention:
    from sqlmodel import select

    return session.exec(select(Mention).where(Mention.external_id == external_id)).one()


def a_verdict(session: Session, mention: Mention, **fields: Any) -> VerdictRow:
    """The verdict in force of a mention: a complaint, unless told otherwise."""
    values: dict[str, Any] = {
        "lang": "pt",
        "sentiment": Sentiment.NEGATIVE,
        "urgency": Urgency.NORMAL,
        "type": MentionType.COMPLAINT,
        "complaint": True,
        "version": f"test-{next(_numbers)}",
        **fields,
    }
    verdict = VerdictRow(mention_id=mention.id or 0, text_revision=mention.text_revision, decided_at=NOON, **values)
    session.add(verdict)
    session.flush()
    mention.verdict_id = verdict.id
    session.add(mention)
    return verdict


def a_case(session: Session, mention: Mention, **verdict_fields: Any) -> Case:
    """The case of a mention, by the default rules."""
    found = triage(session, mention, a_verdict(session, mention, **verdict_fields), (), NOON)
    assert found.case is not None
    return found.case


def a_draft(
    session: Session, case: Case, mention: Mention, body: str = "Olá! Já estamos vendo.", **fields: Any
) -> Reply:
    purpose = fields.pop("purpose", ReplyPurpose.ANSWER)
    return draft(session, case, mention, body, purpose, "Ana", NOON, **fields)
