"""Any web page can reach localhost: what does not prove that it is ours is refused."""

from typing import Any

import pytest
from sqlalchemy import Engine

from errors import SettingsError
from inbox.app import build_inbox, inbox_server
from inbox.guard import CONTENT_SECURITY_POLICY, MOST_BODY
from models import CaseState
from settings import Settings
from tests.fakes import StandingClock
from tests.inbox.rows import a_stored_case, the_case
from tests.inbox.visit import Visit

TAKE = "/cases/{}/take"


@pytest.fixture
def protocol(engine: Engine, sources: dict[str, int]) -> str:
    return a_stored_case(engine, sources["mastodon"])


def test_a_form_of_our_own_page_is_accepted(ana: Visit, engine: Engine, protocol: str) -> None:
    assert ana.post(TAKE.format(protocol)).status_code == 303
    assert the_case(engine, protocol).state is CaseState.TAKEN


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8080", "127.0.0.1", "127.0.0.1:81", "", "127.0.0.1:8080.evil"]
)
@pytest.mark.parametrize("path", ["/", "/events", "/static/inbox.css"])
def test_another_host_is_refused_even_to_read(visit: Visit, host: str, path: str) -> None:
    assert visit.get(path, host=host).status_code == 421


@pytest.mark.parametrize("host", ["localhost:8080", "[::1]:8080", "127.0.0.1:8080"])
def test_every_name_of_this_machine_is_served(visit: Visit, host: str) -> None:
    assert visit.get("/", host=host).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:9999"},
        {"origin": "https://127.0.0.1:8080"},
        {"sec_fetch_site": "cross-site"},
        {"sec_fetch_site": "same-site"},
        {"sec_fetch_site": "none"},
        {"host": "evil.example:8080"},
    ],
)
def test_a_form_of_another_page_is_refused(ana: Visit, engine: Engine, protocol: str, headers: Any) -> None:
    assert ana.post(TAKE.format(protocol), **headers).status_code in (403, 421)
    assert the_case(engine, protocol).state is CaseState.OPEN


def test_a_form_that_tells_nothing_of_its_page_is_refused(ana: Visit, engine: Engine, protocol: str) -> None:
    refused = ana.post(TAKE.format(protocol), drop=("origin", "sec-fetch-site"))
    assert refused.status_code == 403
    assert the_case(engine, protocol).state is CaseState.OPEN


@pytest.mark.parametrize("left_out", ["origin", "sec-fetch-site"])
def test_one_of_the_two_tells_enough(ana: Visit, protocol: str, left_out: str) -> None:
    assert ana.post(TAKE.format(protocol), drop=(left_out,)).status_code == 303


def test_a_form_without_its_token_is_refused(ana: Visit, engine: Engine, protocol: str) -> None:
    assert ana.post(TAKE.format(protocol), {"x": "1"}, drop=("token",)).status_code == 403
    assert ana.post(TAKE.format(protocol), {"token": "made.up"}).status_code == 403
    assert the_case(engine, protocol).state is CaseState.OPEN


def test_the_token_of_another_session_is_refused(ana: Visit, engine: Engine, protocol: str) -> None:
    other = Visit(ana.app).token()
    assert ana.post(TAKE.format(protocol), {"token": other}).status_code == 403
    assert the_case(engine, protocol).state is CaseState.OPEN


def test_the_token_may_come_in_a_header(ana: Visit, protocol: str) -> None:
    token = ana.token()
    assert ana.post(TAKE.format(protocol), {"x": "1"}, drop=("token",), x_ouvidor_token=token).status_code == 303


@pytest.mark.parametrize("kind", ["application/json", "multipart/form-data; boundary=x", "text/plain"])
def test_only_plain_forms_are_read(ana: Visit, protocol: str, kind: str) -> None:
    token = ana.token()
    refused = ana.post(TAKE.format(protocol), content=b"{}", content_type=kind, x_ouvidor_token=token)
    assert refused.status_code == 415


def test_a_body_beyond_the_limit_is_refused(ana: Visit, protocol: str) -> None:
    form = "application/x-www-form-urlencoded"
    path = f"/cases/{protocol}/reply"
    assert ana.post(path, content=b"body=" + b"a" * MOST_BODY, content_type=form).status_code == 413
    assert ana.post(path, content=b"body=a", content_type=form, content_length="-1").status_code == 413


def test_every_form_of_the_inbox_is_guarded(ana: Visit, engine: Engine, protocol: str) -> None:
    paths = {
        route.path
        for router in ana.app.routes
        for route in getattr(getattr(router, "original_router", None), "routes", [router])
        if "POST" in (getattr(route, "methods", None) or ())
    }
    assert len(paths) >= 2
    for path in paths:
        address = path.replace("{protocol}", protocol).replace("{reply_id}", "1").replace("{mention_id}", "1")
        address = address.replace("{source_id}", "1").replace("{account_id}", "1").replace("{name}", "take")
        assert ana.post(address, {"x": "1"}, drop=("token",)).status_code == 403, path
    assert the_case(engine, protocol).state is CaseState.OPEN


@pytest.mark.parametrize("path", ["/", "/mentions", "/sources", "/numbers", "/nothing-here", "/static/inbox.css"])
def test_every_answer_carries_the_policy(visit: Visit, path: str) -> None:
    headers = visit.get(path).headers
    assert headers["content-security-policy"] == CONTENT_SECURITY_POLICY
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["cache-control"] == ("no-cache" if path.startswith("/static") else "no-store")


def test_cookies_stay_with_us(visit: Visit) -> None:
    first = visit.get("/").headers.get_list("set-cookie")
    named = visit.post("/name", {"name": "Ana"}).headers.get_list("set-cookie")
    for cookie in [*first, *named]:
        assert "HttpOnly" in cookie
        assert "samesite=strict" in cookie.lower()
        assert "8080" in cookie
    assert len(first) == 1
    assert len(named) == 1


def test_a_made_up_name_cookie_names_nobody(visit: Visit, protocol: str) -> None:
    visit.get("/")
    visit.cookies.set("ouvidor_8080_name", '"Ana".abc', domain="127.0.0.1")
    assert visit.post(TAKE.format(protocol)).status_code == 422


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.0.10", "", "example.com"])
def test_no_address_that_others_reach_is_listened_on(
    engine: Engine, settings: Settings, clock: StandingClock, host: str
) -> None:
    with pytest.raises(SettingsError, match=r"127\.0\.0\.1"):
        inbox_server(build_inbox(engine, settings, clock), host, 8080)
