"""A place in a newest-first list survives being written down."""

import pytest

from channels.catch_up import Bookmark, bookmark
from errors import NeedsAttentionError


@pytest.mark.parametrize("place", [Bookmark(), Bookmark(since="9"), Bookmark("3", "9", "5"), Bookmark(None, "9", "5")])
def test_a_place_reads_back_as_it_was_written(place: Bookmark) -> None:
    assert bookmark(place.text()) == place


def test_a_bare_id_is_what_is_stored_already() -> None:
    assert bookmark(" 42 ") == Bookmark(since="42")


@pytest.mark.parametrize("cursor", ["{", "{}x", '{"since": 5}', '{"until": ["5"]}', '{"since": ""}', '{"a":' * 3000])
def test_what_is_no_place_needs_attention(cursor: str) -> None:
    with pytest.raises(NeedsAttentionError, match="place"):
        bookmark(cursor)
