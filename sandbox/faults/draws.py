"""Whose turn it is: every decision of a plan derives from its seed, the kind of fault, and how often it was asked."""

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from random import Random

from sandbox.faults.kinds import KINDS


@dataclass(frozen=True)
class Turn:
    """A fault whose turn has come, if `excess` is below 1; the lower, the clearer."""

    excess: float
    name: str

    @property
    def chance(self) -> Random:
        """For what the fault has to decide further."""
        return Random(self.name)


class Draws:
    """One counter a kind; `rate` multiplies every share."""

    def __init__(self, seed: int, kinds: Collection[str], rate: float) -> None:
        self._seed = seed
        self._rate = rate
        self._asked = dict.fromkeys(kinds, 0)

    def turn(self, kind: str, share: float) -> Turn:
        name = f"{self._seed}:{kind}:{self._asked[kind]}"
        self._asked[kind] += 1
        likely = share * self._rate
        noise = int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest()) / 2**64
        return Turn(noise / likely if likely > 0 else 1.0, name)

    def take(self, kind: str, network: str, share: float) -> Random | None:
        """The chances of a fault that strikes here and now; None when it does not, or was not chosen."""
        if not self.fits(kind, network):
            return None
        turn = self.turn(kind, share)
        return turn.chance if turn.excess < 1 else None

    def fits(self, kind: str, network: str) -> bool:
        """Whether the kind was chosen and strikes on this network."""
        return kind in self._asked and network in KINDS[kind].networks
