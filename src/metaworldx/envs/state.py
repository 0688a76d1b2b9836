"""State of an environment between steps, and its settings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
from flax import struct

from metaworldx.envs.domain_randomization import DomainRandomization
from metaworldx.envs.task import TaskState
from metaworldx.sim.data import SimData
from metaworldx.sim.physics import PhysicsState

NO_LIMIT = 2**31 - 1
"""An `EnvConfig.max_episode_steps` that no episode reaches."""


def select(mask: jax.Array, yes: Any, no: Any) -> Any:
    """The one or the other of two trees of arrays `[*mask.shape, ...]`, by `mask`'s entries."""

    def chosen(a: jax.Array, b: jax.Array) -> jax.Array:
        return jnp.where(mask.reshape(mask.shape + (1,) * (a.ndim - mask.ndim)), a, b)

    return jax.tree.map(chosen, yes, no)


@struct.dataclass
class Divergence:
    """The last state before a simulation diverged, for replaying it in native MuJoCo.

    Attributes:
      physics: the state that the step began from.
      action: the action that it diverged under `[action_size]`.
    """

    physics: PhysicsState
    action: jax.Array


@struct.dataclass
class EnvState:
    """One environment between two steps (shapes without batch dimensions).

    `obs`, `physics`, `readings` and `memory` are where the next action acts: after the end of
    an episode, with auto-reset on, they are the next episode's start. `last_obs` is what the
    step itself led to. A transition for a replay buffer is (obs before, action, reward,
    last_obs, terminated, truncated), and only where `diverged` is False.

    Attributes:
      physics: the simulation's state.
      readings: simulation data that tasks read.
      memory: the task's state.
      obs: observation to act on `[obs_size]`.
      last_obs: observation that the last step led to, before any reset `[obs_size]`.
      reward: the last step's reward.
      terminated: the task ended at the last step.
      truncated: the time limit was reached at the last step, the task not having ended.
      terms: named reward terms of the last step.
      success: the task was completed at the last step.
      success_subtasks: how many of its parts are done.
      fallen: the robot lay or tilted at the last step (never for tasks that crawl).
      diverged: the last step's simulation diverged; its transition is invalid.
      divergences: number of divergences so far, int32.
      steps: steps taken in the running episode, int32.
      episode_return: reward summed over the running episode.
      episode_success: the running episode has been successful at some step.
      finished_return, finished_length, finished_success: of the last episode that ended.
      key: the random key of this environment.
      divergence: the last divergence's black box, or None if none is kept.
    """

    physics: PhysicsState
    readings: SimData
    memory: TaskState
    obs: jax.Array
    last_obs: jax.Array
    reward: jax.Array
    terminated: jax.Array
    truncated: jax.Array
    terms: dict[str, jax.Array]
    success: jax.Array
    success_subtasks: jax.Array
    fallen: jax.Array
    diverged: jax.Array
    divergences: jax.Array
    steps: jax.Array
    episode_return: jax.Array
    episode_success: jax.Array
    finished_return: jax.Array
    finished_length: jax.Array
    finished_success: jax.Array
    key: jax.Array
    divergence: Divergence | None = None

    @property
    def done(self) -> jax.Array:
        """The last step ended an episode, one way or the other."""
        return self.terminated | self.truncated


@dataclass(frozen=True)
class EnvConfig:
    """Settings of an environment.

    Attributes:
      auto_reset: begin the next episode in the step that ends one.
      max_episode_steps: time limit in control steps; None takes the task's.
      randomisation: variation of physics and observations; the default is none.
      max_qvel: a simulation with a faster joint (rad/s, m/s) counts as diverged.
      keep_divergence: keep the state and action before a divergence in the state.
    """

    auto_reset: bool = True
    max_episode_steps: int | None = None
    randomisation: DomainRandomization = DomainRandomization()
    max_qvel: float = 1e3
    keep_divergence: bool = False
