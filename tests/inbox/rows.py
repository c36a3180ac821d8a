"""Rows for the pages to show, some of them hostile."""

from datetime import timedelta
from typing import Any

from sqlalchemy import Engine
from sqlmodel import Session, select

from cases.stops import Scope, stop
from database.engine import reading, transaction
from listeners.store import store
from models import Case, Mention, Profile, Reply, ReplyPurpose, ReplyState, Source, Template, VerdictRow
from tests.builders import NOON, a_case, a_draft, a_heard, a_mention, a_page, an_author, find_mention

SCRIPT = "<script>alert('{0}')</script>"
HIDING = "\u202egpj.exe\u2066\u200b"


def a_stored_case(engine: Engine, source_id: int, external_id: str = "1", **fields: Any) -> str:
    """A mention and its case; the protocol."""
    verdict = {name: fields.pop(name) for name in ("sentiment", "urgency", "type", "holds") if name in fields}
    with transaction(engine) as session:
        source = session.get_one(Source, source_id)
        case = a_case(session, a_mention(session, source, external_id, **fields), **verdict)
        return case.protocol


def a_lone_mention(engine: Engine, source_id: int, external_id: str, **fields: Any) -> int:
    """A mention that opened no case and was not tagged; its id."""
    with transaction(engine) as session:
        store(session, session.get_one(Source, source_id), a_page(a_heard(external_id, **fields)), NOON)
        return find_mention(session, external_id).id or 0


def a_reply(engine: Engine, protocol: str, state: ReplyState, **fields: Any) -> int:
    """A reply to the first mention of a case, in any state; its id."""
    with transaction(engine) as session:
        case = case_row(session, protocol)
        mention = session.exec(select(Mention).where(Mention.thread == case.thread)).first()
        assert mention is not None
        reply = a_draft(session, case, mention, fields.pop("body", "Olá! Já vimos."), **fields)
        reply.state = state
        if state in (ReplyState.POSTED, ReplyState.VERIFIED):
            reply.posted_at, reply.external_id = NOON, f"reply-{reply.id}"
        session.add(reply)
        session.flush()
        return reply.id or 0


def case_row(session: Session, protocol: str) -> Case:
    return session.exec(select(Case).where(Case.protocol == protocol)).one()


def the_case(engine: Engine, protocol: str) -> Case:
    """The case as it stands now."""
    with reading(engine) as session:
        return case_row(session, protocol)


def the_reply(engine: Engine, reply_id: int) -> Reply:
    """The reply as it stands now."""
    with reading(engine) as session:
        return session.get_one(Reply, reply_id)


def replies_of(engine: Engine, protocol: str) -> list[Reply]:
    """Every reply of a case, oldest first."""
    with reading(engine) as session:
        case = case_row(session, protocol)
        return list(session.exec(select(Reply).where(Reply.case_id == case.id).order_by("id")))


def a_hostile_world(engine: Engine, sources: dict[str, int]) -> str:
    """A case in which every text that comes from outside attacks the page; its protocol."""
    author = an_author(
        "evil",
        handle=SCRIPT.format("handle") + HIDING,
        name=SCRIPT.format("name") + HIDING,
        url="javascript:alert('profile')",
    )
    with transaction(engine) as session:
        for name in ("name", "other"):
            session.add(
                Template(
                    brand_id=session.get_one(Source, sources["mastodon"]).brand_id,
                    name=SCRIPT.format(name),
                    purpose=ReplyPurpose.ANSWER,
                    lang="pt",
                    version=1,
                    body=SCRIPT.format("body"),
                    by=SCRIPT.format("by") + HIDING,
                    at=NOON,
                    retired_at=None if name == "name" else NOON,
                )
            )
    protocol = a_stored_case(
        engine,
        sources["mastodon"],
        "evil",
        text=f'{SCRIPT.format("text")} {HIDING} "><img src=x onerror=alert(1)> javascript:alert(2) {{{{7*7}}}}',
        url="javascript:alert('post')",
        author=author,
        pictures=("javascript:alert('picture')", "data:text/html,<script>alert(3)</script>"),
        edited_at=NOON,
    )
    for state in ReplyState:
        a_reply(engine, protocol, state, body=SCRIPT.format(f"body-{state.value}"), purpose=ReplyPurpose.ANSWER)
    with transaction(engine) as session:
        case = case_row(session, protocol)
        case.assignee = SCRIPT.format("assignee")
        case.resolution = SCRIPT.format("resolution")
        session.add(case)
        for reply in session.exec(select(Reply)):
            reply.last_error = SCRIPT.format("error")
            reply.override, reply.override_note = SCRIPT.format("override"), SCRIPT.format("note")
            reply.private = reply.state in (ReplyState.VERIFIED, ReplyState.NEEDS_HUMAN)
            reply.url = "javascript:alert('reply')"
            reply.approved_by = reply.drafted_by = SCRIPT.format("by")
            session.add(reply)
        for verdict in session.exec(select(VerdictRow)):
            verdict.rule, verdict.abstained, verdict.needs_review = SCRIPT.format("rule"), ["type", "holds"], True
            verdict.topics, verdict.personal_data = ["delivery", "app"], ["cpf", "card"]
            session.add(verdict)
        source = session.get_one(Source, sources["mastodon"])
        source.name = source.query = SCRIPT.format("source")
        source.last_error = SCRIPT.format("last error")
        source.failing_since = NOON - timedelta(hours=1)
        session.add(source)
        stop(session, Scope(), SCRIPT.format("stopper"), SCRIPT.format("reason"), NOON)
        stop(session, Scope(automation_only=True), SCRIPT.format("stopper"), "", NOON)
        for person in session.exec(select(Profile)):
            person.blocked_at = person.opted_out_at = NOON
            session.add(person)
        paused = session.get_one(Source, sources["x"])
        paused.paused_reason = SCRIPT.format("paused")
        session.add(paused)
    return protocol
