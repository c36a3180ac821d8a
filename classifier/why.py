"""Why a verdict is as it is: the words without which it would be less sure, or another."""

import re
from collections.abc import Callable, Sequence
from itertools import pairwise

from classifier.base import Reasons

LONGEST = 80  # words that are left out in turn; of a longer text, its first and its last
MOST = 6  # reasons a field
_LEAST = 0.01  # of a probability; what moves less is no reason
_WORD = re.compile(r"\S{1,60}")

# What each field's verdict weighs in each text: larger where the text speaks more for it.
Weigh = Callable[[Sequence[str]], list[dict[str, float]]]


def reasons(weigh: Weigh, text: str) -> Reasons:
    """For each field the words, or pairs of neighbours, whose absence moves its verdict most; the strongest first.

    weigh: for texts, the weight of each field's present verdict. A weight above 0 speaks for the verdict, one below 0
    against it.
    """
    words = list(_WORD.finditer(text))
    if len(words) > LONGEST:
        words = words[: LONGEST // 2] + words[-LONGEST // 2 :]
    spans = [found.span() for found in words]
    spans += [(one[0], other[1]) for one, other in pairwise(spans) if other[0] - one[1] == 1]
    whole, *without = weigh([text, *(text[:start] + text[end:] for start, end in spans)])
    result: dict[str, tuple[tuple[str, float], ...]] = {}
    for field, weight in whole.items():
        moved = [(span, weight - left[field]) for span, left in zip(spans, without, strict=True)]
        if found := _strongest(moved, text):
            result[field] = found
    return result


def _strongest(moved: list[tuple[tuple[int, int], float]], text: str) -> tuple[tuple[str, float], ...]:
    """The strongest spans that do not overlap; a pair only where it moves more than its two words alone."""
    chosen: list[tuple[tuple[int, int], float]] = []
    for span, weight in sorted(moved, key=lambda found: (-abs(found[1]), found[0])):
        if abs(weight) < _LEAST or len(chosen) == MOST:
            break
        if all(span[1] <= other[0] or span[0] >= other[1] for other, _ in chosen):
            chosen.append((span, weight))
    return tuple((text[start:end], round(weight, 3)) for (start, end), weight in chosen)
