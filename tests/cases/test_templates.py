"""Ready texts: their versions, what is checked when they are saved, and which of them speaks."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlmodel import Session, col, select

from cases import templates
from cases.template_language import TemplateFaultError
from database.engine import transaction
from errors import IllegalMoveError, OutdatedError, PersonalDataError
from models import Account, Brand, ReplyPurpose, Source, Template, TimelineEvent
from tests.builders import NOON, a_brand, a_case, a_draft, a_mention, a_world, an_account

TEXT = "Olá! Recebemos a sua mensagem. Protocolo {{ protocol }}."
LIMITS = {"x": 60, "mastodon": 500}


def count(channel: str, text: str) -> int:
    """A counting such as channels have: characters up to a limit of their own."""
    return LIMITS[channel] - len(text)


def the_brand(session: Session) -> Brand:
    """A brand with an account on two channels."""
    brand = a_brand(session)
    for channel in LIMITS:
        an_account(session, brand, channel)
    return brand


def a_text(session: Session, brand: Brand, body: str = TEXT, **fields: Any) -> Template:
    values = {"name": "recebemos", "purpose": ReplyPurpose.ACKNOWLEDGEMENT, "channel": "", "lang": "pt", **fields}
    return templates.save(session, brand, body=body, **{"by": "Ana", "now": NOON, **values})


def spoken(session: Session, brand: Brand, channel: str = "x", lang: str = "pt") -> str | None:
    found = templates.in_force(session, brand.id or 0, "recebemos", channel, lang)
    return None if found is None else found.body


def test_a_new_version_is_a_row_of_its_own_and_speaks_from_then_on(engine: Engine) -> None:
    with transaction(engine) as session:
        brand = the_brand(session)
        first = a_text(session, brand, "Um. {{ protocol }}")
        second = a_text(session, brand, "Dois. {{ protocol }}", by="Bia", now=NOON + timedelta(hours=1))
        assert (first.version, second.version) == (1, 2)
        assert spoken(session, brand) == "Dois. {{ protocol }}"
        told = [(one.version, one.by, one.at) for one in templates.versions(session, first)]
        assert told == [(2, "Bia", NOON + timedelta(hours=1)), (1, "Ana", NOON)]
        assert templates.newest(session) == [second]


def test_saving_the_very_same_words_makes_no_version(engine: Engine) -> None:
    with transaction(engine) as session:
        brand = the_brand(session)
        first = a_text(session, brand)
        assert a_text(session, brand, f"{TEXT}\r\n", by="Bia") == first
        assert len(session.exec(select(Template)).all()) == 1


def test_a_channels_own_text_speaks_before_the_general_one(engine: Engine) -> None:
    with transaction(engine) as session:
        brand = the_brand(session)
        a_text(session, brand, "Para todos.")
        own = a_text(session, brand, "Só no X.", channel="x")
        assert (spoken(session, brand), spoken(session, brand, "mastodon")) == ("Só no X.", "Para todos.")
        assert spoken(session, brand, lang="en") is None
        templates.retire(session, own, "Bia", NOON)
        assert spoken(session, brand) == "Para todos."


def test_another_brands_text_does_not_speak(engine: Engine) -> None:
    with transaction(engine) as session:
        a_text(session, the_brand(session))
        assert spoken(session, a_brand(session, "boreal")) is None


def test_retiring_is_a_version_that_says_who_and_when_and_saving_brings_it_back(engine: Engine) -> None:
    with transaction(engine) as session:
        brand = the_brand(session)
        first = a_text(session, brand)
        templates.retire(session, first, "Bia", NOON)
        assert spoken(session, brand) is None
        assert [(one.version, one.by, one.retired_at) for one in templates.versions(session, first)] == [
            (2, "Bia", NOON),
            (1, "Ana", None),
        ]
        with pytest.raises(OutdatedError, match="out of use already"):
            templates.retire(session, first, "Bia", NOON)
        assert a_text(session, brand, after=0).version == 3
        assert spoken(session, brand) == TEXT


def test_nobody_writes_over_a_version_that_they_have_not_seen(engine: Engine) -> None:
    with transaction(engine) as session:
        brand = the_brand(session)
        a_text(session, brand, "Um.")
        a_text(session, brand, "Dois.", after=1)
        with pytest.raises(OutdatedError, match="meanwhile"):
            a_text(session, brand, "Três.", after=1)
        with pytest.raises(TemplateFaultError, match="open that one"):
            a_text(session, brand, "Quatro.", after=0)
        assert spoken(session, brand) == "Dois."


def test_a_name_has_one_purpose(engine: Engine) -> None:
    with transaction(engine) as session:
        brand = the_brand(session)
        a_text(session, brand)
        with pytest.raises(TemplateFaultError, match="another purpose"):
            a_text(session, brand, lang="en", purpose=ReplyPurpose.ANSWER)


@pytest.mark.parametrize(
    ("body", "fields", "fault"),
    [
        ("", {}, "empty"),
        (" \x00\r\n ", {}, "empty"),
        ("{% if private_sentence %}{% endif %}", {}, "empty_on"),
        ("{% if brand == 'X' %}a{% endif %}", {}, "empty_on"),
        ("Olá, {{ name }}", {}, "unknown_variable"),
        ("{{ protocol", {}, "syntax"),
        ("{% for a in brand %}{% endfor %}", {}, "not_allowed"),
        ("}} Olá", {}, "syntax"),
        ("{% raw %}{{ x }}{% endraw %} Olá", {}, "syntax"),
        ("Ol\u200bá", {}, "hidden"),
        ("\u202eOlá", {}, "hidden"),
        ("x" * 20_001, {}, "too_long"),
        (TEXT, {"name": "  "}, "name"),
        (TEXT, {"name": "n" * 61}, "name"),
        (TEXT, {"lang": "fr"}, "lang"),
        (TEXT, {"channel": "telepathy"}, "channel"),
    ],
)
def test_a_text_that_cannot_be_used_is_not_saved(engine: Engine, body: str, fields: dict[str, Any], fault: str) -> None:
    with transaction(engine) as session:
        with pytest.raises(TemplateFaultError) as refused:
            a_text(session, the_brand(session), body, **fields)
        assert refused.value.fault == fault
        assert session.exec(select(Template)).all() == []


@pytest.mark.parametrize("body", ["👩\u200d💻 Olá { de novo }", "Custa R$ 10 } { ok"])
def test_braces_and_emoji_of_a_plain_text_are_saved(engine: Engine, body: str) -> None:
    with transaction(engine) as session:
        assert a_text(session, the_brand(session), body).body == body


def test_somebody_must_be_named(engine: Engine) -> None:
    with transaction(engine) as session:
        brand = the_brand(session)
        with pytest.raises(IllegalMoveError, match="named"):
            a_text(session, brand, by=" ")
        with pytest.raises(IllegalMoveError, match="named"):
            templates.retire(session, a_text(session, brand), "", NOON)


@pytest.mark.parametrize(
    "body",
    [
        "Ligue para (11) 91234-5678.",
        "Ligue para (11) 9{{ '1234' }}-5678.",  # it is a number only once it is rendered
        "{% if brand == 'nobody' %}Ligue para (11) 91234-5678.{% endif %} Olá!",  # no sample shows it
    ],
)
def test_personal_data_is_not_saved_but_for_the_brands_own_contacts(engine: Engine, body: str) -> None:
    with transaction(engine) as session:
        brand = the_brand(session)
        with pytest.raises(PersonalDataError) as refused:
            a_text(session, brand, body)
        assert refused.value.finding == "phone"
        assert a_text(session, brand, body, contacts=["(11) 91234-5678"]).version == 1


def test_the_protocol_may_stand(engine: Engine) -> None:
    with transaction(engine) as session:
        assert a_text(session, the_brand(session), "Protocolo {{ protocol }}").version == 1


def test_a_text_must_fit_every_channel_that_uses_it_once_it_is_rendered(engine: Engine) -> None:
    long = "Olá! Recebemos a sua mensagem e já vamos ver {{ protocol }}"  # 59 as written, 60 when rendered
    with transaction(engine) as session:
        brand = the_brand(session)
        assert a_text(session, brand, long, room_left=count).version == 1
        with pytest.raises(TemplateFaultError, match="1 characters too long for x") as refused:
            a_text(session, brand, f"{long}!", room_left=count)
        assert (refused.value.fault, refused.value.about) == ("no_room", "x")
        assert a_text(session, brand, f"{long}!", channel="mastodon", room_left=count).version == 1


def test_a_general_text_need_not_fit_a_channel_that_has_its_own_until_that_is_retired(engine: Engine) -> None:
    with transaction(engine) as session:
        brand = the_brand(session)
        own = a_text(session, brand, "Recebemos.", channel="x", room_left=count)
        assert a_text(session, brand, "x" * 100, room_left=count).version == 1
        with pytest.raises(TemplateFaultError, match="shorten that one first") as refused:
            templates.retire(session, own, "Ana", NOON, room_left=count)
        assert refused.value.fault == "next"
        a_text(session, brand, "Curto.", room_left=count)
        assert templates.retire(session, own, "Ana", NOON, room_left=count).version == 2


def test_a_channel_that_the_brand_has_no_account_on_asks_for_nothing(engine: Engine) -> None:
    with transaction(engine) as session:
        brand = the_brand(session)
        gone = session.exec(select(Account).where(Account.channel == "x")).one()
        gone.active = False
        session.add(gone)
        assert a_text(session, brand, "x" * 100, room_left=count).version == 1
        assert templates.channels_of(session, brand.id or 0) == ["mastodon"]


def test_a_resolution_is_measured_with_the_protocol_that_is_added_to_it(engine: Engine) -> None:
    with transaction(engine) as session:
        brand = the_brand(session)
        resolution = {"name": "tudo-certo", "purpose": ReplyPurpose.RESOLUTION}
        with pytest.raises(TemplateFaultError, match="too long for x"):
            a_text(session, brand, "Resolvido: o seu pedido foi entregue.", room_left=count, **resolution)
        assert a_text(session, brand, "Resolvido!", room_left=count, **resolution).version == 1


def test_a_case_is_offered_its_channels_texts_in_its_language_first(engine: Engine) -> None:
    source_id = a_world(engine)
    with transaction(engine) as session:
        source = session.get_one(Source, source_id)
        case = a_case(session, a_mention(session, source))
        brand = session.get_one(Brand, case.brand_id)
        answer = {"purpose": ReplyPurpose.ANSWER}
        a_text(session, brand, "Hi!", name="saudação", lang="en", **answer)
        a_text(session, brand, "Oi!", name="saudação", **answer)
        own = a_text(session, brand, "Oi, Mastodon!", name="saudação", channel="mastodon", **answer)
        a_text(session, brand, "Oi, X!", name="só no x", channel="x", **answer)
        a_text(session, brand, "Fim.", name="fim", purpose=ReplyPurpose.RESOLUTION)
        gone = a_text(session, brand, "Feriado.", name="feriado", **answer)
        templates.retire(session, gone, "Ana", NOON)
        offered = templates.for_case(session, case, [ReplyPurpose.ANSWER])
        assert [one.body for one in offered] == ["Oi, Mastodon!", "Hi!"]
        assert templates.written_for(session, own, case) == "Oi, Mastodon!"


def test_a_reply_tells_the_version_that_it_was_made_from(engine: Engine) -> None:
    source_id = a_world(engine)
    with transaction(engine) as session:
        mention = a_mention(session, session.get_one(Source, source_id))
        case = a_case(session, mention)
        template = a_text(session, session.get_one(Brand, case.brand_id))
        body = templates.written_for(session, template, case)
        assert body == f"Olá! Recebemos a sua mensagem. Protocolo {case.protocol}."
        a_draft(session, case, mention, body, detail=templates.trace(template))
        told = session.exec(select(TimelineEvent.detail).where(col(TimelineEvent.kind) == "drafted")).one()
        assert told == {
            "purpose": "answer",
            "template": "recebemos",
            "version": "1",
            "template_id": str(template.id),
        }
