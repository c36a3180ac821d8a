"""From a person's approval to the network: the real loop at its real intervals, against the sandbox's Mastodon."""

import os
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import Engine
from sqlmodel import func, select
from starlette.responses import Response

from cases.approval import approve
from cases.drafts import draft
from commands.apply import apply_settings
from commands.bench_contestants import percentile
from database.engine import migrate, open_database, reading, transaction
from models import Case, CaseMention, Mention, ReplyPurpose
from sandbox.clock import WallClock
from sandbox.records import BRAND_HANDLES, BRAND_NAME
from sandbox.server import Faults, SandboxServer
from sandbox.state import Person, State
from scheduler import Runtime
from settings import AccountSettings, BrandSettings, Settings, SourceSettings
from tests.contract.stages import STAGES
from tests.fakes import OneVerdict

_STAGE = STAGES["mastodon"]
_APPROVALS = 60  # more would come to the network's limit of calls
_BETWEEN = 0.37  # seconds on average: nobody approves in step with a clock
_PATIENCE = 120  # seconds


def measure() -> dict[str, object]:
    with tempfile.TemporaryDirectory() as folder:
        counter = _Counter()
        state = State(Path(folder) / "networks.db", WallClock())
        server = SandboxServer(state, faults=Faults(counter.before, counter.after))
        try:
            with _loop(Path(folder), server.start()) as runtime:
                for number in range(_APPROVALS):
                    _STAGE.publish(state, f"Meu pedido {number} não chegou", by=_customer(state, number))
                _wait(lambda: _cases(runtime.engine) == _APPROVALS)
                approved = _approve_all(runtime.engine)
                _wait(lambda: state.count_posts(by_brand=True) == _APPROVALS)
        finally:
            server.stop()
        posted = {post.text.rpartition(" ")[2]: post.posted_at for post in state.select_posts("post.by_brand = 1")}
        state.close()
    waits = [(posted[text.rpartition(" ")[2]] - at).total_seconds() * 1000 for text, at in approved.items()]
    return {
        "approvals": len(waits),
        "p50_ms": round(percentile(waits, 0.5)),
        "p95_ms": round(percentile(waits, 0.95)),
        "worst_ms": round(max(waits)),
        "network_answers_in_ms": round(statistics.median(counter.took) * 1000, 1),
    }


class _Counter:
    """How long the network itself takes to publish: one request at a time, as one account sends them."""

    def __init__(self) -> None:
        self.took: list[float] = []
        self._began = 0.0

    def before(self, _network: str, method: str, path: str) -> Response | None:
        if (method, path) == _STAGE.publishes:
            self._began = time.monotonic()
        return None

    def after(self, _network: str, method: str, path: str) -> Response | None:
        if (method, path) == _STAGE.publishes:
            self.took.append(time.monotonic() - self._began)
        return None


@contextmanager
def _loop(folder: Path, url: str) -> Iterator[Runtime]:
    """A running loop that posts and acknowledges nothing by itself."""
    for name, secret in _STAGE.secrets.items():
        os.environ[f"BENCH_{name.upper()}"] = secret
    account = AccountSettings(
        name="conta",
        brand="aurora",
        channel="mastodon",
        handle=BRAND_HANDLES["mastodon"],
        base_url=f"{url}/mastodon",
        secrets={name: f"env:BENCH_{name.upper()}" for name in _STAGE.secrets},
    )
    settings = Settings(
        posting=True,
        brand=[BrandSettings(slug="aurora", name=BRAND_NAME)],
        account=[account],
        source=[SourceSettings(name="menções", account="conta", kind="notifications", every=timedelta(seconds=5))],
    )
    engine = open_database(f"sqlite:///{folder / 'bench.db'}")
    migrate(engine)
    with transaction(engine) as session:
        apply_settings(session, settings, WallClock().now())
    runtime = Runtime(engine, settings, WallClock(), OneVerdict())
    runtime.start()
    try:
        yield runtime
    finally:
        runtime.stop()
        engine.dispose()


def _approve_all(engine: Engine) -> dict[str, datetime]:
    """One answer to each case, as a person would; each text with the moment at which it was committed."""
    chance, approved = random.Random(1), {}
    with reading(engine) as session:
        cases = session.exec(select(CaseMention.case_id, CaseMention.mention_id)).all()
    for case_id, mention_id in cases:
        time.sleep(chance.expovariate(1 / _BETWEEN))
        with transaction(engine) as session:
            case, mention = session.get_one(Case, case_id), session.get_one(Mention, mention_id)
            text = f"Olá! Já encontramos o seu pedido. Caso {case.protocol}"
            reply = draft(session, case, mention, text, ReplyPurpose.ANSWER, "Ana", WallClock().now())
            approve(session, reply, "Ana", WallClock().now())
        approved[text] = WallClock().now()
    return approved


def _customer(state: State, number: int) -> Person:
    return state.add_person("mastodon", f"maria{number}", "Maria", 10)


def _cases(engine: Engine) -> int:
    with reading(engine) as session:
        return session.exec(select(func.count()).select_from(Case)).one()


def _wait(true: Callable[[], bool]) -> None:
    until = time.monotonic() + _PATIENCE
    while not true():
        if time.monotonic() > until:
            raise TimeoutError(f"the loop did not come that far within {_PATIENCE} seconds")
        time.sleep(0.05)
