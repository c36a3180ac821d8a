"""The platforms' rules: each one refuses what it is there for, and names its source and what to do instead."""

import re
from dataclasses import fields, replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from channels.mastodon_text import Limits
from channels.reddit_client import TEXT_LIMIT as REDDIT_LIMIT
from models import ReplyPurpose, Visibility
from responders import RESPONDERS
from responders.policy import (
    OURS,
    POLICIES,
    RULES,
    Cap,
    Fact,
    Intent,
    Refusal,
    Rule,
    forbidding,
    policy_page,
    refusal,
)
from responders.policy.page import COMMAND
from responders.reclame_aqui import TEXT_LIMIT as RECLAME_AQUI_LIMIT
from responders.x import LIMIT as X_LIMIT
from tests.builders import NOON

PAGE = Path(__file__).resolve().parents[2] / "docs" / "policy.md"
DAY = timedelta(hours=24)
MANUAL = Intent("mastodon", ReplyPurpose.ANSWER, False, True, Visibility.PUBLIC, NOON)
AUTOMATIC = replace(MANUAL, purpose=ReplyPurpose.ACKNOWLEDGEMENT, automatic=True)
LONG_AGO = NOON - timedelta(days=180)
OLD_THREAD = {"channel": "reddit", "thread_posted_at": LONG_AGO, "posted_at": LONG_AGO}
# What each rule is there for, as a change of an intent that nothing forbids.
FOR_EVERYONE: dict[str, dict[str, object]] = {
    "any.imported": {"account_active": False},
    "any.deleted": {"deleted": True},
    "any.ourselves": {"is_ours": True},
    "any.blocked": {"author_blocked": True},
    "any.private": {"visibility": Visibility.PRIVATE},
    "any.no_private_way": {"channel": "complaint_page", "private": True},
    "x.summoned": {"channel": "x", "addresses_us": False},
    "reddit.archived": OLD_THREAD,
    "reclame_aqui.evaluated": {"channel": "reclame_aqui", "thread_status": "Avaliado Não Resolvido"},
    "reclame_aqui.ended": {"channel": "reclame_aqui", "thread_status": "Encerrada sem avaliação"},
    "reclame_aqui.frozen": {"channel": "reclame_aqui", "thread_status": "Congelado"},
    "reclame_aqui.inactive": {"channel": "reclame_aqui", "thread_status": "Desativado pelo consumidor"},
}
FOR_AUTOMATION: dict[str, dict[str, object]] = {
    "complaint_site.no_automatic": {"channel": "reclame_aqui"},
    "any.person": {"purpose": ReplyPurpose.ANSWER},
    "any.second": {"sequence": 2},
    "any.before_start": {"answerable_automatically": False},
    "any.stale": {"posted_at": NOON - DAY - timedelta(seconds=1)},
    "any.hold": {"holds": ("death",)},
    "any.spam": {"is_spam": True},
    "any.unsure": {"confident": False},
    "any.closed": {"case_closed": True},
    "any.incident": {"incident": True},
    "any.untold": {"author_told": False},
    "any.bot": {"author_is_bot": True},
    "any.other_brand": {"other_brand": True},
    "any.opted_out": {"author_opted_out": True},
    "any.answered": {"answered_elsewhere": True},
    "any.once": {"automatic_before": True},
    "any.person_daily": {"automatic_to_person": 1},
    "any.person_replies": {"replies_to_person": 6},
    "any.thread_depth": {"thread_depth": 3},
}


def found(intent: Intent) -> Refusal | None:
    return refusal(intent, NOON, DAY)


def rule(intent: Intent, **change: object) -> str | None:
    refused = found(replace(intent, **change))  # type: ignore[arg-type]
    return None if refused is None else refused.rule


def test_every_channel_has_a_policy_with_every_fact_and_where_it_was_read() -> None:
    assert set(POLICIES) == set(RESPONDERS)
    for channel, policy in POLICIES.items():
        facts = {name.name: getattr(policy, name.name) for name in fields(policy) if "Fact" in str(name.type)}
        assert len(facts) == 11
        assert [name for name, fact in facts.items() if fact is None] in ([], ["private_way"]), channel
        for fact in filter(None, facts.values()):
            assert fact.says
            assert is_cited(fact), (channel, fact)


def is_cited(told: Fact | Rule) -> bool:
    return told.read_on >= date(2026, 11, 21) and (told.source == OURS or told.source.startswith("https://"))


def test_every_rule_has_its_reason_its_source_and_a_way_out() -> None:
    assert {rule.name for rule in RULES} == FOR_EVERYONE.keys() | FOR_AUTOMATION.keys()
    for one in RULES:
        assert one.reason
        assert one.instead
        assert is_cited(one), one
        assert one.automation_alone is (one.name in FOR_AUTOMATION)


@pytest.mark.parametrize("name", FOR_EVERYONE)
def test_what_is_forbidden_to_everyone_is_forbidden_to_people_and_automation(name: str) -> None:
    assert rule(MANUAL, **FOR_EVERYONE[name]) == name
    assert rule(AUTOMATIC, **FOR_EVERYONE[name]) == name


@pytest.mark.parametrize("name", FOR_AUTOMATION)
def test_what_is_forbidden_to_automation_is_left_to_people(name: str) -> None:
    assert rule(AUTOMATIC, **FOR_AUTOMATION[name]) == name
    assert rule(MANUAL, **FOR_AUTOMATION[name]) is None


@pytest.mark.parametrize("channel", ["x", "reddit", "mastodon"])
def test_an_acknowledgement_goes_out_where_nothing_forbids_it(channel: str) -> None:
    assert rule(AUTOMATIC, channel=channel) is None


@pytest.mark.parametrize("channel", sorted(POLICIES))
def test_a_person_may_answer_a_public_post_that_addresses_the_account(channel: str) -> None:
    assert rule(MANUAL, channel=channel) is None


def test_only_x_forbids_answering_posts_that_do_not_address_the_account() -> None:
    refused = {name for name in POLICIES if rule(MANUAL, channel=name, addresses_us=False) is not None}
    assert refused == {"x"}


def test_on_a_channel_without_a_policy_nobody_answers() -> None:
    assert rule(MANUAL, channel="import") == "any.imported"


def test_complaint_sites_are_never_answered_automatically() -> None:
    refused = {channel for channel in POLICIES if rule(AUTOMATIC, channel=channel) == "complaint_site.no_automatic"}
    assert refused == {"reclame_aqui", "complaint_page"}
    assert {channel for channel, policy in POLICIES.items() if policy.by_hand} == {"complaint_page"}


@pytest.mark.parametrize("purpose", [ReplyPurpose.ANSWER, ReplyPurpose.RESOLUTION])
def test_an_answer_and_a_resolution_wait_for_a_person(purpose: ReplyPurpose) -> None:
    assert rule(AUTOMATIC, purpose=purpose) == "any.person"


def test_a_hold_that_was_taken_away_still_keeps_automation_silent() -> None:
    assert rule(AUTOMATIC, was_held=True) == "any.hold"


@pytest.mark.parametrize("channel", ["mastodon", "reclame_aqui", "reddit"])
def test_a_private_message_is_answered_by_the_private_way(channel: str) -> None:
    private = {"channel": channel, "visibility": Visibility.PRIVATE}
    assert rule(MANUAL, **private) == "any.private"
    assert rule(MANUAL, **private, private=True) is None


def test_a_private_way_goes_past_what_closes_a_thread_in_public() -> None:
    assert rule(MANUAL, **OLD_THREAD, private=True) is None
    assert rule(MANUAL, **FOR_EVERYONE["reclame_aqui.evaluated"], private=True) is None


def test_where_a_channel_has_no_private_way_nobody_answers_in_private() -> None:
    refused = {name for name in POLICIES if rule(MANUAL, channel=name, private=True) == "any.no_private_way"}
    assert refused == {"x", "complaint_page"}


def test_a_caps_last_one_is_allowed_and_the_next_is_not() -> None:
    assert rule(AUTOMATIC, automatic_to_person=0, replies_to_person=5, thread_depth=2) is None
    assert rule(AUTOMATIC, replies_to_person=7) == "any.person_replies"


def test_a_platform_that_names_a_number_of_replies_binds_people_as_well() -> None:
    named = Rule("agora.replies", "two replies a day are the most", "wait", "https://agora.example/rules")
    agora = replace(POLICIES["mastodon"], replies_to_person=Cap(2, named, DAY))
    assert forbidding(agora, replace(MANUAL, replies_to_person=1), NOON, DAY) is None
    assert forbidding(agora, replace(MANUAL, replies_to_person=2), NOON, DAY) is named
    assert forbidding(agora, replace(MANUAL, automatic_to_person=9), NOON, DAY) is None


def test_a_thread_is_archived_to_the_second_and_a_later_comment_shows_that_it_is_not() -> None:
    assert rule(MANUAL, **OLD_THREAD) == "reddit.archived"
    assert rule(MANUAL, **{**OLD_THREAD, "thread_posted_at": LONG_AGO + timedelta(seconds=1)}) is None
    assert rule(MANUAL, **{**OLD_THREAD, "posted_at": LONG_AGO + timedelta(days=179)}) == "reddit.archived"
    assert rule(MANUAL, **{**OLD_THREAD, "posted_at": NOON}) is None
    assert rule(MANUAL, **{**OLD_THREAD, "thread_posted_at": None}) is None
    assert rule(MANUAL, **{**OLD_THREAD, "channel": "mastodon"}) is None


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        *[
            (status, "reclame_aqui.evaluated")
            for status in ("Avaliado", "AVALIADO RESOLVIDO", " avaliada ", "9", "18", "19")
        ],
        *[(status, "reclame_aqui.frozen") for status in ("Congelado", "congelada", "frozen", "10")],
        *[(status, "reclame_aqui.inactive") for status in ("Inativa no ReclameAQUI", "12", "13")],
        *[
            (status, None)
            for status in (
                "",
                " ",
                "Não respondido",
                "Respondido",
                "Réplica do consumidor",
                "5",
                "Aguardando avaliação",
            )
        ],
    ],
)
def test_the_states_in_which_a_complaint_takes_no_answer(status: str, expected: str | None) -> None:
    assert rule(MANUAL, channel="reclame_aqui", thread_status=status) == expected
    assert rule(MANUAL, thread_status=status) is None  # such words mean nothing elsewhere


def test_a_refusal_is_told_in_one_sentence_with_rule_reason_source_and_way_out() -> None:
    refused = found(replace(MANUAL, channel="x", addresses_us=False))
    assert refused is not None
    assert refused.told() == (
        "X lets the API answer only posts that mention the account or quote one of its posts; answer by hand in X, or "
        "leave it (x.summoned: https://docs.x.com/x-api/posts/manage-tweets/introduction, read 2026-11-22)"
    )
    ours = found(replace(MANUAL, deleted=True))
    assert ours is not None
    assert ours.told() == "its author deleted the post; leave it (any.deleted: Ouvidor's own rule, as of 2026-11-22)"


def test_every_refusal_tells_all_four() -> None:
    for one in RULES:
        told = Refusal.by(one).told()
        assert all(part in told for part in (one.name, one.reason, one.instead, one.source, one.read_on.isoformat()))
        assert not re.search(r"[.!?] |\n", told.replace(one.source, "")), told


def test_the_numbers_are_those_that_the_channels_count_by() -> None:
    assert {channel: policy.most_characters for channel, policy in POLICIES.items()} == {
        "x": X_LIMIT,
        "reddit": REDDIT_LIMIT,
        "mastodon": Limits().characters,
        "reclame_aqui": RECLAME_AQUI_LIMIT,
        "complaint_page": None,
    }
    assert POLICIES["mastodon"].link_counts == Limits().per_url
    assert POLICIES["x"].dollars == {
        "post": Decimal("0.015"),
        "post with a link": Decimal("0.200"),
        "summoned reply": Decimal("0.010"),
    }
    for price in POLICIES["x"].dollars.values():
        assert f"${price}" in POLICIES["x"].cost.says


def test_one_automatic_reply_a_day_is_the_most_everywhere() -> None:
    for policy in POLICIES.values():
        assert (policy.automatic_to_person.most, policy.automatic_to_person.within) == (1, DAY)


def test_the_page_is_the_data() -> None:
    assert PAGE.read_text(encoding="utf-8") == policy_page(), f"docs/policy.md is out of date: run `{COMMAND}`"


def test_the_page_names_every_rule_channel_and_source() -> None:
    page = policy_page()
    assert all(f"`{one.name}`" in page and one.source in page for one in RULES)
    assert all(f"\n## {channel}\n" in page for channel in POLICIES)
    for policy in POLICIES.values():
        assert policy.windows.says in page
