"""The agent reproduces figures recorded from the reference TD-MPC2 (PyTorch, episodic)."""

from __future__ import annotations

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from helpers import agent_reference
from metaworldx.agents.tdmpc2 import AgentConfig, Batch, PlanState, init, update
from metaworldx.agents.tdmpc2 import distributions as dist
from metaworldx.agents.tdmpc2 import world_model as wm
from metaworldx.agents.tdmpc2.learner import update_with
from metaworldx.agents.tdmpc2.losses import Noise, batch_first, td_targets
from metaworldx.agents.tdmpc2.planner import PlanNoise, optimise


@pytest.fixture(scope="module")
def figures():
    with jax.default_matmul_precision("highest"):
        yield agent_reference.load()


@pytest.fixture(scope="module")
def config(figures):
    return agent_reference.config_of(figures)


@pytest.fixture(scope="module")
def state(figures):
    return agent_reference.state_of(figures)


@pytest.fixture(scope="module")
def batch(figures):
    numbers = {name: figures[f"batch/{name}"] for name in ("reward", "terminated")}
    return Batch(
        obs=jnp.array(figures["batch/obs"]),
        action=jnp.array(figures["batch/action"]),
        **{name: jnp.array(value[..., 0]) for name, value in numbers.items()},
    )


@pytest.fixture(scope="module")
def noise(config, batch):
    """The reference's: no noise, the first two Q-functions, no dropout."""
    batch_size, size = batch.obs.shape[1], config.action_size
    return Noise(
        target_action=jnp.zeros((batch_size, config.horizon, size)),
        policy_action=jnp.zeros((batch_size, config.horizon + 1, size)),
        target_pair=jnp.arange(2),
        policy_pair=jnp.arange(2),
    )


@pytest.fixture(scope="module")
def updated(config, state, batch, noise):
    return jax.jit(update_with, static_argnums=0)(config, state, batch, noise)


def assert_close(ours, theirs, tolerance, name=""):
    """Largest difference against the largest figure of the array."""
    theirs = np.asarray(theirs, np.float64)
    ours = np.asarray(ours, np.float64).reshape(theirs.shape)
    error = np.abs(ours - theirs).max() / np.abs(theirs).max()
    assert error <= tolerance, f"{name}: {error:.2e}"


@functools.partial(jax.jit, static_argnums=0)
def forward(config, state, obs, action):
    """Every network's output at one batch."""
    params, model = state.params, state.params.model
    z = wm.encode(config, model, obs)
    policy = wm.policy(config, params.policy, z, 0.0)
    return {
        "z": z,
        "next_z": wm.next_latent(config, model, z, action),
        "reward_logits": wm.reward_logits(config, model, z, action),
        "reward": wm.reward(config, model, z, action),
        "q_logits": wm.q_logits(config, model.qs, z, action),
        "target_q_logits": wm.q_logits(config, state.target_q, z, action),
        "q_avg_first_two": wm.q_value(config, model.qs, z, action, jnp.arange(2), "mean"),
        "termination_prob": jax.nn.sigmoid(wm.termination_logits(config, model, z)),
        "pi_mean": policy.mean,
        "pi_log_std": policy.log_std,
        "pi_entropy_noise0": policy.entropy,
        "pi_scaled_entropy_noise0": policy.scaled_entropy,
    }


def test_forward_outputs(figures, config, state, batch):
    ours = forward(config, state, batch.obs[0], batch.action[0])
    theirs = {k.removeprefix("forward/") for k in figures if k.startswith("forward/")}
    assert theirs == {*ours, "td_targets_noise0_q01"}
    for name, value in ours.items():
        assert_close(value, figures[f"forward/{name}"], 1e-4, name)


def test_td_targets(figures, config, state, batch, noise):
    batch = batch_first(batch)

    @jax.jit
    def targets(state, batch):
        next_z = wm.encode(config, state.params.model, batch.obs[:, 1:])
        return td_targets(config, state.params, state.target_q, batch, next_z, noise)

    ours = targets(state, batch)
    np.testing.assert_allclose(
        ours.T, figures["forward/td_targets_noise0_q01"][..., 0], rtol=1e-4, atol=1e-6
    )


def test_symlog_and_two_hot(figures, config):
    x = jnp.array(figures["math/x"][:, 0])
    np.testing.assert_allclose(dist.symlog(x), figures["math/symlog"][:, 0], rtol=1e-5, atol=1e-7)
    np.testing.assert_allclose(dist.symexp(dist.symlog(x)), x, rtol=1e-4, atol=1e-6)
    assert_close(dist.two_hot(config, x), figures["math/two_hot"], 1e-4)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("consistency_loss", "consistency_loss"),
        ("reward_loss", "reward_loss"),
        ("value_loss", "value_loss"),
        ("termination_loss", "termination_loss"),
        ("termination_rate", "termination_rate"),
        ("termination_f1", "termination_f1"),
        ("model_loss", "total_loss"),
        ("model_grad_norm", "grad_norm"),
        ("policy_loss", "pi_loss"),
        ("policy_grad_norm", "pi_grad_norm"),
        ("policy_entropy", "pi_entropy"),
        ("policy_scaled_entropy", "pi_scaled_entropy"),
        ("q_scale", "pi_scale"),
    ],
)
def test_losses_and_gradient_norms(figures, updated, ours, theirs):
    np.testing.assert_allclose(updated[1][ours], figures[f"update/{theirs}"], rtol=1e-3)


def test_change_of_every_parameter_in_one_update(figures, state, updated):
    """Also of the target Q-functions: `||d_ours - d_ref|| / ||d_ref||` per array."""
    after = updated[0]
    ours = jax.tree.map(
        lambda new, old: np.asarray(new, np.float64) - np.asarray(old, np.float64),
        (after.params, after.target_q),
        (state.params, state.target_q),
    )
    change = agent_reference.state_of(figures, "change")
    theirs = (change.params, change.target_q)
    checked = 0
    for (path, mine), reference in zip(
        jax.tree_util.tree_leaves_with_path(ours), jax.tree.leaves(theirs), strict=True
    ):
        error = np.linalg.norm(mine - reference) / np.linalg.norm(reference)
        assert error <= 1e-2, f"{jax.tree_util.keystr(path)}: {error:.2e}"
        checked += 1
    assert checked == sum(name.startswith("change/_") for name in figures)


def test_plan(figures, config, state):
    noise = figures["plan/noise"]
    iterations, _, _, actions = noise.shape
    planner = config.planner
    draws = PlanNoise(
        samples=jnp.array(noise)[:, None],
        last_action=jnp.zeros((iterations, 1, planner.samples, actions)),
        pair=jnp.tile(jnp.arange(2), (iterations, 1)),
    )
    found = jax.jit(functools.partial(optimise, config, noise_of=lambda draw: draw))(
        state.params,
        jnp.array(figures["plan/obs"]),
        PlanState(mean=jnp.array(figures["plan/prev_mean"])[None]),
        jnp.zeros((config.horizon, 1, planner.policy_trajectories, actions)),
        draws,
    )
    assert_close(found.values[0], figures["plan/last_iteration_values"], 1e-3)
    np.testing.assert_allclose(found.mean[0], figures["plan/final_mean"], rtol=1e-3, atol=1e-3)


def test_observations_scale_by_all_that_was_seen():
    """Batch after batch, against numpy's mean and variance of all rows together."""
    settings = AgentConfig(obs_size=3, action_size=2, latent_size=8, normalise_obs=True)
    params = init(settings, jax.random.key(0)).params
    rows = np.random.default_rng(0).normal([5.0, -100.0, 0.0], [2.0, 30.0, 0.0], (60, 3))
    for part in np.split(rows, [4, 5, 30]):
        params = params.replace(obs=wm.update_obs_stats(params.obs, jnp.asarray(part, jnp.float32)))
    assert params.obs.count == 60
    np.testing.assert_allclose(params.obs.mean, rows.mean(axis=0), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(params.obs.var, rows.var(axis=0), rtol=1e-4, atol=1e-6)
    scaled = np.asarray(wm.normalize_obs(params, jnp.asarray(rows, jnp.float32)))
    np.testing.assert_allclose(scaled.std(axis=0), [1.0, 1.0, 0.0], atol=1e-3)
    # A number that never varied is cut off, not blown up.
    assert wm.normalize_obs(params, jnp.array([5.0, -100.0, 3.0]))[2] == 10.0


def test_update_sees_observations_of_any_scale(figures):
    """With scaling on, another unit and origin of the observations changes nothing."""
    settings = AgentConfig(
        obs_size=4, action_size=2, latent_size=8, hidden_size=8, normalise_obs=True, dropout=0.0
    )
    rng = np.random.default_rng(1)
    obs = rng.normal(size=(4, 16, 4)).astype(np.float32)
    batch = Batch(
        obs=jnp.asarray(obs),
        action=jnp.asarray(rng.uniform(-1, 1, (3, 16, 2)).astype(np.float32)),
        reward=jnp.asarray(rng.uniform(size=(3, 16)).astype(np.float32)),
        terminated=jnp.zeros((3, 16), bool),
    )
    moved = batch.replace(obs=200.0 * batch.obs + 50.0)
    step = jax.jit(functools.partial(update, settings))
    state = init(settings, jax.random.key(0))
    one, two = (step(state, b, jax.random.key(1))[1] for b in (batch, moved))
    np.testing.assert_allclose(one["model_loss"], two["model_loss"], rtol=1e-2)
    np.testing.assert_allclose(one["consistency_loss"], two["consistency_loss"], rtol=1e-2)
