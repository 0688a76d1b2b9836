"""The environments as gymnasium environments: `gymnasium.make_vec("metaworldx/h1-walk-v0")`."""

from __future__ import annotations

from typing import Any, ClassVar

import gymnasium
import jax
import numpy as np
from gymnasium.vector import AutoresetMode
from gymnasium.vector.utils import batch_space

from metaworldx.envs.env import Env
from metaworldx.envs.factory import make
from metaworldx.envs.state import EnvConfig, EnvState
from metaworldx.errors import UserError


def _spaces(env: Env) -> tuple[gymnasium.spaces.Box, gymnasium.spaces.Box]:
    obs = gymnasium.spaces.Box(-np.inf, np.inf, (env.obs_size,), np.float32)
    action = gymnasium.spaces.Box(-1.0, 1.0, (env.action_size,), np.float32)
    return obs, action


def _checked(action: Any, shape: tuple[int, ...]) -> np.ndarray:
    array = np.asarray(action, np.float32)
    if array.shape != shape:
        raise UserError(f"action of shape {array.shape}; this environment takes {shape}")
    if not np.all(np.isfinite(array)):
        raise UserError("action holds NaN or infinity; this environment takes [-1, 1]")
    return array


class GymVectorEnv(gymnasium.vector.VectorEnv):
    """A batch of environments, stepped together on one backend.

    Episodes restart within the step that ends them (`AutoresetMode.SAME_STEP`): the
    observation is then the next episode's first, and `info` holds `final_obs`,
    `final_info` (`episode` return and length, `success`) with their masks.
    """

    metadata: ClassVar = {"render_modes": [], "autoreset_mode": AutoresetMode.SAME_STEP}

    def __init__(
        self,
        env_id: str,
        num_envs: int = 1,
        backend: str = "auto",
        collisions: str | None = None,
        max_episode_steps: int | None = None,
        render_mode: str | None = None,
    ):
        """Builds `num_envs` environments; the other arguments are those of `make`."""
        if num_envs < 1:
            raise UserError(f"num_envs is {num_envs}; needs at least 1")
        if render_mode is not None:
            raise UserError("render a single environment: gymnasium.make(..., render_mode=...)")
        config = EnvConfig(max_episode_steps=max_episode_steps)
        self.env = make(env_id, backend, collisions, config, worlds=num_envs)
        self.num_envs = num_envs
        self.render_mode = None
        self.single_observation_space, self.single_action_space = _spaces(self.env)
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self.action_space = batch_space(self.single_action_space, num_envs)
        self._reset = jax.jit(self.env.reset)
        self._step = jax.jit(self.env.step)
        self._state: EnvState | None = None

    def reset(
        self, *, seed: int | list[int | None] | None = None, options: dict[str, Any] | None = None
    ) -> tuple[np.ndarray, dict[str, Any]]:
        """Starts new episodes everywhere.

        Args:
          seed: one seed for the batch, a list with one for each environment, or None to go on
            from the last random state.
          options: none are known.
        """
        if isinstance(seed, (list, tuple)):
            if len(seed) != self.num_envs:
                raise UserError(f"{len(seed)} seeds for {self.num_envs} environments")
            drawn = [self.np_random.integers(2**31) if s is None else s for s in seed]
            keys = jax.vmap(jax.random.key)(np.asarray(drawn, np.uint32))
        else:
            super().reset(seed=seed)
            root = jax.random.key(int(self.np_random.integers(2**31)))
            keys = jax.random.split(root, self.num_envs)
        state = self._state = self._reset(keys)
        return np.array(state.obs, np.float32), {}

    def step(
        self, actions: Any
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, dict[str, Any]]:
        """One control step of all environments; actions `[num_envs, action_size]`."""
        if self._state is None:
            raise gymnasium.error.ResetNeeded("call reset before step")
        array = _checked(actions, (self.num_envs, self.env.action_size))
        state = self._state = self._step(self._state, array)
        terminated, truncated = np.array(state.terminated), np.array(state.truncated)
        info: dict[str, Any] = {
            "success": np.array(state.success),
            "diverged": np.array(state.diverged),
            **{name: np.array(value) for name, value in state.terms.items()},
        }
        done = terminated | truncated
        if done.any():
            final = np.full(self.num_envs, None, dtype=object)
            last = np.asarray(state.last_obs, np.float32)
            for i in np.flatnonzero(done):
                final[i] = last[i].copy()
            info |= {
                "final_obs": final,
                "_final_obs": done.copy(),
                "final_info": {
                    "episode": {
                        "r": np.where(done, state.finished_return, 0.0),
                        "l": np.where(done, state.finished_length, 0),
                    },
                    "success": np.where(done, state.finished_success, False),
                },
                "_final_info": done.copy(),
            }
        reward = np.asarray(state.reward, np.float64)
        return np.array(state.obs, np.float32), reward, terminated, truncated, info

    def close_extras(self, **kwargs: Any) -> None:
        """Drops the simulations."""
        self._state = None


class GymEnv(gymnasium.Env):
    """One environment, for scripts and for gymnasium's own wrappers."""

    metadata: ClassVar = {"render_modes": ["rgb_array"], "render_fps": 50}

    def __init__(
        self,
        env_id: str,
        backend: str = "auto",
        collisions: str | None = None,
        max_episode_steps: int | None = None,
        render_mode: str | None = None,
    ):
        """Builds the environment; the other arguments are those of `make`."""
        if render_mode not in (None, "rgb_array"):
            raise UserError(f"unknown render mode {render_mode!r}; rgb_array or None")
        config = EnvConfig(auto_reset=False, max_episode_steps=max_episode_steps)
        self.env = make(env_id, backend, collisions, config)
        self.render_mode = render_mode
        self.observation_space, self.action_space = _spaces(self.env)
        self._reset = jax.jit(self.env.reset)
        self._step = jax.jit(self.env.step)
        self._state: EnvState | None = None
        self._renderer: Any = None

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[np.ndarray, dict[str, Any]]:
        """Starts a new episode."""
        super().reset(seed=seed)
        state = self._state = self._reset(jax.random.key(int(self.np_random.integers(2**31))))
        return np.array(state.obs, np.float32), {}

    def step(self, action: Any) -> tuple[np.ndarray, float, bool, bool, dict[str, Any]]:
        """One control step; action `[action_size]`."""
        if self._state is None:
            raise gymnasium.error.ResetNeeded("call reset before step")
        array = _checked(action, (self.env.action_size,))
        state = self._state = self._step(self._state, array)
        info = {name: float(value) for name, value in state.terms.items()}
        info |= {
            "success": bool(state.success),
            "success_subtasks": float(state.success_subtasks),
            "diverged": bool(state.diverged),
        }
        obs = np.array(state.last_obs, np.float32)
        ended, cut = bool(state.terminated), bool(state.truncated)
        return obs, float(state.reward), ended, cut, info

    def render(self) -> np.ndarray | None:
        """A frame `[480, 640, 3]` uint8 of the present state, with render_mode rgb_array."""
        if self.render_mode is None or self._state is None:
            return None
        from metaworldx.report.render import Renderer

        if self._renderer is None:
            self._renderer = Renderer(self.env)
        return self._renderer.frame(self._state)

    def close(self) -> None:
        """Frees the renderer; may be called again."""
        if self._renderer is not None:
            self._renderer.close()
            self._renderer = None
