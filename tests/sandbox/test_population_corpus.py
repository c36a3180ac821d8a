"""The texts that the customers write, and the people themselves."""

from collections import Counter
from collections.abc import Iterator

import pytest
import twitter_text

from sandbox import corpus as module
from sandbox.corpus import HOLDS, SENTIMENTS, TYPES, URGENCIES, CorpusText, corpus
from sandbox.customers import customers
from sandbox.records import NETWORKS


def labelled() -> Iterator[tuple[str, module.Labels]]:
    for text in corpus():
        yield text.text, text.labels
        for followup in text.followups:
            yield followup.text, followup.labels


def test_there_are_at_least_170_texts_in_the_agreed_shares() -> None:
    counts = Counter(text.lang for text in corpus())

    assert sum(counts.values()) >= 170
    assert counts["pt"] / counts.total() == pytest.approx(0.60, abs=0.03)
    assert counts["en"] / counts.total() == pytest.approx(0.25, abs=0.03)
    assert counts["es"] / counts.total() == pytest.approx(0.15, abs=0.03)


def test_every_label_is_one_of_its_closed_set() -> None:
    for _, labels in labelled():
        assert labels.sentiment in SENTIMENTS
        assert labels.urgency in URGENCIES
        assert labels.type in TYPES
        assert set(labels.holds) <= set(HOLDS)


def test_every_label_is_used() -> None:
    used = [labels for _, labels in labelled()]

    assert {labels.sentiment for labels in used} == set(SENTIMENTS)
    assert {labels.urgency for labels in used} == set(URGENCIES)
    assert {labels.type for labels in used} == set(TYPES)
    assert {hold for labels in used for hold in labels.holds} == set(HOLDS)


def test_labels_agree_with_each_other() -> None:
    for text, labels in labelled():
        if labels.type in ("praise", "suggestion"):
            assert labels.urgency == "low", text
        if labels.type == "complaint":
            assert labels.sentiment == "negative", text
            assert labels.complaint, text
        if labels.urgency == "critical":
            assert labels.type == "complaint", text


def test_no_two_conversations_open_with_the_same_words() -> None:
    assert len({text.text for text in corpus()}) == len(corpus())


def test_texts_fit_the_networks_they_are_for() -> None:
    for text in corpus():
        said = [text.text, *(followup.text for followup in text.followups)]
        if "x" in text.networks:
            # The longest that the population may make of it.
            assert all(is_valid_on_x(f"Loja Aurora, @lojaaurora {one}") for one in said), text.id
        if "mastodon" in text.networks:
            assert all(len(one) <= 420 for one in said), text.id


def is_valid_on_x(text: str) -> bool:
    return bool(twitter_text.parse_tweet(text).valid)


def test_complaint_sites_get_titled_prose_and_an_evaluation() -> None:
    for text in corpus():
        if "reclame_aqui" in text.networks:
            assert {one.after for one in text.followups} >= {"answer", "evaluation"}, text.id
        if "complaints" in text.networks:
            assert text.title, text.id
            assert 70 <= len(text.text.split()) <= 200, text.id


def test_every_network_has_texts_and_people_who_can_write_them() -> None:
    for network in NETWORKS:
        texts = [text for text in corpus() if network in text.networks]
        assert len(texts) >= 15, network
        for text in texts:
            assert writers(text, network), f"nobody can write {text.id} on {network}"


def writers(text: CorpusText, network: str) -> list[str]:
    return [
        one.name for seed in (1, 2, 3) for one in customers(seed) if one.lang == text.lang and network in one.handles
    ]


def test_about_sixty_people_use_several_networks_each_under_handles_of_their_own() -> None:
    people = customers(1)

    assert len(people) == 60
    assert all(2 <= len(person.handles) <= 5 for person in people)
    for network in NETWORKS:
        handles = [person.handles[network].lower() for person in people if network in person.handles]
        assert len(handles) == len(set(handles))
        if network == "x":
            assert all(len(handle) <= 15 for handle in handles)


def test_people_are_the_same_again_for_the_same_seed() -> None:
    customers.cache_clear()
    first = customers(9)
    customers.cache_clear()

    assert customers(9) == first


def a_line() -> dict[str, object]:
    labels = {"sentiment": "neutral", "urgency": "normal", "type": "question", "complaint": False, "holds": []}
    return {"id": "pt-1", "lang": "pt", "text": "Oi?", "networks": ["x"]} | labels


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"sentiment": "sad"}, "sentiment is 'sad'"),
        ({"urgency": "asap"}, "urgency is 'asap'"),
        ({"type": "rant"}, "type is 'rant'"),
        ({"holds": ["pets"]}, "holds is 'pets'"),
        ({"networks": ["orkut"]}, "networks is 'orkut'"),
        ({"complaint": True}, "complaint is True and type is question"),
        ({"lang": "en"}, "lang is 'en'"),
        ({"topic": "app"}, "unknown keys: topic"),
        ({"text": " "}, "needs words"),
    ],
)
def test_a_line_that_breaks_the_rules_is_refused(change: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        module._text(a_line() | change, "pt")
