"""Networks that misbehave: faults as real platforms have them, drawn from a seed, on the sandbox's clock."""

from sandbox.faults.kinds import KINDS, Kind
from sandbox.faults.plan import FaultPlan

__all__ = ["KINDS", "FaultPlan", "Kind"]
