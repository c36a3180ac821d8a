"""What happens when a guard of delivery is taken away: each removal, the test that then fails, the fault it is for.

`python -m tests.removals` makes each removal in a copy of the tree and runs its test there; the same list is the table
of docs/reliability.md.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
_LEFT_OUT = shutil.ignore_patterns(".git", ".venv", "dist", "build", "__pycache__", ".*_cache", "*.png")


@dataclass(frozen=True)
class Removal:
    """A guard, how it is taken away, and what tells that it is gone."""

    guard: str
    fault: str  # what it is for
    file: str
    text: str  # stands in the file exactly once
    instead: str
    test: str  # of tests/, as pytest names it


_GUARDS = "responders/test_guards.py::test_"
_DELIVER = "responders/test_deliver.py::test_"
REMOVALS: Sequence[Removal] = (
    Removal(
        "look before send",
        "the reply stands there already: from a phone, another tool, an earlier life",
        "responders/deliver.py",
        "        found = responder.find(reply)\n",
        "        found = None\n",
        f"{_GUARDS}what_stands_there_already_is_adopted_without_a_request",
    ),
    Removal(
        "settle window",
        "time-out, reset, 5xx, crash: published, and reading back lags",
        "responders/verify.py",
        "        if now < settled:\n",
        "        if False:\n",
        f"{_DELIVER}an_unknown_outcome_that_is_not_there_after_the_settle_window_goes_to_a_person",
    ),
    Removal(
        "never again alone",
        "time-out, reset, 5xx after the reply was accepted",
        "responders/settle.py",
        "            move(session, reply, ReplyState.UNKNOWN, OUVIDOR, now)\n        case ByHandError():",
        "            move(session, reply, ReplyState.APPROVED, OUVIDOR, now)\n        case ByHandError():",
        f"{_DELIVER}an_unknown_outcome_that_was_published_is_found_and_never_posted_again",
    ),
    Removal(
        "sending before the request",
        "a crash between the request and its record",
        "responders/deliver.py",
        "    sending = _commit(engine, claimed, at, terms)\n",
        "    early = _post(responder, outgoing)\n    sending = _commit(engine, claimed, at, terms)\n",
        f"{_DELIVER}sending_is_on_disk_before_the_request_leaves",
    ),
    Removal(
        "fence: the lease",
        "a worker that slept past its lease sends what another took over",
        "responders/outbox.py",
        '    _REPLIES.c.claim == bindparam("token"), _REPLIES.c.claimed_until > bindparam("moment")\n',
        '    _REPLIES.c.claim == bindparam("token"), bindparam("moment").is_not(None)\n',
        f"{_GUARDS}who_slept_past_the_lease_while_looking_sends_nothing",
    ),
    Removal(
        "fence: the claim",
        "a worker that slept past its lease writes its result",
        "responders/deliver.py",
        "        if reply.claim != sending.token or reply.state is not ReplyState.SENDING:\n",
        "        if False:\n",
        f"{_DELIVER}who_slept_past_the_lease_writes_nothing_over_who_took_over",
    ),
    Removal(
        "fence: the claim, of a confirmed reply",
        "the same, where its request went through",
        "database/ledger.py",
        '        statement = statement.where(replies.c.claim == bindparam("_claim"))\n',
        '        statement = statement.where(bindparam("_claim").is_not(None))\n',
        f"{_DELIVER}who_slept_past_the_lease_writes_nothing_over_who_took_over",
    ),
    Removal(
        "unique intent",
        "two people approve an answer to the same post, or a form is sent twice",
        "cases/approval.py",
        "    _number(session, reply, terms)\n",
        "    reply.sequence += 1\n    session.flush()\n",
        "cases/test_decisions.py::test_one_intent_is_approved_once",
    ),
    Removal(
        "frozen text",
        "the text changed after it was approved",
        "responders/outbox.py",
        "        if text_hash(row.body) != row.body_hash:\n",
        "        if False:\n",
        f"{_DELIVER}a_text_that_is_not_the_approved_one_is_not_sent",
    ),
    Removal(
        "the thread as it was",
        "the customer, or somebody of ours elsewhere, spoke after the approval",
        "responders/outbox.py",
        "        if seen.thread_mark > row.thread_mark:\n",
        "        if False:\n",
        f"{_GUARDS}a_further_word_of_the_customer_asks_a_person",
    ),
    Removal(
        "the case as it was",
        "a person found that the matter is another one",
        "responders/outbox.py",
        "        if row.case_version != seen.case_version:\n",
        "        if False:\n",
        f"{_DELIVER}what_a_person_approved_asks_again_when_the_case_became_another",
    ),
    Removal(
        "kill switch",
        "a stolen token, a wrong template, a scandal",
        "responders/deliver.py",
        "    return bool(seen.stopped or seen.paused_reason or seen.recovering)\n",
        "    return bool(seen.paused_reason or seen.recovering)\n",
        f"{_GUARDS}nothing_is_sent_while_a_stop_stands",
    ),
    Removal(
        "kill switch, at the last moment",
        "the machine slept between the commit and the request",
        "responders/deliver.py",
        "    while sending is not None and at.stopwatch() - began >= _FRESH:\n",
        "    while False:\n",
        f"{_GUARDS}a_machine_that_slept_before_the_request_looks_for_a_stop_again",
    ),
    Removal(
        "opt-out",
        "automation answers who asked to be left alone",
        "responders/around.py",
        "        author_opted_out=row.opted_out_at is not None,\n",
        "        author_opted_out=False,\n",
        f"{_GUARDS}automation_never_answers_who_asked_to_be_left_alone",
    ),
    Removal(
        "staleness",
        "automation answers what is too old to be answered unasked",
        "responders/policy/refuse.py",
        "            (now - intent.posted_at > staleness, STALE),\n",
        "            (False, STALE),\n",
        "responders/test_policy.py::test_what_is_forbidden_to_automation_is_left_to_people[any.stale]",
    ),
    Removal(
        "staleness of what is answered",
        "the post was edited or deleted after the approval",
        "responders/outbox.py",
        "        if row.text_revision != seen.text_revision:\n",
        "        if False:\n",
        f"{_DELIVER}a_post_that_was_deleted_or_edited_since_is_not_answered",
    ),
    Removal(
        "personal-data gate",
        "a CPF, a telephone or a card in a public answer, or a public request for one",
        "cases/gate.py",
        "    if left:\n",
        "    if False:\n",
        f"{_GUARDS}personal_data_does_not_go_out_unless_a_person_answers_for_it",
    ),
    Removal(
        "fuse",
        "a loop that answers hundreds of people before anybody looks",
        "responders/deliver.py",
        "        if fuse:\n",
        "        if False:\n",
        f"{_GUARDS}a_blown_fuse_pauses_the_account_until_a_person_resumes_it",
    ),
    Removal(
        "one post, one reply",
        "two replies are both taken for the one that stands there",
        "responders/settle.py",
        "    if is_anothers(session, claimed.row.account_id, claimed.row.id, posted)"
        " or _is_perhaps_anothers(session, claimed):\n",
        "    if False:\n",
        f"{_GUARDS}one_post_is_not_adopted_for_two_replies",
    ),
    Removal(
        "frozen after a backup",
        "a database that was put back has forgotten what it sent",
        "responders/deliver.py",
        "    return bool(seen.stopped or seen.paused_reason or seen.recovering)\n",
        "    return bool(seen.stopped or seen.paused_reason)\n",
        f"{_GUARDS}what_was_unfinished_is_read_back_before_anything_moves",
    ),
    Removal(
        "this process remembers",
        "the database went back under a running process, and reading back lags",
        "responders/deliver.py",
        "    if claimed.never_sent and doings.sent(outgoing.key):\n",
        "    if False:\n",
        f"{_DELIVER}a_database_that_goes_back_asks_a_person_where_reading_back_lags",
    ),
)


def misplaced(root: Path = ROOT) -> list[str]:
    """The removals whose text does not stand in its file exactly once."""
    return [
        f"{one.guard}: {one.file}"
        for one in REMOVALS
        if (root / one.file).read_text(encoding="utf-8").count(one.text) != 1
    ]


def table() -> str:
    """The guards as docs/reliability.md shows them."""
    rows = [f"| {one.guard} | `{one.test.partition('::')[2]}` | {one.fault} |" for one in REMOVALS]
    return "\n".join(["| guard | test that fails without it | fault |", "|---|---|---|", *rows])


def fails_without(removal: Removal) -> tuple[bool, str]:
    """Whether the named test fails in a copy of the tree where the guard is gone; and what pytest said."""
    with tempfile.TemporaryDirectory(prefix="ouvidor-removal-") as folder:
        copy = Path(folder) / "tree"
        shutil.copytree(ROOT, copy, ignore=_LEFT_OUT)
        path = copy / removal.file
        path.write_text(path.read_text(encoding="utf-8").replace(removal.text, removal.instead), encoding="utf-8")
        run = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:randomly", f"tests/{removal.test}"],
            cwd=copy,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
            env={name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")},
        )
    # 1 is "some tests failed"; anything else would be a mistake of ours, as a test that does not exist.
    return run.returncode == 1, run.stdout[-2000:] + run.stderr[-2000:]


def main() -> int:
    """Make every removal, or those that are named; 1 when one of them goes unnoticed."""
    names = [removal.guard for removal in REMOVALS]
    parser = argparse.ArgumentParser(prog="python -m tests.removals", description="Take each guard away in turn.")
    parser.add_argument("guard", nargs="*", help="all of them unless named")
    wanted = parser.parse_args().guard or names
    if unknown := set(wanted) - set(names):
        parser.error(f"there is no guard {min(unknown)!r}; there are: {', '.join(names)}")
    unnoticed = 0
    for removal in (one for one in REMOVALS if one.guard in wanted):
        fails, told = fails_without(removal)
        print(f"{'fails' if fails else 'PASSES'}  {removal.guard}: {removal.test}")  # noqa: T201
        if not fails:
            unnoticed += 1
            print(told)  # noqa: T201
    return 1 if unnoticed or misplaced() else 0


if __name__ == "__main__":
    sys.exit(main())
