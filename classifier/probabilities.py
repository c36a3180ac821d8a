"""Turns scores into probabilities."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


def softmax(raw: Floats) -> Floats:
    """Scores to the probabilities of exclusive classes."""
    shifted = np.exp(raw - raw.max(axis=1, keepdims=True))
    result: Floats = shifted / shifted.sum(axis=1, keepdims=True)
    return result


def sigmoid(raw: Floats) -> Floats:
    """Scores to probabilities, each for itself."""
    result: Floats = (1 / (1 + np.exp(-np.clip(raw, -30, 30)))).astype(np.float32)
    return result
