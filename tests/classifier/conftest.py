"""Small real models, written once a session."""

from pathlib import Path

import pytest

from tests.classifier.tiny import tiny_model


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of three sentiments with a graph for onnxruntime."""
    return tiny_model(tmp_path_factory.mktemp("models") / "tiny")
