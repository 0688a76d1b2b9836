"""Brax adapter: the environments as brax `Env`s, for brax's own trainers."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Callable
from typing import Any

# brax imports MJX, which prints missing packages to stdout unless it was imported silently before.
import metaworldx.sim.mjx  # noqa: F401

# isort: split
import jax
import jax.numpy as jnp
from brax.envs import base

from metaworldx.core.errors import UserError
from metaworldx.envs.env import Env
from metaworldx.envs.factory import make
from metaworldx.envs.state import NO_LIMIT, EnvState
from metaworldx.interop.brax_episodes import EpisodeWrapper


class _NoSystem(UserError, AttributeError):
    """Placeholder for the brax system of brax's domain randomization, which does not exist here."""


class BraxEnv(base.Env):
    """One of this project's environments under brax's interface.

    `State.pipeline_state` is the `EnvState` (its `last_obs` is what a step led to, before any
    reset), `State.metrics` the reward's terms, `success` and `diverged` of the step. `reset`
    takes one random key, raw (`jax.random.PRNGKey`) or typed.

    Three ways to run it:

    - with `wrap` below, brax's trainers given `wrap_env_fn=wrap` and
      `episode_length=env.episode_length`: a new initial state for every episode, the
      environment's own time limit, and exact `action_repeat`.
    - with brax's own `brax.envs.training.wrap`, the trainers' default: the time limit is the given
      `episode_length`, and an environment returns to its own first state, random key included, so
      that all its episodes start and are randomized alike. With `action_repeat` the steps after
      an episode's end have no reward but count in its length, and metrics are those of the last
      repeated step.
    - alone: `done` is 1 at termination, and the time limit is not reported; with
      `EnvConfig.auto_reset` the next episode has then started already.
    """

    def __init__(self, env: Env):
        self.env = env
        # Used under brax's own wrappers, which end and restart episodes themselves.
        self._endless = copy.copy(env)
        self._endless.config = dataclasses.replace(env.config, auto_reset=False)
        self._endless.max_episode_steps = NO_LIMIT

    @property
    def observation_size(self) -> int:
        """Entries of an observation."""
        return self.env.obs_size

    @property
    def action_size(self) -> int:
        """Entries of an action, each in [-1, 1]."""
        return self.env.action_size

    @property
    def backend(self) -> str:
        """Name of the physics backend."""
        return self.env.physics.name

    @property
    def episode_length(self) -> int:
        """The task's time limit in control steps."""
        return self.env.max_episode_steps

    @property
    def sys(self) -> Any:
        """Not available; brax's domain randomization reads it.

        Raises:
          UserError: always.
        """
        raise _NoSystem(
            "these environments have no brax system to vary; set EnvConfig.randomisation"
        )

    def reset(self, rng: jax.Array) -> base.State:
        """A new episode from one raw or typed key."""
        state = self.env.reset(rng)
        return base.State(
            pipeline_state=state,  # pyright: ignore[reportArgumentType]
            obs=state.obs,
            reward=state.reward,
            done=jnp.zeros_like(state.reward),
            metrics=_metrics(state),
            info={},
        )

    def step(self, state: base.State, action: jax.Array) -> base.State:
        """One control step; `done` is 1 at termination."""
        # brax's own EpisodeWrapper leaves its count of steps in `info`.
        under_brax = "steps" in state.info
        before: Any = state.pipeline_state
        after = (self._endless if under_brax else self.env).step(before, action)
        new = state.replace(  # pyright: ignore[reportAttributeAccessIssue]
            pipeline_state=after,
            obs=after.obs,
            reward=after.reward,
            done=after.terminated.astype(after.reward.dtype),
            metrics={**state.metrics, **_metrics(after)},
        )
        if not under_brax:
            return new
        # An episode that ended in an earlier repeat of the action keeps its final state.
        unpaid = state.replace(reward=jnp.zeros_like(new.reward))  # pyright: ignore
        return jax.tree.map(lambda old, now: jnp.where(state.done > 0, old, now), unpaid, new)


def _metrics(state: EnvState) -> dict[str, jax.Array]:
    extra = {
        "success": state.success.astype(state.reward.dtype),
        "diverged": state.diverged.astype(state.reward.dtype),
    }
    return {**state.terms, **extra}


def brax_env(env_id: str, backend: str = "mjx", **settings: Any) -> BraxEnv:
    """A brax environment by id; `settings` as in `metaworldx.envs.make`."""
    return BraxEnv(make(env_id, backend, **settings))


def wrap(
    env: base.Env,
    episode_length: int = 1000,
    action_repeat: int = 1,
    randomization_fn: Callable | None = None,
) -> base.Wrapper:
    """Replaces brax's training wrappers, with a new initial state for every episode.

    The time limit is the environment's own, so `episode_length` must equal it. `reset` takes a
    batch of raw keys `[num_envs, 2]`, as from brax's trainers. `info` has the entries of brax's
    wrappers. With `action_repeat` an action is repeated for that many control steps, or until its
    episode ends: reward and metrics are sums over the steps taken, `steps` and `length` count
    those.

    Raises:
      UserError: another episode length, no auto-reset, an `action_repeat` that is not a whole
        number of at least 1, or a brax randomisation function (set `EnvConfig.randomisation`
        instead).
    """
    if randomization_fn is not None:
        raise UserError("randomization_fn is brax's own; set EnvConfig.randomisation instead")
    inner = env.unwrapped
    if not isinstance(inner, BraxEnv) or episode_length != inner.episode_length:
        raise UserError(
            f"episode_length {episode_length}; must be the environment's own "
            f"{getattr(inner, 'episode_length', 'limit')}"
        )
    if not inner.env.config.auto_reset:
        raise UserError("wrap needs EnvConfig(auto_reset=True)")
    return EpisodeWrapper(env, action_repeat)
