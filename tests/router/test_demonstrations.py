"""Demonstrations as they are made: tried in the task, the best kept."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from metaworldx.envs import EnvConfig, make
from metaworldx.experts.pool import ExpertPool, load_experts
from metaworldx.router.demonstration_schedules import DemoConfig
from metaworldx.router.demonstrations import demonstrate

pytestmark = pytest.mark.usefixtures("quickly_compiled")


def test_the_best_of_real_rollouts_are_kept_with_who_explains_them():
    pool = ExpertPool([e for e in load_experts() if e.name in ("stand", "walk")])
    walk = pool.index("walk")
    env = make("h1-walk", "native", None, EnvConfig(auto_reset=False, max_episode_steps=150))
    # One expert leads each rollout to its end, so who does well can be told beforehand.
    config = DemoConfig(
        rollouts=16, keep=4, starts=1, most=1, mixed=0.0, staged=0.0, shortest_s=9.0, longest_s=9.0
    )
    done = []
    found = demonstrate(config, pool, env, jnp.full(2, 0.5), jax.random.key(0), done.append)
    assert sum(done) % env.max_episode_steps == 0
    assert found.all_returns.shape[0] >= 16 and found.returns.shape == (4,)
    assert np.isfinite(found.obs).all() and found.alive.all()
    # Walking is what the task rewards, and standing earns a third of it.
    assert (found.weights[..., walk] > 0.99).all()
    assert found.returns.min() > 2.0 * found.all_returns.min()
    assert np.all(np.diff(found.scores) <= 0.0)
    assert set(found.returns) <= set(found.all_returns)
    assert found.returns[0] == found.all_returns[-8:].max()
    # The action is the one expert's own.
    np.testing.assert_allclose(found.explained.sum(axis=-1), 1.0, rtol=1e-5)
    assert found.explained[..., walk].mean() > 0.9
