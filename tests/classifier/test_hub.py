"""A model by its name on the hub: fetched once, found in the cache from then on, told when it cannot be had."""

import hashlib
import json
import re
import sys
from pathlib import Path

import huggingface_hub.constants
import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from classifier.model_files import has_torch
from classifier.transformer import TransformerModel
from errors import SettingsError
from settings_classifier import ModelSettings
from tests.classifier.tiny import tiny_model

NAME = "somebody/tiny"
COMMIT = "a" * 40
EVERY_PATH = re.compile(r".*")


class Hub:
    """As much of the hub as a download asks for, over one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.asked: list[str] = []
        self.fetched: set[str] = set()

    def answer(self, request: Request) -> Response:
        self.asked.append(request.path)
        paths = [path for path in sorted(self._folder.rglob("*")) if path.is_file()]
        if request.path == f"/api/models/{NAME}/revision/main":
            return _json({"id": NAME, "sha": COMMIT, "siblings": []})
        if request.path == f"/api/models/{NAME}/tree/{COMMIT}":
            return _json(
                [
                    {"type": "file", "path": str(path.relative_to(self._folder)), "size": len(raw), "oid": _digest(raw)}
                    for path in paths
                    for raw in [path.read_bytes()]
                ]
            )
        for path in paths:
            name = str(path.relative_to(self._folder))
            if request.path == f"/{NAME}/resolve/{COMMIT}/{name}":
                raw = path.read_bytes()
                if request.method == "GET":
                    self.fetched.add(name)
                return Response(raw, headers={"ETag": f'"{_digest(raw)}"', "X-Repo-Commit": COMMIT})
        return Response(b"{}", status=404, headers={"X-Error-Code": "RepoNotFound"})


def _json(found: object) -> Response:
    return Response(json.dumps(found), content_type="application/json")


def _digest(raw: bytes) -> str:
    return hashlib.sha1(raw).hexdigest()


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache, and a hub that does not answer."""
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr(huggingface_hub.constants, "ENDPOINT", "http://127.0.0.1:9")
    return tmp_path / "hub"


@pytest.fixture
def hub(tmp_path: Path, httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch) -> Hub:
    found = Hub(tmp_path / "published")
    httpserver.expect_request(EVERY_PATH).respond_with_handler(found.answer)
    endpoint = httpserver.url_for("").rstrip("/")
    monkeypatch.setattr(huggingface_hub.constants, "ENDPOINT", endpoint)
    monkeypatch.setattr(
        huggingface_hub.constants,
        "HUGGINGFACE_CO_URL_TEMPLATE",
        endpoint + "/{repo_id}/resolve/{revision}/{filename}",
    )
    return found


def says(model: str) -> str | None:
    (opinion,) = TransformerModel(ModelSettings(field="sentiment", model=model)).opinions(["Amei, excelente!"])
    return None if opinion is None else opinion.label


def refusal(model: Path | str) -> str:
    with pytest.raises(SettingsError) as caught:
        says(str(model))
    return str(caught.value)


def test_a_name_is_fetched_once_with_its_graph_and_without_what_torch_alone_reads(hub: Hub, tmp_path: Path) -> None:
    folder = tiny_model(tmp_path / "published", onnx_file="onnx/model.onnx", safetensors=True)
    (folder / "notes.md").write_text("never fetched")
    assert says(NAME) == "positive"
    assert hub.fetched == {"config.json", "tokenizer_config.json", "vocab.txt", "onnx/model.onnx"}
    hub.asked.clear()
    assert says(NAME) == "positive"
    assert hub.asked == []  # what is here needs no network


def test_what_was_fetched_is_used_without_a_network(hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tiny_model(tmp_path / "published")
    says(NAME)
    monkeypatch.setattr(huggingface_hub.constants, "ENDPOINT", "http://127.0.0.1:9")
    assert says(NAME) == "positive"


def test_a_cache_without_the_tokenizer_is_filled_up(hub: Hub, tmp_path: Path, cache: Path) -> None:
    folder = tiny_model(tmp_path / "published")
    snapshot = cache / "models--somebody--tiny" / "snapshots" / COMMIT
    snapshot.mkdir(parents=True)
    for name in ("config.json", "model.onnx"):  # all that another program fetched
        (snapshot / name).write_bytes((folder / name).read_bytes())
    reference = snapshot.parent.with_name("refs") / "main"
    reference.parent.mkdir()
    reference.write_text(COMMIT)
    assert says(NAME) == "positive"
    assert "vocab.txt" in hub.fetched


def test_a_model_that_was_published_without_a_tokenizer_is_refused(hub: Hub, tmp_path: Path) -> None:
    (tiny_model(tmp_path / "published") / "vocab.txt").unlink()
    assert "it has no tokenizer" in refusal(NAME)


def test_a_name_is_one_on_the_hub_whatever_stands_in_the_current_folder(
    hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tiny_model(tmp_path / "published")
    tiny_model(tmp_path / NAME, labels=("positive", "neutral", "negative"))
    monkeypatch.chdir(tmp_path)
    assert says(NAME) == "positive"
    assert hub.fetched


@pytest.mark.skipif(not has_torch(), reason="the extra torch is not installed")
def test_without_a_graph_the_weights_are_fetched_for_torch(hub: Hub, tmp_path: Path) -> None:
    tiny_model(tmp_path / "published", onnx_file="", safetensors=True)
    assert says(NAME) == "positive"
    hub.asked.clear()
    assert says(NAME) == "positive"
    assert hub.asked == []


def test_a_model_without_a_graph_is_not_fetched_for_nothing(
    hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)  # as if it were not installed
    tiny_model(tmp_path / "published", onnx_file="", safetensors=True)
    assert "pip install 'ouvidor[torch]'" in refusal(NAME)
    assert "model.safetensors" not in hub.fetched


def test_a_name_that_the_hub_does_not_know_is_told(hub: Hub) -> None:
    told = refusal("somebody/else")
    assert "the model somebody/else for sentiment: there is no such folder, and the model of this name" in told
    assert "is not on the hub: is the name spelt right?" in told


def test_without_a_network_the_error_says_what_to_do() -> None:
    told = refusal(NAME)
    assert "could not be fetched from the hub" in told
    assert "name the folder" in told


def test_a_path_is_no_name_on_the_hub(tmp_path: Path) -> None:
    for path in ("./models/gone", "a/b/c", f"{tmp_path}/gone"):
        assert "there is no such folder: is the path right?" in refusal(path)
    (tmp_path / "file").write_text("")
    assert "this is a file" in refusal(tmp_path / "file")
