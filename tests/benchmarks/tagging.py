"""Texts a second through the whole verdict, one text's latency, beside VADER in the same run."""

import os
import statistics
import time
from pathlib import Path

from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

import classifier
from classifier.base import Classifier
from sandbox.corpus import corpus

_TEXTS = 10_000
_ONE_BY_ONE = 1_000
_POST = 280  # characters; what is longer is a complaint site's prose


def _rates(tagger: Classifier, texts: list[str]) -> tuple[float, float]:
    """Texts a second by the wall, and by the processor: the second is not disturbed by what else runs."""
    wall, cpu = time.perf_counter(), time.process_time()
    tagger.classify(texts)
    return len(texts) / (time.perf_counter() - wall), len(texts) / (time.process_time() - cpu)


def measure() -> dict[str, object]:
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})  # one core
    tagger = classifier.configured()
    base = [text.text for text in corpus()]
    texts = [f"{base[n % len(base)]} {n}" for n in range(_TEXTS)]
    tagger.classify(texts[:200])
    rate, cpu_rate = _rates(tagger, texts)
    posts = [text for text in texts if len(text) <= _POST]
    post_rate, post_cpu_rate = _rates(tagger, posts)
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
        "posts_per_second_one_core": round(post_rate),
        "posts_per_cpu_second": round(post_cpu_rate),
        "mean_characters_of_posts": round(statistics.mean(map(len, posts))),
        "texts_per_second_one_core": round(rate),
        "texts_per_cpu_second": round(cpu_rate),
        "p50_ms_one_text": round(statistics.median(latencies), 2),
        "p99_ms_one_text": round(statistics.quantiles(latencies, n=100)[98], 2),
        "vader_texts_per_second": round(vader_rate),
        "times_vader": round(rate / vader_rate, 1),
        "model_bytes": sum(path.stat().st_size for path in folder.glob("*.npz")),
        "mean_characters": round(statistics.mean(map(len, texts))),
    }
