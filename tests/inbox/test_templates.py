"""Ready texts in the inbox: written with a preview, kept in versions, put into an answer."""

from typing import Any

import pytest
from bs4 import BeautifulSoup
from fastapi import FastAPI
from sqlalchemy import Engine
from sqlmodel import select

from cases.templates import save
from database.engine import reading, transaction
from inbox.app import build_inbox
from models import Brand, CaseState, ReplyPurpose, ReplyState, Template, TimelineEvent
from settings import AutomationRule, BrandSettings, Settings
from tests.builders import NOON, a_brand
from tests.fakes import StandingClock
from tests.inbox.rows import SCRIPT, a_reply, a_stored_case, replies_of, the_case, the_reply
from tests.inbox.visit import Visit

TEXT = "Olá! Aqui é da {{ brand }}. Protocolo {{ protocol }}."
FORM = {"name": "saudação", "purpose": "answer", "channel": "", "lang": "pt", "body": TEXT, "after": "0"}


def a_text(engine: Engine, name: str = "saudação", body: str = TEXT, **fields: Any) -> int:
    """A stored text; its id."""
    values = {"purpose": ReplyPurpose.ANSWER, "channel": "", "lang": "pt", "by": "Bia", **fields}
    with transaction(engine) as session:
        brand = session.exec(select(Brand).where(Brand.slug == "aurora")).one()
        saved = save(
            session, brand, name, values["purpose"], values["channel"], values["lang"], body, values["by"], NOON
        )
        return saved.id or 0


def stored(engine: Engine) -> list[Template]:
    with reading(engine) as session:
        return list(session.exec(select(Template).order_by("id")))


def words_of(html: str, selector: str) -> str:
    return " ".join(" ".join(one.get_text(" ") for one in BeautifulSoup(html, "html.parser").select(selector)).split())


@pytest.mark.usefixtures("sources")
def test_a_text_is_written_and_listed_with_its_length_on_every_channel(ana: Visit, engine: Engine) -> None:
    made = ana.post("/templates/new", FORM)
    (one,) = stored(engine)
    assert (made.status_code, made.headers["location"]) == (303, f"/templates/{one.id}")
    assert (one.name, one.purpose, one.version, one.by, one.body) == ("saudação", "answer", 1, "Ana", TEXT)
    page = ana.get("/templates").text
    assert words_of(page, ".rows .row-head") == "saudação Every channel Portuguese"
    # "Olá! Aqui é da Loja Aurora. Protocolo 20260101-000001." has 54; Mastodon adds the name that it answers.
    fits = words_of(page, ".rows .fits")
    assert "X 226 characters left" in fits
    assert "Mastodon 414 characters left" in fits
    assert "Complaint site The length could not be counted: complaint_page needs the option 'list'" in fits


@pytest.mark.usefixtures("sources")
def test_the_preview_fills_the_text_in_and_counts_for_each_channel(ana: Visit) -> None:
    shown = ana.post("/templates/preview", {**FORM, "body": "{{ channel_name }}: {{ protocol }}"}, hx_request="true")
    assert "<html" not in shown.text
    assert words_of(shown.text, ".sample .words") == (
        "site de reclamações: 20260101-000001 Mastodon: 20260101-000001 X: 20260101-000001"
    )
    narrow = ana.post("/templates/preview", {**FORM, "channel": "x", "body": "a" * 281})
    assert words_of(narrow.text, ".fits") == "X 1 character too long"
    assert "does not fit this channel: X" in narrow.text
    assert ana.post("/templates/preview", {**FORM, "body": " "}).text.count("The text shows here") == 1


@pytest.mark.usefixtures("sources")
@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"body": ""}, "an empty one would say nothing"),
        ({"body": "{{ handle }}"}, "No part is named “handle”"),
        ({"body": "{{ mastodon }}"}, "No part is named “mastodon”"),
        ({"body": "{{ ''.__class__ }}"}, "Take this out: name.name"),
        ({"body": "{% for a in brand %}{% endfor %}"}, "Take this out: {% for %}"),
        ({"body": "{{ protocol"}, "could not be read"),
        ({"body": "Ligue (11) 91234-5678"}, "personal data in public (phone)"),
        ({"body": "a" * 281}, "does not fit this channel: X"),
        ({"name": " "}, "a name of 1 to 60"),
    ],
)
def test_a_text_that_cannot_be_used_is_refused_and_kept_in_the_form(
    ana: Visit, engine: Engine, form: dict[str, str], said: str
) -> None:
    answer = ana.post("/templates/new", {**FORM, **form})
    assert answer.status_code == 422
    assert said in words_of(answer.text, "#notice")
    kept = BeautifulSoup(answer.text, "html.parser").select_one("#template-body")
    assert kept is not None
    assert kept.get_text().strip() == form.get("body", TEXT)
    assert stored(engine) == []


@pytest.mark.usefixtures("sources")
def test_the_brands_own_contacts_may_stand(engine: Engine, settings: Settings, clock: StandingClock) -> None:
    brand = BrandSettings(slug="aurora", name="Loja Aurora", contacts=["(11) 91234-5678"])
    ana = Visit(build_inbox(engine, settings.model_copy(update={"brand": [brand]}), clock)).say_name("Ana")
    assert ana.post("/templates/new", {**FORM, "body": "Ligue (11) 91234-5678"}).status_code == 303


@pytest.mark.usefixtures("sources")
def test_a_change_is_a_new_version_in_a_history_with_who_and_when(ana: Visit, engine: Engine) -> None:
    first = a_text(engine)
    page = ana.get(f"/templates/{first}").text
    assert 'name="after" value="1"' in page
    changed = ana.post(f"/templates/{first}", {**FORM, "name": "another", "body": "Oi! {{ protocol }}", "after": "1"})
    assert changed.headers["location"] == f"/templates/{stored(engine)[1].id}"
    assert [(one.name, one.version) for one in stored(engine)] == [("saudação", 1), ("saudação", 2)]
    history = words_of(ana.get(f"/templates/{first}").text, ".versions ol")
    assert history.index("Version 2 Oi!") < history.index("Ana · 10 Mar 2026 12:00") < history.index("Version 1")
    assert "Bia ·" in history


@pytest.mark.usefixtures("sources")
def test_a_colleagues_version_is_read_before_it_is_written_over(ana: Visit, engine: Engine) -> None:
    first = a_text(engine)
    a_text(engine, body="Da Bia.")
    late = ana.post(f"/templates/{first}", {**FORM, "body": "Da Ana.", "after": "1"})
    assert late.status_code == 409
    assert "Somebody else changed" in late.text
    assert "Da Bia." in words_of(late.text, ".versions")
    form = BeautifulSoup(late.text, "html.parser").select_one("#template-form")
    assert form is not None
    assert "Da Ana." in form.get_text()
    assert ana.post(f"/templates/{first}", {**FORM, "body": "Da Ana.", "after": "2"}).status_code == 303
    assert [one.body for one in stored(engine)] == [TEXT, "Da Bia.", "Da Ana."]


@pytest.mark.usefixtures("sources")
def test_without_a_script_a_look_asks_for_the_page_and_stores_nothing(ana: Visit, engine: Engine) -> None:
    first = a_text(engine)
    a_text(engine, body="Da Bia, enquanto isso.")
    looked = ana.post(f"/templates/{first}", {**FORM, "body": "{{ brand|upper }}!", "then": "preview", "after": "1"})
    assert words_of(looked.text, "#template-preview .words") == "LOJA AURORA!"
    assert 'name="after" value="1"' in looked.text  # a look at one's own words is no look at hers
    new = ana.post("/templates/new", {**FORM, "name": "mais um", "then": "preview"})
    assert 'value="mais um"' in new.text
    assert len(stored(engine)) == 2


@pytest.mark.usefixtures("sources")
def test_a_text_is_taken_out_of_use_and_brought_back(ana: Visit, engine: Engine) -> None:
    first = a_text(engine)
    retired = ana.post(f"/templates/{first}/retire")
    page = ana.get(retired.headers["location"]).text
    assert "Out of use" in page
    assert "Version 2 · taken out of use" in words_of(page, ".versions")
    listed = ana.get("/templates").text
    assert "1 template out of use" in listed
    assert words_of(listed, ".texts") == ""
    assert ana.post(f"/templates/{first}/retire").status_code == 409
    assert ana.post(f"/templates/{first}", {**FORM, "after": "2"}).status_code == 303
    assert stored(engine)[-1].version == 3


@pytest.mark.usefixtures("sources")
def test_a_text_that_stands_already_is_not_written_twice(ana: Visit, engine: Engine) -> None:
    a_text(engine)
    again = ana.post("/templates/new", {**FORM, "body": "Outra coisa."})
    assert (again.status_code, "change it from the list" in again.text) == (422, True)
    other = ana.post("/templates/new", {**FORM, "purpose": "resolution", "lang": "en"})
    assert "another purpose" in other.text


@pytest.mark.usefixtures("sources")
def test_the_list_is_narrowed(ana: Visit, engine: Engine) -> None:
    a_text(engine, "geral")
    a_text(engine, "só-x", channel="x")
    a_text(engine, "hello", lang="en", purpose=ReplyPurpose.ACKNOWLEDGEMENT)
    with transaction(engine) as session:
        a_brand(session, "boreal")

    def found(query: str) -> set[str]:
        return set(words_of(ana.get(f"/templates?{query}").text, ".rows a.person").split())

    assert found("") == {"geral", "só-x", "hello"}
    assert found("channel=x") == {"geral", "só-x", "hello"}
    assert found("channel=mastodon") == {"geral", "hello"}
    assert found("lang=en") == {"hello"}
    assert found("purpose=answer") == {"geral", "só-x"}
    assert found("brand=boreal") == set()


@pytest.mark.usefixtures("sources")
def test_a_text_that_a_rule_asks_for_and_nobody_wrote_is_named(
    engine: Engine, settings: Settings, clock: StandingClock
) -> None:
    rules = [
        AutomationRule(purpose="answer", mode="approve", template="saudação"),
        AutomationRule(purpose="acknowledgement", mode="automatic", template="recebemos"),
        AutomationRule(purpose="resolution", mode="off", template="nunca"),
        AutomationRule(purpose="resolution", mode="draft", template="saudação"),  # of another purpose
    ]
    a_text(engine)
    ana = Visit(build_inbox(engine, settings.model_copy(update={"automation": rules}), clock)).say_name("Ana")
    page = ana.get("/templates").text
    assert words_of(page, ".missing b") == "recebemos saudação"
    link = BeautifulSoup(page, "html.parser").select_one(".missing a")
    assert link is not None
    form = ana.get(str(link["href"])).text
    assert 'value="recebemos"' in form
    assert '<option value="acknowledgement" selected>' in form


def test_before_there_is_a_brand_the_page_says_what_to_do(ana: Visit) -> None:
    assert "Write a brand into ouvidor.toml" in ana.get("/templates").text
    assert "Write a brand into ouvidor.toml" in ana.get("/templates/new").text
    assert ana.post("/templates/new", FORM).status_code == 422


@pytest.mark.usefixtures("sources")
def test_nobody_writes_a_text_without_a_name(visit: Visit, engine: Engine) -> None:
    first = a_text(engine)
    for path in ("/templates/new", f"/templates/{first}", f"/templates/{first}/retire"):
        refused = visit.post(path, {**FORM, "body": "Oi."})
        assert (refused.status_code, "Say who you are" in refused.text) == (422, True), path
    assert len(stored(engine)) == 1


@pytest.mark.usefixtures("sources")
def test_what_a_colleague_wrote_is_shown_and_never_run(ana: Visit, engine: Engine) -> None:
    first = a_text(engine, SCRIPT.format("name")[:60], SCRIPT.format("body"), by=SCRIPT.format("by"))
    protocol = a_stored_case(engine, 1)
    for path in ("/templates", f"/templates/{first}", f"/cases/{protocol}"):
        assert "<script>alert" not in ana.get(path).text, path


def test_a_text_is_put_behind_what_was_typed(ana: Visit, engine: Engine, sources: dict[str, int]) -> None:
    text = a_text(engine)
    protocol = a_stored_case(engine, sources["mastodon"])
    assert "saudação" in words_of(ana.get(f"/cases/{protocol}").text, "#pick")
    page = ana.post(f"/cases/{protocol}/template", {"mention": "1", "body": "Oi, Maria!\n", "pick": str(text)})
    assert page.status_code == 200
    box = BeautifulSoup(page.text, "html.parser").select_one("#body")
    assert box is not None
    assert box.get_text().strip() == f"Oi, Maria!\n\nOlá! Aqui é da Loja Aurora. Protocolo {protocol}."
    assert f'name="template" value="{text}"' in page.text
    assert replies_of(engine, protocol) == []


def test_an_answer_that_began_as_a_text_tells_its_version(ana: Visit, engine: Engine, sources: dict[str, int]) -> None:
    text = a_text(engine)
    protocol = a_stored_case(engine, sources["mastodon"])
    form = {"mention": "1", "body": "Olá, com as minhas palavras.", "template": str(text), "then": "draft"}
    assert ana.post(f"/cases/{protocol}/reply", form).status_code == 303
    with reading(engine) as session:
        told = session.exec(select(TimelineEvent.detail).where(TimelineEvent.kind == "drafted")).one()
    assert told == {"purpose": "answer", "template": "saudação", "version": "1", "template_id": str(text)}
    assert "Draft written: Answer, from the template saudação, version 1" in ana.get(f"/cases/{protocol}").text


def test_what_was_inserted_stays_named_when_the_answer_is_refused(
    ana: Visit, engine: Engine, sources: dict[str, int]
) -> None:
    text = a_text(engine)
    protocol = a_stored_case(engine, sources["x"])
    form = {"mention": "1", "body": "a" * 281, "template": str(text), "then": "approve"}
    refused = ana.post(f"/cases/{protocol}/reply", form)
    assert refused.status_code == 409
    assert f'name="template" value="{text}"' in refused.text


def test_picking_nothing_keeps_what_was_typed(ana: Visit, engine: Engine, sources: dict[str, int]) -> None:
    protocol = a_stored_case(engine, sources["mastodon"])
    page = ana.post(f"/cases/{protocol}/template", {"mention": "1", "body": "O que eu já escrevi", "pick": ""})
    assert "O que eu já escrevi" in page.text


def test_another_brands_text_cannot_be_inserted(ana: Visit, engine: Engine, sources: dict[str, int]) -> None:
    protocol = a_stored_case(engine, sources["mastodon"])
    with transaction(engine) as session:
        boreal = a_brand(session, "boreal")
        theirs = save(session, boreal, "deles", ReplyPurpose.ANSWER, "", "pt", "Da Boreal.", "Bia", NOON).id
    for field, path in (("pick", "template"), ("template", "reply")):
        refused = ana.post(f"/cases/{protocol}/{path}", {"mention": "1", "body": "Oi", field: str(theirs)})
        assert (refused.status_code, "Da Boreal" in refused.text) == (422, False)
    assert replies_of(engine, protocol) == []


def test_approving_a_proposed_resolution_closes_the_case(ana: Visit, engine: Engine, sources: dict[str, int]) -> None:
    protocol = a_stored_case(engine, sources["mastodon"])
    body = f"Que bom! Protocolo {protocol}"
    fields = {"purpose": ReplyPurpose.RESOLUTION, "automatic": True, "ready": True}
    reply_id = a_reply(engine, protocol, ReplyState.DRAFT, body=body, **fields)
    assert "Ready to approve" in ana.get(f"/cases/{protocol}").text
    approved = ana.post(f"/cases/{protocol}/replies/{reply_id}/edit", {"body": body, "then": "approve"})
    assert approved.status_code == 303
    assert the_reply(engine, reply_id).state is ReplyState.APPROVED
    assert the_case(engine, protocol).state is CaseState.RESOLVED
    assert len(replies_of(engine, protocol)) == 1


def test_a_prepared_draft_says_that_it_is_to_be_finished(
    app: FastAPI, ana: Visit, engine: Engine, sources: dict[str, int]
) -> None:
    protocol = a_stored_case(engine, sources["mastodon"])
    a_reply(engine, protocol, ReplyState.DRAFT, automatic=True)
    assert "To be finished" in ana.get(f"/cases/{protocol}").text
