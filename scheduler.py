"""What runs, in the order in which data flows, and how often; and the clock that ticks over it."""

import random
import threading
import uuid
from collections.abc import Callable, Collection, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TypeVar, cast

import structlog
from apscheduler.executors.pool import ThreadPoolExecutor as TickPool
from apscheduler.schedulers.background import BackgroundScheduler
from sqlalchemy import Engine, true
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import col, func, select

from cases.acknowledge import check_templates
from cases.waiting import rules_of, triage_waiting, wake_snoozed
from channels.accounts import connection_of
from channels.connection import Clock, Connection, SourceConfig
from classifier.base import Classifier
from classifier.tag import tag
from database.alarms import clear_alarm, raise_alarm
from database.engine import reading, transaction
from errors import NeedsAttentionError, OuvidorError, RateLimitedError, SettingsError
from listeners import build_listener
from listeners.base import Listener
from listeners.poll import give_back, poll
from listeners.recheck import recheck
from models import Account, Case, CaseState, Reply, ReplyState, Source
from responders import build_responder
from responders.around import on_hold
from responders.base import OutgoingReply, OwnPost, OwnTimeline, Posted, Responder
from responders.deliver import Doings, deliver
from responders.fuses import BLOWN, Fuses
from responders.reconcile import reconcile, shows_its_posts
from responders.settle import UNTOLD_WAIT, Terms, reclaim
from responders.verify import LOOKED_FOR, verify
from settings import Settings

log = structlog.get_logger()
Asked = TypeVar("Asked")
Found = TypeVar("Found")

_BATCH = 500  # mentions a transaction
_JITTER = 0.1  # of a source's interval, so that many sources do not poll as one
_RECHECK = timedelta(hours=1)
_WORKERS = 8
_GIVING_BACK = 0.5  # seconds, at a stop


@dataclass(frozen=True)
class Step:
    """One thing that runs again and again; repeating it at any moment is safe. `run` tells how much it did."""

    name: str
    every: timedelta
    run: Callable[["Runtime"], int]


class PacedResponder:
    """A responder that is built when first needed, and remembers until when its platform asked us to wait."""

    def __init__(self, build: Callable[[], Responder], clock: Clock) -> None:
        self._build, self._clock = build, clock
        self._built: Responder | None = None
        self.rests_until: datetime | None = None

    def room_left(self, body: str, to: str = "") -> int:
        return self._responder().room_left(body, to)

    def post(self, reply: OutgoingReply) -> Posted:
        return self._noting(self._responder().post, reply)

    def find(self, reply: OutgoingReply) -> Posted | None:
        return self._noting(self._responder().find, reply)

    @property
    def own_posts(self) -> Callable[[datetime], Iterator[OwnPost]]:
        """As the responder has it; AttributeError where its channel does not show an account its own posts."""
        shown = cast(OwnTimeline, self._responder()).own_posts
        return lambda since: iter(self._noting(lambda asked: list(shown(asked)), since))

    def built(self) -> Responder | None:
        """The responder itself; None where the settings lack what the account needs."""
        try:
            return self._responder()
        except NeedsAttentionError:
            return None

    def _responder(self) -> Responder:
        """NeedsAttentionError where the settings lack what the account needs: nothing was published."""
        if self._built is None:
            try:
                self._built = self._build()
            except SettingsError as error:
                raise NeedsAttentionError(str(error)) from error
        return self._built

    def _noting(self, ask: Callable[[Asked], Found], asked: Asked) -> Found:
        try:
            return ask(asked)
        except RateLimitedError as error:
            self.rests_until = self._clock.now() + (UNTOLD_WAIT if error.retry_after is None else error.retry_after)
            raise


class Runtime:
    """The loop of one process: builds listeners and responders from the settings, and runs the steps.

    Several may run on one database: every piece of work is claimed there. SettingsError when a template or an
    account's connection cannot be used at all; a missing secret only pauses what needs it.
    """

    def __init__(
        self,
        engine: Engine,
        settings: Settings,
        clock: Clock,
        classifier: Classifier,
        *,
        listeners: Callable[[Connection, SourceConfig, Clock], Listener] = build_listener,
        responders: Callable[[Connection, Clock], Responder] = build_responder,
        chance: random.Random | None = None,
    ) -> None:
        check_templates(settings.acknowledge)
        self._build_listener, self._build_responder = listeners, responders
        self.engine, self.settings, self.clock, self.classifier = engine, settings, clock, classifier
        delivery = settings.delivery
        self.rules = rules_of(settings)
        self.terms = Terms(
            delivery.settle,
            delivery.staleness,
            delivery.lease,
            delivery.settle_on,
            Fuses(**settings.fuses.model_dump()),
        )
        self.doings = Doings()
        self.name = uuid.uuid4().hex[:12]  # of this process, in the claims of its polls
        self.stopping = threading.Event()
        self._listeners: dict[int, Listener] = {}
        self._responders: dict[int, PacedResponder] = {}
        self._building = threading.Lock()
        self._random = chance or random.Random()
        self._pool: ThreadPoolExecutor | None = None
        self._under_way: dict[str, Future[int]] = {}
        self._ticker: BackgroundScheduler | None = None
        self._failing: set[str] = set()
        self.redelivered = 0  # mentions that were heard again and not stored twice

    def once(self) -> int:
        """Every step once, in order, in this thread; how much was done. `failing` names those that failed."""
        return sum(self._guarded(step.name, lambda step=step: step.run(self)) for step in STEPS)  # type: ignore[misc]

    @property
    def failing(self) -> list[str]:
        """The steps and jobs that failed when they ran last."""
        return sorted(self._failing)

    def start(self) -> None:
        """Tick in the background until `stop`; what was paused gets another chance, for a person restarted us."""
        self.resume(restarted=True)
        self._pool = ThreadPoolExecutor(_WORKERS, thread_name_prefix="ouvidor")
        self._ticker = BackgroundScheduler(
            executors={"default": TickPool(len(STEPS))},
            job_defaults={"max_instances": 1, "coalesce": True, "misfire_grace_time": None},
            timezone="UTC",
        )
        for step in STEPS:
            self._ticker.add_job(
                self._guarded,
                "interval",
                args=(step.name, lambda step=step: step.run(self)),
                seconds=step.every.total_seconds(),
                id=step.name,
                # At once: what a process that died left behind has waited long enough.
                next_run_time=datetime.now(UTC),
            )
        self._ticker.start()

    def stop(self, timeout: timedelta = timedelta(seconds=5)) -> bool:
        """Begin nothing more and let what is in flight finish; False when something did not within `timeout`.

        What was cut off is found by its claim after the next start.
        """
        self.stopping.set()
        if self._ticker is not None and self._ticker.running:
            self._ticker.shutdown(wait=False)
        if self._pool is None:
            return True
        self._pool.shutdown(wait=False, cancel_futures=True)
        unfinished = wait(list(self._under_way.values()), timeout.total_seconds()).not_done
        if unfinished:
            # Whoever holds the database holds us up here as well: then the lease has to end by itself.
            giving = threading.Thread(target=self._give_back, name="give-back", daemon=True)
            giving.start()
            giving.join(_GIVING_BACK)
        return not unfinished

    def _give_back(self) -> None:
        try:
            give_back(self.engine, self.name)
        except SQLAlchemyError as error:
            log.warning("claims_not_given_back", error=type(error).__name__)

    def dispatch(self, jobs: Iterable[tuple[str, Callable[[], int]]]) -> int:
        """Run jobs beside each other, one at a time a name: a slow one delays only itself.

        Before `start` they run here, one after the other.
        """
        if self._pool is None:
            return sum(self._guarded(name, job) for name, job in jobs)
        begun = 0
        for name, job in jobs:
            earlier = self._under_way.get(name)
            if self.stopping.is_set() or (earlier is not None and not earlier.done()):
                continue
            self._under_way[name] = self._pool.submit(self._guarded, name, job)
            begun += 1
        return begun

    def listener(self, source: Source) -> Listener:
        """The listener of a source, built once."""
        with self._building:
            found = self._listeners.get(source.id or 0)
            if found is None:
                connection = connection_of(self.settings, self._account_name(source.account_id))
                config = SourceConfig(source.kind, source.query, source.options)
                found = self._listeners[source.id or 0] = self._build_listener(connection, config, self.clock)
            return found

    def responder(self, account_id: int) -> PacedResponder:
        """The responder of an account, built once."""
        with self._building:
            found = self._responders.get(account_id)
            if found is None:
                found = PacedResponder(lambda: self._built_responder(account_id), self.clock)
                self._responders[account_id] = found
            return found

    def built(self, account_id: int) -> Responder | None:
        """The channel's own responder; None where the settings lack what the account needs."""
        return self.responder(account_id).built()

    def _built_responder(self, account_id: int) -> Responder:
        return self._build_responder(connection_of(self.settings, self._account_name(account_id)), self.clock)

    def resting(self) -> dict[int, datetime]:
        """Accounts whose platform asked us to wait, and until when."""
        now = self.clock.now()
        return {
            account_id: responder.rests_until
            for account_id, responder in self._responders.items()
            if responder.rests_until is not None and responder.rests_until > now
        }

    def next_due(self) -> datetime | None:
        """When the next piece of work that waits for its time is due; None when only a person can go on."""
        with reading(self.engine) as session:
            resting, held = self.resting(), on_hold(session)
            moments = [
                *resting.values(),
                session.exec(select(func.min(Source.next_poll_at)).where(*_POLLED)).one(),
                session.exec(
                    select(func.min(func.coalesce(Reply.claimed_until, Reply.next_attempt_at))).where(
                        col(Reply.state).in_([ReplyState.APPROVED, *LOOKED_FOR]),
                        col(Reply.account_id).not_in(resting),
                        (col(Reply.state) != ReplyState.APPROVED) | col(Reply.account_id).not_in(held),
                    )
                ).one(),
                session.exec(select(func.min(Reply.claimed_until)).where(Reply.state == ReplyState.SENDING)).one(),
                session.exec(select(func.min(Case.snoozed_until)).where(Case.state == CaseState.SNOOZED)).one(),
            ]
        return min((moment for moment in moments if moment is not None), default=None)

    def jitter(self) -> float:
        """By how much to stretch an interval, as a fraction."""
        return self._random.uniform(-_JITTER, _JITTER)

    def _account_name(self, account_id: int) -> str:
        with reading(self.engine) as session:
            return session.get_one(Account, account_id).name

    def _guarded(self, name: str, job: Callable[[], int]) -> int:
        """Run one piece of work; its failure is logged once until it recovers, and everything else goes on."""
        if self.stopping.is_set():
            return 0
        try:
            done = job()
        except Exception as error:
            if name not in self._failing:
                self._failing.add(name)
                # A message may carry text from outside; our own errors are written for people to read.
                told = str(error) if isinstance(error, OuvidorError) else type(error).__name__
                log.exception("step_failed", step=name, error=told, exc_info=not isinstance(error, OuvidorError))
            return 0
        if name in self._failing:
            self._failing.discard(name)
            log.info("step_recovered", step=name)
        return done

    def resume(self, *, restarted: bool = False) -> None:
        """Give every source and account that was paused another chance: a person has looked after them.

        A restart alone mends no fuse: a supervisor restarts as well, and knows nothing of what went out.
        """
        now = self.clock.now()
        paused = (Account.paused_reason != "", ~col(Account.paused_reason).startswith(BLOWN) if restarted else true())
        with transaction(self.engine) as session:
            for source in session.exec(select(Source).where(Source.paused_reason != "")):
                source.paused_reason, source.next_poll_at = "", now
                session.add(source)
            for account in session.exec(select(Account).where(*paused)):
                account.paused_reason, account.resumed_at = "", now
                session.add(account)
                clear_alarm(session, "account_paused", f"account:{account.id}", now)


# An import is a source that was read once, from a file.
_POLLED = (col(Source.active), Source.paused_reason == "", Source.kind != "import")


def _poll_sources(runtime: Runtime) -> int:
    now = runtime.clock.now()
    with reading(runtime.engine) as session:
        due = session.exec(select(Source).where(*_POLLED, Source.next_poll_at <= now)).all()
    return runtime.dispatch((f"poll:{source.name}", lambda s=source: _poll_one(runtime, s)) for source in due)  # type: ignore[misc]


def _poll_one(runtime: Runtime, source: Source) -> int:
    now = runtime.clock.now()
    try:
        listener = runtime.listener(source)
    except SettingsError as error:
        _pause(runtime, source, str(error), now)
        return 0
    polled = poll(
        runtime.engine,
        listener,
        source.id or 0,
        now,
        jitter=runtime.jitter(),
        clock=runtime.clock.now,
        should_stop=runtime.stopping.is_set,
        by=runtime.name,
    )
    runtime.redelivered += polled.known
    failed = polled.error is not None and not isinstance(polled.error, RateLimitedError)
    if failed and source.failing_since is None:
        log.warning("source_failing", source=source.name, error=type(polled.error).__name__)
    elif polled.claimed and polled.error is None and source.failing_since is not None:
        log.info("source_recovered", source=source.name)
    return polled.new


def _pause(runtime: Runtime, source: Source, reason: str, now: datetime) -> None:
    with transaction(runtime.engine) as session:
        row = session.get_one(Source, source.id)
        row.paused_reason = reason
        row.last_error = reason[:500]
        row.failing_since = row.failing_since or now
        session.add(row)
        raise_alarm(session, "source_paused", f"source:{row.id}", f"{row.name}: {reason}", now)


def _check_sources(runtime: Runtime) -> int:
    now = runtime.clock.now()
    with reading(runtime.engine) as session:
        due = session.exec(
            select(Source).where(
                *_POLLED,
                col(Source.next_check_at).is_(None) | (col(Source.next_check_at) <= now),
            )
        ).all()
    return runtime.dispatch((f"check:{source.name}", lambda s=source: _check_one(runtime, s)) for source in due)  # type: ignore[misc]


def _check_one(runtime: Runtime, source: Source) -> int:
    checked = recheck(runtime.engine, runtime.listener(source), source.id or 0, runtime.clock.now(), every=_RECHECK)
    return checked.edited + checked.gone


def _tag(runtime: Runtime) -> int:
    return _until_done(runtime, lambda: tag(runtime.engine, runtime.classifier, _BATCH, runtime.clock.now()))


def _triage(runtime: Runtime) -> int:
    return _until_done(runtime, lambda: triage_waiting(runtime.engine, runtime.rules, _BATCH, runtime.clock.now()))


def _until_done(runtime: Runtime, batch: Callable[[], int]) -> int:
    total = 0
    while not runtime.stopping.is_set():
        done = batch()
        total += done
        if done < _BATCH:
            break
    return total


def _deliver(runtime: Runtime) -> int:
    """Approved replies, one account's after another's; nothing while posting is off."""
    if not runtime.settings.posting:
        return 0
    return _by_account(runtime, (ReplyState.APPROVED,), "deliver", _deliver_one)


def _deliver_one(runtime: Runtime, account_id: int, reply_id: int) -> int:
    clock = runtime.clock.now
    responder = runtime.responder(account_id)
    return deliver(runtime.engine, responder, reply_id, clock(), runtime.terms, clock, runtime.doings) is not None


def _verify(runtime: Runtime) -> int:
    return _by_account(runtime, LOOKED_FOR, "verify", _verify_one)


def _verify_one(runtime: Runtime, account_id: int, reply_id: int) -> int:
    now = runtime.clock.now()
    return verify(runtime.engine, runtime.responder(account_id), reply_id, now, runtime.terms) is not None


def _by_account(
    runtime: Runtime,
    states: Collection[ReplyState],
    name: str,
    one: Callable[[Runtime, int, int], int],
) -> int:
    now = runtime.clock.now()
    with reading(runtime.engine) as session:
        # What waits for a person of ours is not taken up again and again meanwhile; looking for what was sent goes on.
        held = on_hold(session) if ReplyState.APPROVED in states else ()
        due = session.exec(
            select(Reply.account_id, Reply.id)
            .where(
                col(Reply.state).in_(states),
                col(Reply.next_attempt_at) <= now,
                # What somebody holds, alive or dead, must not fill the batch for as long as the lease lasts.
                col(Reply.claimed_until).is_(None) | (col(Reply.claimed_until) < now),
                col(Reply.account_id).not_in({*runtime.resting(), *held}),
            )
            .order_by(col(Reply.next_attempt_at), col(Reply.id))
            .limit(_BATCH)
        ).all()
    accounts: dict[int, list[int]] = {}
    for account_id, reply_id in due:
        accounts.setdefault(account_id, []).append(reply_id or 0)

    def work(account_id: int, replies: list[int]) -> int:
        done = 0
        for reply_id in replies:
            if runtime.stopping.is_set() or account_id in runtime.resting():
                break
            done += one(runtime, account_id, reply_id)
        return done

    return runtime.dispatch(
        (f"{name}:{account_id}", lambda a=account_id, r=replies: work(a, r))  # type: ignore[misc]
        for account_id, replies in accounts.items()
    )


def _reconcile(runtime: Runtime) -> int:
    now = runtime.clock.now()
    with reading(runtime.engine) as session:
        due = session.exec(
            select(Account.id).where(
                col(Account.active),
                Account.channel != "import",
                col(Account.next_reconcile_at).is_(None) | (col(Account.next_reconcile_at) <= now),
                col(Account.id).not_in(runtime.resting()),
            )
        ).all()
    return runtime.dispatch((f"reconcile:{one}", lambda one=one: _reconcile_one(runtime, one or 0)) for one in due)  # type: ignore[misc]


def _reconcile_one(runtime: Runtime, account_id: int) -> int:
    built = runtime.built(account_id)
    if built is None or not shows_its_posts(built):
        return 0
    every = runtime.settings.delivery.reconcile
    found = reconcile(
        runtime.engine, runtime.responder(account_id), cast(OwnTimeline, built), account_id, runtime.clock.now(), every
    )
    return 0 if found is None else len(found.foreign) + len(found.vanished)


def _sweep(runtime: Runtime) -> int:
    now = runtime.clock.now()
    return reclaim(runtime.engine, now, runtime.terms) + wake_snoozed(runtime.engine, now)


STEPS = (
    Step("poll", timedelta(seconds=1), _poll_sources),
    Step("check", timedelta(seconds=60), _check_sources),
    Step("tag", timedelta(seconds=1), _tag),
    Step("triage", timedelta(seconds=1), _triage),
    Step("deliver", timedelta(milliseconds=250), _deliver),  # who approves looks at the network for it
    Step("verify", timedelta(seconds=2), _verify),
    Step("reconcile", timedelta(seconds=30), _reconcile),
    Step("sweep", timedelta(seconds=15), _sweep),
)
