"""Whole episodes of a policy, for evaluation of scripted policies and for pictures."""

from __future__ import annotations

import copy
import dataclasses
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np

from metaworldx.envs.env import Env
from metaworldx.envs.scripted_policies import Policy
from metaworldx.envs.state import EnvState


@dataclass(frozen=True)
class Episodes:
    """One first episode of each environment.

    Attributes:
      returns: summed rewards `[B]`.
      lengths: steps until the end `[B]`.
      success: whether the task was completed at some step `[B]`.
      fell: whether the robot fell at some step `[B]`.
    """

    returns: np.ndarray
    lengths: np.ndarray
    success: np.ndarray
    fell: np.ndarray


def run_episodes(
    env: Env, policy: Policy, episodes: int, seed: int = 0, steps: int | None = None
) -> Episodes:
    """Runs one episode in each of `episodes` environments to its end.

    Args:
      env: any backend.
      policy: acts on the batch.
      episodes: how many.
      seed: of starts and policy.
      steps: stop after so many steps; None runs to the time limit.
    """
    limit = env.max_episode_steps if steps is None else min(steps, env.max_episode_steps)
    chunk = 50

    @jax.jit
    def advance(carry, keys):
        def one(carry, key):
            state, totals, running = carry
            state = env.step(state, policy(state, key))
            gain = jnp.stack(
                [state.reward, jnp.ones_like(state.reward), 1.0 * state.success, 1.0 * state.fallen]
            )
            totals = totals + gain * running
            return (state, totals, running & ~state.done), None

        return jax.lax.scan(one, carry, keys)[0]

    start_key, policy_key = jax.random.split(jax.random.key(seed))
    state = jax.jit(env.reset)(jax.random.split(start_key, episodes))
    carry = (state, jnp.zeros((4, episodes)), jnp.ones(episodes, bool))
    for begin in range(0, limit, chunk):
        keys = jax.random.split(jax.random.fold_in(policy_key, begin), min(chunk, limit - begin))
        carry = advance(carry, keys)
        if not bool(carry[2].any()):
            break
    returns, lengths, success, fell = np.asarray(carry[1])
    return Episodes(returns, lengths.astype(int), success > 0, fell > 0)


def watch(env: Env, policy: Policy, steps: int, seed: int = 0) -> list[EnvState]:
    """The states of one environment until its episode ends, at most `steps`, the start first.

    The last state of a finished episode is where it ended, not the next episode's start.
    """
    start_key, policy_key = jax.random.split(jax.random.key(seed))
    lasting = copy.copy(env)
    lasting.config = dataclasses.replace(env.config, auto_reset=False)
    step = jax.jit(lambda state, key: lasting.step(state, policy(state, key)))
    state = jax.jit(lasting.reset)(start_key)
    states = [state]
    for key in jax.random.split(policy_key, steps):
        state = step(state, key)
        states.append(state)
        if bool(state.done):
            break
    return states
