"""What a test needs and a machine may lack: skipped with its reason, or failed where it is required."""

import os
import shutil
from collections.abc import Callable, Mapping

import pytest
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.exc import SQLAlchemyError

POSTGRES_DEFAULT = "postgresql+psycopg://postgres@127.0.0.1/"
_CHROMIUMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def required(environment: Mapping[str, str] = os.environ) -> frozenset[str]:
    """The names in OUVIDOR_TEST_REQUIRE; an unknown one is a mistake that would hide a skip."""
    names = frozenset(part.strip() for part in environment.get("OUVIDOR_TEST_REQUIRE", "").split(",") if part.strip())
    if unknown := names - {"postgres", "chromium"}:
        raise pytest.UsageError(f"OUVIDOR_TEST_REQUIRE knows postgres and chromium, not {', '.join(sorted(unknown))}")
    return names


def absent(name: str, reason: str, environment: Mapping[str, str] = os.environ) -> None:
    """Skip with the reason, or fail with it where the thing is required."""
    if name in required(environment):
        pytest.fail(f"{name} is required by OUVIDOR_TEST_REQUIRE and absent: {reason}", pytrace=False)
    pytest.skip(f"{name} is absent: {reason}")


def postgres_url(environment: Mapping[str, str] = os.environ) -> str:
    """Where the PostgreSQL server is; the test databases are made on it."""
    return environment.get("OUVIDOR_TEST_POSTGRES", POSTGRES_DEFAULT)


def why_no_postgres(environment: Mapping[str, str] = os.environ) -> str:
    """The reason why PostgreSQL cannot be used; "" when it can."""
    try:
        url = make_url(postgres_url(environment)).set(database="postgres")
        engine = create_engine(url, connect_args={"connect_timeout": 3})
    except (ModuleNotFoundError, SQLAlchemyError) as error:
        return f"{error}"
    try:
        with engine.connect() as connection:
            connection.execute(text("SELECT 1"))
    except SQLAlchemyError as error:
        return f"{url.render_as_string(hide_password=True)} does not answer ({type(error).__name__})"
    finally:
        engine.dispose()
    return ""


def chromium_path(
    environment: Mapping[str, str] = os.environ, which: Callable[[str], str | None] = shutil.which
) -> str | None:
    """The Chromium to drive: OUVIDOR_TEST_CHROMIUM, or the first one on the path."""
    named = environment.get("OUVIDOR_TEST_CHROMIUM")
    return named or next((path for name in _CHROMIUMS if (path := which(name))), None)
