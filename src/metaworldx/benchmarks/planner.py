"""Planner throughput: plans per second, relative to its matrix products."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

import jax
import numpy as np

from metaworldx.agents import tdmpc2
from metaworldx.agents.tdmpc2 import AgentConfig, PlanState
from metaworldx.benchmarks.roofline import MatrixWork, at_least_one, measure_work


@dataclass(frozen=True)
class PlannerThroughput(MatrixWork):
    """One measurement of `bench planner`; `seconds` is one call's, the latency of an action.

    Attributes:
      num_envs: environments planned for in a call.
      rows: maximum number of latents evaluated together; 0 for all at once.
      plans_per_second: calls per second times environments.
    """

    num_envs: int
    rows: int
    plans_per_second: float


def measure_planner(
    config: AgentConfig, num_envs: int = 1, rounds: int = 5, seed: int = 0
) -> PlannerThroughput:
    """Times plans for random observations, each warm-started from the previous one.

    Raises:
      UserError: fewer than one environment or round.
    """
    at_least_one(num_envs=num_envs, rounds=rounds)

    @jax.jit
    def begin(seed: jax.Array) -> tuple[Any, jax.Array, PlanState, jax.Array]:
        agent_key, obs_key, key = jax.random.split(jax.random.key(seed), 3)
        obs = jax.random.normal(obs_key, (num_envs, config.obs_size))
        params = tdmpc2.init(config, agent_key).params
        return params, obs, tdmpc2.init_plan(config, num_envs), key

    def step(carry: tuple[Any, jax.Array, PlanState, jax.Array]) -> Any:
        params, obs, plan_state, key = carry
        key, plan_key = jax.random.split(key)
        action, plan_state = tdmpc2.plan(config, params, obs, plan_state, plan_key)
        return (params, obs, plan_state, key), action

    work = measure_work(step, begin(np.int32(seed)), rounds, seed)
    return PlannerThroughput(
        **dataclasses.asdict(work),
        num_envs=num_envs,
        rows=config.planner.rows,
        plans_per_second=num_envs / work.seconds,
    )
