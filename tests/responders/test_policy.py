"""The platforms' rules: each one refuses what it is there for, and names its source."""

from dataclasses import replace
from datetime import timedelta

import pytest

from models import ReplyPurpose, Visibility
from responders import RESPONDERS
from responders.policy import POLICIES, Intent, refusal
from tests.builders import NOON

DAY = timedelta(hours=24)
MANUAL = Intent("mastodon", ReplyPurpose.ANSWER, False, True, Visibility.PUBLIC, NOON)
AUTOMATIC = replace(MANUAL, purpose=ReplyPurpose.ACKNOWLEDGEMENT, automatic=True)


def rule(intent: Intent) -> str | None:
    found = refusal(intent, NOON, DAY)
    return None if found is None else found.rule


def test_every_channel_has_a_policy_and_every_rule_its_source() -> None:
    assert set(POLICIES) == set(RESPONDERS)
    for policy in POLICIES.values():
        for found in (policy.addressed_alone, policy.never_automatic):
            assert found is None or (found.source and found.instead and found.read_on)


@pytest.mark.parametrize("channel", sorted(POLICIES))
def test_a_person_may_answer_a_public_post_that_addresses_the_account(channel: str) -> None:
    assert rule(replace(MANUAL, channel=channel)) is None


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"deleted": True}, "any.deleted"),
        ({"is_ours": True}, "any.ourselves"),
        ({"account_active": False}, "any.imported"),
        ({"channel": "import"}, "any.imported"),
        ({"visibility": Visibility.PRIVATE}, "any.private"),
    ],
)
def test_some_posts_nobody_answers_in_public(change: dict[str, object], expected: str) -> None:
    assert rule(replace(MANUAL, **change)) == expected  # type: ignore[arg-type]


def test_only_x_forbids_answering_posts_that_do_not_address_the_account() -> None:
    refused = {name for name in POLICIES if rule(replace(MANUAL, channel=name, addresses_us=False)) is not None}
    assert refused == {"x"}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, None),
        ({"purpose": ReplyPurpose.ANSWER}, "any.person"),
        ({"purpose": ReplyPurpose.RESOLUTION}, "any.person"),
        ({"answerable_automatically": False}, "any.before_start"),
        ({"posted_at": NOON - DAY}, None),
        ({"posted_at": NOON - DAY - timedelta(seconds=1)}, "any.stale"),
        ({"holds": ("death",)}, "any.hold"),
        ({"was_held": True}, "any.hold"),
        ({"is_spam": True}, "any.spam"),
        ({"case_closed": True}, "any.closed"),
        ({"author_is_bot": True}, "any.bot"),
        ({"author_opted_out": True}, "any.opted_out"),
        ({"automatic_before": True}, "any.once"),
        ({"channel": "reclame_aqui"}, "complaint_site.no_automatic"),
        ({"channel": "complaint_page"}, "complaint_site.no_automatic"),
    ],
)
def test_automation_speaks_only_where_every_rule_lets_it(change: dict[str, object], expected: str | None) -> None:
    assert rule(replace(AUTOMATIC, **change)) == expected  # type: ignore[arg-type]
