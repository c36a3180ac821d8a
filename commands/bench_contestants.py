"""One contestant of `ouvidor bench`, alone in a process: python -m commands.bench_contestants NAME SECONDS FOLDER.

The texts come from the input as a JSON list, the figures go out as a JSON object. Nothing is imported but what the
contestant needs: its memory is measured.
"""

import json
import math
import os
import random
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, cycle
from pathlib import Path

ROUNDS = 3
_ROUNDS_SHARE = 0.75  # of the time; the rest goes to one text at a time
_FEWEST, _MOST = 3, 2_000  # texts one at a time
_ROBERTA_BATCH, _ROBERTA_TOKENS = 16, 128
_TOKENS_A_WORD = 1.4
_GOLDEN = (math.sqrt(5) - 1) / 2


@dataclass(frozen=True)
class Contestant:
    """Something that reads texts, loaded."""

    read: Callable[[Sequence[str]], object]
    batches: Sequence[Sequence[str]]  # all texts, as it likes to be given them
    model_bytes: int  # of every file that it reads to come to a verdict


def embedded(texts: Sequence[str], folder: Path) -> Contestant:
    """The whole verdict of the embedded classifier: every head, the language, personal data."""
    import classifier  # noqa: PLC0415 - see above

    rooms = Path(classifier.__file__).parent
    files = [rooms / "weights.npz", rooms / "languages.npz", *sorted((rooms / "lexicons").rglob("*"))]
    return Contestant(classifier.configured().classify, _chunks(texts, 512), _bytes(files))


def vader(texts: Sequence[str], folder: Path) -> Contestant:
    """VADER, which gives a sentiment alone, of English."""
    from vaderSentiment import vaderSentiment  # noqa: PLC0415 - seldom installed

    analyzer = vaderSentiment.SentimentIntensityAnalyzer()

    def read(some: Sequence[str]) -> object:
        return [analyzer.polarity_scores(text) for text in some]

    return Contestant(read, _chunks(texts, 64), _bytes(Path(vaderSentiment.__file__).parent.glob("*.txt")))


def roberta(texts: Sequence[str], folder: Path) -> Contestant:
    """A model of RoBERTa-base's size on onnxruntime; tokens are made up, as many as the words would give."""
    import numpy as np  # noqa: PLC0415 - see above

    from classifier.onnx_session import OnnxSession  # noqa: PLC0415 - see above

    session = OnnxSession(folder / "model.onnx", threads=1)
    ids = np.random.default_rng(1).integers(4, 50_000, (_ROBERTA_BATCH, _ROBERTA_TOKENS), dtype=np.int64)

    def read(some: Sequence[str]) -> object:
        counts = np.array([_tokens(text) for text in some])
        shape = len(some), int(counts.max())
        mask = (np.arange(shape[1]) < counts[:, None]).astype(np.int64)
        return session.logits({"input_ids": ids[: shape[0], : shape[1]], "attention_mask": mask})

    by_length = _chunks(sorted(texts, key=_tokens), _ROBERTA_BATCH)
    return Contestant(read, [by_length[place] for place in spread(len(by_length))], _bytes(folder.iterdir()))


CONTESTANTS = {"embedded": embedded, "vader": vader, "roberta_base_random": roberta}


def _tokens(text: str) -> int:
    return min(_ROBERTA_TOKENS, int(len(text.split()) * _TOKENS_A_WORD) + 2)


def _chunks(texts: Sequence[str], size: int) -> list[Sequence[str]]:
    return [texts[first : first + size] for first in range(0, len(texts), size)]


def _bytes(files: Iterator[Path] | Sequence[Path]) -> int:
    return sum(path.stat().st_size for path in files if path.is_file())


def spread(number: int) -> list[int]:
    """The places 0 to number - 1 in an order of which every beginning lies evenly over all of them."""
    steps = (int(number * ((0.5 + step * _GOLDEN) % 1)) for step in range(4 * number))
    return list(dict.fromkeys(steps))


def measured(contestant: Contestant, seconds: float) -> dict[str, float]:
    """Its figures, found within about so many seconds; the rate is that of the middle one of three rounds."""
    contestant.read(contestant.batches[0][:1])  # what is read once is read before the clock starts
    rounds = [_round(contestant, seconds * _ROUNDS_SHARE / ROUNDS) for _ in range(ROUNDS)]
    one_by_one = _one_by_one(contestant, seconds * (1 - _ROUNDS_SHARE))
    rates = [done / wall for done, wall, _ in rounds]
    return {
        "texts_per_second_one_core": round(statistics.median(rates), 1),
        "p50_ms_one_text": round(percentile(one_by_one, 0.50), 3),
        "p99_ms_one_text": round(percentile(one_by_one, 0.99), 3),
        "model_bytes": contestant.model_bytes,
        "rss_mb": round(peak_memory_mb(), 1),
        "texts_per_second_best": round(max(rates), 1),
        "texts_per_cpu_second": round(sum(done for done, _, _ in rounds) / sum(cpu for _, _, cpu in rounds), 1),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
        "rounds": ROUNDS,
        "texts_in_rounds": sum(done for done, _, _ in rounds),
        "texts_one_by_one": len(one_by_one),
    }


def _round(contestant: Contestant, seconds: float) -> tuple[int, float, float]:
    """How many texts were read, in how many seconds by the wall and by the processor; every round begins alike."""
    done = 0
    wall, cpu = time.perf_counter(), time.process_time()
    for batch in cycle(contestant.batches):
        contestant.read(batch)
        done += len(batch)
        if time.perf_counter() - wall >= seconds:
            break
    return done, time.perf_counter() - wall, max(time.process_time() - cpu, 1e-9)


def _one_by_one(contestant: Contestant, seconds: float) -> list[float]:
    """Milliseconds that each text took alone."""
    texts = list(chain.from_iterable(contestant.batches))
    random.Random(1).shuffle(texts)
    taken: list[float] = []
    until = time.perf_counter() + seconds
    for text in cycle(texts):
        begun = time.perf_counter()
        contestant.read([text])
        ended = time.perf_counter()
        taken.append((ended - begun) * 1000)
        if len(taken) >= _MOST or (len(taken) >= _FEWEST and ended >= until):
            break
    return taken


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least this share of all do not exceed."""
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


def peak_memory_mb() -> float:
    """The most memory that this process held; 0 where the system does not tell."""
    status = Path("/proc/self/status")
    if status.exists():
        for line in status.read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    try:
        import resource  # noqa: PLC0415 - not on every system
    except ImportError:
        return 0.0
    # Bytes on macOS, kilobytes elsewhere - getrusage(2). Linux counts the parent's memory in, so it comes second.
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024**2 if sys.platform == "darwin" else 1024)


def main() -> None:
    name, seconds, folder = sys.argv[1:]
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})  # one core
    contestant = CONTESTANTS[name](json.load(sys.stdin), Path(folder))
    sys.stdout.write(json.dumps(measured(contestant, float(seconds))))


if __name__ == "__main__":
    main()
