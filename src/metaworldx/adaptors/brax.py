"""The environments as brax `Env`s, for brax's own trainers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from brax.envs import base
from brax.envs.wrappers import training

from metaworldx.envs.env import Env
from metaworldx.envs.factory import make
from metaworldx.envs.state import EnvState
from metaworldx.errors import UserError


class BraxEnv(base.Env):
    """One of this project's environments under brax's interface.

    brax ends episodes itself: give its trainers `episode_length=env.episode_length`. Its
    default auto-reset sends an environment back to its own first start; pass
    `wrap_env_fn=metaworldx.adaptors.brax.wrap` to draw a new start for every episode.
    `State.pipeline_state` is the `EnvState`.
    """

    def __init__(self, env: Env):
        self.env = env

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
        """One control step; `done` is 1 where the task ended (time limits are brax's)."""
        before: Any = state.pipeline_state
        after = self.env.step(before, action)
        return state.replace(  # pyright: ignore[reportAttributeAccessIssue]
            pipeline_state=after,
            obs=after.obs,
            reward=after.reward,
            done=after.terminated.astype(after.reward.dtype),
            metrics={**state.metrics, **_metrics(after)},
        )


def _metrics(state: EnvState) -> dict[str, jax.Array]:
    extra = {
        "success": state.success.astype(state.reward.dtype),
        "diverged": state.diverged.astype(state.reward.dtype),
    }
    return {**state.terms, **extra}


class _EpisodeCounter(base.Wrapper):
    """Restarts brax's step counter after an episode that the environment itself reset."""

    def step(self, state: base.State, action: jax.Array) -> base.State:
        steps = jnp.where(state.done, 0.0, state.info["steps"])
        state.info.update(steps=steps)
        return self.env.step(
            state.replace(done=jnp.zeros_like(state.done)),  # pyright: ignore
            action,
        )


def brax_env(env_id: str, backend: str = "mjx", **settings: Any) -> BraxEnv:
    """A brax environment by id; `settings` as in `metaworldx.envs.make`."""
    return BraxEnv(make(env_id, backend, **settings))


def wrap(
    env: base.Env,
    episode_length: int = 1000,
    action_repeat: int = 1,
    randomization_fn: Callable | None = None,
) -> base.Wrapper:
    """brax's training wrappers with a newly drawn start for every episode.

    The time limit is the environment's own, so `episode_length` must be the same.

    Raises:
      UserError: another episode length, or a brax randomisation function (set
        `EnvConfig.randomisation` instead).
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
    return _EpisodeCounter(
        training.EpisodeWrapper(training.VmapWrapper(env), episode_length, action_repeat)
    )
