"""Reads labelled answers: one a line, what is shown written {kind:piece} and what is asked for {ask kind:word}."""

import re
from dataclasses import dataclass
from pathlib import Path

from models import PersonalData
from privacy.outbound import Finding, Why, outbound

# Each part was written before the code was tried on it; the later ones aim at what the earlier ones did not ask.
PARTS = tuple(f"outbound_{name}" for name in ("first", "second", "third", "fourth", "fifth", "sixth", "seventh"))
ALLOWED = ("20261120-000123", "sac@lojaaurora.com.br", "0800 123 4567", "(11) 3333-4444")

_PIECE = re.compile(r"\{(ask )?(cpf|cnpj|phone|email|card|address|plate):([^{}]*(?:\{[a-z]{2,3}\}[^{}]*){0,4})\}")
_ESCAPED = re.compile(r"\\n|\\u[0-9a-f]{4}")


@dataclass(frozen=True)
class Answer:
    """A text that the care team might send, and what must be found in it."""

    text: str
    findings: tuple[Finding, ...]


@dataclass(frozen=True)
class Score:
    """How many findings were right, wrong and missed, and which texts tell of it."""

    right: int = 0
    wrong: int = 0
    missed: int = 0
    told: tuple[str, ...] = ()

    @property
    def precision(self) -> float:
        return self.right / (self.right + self.wrong)

    @property
    def recall(self) -> float:
        return self.right / (self.right + self.missed)


def sample(name: str) -> list[Answer]:
    """The answers of a file beside this one."""
    lines = (Path(__file__).parent / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    return [read(line) for line in lines]


def read(line: str) -> Answer:
    r"""The text of a line, where \n and \u200b are written so, and the findings that stand in it."""
    line = _ESCAPED.sub(lambda found: "\n" if found[0] == "\\n" else chr(int(found[0][2:], 16)), line)
    text, findings, taken = "", [], 0
    for found in _PIECE.finditer(line):
        text += line[taken : found.start()]
        why = Why.ASKED if found[1] else Why.SHOWN
        findings.append(Finding(PersonalData(found[2]), why, len(text), len(text) + len(found[3])))
        text += found[3]
        taken = found.end()
    return Answer(text + line[taken:], tuple(findings))


def judge(answers: list[Answer], why: Why | None = None) -> Score:
    """A finding is right when its kind and its reason are, and it overlaps the labelled one; each counts once.

    Counts the findings for one reason alone where that is given.
    """
    right = wrong = missed = 0
    told: list[str] = []
    for answer in answers:
        left = [label for label in answer.findings if why in (None, label.why)]
        strange = []
        for finding in (finding for finding in outbound(answer.text, ALLOWED) if why in (None, finding.why)):
            match = next((label for label in left if _is_same(label, finding)), None)
            if match is None:
                strange.append(finding)
            else:
                left.remove(match)
                right += 1
        wrong += len(strange)
        missed += len(left)
        if strange or left:
            told.append(f"{answer.text!r}: missed {_named(left)}, wrong {_named(strange)}")
    return Score(right, wrong, missed, tuple(told))


def _is_same(one: Finding, other: Finding) -> bool:
    return (one.kind, one.why) == (other.kind, other.why) and one.start < other.end and other.start < one.end


def _named(findings: list[Finding]) -> list[str]:
    return [f"{finding.why.value} {finding.kind.value} {finding.start}-{finding.end}" for finding in findings]
