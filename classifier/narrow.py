"""Narrows the tables of py3langid to the languages told apart here: python -m classifier.narrow [--out FILE].

It needs py3langid, which the classifier itself does not: its 142 languages take longer to load, and more memory, than
all the rest that the classifier reads.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from py3langid.langid import MODEL_FILE, LanguageIdentifier

from classifier.grams import LONGEST, SHORTEST, TABLES, Tables, dump
from classifier.language import FOREIGN, LANGUAGES
from errors import OuvidorError


def narrowed(languages: Sequence[str]) -> Tables:
    """The tables for these languages, in this order."""
    identifier = LanguageIdentifier.from_model_file(MODEL_FILE)
    columns = [list(identifier.nb_classes).index(language) for language in languages]
    features = np.asarray(identifier.tk_output, dtype=np.int32)
    gram_of = _grams(np.asarray(identifier.tk_nextmove).reshape(-1, 256)[np.asarray(identifier.tk_row)])
    states = sorted((state for state in gram_of if features[state] >= 0), key=gram_of.__getitem__)
    if gram_of[states[0]] < 1 << 8 * SHORTEST or gram_of[states[-1]] >= 2 << 8 * LONGEST:
        raise OuvidorError(f"py3langid knows n-grams of other lengths than {SHORTEST} to {LONGEST} bytes.")
    # Many features speak for none of these languages, and so equally little for each.
    table, rows = np.unique(identifier.nb_ptc[:, columns], axis=0, return_inverse=True)
    return Tables(
        grams=np.array([gram_of[state] for state in states], dtype=np.uint64),
        features=features[states],
        rows=rows.ravel().astype(np.uint16),
        table=table,
        prior=np.asarray(identifier.nb_pc[columns], dtype=np.float32),
    )


def _grams(moves: NDArray[np.uint32]) -> dict[int, int]:
    """The n-gram that leads to each state from the first one by the shortest way, its bytes behind a leading 1."""
    gram_of = {0: 1}
    reached = [0]
    while reached:
        following: list[int] = []
        for state in reached:
            for letter, target in enumerate(moves[state].tolist()):
                if target not in gram_of:
                    gram_of[target] = gram_of[state] << 8 | letter
                    following.append(target)
        reached = following
    return gram_of


def main(arguments: Sequence[str] | None = None) -> int:
    """Writes the narrowed tables."""
    parser = argparse.ArgumentParser(prog="python -m classifier.narrow", description=__doc__)
    parser.add_argument("--out", type=Path, default=Path(__file__).with_name(TABLES), help="the tables to write")
    given = parser.parse_args(arguments)
    raw = dump(narrowed((*LANGUAGES, *FOREIGN)))
    given.out.write_bytes(raw)
    print(f"{given.out}: {len(raw):,} bytes")  # noqa: T201 - its output
    return 0


if __name__ == "__main__":
    sys.exit(main())
