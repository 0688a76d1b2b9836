"""Planning on a linear world whose values can be worked out by hand."""

from __future__ import annotations

import dataclasses
from types import SimpleNamespace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from metaworldx.agents import tdmpc2
from metaworldx.agents.tdmpc2 import planner as planning
from metaworldx.agents.tdmpc2 import world_model as wm
from metaworldx.agents.tdmpc2.planner import PlanNoise, candidate_values, optimise, refit

# z' = z + a, R = z + 2a, Q = 3z - a, pi = 0.2 z, on numbers.
GAMMA, MU = 0.5, 2.0


def config(method="cem", objective="eq7", **planner):
    settings = dict(samples=4, elites=2, policy_trajectories=0, iterations=1, mu=MU)
    return tdmpc2.AgentConfig(
        obs_size=1,
        action_size=1,
        latent_size=8,
        horizon=2,
        discount=GAMMA,
        planner=tdmpc2.PlannerConfig(method=method, objective=objective, **settings | planner),
    )


@pytest.fixture
def linear(monkeypatch):
    """The world model's functions replaced by the linear world's."""
    linear_world(monkeypatch, ends_above=np.inf)


def linear_world(monkeypatch, ends_above):
    def policy(config, weights, z, noise):
        del config, weights
        return SimpleNamespace(action=0.2 * z + 0.0 * noise)

    world = {
        "encode": lambda config, model, obs: obs,
        "next_latent": lambda config, model, z, a: z + a,
        "reward": lambda config, model, z, a: (z + 2.0 * a)[..., 0],
        "q_value": lambda config, qs, z, a, pair, reduce: (3.0 * z - a)[..., 0],
        "termination_logits": lambda config, model, z: z[..., 0] - ends_above,
        "policy": policy,
    }
    for name, function in world.items():
        monkeypatch.setattr(planning.wm, name, function)


def params():
    none = wm.ModelParams(encoder=None, dynamics=None, reward=None, qs=None)
    return wm.Params(model=none, policy=None)


def noise(samples, candidates=4):
    """Given normals `[B, H, S, 1]` for the candidates."""
    samples = jnp.asarray(samples, jnp.float32)
    last = jnp.zeros((len(samples), candidates, 1))
    return PlanNoise(samples=samples, last_action=last, pair=jnp.arange(2))


def values(settings, first, second, z=1.0):
    """Value of the plan (first, second) from `z`."""
    actions = jnp.array([first, second]).reshape(1, 2, 1, 1)
    draws = noise(np.zeros((1, 2, 1, 1)), candidates=1)
    return float(candidate_values(settings, params(), jnp.full((1, 1, 1), z), actions, draws)[0, 0])


def test_eq7_sums_reward_and_q_of_every_step(linear):
    # z0 = 1, a0 = 0.5: R = 2, Q = 2.5; z1 = 1.5, a1 = -1: R = -0.5, Q = 5.5.
    wanted = (2.0 + MU * 2.5) + GAMMA * (-0.5 + MU * 5.5)
    assert values(config(objective="eq7"), 0.5, -1.0) == pytest.approx(wanted)


def test_terminal_q_sums_rewards_and_one_q(linear):
    # As above, then z2 = 0.5 with pi(z2) = 0.1: Q = 1.4.
    wanted = 2.0 + GAMMA * -0.5 + GAMMA**2 * 1.4
    assert values(config(objective="terminal_q"), 0.5, -1.0) == pytest.approx(wanted)


@pytest.mark.parametrize(("objective", "wanted"), [("eq7", 2.0 + MU * 2.5), ("terminal_q", 2.0)])
def test_nothing_counts_after_termination(monkeypatch, objective, wanted):
    linear_world(monkeypatch, ends_above=1.4)
    assert values(config(objective=objective), 0.5, -1.0) == pytest.approx(wanted)


def test_cem_takes_the_plain_mean_of_its_elites():
    actions = jnp.array([[[0.1], [0.3], [-0.5], [0.9]], [[0.0], [0.4], [0.2], [1.0]]])[None]
    found = refit(config("cem"), actions, jnp.array([[3.0, 1.0, 2.0, -4.0]]))
    np.testing.assert_allclose(found.mean[0, :, 0], [-0.2, 0.1], atol=1e-6)
    np.testing.assert_allclose(found.std[0, :, 0], [0.3, 0.1], atol=1e-6)
    np.testing.assert_allclose(found.scores, [[0.5, 0.5]])


def test_mppi_weights_elites_by_their_values():
    actions = jnp.array([[[0.1], [0.3], [-0.5], [0.9]], [[0.0], [0.4], [0.2], [1.0]]])[None]
    found = refit(config("mppi", temperature=0.5), actions, jnp.array([[3.0, 1.0, 2.0, -4.0]]))
    share = 1.0 / (1.0 + np.exp(-0.5))
    np.testing.assert_allclose(found.scores, [[share, 1.0 - share]], rtol=1e-6)
    mean = share * np.array([0.1, 0.0]) + (1.0 - share) * np.array([-0.5, 0.2])
    np.testing.assert_allclose(found.mean[0, :, 0], mean, rtol=1e-5)


def test_widths_stay_within_their_bounds():
    actions = jnp.array([[[0.1], [0.1], [-1.0], [1.0]]] * 2)[None]
    narrow = refit(config(min_std=0.25), actions, jnp.array([[1.0, 1.0, 0.0, 0.0]]))
    wide = refit(config(max_std=0.5), actions, jnp.array([[0.0, 0.0, 1.0, 1.0]]))
    np.testing.assert_allclose(narrow.std, 0.25)
    np.testing.assert_allclose(wide.std, 0.5)


def test_two_iterations_of_cem(linear):
    """Worked out in float64 for the linear world, from the same draws."""
    settings = config("cem", "eq7", iterations=2, samples=5, elites=2, min_std=0.01, max_std=0.5)
    rng = np.random.default_rng(0)
    draws = rng.normal(size=(2, 1, 2, 5, 1))
    begun = np.array([[0.3], [-0.2]])
    # Warm start: a step on, with nothing known of the last.
    mean, std = np.array([-0.2, 0.0]), np.array([0.5, 0.5])
    for draw in draws[:, 0, :, :, 0]:
        plans = np.clip(mean[:, None] + std[:, None] * draw, -1.0, 1.0)
        z0, z1 = 1.0, 1.0 + plans[0]
        first = z0 + 2.0 * plans[0] + MU * (3.0 * z0 - plans[0])
        second = z1 + 2.0 * plans[1] + MU * (3.0 * z1 - plans[1])
        best = plans[:, np.argsort(-(first + GAMMA * second))[:2]]
        mean, std = best.mean(axis=1), np.clip(best.std(axis=1), 0.01, 0.5)
    found = optimise(
        settings,
        params(),
        jnp.ones((1, 1)),
        tdmpc2.PlanState(mean=jnp.asarray(begun, jnp.float32)[None]),
        jnp.zeros((2, 1, 0, 1)),
        jnp.asarray(draws, jnp.float32),
        lambda draw: noise(draw, candidates=5),
    )
    np.testing.assert_allclose(found.mean[0, :, 0], mean, rtol=1e-5)
    np.testing.assert_allclose(found.std[0, :, 0], std, rtol=1e-4)


def plan(settings, obs, state=None):
    state = tdmpc2.init_plan(settings, len(obs)) if state is None else state
    return tdmpc2.plan(settings, params(), obs, state, jax.random.key(0), deterministic=True)


def test_plans_climb_in_the_linear_world(linear):
    """More action is always better here, so that the plan ends at the range's end."""
    settings = config("mppi", samples=256, elites=16, policy_trajectories=8, iterations=6)
    action, after = plan(settings, jnp.ones((3, 1)))
    assert action.shape == (3, 1) and after.mean.shape == (3, 2, 1)
    np.testing.assert_allclose(action, 1.0, atol=0.05)


def test_planning_in_groups_plans_for_everyone(linear):
    settings = config("mppi", samples=256, elites=16, policy_trajectories=8, iterations=6)
    grouped = dataclasses.replace(settings, planner=dataclasses.replace(settings.planner, rows=512))
    together, _ = plan(settings, jnp.ones((5, 1)))
    apart, _ = plan(grouped, jnp.ones((5, 1)))
    np.testing.assert_allclose(apart, together, atol=0.05)


def test_cleared_plans_are_fresh_ones():
    settings = config()
    state = tdmpc2.PlanState(mean=jnp.ones((3, 2, 1)))
    cleared = tdmpc2.clear_plan(state, jnp.array([True, False, True]))
    np.testing.assert_array_equal(cleared.mean[1], state.mean[1])
    fresh = tdmpc2.init_plan(settings, 1).mean[0]
    np.testing.assert_array_equal(cleared.mean[0], fresh)
