"""The environment's own promises, on native MuJoCo (the same code runs on every backend)."""

from __future__ import annotations

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from helpers.rollouts import run_at_random
from helpers.worlds import jitted, keys, world
from metaworldx.core.errors import UserError
from metaworldx.envs import DomainRandomization, Env, EnvConfig, make
from metaworldx.sim.physics import SUBSTEPS

WALK = "h1-walk-v0"


def actions(env: Env, batch: int, seed: int = 0) -> jax.Array:
    return jax.random.uniform(jax.random.key(seed), (batch, env.action_size), minval=-1.0)


def test_one_and_many_environments_are_the_same_function():
    env = world(WALK)
    reset, step = jitted(env)
    many = step(reset(keys(3)), actions(env, 3))
    for i in range(3):
        one = step(reset(keys(3)[i]), actions(env, 3)[i])
        np.testing.assert_allclose(one.obs, many.obs[i], atol=1e-5)
        np.testing.assert_allclose(one.reward, many.reward[i], atol=1e-6)


def test_same_key_same_episode_other_key_other_episode():
    env = world(WALK)
    reset, step = jitted(env)
    a, b = (step(reset(keys(3)), actions(env, 3)) for _ in range(2))
    np.testing.assert_array_equal(a.obs, b.obs)
    assert not np.allclose(reset(keys(3, seed=1)).obs, reset(keys(3)).obs)


def test_raw_keys_are_taken_too():
    env = world(WALK)
    raw = jax.random.split(jax.random.PRNGKey(0), 3)
    np.testing.assert_array_equal(env.reset(raw).obs, env.reset(jax.random.wrap_key_data(raw)).obs)


def test_action_maps_linearly_onto_the_actuators_ranges():
    env = world(WALK)
    low, high = env.physics.model.actuator_ctrlrange.T
    np.testing.assert_allclose(env.ctrl(-jnp.ones(19)), low, rtol=1e-6)
    np.testing.assert_allclose(env.ctrl(jnp.ones(19)), high, rtol=1e-6)
    np.testing.assert_allclose(env.ctrl(jnp.zeros(19)), (low + high) / 2, atol=1e-6)
    np.testing.assert_allclose(env.ctrl(3 * jnp.ones(19)), high, rtol=1e-6)
    ctrl = jnp.asarray(low + 0.3 * (high - low))
    np.testing.assert_allclose(env.ctrl(env.normalize_action(ctrl)), ctrl, atol=1e-6)


def test_time_limit_truncates_and_restarts_in_the_same_step():
    env = make(WALK, "native", config=EnvConfig(max_episode_steps=3))
    reset, step = jitted(env)
    state, total = reset(keys(2)), np.zeros(2)
    for n in (1, 2, 3):
        state = step(state, jnp.zeros((2, 19)))
        total += np.asarray(state.reward)
        assert not state.terminated.any()
        assert state.truncated.all() == (n == 3)
    np.testing.assert_array_equal(state.finished_length, 3)
    np.testing.assert_allclose(state.finished_return, total, rtol=1e-6)
    np.testing.assert_array_equal(state.steps, 0)
    np.testing.assert_array_equal(state.episode_return, 0.0)
    # The observation to act on is a start again; where the episode ended is kept beside it.
    assert np.all(np.abs(state.obs[:, 26:]) < 1e-6)
    assert np.all(np.abs(state.last_obs[:, 26:]).max(1) > 1e-3)
    np.testing.assert_array_equal(state.obs[:, :26], state.physics.qpos)


def test_a_fall_terminates_and_does_not_truncate():
    env = world(WALK)
    reset, step = jitted(env)
    state = reset(keys(2))
    lying = jnp.array([0.0, 0.0, 0.15, 0.7071, 0.0, -0.7071, 0.0])
    low = state.physics.qpos.at[0, :7].set(lying)
    state = step(state.replace(physics=state.physics.replace(qpos=low)), jnp.zeros((2, 19)))
    np.testing.assert_array_equal(state.terminated, [True, False])
    assert not state.truncated.any()
    np.testing.assert_array_equal(state.fallen, [True, False])
    np.testing.assert_array_equal(state.finished_length, [1, 0])


def test_without_auto_reset_the_end_stays():
    env = make(WALK, "native", config=EnvConfig(max_episode_steps=1, auto_reset=False))
    state = env.step(env.reset(jax.random.key(0)), jnp.zeros(19))
    assert bool(state.truncated) and int(state.steps) == 1
    np.testing.assert_array_equal(state.obs, state.last_obs)


@pytest.mark.parametrize(
    ("env_id", "steps"),
    [("h1-push", 500), ("h1-basketball", 500), ("h1-door", 1000), ("h1hand-truck", 1000)],
)
def test_episode_lengths_are_humanoidbenchs(env_id, steps):
    assert world(env_id).max_episode_steps == steps


def test_a_diverged_simulation_ends_is_counted_and_leaves_no_nan():
    env = make(WALK, "native", config=EnvConfig(keep_divergence=True))
    reset, step = jitted(env)
    state = reset(keys(2))
    broken = state.physics.qvel.at[0, 10].set(jnp.nan)
    state = state.replace(physics=state.physics.replace(qvel=broken))
    action = actions(env, 2)
    state = step(state, action)
    np.testing.assert_array_equal(state.diverged, [True, False])
    np.testing.assert_array_equal(state.terminated, [True, False])
    np.testing.assert_array_equal(state.divergences, [1, 0])
    assert float(state.reward[0]) == 0.0
    for leaf in (state.obs, state.physics.qpos, state.physics.warmstart, state.reward):
        assert np.all(np.isfinite(leaf))
    np.testing.assert_array_equal(state.divergence.action[0], action[0])
    assert np.isnan(state.divergence.physics.qvel[0, 10])
    state = step(state, action)
    assert not state.diverged.any() and np.all(np.isfinite(state.obs))


@pytest.mark.parametrize(("dtype", "bad"), [("float32", np.nan), ("bfloat16", -np.inf)])
def test_an_action_that_is_no_number_counts_as_diverged_inside_of_jit(dtype, bad):
    env = world("h1-stand")

    @jax.jit
    def run(state, actions):
        def one(state, action):
            state = env.step(state, action)
            return state, (state.reward, state.diverged, state.terminated, state.last_obs)

        return jax.lax.scan(one, state, actions)

    start = jitted(env)[0](keys(2))
    hold = jnp.zeros((3, 2, 19), dtype)
    state, (reward, diverged, terminated, obs) = run(start, hold.at[1, 0, 4].set(bad))
    np.testing.assert_array_equal(diverged, [[False, False], [True, False], [False, False]])
    np.testing.assert_array_equal(terminated, diverged)
    np.testing.assert_array_equal(state.divergences, [1, 0])
    np.testing.assert_array_equal(state.steps, [1, 3])
    assert reward[1, 0] == 0.0 and np.isfinite(reward).all() and np.isfinite(obs).all()
    # The other robot is none the wiser.
    np.testing.assert_array_equal(obs[:, 1], run(start, hold)[1][3][:, 1])


def test_any_finite_action_is_clipped():
    env = world("h1-stand")
    reset, step = jitted(env)
    state = reset(keys(1))
    most = jax.jit(lambda state: env.step(state, np.full((1, 19), 1e300)))(state)
    assert not most.diverged[0]
    np.testing.assert_allclose(most.obs, step(state, jnp.ones((1, 19))).obs, atol=1e-6)


def test_a_joint_that_spins_too_fast_counts_as_diverged():
    env = world(WALK)
    _, step = jitted(env)
    state = jitted(env)[0](keys(1))
    fast = state.physics.qvel.at[0, 4].set(1e7)
    state = step(state.replace(physics=state.physics.replace(qvel=fast)), jnp.zeros((1, 19)))
    assert bool(state.diverged[0])


def test_robot_observation_is_the_robots_own_whatever_the_task_shows():
    env = world("h1-truck")
    state = jitted(env)[0](keys(2))
    own = env.robot_observation(state)
    assert own.shape == (2, 51)
    np.testing.assert_array_equal(own[:, :26], state.physics.qpos[:, :26])
    np.testing.assert_array_equal(own[:, 26:], state.physics.qvel[:, :25])
    assert not np.allclose(own, state.obs[:, :51])


def test_reset_noise_stays_within_a_hundredth():
    env = world("h1-stand")
    state = jax.jit(env.reset)(keys(500))
    off = np.asarray(state.physics.qpos) - env.task.keyframe()
    joints = np.r_[0:3, 7:26]
    assert np.abs(off[:, joints]).max() <= 0.01 + 1e-6
    assert np.all(np.abs(off[:, joints]).max(0) > 0.009)
    np.testing.assert_allclose(np.linalg.norm(state.physics.qpos[:, 3:7], axis=1), 1, atol=1e-6)


@pytest.mark.parametrize("shape", [(2, 18), (19,), (3, 19), ()])
def test_an_action_of_the_wrong_shape_is_told(shape):
    env = world(WALK)
    with pytest.raises(UserError, match=r"action of shape .* takes \(2, 19\)"):
        env.step(jitted(env)[0](keys(2)), jnp.zeros(shape))


def test_no_environments_are_told():
    with pytest.raises(UserError, match="0 environments"):
        world(WALK).reset(keys(0))


def test_an_action_with_nan_is_told():
    env = world(WALK)
    with pytest.raises(UserError, match="NaN"):
        env.step(jitted(env)[0](keys(1)), jnp.full((1, 19), jnp.nan))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("h1-wlak",), "h1-walk-v0"),
        (("h1-walk", "mjz"), "mjx"),
        (("h1-walk", "native", "foot"), "feet"),
        (("h1-hurdle", "native", "feet"), "body"),
        (("h1-walk", "warp"), "NVIDIA"),
    ],
)
def test_bad_names_are_told_with_the_right_one(arguments, said):
    with pytest.raises(UserError, match=said):
        make(*arguments)


def test_pushes_and_observation_noise_change_what_they_should():
    still = world("h1-stand")
    state = jitted(still)[0](keys(4))
    rough = DomainRandomization(push_speed=1.0, push_probability=1.0, observation_noise=0.5)
    pushed = make("h1-stand", "native", config=EnvConfig(randomisation=rough))
    action = jnp.zeros((4, 19))
    a, b = jitted(still)[1](state, action), jax.jit(pushed.step)(state, action)
    assert np.abs(a.physics.qvel[:, :2] - b.physics.qvel[:, :2]).max() > 0.1
    noise = np.asarray(b.last_obs - np.concatenate([b.readings.qpos, b.readings.qvel], 1))
    assert 0.4 < np.abs(noise).max() <= 0.5


def test_friction_and_mass_vary_per_environment_and_change_the_motion():
    random = DomainRandomization(friction=(0.5, 1.5), mass=(0.8, 1.2))
    env = make("h1-stand", "native", config=EnvConfig(randomisation=random))
    state = jax.jit(env.reset)(keys(4))
    friction, mass = state.physics.variation.friction, state.physics.variation.mass
    assert np.all((friction >= 0.5) & (friction <= 1.5)) and len(np.unique(friction)) == 4
    assert np.all((mass >= 0.8) & (mass <= 1.2))
    nominal = dataclasses.replace(state.physics, variation=None)
    action = jnp.zeros((4, 19))
    a = jax.jit(env.step)(state, action)
    b = jitted(world("h1-stand"))[1](
        jitted(world("h1-stand"))[0](keys(4)).replace(physics=nominal), action
    )
    assert np.abs(a.physics.qpos - b.physics.qpos).max(1).min() > 1e-5


@pytest.mark.parametrize(
    "bad", [{"friction": (0.0, 1.0)}, {"mass": (2.0, 1.0)}, {"push_speed": -1}]
)
def test_impossible_randomisation_is_told(bad):
    with pytest.raises(UserError):
        DomainRandomization(**bad)


def test_native_steps_inside_jit_and_scan_as_outside():
    env = world(WALK)
    start = jitted(env)[0](keys(4)).physics
    ctrl = jax.random.uniform(jax.random.key(5), (6, 4, 19), minval=-0.4, maxval=0.4)

    @jax.jit
    def scanned(state, ctrl):
        step = jax.vmap(env.physics.step)
        return jax.lax.scan(lambda s, c: (step(s, c)[0], None), state, ctrl)[0]

    inside = scanned(start, ctrl)
    outside = jax.tree.map(np.asarray, start)
    for now in np.asarray(ctrl):
        outside, _ = env.physics.step_numpy(outside, now, SUBSTEPS)
        outside = jax.tree.map(lambda x: np.asarray(x, np.float32), outside)
    np.testing.assert_array_equal(inside.qpos, outside.qpos)
    np.testing.assert_array_equal(inside.warmstart, outside.warmstart)


PAPER_TASKS = (
    *("stand", "walk", "run", "sit_simple", "sit_hard", "crawl", "reach"),
    *("door", "basketball", "push", "truck", "package", "carry"),
)


@pytest.mark.parametrize("task", PAPER_TASKS)
def test_paper_tasks_run_200_random_steps_on_native(task):
    run_at_random(world(f"h1-{task}"), 200)
