"""What stands in the way of an answer, said in its box, and what a person may do about it there."""

from collections.abc import Callable

import pytest
from bs4 import BeautifulSoup, Tag
from sqlalchemy import Engine
from sqlmodel import col, select

from database.engine import reading, transaction
from inbox.app import build_inbox
from models import Case, CaseMention, Mention, Reply, ReplyState, Source, Visibility
from settings import DeliverySettings, Settings
from tests.builders import NOON, a_mention
from tests.fakes import StandingClock
from tests.inbox.rows import SCRIPT, a_reply, a_stored_case, case_row, replies_of, the_reply
from tests.inbox.visit import Visit

PHONE = "(11) 98765-4321"
CPF = "529.982.247-25"


@pytest.fixture
def protocol(engine: Engine, sources: dict[str, int]) -> str:
    return a_stored_case(engine, sources["mastodon"])


@pytest.fixture
def bia(engine: Engine, settings: Settings, clock: StandingClock) -> Visit:
    """A visitor called Bia where nobody approves their own words."""
    strict = settings.model_copy(update={"delivery": DeliverySettings(four_eyes=True)})
    return Visit(build_inbox(engine, strict, clock)).say_name("Bia")


def colleague(visit: Visit, name: str) -> Visit:
    return Visit(visit.app).say_name(name)


def mention_id(engine: Engine) -> str:
    with reading(engine) as session:
        return str(session.exec(select(Mention.id)).first())


def answer(engine: Engine, body: str, **fields: str) -> dict[str, str]:
    return {"mention": mention_id(engine), "body": body, "then": "approve", **fields}


def box(html: str, selector: str = "#compose") -> Tag:
    found = BeautifulSoup(html, "html.parser").select_one(selector)
    assert found is not None
    return found


def shown_fields(html: str, selector: str = "#compose form") -> dict[str, str]:
    """What the form would send, but for what a button says."""
    form = box(html, selector)
    fields = {str(f["name"]): str(f.get("value", "")) for f in form.select("input:not([type=checkbox])")}
    for choice in form.select("select"):
        picked = choice.select_one("option[selected]") or choice.select_one("option")
        assert picked is not None
        fields[str(choice["name"])] = str(picked["value"])
    return {**fields, **{str(area["name"]): area.get_text() for area in form.select("textarea")}}


def test_a_second_answer_is_asked_for_first(ana: Visit, engine: Engine, protocol: str) -> None:
    ana.post(f"/cases/{protocol}/reply", answer(engine, "Oi"))
    refused = ana.post(f"/cases/{protocol}/reply", answer(engine, "Mais uma coisa"))
    assert refused.status_code == 409
    assert "has an answer already" in box(refused.text).get_text()
    assert len(replies_of(engine, protocol)) == 1
    again = {**shown_fields(refused.text), "then": "again"}
    assert again["body"] == "Mais uma coisa"
    assert ana.post(f"/cases/{protocol}/reply", again).status_code == 303
    first, second = replies_of(engine, protocol)
    assert (second.state, second.body) == (ReplyState.APPROVED, "Mais uma coisa")
    assert second.sequence > first.sequence
    assert second.key != first.key


def test_a_second_answer_can_be_saved_without_sending_it(ana: Visit, engine: Engine, protocol: str) -> None:
    ana.post(f"/cases/{protocol}/reply", answer(engine, "Oi"))
    ana.post(f"/cases/{protocol}/reply", answer(engine, "Mais uma coisa", then="draft"))
    draft = replies_of(engine, protocol)[-1]
    path = f"/cases/{protocol}/replies/{draft.id}/edit"
    refused = ana.post(path, {"body": "Mais duas coisas", "then": "approve"})
    assert refused.status_code == 409
    assert the_reply(engine, draft.id or 0).body == "Mais uma coisa"
    fields = shown_fields(refused.text, f"#reply-{draft.id} form")
    assert fields["body"] == "Mais duas coisas"
    assert ana.post(path, {**fields, "then": "again"}).status_code == 303
    assert the_reply(engine, draft.id or 0).state is ReplyState.APPROVED


@pytest.mark.parametrize(("channel", "instead"), [("mastodon", "tick “In private”"), ("x", "out of the public")])
def test_what_must_not_stand_in_public_is_marked_in_the_text(
    ana: Visit, engine: Engine, sources: dict[str, int], channel: str, instead: str
) -> None:
    protocol = a_stored_case(engine, sources[channel])
    refused = ana.post(f"/cases/{protocol}/reply", answer(engine, f"{SCRIPT.format(1)}\r\nLigue {PHONE} já"))
    assert refused.status_code == 422
    compose = box(refused.text)
    assert [mark.get_text() for mark in compose.select("mark")] == [PHONE]
    assert "phone" in compose.get_text()
    assert instead in compose.get_text()
    assert compose.select("script") == []
    assert compose.select_one("#note-compose[required]") is not None
    assert replies_of(engine, protocol) == []


def test_one_finding_passes_with_a_reason(ana: Visit, engine: Engine, protocol: str) -> None:
    refused = ana.post(f"/cases/{protocol}/reply", answer(engine, f"A loja atende em {PHONE}"))
    fields = {**shown_fields(refused.text), "then": "override"}
    for note in ("", "  x "):
        nameless = ana.post(f"/cases/{protocol}/reply", {**fields, "note": note})
        assert nameless.status_code == 422
        assert "Say why it may stand in public" in nameless.text
        assert [mark.get_text() for mark in box(nameless.text).select("mark")] == [PHONE]
    assert replies_of(engine, protocol) == []
    ana.post(f"/cases/{protocol}/reply", {**fields, "note": "É o <b>celular</b> da loja"})
    (reply,) = replies_of(engine, protocol)
    assert (reply.state, reply.override, reply.override_note) == (
        ReplyState.APPROVED,
        "phone",
        "É o <b>celular</b> da loja",
    )
    shown = ana.get(f"/cases/{protocol}").text
    assert "&lt;b&gt;celular&lt;/b&gt;" in shown
    with transaction(engine) as session:
        sent = session.get_one(Reply, reply.id)
        sent.state, sent.posted_at, sent.external_id = ReplyState.VERIFIED, NOON, "7"
    published = box(ana.get(f"/cases/{protocol}").text, "#thread .ours")
    assert "É o <b>celular</b> da loja" in published.get_text()


def test_a_reason_lets_nothing_pass_unless_its_button_was_pressed(ana: Visit, engine: Engine, protocol: str) -> None:
    form = answer(engine, f"A loja atende em {PHONE}", override="phone", note="é da loja")
    assert ana.post(f"/cases/{protocol}/reply", form).status_code == 422
    wrong = answer(engine, f"A loja atende em {PHONE}", override="cpf", note="é da loja", then="override")
    assert ana.post(f"/cases/{protocol}/reply", wrong).status_code == 422
    assert replies_of(engine, protocol) == []


def test_of_several_findings_none_passes(ana: Visit, engine: Engine, protocol: str) -> None:
    refused = ana.post(f"/cases/{protocol}/reply", answer(engine, f"CPF {CPF}, telefone {PHONE}"))
    compose = box(refused.text)
    assert {mark.get_text() for mark in compose.select("mark")} == {CPF, PHONE}
    assert "Take the others out" in compose.get_text()
    assert compose.select_one('button[value="override"]') is None
    form = answer(engine, f"CPF {CPF}, telefone {PHONE}", override="phone", note="é da loja", then="override")
    assert ana.post(f"/cases/{protocol}/reply", form).status_code == 422
    assert replies_of(engine, protocol) == []


def test_a_second_answer_with_a_finding_keeps_what_was_said_of_it(ana: Visit, engine: Engine, protocol: str) -> None:
    ana.post(f"/cases/{protocol}/reply", answer(engine, "Oi"))
    refused = ana.post(f"/cases/{protocol}/reply", answer(engine, f"Ligue {PHONE}", then="again"))
    assert refused.status_code == 422
    assert "as a second answer" in box(refused.text).get_text()
    fields = {**shown_fields(refused.text), "then": "override", "note": "é da loja"}
    assert ana.post(f"/cases/{protocol}/reply", fields).status_code == 303
    assert replies_of(engine, protocol)[-1].override == "phone"


def test_a_resolution_with_a_finding_closes_nothing_until_it_passes(ana: Visit, engine: Engine, protocol: str) -> None:
    refused = ana.post(f"/cases/{protocol}/resolve", {"body": f"Ligue {PHONE}"})
    assert refused.status_code == 422
    assert [mark.get_text() for mark in box(refused.text, "#resolve").select("mark")] == [PHONE]
    assert box(refused.text, "#compose").select("mark") == []
    fields = shown_fields(refused.text, "#resolve form")
    assert fields["body"] == f"Ligue {PHONE}"
    ana.post(f"/cases/{protocol}/resolve", {**fields, "then": "override", "note": "é da loja"})
    (reply,) = replies_of(engine, protocol)
    assert (reply.state, reply.override) == (ReplyState.APPROVED, "phone")


def test_the_brands_own_contacts_may_stand(
    engine: Engine, settings: Settings, clock: StandingClock, protocol: str
) -> None:
    brand = settings.brand[0].model_copy(update={"contacts": [PHONE]})
    ours = Visit(build_inbox(engine, settings.model_copy(update={"brand": [brand]}), clock)).say_name("Ana")
    counted = ours.post(f"/cases/{protocol}/room", {"mention": mention_id(engine), "body": f"Ligue {PHONE}"})
    assert "Cannot go out" not in counted.text
    assert ours.post(f"/cases/{protocol}/reply", answer(engine, f"Ligue {PHONE}")).status_code == 303


def test_the_count_tells_a_finding_early_and_in_public_alone(ana: Visit, engine: Engine, protocol: str) -> None:
    form = {"mention": mention_id(engine), "body": f"CPF {CPF}, telefone {PHONE}, e de novo {PHONE}"}
    public = ana.post(f"/cases/{protocol}/room", form).text
    assert public.count("phone") == 1
    assert "CPF" in public
    assert "characters left" in public
    assert "Cannot go out" not in ana.post(f"/cases/{protocol}/room", {**form, "private": "yes"}).text
    assert "Cannot go out" not in ana.post(f"/cases/{protocol}/room", {**form, "body": f"Protocolo {protocol}"}).text


def test_one_writes_and_another_approves(bia: Visit, engine: Engine, protocol: str) -> None:
    compose = box(bia.get(f"/cases/{protocol}").text)
    assert compose.select_one('button[value="approve"]') is None
    assert "Ask a colleague to approve" in compose.get_text()
    bia.post(f"/cases/{protocol}/reply", answer(engine, "Oi, Maria", then="draft"))
    (draft,) = replies_of(engine, protocol)
    mine = box(bia.get(f"/cases/{protocol}").text, f"#reply-{draft.id}")
    assert mine.select_one('button[value="approve"]') is None
    assert "anybody else of the team" in mine.get_text()
    carla = colleague(bia, "Carla")
    theirs = box(carla.get(f"/cases/{protocol}").text, f"#reply-{draft.id}")
    assert "Written by Bia" in theirs.get_text()
    path = f"/cases/{protocol}/replies/{draft.id}/edit"
    assert carla.post(path, {**shown_fields(str(theirs), "form"), "then": "approve"}).status_code == 303
    approved = the_reply(engine, draft.id or 0)
    assert (approved.state, approved.approved_by) == (ReplyState.APPROVED, "Carla")


def test_who_writes_and_approves_at_once_is_refused_and_loses_nothing(
    bia: Visit, engine: Engine, protocol: str
) -> None:
    refused = bia.post(f"/cases/{protocol}/reply", answer(engine, "Oi, Maria"))
    assert refused.status_code == 409
    assert "Who writes does not approve" in box(refused.text).get_text()
    assert shown_fields(refused.text)["body"] == "Oi, Maria"
    assert replies_of(engine, protocol) == []


def test_who_changes_anothers_text_no_longer_approves_it(bia: Visit, engine: Engine, protocol: str) -> None:
    reply = a_reply(engine, protocol, ReplyState.DRAFT, body="Oi")  # written by Ana
    path = f"/cases/{protocol}/replies/{reply}/edit"
    refused = bia.post(path, {"body": "Oi, Maria", "then": "approve"})
    assert refused.status_code == 409
    assert the_reply(engine, reply).body == "Oi"
    assert bia.post(path, {"body": "Oi\r\n", "then": "approve"}).status_code == 303
    assert the_reply(engine, reply).state is ReplyState.APPROVED


def test_automations_proposal_is_marked_and_becomes_a_persons_when_changed(
    bia: Visit, engine: Engine, protocol: str
) -> None:
    reply = a_reply(engine, protocol, ReplyState.DRAFT, body="Olá!", automatic=True, ready=True)
    proposal = box(bia.get(f"/cases/{protocol}").text, f"#reply-{reply}")
    assert "Proposed by automation" in proposal.get_text()
    assert [button.get("value") for button in proposal.select("button")] == [None, "", "approve"]
    path = f"/cases/{protocol}/replies/{reply}/edit"
    assert bia.post(path, {"body": "Olá, Maria!", "then": "approve"}).status_code == 409  # her own words by now
    assert the_reply(engine, reply).automatic
    bia.post(path, {"body": "Olá, Maria!"})
    assert not the_reply(engine, reply).automatic
    assert "Proposed by automation" not in bia.get(f"/cases/{protocol}").text


def test_automations_proposal_is_approved_as_it_stands(bia: Visit, engine: Engine, protocol: str) -> None:
    reply = a_reply(engine, protocol, ReplyState.DRAFT, body="Olá!", automatic=True, ready=True)
    bia.post(f"/cases/{protocol}/replies/{reply}/edit", {"body": "Olá!", "then": "approve"})
    approved = the_reply(engine, reply)
    assert (approved.state, approved.approved_by, approved.automatic) == (ReplyState.APPROVED, "Bia", False)


@pytest.mark.parametrize(
    ("said", "state"),
    [({}, ReplyState.DRAFT), ({"others": "reject"}, ReplyState.DISCARDED), ({"others": "x"}, "draft")],
)
def test_approving_one_of_several_drafts_says_what_becomes_of_the_others(
    ana: Visit, engine: Engine, protocol: str, said: dict[str, str], state: ReplyState
) -> None:
    first = a_reply(engine, protocol, ReplyState.DRAFT, body="um")
    assert "On approval, discard" not in ana.get(f"/cases/{protocol}").text.partition('id="compose"')[0]
    second = a_reply(engine, protocol, ReplyState.DRAFT, body="dois")
    html = ana.get(f"/cases/{protocol}").text
    assert "discard the other draft for this post" in box(html, f"#reply-{first}").get_text()
    ana.post(f"/cases/{protocol}/replies/{first}/edit", {"body": "um", "then": "approve", **said})
    assert the_reply(engine, first).state is ReplyState.APPROVED
    assert the_reply(engine, second).state == state


def test_a_new_answer_may_take_the_drafts_place(ana: Visit, engine: Engine, protocol: str) -> None:
    draft = a_reply(engine, protocol, ReplyState.DRAFT)
    assert box(ana.get(f"/cases/{protocol}").text).select_one('input[name="others"]') is not None
    ana.post(f"/cases/{protocol}/reply", answer(engine, "Melhor assim", others="reject"))
    assert the_reply(engine, draft).state is ReplyState.DISCARDED
    assert "another one for the same post was approved" in ana.get(f"/cases/{protocol}").text


def test_a_private_message_may_ask_for_anything_and_is_marked(ana: Visit, engine: Engine, protocol: str) -> None:
    assert box(ana.get(f"/cases/{protocol}").text).select_one("input#private:not([checked])") is not None
    ana.post(f"/cases/{protocol}/reply", answer(engine, f"Confirma o CPF {CPF}?", private="yes"))
    (reply,) = replies_of(engine, protocol)
    assert (reply.state, reply.private) == (ReplyState.APPROVED, True)
    marked = box(ana.get(f"/cases/{protocol}").text, f"#reply-{reply.id}")
    assert "private" in marked["class"]
    assert "In private" in marked.get_text()


def test_a_private_draft_stays_private_when_it_is_changed(ana: Visit, engine: Engine, protocol: str) -> None:
    ana.post(f"/cases/{protocol}/reply", answer(engine, "Qual o CPF?", private="yes", then="draft"))
    (draft,) = replies_of(engine, protocol)
    fields = shown_fields(ana.get(f"/cases/{protocol}").text, f"#reply-{draft.id} form")
    assert fields["private"] == "yes"
    ana.post(f"/cases/{protocol}/replies/{draft.id}/edit", {"body": f"É o {CPF}?", "then": "approve"})
    approved = the_reply(engine, draft.id or 0)
    assert (approved.state, approved.private) == (ReplyState.APPROVED, True)


def test_who_wrote_to_us_alone_is_answered_alone(ana: Visit, engine: Engine, sources: dict[str, int]) -> None:
    protocol = a_stored_case(engine, sources["mastodon"], visibility=Visibility.PRIVATE)
    compose = box(ana.get(f"/cases/{protocol}").text)
    assert compose.select_one("input#private[checked]") is not None
    public, *rest = compose.select("p.why")
    assert "in-public" in public["class"]
    assert rest == []
    assert ana.post(f"/cases/{protocol}/reply", answer(engine, "Oi")).status_code == 422
    assert ana.post(f"/cases/{protocol}/reply", answer(engine, "Oi", private="yes")).status_code == 303


@pytest.mark.parametrize("then", ["draft", "approve"])
def test_nothing_private_is_written_where_everything_is_public(
    ana: Visit, engine: Engine, sources: dict[str, int], then: str
) -> None:
    protocol = a_stored_case(engine, sources["complaint_page"])
    assert box(ana.get(f"/cases/{protocol}").text).select_one("#private") is None
    refused = ana.post(f"/cases/{protocol}/reply", answer(engine, f"CPF {CPF}?", private="yes", then=then))
    assert refused.status_code == 422
    assert "no way to write to one person alone" in refused.text
    assert replies_of(engine, protocol) == []


def test_a_private_draft_goes_nowhere_once_its_channel_has_no_private_way(
    ana: Visit, engine: Engine, sources: dict[str, int]
) -> None:
    protocol = a_stored_case(engine, sources["complaint_page"])
    reply = a_reply(engine, protocol, ReplyState.DRAFT, body="Qual o CPF?", private=True)
    refused = ana.post(f"/cases/{protocol}/replies/{reply}/edit", {"body": "Qual o CPF?", "then": "approve"})
    assert refused.status_code == 422
    assert the_reply(engine, reply).state is ReplyState.DRAFT


@pytest.mark.parametrize(
    ("lang", "sentence"),
    [
        ("pt", "Já falamos com você por mensagem privada aqui."),
        ("en", "We have written to you here in private."),
        ("es", "Te escribimos aquí por privado."),
        ("fr", "Já falamos com você por mensagem privada aqui."),  # the settings' language
    ],
)
def test_a_private_message_that_is_out_offers_a_sentence_for_the_public(
    ana: Visit, engine: Engine, protocol: str, lang: str, sentence: str
) -> None:
    with transaction(engine) as session:
        case = case_row(session, protocol)
        case.lang = lang
        session.add(case)
    reply = a_reply(engine, protocol, ReplyState.APPROVED, private=True, body="Só para você")
    assert sentence not in ana.get(f"/cases/{protocol}?say=private").text
    with transaction(engine) as session:
        posted = session.get_one(Reply, reply)
        posted.state, posted.external_id = ReplyState.POSTED, "p1"
        session.add(posted)
    html = ana.get(f"/cases/{protocol}").text
    assert "In private" in box(html, "#thread .private").get_text()
    offer = box(html).select_one("[data-say]")
    assert offer is not None
    assert offer["data-say"] == sentence
    # Without a script the link opens the page with the sentence in its box.
    assert shown_fields(ana.get(str(offer["href"]).partition("#")[0]).text)["body"] == sentence


def test_a_public_answer_offers_no_such_sentence(ana: Visit, engine: Engine, protocol: str) -> None:
    a_reply(engine, protocol, ReplyState.VERIFIED)
    assert "data-say" not in ana.get(f"/cases/{protocol}").text
    assert "private" not in box(ana.get(f"/cases/{protocol}").text, "#thread .ours")["class"]


def test_a_refusal_is_explained_in_portuguese_too(
    visitor_in: Callable[[str], Visit], engine: Engine, protocol: str
) -> None:
    visit = visitor_in("pt").say_name("Ana")
    visit.post(f"/cases/{protocol}/reply", answer(engine, "Oi"))
    assert "Enviar uma segunda resposta" in visit.post(f"/cases/{protocol}/reply", answer(engine, "Oi 2")).text
    found = visit.post(f"/cases/{protocol}/reply", answer(engine, f"Ligue {PHONE}", then="again")).text
    assert "O texto mostra dado pessoal: telefone" in found


def an_edit(engine: Engine) -> None:
    with transaction(engine) as session:
        mention = session.exec(select(Mention)).one()
        mention.text, mention.text_revision = "Já resolveram, obrigada!", mention.text_revision + 1
        session.add(mention)


def a_deletion(engine: Engine) -> None:
    with transaction(engine) as session:
        mention = session.exec(select(Mention).order_by(col(Mention.id).desc())).first()
        assert mention is not None
        mention.deleted_at = NOON
        session.add(mention)


def a_further_word(engine: Engine) -> None:
    with transaction(engine) as session:
        first = session.exec(select(Mention)).one()
        source = session.exec(select(Source).where(Source.channel == first.channel)).one()
        further = a_mention(session, source, "2", thread_external_id=first.thread, text="Agora quebrou de vez.")
        case = session.exec(select(Case)).one()
        session.add(CaseMention(mention_id=further.id or 0, case_id=case.id or 0, linked_at=NOON))


@pytest.mark.parametrize("happens", [an_edit, a_further_word])
@pytest.mark.parametrize("form", ["#compose form", "form[action$='/resolve']", "form[action$='/edit']"])
def test_who_answers_from_a_page_that_lacks_the_customers_last_word_reads_it_first(
    ana: Visit, engine: Engine, protocol: str, form: str, happens: Callable[[Engine], None]
) -> None:
    a_reply(engine, protocol, ReplyState.DRAFT, body="Oi")
    page = ana.get(f"/cases/{protocol}").text
    path, fields = str(box(page, form)["action"]), {**shown_fields(page, form), "body": "Olá!", "then": "approve"}
    happens(engine)
    refused = ana.post(path, fields)
    assert refused.status_code == 409
    assert "the customer wrote, edited or deleted something" in refused.text
    assert [reply.state for reply in replies_of(engine, protocol)] == [ReplyState.DRAFT]
    assert shown_fields(refused.text, form)["body"] == "Olá!"
    again = {**shown_fields(refused.text, form), "then": "approve"}
    assert again["heard"] != fields["heard"]
    sent = ana.post(path, again)
    assert sent.status_code == 303, box(sent.text, "[role=alert]").get_text()
    assert ReplyState.APPROVED in [reply.state for reply in replies_of(engine, protocol)]


def test_what_the_customer_deleted_since_is_told_as_well(ana: Visit, engine: Engine, protocol: str) -> None:
    a_further_word(engine)
    fields = {**shown_fields(ana.get(f"/cases/{protocol}").text), "body": "Olá!", "then": "approve"}
    a_deletion(engine)
    assert ana.post(f"/cases/{protocol}/reply", fields).status_code == 409
    assert replies_of(engine, protocol) == []


def test_a_text_is_saved_from_an_old_page(ana: Visit, engine: Engine, protocol: str) -> None:
    fields = {**shown_fields(ana.get(f"/cases/{protocol}").text), "body": "Olá!"}
    a_further_word(engine)
    assert ana.post(f"/cases/{protocol}/reply", fields).status_code == 303
    assert [reply.state for reply in replies_of(engine, protocol)] == [ReplyState.DRAFT]
