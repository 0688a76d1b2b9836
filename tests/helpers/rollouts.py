"""Random rollouts that many tests check."""

from __future__ import annotations

import jax
import numpy as np

from helpers.worlds import keys
from metaworldx.envs import Env


def run_at_random(env: Env, steps: int, batch: int = 8) -> None:
    """Steps under uniform random actions; everything must stay finite and nothing diverge."""

    @jax.jit
    def run(state, step_keys):
        def one(state, key):
            state = env.step(state, jax.random.uniform(key, (batch, env.action_size), minval=-1))
            return state, (state.obs, state.last_obs, state.reward, state.diverged)

        return jax.lax.scan(one, state, step_keys)

    _, (obs, last_obs, reward, diverged) = run(jax.jit(env.reset)(keys(batch)), keys(steps, seed=1))
    assert np.all(np.isfinite(obs)) and np.all(np.isfinite(last_obs))
    assert np.all(np.isfinite(reward))
    assert not diverged.any(), "a simulation diverged under random actions"
    assert obs.shape == (steps, batch, env.obs_size)
