"""Texts a second through the whole verdict, one text's latency, beside VADER in the same run."""

import os
import statistics
import time
from pathlib import Path

from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

import classifier
from sandbox.corpus import corpus

_TEXTS = 10_000
_ONE_BY_ONE = 1_000


def measure() -> dict[str, object]:
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})  # one core
    tagger = classifier.configured()
    base = [text.text for text in corpus()]
    texts = [f"{base[n % len(base)]} {n}" for n in range(_TEXTS)]
    tagger.classify(texts[:200])
    started = time.perf_counter()
    tagger.classify(texts)
    rate = _TEXTS / (time.perf_counter() - started)
    latencies = []
    for text in texts[:_ONE_BY_ONE]:
        begun = time.perf_counter()
        tagger.classify([text])
        latencies.append((time.perf_counter() - begun) * 1000)
    vader = SentimentIntensityAnalyzer()
    started = time.perf_counter()
    for text in texts[:_ONE_BY_ONE]:
        vader.polarity_scores(text)
    vader_rate = _ONE_BY_ONE / (time.perf_counter() - started)
    folder = Path(classifier.__file__).parent
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, range(os.cpu_count() or 1))
    return {
        "texts_per_second_one_core": round(rate),
        "p50_ms_one_text": round(statistics.median(latencies), 2),
        "p99_ms_one_text": round(statistics.quantiles(latencies, n=100)[98], 2),
        "vader_texts_per_second": round(vader_rate),
        "times_vader": round(rate / vader_rate, 1),
        "model_bytes": sum(path.stat().st_size for path in folder.glob("*.npz")),
        "mean_characters": round(statistics.mean(map(len, texts))),
    }
