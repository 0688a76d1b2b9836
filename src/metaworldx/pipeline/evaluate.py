"""Evaluations of the pipeline: all entrants from the same resets in one task."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from metaworldx.composition.compare import HOLD, compare
from metaworldx.composition.mixture_search import Mixture, MixtureConfig, find_mixture
from metaworldx.envs.factory import make
from metaworldx.envs.registry import EnvId
from metaworldx.envs.state import EnvConfig
from metaworldx.experts.pool import ExpertPool, load_pool
from metaworldx.pipeline.config import PipelineConfig
from metaworldx.pipeline.entrants import ROUTER, entrants
from metaworldx.pipeline.router_trainings import against, over_trainings, trainings_against
from metaworldx.report.schema import RowKind


def find_bar(config: PipelineConfig, task: str) -> dict[str, Any]:
    """The best constant mixture of a task, selected on other resets than the evaluation's."""
    pool, env = pool_of(config, task), make(task, "native", None, EnvConfig(auto_reset=False))
    search = MixtureConfig(screened=config.mixture_starts, chosen=None)
    return find_mixture(search, pool, env, config.seed).as_data()


def evaluate_task(
    config: PipelineConfig, folder: Path, task: str, bar: Mixture | None = None
) -> dict[str, Any]:
    """A row for each entrant and the pose hold, and their paired differences.

    Args:
      bar: the constant mixture as the baseline; None takes the best single expert.
    """
    pool = pool_of(config, task)
    env = make(task, "native", None, EnvConfig(auto_reset=False))
    entered = entrants(config, folder, task, pool, bar)
    kinds = {HOLD: RowKind.FLOOR, **{each.name: each.kind for each in entered}}
    batch = {each.name: each.gating for each in entered if each.gating is not None}
    rows = compare(pool, env, batch, config.episodes, config.seed)
    further = [rows.pop(name) for name in batch if kinds[name] == RowKind.TRAININGS]
    returns = {name: row.returns for name, row in rows.items()}
    data = {name: row.as_data() for name, row in rows.items()}
    order = list(rows)
    if further:
        trained = [rows[ROUTER], *further]
        name = f"{ROUTER}, {len(trained)} trainings"
        kinds[name], data[name] = RowKind.TRAININGS, over_trainings(trained)
        returns[name] = np.asarray(data[name]["returns"])
        order.insert(order.index(ROUTER) + 1, name)
    for each in entered:
        if each.evaluate is not None:
            data[each.name] = each.evaluate()
            returns[each.name] = np.asarray(data[each.name]["returns"])
            order.append(each.name)
    pairs = against(returns, kinds)
    if further:
        starts = [row.returns for row in (rows[ROUTER], *further)]
        pairs += trainings_against(starts, returns, kinds)
    shown = [{"who": name, "kind": kinds[name].value, **data[name]} for name in order]
    return {"success_bar": env.task.success_bar, "rows": shown, "paired": pairs}


def pool_of(config: PipelineConfig, task: str) -> ExpertPool:
    """The run's experts, for a task's robot."""
    robot = EnvId.parse(task).robot_spec.model
    return load_pool(None if config.pool is None else Path(config.pool), robot)
