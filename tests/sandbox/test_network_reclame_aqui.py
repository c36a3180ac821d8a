"""The sandbox's Reclame AQUI over HTTP, and its JSON against what its clients expect."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from sandbox import credentials, messages
from sandbox.networks.wire import iso
from sandbox.state import Post
from tests.sandbox.network_tools import Sandbox, differences, served

NOTHING = type(None)
NAMED = {"id": int, "name": (str, NOTHING)}
INTERACTION = {
    **dict.fromkeys(("ticket_interaction_id", "ticket_interaction_name", "message", "creation_date"), str),
    "ticket_interaction_type_id": int,
    "customer_id": (str, NOTHING),
    "responsible_id": (int, NOTHING),
    "responsible_name": (str, NOTHING),
    "modification_date": (str, NOTHING),
    "video": NOTHING,
    "picture": NOTHING,
    **dict.fromkeys(("privacy", "delivered", "readed", "visualized"), bool),
    "details": [
        {
            **dict.fromkeys(("ticket_detail_id", "name", "value", "creation_date"), str),
            "ticket_detail_type_id": int,
            "code": NOTHING,
            "privacy": bool,
            "modification_date": NOTHING,
        }
    ],
}
TICKET_KEYS = (
    *("id", "source_external_id", "complaint_title", "complaint_content"),
    *("complaint_response_content", "creation_date", "last_modification_date", "customer"),
    *("company", "ra_status", "hugme_status", "request_evaluation"),
    *("request_moderation", "resolved_issue", "back_doing_business", "rating"),
    *("interactions", "moderation", "ra_reason", "ra_feeling"),
    *("categories", "consumer_consideration", "consumer_consideration_date", "company_consideration"),
    *("company_consideration_date", "public_treatment_time", "private_treatment_time", "rating_date"),
    *("comments_count", "interactions_not_readed_count", "active", "frozen"),
)


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    with served(tmp_path) as sandbox:
        yield sandbox


@pytest.fixture
def api(sandbox: Sandbox) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=f"{sandbox.url}/reclame_aqui", trust_env=False) as api:
        secrets = (credentials.RECLAME_AQUI_CLIENT_ID, credentials.RECLAME_AQUI_CLIENT_SECRET)
        token = api.post("/auth/oauth/token", params={"grant_type": "client_credentials"}, auth=secrets).json()
        assert (token["rate_limit"], token["expires_in"]) == (10, 86_400)
        api.headers["authorization"] = f"Bearer {token['access_token']}"
        yield api


def complaint(sandbox: Sandbox, text: str = "Não chegou", handle: str = "tais") -> Post:
    extra = {"title": "Pedido atrasado", "city": "Recife", "state": "PE"}
    return sandbox.says("reclame_aqui", text, handle, kind="complaint", extra=extra)


def replica(sandbox: Sandbox, on: Post, text: str = "Continua sem chegar") -> Post:
    return sandbox.says("reclame_aqui", text, "tais", kind="replica", parent=on.external_id, thread=on.thread)


def only_ticket(api: httpx.Client) -> dict[str, object]:
    found = api.get("/ticket/v1/tickets").json()["data"]
    assert len(found) == 1
    ticket: dict[str, object] = found[0]
    return ticket


def test_a_ticket_has_the_documented_shape(sandbox: Sandbox, api: httpx.Client) -> None:
    post = complaint(sandbox)
    answer = api.get("/ticket/v1/tickets").json()
    assert answer["meta"] == {"page": {"number": 1, "size": 25}, "total": 1}
    ticket = answer["data"][0]
    assert [key for key in TICKET_KEYS if key not in ticket] == []
    assert differences([INTERACTION], ticket["interactions"]) == []
    assert differences(NAMED, ticket["ra_status"]) == []
    assert (ticket["id"], ticket["ra_status"]["id"], ticket["rating"]) == (int(post.external_id), 5, "-1")
    assert ticket["interactions"][0]["ticket_interaction_type_id"] == 1


def test_the_status_follows_what_is_said(sandbox: Sandbox, api: httpx.Client) -> None:
    post = complaint(sandbox)
    steps = [only_ticket(api)["ra_status"]]
    assert api.post("/ticket/v1/tickets/message/public", json={"id": post.external_id, "message": "Olá!"}).is_success
    steps.append(only_ticket(api)["ra_status"])
    replica(sandbox, post)
    steps.append(only_ticket(api)["ra_status"])
    # The same call as multipart, which two of three known clients send.
    fields = {"id": (None, post.external_id), "message": (None, "Já enviamos")}
    assert api.post("/ticket/v1/tickets/message/public", files=fields).is_success
    ticket = only_ticket(api)
    assert [step["id"] for step in [*steps, ticket["ra_status"]]] == [5, 6, 7, 8]  # type: ignore[index]
    assert [one["ticket_interaction_type_id"] for one in ticket["interactions"]] == [1, 2, 1, 2]  # type: ignore[attr-defined]
    assert ticket["complaint_response_content"] == "Olá!"


def test_an_evaluation_closes_the_ticket(sandbox: Sandbox, api: httpx.Client) -> None:
    post = complaint(sandbox)
    api.post("/ticket/v1/tickets/message/public", json={"id": int(post.external_id), "message": "Olá!"})
    asked = [api.post("/ticket/v1/tickets/evaluation", json={"id": post.external_id}) for _ in range(2)]
    assert [answer.status_code for answer in asked] == [200, 409]
    assert asked[1].json()["code"] == 4090
    person = sandbox.state.person("reclame_aqui", "tais")
    assert person is not None
    sandbox.state.publish(person, "Valeu", kind="evaluation", parent=post.external_id, thread=post.thread)
    sandbox.state.evaluate(post.thread, 9, True, True)
    ticket = only_ticket(api)
    assert (ticket["rating"], ticket["resolved_issue"], ticket["back_doing_business"]) == ("9", True, True)
    assert ticket["interactions"][-1]["ticket_interaction_type_id"] == 11  # type: ignore[index]
    refused = api.post("/ticket/v1/tickets/message/public", json={"id": post.external_id, "message": "Mais uma"})
    assert (refused.status_code, refused.json()["code"]) == (409, 4091)


def test_tickets_page_by_modification(sandbox: Sandbox, api: httpx.Client) -> None:
    posts = [complaint(sandbox, f"número {number}", f"pessoa{number}") for number in range(7)]
    sandbox.clock.advance(timedelta(minutes=1))
    moment = sandbox.clock.now()
    replica(sandbox, posts[2])
    window = {"last_modification_date[gte]": iso(posts[0].posted_at), "last_modification_date[lt]": iso(moment)}
    pages = [
        api.get(
            "/ticket/v1/tickets",
            params={**window, "page[size]": 4, "page[number]": number, "sort[creation_date]": "ASC"},
        ).json()
        for number in (1, 2)
    ]
    ids = [ticket["id"] for page in pages for ticket in page["data"]]
    assert ids == [int(post.external_id) for place, post in enumerate(posts) if place != 2]
    assert pages[0]["meta"]["total"] == 6
    assert api.get("/ticket/v1/tickets/count", params=window).json() == {"data": 6}
    after = api.get("/ticket/v1/tickets", params={"last_modification_date[gte]": iso(moment)}).json()["data"]
    assert [ticket["id"] for ticket in after] == [int(posts[2].external_id)]
    chosen = api.get("/ticket/v1/tickets", params={"id[eq]": posts[3].external_id}).json()["data"]
    assert [ticket["complaint_content"] for ticket in chosen] == ["número 3"]


def test_a_deactivated_complaint_says_so_and_takes_no_answer(sandbox: Sandbox, api: httpx.Client) -> None:
    post = complaint(sandbox)
    sandbox.state.delete(post)
    ticket = only_ticket(api)
    assert (ticket["active"], ticket["ra_status"]) == (False, {"id": 12, "name": "Desativado pelo consumidor"})
    refused = api.post("/ticket/v1/tickets/message/public", json={"id": post.external_id, "message": "Olá!"})
    assert (refused.status_code, refused.json()["code"]) == (409, 4091)


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"id": "1", "message": "Olá!"}, 404, 4040),
        ({"message": "Olá!"}, 404, 4040),
        ({"id": "{id}", "message": "  "}, 422, 4220),
        ({"id": "{id}", "message": "a" * 10_001}, 422, 4220),
    ],
)
def test_a_wrong_answer_is_refused(
    sandbox: Sandbox, api: httpx.Client, body: dict[str, str], status: int, code: int
) -> None:
    post = complaint(sandbox)
    filled = {name: value.replace("{id}", post.external_id) for name, value in body.items()}
    refused = api.post("/ticket/v1/tickets/message/public", json=filled)
    assert (refused.status_code, refused.json()["code"], refused.json()["success"]) == (status, code, False)
    assert sandbox.state.posts("reclame_aqui", by_brand=True) == []


def test_moderation_is_asked_once_for_a_known_reason(sandbox: Sandbox, api: httpx.Client) -> None:
    post = complaint(sandbox)
    body = {"id": post.external_id, "reason": "4", "message": "Duplicada"}
    asked = [api.post("/ticket/v1/tickets/moderation", data=body | {"reason": reason}) for reason in ("2", "4", "4")]
    assert [answer.status_code for answer in asked] == [422, 200, 409]
    moderation = only_ticket(api)["moderation"]
    assert isinstance(moderation, dict)
    assert moderation["reason"] == 4


def test_the_eleventh_call_in_a_minute_is_refused(sandbox: Sandbox, api: httpx.Client) -> None:
    answers = [api.get("/ticket/v1/tickets/count").status_code for _ in range(11)]
    assert answers == [200] * 10 + [429]
    sandbox.clock.advance(timedelta(minutes=1))
    assert api.get("/ticket/v1/tickets/count").json() == {"data": 0}


def test_the_window_survives_a_kill(tmp_path: Path) -> None:
    headers = {"authorization": f"Bearer {credentials.RECLAME_AQUI_ACCESS_TOKEN}"}
    answers = []
    for calls in (7, 4):
        with served(tmp_path) as sandbox:
            url = f"{sandbox.url}/reclame_aqui/ticket/v1/tickets/count"
            answers += [httpx.get(url, headers=headers, trust_env=False).status_code for _ in range(calls)]
    assert answers == [200] * 10 + [429]


def test_a_wrong_page_date_or_token_is_refused(sandbox: Sandbox, api: httpx.Client) -> None:
    for params in ({"page[size]": "51"}, {"page[number]": "0"}, {"last_modification_date[gte]": "ontem"}):
        refused = api.get("/ticket/v1/tickets", params=params)
        assert (refused.status_code, refused.json()["code"]) == (400, 4000)
    refused = api.get("/ticket/v1/tickets", headers={"authorization": "Bearer another"})
    assert (refused.status_code, refused.json()["code"]) == (401, 4010)
    assert api.post("/auth/oauth/token", auth=("a", "b")).status_code == 401


def test_the_reputation_follows_the_evaluations(sandbox: Sandbox, api: httpx.Client) -> None:
    for number in range(10):
        post = complaint(sandbox, "Não chegou", f"pessoa{number}")
        sandbox.state.answer(
            "reclame_aqui", f"Olá {number}", parent=post.external_id, thread=post.thread, kind="answer"
        )
        sandbox.state.evaluate(post.thread, 7, number < 8, number < 5)
    periods = api.get("/companies/v1/companies/1871/reputation").json()
    assert [period["finalGrade"] for period in periods] == [7.5, 7.5, 7.5]
    assert periods[0]["reputation"] == {"code": "GOOD", "name": "Bom"}


TELL = "/ticket/v1/tickets/message/private"


def tell(api: httpx.Client, post: Post, message: str = "Seu código é QX-3381", **fields: str) -> httpx.Response:
    parts = {"id": post.external_id, "message": message, "email": "tais@example.com", **fields}
    return api.post(TELL, files={name: (None, value) for name, value in parts.items()})


def test_a_private_message_changes_the_ticket_and_not_its_status(sandbox: Sandbox, api: httpx.Client) -> None:
    post = complaint(sandbox)
    sandbox.clock.advance(timedelta(hours=1))
    assert tell(api, post).json() == {"message": "Mensagem enviada com sucesso", "success": True}
    sandbox.clock.advance(timedelta(hours=1))
    (told,) = sandbox.state.posts("reclame_aqui", by_brand=True)
    messages.answer_privately(sandbox.state, told, "Obrigada")
    ticket = only_ticket(api)
    assert ticket["ra_status"] == {"id": 5, "name": "Não respondido"}
    assert ticket["last_modification_date"] == iso(sandbox.clock.now())
    assert ticket["complaint_response_content"] is None
    interactions = ticket["interactions"]
    assert isinstance(interactions, list)
    assert differences([INTERACTION], interactions) == []
    assert [(one["ticket_interaction_type_id"], one["privacy"]) for one in interactions] == [
        (1, False),
        (3, True),
        (6, True),
    ]
    assert [(one["ticket_detail_type_id"], one["value"]) for one in interactions[1]["details"]] == [
        (34, "tais@example.com")
    ]


@pytest.mark.parametrize(
    ("fields", "status", "code"),
    [
        ({"email": ""}, 422, 4220),
        ({"email": "tais"}, 422, 4220),
        ({"message": " "}, 422, 4220),
        ({"message": "a" * 10_001}, 422, 4220),
        ({"id": "1"}, 404, 4040),
    ],
)
def test_a_private_message_that_the_site_would_not_take(
    sandbox: Sandbox, api: httpx.Client, fields: dict[str, str], status: int, code: int
) -> None:
    refused = tell(api, complaint(sandbox), **fields)
    assert (refused.status_code, refused.json()["code"]) == (status, code)
    assert sandbox.state.posts("reclame_aqui", by_brand=True) == []


def test_a_private_conversation_that_was_ended_takes_no_more(sandbox: Sandbox, api: httpx.Client) -> None:
    post = complaint(sandbox)
    assert tell(api, post).is_success
    end = f"{TELL}/{post.external_id}/end"
    assert [api.post(end).status_code for _ in range(2)] == [200, 409]
    refused = tell(api, post)
    assert (refused.status_code, refused.json()["code"]) == (409, 40925)
    answered = api.post("/ticket/v1/tickets/message/public", json={"id": post.external_id, "message": "Olá!"})
    assert answered.is_success
