"""Paired comparison of MPPI and the policy on the same initial states, with a 95% interval."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

import numpy as np

from metaworldx.core.errors import UserError
from metaworldx.core.stats import t_interval
from metaworldx.evaluation.evaluator import Evaluation


@dataclass(frozen=True)
class Paired:
    """MPPI compared with the policy alone, one episode of each from every initial state.

    Attributes:
      policy, mppi: the two evaluations.
      differences: MPPI's return minus the policy's, for each initial state.
      mean: of the differences.
      low, high: the mean's 95% interval by Student's t.
    """

    policy: Evaluation
    mppi: Evaluation
    differences: list[float]
    mean: float
    low: float
    high: float

    @property
    def verdict(self) -> str:
        """MPPI is better or worse, or the result unclear if the interval contains 0."""
        return "better" if self.low > 0.0 else "worse" if self.high < 0.0 else "unclear"

    def as_data(self) -> dict[str, Any]:
        """As JSON data."""
        return {**dataclasses.asdict(self), "verdict": self.verdict}


def paired(policy: Evaluation, mppi: Evaluation) -> Paired:
    """Compares two evaluations per initial state.

    Raises:
      UserError: different initial states, or fewer than two.
    """
    starts = [(found.task, found.seed, found.episodes) for found in (policy, mppi)]
    if starts[0] != starts[1]:
        raise UserError(f"evaluations from different starts: {starts[0]} and {starts[1]}")
    if policy.episodes < 2:
        raise UserError(f"paired episodes are {policy.episodes}; an interval needs at least 2")
    differences = np.array(mppi.returns) - np.array(policy.returns)
    mean = float(differences.mean())
    low, high = t_interval(differences)
    return Paired(policy, mppi, [float(x) for x in differences], mean, low, high)
