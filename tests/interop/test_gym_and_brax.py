"""brax and gymnasium take the environments for their own."""

from __future__ import annotations

import subprocess
import sys
import warnings

import gymnasium
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env
from gymnasium.vector import AutoresetMode

import metaworldx  # noqa: F401  (registers the environments)
from metaworldx.core.errors import UserError
from metaworldx.envs import EnvConfig, make
from metaworldx.interop.brax import BraxEnv, wrap

WALK = "metaworldx/h1-walk-v0"


@pytest.fixture(scope="module")
def vector():
    env = gymnasium.make_vec(WALK, num_envs=3, backend="native", max_episode_steps=20)
    yield env
    env.close()


def test_importing_the_package_loads_neither_jax_nor_mujoco():
    code = "import sys, metaworldx; print('jax' in sys.modules, 'mujoco' in sys.modules)"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.split() == ["False", "False"]


def test_gymnasiums_checker_passes():
    env = gymnasium.make(WALK, backend="native", disable_env_checker=True).unwrapped
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        # Infinite observation bounds are HumanoidBench's own; the render modes need a display.
        warnings.filterwarnings("ignore", message=".*infinity.*")
        warnings.filterwarnings("ignore", message=".*normalized.*")
        check_env(env, skip_render_check=True)


class _OneOfMany(gymnasium.Env):
    """A vector environment of one, as gymnasium's checker for single ones wants it."""

    metadata = {"render_modes": []}  # noqa: RUF012

    def __init__(self):
        self._many = gymnasium.make_vec(WALK, num_envs=1, backend="native")
        self.observation_space = self._many.single_observation_space
        self.action_space = self._many.single_action_space
        self.render_mode = None

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        obs, info = self._many.reset(seed=seed, options=options)
        return obs[0], info

    def step(self, action):
        obs, reward, terminated, truncated, info = self._many.step(action[None])
        return obs[0], float(reward[0]), bool(terminated[0]), bool(truncated[0]), info


def test_gymnasiums_checker_passes_on_the_vector_environment():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.filterwarnings("ignore", message=".*infinity.*")
        check_env(_OneOfMany(), skip_render_check=True, skip_close_check=True)


def test_vector_environment_keeps_gymnasiums_contract(vector):
    assert vector.num_envs == 3
    assert vector.metadata["autoreset_mode"] == AutoresetMode.SAME_STEP
    obs, info = vector.reset(seed=7)
    assert vector.observation_space.contains(obs) and obs.dtype == np.float32
    assert info == {}
    again, _ = vector.reset(seed=7)
    np.testing.assert_array_equal(obs, again)
    other, _ = vector.reset()
    assert not np.allclose(obs, other)
    vector.action_space.seed(0)
    action = vector.action_space.sample()
    assert action.shape == (3, 19)
    obs, reward, terminated, truncated, info = vector.step(action)
    assert vector.observation_space.contains(obs)
    assert reward.shape == terminated.shape == truncated.shape == (3,)
    assert terminated.dtype == truncated.dtype == bool
    assert info["stand_reward"].shape == (3,)


def test_vector_environment_hands_out_the_last_observation(vector):
    vector.reset(seed=1)
    for _ in range(20):
        obs, _, terminated, truncated, info = vector.step(np.zeros((3, 19), np.float32))
    assert truncated.all() and not terminated.any()
    assert info["_final_obs"].all()
    last = np.stack(info["final_obs"])
    assert last.shape == (3, 51) and not np.allclose(last, obs)
    np.testing.assert_array_equal(info["final_info"]["episode"]["l"], 20)
    assert np.all(info["final_info"]["episode"]["r"] > 0)


def test_returned_arrays_are_the_callers_own(vector):
    obs, _ = vector.reset(seed=3)
    kept = obs.copy()
    vector.step(np.zeros((3, 19), np.float32))
    np.testing.assert_array_equal(obs, kept)
    obs += 1.0


def test_seeds_can_be_given_one_by_one(vector):
    a, _ = vector.reset(seed=[1, 2, 3])
    b, _ = vector.reset(seed=[1, 5, 3])
    np.testing.assert_array_equal(a[[0, 2]], b[[0, 2]])
    assert not np.allclose(a[1], b[1])


@pytest.mark.parametrize(
    "action",
    [np.zeros((3, 18)), np.zeros(19), np.full((3, 19), np.nan)],
    ids=["wide", "flat", "nan"],
)
def test_bad_actions_are_told(vector, action):
    vector.reset(seed=0)
    with pytest.raises(UserError, match="action"):
        vector.step(action)


def test_any_finite_action_is_clipped(vector):
    steps = []
    for size in (1.0, 1e300):
        vector.reset(seed=0)
        steps.append(vector.step(np.full((3, 19), size))[:2])
    for one, huge in zip(*steps, strict=True):
        np.testing.assert_array_equal(one, huge)


def test_no_environments_are_told():
    with pytest.raises(UserError, match="num_envs is 0"):
        gymnasium.make_vec(WALK, num_envs=0, backend="native")


@pytest.mark.parametrize("wrapper", [None, wrap], ids=["brax's", "ours"])
def test_brax_ppo_trains_two_iterations(wrapper):
    from brax.training.agents.ppo import train as ppo

    env = BraxEnv(make("h1-walk", "native"))
    seen = []
    ppo.train(
        environment=env,
        wrap_env_fn=wrapper,
        num_timesteps=2 * 8 * 5 * 4,
        episode_length=env.episode_length,
        num_envs=8,
        unroll_length=5,
        batch_size=8,
        num_minibatches=4,
        num_updates_per_batch=1,
        num_evals=3,
        num_eval_envs=4,
        normalize_observations=True,
        progress_fn=lambda step, metrics: seen.append((step, metrics)),
        run_evals=False,
    )
    trained = [metrics for _, metrics in seen if "training/total_loss" in metrics]
    assert len(trained) >= 2
    assert all(np.isfinite(m["training/total_loss"]) for m in trained)


def test_brax_wrapper_draws_a_new_start_for_every_episode():
    env = wrap(BraxEnv(make("h1-walk", "native", config=EnvConfig(max_episode_steps=2))), 2)
    state = jax.jit(env.reset)(jax.random.split(jax.random.PRNGKey(0), 2))
    step, starts = jax.jit(env.step), [state.obs]
    for _ in range(4):
        state = step(state, jnp.zeros((2, 19)))
        if state.info["steps"][0] == 2:
            starts.append(state.obs)
    assert len(starts) == 3
    assert not np.allclose(starts[1], starts[2])
    np.testing.assert_allclose(starts[1][:, 26:], 0.0, atol=1e-6)


def test_brax_wrapper_refuses_another_episode_length():
    with pytest.raises(UserError, match="episode_length 10"):
        wrap(BraxEnv(make("h1-walk", "native")), 10)
