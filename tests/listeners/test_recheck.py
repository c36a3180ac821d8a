"""Looking up what became of mentions: edits taken over, deletions purged."""

from collections.abc import Iterator, Sequence
from datetime import timedelta

import pytest
from sqlalchemy import Engine
from sqlmodel import col, select

from database.engine import reading, transaction
from database.search import search_mentions
from errors import RateLimitedError, TryLaterError
from listeners.base import Edited, Gone, Unchanged
from listeners.recheck import recheck
from models import Mention, MentionKind, MentionText, Profile, Source, TimelineEvent, VerdictRow
from tests.builders import NOON, a_case, a_mention, a_world, an_author, find_mention
from tests.fakes import ScriptedListener

LATER = NOON + timedelta(hours=2)
HOUR = timedelta(hours=1)


@pytest.fixture
def source_id(engine: Engine) -> int:
    source_id = a_world(engine)
    with transaction(engine) as session:
        source = session.get_one(Source, source_id)
        a_case(session, a_mention(session, source, "1", text="perdi meu cartão"))
        a_mention(session, source, "2", author=an_author("u2"))
    return source_id


def test_a_deleted_post_loses_text_and_author_and_keeps_its_count(engine: Engine, source_id: int) -> None:
    with transaction(engine) as session:
        find_mention(session, "1").pictures = ["https://a.example/1.png"]
        session.add(
            MentionText(mention_id=find_mention(session, "1").id or 0, revision=0, text="antes", replaced_at=NOON)
        )
    checked = recheck(engine, ScriptedListener(facts=[Gone("1"), Unchanged("2")]), source_id, LATER, every=HOUR)
    assert (checked.looked_up, checked.gone, checked.error) == (2, 1, None)
    with reading(engine) as session:
        mention = find_mention(session, "1")
        assert (mention.text, mention.pictures, mention.url, mention.profile_id) == ("", [], "", None)
        assert mention.deleted_at == LATER
        assert session.exec(select(MentionText)).all() == []
        assert search_mentions(session, "cartao") == []
        assert len(session.exec(select(VerdictRow)).all()) == 1
        first, second = session.exec(select(Profile).order_by(col(Profile.id))).all()
        assert (first.handle, first.name, first.external_id) == ("", "", f"forgotten:{first.id}")
        assert second.handle == "maria_u2"
        assert "mention_deleted" in session.exec(select(TimelineEvent.kind)).all()


def test_an_edited_post_is_tagged_again(engine: Engine, source_id: int) -> None:
    checked = recheck(engine, ScriptedListener(facts=[Edited("1", "achei!", LATER)]), source_id, LATER, every=HOUR)
    assert checked.edited == 1
    with reading(engine) as session:
        mention = find_mention(session, "1")
        assert (mention.text, mention.text_revision, mention.verdict_id) == ("achei!", 2, None)


def test_what_was_looked_up_waits_its_turn(engine: Engine, source_id: int) -> None:
    first, second = ScriptedListener(), ScriptedListener()
    recheck(engine, first, source_id, LATER, every=HOUR)
    recheck(engine, second, source_id, LATER + timedelta(minutes=1), every=HOUR)
    assert (first.checked, second.checked) == (["1", "2"], [])


def test_a_rate_limit_keeps_what_was_learnt_and_asks_again_later(engine: Engine, source_id: int) -> None:
    limited = RateLimitedError("429", timedelta(minutes=9))
    checked = recheck(engine, ScriptedListener(facts=[Gone("1"), limited]), source_id, LATER, every=HOUR)
    assert (checked.gone, checked.error) == (1, limited)
    with reading(engine) as session:
        assert session.get_one(Source, source_id).next_check_at == LATER + timedelta(minutes=9)
        assert session.exec(select(Mention.checked_at).where(Mention.external_id == "2")).one() is None


def test_a_complaint_taken_back_takes_every_word_of_its_thread_along(engine: Engine) -> None:
    source_id = a_world(engine, "reclame_aqui")
    with transaction(engine) as session:
        source = session.get_one(Source, source_id)
        a_mention(session, source, "7", kind=MentionKind.COMPLAINT, thread_external_id="7")
        a_mention(session, source, "8", kind=MentionKind.REPLICA, thread_external_id="7", parent_external_id="7")
        a_mention(session, source, "9", kind=MentionKind.ANSWER, thread_external_id="7", is_ours=True, author=None)
        a_mention(session, source, "10", kind=MentionKind.COMPLAINT, thread_external_id="10")
    recheck(engine, ScriptedListener(facts=[Gone("7")]), source_id, LATER, every=HOUR)
    with reading(engine) as session:
        left = session.exec(select(Mention.external_id).where(Mention.text != "").order_by(col(Mention.id))).all()
        assert left == ["9", "10"]


def test_a_post_whose_look_up_fails_does_not_hold_up_the_others(engine: Engine, source_id: int) -> None:
    class Stumbling(ScriptedListener):
        def check(self, ids: Sequence[str]) -> Iterator[Gone]:
            for external_id in ids:
                if external_id == "1":
                    raise TryLaterError("this one always fails")
                yield Gone(external_id)

    recheck(engine, Stumbling(), source_id, LATER, every=HOUR)
    assert recheck(engine, Stumbling(), source_id, LATER + timedelta(minutes=15), every=HOUR).gone == 1


def test_purged_words_leave_the_file(engine: Engine, source_id: int) -> None:
    if engine.dialect.name != "sqlite":
        pytest.skip("PostgreSQL keeps its index without the words of rows that are gone, after its own vacuum")
    with transaction(engine) as session:
        find_mention(session, "1").text = "segredocomprido123"
    recheck(engine, ScriptedListener(facts=[Gone("1")]), source_id, LATER, every=HOUR)
    with engine.begin() as connection:
        blocks = connection.exec_driver_sql("SELECT block FROM mention_search_data").scalars().all()
    assert not any(b"segredocomprido123" in block for block in blocks)


@pytest.mark.parametrize("wish", ["opted_out_at", "blocked_at"])
def test_who_comes_back_after_taking_everything_back_is_still_left_alone(
    engine: Engine, source_id: int, wish: str
) -> None:
    with transaction(engine) as session:
        first = session.get_one(Profile, find_mention(session, "1").profile_id)
        setattr(first, wish, NOON)
        profile_id, known_as = first.id, first.external_id
    recheck(engine, ScriptedListener(facts=[Gone("1"), Unchanged("2")]), source_id, LATER, every=HOUR)
    with transaction(engine) as session:
        kept = session.get_one(Profile, profile_id)
        assert (kept.handle, kept.name) == ("", "")
        assert known_as not in kept.external_id
        back = a_mention(session, session.get_one(Source, source_id), "9", author=an_author("u1"))
        assert back.profile_id == profile_id
        assert (kept.external_id, kept.handle) == (known_as, an_author("u1").handle)
        assert getattr(kept, wish) == NOON


def test_who_comes_back_and_had_no_wish_is_a_stranger(engine: Engine, source_id: int) -> None:
    with reading(engine) as session:
        profile_id = find_mention(session, "1").profile_id
    recheck(engine, ScriptedListener(facts=[Gone("1"), Unchanged("2")]), source_id, LATER, every=HOUR)
    with transaction(engine) as session:
        back = a_mention(session, session.get_one(Source, source_id), "9", author=an_author("u1"))
        assert back.profile_id != profile_id
