"""Two evaluations on the same starts: their difference and its 95% interval."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.stats import t as student_t

from metaworldx.core.errors import UserError
from metaworldx.evaluation.evaluator import Evaluation


@dataclass(frozen=True)
class Paired:
    """MPPI against the policy alone, one episode of each from every start.

    Attributes:
      policy, mppi: the two evaluations.
      differences: MPPI's return less the policy's, for each start.
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
        """better, worse, or unclear where the interval holds 0."""
        return "better" if self.low > 0.0 else "worse" if self.high < 0.0 else "unclear"

    def as_data(self) -> dict[str, Any]:
        """As JSON data."""
        return {**dataclasses.asdict(self), "verdict": self.verdict}


def paired(policy: Evaluation, mppi: Evaluation) -> Paired:
    """Compares two evaluations start by start.

    Raises:
      UserError: other starts, or fewer than two.
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


def t_interval(values: np.ndarray, confidence: float = 0.95) -> tuple[float, float]:
    """Interval of the mean of `values` `[n]`, n at least 2: `mean -+ t s / sqrt(n)`."""
    n = len(values)
    half = student_t.ppf(0.5 + 0.5 * confidence, n - 1) * values.std(ddof=1) / np.sqrt(n)
    return float(values.mean() - half), float(values.mean() + half)
