"""Rollouts of a policy in a batch of environments, with recorded steps.

`scan_rollout` is one scan, for use within compiled programs. `Rollout` compiles it for a chunk of
steps and returns to the host between chunks.
"""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flax import struct

from metaworldx.envs.env import Env
from metaworldx.envs.scripted_policies import Policy
from metaworldx.envs.state import EnvState

CHUNK = 50
"""Control steps between two returns to the host."""

Act = Callable[[Any, Any, EnvState, Any], tuple[jax.Array, Any, Any]]
"""(parameters, carry, state, key) -> (action `[*B, A]`, carry, extras for `record`)."""


@struct.dataclass
class RolloutState:
    """A rollout between two steps.

    Attributes:
      env: the environments `[*B, ...]`.
      carry: the policy's state carried between steps, or None.
      running: whether each environment's first episode has not ended `[*B]`, bool.
    """

    env: EnvState
    carry: Any
    running: jax.Array


@struct.dataclass
class RolloutStep:
    """One control step, the argument of `record`.

    Attributes:
      before, after: the environments around it `[*B, ...]`.
      action: `[*B, A]`.
      carry: the policy's, after acting.
      extras: further outputs of the policy.
      running: whether each environment's first episode had not ended before it `[*B]`, bool.
    """

    before: EnvState
    action: jax.Array
    after: EnvState
    carry: Any
    extras: Any
    running: jax.Array


Record = Callable[[RolloutStep], Any]
"""Record of a step: any tree of arrays."""


def init_rollout(env: EnvState, carry: Any = None) -> RolloutState:
    """Initial rollout state, every episode running."""
    return RolloutState(env, carry, jnp.ones(env.reward.shape, bool))


def scan_rollout(
    env: Env,
    act: Act,
    record: Record,
    params: Any,
    state: RolloutState,
    keys: Any = None,
    steps: int | None = None,
) -> tuple[RolloutState, Any]:
    """Steps every environment T times in one scan; to be called inside of `jit`.

    Without auto-reset an environment goes on past its episode's end: mask by `running`.

    Args:
      params: whatever `act` takes first.
      keys: one key a step `[T]`, or other arrays `[T, ...]` of which `act` gets a row; None
        gives it None.
      steps: T, where there are no keys.

    Returns:
      The state after the last step, and the records `[T, ...]`.
    """

    def one(state: RolloutState, key: Any) -> tuple[RolloutState, Any]:
        action, carry, extras = act(params, state.carry, state.env, key)
        after = env.step(state.env, action)
        step = RolloutStep(state.env, action, after, carry, extras, state.running)
        return RolloutState(after, carry, state.running & ~after.done), record(step)

    return jax.lax.scan(one, state, keys, length=steps)


class Rollout:
    """A rollout compiled once, for every batch of one size."""

    def __init__(
        self,
        env: Env,
        act: Act,
        record: Record,
        begin: Callable[[Any, EnvState], Any] | None = None,
        chunk: int = CHUNK,
    ):
        """Compiles nothing yet.

        Args:
          begin: (parameters, environments) -> initial carry of `act`; None carries None.
          chunk: control steps in the compiled program.
        """
        self.chunk = chunk
        self._reset, self._begin = jax.jit(env.reset), None if begin is None else jax.jit(begin)

        def advance(params: Any, state: RolloutState, keys: jax.Array | None) -> Any:
            return scan_rollout(env, act, record, params, state, keys, chunk)

        self._advance = jax.jit(advance)

    def init(self, params: Any, keys: jax.Array) -> RolloutState:
        """Rollout state after a reset under random keys `[*B]`."""
        state = self._reset(keys)
        return init_rollout(state, None if self._begin is None else self._begin(params, state))

    def __call__(
        self,
        params: Any,
        state: RolloutState,
        steps: int,
        keys: jax.Array | None = None,
        on_chunk_end: Callable[[Any, EnvState, int], Any] | None = None,
        progress: Callable[[int], Any] | None = None,
        min_running: float = 0.0,
    ) -> tuple[RolloutState, Any]:
        """Runs whole chunks until `steps` are done or every first episode has ended.

        Args:
          params: whatever `act` takes first.
          steps: control steps, rounded up to whole chunks.
          keys: one a step (`step_keys`), as many as that; None gives `act` None.
          on_chunk_end: (carry, environments, steps so far) -> carry, on the host between chunks.
          progress: called with the number of control steps just done.
          min_running: stops once a smaller share of the episodes is running.

        Returns:
          The state after the last chunk, and the records `[T, *B, ...]` as NumPy arrays; T is a
          multiple of the chunk.
        """
        chunks = None if keys is None else iter(keys.reshape(-1, self.chunk))
        parts = []
        for done in range(self.chunk, steps + self.chunk, self.chunk):
            state, part = self._advance(params, state, None if chunks is None else next(chunks))
            parts.append(jax.tree.map(np.asarray, part))
            if progress is not None:
                progress(self.chunk)
            share = np.asarray(state.running).mean(dtype=np.float32)
            if share == 0.0 or share < min_running:
                break
            if on_chunk_end is not None and done < steps:
                state = state.replace(carry=on_chunk_end(state.carry, state.env, done))
        return state, jax.tree.map(lambda *x: np.concatenate(x), *parts)


def step_keys(key: jax.Array, steps: int, chunk: int = CHUNK) -> jax.Array:
    """A random key a step `[T]`, with T `steps` rounded up to whole chunks.

    The first keys do not depend on how many there are.
    """

    def drawn(begin: jax.Array) -> jax.Array:
        return jax.random.split(jax.random.fold_in(key, begin), chunk)

    return jax.vmap(drawn)(jnp.arange(0, steps, chunk)).reshape(-1)


def sum_in_order(values: np.ndarray) -> np.ndarray:
    """Sum over time of `[T, ...]`, step by step as an environment sums its return.

    `numpy.sum` may add in pairs, and then depends on how many zeros follow an episode's end.
    """
    return np.add.accumulate(values, axis=0)[-1]


def watch(env: Env, policy: Policy, steps: int, seed: int = 0) -> list[EnvState]:
    """The states of one environment until its episode ends, at most `steps`, the start first.

    The last state of a finished episode is where it ended, not the next episode's start.
    """
    start_key, policy_key = jax.random.split(jax.random.key(seed))
    lasting = copy.copy(env)
    lasting.config = dataclasses.replace(env.config, auto_reset=False)

    def act(params: Any, carry: Any, state: EnvState, key: jax.Array) -> Any:
        return policy(state, key), None, None

    rollout = Rollout(lasting, act, lambda step: None, chunk=1)
    state = rollout.init(None, start_key)
    states = [state.env]
    last, _ = rollout(
        *(None, state, steps, jax.random.split(policy_key, steps)),
        on_chunk_end=lambda carry, env, done: states.append(env),
    )
    return [*states, last.env]
