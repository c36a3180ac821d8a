"""What the buttons do, seen in the rows."""

from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import Engine
from sqlmodel import select

from database.engine import reading, transaction
from models import Account, Alarm, CaseState, Correction, Mention, ReplyPurpose, ReplyState, Source, VerdictRow
from tests.builders import NOON, an_author
from tests.inbox.rows import a_lone_mention, a_reply, a_stored_case, replies_of, the_case, the_reply
from tests.inbox.visit import Visit


@pytest.fixture
def protocol(engine: Engine, sources: dict[str, int]) -> str:
    return a_stored_case(engine, sources["mastodon"])


def mention_id(engine: Engine) -> str:
    with reading(engine) as session:
        return str(session.exec(select(Mention.id)).first())


def test_nobody_acts_without_a_name(visit: Visit, engine: Engine, protocol: str) -> None:
    refused = visit.post(f"/cases/{protocol}/take")
    assert refused.status_code == 422
    assert "Say who you are" in refused.text
    assert visit.post("/queue/act", {"act": "take", "case": "1"}).status_code == 422
    assert the_case(engine, protocol).state is CaseState.OPEN


@pytest.mark.parametrize("name", ["", "   ", "x" * 61, "Ouvidor", "\uff4fuvidor", "OUVIDO\uff32", "\u202e"])
def test_some_names_cannot_be_kept(visit: Visit, name: str) -> None:
    assert visit.post("/name", {"name": name}).status_code == 422


def test_taking_and_releasing(ana: Visit, engine: Engine, protocol: str) -> None:
    ana.post(f"/cases/{protocol}/take")
    assert (the_case(engine, protocol).state, the_case(engine, protocol).assignee) == (CaseState.TAKEN, "Ana")
    assert "Ana" in ana.get("/?view=mine").text
    ana.post(f"/cases/{protocol}/release")
    assert the_case(engine, protocol).state is CaseState.OPEN


def test_dismissing_and_reopening(ana: Visit, engine: Engine, protocol: str) -> None:
    ana.post(f"/cases/{protocol}/dismiss")
    assert the_case(engine, protocol).state is CaseState.DISMISSED
    again = ana.post(f"/cases/{protocol}/dismiss")
    assert again.status_code == 409
    assert "closed already" in again.text
    ana.post(f"/cases/{protocol}/reopen")
    assert the_case(engine, protocol).state is CaseState.OPEN


@pytest.mark.parametrize(
    ("form", "until"),
    [
        ({"length": "1h"}, NOON + timedelta(hours=1)),
        ({"length": "4h"}, NOON + timedelta(hours=4)),
        ({"length": "tomorrow"}, NOON + timedelta(hours=21)),  # 9:00 in Brasília, from noon there
        ({"length": "date", "until": "2026-03-12T12:00"}, NOON + timedelta(days=2)),
    ],
)
def test_snoozing(ana: Visit, engine: Engine, protocol: str, form: dict[str, str], until: object) -> None:
    assert ana.post(f"/cases/{protocol}/snooze", form).status_code == 303
    assert (the_case(engine, protocol).state, the_case(engine, protocol).snoozed_until) == (CaseState.SNOOZED, until)


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"length": "2w"},
        {"length": "date"},
        {"length": "date", "until": "soon"},
        {"length": "date", "until": "2020-01-01T00:00"},
        {"length": "date", "until": "9999-12-31T23:59"},
        {"length": "date", "until": "0001-01-01T00:00"},
    ],
)
def test_a_snooze_that_cannot_be_meant_is_refused(
    ana: Visit, engine: Engine, protocol: str, form: dict[str, str]
) -> None:
    assert ana.post(f"/cases/{protocol}/snooze", form).status_code in (409, 422)
    assert the_case(engine, protocol).state is CaseState.OPEN


def test_a_draft_is_written_edited_and_approved(ana: Visit, engine: Engine, protocol: str) -> None:
    ana.post(f"/cases/{protocol}/reply", {"mention": mention_id(engine), "body": "Oi", "then": "draft"})
    (draft,) = replies_of(engine, protocol)
    assert (draft.state, draft.body, draft.drafted_by) == (ReplyState.DRAFT, "Oi", "Ana")
    path = f"/cases/{protocol}/replies/{draft.id}"
    ana.post(f"{path}/edit", {"body": "Oi, Maria"})
    assert the_reply(engine, draft.id or 0).body == "Oi, Maria"
    ana.post(f"{path}/edit", {"body": "Oi, Maria!", "then": "approve"})
    approved = the_reply(engine, draft.id or 0)
    assert (approved.state, approved.body, approved.approved_by) == (ReplyState.APPROVED, "Oi, Maria!", "Ana")
    refused = ana.post(f"{path}/edit", {"body": "another"})
    assert refused.status_code == 409
    assert the_reply(engine, draft.id or 0).body == "Oi, Maria!"


def test_an_answer_is_approved_at_once(ana: Visit, engine: Engine, protocol: str) -> None:
    ana.post(f"/cases/{protocol}/reply", {"mention": mention_id(engine), "body": "Oi", "then": "approve"})
    assert [reply.state for reply in replies_of(engine, protocol)] == [ReplyState.APPROVED]


def test_a_text_beyond_the_channels_limit_is_refused_and_kept_in_the_box(
    ana: Visit, engine: Engine, protocol: str
) -> None:
    form = {"mention": mention_id(engine), "body": "longa " * 200, "then": "approve"}
    refused = ana.post(f"/cases/{protocol}/reply", form)
    assert refused.status_code == 409
    assert "too long" in refused.text
    assert refused.text.count("longa " * 200) == 1
    assert replies_of(engine, protocol) == []


def test_a_platforms_rule_is_named_in_plain_words(ana: Visit, engine: Engine, sources: dict[str, int]) -> None:
    protocol = a_stored_case(engine, sources["x"], addresses_us=False)
    form = {"mention": mention_id(engine), "body": "Oi", "then": "approve"}
    refused = ana.post(f"/cases/{protocol}/reply", form)
    assert refused.status_code == 422
    assert "X lets programs answer only" in refused.text
    assert replies_of(engine, protocol) == []


def test_a_draft_is_discarded(ana: Visit, engine: Engine, protocol: str) -> None:
    reply = a_reply(engine, protocol, ReplyState.DRAFT)
    ana.post(f"/cases/{protocol}/replies/{reply}/discard")
    assert the_reply(engine, reply).state is ReplyState.DISCARDED


def test_a_reply_is_posted_by_hand(ana: Visit, engine: Engine, protocol: str) -> None:
    reply = a_reply(engine, protocol, ReplyState.BY_HAND, body="Texto para colar")
    html = ana.get(f"/cases/{protocol}").text
    assert "Texto para colar" in html
    assert f'data-copy="text-{reply}"' in html
    for wrong in ("", "javascript:alert(1)", "ftp://a.example", "https://", "https://user:pw@a.example/"):
        assert ana.post(f"/cases/{protocol}/replies/{reply}/by-hand", {"url": wrong}).status_code == 422
    ana.post(f"/cases/{protocol}/replies/{reply}/by-hand", {"url": "https://forum.example/r/1"})
    posted = the_reply(engine, reply)
    assert (posted.state, posted.url) == (ReplyState.POSTED, "https://forum.example/r/1")


@pytest.mark.parametrize(("name", "state"), [("again", ReplyState.APPROVED), ("leave", ReplyState.DISCARDED)])
def test_a_person_decides_about_a_doubtful_reply(
    ana: Visit, engine: Engine, protocol: str, name: str, state: ReplyState
) -> None:
    reply = a_reply(engine, protocol, ReplyState.NEEDS_HUMAN)
    assert "Needs you" in ana.get("/?view=replies").text
    ana.post(f"/cases/{protocol}/replies/{reply}/{name}")
    assert the_reply(engine, reply).state is state


def test_resolving_publishes_once_and_names_the_protocol(ana: Visit, engine: Engine, protocol: str) -> None:
    assert ana.post(f"/cases/{protocol}/resolve", {"body": "Trocamos o produto."}).status_code == 303
    (reply,) = replies_of(engine, protocol)
    assert (reply.state, reply.purpose) == (ReplyState.APPROVED, ReplyPurpose.RESOLUTION)
    assert protocol in reply.body
    assert the_case(engine, protocol).state is CaseState.RESOLVED
    assert ana.post(f"/cases/{protocol}/resolve", {"body": "De novo"}).status_code == 409
    assert len(replies_of(engine, protocol)) == 1


def test_a_resolution_that_does_not_fit_closes_nothing(ana: Visit, engine: Engine, protocol: str) -> None:
    refused = ana.post(f"/cases/{protocol}/resolve", {"body": "longa " * 200})
    assert refused.status_code == 409
    assert "longa " * 200 in refused.text
    assert the_case(engine, protocol).state is CaseState.OPEN
    assert replies_of(engine, protocol) == []


def test_a_tag_is_corrected_with_and_without_a_script(ana: Visit, engine: Engine, protocol: str) -> None:
    address, read = f"/mentions/{mention_id(engine)}/correct", {"revision": "1"}
    ana.post(address, {"field": "sentiment", "value": "positive", **read})
    shown = ana.post(address, {"field": "type", "value": "praise", **read}, hx_request="true")
    assert shown.status_code == 200
    assert "Praise" in shown.text
    assert "Corrected by a person" in shown.text
    with reading(engine) as session:
        mention = session.exec(select(Mention)).one()
        verdict = session.get_one(VerdictRow, mention.verdict_id)
        assert (verdict.sentiment, verdict.type) == ("positive", "praise")
        assert {row.by for row in session.exec(select(Correction))} == {"Ana"}


def test_tags_are_corrected_on_a_page_of_their_own_without_a_script(ana: Visit, engine: Engine, protocol: str) -> None:
    listed = BeautifulSoup(ana.get("/mentions?channel=mastodon").text, "html.parser")
    link = listed.select_one(f"#tags-{mention_id(engine)} details a")
    assert link is not None
    page = BeautifulSoup(ana.get(str(link["href"])).text, "html.parser")
    form = next(f for f in page.select("form.segments") if f.select_one("input[value=urgency]"))
    fields = {str(field["name"]): str(field["value"]) for field in form.select("input")}
    answer = ana.post(str(form["action"]), {**fields, "value": "critical"})
    assert answer.headers["location"] == "/mentions?channel=mastodon"
    assert "Critical" in ana.get("/mentions").text
    assert "<html" not in ana.get(str(form["action"]), **{"hx-request": "true"}).text


def test_what_has_no_tags_has_none_to_correct(ana: Visit, engine: Engine, sources: dict[str, int]) -> None:
    waiting = a_lone_mention(engine, sources["mastodon"], "1")
    assert ana.get(f"/mentions/{waiting}/correct").status_code == 404
    assert ana.get("/mentions/999/correct").status_code == 404


def test_many_cases_are_taken_dismissed_and_brought_back(ana: Visit, engine: Engine, sources: dict[str, int]) -> None:
    protocols = [a_stored_case(engine, sources["mastodon"], str(n), author=an_author(str(n))) for n in range(3)]
    ids = [str(the_case(engine, protocol).id) for protocol in protocols]
    assert ana.post("/queue/act", {"act": "take", "case": ids}).status_code == 303
    assert {the_case(engine, protocol).assignee for protocol in protocols} == {"Ana"}
    shown = ana.post("/queue/act", {"act": "dismiss", "case": ids}, hx_request="true")
    assert "3 cases dismissed" in shown.text
    assert "Undo" in shown.text
    assert 'id="case-1-body"' in shown.text
    again = ana.post("/queue/act", {"act": "dismiss", "case": [*ids, "999"]}, hx_request="true")
    assert "4 stayed as they were" in again.text
    ana.post("/queue/act", {"act": "reopen", "case": ids})
    assert {the_case(engine, protocol).state for protocol in protocols} == {CaseState.TAKEN}


def test_noise_is_dismissed_in_bulk_and_what_has_a_case_is_not(
    ana: Visit, engine: Engine, sources: dict[str, int], protocol: str
) -> None:
    lone = a_lone_mention(engine, sources["mastodon"], "lone", text="ganhe seguidores", author=an_author("spam"))
    of_case = mention_id(engine)
    shown = ana.post("/mentions/dismiss", {"mention": [str(lone), of_case]}, hx_request="true")
    assert "1 mention marked as noise" in shown.text
    assert "1 belongs to a case" in shown.text
    assert "ganhe seguidores" not in ana.get("/mentions").text
    assert "ganhe seguidores" in ana.get("/mentions?noise=yes").text


def test_a_paused_source_is_resumed(ana: Visit, engine: Engine, sources: dict[str, int]) -> None:
    with transaction(engine) as session:
        source = session.get_one(Source, sources["mastodon"])
        source.paused_reason, source.next_poll_at = "401: the token was revoked", NOON + timedelta(days=1)
        session.add(source)
        session.add(Alarm(kind="source_paused", subject=f"source:{source.id}", message="401", raised_at=NOON))
    assert "the token was revoked" in ana.get("/sources").text
    assert ana.post(f"/sources/{sources['mastodon']}/resume").status_code == 303
    with reading(engine) as session:
        source = session.get_one(Source, sources["mastodon"])
        assert (source.paused_reason, source.next_poll_at) == ("", NOON)
        assert session.exec(select(Alarm)).one().cleared_at == NOON


def test_a_paused_account_is_resumed(ana: Visit, engine: Engine, sources: dict[str, int]) -> None:
    with transaction(engine) as session:
        account = session.exec(select(Account)).all()[0]
        account.paused_reason = "403: suspended"
        session.add(account)
    assert "403: suspended" in ana.get("/sources").text
    ana.post(f"/accounts/{account.id}/resume")
    assert "403: suspended" not in ana.get("/sources").text


def test_the_room_is_counted_as_the_channel_counts(ana: Visit, engine: Engine, sources: dict[str, int]) -> None:
    protocol = a_stored_case(engine, sources["x"])
    form = {"mention": mention_id(engine), "body": "https://exemplo.com.br/um/endereco/muito/longo/que/conta/23"}
    assert "257 characters left" in ana.post(f"/cases/{protocol}/room", form).text
    assert "20 characters too long" in ana.post(f"/cases/{protocol}/room", {**form, "body": "a" * 300}).text
    resolution = ana.post(f"/cases/{protocol}/room", {**form, "body": "a", "purpose": "resolution"}).text
    assert "279 characters left" not in resolution  # the protocol is counted too


def test_an_account_that_is_not_set_up_is_told_and_not_raised(
    ana: Visit, engine: Engine, sources: dict[str, int], protocol: str
) -> None:
    with transaction(engine) as session:
        for account in session.exec(select(Account)):
            account.name = f"gone-{account.id}"
            session.add(account)
    shown = ana.post(f"/cases/{protocol}/room", {"mention": mention_id(engine), "body": "Oi"})
    assert shown.status_code == 200
    assert "could not be counted" in shown.text
