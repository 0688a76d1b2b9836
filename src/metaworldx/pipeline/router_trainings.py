"""What an evaluation says over trainings and over starts: means, intervals, differences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from metaworldx.composition.compare import HOLD, PolicyResult, paired
from metaworldx.evaluation.paired import t_interval


def over_trainings(rows: Sequence[PolicyResult]) -> dict[str, Any]:
    """The row of several trainings from the same starts, as JSON has it.

    Means are over trainings, their standard error and 95% interval too: a training is what is
    drawn here. `returns` are each start's mean over the trainings.
    """
    means = np.array([row.returns.mean() for row in rows])
    low, high = t_interval(means)
    weights = [row.mean_weights for row in rows if row.mean_weights is not None]
    return {
        "return_mean": float(means.mean()),
        "return_stderr": float(means.std(ddof=1) / np.sqrt(len(means))),
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
    """Who the others are held against: the constant mixture, else the best single expert."""
    mixtures = [name for name in returns if kinds.get(name) == "mixture"]
    if mixtures:
        return mixtures[0]
    singles = {name: r.mean() for name, r in returns.items() if kinds.get(name) == "single"}
    return max(singles, key=lambda name: singles[name])


def against(returns: Mapping[str, np.ndarray], kinds: Mapping[str, str]) -> list[dict[str, Any]]:
    """Composed experts and the agent against the bar and the floor, start by start."""
    bar = bar_of(returns, kinds)
    rest = [name for name in returns if kinds.get(name) not in ("single", "floor", "mixture")]
    pairs = [(name, other) for name in rest for other in (bar, HOLD)]
    last = [name for name in rest if kinds.get(name) != "trainings"][-1]
    pairs += [(last, other) for other in rest if other != last]
    return [
        {"better": name, "than": other, **paired(returns[name], returns[other])}
        for name, other in pairs
    ]


def trainings_against(
    trained: Sequence[np.ndarray], returns: Mapping[str, np.ndarray], kinds: Mapping[str, str]
) -> list[dict[str, Any]]:
    """Every training's mean less the bar's from the same starts, over trainings.

    Args:
      trained: returns of each training `[N]`.
    """
    bar = bar_of(returns, kinds)
    name = next(name for name in returns if kinds.get(name) == "trainings")
    means = np.array([each.mean() for each in trained])
    found = paired(means, np.full(len(means), returns[bar].mean()))
    return [{"better": name, "than": bar, "over": "trainings", **found}]
