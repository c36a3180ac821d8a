"""The stop button and the band: on every page, without a script, and gone when somebody resumes."""

import asyncio
from collections.abc import Callable

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import Engine, event
from sqlmodel import select

from cases.stops import Scope, standing, stop
from database.engine import reading, transaction
from inbox.live import Pulse, hints
from models import Account, Brand, Mention, ReplyState, Stop
from tests.builders import NOON
from tests.inbox.rows import a_reply, a_stored_case, replies_of
from tests.inbox.visit import Visit

EVERY_PAGE = (
    "/",
    "/?view=all",
    "/mentions",
    "/mentions?review=yes",
    "/mentions/1/correct",
    "/sources",
    "/numbers",
    "/numbers/classifier",
    "/templates",
    "/templates/new",
    "/cases/{protocol}",
    "/nowhere",
)


@pytest.fixture
def protocol(engine: Engine, sources: dict[str, int]) -> str:
    return a_stored_case(engine, sources["mastodon"])


def the_stops(engine: Engine) -> list[tuple[str, int, bool, str, str]]:
    """Those in force: scope, subject, automation only, reason, by."""
    with reading(engine) as session:
        return [(s.kind, s.subject, s.automation_only, s.reason, s.by) for s in standing(session)]


def band(html: str) -> str:
    """What the band says; "" while nothing is stopped."""
    found = BeautifulSoup(html, "html.parser").select_one("#stops")
    assert found is not None
    return found.get_text(" ", strip=True)


def account_id(engine: Engine, name: str) -> int:
    with reading(engine) as session:
        return session.exec(select(Account.id).where(Account.name == name)).one() or 0


@pytest.mark.parametrize("path", EVERY_PAGE)
def test_every_page_has_the_button_and_tells_what_is_stopped(
    ana: Visit, engine: Engine, protocol: str, path: str
) -> None:
    address = path.format(protocol=protocol)
    quiet = ana.get(address).text
    assert BeautifulSoup(quiet, "html.parser").select_one('form[action="/stop"] button.danger') is not None
    assert band(quiet) == ""
    with transaction(engine) as session:
        stop(session, Scope(), "Bia", "texto errado", NOON)
    said = band(ana.get(address).text)
    for part in ("Nothing is sent", "Bia", "10 Mar 2026 12:00", "texto errado", "Resume"):
        assert part in said, (path, part)


def test_everything_is_stopped_and_resumed_without_a_script(ana: Visit, engine: Engine, protocol: str) -> None:
    form = BeautifulSoup(ana.get("/mentions?channel=mastodon").text, "html.parser").select_one('form[action="/stop"]')
    assert form is not None
    fields = {str(field["name"]): str(field.get("value", "")) for field in form.select("input:not([type=radio])")}
    answer = ana.post("/stop", {**fields, "scope": "everything", "reason": "  texto \n errado "})
    assert answer.headers["location"] == "/mentions?channel=mastodon"
    assert the_stops(engine) == [("everything", 0, False, "texto errado", "Ana")]
    lift = BeautifulSoup(ana.get("/").text, "html.parser").select_one("#stops form")
    assert lift is not None
    assert ana.post(str(lift["action"]), {"back": "/sources"}).headers["location"] == "/sources"
    assert the_stops(engine) == []
    with reading(engine) as session:
        assert [(one.lifted_by, one.lifted_at) for one in session.exec(select(Stop))] == [("Ana", NOON)]


def test_a_brand_an_account_or_automation_alone_is_stopped(ana: Visit, engine: Engine, protocol: str) -> None:
    account = account_id(engine, "aurora-x")
    page = ana.get("/").text
    assert "Loja Aurora" in page
    assert f'value="account:{account}"' in page
    ana.post("/stop", {"scope": f"account:{account}"})
    ana.post("/stop", {"scope": "brand:1", "only": "automation", "reason": "pane no site"})
    assert the_stops(engine) == [
        ("account", account, False, "", "Ana"),
        ("brand", 1, True, "pane no site", "Ana"),
    ]
    said = band(ana.get("/").text)
    assert "Nothing is sent as aurora-x" in said
    assert "The automation of Loja Aurora answers nobody" in said
    assert said.count("Resume") == 2


def test_stopping_what_is_stopped_changes_nothing(
    ana: Visit, engine: Engine, visitor_in: Callable[[str], Visit]
) -> None:
    ana.post("/stop", {"reason": "first"})
    visitor_in("en").say_name("Bia").post("/stop", {"reason": "second"})
    assert the_stops(engine) == [("everything", 0, False, "first", "Ana")]


def test_an_old_page_does_not_lift_a_newer_stop(ana: Visit, engine: Engine) -> None:
    ana.post("/stop", {"reason": "first"})
    ana.post("/stop/1/lift")
    ana.post("/stop", {"reason": "second"})
    assert ana.post("/stop/1/lift").status_code == 303
    assert [reason for *_, reason, _ in the_stops(engine)] == ["second"]


@pytest.mark.parametrize(
    ("form", "status"),
    [
        ({"scope": "channel:1"}, 422),
        ({"scope": "brand"}, 422),
        ({"scope": "brand:"}, 422),
        ({"scope": "everything:1"}, 422),
        ({"scope": "account:x"}, 422),
        ({"scope": "account:-1"}, 422),
        ({"scope": "account:999"}, 409),
        ({"scope": "brand:" + "9" * 15}, 422),
        ({"only": "people"}, 422),
        ({"reason": "x" * 501}, 422),
    ],
)
def test_what_cannot_be_meant_stops_nothing(ana: Visit, engine: Engine, form: dict[str, str], status: int) -> None:
    answer = ana.post("/stop", {"scope": "everything", **form})
    assert answer.status_code == status
    assert 'role="alert"' in answer.text
    assert the_stops(engine) == []


@pytest.mark.parametrize("path", ["/stop/999/lift", "/stop/0/lift", "/stop/x/lift"])
def test_what_was_never_stopped_is_not_resumed(ana: Visit, path: str) -> None:
    assert ana.post(path).status_code in (404, 422)


def test_nobody_stops_or_resumes_without_a_name(visit: Visit, engine: Engine) -> None:
    assert "first say who is at work" in visit.get("/").text
    assert visit.post("/stop", {"scope": "everything"}).status_code == 422
    assert the_stops(engine) == []
    with transaction(engine) as session:
        stop(session, Scope(), "Bia", "", NOON)
    assert visit.post("/stop/1/lift").status_code == 422
    assert len(the_stops(engine)) == 1


def test_a_form_of_another_page_stops_nothing(ana: Visit, engine: Engine) -> None:
    assert ana.post("/stop", {"scope": "everything"}, drop=("token",)).status_code == 403
    assert ana.post("/stop", {"scope": "everything"}, origin="http://evil.example").status_code == 403
    assert the_stops(engine) == []


def test_a_script_gets_the_band_alone_and_the_page_stays(ana: Visit, engine: Engine) -> None:
    shown = ana.post("/stop", {"reason": "<b>pane</b>"}, hx_request="true")
    assert shown.status_code == 200
    assert shown.headers["hx-trigger"] == "stopped"
    assert "<html" not in shown.text
    assert "&lt;b&gt;pane&lt;/b&gt;" in shown.text
    assert ana.get("/stop/band").text == ana.get("/stop/band", **{"hx-request": "true"}).text
    lifted = ana.post("/stop/1/lift", hx_request="true")
    assert "pane" not in lifted.text


def test_what_is_approved_while_stopped_says_that_it_waits(ana: Visit, engine: Engine, protocol: str) -> None:
    a_reply(engine, protocol, ReplyState.APPROVED)
    assert "It leaves in a moment" in ana.get(f"/cases/{protocol}").text
    with transaction(engine) as session:
        stop(session, Scope("account", account_id(engine, "aurora-x")), "Bia", "", NOON)
    assert "It leaves in a moment" in ana.get(f"/cases/{protocol}").text
    with transaction(engine) as session:
        stop(session, Scope("brand", 1), "Bia", "", NOON)
    html = ana.get(f"/cases/{protocol}").text
    assert "It waits, because sending is stopped" in html
    assert "Approve (it will wait)" in html
    ana.post("/stop/2/lift")
    with transaction(engine) as session:
        stop(session, Scope("brand", 1, automation_only=True), "Bia", "", NOON)
    assert "It leaves in a moment" in ana.get(f"/cases/{protocol}").text  # a person's reply goes on


def test_answering_goes_on_while_stopped(ana: Visit, engine: Engine, protocol: str) -> None:
    ana.post("/stop", {})
    with reading(engine) as session:
        mention = str(session.exec(select(Mention.id)).one())
    ana.post(f"/cases/{protocol}/reply", {"mention": mention, "body": "Oi", "then": "approve"})
    assert [reply.state for reply in replies_of(engine, protocol)] == [ReplyState.APPROVED]


def test_open_pages_are_told_of_a_stop_and_of_its_end(engine: Engine, sources: dict[str, int]) -> None:
    def set_one() -> None:
        with transaction(engine) as session:
            stop(session, Scope(), "Bia", "", NOON)

    def lift_it() -> None:
        with transaction(engine) as session:
            found = session.exec(select(Stop)).one()
            found.lifted_by, found.lifted_at = "Bia", NOON
            session.add(found)

    async def listen() -> list[str]:
        stream = hints(Pulse(engine), lambda: False, every=0.6)
        heard = [await anext(stream)]
        for act in (set_one, lift_it):
            await asyncio.to_thread(act)
            heard.append(await anext(stream))
        await stream.aclose()  # type: ignore[attr-defined]  # an async generator
        return heard

    _, stopped, resumed = asyncio.run(asyncio.wait_for(listen(), 30))
    assert stopped.startswith("event: stops\ndata: ")
    assert resumed.startswith("event: stops\ndata: ")
    assert stopped != resumed


def test_the_heading_asks_for_the_stops_and_the_scopes_once_each(
    ana: Visit, engine: Engine, sources: dict[str, int]
) -> None:
    asked: list[str] = []

    def note(_c: object, _cursor: object, statement: str, *_more: object) -> None:
        asked.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        ana.get("/sources")
    finally:
        event.remove(engine, "before_cursor_execute", note)
    assert sum("FROM stop" in statement for statement in asked) == 1
    assert sum("UNION ALL" in statement for statement in asked) == 1


def test_an_account_that_was_taken_out_is_not_offered(ana: Visit, engine: Engine, sources: dict[str, int]) -> None:
    with transaction(engine) as session:
        account = session.exec(select(Account).where(Account.name == "aurora-x")).one()
        account.active = False
        session.add(account)
        brand = session.exec(select(Brand)).one()
        brand.name = "<script>alert('brand')</script>"
        session.add(brand)
    html = ana.get("/").text
    assert f'value="account:{account.id}"' not in html
    assert "<script>alert" not in html
