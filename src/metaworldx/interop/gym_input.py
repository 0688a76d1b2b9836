"""What both gymnasium adaptors take: spaces, limits, seeds, actions and options, checked."""

from __future__ import annotations

import operator
from typing import Any

import gymnasium
import numpy as np

from metaworldx.core.errors import UserError
from metaworldx.envs.env import Env
from metaworldx.envs.state import NO_LIMIT


def spaces(env: Env) -> tuple[gymnasium.spaces.Box, gymnasium.spaces.Box]:
    """Spaces of one environment's observations and actions."""
    obs = gymnasium.spaces.Box(-np.inf, np.inf, (env.obs_size,), np.float32)
    action = gymnasium.spaces.Box(-1.0, 1.0, (env.action_size,), np.float32)
    return obs, action


def whole_count(num_envs: Any) -> int:
    """A number of environments.

    Raises:
      UserError: not a whole number of at least 1.
    """
    count = _whole(num_envs)
    if count is None or count < 1:
        raise UserError(f"num_envs is {num_envs!r}; needs a whole number of at least 1")
    return count


def step_limit(max_episode_steps: Any) -> int | None:
    """The limit for `EnvConfig`, from gymnasium's: None is the task's own, -1 is none.

    Raises:
      UserError: neither of these nor a whole number of control steps.
    """
    if max_episode_steps is None:
        return None
    steps = _whole(max_episode_steps)
    if steps == -1:
        return NO_LIMIT
    if steps is None or not 1 <= steps <= NO_LIMIT:
        raise UserError(
            f"max_episode_steps is {max_episode_steps!r}; needs a whole number from 1 to "
            f"{NO_LIMIT}, -1 for no limit, or None for the task's own"
        )
    return steps


def told_limit(env: Env) -> int | None:
    """An environment's effective time limit in control steps."""
    return None if env.max_episode_steps == NO_LIMIT else env.max_episode_steps


def whole_seed(seed: Any) -> int:
    """A seed as gymnasium's generators take it.

    Raises:
      UserError: not a whole number of at least 0.
    """
    number = _whole(seed)
    if number is None or number < 0:
        raise UserError(f"seed is {seed!r}; needs a whole number of at least 0, or None")
    return number


def seeds_of_all(seed: Any, count: int) -> list[int | None]:
    """A seed for each environment, as `SyncVectorEnv` gives them: `seed`, `seed + 1` and so on.

    Raises:
      UserError: not a seed, nor a list with one seed or None for each environment.
    """
    if seed is None:
        return [None] * count
    if not isinstance(seed, (list, tuple)):
        first = whole_seed(seed)
        return [first + i for i in range(count)]
    if len(seed) != count:
        raise UserError(f"{len(seed)} seeds for {count} environments")
    return [None if one is None else whole_seed(one) for one in seed]


def draw(generator: np.random.Generator) -> int:
    """The number that one episode's random key is made from."""
    return int(generator.integers(2**31))


def checked_action(action: Any, shape: tuple[int, ...], heeded: Any = True) -> np.ndarray:
    """Actions in [-1, 1] as float32, clipped.

    Args:
      action: anything that numpy takes for numbers.
      shape: what is needed.
      heeded: which environments will act `[num_envs]`; actions of others may be anything.

    Raises:
      UserError: not real numbers, another shape, NaN or infinity.
    """
    try:
        array = np.asarray(action)
        if np.iscomplexobj(array):
            raise TypeError
        array = array.astype(np.float64)
    except (TypeError, ValueError, RuntimeError):
        raise UserError(
            f"action is not an array of real numbers; this environment takes float32 {shape}"
        ) from None
    if array.shape != shape:
        raise UserError(f"action of shape {array.shape}; this environment takes {shape}")
    if not np.all(np.isfinite(array[heeded])):
        raise UserError("action holds NaN or infinity; this environment takes [-1, 1]")
    # What is finite must not become infinite in the narrower type.
    return np.clip(array, -1.0, 1.0).astype(np.float32)


def check_options(options: Any, *known: str) -> dict[str, Any]:
    """Options of a reset; None is none.

    Raises:
      UserError: not a dict, or one with others than the known.
    """
    if options is None:
        return {}
    takes = ", ".join(known) or "none"
    if not isinstance(options, dict):
        raise UserError(f"reset options are {options!r}; needs a dict (options known: {takes})")
    for name in options:
        if name not in known:
            raise UserError(f"unknown reset option {name!r} (options known: {takes})")
    return options


def reset_mask(options: Any, count: int) -> np.ndarray | None:
    """Which environments a reset with these options is for `[num_envs]`; None means all.

    Raises:
      UserError: unknown options, or a mask that is not an array of `num_envs` booleans with at
        least one True.
    """
    options = check_options(options, "reset_mask")
    if "reset_mask" not in options:
        return None
    mask = options["reset_mask"]
    needed = f"needs a numpy array of {count} booleans with at least one True"
    if not isinstance(mask, np.ndarray):
        raise UserError(f"reset_mask is of type {type(mask).__name__}; {needed}")
    if mask.shape != (count,) or mask.dtype != np.bool_:
        raise UserError(f"reset_mask is {mask.dtype} of shape {mask.shape}; {needed}")
    if not mask.any():
        raise UserError(f"reset_mask has no True; {needed}")
    return mask.copy()


def _whole(number: Any) -> int | None:
    try:
        return None if isinstance(number, (bool, np.bool_)) else operator.index(number)
    except TypeError:
        return None
