"""A rollout is a hand loop of `env.step`, however its steps are chunked."""

from __future__ import annotations

from functools import cache

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from helpers.worlds import jitted, keys, world
from metaworldx.envs.rollout import (
    Rollout,
    RolloutStep,
    init_rollout,
    scan_rollout,
    step_keys,
    sum_in_order,
    watch,
)
from metaworldx.envs.scripted_policies import scripted_policy

pytestmark = pytest.mark.usefixtures("quickly_compiled")

STEPS, BATCH = 6, 2


@pytest.fixture(scope="module")
def env():
    """Episodes of five steps that are not begun again."""
    return world("h1-stand", auto_reset=False, max_episode_steps=5)


def _act(scale, carry, state, key):
    """Carries the last action, and moves it on at random."""
    noise = jax.random.uniform(key, carry.shape, minval=-1.0)
    action = 0.5 * carry + scale * noise
    return action, action, noise


def _begin(scale, state):
    return jnp.full((*state.reward.shape, 19), 0.1)


def _record(step):
    return {
        "before": step.before.obs,
        "action": step.action,
        "obs": step.after.obs,
        "reward": step.after.reward,
        "noise": step.extras,
        "running": step.running,
    }


@cache
def _rollout(env, chunk):
    return Rollout(env, _act, _record, _begin, chunk)


def test_records_are_those_of_a_hand_loop(env):
    reset, step = jitted(env)
    state, carry, rows = reset(keys(BATCH)), jnp.full((BATCH, 19), 0.1), []
    running = jnp.ones(BATCH, bool)
    drawn = step_keys(jax.random.key(3), STEPS, 2)
    for key in drawn:
        action, carry, noise = _act(0.3, carry, state, key)
        after = step(state, action)
        rows.append(_record(RolloutStep(state, action, after, carry, noise, running)))
        state, running = after, running & ~after.done
    rollout = _rollout(env, 2)
    last, seen = rollout(0.3, rollout.init(0.3, keys(BATCH)), STEPS, drawn)
    for name, found in seen.items():
        wanted = np.stack([row[name] for row in rows])
        np.testing.assert_allclose(found, wanted, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(last.env.obs, state.obs, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(last.carry, carry, rtol=1e-5, atol=1e-6)
    # The time limit is the fifth step's.
    assert seen["running"][:, 0].tolist() == [True] * 5 + [False] and not last.running.any()


def test_the_chunk_changes_nothing(env):
    drawn, found = keys(STEPS, seed=4), []
    for chunk in (2, 6):
        rollout = _rollout(env, chunk)
        found.append(rollout(0.3, rollout.init(0.3, keys(BATCH)), STEPS, drawn)[1])
    jax.tree.map(np.testing.assert_array_equal, *found)


def test_a_scan_is_the_same_inside_of_a_program(env):
    rollout, drawn = _rollout(env, 6), keys(STEPS, seed=4)
    begin = rollout.init(0.3, keys(BATCH))

    @jax.jit
    def summed(state):
        start = init_rollout(state, _begin(0.3, state))
        return scan_rollout(env, _act, _record, 0.3, start, drawn)[1]["reward"].sum(axis=0)

    rewards = rollout(0.3, begin, STEPS, drawn)[1]["reward"]
    np.testing.assert_allclose(summed(begin.env), rewards.sum(axis=0), rtol=1e-6)


def test_the_host_comes_in_between_chunks_until_nobody_runs(env):
    rollout, done, between = _rollout(env, 2), [], []

    def replan(carry, state, steps):
        between.append((steps, state.steps.tolist()))
        return jnp.zeros_like(carry)

    state = rollout.init(0.0, keys(BATCH))
    _, seen = rollout(0.0, state, 100, keys(100), replan, done.append)
    # Episodes of five steps end in the third chunk; nobody is asked after it.
    assert done == [2, 2, 2] and between == [(2, [2, 2]), (4, [4, 4])]
    assert seen["reward"].shape == (6, BATCH)
    assert seen["action"][1].all() and not seen["action"][2:].any()


def test_it_stops_once_too_few_run(env):
    rollout = _rollout(env, 2)
    state = rollout.init(0.0, keys(BATCH)).replace(running=jnp.array([True, False]))
    for least, steps in ((0.6, 2), (0.5, 6)):
        _, seen = rollout(0.0, state, 100, keys(100), min_running=least)
        assert len(seen["reward"]) == steps


def test_keys_of_steps_do_not_depend_on_how_many(env):
    few, many = (jax.random.key_data(step_keys(jax.random.key(1), n, 4)) for n in (5, 12))
    assert few.shape[0] == 8 and many.shape[0] == 12
    np.testing.assert_array_equal(few, many[:8])
    assert len(np.unique(many, axis=0)) == 12


def test_sums_do_not_depend_on_what_follows_an_episode():
    values = np.random.default_rng(0).normal(size=(1000, 1)).astype(np.float32)
    padded = np.concatenate([values, np.zeros((500, 1), np.float32)])
    total = np.float32(0.0)
    for value in values[:, 0]:
        total += value
    assert sum_in_order(values)[0] == sum_in_order(padded)[0] == total


def test_one_environment_is_watched_to_its_end():
    env = world("h1-stand", max_episode_steps=5)
    states = watch(env, scripted_policy("random", env), 20, seed=2)
    assert [int(state.steps) for state in states] == [0, 1, 2, 3, 4, 5]
    assert [bool(state.done) for state in states] == [False] * 5 + [True]
    assert len(watch(env, scripted_policy("random", env), 3, seed=2)) == 4
