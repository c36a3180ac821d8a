"""What is logged: ids, never the text of a post, a token or personal data; one line an event."""

import logging
import sys
from collections.abc import MutableMapping
from types import TracebackType
from typing import Any

import structlog

_SECRET = ("token", "secret", "password", "authorization", "cookie")


def set_up_logs(*, as_json: bool | None = None) -> None:
    """Log to the error stream: for people on a terminal, as JSON Lines elsewhere."""
    if as_json is None:
        as_json = not sys.stderr.isatty()
    render: Any = (
        structlog.processors.JSONRenderer() if as_json else structlog.dev.ConsoleRenderer(colors=False, pad_event_to=24)
    )
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            name_the_frames,
            hide_secrets,
            escape_controls,
            render,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    root = logging.getLogger()
    root.handlers[:] = [_LibraryHandler(logging.WARNING)]
    root.setLevel(logging.WARNING)
    # A step that is still running when its next tick comes is the design, not a fault.
    logging.getLogger("apscheduler").setLevel(logging.ERROR)


def name_the_frames(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """An exception becomes its type and where it came from: its message may quote what a person wrote."""
    found = event.pop("exc_info", None)
    if found is True:
        found = sys.exc_info()
    error = found[1] if isinstance(found, tuple) else found
    if isinstance(error, BaseException):
        event["exception"] = type(error).__name__
        event["at"] = _frames(error.__traceback__)
    return event


def _frames(trace: TracebackType | None) -> str:
    named = []
    while trace is not None:
        code = trace.tb_frame.f_code
        named.append(f"{code.co_filename.rpartition('/')[2]}:{trace.tb_lineno} {code.co_name}")
        trace = trace.tb_next
    return " > ".join(named[-8:])


def hide_secrets(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Whatever is named like a secret is not shown, should somebody ever log one."""
    for name in event:
        if any(part in name.lower() for part in _SECRET):
            event[name] = "***"
    return event


def escape_controls(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """One event is one line, and repaints no terminal."""
    for name, value in event.items():
        if isinstance(value, str) and not value.isprintable():
            event[name] = "".join(
                sign if sign.isprintable() else sign.encode("unicode_escape", "surrogatepass").decode()
                for sign in value
            )
    return event


class _LibraryHandler(logging.Handler):
    """What a library warns of: its words without what it filled in, which may be a URL with a token."""

    def emit(self, record: logging.LogRecord) -> None:
        words = record.msg if isinstance(record.msg, str) else type(record.msg).__name__
        log = structlog.get_logger()
        told: dict[str, Any] = {"logger": record.name, "words": words[:200]}
        if record.exc_info and record.exc_info[1] is not None:
            told["exc_info"] = record.exc_info[1]  # `name_the_frames` keeps its type and frames alone
        (log.error if record.levelno >= logging.ERROR else log.warning)("library", **told)
