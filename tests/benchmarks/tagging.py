"""Texts a second through the whole verdict, one text's latency, beside VADER in the same run.

Measured as `ouvidor bench classify` does, on the sandbox's corpus: complaint-site prose stands among its posts.
"""

import statistics

from commands.bench import measured
from sandbox.corpus import corpus

_TEXTS = 10_000
_SECONDS = 15.0  # a contestant
_POST = 280  # characters; what is longer is a complaint site's prose


def measure() -> dict[str, object]:
    base = [text.text for text in corpus()]
    texts = [f"{base[n % len(base)]} {n}" for n in range(_TEXTS)]
    posts = [text for text in texts if len(text) <= _POST]
    whole, short, vader = (
        measured(name, given, _SECONDS) for name, given in (("embedded", texts), ("embedded", posts), ("vader", texts))
    )
    return {
        "posts_per_second_one_core": round(short["texts_per_second_one_core"]),
        "posts_per_cpu_second": round(short["texts_per_cpu_second"]),
        "mean_characters_of_posts": round(statistics.mean(map(len, posts))),
        "texts_per_second_one_core": round(whole["texts_per_second_one_core"]),
        "texts_per_cpu_second": round(whole["texts_per_cpu_second"]),
        "p50_ms_one_text": round(whole["p50_ms_one_text"], 2),
        "p99_ms_one_text": round(whole["p99_ms_one_text"], 2),
        "vader_texts_per_second": round(vader["texts_per_second_one_core"]),
        "times_vader": round(whole["texts_per_second_one_core"] / vader["texts_per_second_one_core"], 1),
        "model_bytes": whole["model_bytes"],
        "mean_characters": round(statistics.mean(map(len, texts))),
    }
