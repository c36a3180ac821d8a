"""The sentences of a text: what one of them says, a threat say, is lost among many that say nothing of the kind."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from classifier.probabilities import Floats
from classifier.text import LONG, sentences, shortened

STEP = 1.0  # by how much a sentence alone must score above what the whole text needs
_FEWEST, _MOST = 3, 25  # words


def parts(text: str) -> list[str]:
    """The sentences of a long text, short ones with the next and endless ones cut; none where there is but one."""
    if len(text) < LONG:
        return []
    found: list[str] = []
    words: list[str] = []
    for sentence in dict.fromkeys(sentences(shortened(text))):
        words += sentence.split()
        if len(words) >= _FEWEST:
            found += [" ".join(words[place : place + _MOST]) for place in range(0, len(words), _MOST)]
            words = []
    if words:
        found.append(" ".join(words))
    return found if len(found) > 1 else []


def raise_by_parts(scores: Floats, owners: Sequence[int] | NDArray[np.int64], heard: Floats) -> None:
    """Lifts each text's scores to those of its loudest sentence, less a step.

    scores: (text, class), changed in place. owners: the text of each sentence. heard: (sentence, class).
    """
    np.maximum.at(scores, owners, heard - STEP)
