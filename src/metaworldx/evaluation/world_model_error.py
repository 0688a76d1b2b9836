"""World model errors: k-step latent prediction on episodes held out from training."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flax import struct

from metaworldx.agents import tdmpc2
from metaworldx.agents.tdmpc2 import world_model as wm
from metaworldx.core.errors import UserError
from metaworldx.envs.env import Env
from metaworldx.envs.factory import EnvMaker
from metaworldx.envs.rollout import Rollout, RolloutStep, step_keys
from metaworldx.envs.state import EnvConfig, EnvState
from metaworldx.envs.wrappers.early_termination import EarlyTermination, with_early_termination

MAX_STEPS = 10
"""The largest k."""
# Folded into the seed's key: training and evaluation only ever split theirs.
_HELD_OUT = 0x68656C64


@struct.dataclass
class HeldOutTransitions:
    """B episodes, time first, padded to a common length T with what came after their ends.

    Attributes:
      obs: `[T+1, B, O]`; the one after an episode's last step belongs to it.
      action: `[T, B, A]`, as executed.
      length: `[B]`, steps of each episode; diverged steps are not counted.
    """

    obs: jax.Array
    action: jax.Array
    length: jax.Array


@struct.dataclass
class LatentErrors:
    """Mean squared errors for k = 1 to K in each of B episodes, `[K, B]`.

    Attributes:
      model: of the latent after k predicted steps; NaN where the episode has no such start.
      no_change: of predicting an unchanged latent.
      starts: number of steps with k further steps in the episode.
    """

    model: jax.Array
    no_change: jax.Array
    starts: jax.Array


@dataclass(frozen=True)
class WorldModelError:
    """k-step prediction errors; every list has one entry for each k from 1 on.

    Attributes:
      episodes: number of episodes with k steps.
      starts: their starts in all.
      model, no_change: mean over episodes of an episode's mean squared error per latent
        dimension; NaN without an episode of k steps.
      model_stderr, no_change_stderr: standard errors over episodes, 0 for one episode.
    """

    episodes: list[int]
    starts: list[int]
    model: list[float]
    model_stderr: list[float]
    no_change: list[float]
    no_change_stderr: list[float]

    @property
    def ratio(self) -> list[float]:
        """The model's error over that of predicting no change; below 1 where it has learned."""
        pairs = zip(self.model, self.no_change, strict=True)
        return [model / still if still else math.nan for model, still in pairs]

    def as_data(self) -> dict[str, Any]:
        """As JSON data, null for NaN."""
        data = {**vars(self), "ratio": self.ratio}
        rows = {name: [x if math.isfinite(x) else None for x in row] for name, row in data.items()}
        return {"k": list(range(1, len(self.model) + 1)), **rows}


def latent_errors(
    step: Callable[[jax.Array, jax.Array], jax.Array],
    z: jax.Array,
    action: jax.Array,
    length: jax.Array,
    steps: int = MAX_STEPS,
) -> LatentErrors:
    """Errors of rolling latents open loop, over all starts with k further steps in the episode.

    Args:
      step: (latents `[..., L]`, actions `[..., A]`) -> latents one control step later.
      z: encoded observations `[T+1, B, L]`.
      action: `[T, B, A]`, with T at least `steps`.
      length: steps of each episode `[B]`; later steps are ignored.
      steps: the largest k.
    """

    def mean(error: jax.Array, counts: jax.Array) -> jax.Array:
        per_start = jnp.where(counts, jnp.mean(jnp.square(error), axis=-1), 0.0)
        return per_start.sum(axis=0) / counts.sum(axis=0)

    rows, predicted = [], z
    for k in range(1, steps + 1):
        predicted = step(predicted[:-1], action[k - 1 :])
        counts = jnp.arange(len(predicted))[:, None] + k <= length
        model, still = (mean(guess - z[k:], counts) for guess in (predicted, z[:-k]))
        rows.append(LatentErrors(model, still, counts.sum(axis=0)))
    return jax.tree.map(lambda *x: jnp.stack(x), *rows)


def summary(errors: LatentErrors) -> WorldModelError:
    """Means and standard errors over the episodes that have a start at all."""
    there = np.asarray(errors.starts) > 0

    def over_episodes(values: jax.Array) -> tuple[list[float], list[float]]:
        rows = [row[has] for row, has in zip(np.asarray(values, float), there, strict=True)]
        means = [float(row.mean()) if len(row) else math.nan for row in rows]
        spreads = [row.std(ddof=1) if len(row) > 1 else 0.0 for row in rows]
        return means, [float(s / max(len(r), 1) ** 0.5) for s, r in zip(spreads, rows, strict=True)]

    model, model_stderr = over_episodes(errors.model)
    no_change, no_change_stderr = over_episodes(errors.no_change)
    return WorldModelError(
        episodes=[int(x) for x in there.sum(axis=1)],
        starts=[int(x) for x in np.asarray(errors.starts).sum(axis=1)],
        model=model,
        model_stderr=model_stderr,
        no_change=no_change,
        no_change_stderr=no_change_stderr,
    )


def held_out_env(make_env: EnvMaker, early: EarlyTermination) -> Env:
    """An evaluation's environment with training's early termination, so that states match."""
    return with_early_termination(make_env(EnvConfig(auto_reset=False)), early)


def record_held_out(
    agent_config: Any,
    params: Any,
    env: Env,
    episodes: int,
    seed: int,
    deterministic: bool,
    progress: Callable[[int], Any] | None = None,
) -> HeldOutTransitions:
    """Episodes of the policy from resets used by neither training nor evaluation.

    Args:
      agent_config, params: of the agent.
      env: without auto-reset.
      episodes: their number, in one batch.
      seed: of the resets and of the policy's noise.
      deterministic: act with the policy's mean, else with its own noise.
      progress: called with the number of control steps just done.

    Raises:
      UserError: fewer than one episode.
    """
    if episodes < 1:
        raise UserError(f"episodes is {episodes}; needs at least 1")

    def act(params: Any, carry: None, state: EnvState, key: jax.Array) -> Any:
        return tdmpc2.act(agent_config, params, state.obs, key, deterministic), carry, None

    def record(step: RolloutStep) -> Any:
        action = jnp.clip(jnp.nan_to_num(step.action), -1.0, 1.0)
        return step.after.obs, action, step.running & ~step.after.diverged

    key = jax.random.fold_in(jax.random.key(seed), _HELD_OUT)
    start_key, act_key = jax.random.split(key)
    rollout = Rollout(env, act, record)
    state = rollout.init(params, jax.random.split(start_key, episodes))
    keys = step_keys(act_key, env.max_episode_steps)
    steps = env.max_episode_steps
    _, (obs, action, counts) = rollout(params, state, steps, keys, progress=progress)
    return HeldOutTransitions(
        jnp.concatenate([state.env.obs[None], obs]),
        jnp.asarray(action),
        jnp.asarray(counts.sum(axis=0, dtype=np.int32)),
    )


def world_model_error(
    agent_config: Any, params: Any, recorded: HeldOutTransitions
) -> WorldModelError:
    """The world model's k-step errors on recorded episodes."""

    @jax.jit
    def errors(params: Any, recorded: HeldOutTransitions) -> LatentErrors:
        z = wm.encode(agent_config, params.model, wm.normalize_obs(params, recorded.obs))
        step = partial(wm.next_latent, agent_config, params.model)
        return latent_errors(step, z, recorded.action, recorded.length)

    return summary(errors(params, recorded))
