"""Fields that lean on each other never contradict the labels, and say no more than they know."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from classifier.joint import Labels, Shares, allowed, decide, together
from classifier.linear import CLASSES
from models import MentionType

SIZES = {"type": 5, "urgency": 4, "complaint": 2, "sentiment": 3}
COMPLAINT, PRAISE = CLASSES["type"].index("complaint"), CLASSES["type"].index("praise")


def known(rows: int = 400) -> Labels:
    """Complaints are negative and high, praise positive and low."""
    complains = np.arange(rows) % 2
    others = np.arange(rows) % 5 == 0  # a fifth is of every kind
    mixed = np.random.default_rng(1)
    typical = (
        np.where(complains, COMPLAINT, PRAISE),
        np.where(complains, CLASSES["urgency"].index("high"), CLASSES["urgency"].index("low")),
        complains,
        np.where(complains, 0, 2),
    )
    return Labels(
        *(
            np.where(others, mixed.integers(0, size, rows), labels)
            for labels, size in zip(typical, SIZES.values(), strict=True)
        )
    )


def some(**told: list[float]) -> Shares:
    even = {field: [1 / size] * size for field, size in SIZES.items()}
    return Shares(**{field: np.array([values], dtype=np.float32) for field, values in (even | told).items()})


def test_a_complaint_is_one_and_praise_is_none() -> None:
    table = allowed()
    assert not table[COMPLAINT, 0]
    assert not table[PRAISE, 1]
    assert table[list(MentionType).index(MentionType.OTHER)].all()


def test_what_is_sure_of_one_field_helps_the_others() -> None:
    told = decide(some(type=[0.02, 0.9, 0.03, 0.03, 0.02]), together(known(), (0.5, 0.5)))
    assert told.complaint[0, 1] > 0.7
    assert told.urgency[0].argmax() == CLASSES["urgency"].index("high")
    assert told.sentiment[0].argmax() == 0


def test_without_pull_the_mood_stands_for_itself() -> None:
    mood = [0.2, 0.3, 0.5]
    told = decide(some(sentiment=mood), together(known(), (0.5, 0.0)))
    assert np.allclose(told.sentiment[0], mood, atol=1e-4)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.floats(0, 1), min_size=14, max_size=14))
def test_probabilities_stay_probabilities_and_the_likeliest_pair_is_allowed(drawn: list[float]) -> None:
    values = np.array(drawn, dtype=np.float32)
    parts, begin = {}, 0
    for field, size in SIZES.items():
        parts[field] = values[begin : begin + size][None] + 1e-6
        parts[field] /= parts[field].sum()
        begin += size
    told = decide(Shares(**parts), together(known(), (0.7, 0.3)))
    for field in SIZES:
        assert np.isclose(getattr(told, field).sum(), 1, atol=1e-3)
    assert told.complaint[0, 1] >= told.type[0, COMPLAINT] - 1e-5
