"""Update throughput: updates per second of the agent, relative to its matrix products."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from metaworldx.agents import tdmpc2
from metaworldx.agents.tdmpc2 import AgentConfig, AgentState, Batch
from metaworldx.benchmarks.roofline import MatrixWork, at_least_one, measure_work

_TERMINATED = 0.01


@dataclass(frozen=True)
class UpdateThroughput(MatrixWork):
    """One measurement of `bench update`; `seconds` is one update's.

    Attributes:
      batch: sequences in the update's batch.
      updates_per_second: updates per second.
    """

    batch: int
    updates_per_second: float


def measure_update(
    config: AgentConfig, batch: int = 256, rounds: int = 20, seed: int = 0
) -> UpdateThroughput:
    """Times consecutive updates on random sequences.

    Raises:
      UserError: fewer than one sequence or round.
    """
    at_least_one(batch=batch, rounds=rounds)

    @jax.jit
    def begin(seed: jax.Array) -> tuple[AgentState, Batch, jax.Array]:
        agent_key, batch_key, key = jax.random.split(jax.random.key(seed), 3)
        return tdmpc2.init(config, agent_key), random_batch(config, batch, batch_key), key

    def step(carry: tuple[AgentState, Batch, jax.Array]) -> Any:
        state, sequences, key = carry
        key, update_key = jax.random.split(key)
        state, metrics = tdmpc2.update(config, state, sequences, update_key)
        return (state, sequences, key), metrics

    work = measure_work(step, begin(np.int32(seed)), rounds, seed)
    return UpdateThroughput(
        **dataclasses.asdict(work), batch=batch, updates_per_second=1.0 / work.seconds
    )


def random_batch(config: AgentConfig, batch: int, key: jax.Array) -> Batch:
    """Random sequences `[H, batch, ...]`, a few of them terminated."""
    keys = jax.random.split(key, 4)
    steps = (config.horizon, batch)
    return Batch(
        obs=jax.random.normal(keys[0], (config.horizon + 1, batch, config.obs_size)),
        action=jax.random.uniform(keys[1], (*steps, config.action_size), minval=-1.0),
        reward=jax.random.uniform(keys[2], steps),
        terminated=jax.random.bernoulli(keys[3], _TERMINATED, steps).astype(jnp.float32),
    )
