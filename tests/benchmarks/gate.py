"""How well personal data in our own answers is kept back: the texts of a generator, and those written by hand."""

import statistics
import time

from privacy.outbound import Why, outbound
from tests.privacy.outbound_labelled import ALLOWED, PARTS, judge, sample
from tests.privacy.outbound_texts import answers

_SEEDS = (101, 102, 103)


def measure() -> dict[str, object]:
    made = [answer for seed in _SEEDS for answer in answers(seed)]
    written = [answer for part in PARTS for answer in sample(part)]
    texts = [answer.text for answer in made]
    figures: dict[str, object] = {
        "generated": len(made),
        "with_a_finding": sum(bool(answer.findings) for answer in made),
        "written_by_hand": len(written),
    }
    for name, group in (("generated", made), ("by_hand", written)):
        for why in Why:
            score = judge(group, why)
            figures[f"{name}_{why.value}_recall"] = round(score.recall, 4)
            figures[f"{name}_{why.value}_precision"] = round(score.precision, 4)
    started = time.process_time()
    for text in texts:
        outbound(text, ALLOWED)
    figures["texts_per_cpu_second"] = round(len(texts) / (time.process_time() - started))
    figures["mean_characters"] = round(statistics.mean(map(len, texts)))
    return figures
