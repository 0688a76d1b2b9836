"""Gymnasium adapter for single environments: `gymnasium.make("metaworldx/h1-walk-v0")`."""

from __future__ import annotations

from typing import Any, ClassVar

import gymnasium
import jax
import numpy as np

from metaworldx.core.errors import UserError
from metaworldx.envs.factory import make
from metaworldx.envs.state import EnvConfig, EnvState
from metaworldx.interop.gym_input import (
    check_options,
    checked_action,
    draw,
    spaces,
    step_limit,
    told_limit,
    whole_seed,
)
from metaworldx.interop.gym_vector import GymVectorEnv

__all__ = ["GymEnv", "GymVectorEnv", "UnlimitedGymEnv"]


class GymEnv(gymnasium.Env):
    """One environment, for scripts and for gymnasium's own wrappers.

    Time limit: `max_episode_steps` control steps; None is the task's own, -1 disables it. From
    `gymnasium.make` it is an `UnlimitedGymEnv` under gymnasium's `TimeLimit`.

    Ends: `terminated` if the task ended or the simulation diverged, `truncated` at the time limit.
    There is no auto-reset: call `reset` after an end.

    Seeds: `reset(seed=...)` repeats the same episodes; without a seed the random state continues.
    Options of `reset`: none.

    Info: of `reset` empty; of `step` the reward's terms under their names and
    `success_subtasks` (float), `success` and `diverged` (bool), all of that step.

    An action is `[action_size]`, real and finite; it is clipped to [-1, 1].
    Rendering: `render_mode="rgb_array"`.
    """

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
        config = EnvConfig(auto_reset=False, max_episode_steps=step_limit(max_episode_steps))
        self.env = make(env_id, backend, collisions, config)
        self.render_mode = render_mode
        self.observation_space, self.action_space = spaces(self.env)
        self._reset = jax.jit(self.env.reset)
        self._step = jax.jit(self.env.step)
        self._state: EnvState | None = None
        self._renderer: Any = None

    @property
    def max_episode_steps(self) -> int | None:
        """This environment's own time limit in control steps; None without one."""
        return told_limit(self.env)

    @property
    def _max_episode_steps(self) -> int | None:
        # The name under which TD-MPC2's wrappers ask for the limit; gymnasium's `TimeLimit`
        # answers first where there is one.
        return self.max_episode_steps

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[np.ndarray, dict[str, Any]]:
        """Starts a new episode.

        Raises:
          UserError: not a seed, or any options.
        """
        check_options(options)
        super().reset(seed=None if seed is None else whole_seed(seed))
        state = self._state = self._reset(jax.random.key(draw(self.np_random)))
        return np.array(state.obs, np.float32), {}

    def step(self, action: Any) -> tuple[np.ndarray, float, bool, bool, dict[str, Any]]:
        """One control step; action `[action_size]`.

        Raises:
          UserError: an action of another shape, or not of finite real numbers.
        """
        if self._state is None:
            raise gymnasium.error.ResetNeeded("call reset before step")
        array = checked_action(action, (self.env.action_size,))
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
        from metaworldx.rendering.renderer import Renderer

        if self._renderer is None:
            self._renderer = Renderer(self.env)
        return self._renderer.frame(self._state)

    def close(self) -> None:
        """Frees the renderer; may be called again."""
        if self._renderer is not None:
            self._renderer.close()
            self._renderer = None


class UnlimitedGymEnv(GymEnv):
    """`GymEnv` without a time limit of its own, as made by `gymnasium.make`.

    gymnasium does not tell an environment the `max_episode_steps` of `gymnasium.make`; it puts
    its `TimeLimit` around it. With a limit of its own beneath, the shorter one would hold. Under
    `TimeLimit` an episode that ends by itself at the limit is both terminated and truncated.
    """

    def __init__(
        self,
        env_id: str,
        backend: str = "auto",
        collisions: str | None = None,
        render_mode: str | None = None,
    ):
        """Builds the environment; arguments as for `GymEnv`."""
        super().__init__(env_id, backend, collisions, -1, render_mode)
