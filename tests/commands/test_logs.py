"""What the log may hold: names of things, never what people wrote or what opens doors."""

import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from commands.logs import set_up_logs


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def logged(capsys: pytest.CaptureFixture[str]) -> list[dict[str, str]]:
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def test_an_exception_is_logged_without_its_words(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logs(as_json=True)
    try:
        raise ValueError("my CPF is 123")
    except ValueError:
        structlog.get_logger().exception("step_failed", step="poll")
    (event,) = logged(capsys)
    assert (event["event"], event["step"], event["exception"]) == ("step_failed", "poll", "ValueError")
    assert "test_logs.py:" in event["at"]
    assert "CPF" not in json.dumps(event)


def test_what_is_named_like_a_secret_is_hidden(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logs(as_json=True)
    structlog.get_logger().info("connected", access_token="s3cret", source="a")
    (event,) = logged(capsys)
    assert (event["access_token"], event["source"]) == ("***", "a")


@pytest.mark.parametrize("as_json", [True, False])
def test_one_event_is_one_line_and_repaints_nothing(as_json: bool, capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logs(as_json=as_json)
    structlog.get_logger().info("source_failing", source="a\n\x1b[2Jb\u202ec")
    printed = capsys.readouterr().err
    assert printed.count("\n") == 1
    assert not {"\x1b", "\u202e"} & set(printed)


def test_a_librarys_warning_leaves_out_what_it_filled_in(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logs(as_json=True)
    logging.getLogger("some.library").warning("cannot reach %s", "https://x.example/?token=s3cret")
    (event,) = logged(capsys)
    assert (event["logger"], event["words"]) == ("some.library", "cannot reach %s")


def test_a_librarys_exception_is_logged_without_its_words(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logs(as_json=True)
    try:
        raise ValueError("my CPF is 123")
    except ValueError:
        logging.getLogger("some.server").exception("Exception in ASGI application\n")
    (event,) = logged(capsys)
    assert (event["words"], event["exception"]) == ("Exception in ASGI application\\n", "ValueError")
    assert "test_logs.py:" in event["at"]
    assert "test_a_librarys_exception" in event["at"]
    assert "CPF" not in json.dumps(event)
