"""What every classifier promises: one verdict a text, in order, from closed sets, whatever the text."""

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classifier.base import Classifier, Verdict
from classifier.embedded import EmbeddedClassifier
from models import Hold, MentionType, Sentiment, Urgency

CLASSIFIERS: dict[str, Callable[[], Classifier]] = {"embedded": EmbeddedClassifier}
AWKWARD = (
    "",
    " \n\t\u200b",
    "😡",
    "😀" * 500,
    "a" * 100_000,
    "não chegou " * 10_000,
    "\x00\x01\ufffe",
    "\ud800",  # half a surrogate pair, as broken JSON brings it
    "مرحبا بالعالم",
    "你好世界",
    "Z̵̡̧̛̛̛͓a̸l̴g̶o̷",
    "'; DROP TABLE mention; --",
    "{{ 7 * 7 }} <script>alert(1)</script>",
    "https://lojaaurora.example/" + "x" * 5_000,
)
COMPLAINT = "Comprei há 20 dias e nada de chegar, que descaso! Péssimo atendimento."
PRAISE = "Muito obrigada, o atendimento foi maravilhoso! Amei a loja."


@pytest.fixture(scope="module", params=sorted(CLASSIFIERS))
def classifier(request: pytest.FixtureRequest) -> Classifier:
    return CLASSIFIERS[request.param]()


def _check(verdict: Verdict, version: str) -> None:
    assert verdict.lang in ("pt", "en", "es", "other")
    assert isinstance(verdict.sentiment, Sentiment)
    assert isinstance(verdict.urgency, Urgency)
    assert isinstance(verdict.type, MentionType)
    assert verdict.complaint or verdict.type is not MentionType.COMPLAINT
    assert all(isinstance(hold, Hold) for hold in verdict.holds)
    assert len(set(verdict.holds)) == len(verdict.holds)
    assert all(0.0 <= share <= 1.0 for share in verdict.confidence.values())
    assert verdict.version == version != ""


def test_no_text_gets_no_verdict(classifier: Classifier) -> None:
    assert classifier.classify([]) == []


def test_one_verdict_a_text_from_the_closed_sets(classifier: Classifier) -> None:
    verdicts = classifier.classify(AWKWARD)
    assert len(verdicts) == len(AWKWARD)
    for verdict in verdicts:
        _check(verdict, classifier.version)


def test_verdicts_come_in_the_order_of_the_texts(classifier: Classifier) -> None:
    texts = [COMPLAINT, PRAISE, *AWKWARD, PRAISE, COMPLAINT]
    together = classifier.classify(texts)
    alone = [classifier.classify([text])[0] for text in texts]
    assert [(v.sentiment, v.type, v.urgency, v.lang, v.holds) for v in together] == [
        (v.sentiment, v.type, v.urgency, v.lang, v.holds) for v in alone
    ]
    assert together[0].sentiment is Sentiment.NEGATIVE
    assert together[1].sentiment is Sentiment.POSITIVE


def test_the_same_text_gets_the_same_verdict(classifier: Classifier) -> None:
    assert classifier.classify([COMPLAINT] * 3) == [classifier.classify([COMPLAINT])[0]] * 3


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(max_size=300), max_size=5))
def test_no_text_at_all_breaks_it(texts: list[str]) -> None:
    for build in CLASSIFIERS.values():
        classifier = _built(build)
        verdicts = classifier.classify(texts)
        assert len(verdicts) == len(texts)
        for verdict in verdicts:
            _check(verdict, classifier.version)


_BUILT: dict[Callable[[], Classifier], Classifier] = {}


def _built(build: Callable[[], Classifier]) -> Classifier:
    """Loaded once: hypothesis calls a test many times, and weights take a moment."""
    if build not in _BUILT:
        _BUILT[build] = build()
    return _BUILT[build]
