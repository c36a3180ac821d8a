"""The plan itself: its names, its seed, one fault at a time, and that every kind has its test."""

import ast
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

from errors import SettingsError
from sandbox.faults import KINDS, FaultPlan, people, sight
from sandbox.faults.plan import SHARES
from sandbox.records import NETWORKS
from tests.sandbox.fault_tools import EVERYWHERE, Troubled

ANSWERS = sorted(
    SHARES.keys() - people.SHARES.keys() - sight.SHARES.keys() - {"no-answer-in-time"}
)  # without real waiting


def what_comes(troubled: Troubled, plan: FaultPlan) -> list[tuple[object, ...]]:
    """What a hundred readings meet, one after the other: each time the status, and the fault if there was one."""
    met: list[tuple[object, ...]] = []
    for number in range(100):
        before = dict(plan.counts)
        try:
            status: object = troubled.read(EVERYWHERE[number % 5]).status_code
        except httpx.HTTPError:
            status = "no answer"
        struck = [kind for kind, count in plan.counts.items() if count > before[kind]]
        assert len(struck) <= 1, "two faults at once are a platform that there is not"
        met.append((status, *struck))
        troubled.later(seconds=7)
    return met


def test_there_are_at_least_28_kinds_and_all_strike_somewhere() -> None:
    assert len(KINDS) >= 28
    assert KINDS.keys() == SHARES.keys()
    for name, kind in KINDS.items():
        assert kind.name == name
        assert kind.networks
        assert kind.networks <= set(NETWORKS)
        assert kind.summary
        assert 0 < SHARES[name] < 0.5, "a rate of 2 leaves a way through"
    assert frozenset().union(*(kind.networks for kind in KINDS.values())) == set(NETWORKS)


def test_every_kind_has_a_test_of_its_own() -> None:
    names = [
        node.name
        for path in Path(__file__).parent.glob("test_faults_*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef)
    ]
    without = [kind for kind in KINDS if not any(name.startswith(f"test_{kind.replace('-', '_')}") for name in names)]
    assert without == []


def test_a_name_that_there_is_not_is_refused_with_the_nearest_one(troubled: Troubled) -> None:
    with pytest.raises(SettingsError, match=r"'late-posts'.*'late-post'"):
        FaultPlan(troubled.state, 1, ["late-posts"])
    with pytest.raises(SettingsError, match="'429'"):
        FaultPlan(troubled.state, 1, ["429"])


def test_every_chosen_kind_is_counted_from_nothing(troubled: Troubled) -> None:
    assert FaultPlan(troubled.state, 1).counts == dict.fromkeys(KINDS, 0)
    assert FaultPlan(troubled.state, 1, ["parrot", "parrot"]).counts == {"parrot": 0}
    assert FaultPlan(troubled.state, 1, []).counts == {}


def test_one_seed_strikes_alike_and_another_one_otherwise(troubled: Troubled) -> None:
    def weather(seed: int) -> list[tuple[object, ...]]:
        troubled.calm_down()
        return what_comes(troubled, troubled.meets(*ANSWERS, rate=6, seed=seed))

    first = weather(7)
    assert sum(len(met) > 1 for met in first) > 20
    assert weather(7) == first
    assert weather(8) != first


def test_one_fault_at_a_time_and_each_has_its_turn(troubled: Troubled) -> None:
    kinds = ("rate-limit-past", "dropped-unread", "redirect", "html-with-200")
    plan = troubled.meets(*kinds, rate=100)
    met = what_comes(troubled, plan)

    assert min(plan.counts.values()) > 5
    assert sum(plan.counts.values()) == sum(len(one) > 1 for one in met)


def test_a_rate_of_nothing_is_fine_weather(troubled: Troubled) -> None:
    plan = troubled.meets(*KINDS, rate=0)
    post = troubled.complains("mastodon")

    assert {troubled.read(network).status_code for network in EVERYWHERE} == {200}
    assert troubled.reply(post, "Olá!").status_code == 200
    assert plan.next_at() is None
    assert set(plan.counts.values()) == {0}


def test_at_its_own_rate_a_patient_client_gets_through(troubled: Troubled) -> None:
    plan = troubled.meets(*ANSWERS, rate=1)
    met = what_comes(troubled, plan)

    assert sum(status == 200 for status, *_ in met) > 70
    assert sum(plan.counts.values()) > 3


def test_the_truth_log_holds_what_was_published_whatever_the_client_was_told(troubled: Troubled) -> None:
    troubled.meets("error-after-accepting", "dropped-after-accepting", "truncated-body", "empty-body")
    posts = [troubled.complains("mastodon") for _ in range(12)]
    for post in posts:
        with suppress(httpx.HTTPError):
            troubled.reply(post, "Olá!")

    assert [troubled.answers(post) for post in posts] == [["Olá!"]] * 12
