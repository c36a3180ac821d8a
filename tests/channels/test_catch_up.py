"""A place in a newest-first list survives being written down."""

import pytest

from channels.catch_up import MOST_DOUBTS, Bookmark, Doubt, bookmark
from errors import NeedsAttentionError

PLACES = (
    Bookmark(),
    Bookmark(since="9"),
    Bookmark("3", "9", "5"),
    Bookmark(None, "9", "5"),
    Bookmark("3", "9", "5", doubts=2),
)


@pytest.mark.parametrize("place", PLACES)
def test_a_place_reads_back_as_it_was_written(place: Bookmark) -> None:
    assert bookmark(place.text()) == place


def test_a_bare_id_is_what_is_stored_already() -> None:
    assert bookmark(" 42 ") == Bookmark(since="42")


NO_PLACES = (
    "{",
    "{}x",
    '{"since": 5}',
    '{"until": ["5"]}',
    '{"since": ""}',
    '{"doubts": "5"}',
    '{"doubts": -1}',
    '{"a":' * 3000,
)


@pytest.mark.parametrize("cursor", NO_PLACES)
def test_what_is_no_place_needs_attention(cursor: str) -> None:
    with pytest.raises(NeedsAttentionError, match="place"):
        bookmark(cursor)


def test_only_a_list_that_breaks_off_at_one_place_again_and_again_is_believed() -> None:
    doubt = Doubt()
    for _ in range(MOST_DOUBTS):
        assert not doubt.is_over(3)
        doubt = doubt.once_more(3)
    assert doubt.is_over(3)
    assert not doubt.is_over(4)
    assert doubt.once_more(4) == Doubt(4, 1)
