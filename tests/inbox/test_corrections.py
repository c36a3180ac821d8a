"""Everything the classifier said, shown and corrected: marks in the lists, the panel with its reasons, the review."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from bs4 import BeautifulSoup, Tag
from fastapi import FastAPI
from sqlalchemy import Engine
from sqlmodel import select

from database.engine import reading, transaction
from database.review import asks_for_review
from inbox.app import build_inbox
from listeners.purge import purge
from models import Correction, Mention, MentionType, Reply, Source, Urgency, VerdictRow
from settings import Settings
from tests.builders import NOON, a_mention, a_verdict, an_author
from tests.fakes import StandingClock
from tests.inbox.fakes import Silent, Telling
from tests.inbox.rows import SCRIPT, a_stored_case
from tests.inbox.visit import Visit


def a_tagged(engine: Engine, source_id: int, number: str = "1", *, text: str = "Não chegou", **verdict: Any) -> int:
    """A mention without a case and its verdict, for review when the verdict leaves open what people act by; its id."""
    with transaction(engine) as session:
        mention = a_mention(
            session, session.get_one(Source, source_id), number, text=text, author=an_author(f"u{number}")
        )
        row = a_verdict(session, mention, **verdict)
        row.needs_review = asks_for_review(row.abstained, spam=row.spam, type_=row.type, urgency=row.urgency)
        session.add(row)
        return mention.id or 0


@pytest.fixture
def with_classifier(engine: Engine, settings: Settings, clock: StandingClock) -> Callable[[Telling | Silent], Visit]:
    """Ana, over an inbox that has the given classifier at hand."""

    def visit(classifier: Telling | Silent) -> Visit:
        app: FastAPI = build_inbox(engine, settings, clock, classifier=classifier)
        return Visit(app).say_name("Ana")

    return visit


def soup(html: str) -> BeautifulSoup:
    return BeautifulSoup(html, "html.parser")


def one(page: BeautifulSoup | Tag, selector: str) -> Tag:
    found = page.select(selector)
    assert len(found) == 1, (selector, len(found))
    return found[0]


def words(element: Tag) -> str:
    return " ".join(element.get_text(" ").split())


def the_form(html: str, field: str) -> Tag:
    return next(f for f in soup(html).select("form.segments") if f.select_one(f'input[name="field"][value="{field}"]'))


def sent(html: str, field: str, button: Tag) -> dict[str, str]:
    """What pressing a button of a field's form sends."""
    hidden = {str(i["name"]): str(i["value"]) for i in the_form(html, field).select("input") if i["name"] != "token"}
    return hidden | {str(button["name"]): str(button["value"])}


def said(field: str, value: str, revision: int = 1) -> dict[str, str]:
    """The form of somebody who read that text."""
    return {"field": field, "value": value, "revision": str(revision)}


def pressed(html: str, field: str) -> list[str]:
    return [words(button) for button in the_form(html, field).select('button[aria-pressed="true"]')]


ALL_OF_IT: dict[str, Any] = {
    "spam": True,
    "holds": ["legal"],
    "topics": ["delivery", "app"],
    "personal_data": ["cpf", "phone"],
    "rule": "documents <b>in</b> public",
    "abstained": ["sentiment", "holds"],
}


def test_the_list_and_the_case_show_all_that_was_said(visit: Visit, engine: Engine, sources: dict[str, int]) -> None:
    mention_id = a_tagged(engine, sources["mastodon"], **ALL_OF_IT)
    pills = words(one(soup(visit.get("/mentions").text), f"#pills-{mention_id}"))
    assert pills == "Complaint Negative not sure Normal Spam Legal Special care not sure"
    notes = words(one(soup(visit.get("/mentions").text), f"#notes-{mention_id}"))
    assert notes == "Topics: Delivery · App and site Personal data: CPF, phone By rule “ documents <b>in</b> public ”"
    protocol = a_stored_case(engine, sources["x"], "2", author=an_author("b"))
    with transaction(engine) as session:
        for name, value in ALL_OF_IT.items():
            row = session.exec(select(VerdictRow).where(VerdictRow.mention_id != mention_id)).one()
            setattr(row, name, value)
            session.add(row)
    case = soup(visit.get(f"/cases/{protocol}").text)
    assert words(one(case, ".thread .pills")) == pills
    assert words(one(case, ".thread .notes")) == notes


def test_what_says_nothing_takes_no_room(visit: Visit, engine: Engine, sources: dict[str, int]) -> None:
    mention_id = a_tagged(engine, sources["mastodon"], topics=["other"])
    page = soup(visit.get("/mentions").text)
    assert words(one(page, f"#pills-{mention_id}")) == "Complaint Negative Normal"
    assert words(one(page, f"#notes-{mention_id}")) == ""


def test_the_panel_tells_confidence_and_reasons_when_it_is_opened(
    with_classifier: Callable[[Telling | Silent], Visit], engine: Engine, sources: dict[str, int]
) -> None:
    telling = Telling(
        type=(("obrigada", -0.4), ("não chegou", 1.5), ("x", 0.001)),
        holds=((SCRIPT.format("why"), 2.0),),
    )
    ana = with_classifier(telling)
    mention_id = a_tagged(
        engine,
        sources["mastodon"],
        version="telling-1",
        confidence={"type": 0.824, "urgency": 0.5},
        abstained=["urgency"],
    )
    ana.get("/mentions")
    assert telling.asked == []
    html = ana.get(f"/mentions/{mention_id}/correct", **{"hx-request": "true"}).text
    assert telling.asked == ["Não chegou"]
    assert "82 % sure" in words(the_form(html, "type"))
    assert "not sure 50 % sure" in words(the_form(html, "urgency"))
    assert [words(li) for li in the_form(html, "type").select("li")] == ["não chegou +1.50", "obrigada \u22120.40"]
    assert "<script>" not in html
    assert "another version" not in html
    assert "+ for what the classifier said" in html


def test_reasons_of_another_version_and_of_none_are_told(
    with_classifier: Callable[[Telling | Silent], Visit], engine: Engine, sources: dict[str, int]
) -> None:
    address = f"/mentions/{a_tagged(engine, sources['mastodon'], version='telling-1')}/correct"
    assert (
        "another version tagged this text"
        in with_classifier(Telling("telling-2", type=(("a", 1.0),))).get(address).text
    )
    assert "No word of this text weighed" in with_classifier(Telling(type=())).get(address).text
    assert "does not tell which words" in with_classifier(Silent()).get(address).text


def test_the_words_of_a_deleted_post_are_not_asked_for(
    with_classifier: Callable[[Telling | Silent], Visit], engine: Engine, sources: dict[str, int]
) -> None:
    mention_id = a_tagged(engine, sources["mastodon"])
    with transaction(engine) as session:
        mention = session.get_one(Mention, mention_id)
        mention.text, mention.deleted_at = "", NOON
        session.add(mention)
    telling = Telling()
    assert with_classifier(telling).get(f"/mentions/{mention_id}/correct").status_code == 200
    assert telling.asked == []


@pytest.mark.parametrize(
    ("field", "press", "then"),
    [
        ("type", "Praise", ["Praise"]),
        ("sentiment", "Neutral", ["Neutral"]),
        ("urgency", "High", ["High"]),
        ("complaint", "No", ["No"]),
        ("spam", "Yes", ["Yes"]),
        ("lang", "Spanish", ["Spanish"]),
        ("holds", "Press", ["Legal", "Press"]),
        ("holds", "Legal", []),
        ("topics", "Refund and exchange", ["Delivery", "Refund and exchange"]),
        ("topics", "Delivery", ["Other"]),
        ("topics", "Other", ["Other"]),
    ],
)
def test_one_click_corrects_each_field(
    ana: Visit, engine: Engine, sources: dict[str, int], field: str, press: str, then: list[str]
) -> None:
    mention_id = a_tagged(engine, sources["mastodon"], holds=["legal"], topics=["delivery"])
    address = f"/mentions/{mention_id}/correct"
    page = ana.get(address, **{"hx-request": "true"}).text
    form = the_form(page, field)
    button = next(b for b in form.select("button") if words(b) == press)
    shown = ana.post(str(form["hx-post"]), sent(page, field, button), hx_request="true")
    assert shown.status_code == 200
    assert pressed(shown.text, field) == then
    assert "Corrected by Ana" in words(the_form(shown.text, field))
    assert shown.headers["hx-trigger"] == "reviewed"
    assert one(soup(shown.text), f"#pills-{mention_id}")["hx-swap-oob"] == "outerHTML"
    with reading(engine) as session:
        correction = session.exec(select(Correction)).one()
        assert (correction.field, correction.by, correction.at) == (field, "Ana", NOON)
        assert session.exec(select(Reply)).all() == []


@pytest.mark.parametrize("field", ["type", "sentiment", "urgency", "spam", "holds", "topics"])
def test_what_is_right_is_confirmed_with_one_click_and_leaves_the_review(
    ana: Visit, engine: Engine, sources: dict[str, int], field: str
) -> None:
    mention_id = a_tagged(engine, sources["mastodon"], topics=["app", "delivery"], abstained=[field, "lang"])
    address = f"/mentions/{mention_id}/correct"
    before = ana.get(address, **{"hx-request": "true"}).text
    confirm = one(soup(before), f"#confirm-{mention_id}-{field}")
    assert words(confirm) == "✓ It is right"
    for _ in range(2):
        shown = ana.post(address, sent(before, field, confirm), hx_request="true").text
    assert pressed(shown, field) == pressed(before, field)
    assert "Confirmed by Ana" in words(the_form(shown, field))
    assert not soup(shown).select(f"#confirm-{mention_id}-{field}")
    assert "Nothing to review" in ana.get("/mentions?review=yes").text
    with reading(engine) as session:
        (correction,) = session.exec(select(Correction)).all()
        assert correction.was == correction.now


def test_after_a_click_the_reasons_stay_without_being_asked_for_again(
    with_classifier: Callable[[Telling | Silent], Visit], engine: Engine, sources: dict[str, int]
) -> None:
    telling = Telling(type=(("não chegou", 1.5),), sentiment=(("não chegou", 1.1),))
    ana = with_classifier(telling)
    mention_id = a_tagged(engine, sources["mastodon"])
    shown = soup(ana.post(f"/mentions/{mention_id}/correct", said("type", "praise"), hx_request="true").text)
    assert telling.asked == []
    assert one(shown, f"#why-{mention_id}-sentiment").has_attr("hx-preserve")
    assert not shown.select(f"#why-{mention_id}-type")  # they spoke for what a person has set right


@pytest.mark.parametrize("panel", [{"hx-request": "true"}, {}])
def test_a_page_that_shows_a_text_of_before_an_edit_corrects_nothing(
    ana: Visit, engine: Engine, sources: dict[str, int], panel: dict[str, str]
) -> None:
    mention_id = a_tagged(engine, sources["mastodon"])
    address = f"/mentions/{mention_id}/correct"
    listed = str(one(soup(ana.get("/mentions").text), f"#panel-{mention_id}")["hx-get"])
    before = ana.get(address).text
    with transaction(engine) as session:
        mention = session.get_one(Mention, mention_id)
        mention.text, mention.text_revision = "Já chegou, obrigada!", 2
        a_verdict(session, mention)
    if panel:
        before = ana.get(listed, **panel).text  # opened after the edit, over a list of before it
    button = next(b for b in the_form(before, "type").select("button") if words(b) == "Praise")
    refused = ana.post(address, sent(before, "type", button), hx_request="true")
    assert refused.status_code == 409
    assert "the post was edited" in refused.text
    after = ana.get(address).text
    assert ana.post(address, sent(after, "type", button), hx_request="true").status_code == 200


@pytest.mark.parametrize("panel", [{"hx-request": "true"}, {}])
def test_a_page_that_shows_a_post_which_its_author_deleted_corrects_nothing(
    ana: Visit, engine: Engine, sources: dict[str, int], panel: dict[str, str]
) -> None:
    mention_id = a_tagged(engine, sources["mastodon"], abstained=["type"])
    address = f"/mentions/{mention_id}/correct"
    before = ana.get(address, **panel).text
    with transaction(engine) as session:
        purge(session, session.get_one(Mention, mention_id), NOON)
    confirm = one(soup(before), f"#confirm-{mention_id}-type")
    praise = next(b for b in the_form(before, "type").select("button") if words(b) == "Praise")
    for button in (praise, confirm):
        refused = ana.post(address, sent(before, "type", button), hx_request="true" if panel else "false")
        assert refused.status_code == 409
        assert "edited or deleted" in refused.text
    after = soup(ana.get(address, **panel).text)
    assert not after.select("form.segments")
    assert words(one(after, ".gone")) == "Deleted by its author"
    with reading(engine) as session:
        assert session.exec(select(Correction)).all() == []


@pytest.mark.parametrize("revision", [{}, {"revision": ""}, {"revision": "x"}])
def test_a_form_that_does_not_say_which_text_was_read_corrects_nothing(
    ana: Visit, engine: Engine, sources: dict[str, int], revision: dict[str, str]
) -> None:
    mention_id = a_tagged(engine, sources["mastodon"])
    refused = ana.post(f"/mentions/{mention_id}/correct", {"field": "type", "value": "praise", **revision})
    assert refused.status_code == 422
    assert "A value will not do. In detail: revision" in refused.text
    with reading(engine) as session:
        assert session.exec(select(Correction)).all() == []


def test_no_topic_is_taken_away_that_the_page_did_not_show(ana: Visit, engine: Engine, sources: dict[str, int]) -> None:
    mention_id = a_tagged(engine, sources["mastodon"], topics=["app"])
    address = f"/mentions/{mention_id}/correct"
    before = ana.get(address).text
    ana.post(address, said("topics", "+delivery"))
    other = one(soup(before), f"#set-{mention_id}-topics-other")
    refused = ana.post(address, sent(before, "topics", other), hx_request="true")
    assert refused.status_code == 409
    assert "somebody else set this tag" in refused.text
    app = one(soup(before), f"#set-{mention_id}-topics-app")
    shown = ana.post(address, sent(before, "topics", app), hx_request="true").text
    assert pressed(shown, "topics") == ["Delivery"]
    other = one(soup(shown), f"#set-{mention_id}-topics-other")
    shown = ana.post(address, sent(shown, "topics", other), hx_request="true").text
    assert pressed(shown, "topics") == ["Other"]


def test_a_confirmation_on_an_old_page_does_not_undo_a_colleague(
    ana: Visit, engine: Engine, sources: dict[str, int]
) -> None:
    mention_id = a_tagged(engine, sources["mastodon"], urgency=Urgency.LOW, abstained=["urgency", "holds"])
    address = f"/mentions/{mention_id}/correct"
    before = ana.get(address).text
    ana.post(address, said("urgency", "critical"))
    ana.post(address, said("holds", "+legal"))
    for field in ("urgency", "holds"):
        confirm = one(soup(before), f"#confirm-{mention_id}-{field}")
        refused = ana.post(address, sent(before, field, confirm), hx_request="true")
        assert refused.status_code == 409
        assert "somebody else set this tag" in refused.text
    after = ana.get(address).text
    assert (pressed(after, "urgency"), pressed(after, "holds")) == (["Critical"], ["Legal"])


def test_words_that_speak_for_another_value_than_the_one_shown_are_left_out(
    with_classifier: Callable[[Telling | Silent], Visit], engine: Engine, sources: dict[str, int]
) -> None:
    weighed = (("não chegou", 1.5),)
    ana = with_classifier(Telling(type=weighed, urgency=weighed))
    by_the_reach = a_tagged(engine, sources["mastodon"], "1", urgency=Urgency.CRITICAL, rule="of reach")
    html = ana.get(f"/mentions/{by_the_reach}/correct").text
    assert the_form(html, "type").select("li")
    assert not the_form(html, "urgency").select("li")
    implied = a_tagged(engine, sources["mastodon"], "2", confidence={"type": 0.97})
    ana.post(f"/mentions/{implied}/correct", said("complaint", "false"))
    html = ana.get(f"/mentions/{implied}/correct").text
    assert not the_form(html, "type").select("li")
    assert "97" not in words(the_form(html, "type"))


def test_the_review_counts_and_lists_what_waits_for_a_person(
    ana: Visit, engine: Engine, sources: dict[str, int]
) -> None:
    waiting = a_tagged(engine, sources["mastodon"], "1", text="o que espera", abstained=["type"])
    a_tagged(engine, sources["x"], "2", text="também espera", abstained=["holds"])
    a_tagged(engine, sources["mastodon"], "3", text="spam espera?", abstained=["type"], spam=True)
    a_tagged(engine, sources["mastodon"], "4", text="não espera")
    page = ana.get("/mentions?review=yes").text
    assert re.findall(r"(\w+) espera", page) == ["também", "que"]
    assert words(one(soup(page), "#review-count")) == "2"
    assert "também espera" not in ana.get("/mentions?review=yes&channel=mastodon").text
    assert "No mention fits" in ana.get("/mentions?review=yes&channel=reddit").text
    ana.post(f"/mentions/{waiting}/correct", said("type", "question"))
    assert words(one(soup(ana.get("/mentions/review").text), "#review-count")) == "1"
    dismissed = ana.post("/mentions/dismiss", {"mention": "2"}, hx_request="true")
    assert dismissed.headers["hx-trigger"] == "reviewed"
    assert words(one(soup(ana.get("/mentions/review").text), "#review-count")) == ""


def test_a_correction_of_a_text_that_was_edited_is_told_no_more(
    ana: Visit, engine: Engine, sources: dict[str, int]
) -> None:
    mention_id = a_tagged(engine, sources["mastodon"], urgency=Urgency.NORMAL)
    address = f"/mentions/{mention_id}/correct"
    ana.post(address, said("urgency", "high"))
    with transaction(engine) as session:
        mention = session.get_one(Mention, mention_id)
        mention.text, mention.text_revision = "Agora falta luz", 2
        a_verdict(session, mention, urgency=Urgency.HIGH, type=MentionType.QUESTION)
    ana.post(address, said("type", "complaint", revision=2))
    html = ana.get(address).text
    assert "Corrected by Ana" in words(the_form(html, "type"))
    assert "Corrected by" not in words(the_form(html, "urgency"))


def test_the_timeline_tells_corrections_and_confirmations(ana: Visit, engine: Engine, sources: dict[str, int]) -> None:
    protocol = a_stored_case(engine, sources["mastodon"])
    with transaction(engine) as session:
        row = session.exec(select(VerdictRow)).one()
        row.abstained = ["urgency"]
        session.add(row)
    ana.post("/mentions/1/correct", said("urgency", "normal"))
    ana.post("/mentions/1/correct", said("holds", "+minors"))
    page = ana.get(f"/cases/{protocol}").text
    assert "Tag confirmed: Urgency, Normal" in page
    assert "Special care corrected from none to Child or adolescent" in page
    assert "Child or adolescent" in words(one(soup(page), "#case-tags"))
