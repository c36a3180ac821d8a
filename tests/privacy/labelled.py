"""Reads the labelled sample: one text a line, each piece of personal data written {kind:piece}."""

import re
from dataclasses import dataclass
from pathlib import Path

from models import PersonalData
from privacy.find import find

_PIECE = re.compile(r"\{(cpf|cnpj|phone|email|card|address|plate):([^{}]*)\}")


@dataclass(frozen=True)
class Score:
    """How many pieces were found rightly, found wrongly and missed, and which texts tell of it."""

    right: int
    wrong: int
    missed: int
    told: tuple[str, ...]

    @property
    def precision(self) -> float:
        return self.right / (self.right + self.wrong)

    @property
    def recall(self) -> float:
        return self.right / (self.right + self.missed)

    def __add__(self, other: "Score") -> "Score":
        return Score(
            self.right + other.right, self.wrong + other.wrong, self.missed + other.missed, self.told + other.told
        )


def sample(name: str) -> list[str]:
    return (Path(__file__).parent / f"{name}.txt").read_text(encoding="utf-8").splitlines()


def read(line: str) -> tuple[str, list[tuple[PersonalData, int, int]]]:
    """The text of a line and the pieces that stand in it."""
    text, pieces, taken = "", [], 0
    for found in _PIECE.finditer(line):
        text += line[taken : found.start()]
        pieces.append((PersonalData(found[1]), len(text), len(text) + len(found[2])))
        text += found[2]
        taken = found.end()
    return text + line[taken:], pieces


def judge(lines: list[str]) -> Score:
    """A piece is right when its kind is, and it covers each digit of the labelled one and nothing but its digits."""
    right = wrong = missed = 0
    told: list[str] = []
    for line in lines:
        text, pieces = read(line)
        labelled = {(kind, _core(text, start, end)) for kind, start, end in pieces}
        found = {(piece.kind, _core(text, piece.start, piece.end)) for piece in find(text)}
        right += len(labelled & found)
        wrong += len(found - labelled)
        missed += len(labelled - found)
        if labelled != found:
            told.append(f"{text!r}: missed {labelled - found}, wrong {found - labelled}")
    return Score(right, wrong, missed, tuple(told))


def _core(text: str, start: int, end: int) -> tuple[int, ...]:
    """The places of the digits, or of the @: what of a piece must never stay."""
    return tuple(place for place in range(start, end) if text[place].isdigit() or text[place] == "@")
