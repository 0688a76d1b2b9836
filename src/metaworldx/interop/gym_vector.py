"""Many environments at once as one gymnasium `VectorEnv`, stepped together on one backend."""

from __future__ import annotations

import copy
from typing import Any

import gymnasium
import jax
import jax.numpy as jnp
import numpy as np
from gymnasium.utils import seeding
from gymnasium.vector import AutoresetMode
from gymnasium.vector.utils import batch_space

from metaworldx.core.errors import UserError
from metaworldx.envs.env import Env
from metaworldx.envs.factory import make
from metaworldx.envs.state import EnvConfig, EnvState, select
from metaworldx.interop import gym_input


class GymVectorEnv(gymnasium.vector.VectorEnv):
    """A batch of environments with the behaviour of gymnasium's `SyncVectorEnv`.

    `autoreset_mode` (an `AutoresetMode`, its value or its name; also in `metadata`):

    - SAME_STEP (the default): episodes restart within the step that ends them. The observation
      is then the next episode's first; `info["final_obs"]` and `info["final_info"]` hold the
      ended episode's last.
    - NEXT_STEP: the step that ends an episode returns its last observation; the next one ignores
      that environment's action and returns the new episode's first, with reward 0 and no info.
      gymnasium's `NormalizeObservation` requires this mode.
    - DISABLED: no automatic restart. Ended environments must be reset before the next
      step, by `reset(options={"reset_mask": mask})`.

    Time limit: `max_episode_steps` control steps; None is the task's own, -1 disables it. As under
    gymnasium's `TimeLimit`, an episode that terminates at the limit is both terminated and
    truncated.

    Seeds: `reset(seed=s)` gives the environments the seeds s, s + 1 and so on, a list one each.
    Each runs the same episodes as a `GymEnv` with its seed, auto-resets included. Without seeds
    the random states continue.

    Info: each entry `[num_envs]` has a mask `_NAME` of the environments with a value. Entries are
    those of `GymEnv`. `final_info` has them for the environments that ended, and `episode`: the
    whole episode's return `r`, length `l` and whether it was successful at some step, `success`.
    Info of `reset` is empty.
    """

    def __init__(
        self,
        env_id: str,
        num_envs: int = 1,
        backend: str = "auto",
        collisions: str | None = None,
        max_episode_steps: int | None = None,
        render_mode: str | None = None,
        autoreset_mode: AutoresetMode | str = AutoresetMode.SAME_STEP,
    ):
        """Builds `num_envs` environments; `backend` and `collisions` are those of `make`."""
        num_envs = gym_input.whole_count(num_envs)
        if render_mode is not None:
            raise UserError("render a single environment: gymnasium.make(..., render_mode=...)")
        self._mode = _mode_of(autoreset_mode)
        limit = gym_input.step_limit(max_episode_steps)
        config = EnvConfig(auto_reset=False, max_episode_steps=limit)
        self.env = make(env_id, backend, collisions, config, worlds=num_envs)
        self.num_envs = num_envs
        self.render_mode = None
        self.metadata = {"render_modes": [], "autoreset_mode": self._mode}
        self.single_observation_space, self.single_action_space = gym_input.spaces(self.env)
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self.action_space = batch_space(self.single_action_space, num_envs)
        self._reset, self._reset_some, self._step, self._step_some = _jitted(self.env)
        self._generators: list[np.random.Generator | None] = [None] * num_envs
        self._state: EnvState | None = None
        self._obs = np.zeros(self.observation_space.shape or (), np.float32)
        # Environments that ended in the last step and were not reset (none under SAME_STEP).
        self._ended = np.zeros(num_envs, bool)

    @property
    def max_episode_steps(self) -> int | None:
        """Time limit in control steps; None without one."""
        return gym_input.told_limit(self.env)

    @property
    def _max_episode_steps(self) -> int | None:
        return self.max_episode_steps

    @property
    def spec(self) -> Any:
        """gymnasium's specification, with the effective time limit."""
        return self._spec

    @spec.setter
    def spec(self, spec: Any) -> None:
        self._spec = copy.deepcopy(spec)
        if spec is None:
            return
        # `make_vec` leaves the registered limit in it, whatever its argument.
        self._spec.max_episode_steps = self.max_episode_steps
        if "autoreset_mode" in self._spec.kwargs:
            self._spec.kwargs["autoreset_mode"] = self._mode.value  # JSON has no enumerations

    _spec: Any = None

    def reset(
        self, *, seed: int | list[int | None] | None = None, options: dict[str, Any] | None = None
    ) -> tuple[np.ndarray, dict[str, Any]]:
        """Starts new episodes.

        Args:
          seed: one seed s for s, s + 1 and so on, a list with one or None for each environment,
            or None to continue the random states.
          options: `reset_mask`, a numpy array of booleans `[num_envs]`, resets those alone; the
            others continue, and their last observations are returned again.

        Raises:
          UserError: invalid seeds, options or mask.
        """
        mask = gym_input.reset_mask(options, self.num_envs)
        seeds = gym_input.seeds_of_all(seed, self.num_envs)
        if mask is None:
            mask = np.ones(self.num_envs, bool)
        elif self._state is None and not mask.all():
            raise gymnasium.error.ResetNeeded("reset all environments before some of them")
        if seed is not None and not isinstance(seed, (list, tuple)):
            super().reset(seed=seeds[0])
        for i in np.flatnonzero(mask):
            if seeds[i] is not None:
                self._generators[i] = seeding.np_random(seeds[i])[0]
        self._begin(mask)
        self._ended &= ~mask
        return self._obs.copy(), {}

    def step(
        self, actions: Any
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, dict[str, Any]]:
        """One control step of all environments; actions `[num_envs, action_size]`.

        Raises:
          UserError: actions of another shape, or not real and finite.
        """
        if self._state is None:
            raise gymnasium.error.ResetNeeded("call reset before step")
        if self._mode is AutoresetMode.DISABLED and self._ended.any():
            ended = ", ".join(str(i) for i in np.flatnonzero(self._ended))
            raise gymnasium.error.ResetNeeded(
                f"episodes of environments {ended} have ended; reset them by "
                "options={'reset_mask': mask} before the next step"
            )
        restarting = self._ended
        array = gym_input.checked_action(
            actions, (self.num_envs, self.env.action_size), ~restarting
        )
        if restarting.any():
            state = self._state = self._step_some(self._state, array, ~restarting)
        else:
            state = self._state = self._step(self._state, array)
        terminated = np.array(state.terminated)
        done = terminated | np.asarray(state.truncated)
        truncated = done & (np.asarray(state.finished_length) >= self.env.max_episode_steps)
        reward = np.array(state.reward, np.float64)
        self._obs = np.array(state.obs, np.float32)
        same_step = self._mode is AutoresetMode.SAME_STEP
        info = self._info(state, ~restarting, done & same_step)
        self._ended = done & (not same_step)
        begins = done if same_step else restarting
        if begins.any():
            self._begin(begins)
        return self._obs.copy(), reward, terminated, truncated, info

    def close_extras(self, **kwargs: Any) -> None:
        """Releases the simulations."""
        self._state = None

    def _begin(self, mask: np.ndarray) -> None:
        """Starts new episodes where `mask` `[num_envs]` is set."""
        draws = np.zeros(self.num_envs, np.uint32)
        for i in np.flatnonzero(mask):
            own = self._generators[i]
            if own is None:
                own = seeding.np_random(gym_input.draw(self.np_random))[0]
                self._generators[i] = own
            draws[i] = gym_input.draw(own)
        state = self._reset(draws) if mask.all() else self._reset_some(self._state, draws, mask)
        self._state = state
        fresh = np.asarray(state.obs, np.float32)
        self._obs = np.where(mask[:, None], fresh, self._obs)

    def _info(self, state: EnvState, acted: np.ndarray, restarted: np.ndarray) -> dict[str, Any]:
        """Entries of the stepped environments, under `final_info` for restarted ones."""
        one_step = {
            **{name: np.asarray(value, np.float64) for name, value in state.terms.items()},
            "success": np.asarray(state.success),
            "success_subtasks": np.asarray(state.success_subtasks, np.float64),
            "diverged": np.asarray(state.diverged),
        }
        info = _masked(one_step, acted & ~restarted)
        if not restarted.any():
            return info
        episode = {
            "r": np.asarray(state.finished_return, np.float64),
            "l": np.asarray(state.finished_length, np.int64),
            "success": np.asarray(state.finished_success),
        }
        final = np.full(self.num_envs, None, dtype=object)
        for i in np.flatnonzero(restarted):
            final[i] = self._obs[i].copy()
        final_info = _masked(one_step, restarted)
        final_info |= {"episode": _masked(episode, restarted), "_episode": restarted.copy()}
        return info | {
            "final_obs": final,
            "_final_obs": restarted.copy(),
            "final_info": final_info,
            "_final_info": restarted.copy(),
        }


def _masked(entries: dict[str, np.ndarray], mask: np.ndarray) -> dict[str, np.ndarray]:
    """Entries as gymnasium collects them: zero where the mask is unset, absent if it is empty."""
    if not mask.any():
        return {}
    kept = {name: np.where(mask, value, np.zeros_like(value)) for name, value in entries.items()}
    return kept | {f"_{name}": mask.copy() for name in entries}


def _mode_of(mode: AutoresetMode | str) -> AutoresetMode:
    for known in AutoresetMode:
        if mode in (known, known.value, known.name):
            return known
    names = ", ".join(known.name for known in AutoresetMode)
    raise UserError(f"unknown autoreset_mode {mode!r}; one of {names}")


def _jitted(env: Env) -> tuple[Any, ...]:
    """Jitted resets and steps, each of all and of masked (`[num_envs]`) environments."""

    def reset(draws: jax.Array) -> EnvState:
        return env.reset(jax.vmap(jax.random.key)(draws))

    def reset_some(state: EnvState, draws: jax.Array, mask: jax.Array) -> EnvState:
        return select(mask, reset(draws), state)

    def step_some(state: EnvState, action: jax.Array, acting: jax.Array) -> EnvState:
        waiting = state.replace(
            reward=jnp.zeros_like(state.reward),
            terminated=jnp.zeros_like(state.terminated),
            truncated=jnp.zeros_like(state.truncated),
        )
        after = env.step(state, jnp.where(acting[:, None], action, 0.0))
        return select(acting, after, waiting)

    return jax.jit(reset), jax.jit(reset_some), jax.jit(env.step), jax.jit(step_some)
