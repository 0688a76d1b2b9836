"""Episode wrapper for brax's trainers over environments with auto-reset."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
from brax.envs import base
from brax.envs.wrappers import training
from flax import struct

from metaworldx.core.errors import UserError
from metaworldx.envs.state import select

_BOOKS = ("steps", "truncation", "episode_done", "episode_metrics")
"""Entries of `State.info` that brax's trainers and evaluators read."""


@struct.dataclass
class _Taken:
    """Sums over the steps of one repeated action, until the episode's end.

    Attributes:
      reward, steps: sums `[num_envs]`.
      metrics: sums by name.
      done, truncation: 1 if the episode ended, and if the time limit alone ended it.
    """

    reward: jax.Array
    steps: jax.Array
    metrics: dict[str, jax.Array]
    done: jax.Array
    truncation: jax.Array


class EpisodeWrapper(base.Wrapper):
    """Replaces brax's `VmapWrapper`, `EpisodeWrapper` and `AutoResetWrapper`.

    The wrapped environment starts its next episode in the step that ends one. With `action_repeat`
    brax's `EpisodeWrapper` would step beyond that and lose the end.
    """

    def __init__(self, env: base.Env, action_repeat: int = 1):
        """Wraps one environment; see `metaworldx.interop.brax.wrap`."""
        if isinstance(action_repeat, bool) or not isinstance(action_repeat, int):
            raise UserError(f"action_repeat is {action_repeat!r}; needs a whole number")
        if action_repeat < 1:
            raise UserError(f"action_repeat is {action_repeat}; needs at least 1")
        super().__init__(training.VmapWrapper(env))
        self.action_repeat = action_repeat

    def reset(self, rng: jax.Array) -> base.State:
        """New episodes from raw keys `[num_envs, 2]`.

        Raises:
          UserError: typed keys, or not a batch of keys.
        """
        _check_raw_keys(rng)
        state = self.env.reset(rng)

        def nought() -> jax.Array:
            return jnp.zeros_like(state.reward)

        of_episode = {name: nought() for name in ("sum_reward", "length", *state.metrics)}
        books = {name: nought() for name in _BOOKS[:3]} | {"episode_metrics": of_episode}
        return state.replace(info={**state.info, **books})  # pyright: ignore

    def step(self, state: base.State, action: jax.Array) -> base.State:
        """`action_repeat` control steps, or fewer if an episode ends before."""
        going = 1.0 - state.info["episode_done"]
        of_episode = state.info["episode_metrics"]
        names = [name for name in state.metrics if name in of_episode and name != "reward"]
        # Without these entries, by which the environment recognizes brax's own wrapper.
        bare = {name: value for name, value in state.info.items() if name not in _BOOKS}
        now, taken = self._once(state.replace(info=bare), action, names)  # pyright: ignore
        if self.action_repeat > 1:

            def again(carry: tuple[base.State, _Taken], _: None) -> tuple[Any, None]:
                return self._more(*carry, action, names), None

            (now, taken), _ = jax.lax.scan(again, (now, taken), None, self.action_repeat - 1)
        sums = {"sum_reward": taken.reward, "length": taken.steps, **taken.metrics}
        books = {
            "steps": state.info["steps"] * going + taken.steps,
            "truncation": taken.truncation,
            "episode_done": taken.done,
            "episode_metrics": {
                name: value * going + sums[name] if name in sums else value
                for name, value in of_episode.items()
            },
        }
        return now.replace(  # pyright: ignore[reportAttributeAccessIssue]
            reward=taken.reward,
            done=taken.done,
            metrics={**now.metrics, **taken.metrics},
            info={**now.info, **books},
        )

    def _once(
        self, state: base.State, action: jax.Array, names: list[str]
    ) -> tuple[base.State, _Taken]:
        """One control step of every environment."""
        new = self.env.step(state.replace(done=jnp.zeros_like(state.done)), action)  # pyright: ignore
        after: Any = new.pipeline_state
        cut = after.truncated.astype(new.done.dtype)
        done = jnp.maximum(new.done, cut)
        metrics = {name: new.metrics[name] for name in names}
        return new, _Taken(new.reward, jnp.ones_like(done), metrics, done, cut * (1.0 - new.done))

    def _more(
        self, state: base.State, taken: _Taken, action: jax.Array, names: list[str]
    ) -> tuple[base.State, _Taken]:
        """One more control step of the running episodes; the others stay."""
        new, one = self._once(state, action, names)
        both = jax.tree.map(jnp.add, taken, one)
        # `done` and `truncation` are 0 before an end, so their sums are the new values.
        return select(taken.done > 0, (state, taken), (new, both))


def _check_raw_keys(rng: Any) -> None:
    wanted = jax.eval_shape(lambda: jax.random.key_data(jax.random.key(0)))
    dtype, shape = getattr(rng, "dtype", None), getattr(rng, "shape", ())
    # A typed key's dtype compares with no other.
    if str(dtype) != str(wanted.dtype) or len(shape) < 2 or shape[-1:] != wanted.shape:
        got = repr(rng) if dtype is None else f"{dtype} of shape {shape}"
        raise UserError(
            "wrap's reset takes a batch of raw keys, as "
            f"jax.random.split(jax.random.PRNGKey(0), num_envs) makes them; got {got}"
        )
