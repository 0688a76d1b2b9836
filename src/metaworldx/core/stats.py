"""Statistics of evaluations: standard error, Student-t interval, paired differences."""

from __future__ import annotations

import numpy as np
from scipy.stats import t as student_t


def standard_error(values: np.ndarray) -> float:
    """Standard error of the mean of `values` `[n]`, `s / sqrt(n)`; 0 for a single value."""
    n = len(values)
    return float(values.std(ddof=1) / np.sqrt(n)) if n > 1 else 0.0


def t_interval(values: np.ndarray, confidence: float = 0.95) -> tuple[float, float]:
    """Interval of the mean of `values` `[n]`, n at least 2: `mean -+ t s / sqrt(n)`."""
    n = len(values)
    half = student_t.ppf(0.5 + 0.5 * confidence, n - 1) * values.std(ddof=1) / np.sqrt(n)
    return float(values.mean() - half), float(values.mean() + half)


def paired_difference(
    better: np.ndarray, other: np.ndarray, confidence: float = 0.95
) -> dict[str, float]:
    """Mean difference of two paired samples and its Student-t interval, as JSON data.

    Args:
      better, other: values `[N]` of the same initial states, N at least 2.
    """
    difference = np.asarray(better, float) - np.asarray(other, float)
    low, high = t_interval(difference, confidence)
    return {
        "pairs": len(difference),
        "difference_mean": float(difference.mean()),
        "low": low,
        "high": high,
    }
