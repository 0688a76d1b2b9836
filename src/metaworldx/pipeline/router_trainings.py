"""Statistics of an evaluation over trainings and initial states: means, intervals, differences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from metaworldx.composition.compare import HOLD, PolicyResult
from metaworldx.core.stats import paired_difference, standard_error, t_interval
from metaworldx.report.schema import RowKind


def over_trainings(rows: Sequence[PolicyResult]) -> dict[str, Any]:
    """Results of several trainings from the same initial states, as JSON data.

    Mean, standard error and 95% interval are over trainings. `returns` has the mean over trainings
    for each initial state.
    """
    means = np.array([row.returns.mean() for row in rows])
    low, high = t_interval(means)
    weights = [row.mean_weights for row in rows if row.mean_weights is not None]
    return {
        "return_mean": float(means.mean()),
        "return_stderr": standard_error(means),
        "return_low": low,
        "return_high": high,
        "trainings": [float(x) for x in means],
        "length_mean": float(np.mean([row.lengths.mean() for row in rows])),
        "success_share": float(np.mean([row.successes.mean() for row in rows])),
        "milestones": {
            name: float(np.mean([row.milestones[name] for row in rows]))
            for name in rows[0].milestones
        },
        "mean_weights": {
            name: float(np.mean([each[name] for each in weights])) for name in weights[0]
        },
        "returns": [float(x) for x in np.mean([row.returns for row in rows], axis=0)],
    }


def bar_of(returns: Mapping[str, np.ndarray], kinds: Mapping[str, str]) -> str:
    """Name of the baseline to compare with: the constant mixture, else the best single expert."""
    mixtures = [name for name in returns if kinds.get(name) == RowKind.MIXTURE]
    if mixtures:
        return mixtures[0]
    singles = {name: r.mean() for name, r in returns.items() if kinds.get(name) == RowKind.SINGLE}
    return max(singles, key=lambda name: singles[name])


def against(returns: Mapping[str, np.ndarray], kinds: Mapping[str, str]) -> list[dict[str, Any]]:
    """Paired differences of composed experts and agent to the baseline and the pose hold."""
    bar = bar_of(returns, kinds)
    held = (RowKind.SINGLE, RowKind.FLOOR, RowKind.MIXTURE)
    rest = [name for name in returns if kinds.get(name) not in held]
    pairs = [(name, other) for name in rest for other in (bar, HOLD)]
    last = [name for name in rest if kinds.get(name) != RowKind.TRAININGS][-1]
    pairs += [(last, other) for other in rest if other != last]
    return [
        {"better": name, "than": other, **paired_difference(returns[name], returns[other])}
        for name, other in pairs
    ]


def trainings_against(
    trained: Sequence[np.ndarray], returns: Mapping[str, np.ndarray], kinds: Mapping[str, str]
) -> list[dict[str, Any]]:
    """Each training's mean return minus the baseline's from the same initial states.

    Args:
      trained: returns of each training `[N]`.
    """
    bar = bar_of(returns, kinds)
    name = next(name for name in returns if kinds.get(name) == RowKind.TRAININGS)
    means = np.array([each.mean() for each in trained])
    found = paired_difference(means, np.full(len(means), returns[bar].mean()))
    return [{"better": name, "than": bar, "over": "trainings", **found}]
