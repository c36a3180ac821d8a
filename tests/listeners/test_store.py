"""Storing a page: nothing twice, nothing lost, threads whole."""

from datetime import datetime, timedelta, timezone

import pytest
from sqlalchemy import Engine
from sqlmodel import col, func, select

from database.engine import reading, transaction
from database.search import search_mentions
from listeners.base import ThreadFact
from listeners.store import Stored, store
from models import Brand, Case, Mention, MentionText, Profile, Sighting, Source, ThreadFactRow
from tests.builders import (
    NOON,
    a_case,
    a_draft,
    a_heard,
    a_mention,
    a_page,
    a_source,
    a_verdict,
    a_world,
    an_account,
    an_author,
    find_mention,
)


@pytest.fixture
def source_id(engine: Engine) -> int:
    return a_world(engine)


def test_a_page_stored_twice_stands_once(engine: Engine, source_id: int) -> None:
    page = a_page(a_heard("1"), a_heard("2", author=an_author("u2")), a_heard("1"))
    with transaction(engine) as session:
        source = session.get_one(Source, source_id)
        assert store(session, source, page, NOON) == Stored(new=2, known=0)
    with transaction(engine) as session:
        source = session.get_one(Source, source_id)
        assert store(session, source, page, NOON) == Stored(new=0, known=2)
        assert session.exec(select(func.count()).select_from(Mention)).one() == 2
        assert session.exec(select(func.count()).select_from(Profile)).one() == 2


def test_two_sources_share_one_mention(engine: Engine, source_id: int) -> None:
    with transaction(engine) as session:
        first = session.get_one(Source, source_id)
        from models import Account

        second = a_source(session, session.get_one(Account, first.account_id))
        store(session, first, a_page(a_heard("1")), NOON)
        assert store(session, second, a_page(a_heard("1")), NOON) == Stored(new=0, known=1)
        assert session.exec(select(func.count()).select_from(Sighting)).one() == 2


@pytest.mark.parametrize("is_begun", [False, True])
def test_a_post_that_another_account_heard_first_speaks_to_the_one_that_it_addresses(
    engine: Engine, source_id: int, is_begun: bool
) -> None:
    with transaction(engine) as session:
        addressed = session.get_one(Source, source_id)
        other = a_source(session, an_account(session, session.exec(select(Brand)).one()))
        store(session, other, a_page(a_heard("1", addresses_us=False)), NOON)
        mention = find_mention(session, "1")
        if is_begun:
            a_draft(session, a_case(session, mention), mention)
        store(session, addressed, a_page(a_heard("1")), NOON)
        expected = (other.account_id, False) if is_begun else (addressed.account_id, True)
        assert (mention.account_id, mention.addresses_us) == expected
        store(session, other, a_page(a_heard("1", addresses_us=False)), NOON)
        assert (mention.account_id, mention.addresses_us) == expected


def test_a_post_that_names_us_only_since_its_edit_may_be_answered(engine: Engine, source_id: int) -> None:
    with transaction(engine) as session:
        source = session.get_one(Source, source_id)
        mention = a_mention(session, source, addresses_us=False)
        a_draft(session, a_case(session, mention), mention)
        store(session, source, a_page(a_heard("1", text="@lojaaurora não chegou", edited_at=NOON)), NOON)
        assert mention.addresses_us


def test_a_comment_joins_its_parents_thread_even_when_it_comes_first(engine: Engine, source_id: int) -> None:
    with transaction(engine) as session:
        source = session.get_one(Source, source_id)
        store(session, source, a_page(a_heard("3", parent_external_id="2"), a_heard("4", parent_external_id="3")), NOON)
        store(session, source, a_page(a_heard("2", parent_external_id="1")), NOON)
        store(session, source, a_page(a_heard("1")), NOON)
        session.expire_all()
        assert set(session.exec(select(Mention.thread))) == {"1"}


def test_an_answer_to_our_reply_joins_the_thread_of_what_we_answered(engine: Engine, source_id: int) -> None:
    with transaction(engine) as session:
        source = session.get_one(Source, source_id)
        mention = a_mention(session, source, "1")
        reply = a_draft(session, a_case(session, mention), mention)
        reply.external_id = "ours"
        session.add(reply)
        assert a_mention(session, source, "2", parent_external_id="ours").thread == "1"


def test_an_edit_keeps_the_old_text_and_waits_to_be_tagged_again(engine: Engine, source_id: int) -> None:
    with transaction(engine) as session:
        source = session.get_one(Source, source_id)
        a_verdict(session, a_mention(session, source, "1", text="chegou quebrado"))
        store(session, source, a_page(a_heard("1", text="já resolveram, obrigada")), NOON)
    with reading(engine) as session:
        mention = find_mention(session, "1")
        assert (mention.text, mention.text_revision, mention.verdict_id) == ("já resolveram, obrigada", 2, None)
        assert session.exec(select(MentionText.text)).all() == ["chegou quebrado"]
        assert search_mentions(session, "quebrado") == []
        assert search_mentions(session, "ja resolv") == [mention.id]


def test_only_what_came_after_the_source_was_switched_on_may_be_answered_automatically(
    engine: Engine, source_id: int
) -> None:
    with transaction(engine) as session:
        source = session.get_one(Source, source_id)
        old = a_mention(session, source, "1", posted_at=source.started_at - timedelta(seconds=1))
        new = a_mention(session, source, "2", posted_at=source.started_at)
        assert (old.answerable_automatically, new.answerable_automatically) == (False, True)


def test_text_that_no_database_can_hold_loses_only_what_cannot_be_read(engine: Engine, source_id: int) -> None:
    with transaction(engine) as session:
        source = session.get_one(Source, source_id)
        text = "a\x00b \ud800 \u202egnp.exe ação 👩‍👩‍👧"
        assert a_mention(session, source, "1", text=text).text == "ab ? \u202egnp.exe ação 👩‍👩‍👧"
        assert store(session, source, a_page(a_heard("1", text=text)), NOON) == Stored(0, 1)
        assert find_mention(session, "1").text_revision == 1


def test_thread_facts_are_kept_once(engine: Engine, source_id: int) -> None:
    fact = ThreadFact("9", "status", "answered", NOON)
    with transaction(engine) as session:
        source = session.get_one(Source, source_id)
        store(session, source, a_page(facts=(fact, fact)), NOON)
        store(session, source, a_page(facts=(fact,)), NOON)
        assert len(session.exec(select(ThreadFactRow)).all()) == 1


def test_a_page_of_a_thousand_is_stored_whole(engine: Engine, source_id: int) -> None:
    page = a_page(*(a_heard(str(n), author=an_author(f"u{n}"), parent_external_id=f"p{n}") for n in range(1000)))
    with transaction(engine) as session:
        source = session.get_one(Source, source_id)
        assert store(session, source, page, NOON).new == 1000
        assert store(session, source, page, NOON).known == 1000


def test_a_person_who_renamed_themselves_is_brought_up_to_date(engine: Engine, source_id: int) -> None:
    with transaction(engine) as session:
        source = session.get_one(Source, source_id)
        a_mention(session, source, "1")
        a_mention(session, source, "2", author=an_author("u1", handle="maria_nova", followers=9))
        assert session.exec(select(Profile.handle, Profile.followers)).all() == [("maria_nova", 9)]
        assert session.exec(select(func.count()).select_from(Case)).one() == 0
        assert session.exec(select(Mention.reach).order_by(col(Mention.id))).all() == [0, 9]


def test_one_hostile_profile_does_not_stop_a_source(engine: Engine, source_id: int) -> None:
    far = datetime(9999, 12, 31, 23, 59, tzinfo=timezone(timedelta(hours=-5)))
    hostile = an_author("u\x00\ud83d", handle="a\x00" + "b" * 9000, name="x\ud83d", url="\x00", followers=2**63)
    page = a_page(
        a_heard("1\x00", author=hostile, posted_at=far, lang="\x00", pictures=("\ud83d",), extra={"\x00": "\ud83d"}),
        a_heard("2", author=an_author("u2", followers=-5), parent_external_id="p\x00", url="\ud83d"),
        facts=(ThreadFact("9\x00", "status", "\ud83d", far),),
    )
    with transaction(engine) as session:
        source = session.get_one(Source, source_id)
        assert store(session, source, page, NOON).new == 2
        assert store(session, source, page, NOON).known == 2
        assert max(session.exec(select(Mention.reach))) == 2**31 - 1


def test_what_was_taken_back_before_it_was_heard_is_counted_without_its_words(engine: Engine, source_id: int) -> None:
    with transaction(engine) as session:
        source = session.get_one(Source, source_id)
        assert store(session, source, a_page(a_heard("1", text="segredo", gone=True)), NOON) == Stored(new=1, known=0)
        mention = find_mention(session, "1")
        assert (mention.text, mention.profile_id, mention.url, mention.deleted_at) == ("", None, "", NOON)
        assert mention.triaged_at == NOON
        assert session.exec(select(func.count()).select_from(Profile)).one() == 0


def test_what_we_hold_is_purged_when_it_is_heard_to_be_gone(engine: Engine, source_id: int) -> None:
    with transaction(engine) as session:
        source = session.get_one(Source, source_id)
        store(session, source, a_page(a_heard("1", text="segredo guardado")), NOON)
        later = NOON + timedelta(hours=1)
        assert store(session, source, a_page(a_heard("1", text="segredo guardado", gone=True)), later).known == 1
        mention = find_mention(session, "1")
        assert (mention.text, mention.profile_id, mention.deleted_at) == ("", None, later)
    with reading(engine) as session:
        assert session.exec(select(Profile.handle)).one() == ""
        assert search_mentions(session, "segredo") == []


def test_what_was_gone_when_first_heard_and_comes_back_is_as_good_as_new(engine: Engine, source_id: int) -> None:
    alive = a_heard("1", text="de volta")
    later = NOON + timedelta(hours=1)
    with transaction(engine) as session:
        source = session.get_one(Source, source_id)
        store(session, source, a_page(alive.taken_back()), NOON)
        assert store(session, source, a_page(alive), later) == Stored(new=0, known=1)
    with transaction(engine) as session:
        mention = find_mention(session, "1")
        assert (mention.text, mention.deleted_at, mention.triaged_at, mention.verdict_id) == (
            "de volta",
            None,
            None,
            None,
        )
        assert session.get_one(Profile, mention.profile_id).handle
        assert search_mentions(session, "volta") == [mention.id]


def test_what_we_purged_stays_purged_whatever_a_late_page_says(engine: Engine, source_id: int) -> None:
    alive = a_heard("1", text="segredo")
    with transaction(engine) as session:
        source = session.get_one(Source, source_id)
        for hours, heard in enumerate((alive, alive.taken_back(), alive)):
            store(session, source, a_page(heard), NOON + timedelta(hours=hours))
        assert (find_mention(session, "1").text, find_mention(session, "1").profile_id) == ("", None)


def test_what_was_tagged_and_purged_in_the_moment_of_its_coming_stays_purged(engine: Engine, source_id: int) -> None:
    alive = a_heard("1", text="segredo")
    with transaction(engine) as session:
        source = session.get_one(Source, source_id)
        store(session, source, a_page(alive), NOON)
        a_verdict(session, find_mention(session, "1"))
        store(session, source, a_page(alive.taken_back()), NOON)
        store(session, source, a_page(alive), NOON + timedelta(hours=1))
        assert (find_mention(session, "1").text, find_mention(session, "1").deleted_at) == ("", NOON)
