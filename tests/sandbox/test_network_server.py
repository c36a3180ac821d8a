"""The server of all networks: its ports, its sample settings, its misbehaviour on demand."""

import logging
import tomllib
from pathlib import Path

import httpx
import pytest
from starlette.responses import Response

from errors import SettingsError
from sandbox import credentials
from sandbox.server import DROPPED, Faults, SandboxServer, sample_environment, sample_settings
from settings import Settings
from tests.sandbox.network_tools import Sandbox, served

TOKEN = {"authorization": f"Bearer {credentials.MASTODON_ACCESS_TOKEN}"}


def post_status(sandbox: Sandbox, text: str = "Olá!") -> httpx.Response:
    url = f"{sandbox.url}/mastodon/api/v1/statuses"
    return httpx.post(url, json={"status": text}, headers=TOKEN, trust_env=False)


def test_the_sample_settings_are_settings_and_name_their_secrets() -> None:
    settings = Settings.model_validate(tomllib.loads(sample_settings("http://127.0.0.1:4000/")))
    assert {account.channel for account in settings.account} == {
        *("x", "reddit", "mastodon", "reclame_aqui", "complaint_page")
    }
    assert all(account.base_url.startswith("http://127.0.0.1:4000/") for account in settings.account)
    named = {secret.removeprefix("env:") for account in settings.account for secret in account.secrets.values()}
    assert named == set(sample_environment())
    assert {source.account for source in settings.source} == {account.name for account in settings.account}


def test_a_fault_before_keeps_the_request_from_the_network(tmp_path: Path) -> None:
    asked: list[tuple[str, str, str]] = []

    def busy(network: str, method: str, path: str) -> Response | None:
        asked.append((network, method, path))
        return Response("busy", 503)

    with served(tmp_path, Faults(before=busy)) as sandbox:
        assert post_status(sandbox).status_code == 503
        assert asked == [("mastodon", "POST", "/api/v1/statuses")]
        assert sandbox.state.posts("mastodon", by_brand=True) == []


@pytest.mark.parametrize("fault", [DROPPED, Response("bad gateway", 502)])
def test_a_fault_after_loses_the_answer_of_what_was_done(tmp_path: Path, fault: Response) -> None:
    with served(tmp_path, Faults(after=lambda network, method, path: fault)) as sandbox:
        try:
            assert post_status(sandbox).status_code == 502
        except httpx.RemoteProtocolError:
            assert fault is DROPPED
        assert [post.text for post in sandbox.state.posts("mastodon", by_brand=True)] == ["Olá!"]


def test_a_cut_answer_is_not_logged_and_the_loggers_of_other_servers_are_left_alone(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared, access = logging.getLogger("uvicorn.error"), logging.getLogger("uvicorn.access")
    caplog.set_level(logging.WARNING, "uvicorn.error")
    caplog.set_level(logging.INFO, "uvicorn.access")
    monkeypatch.setattr(access, "propagate", True)
    with served(tmp_path, Faults(before=lambda *asked: DROPPED)) as sandbox:
        with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
            post_status(sandbox)
        assert (shared.level, access.level, access.propagate) == (logging.WARNING, logging.INFO, True)
        shared.error("the inbox's")
    assert [record.getMessage() for record in caplog.records if record.name.startswith("uvicorn")] == ["the inbox's"]


def test_faults_that_let_pass_change_nothing(tmp_path: Path) -> None:
    with served(tmp_path, Faults(before=lambda *asked: None, after=lambda *asked: None)) as sandbox:
        assert post_status(sandbox).json()["content"] == "<p>Olá!</p>"


def test_every_answer_has_the_date_of_the_sandbox(tmp_path: Path) -> None:
    with served(tmp_path) as sandbox:
        assert post_status(sandbox).headers["date"] == "Fri, 20 Nov 2026 12:00:00 GMT"


@pytest.mark.parametrize("network", ["x", "reddit", "mastodon", "reclame_aqui", "complaints"])
def test_an_address_that_no_network_has_is_not_found(tmp_path: Path, network: str) -> None:
    with served(tmp_path) as sandbox:
        assert httpx.get(f"{sandbox.url}/{network}/no/such/place", trust_env=False).status_code == 404


def test_a_port_in_use_is_named(tmp_path: Path) -> None:
    with served(tmp_path) as sandbox:
        port = int(sandbox.url.rpartition(":")[2])
        with pytest.raises(SettingsError, match=str(port)):
            SandboxServer(sandbox.state, port).start()


def test_the_pages_of_threads_stand_before_the_networks(tmp_path: Path) -> None:
    with served(tmp_path) as sandbox:
        post = sandbox.says("x", "@lojaaurora cadê o pedido?")
        for address in (f"/x/t/{post.external_id}", f"/t/x/{post.external_id}"):
            assert "cadê o pedido?" in httpx.get(sandbox.url + address, trust_env=False).text
