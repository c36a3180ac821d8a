"""`python -m tests.chaos [--mentions N] [--crashes N]`: three seeds on SQLite, one on PostgreSQL where it answers."""

import argparse
import json
import os
import subprocess
import sys
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from sqlalchemy import create_engine, make_url, text

from tests import requirement

SEEDS = (1, 2, 3)


@contextmanager
def a_postgres_database() -> Iterator[str]:
    """The URL of an empty database that is gone afterwards, whoever is still connected."""
    url, name = make_url(requirement.postgres_url()), f"ouvidor_chaos_{os.getpid()}_{uuid.uuid4().hex[:8]}"
    server = create_engine(url.set(database="postgres"), isolation_level="AUTOCOMMIT")
    try:
        with server.connect() as connection:
            connection.execute(text(f"CREATE DATABASE \"{name}\" TEMPLATE template0 ENCODING 'UTF8'"))
        try:
            yield url.set(database=name).render_as_string(hide_password=False)
        finally:
            with server.connect() as connection:
                connection.execute(text(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))
    finally:
        server.dispose()


def run(about: str, arguments: Sequence[str]) -> bool:
    """One run, its figures told; False when it failed, its reasons on the error stream."""
    command = [sys.executable, "-m", "cli", "chaos", "--json", *arguments]
    ended = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    figures = json.loads(ended.stdout) if ended.stdout else {}
    sys.stdout.write(json.dumps({"run": about, "code": ended.returncode, **figures}) + "\n")
    sys.stdout.flush()
    return ended.returncode == 0


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos")
    parser.add_argument("--mentions", type=int, default=3000)
    parser.add_argument("--crashes", type=int, default=60)
    given = parser.parse_args()
    asked = ["--mentions", str(given.mentions), "--crashes", str(given.crashes)]
    passed = [run(f"sqlite, seed {seed}", [*asked, "--seed", str(seed)]) for seed in SEEDS]
    if why := requirement.why_no_postgres():
        sys.stderr.write(f"not run on PostgreSQL: {why}\n")
        if "postgres" in requirement.required():
            return 1
    else:
        with a_postgres_database() as url:
            passed.append(run("postgres, seed 1", [*asked, "--seed", "1", "--database", url]))
    return 0 if all(passed) else 1


if __name__ == "__main__":
    raise SystemExit(main())
