"""Whatever an address or a form holds, the answer is a page that says what is wrong, never a fault of ours."""

import pytest
from sqlalchemy import Engine

from tests.inbox.rows import a_stored_case
from tests.inbox.visit import Visit

GETS = [
    "/?view=nope",
    "/?sentiment=angry",
    "/?urgency=1",
    "/?type=%00",
    "/?hold=x",
    "/?brand=nobody",
    "/queue/more",
    "/queue/more?after=x",
    "/queue/more?after=1.99999999999999999999",
    "/queue/more?after=9999999999.1",
    "/queue/more?after=1.9999999999",
    "/queue/more?after=5&view=waiting",
    "/queue/more?after=5.5&view=all",
    "/queue/news?mark=1",
    "/queue/news?mark=a.b",
    "/queue/news",
    "/mentions?case=maybe",
    "/mentions/more?before=-1",
    "/mentions/more?before=99999999999999999999",
    "/mentions/news?since=x",
    "/mentions/1/correct?revision=x",
    "/templates?purpose=sale",
    "/templates?lang=xx",
    "/templates?brand=nobody",
    "/templates/0",
    "/templates/x",
    "/templates/12345",
    "/templates/99999999999999999999",
    "/numbers?days=31",
    "/numbers?first=yesterday",
    "/numbers?first=2026-02-01&last=2026-01-01",
    "/numbers?first=0001-01-01&last=2026-01-01",
    "/numbers/classifier?field=id",
    "/numbers/classifier?field=sentiment&lang=xx",
    "/numbers/classifier?brand=nobody",
    "/numbers.csv?brand=nobody",
    "/cases/20260310-999999",
    "/cases/x",
    "/cases/%00",
    "/cases/20260310-000001/news?mark=x",
    "/cases/" + "9" * 3000,
]
POSTS: list[tuple[str, dict[str, str]]] = [
    ("/queue/act", {}),
    ("/queue/act", {"act": "explode", "case": "1"}),
    ("/queue/act", {"act": "take"}),
    ("/queue/act", {"act": "take", "case": "x"}),
    ("/queue/act", {"act": "take", "case": "9" * 30}),
    ("/queue/act", {"act": "take", "case": "9" * 15}),
    ("/mentions/dismiss", {"mention": "-1"}),
    ("/mentions/dismiss", {"mention": "9" * 15}),
    ("/mentions/1/correct", {"field": "id", "value": "7", "revision": "1"}),
    ("/mentions/1/correct", {"field": "type", "value": "", "revision": "1"}),
    ("/mentions/1/correct", {"field": "type", "value": "nope", "revision": "1"}),
    ("/mentions/1/correct", {"field": "complaint", "value": "perhaps", "revision": "1"}),
    ("/mentions/1/correct", {"field": "spam", "value": "True", "revision": "1"}),
    ("/mentions/1/correct", {"field": "holds", "value": "legal", "revision": "1"}),
    ("/mentions/1/correct", {"field": "holds", "value": "+", "revision": "1"}),
    ("/mentions/1/correct", {"field": "holds", "value": "+legal,nope", "revision": "1"}),
    ("/mentions/1/correct", {"field": "topics", "value": "=delivery,<script>", "revision": "1"}),
    ("/mentions/1/correct", {"field": "topics", "value": "+delivery" * 100, "revision": "1"}),
    ("/mentions/1/correct", {"field": "personal_data", "value": "+cpf", "revision": "1"}),
    ("/mentions/1/correct", {"field": "type", "confirm": "nope", "revision": "1"}),
    ("/mentions/1/correct", {"field": "type", "confirm": "praise", "revision": "-1"}),
    ("/mentions/1/correct", {"field": "type", "value": "praise", "revision": "x"}),
    ("/mentions/1/correct", {"field": "type", "value": "praise", "revision": ""}),
    ("/mentions/1/correct", {"field": "type", "value": "praise"}),
    ("/mentions/0/correct", {"field": "type", "value": "praise", "revision": "1"}),
    ("/mentions/99999999999999999999/correct", {"field": "type", "value": "praise", "revision": "1"}),
    ("/mentions/12345/correct", {"field": "type", "value": "praise", "revision": "1"}),
    ("/templates/new", {}),
    ("/templates/new", {"name": "a", "body": "Oi", "purpose": "sale"}),
    ("/templates/new", {"name": "a", "body": "Oi", "channel": "telepathy"}),
    ("/templates/new", {"name": "a", "body": "Oi", "lang": "xx"}),
    ("/templates/new", {"name": "a", "body": "Oi", "brand": "nobody"}),
    ("/templates/new", {"name": "a", "body": "Oi", "after": "x"}),
    ("/templates/new", {"name": "a", "body": "x" * 20_001}),
    ("/templates/preview", {"body": "Oi", "lang": "xx"}),
    ("/templates/12345", {"body": "Oi"}),
    ("/templates/12345/retire", {}),
    ("/templates/x/retire", {}),
    ("/sources/999/resume", {}),
    ("/sources/x/resume", {}),
    ("/accounts/999/resume", {}),
    ("/stop", {"scope": "everyone"}),
    ("/stop", {"scope": "brand:1", "only": "x"}),
    ("/stop/999/lift", {}),
    ("/language", {"language": "xx"}),
    ("/cases/20260310-999999/take", {}),
    ("/cases/{protocol}/explode", {}),
    ("/cases/{protocol}/reply", {"body": "Oi"}),
    ("/cases/{protocol}/reply", {"body": "Oi", "mention": "999"}),
    ("/cases/{protocol}/reply", {"body": "Oi", "mention": "9" * 15}),
    ("/cases/{protocol}/replies/999999999999999/leave", {}),
    ("/stop/999999999999999/lift", {}),
    ("/cases/{protocol}/reply", {"body": "", "mention": "1"}),
    ("/cases/{protocol}/reply", {"body": "x" * 20_001, "mention": "1"}),
    ("/cases/{protocol}/reply", {"body": "Oi", "mention": "٣"}),
    ("/cases/{protocol}/reply", {"body": "Oi", "mention": "1", "override": "x" * 41}),
    ("/cases/{protocol}/reply", {"body": "Oi", "mention": "1", "note": "x" * 2_001}),
    ("/cases/{protocol}/reply", {"body": "ligue 11 98765-4321", "mention": "1", "then": "override", "override": "x"}),
    ("/cases/{protocol}/person/block", {"profile": "9" * 30}),
    ("/cases/{protocol}/reply", {"body": "Oi", "mention": "1", "template": "999"}),
    ("/cases/{protocol}/reply", {"body": "Oi", "mention": "1", "template": "x"}),
    ("/cases/{protocol}/template", {"body": "Oi", "pick": "999"}),
    ("/cases/{protocol}/template", {"body": "Oi", "pick": "x"}),
    ("/cases/{protocol}/template", {"body": "x" * 20_001}),
    ("/cases/20260310-999999/template", {"body": "Oi", "pick": "1"}),
    ("/cases/{protocol}/resolve", {"body": "  "}),
    ("/cases/{protocol}/replies/999/edit", {"body": "x"}),
    ("/cases/{protocol}/replies/x/discard", {}),
    ("/cases/{protocol}/room", {"mention": "x", "body": "Oi"}),
    ("/cases/{protocol}/room", {"mention": "999", "body": "Oi"}),
]


def test_an_address_that_cannot_be_meant_gets_a_page_that_says_so(
    visit: Visit, engine: Engine, sources: dict[str, int]
) -> None:
    a_stored_case(engine, sources["mastodon"])
    for address in GETS:
        answer = visit.get(address)
        assert 400 <= answer.status_code < 500, (address, answer.status_code)
        assert "That did not work" in answer.text, address
        assert "Traceback" not in answer.text, address


def test_a_form_that_cannot_be_meant_gets_a_page_that_says_so(
    ana: Visit, engine: Engine, sources: dict[str, int]
) -> None:
    protocol = a_stored_case(engine, sources["mastodon"])
    for address, form in POSTS:
        answer = ana.post(address.format(protocol=protocol), {"x": "1", **form})
        assert 400 <= answer.status_code < 500, (address, form, answer.status_code)
        assert 'role="alert"' in answer.text, address
        assert "Traceback" not in answer.text, address


def test_a_script_of_ours_gets_the_notice_alone(ana: Visit) -> None:
    answer = ana.post("/queue/act", {"act": "take"}, hx_request="true")
    assert answer.status_code == 422
    assert "<html" not in answer.text
    assert 'role="alert"' in answer.text


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS"])
def test_other_methods_are_refused(ana: Visit, method: str) -> None:
    assert ana._send(method, "/").status_code in (403, 405)


def test_any_words_may_be_searched(visit: Visit, engine: Engine, sources: dict[str, int]) -> None:
    a_stored_case(engine, sources["mastodon"])
    for words in ('"', "*", "a AND", "NEAR(", "'; DROP TABLE mention; --", "%00", "🔥", "x" * 5_000, "-1"):
        assert visit.get(f"/?q={words}").status_code == 200, words
        assert visit.get(f"/mentions?q={words}").status_code == 200, words


def test_a_fault_of_ours_shows_no_trace(engine: Engine, ana: Visit) -> None:
    with engine.begin() as connection:
        connection.exec_driver_sql('ALTER TABLE "source" RENAME TO "source_elsewhere"')
    try:
        answer = ana.get("/sources")
    finally:
        with engine.begin() as connection:
            connection.exec_driver_sql('ALTER TABLE "source_elsewhere" RENAME TO "source"')
    assert answer.status_code == 500
    assert "Something failed on our side" in answer.text
    assert "Traceback" not in answer.text
    assert "no such table" not in answer.text
    assert "default-src 'none'" in answer.headers["content-security-policy"]
