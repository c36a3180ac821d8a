"""Every guard of delivery is missed when it is gone, and the page that says so says the truth."""

from pathlib import Path

import pytest

from tests import removals

PAGE = Path(__file__).parents[1] / "docs" / "reliability.md"


def test_every_removal_still_finds_its_guard() -> None:
    assert removals.misplaced() == []


def test_the_table_of_guards_is_the_pages() -> None:
    assert removals.table() in PAGE.read_text(encoding="utf-8"), "docs/reliability.md: paste `removals.table()` anew"


@pytest.mark.slow
@pytest.mark.parametrize("removal", removals.REMOVALS, ids=lambda removal: removal.guard)
def test_a_guard_that_is_gone_makes_its_test_fail(removal: removals.Removal) -> None:
    fails, told = removals.fails_without(removal)
    assert fails, f"nothing missed the guard {removal.guard!r}: {told}"
