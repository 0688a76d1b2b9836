"""The router: Eq. 9 to 13 by hand, what distillation ends in, and weights that don't flip."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.optimize import minimize

from metaworldx.composition.guidance_arrays import encode_guidance, guidance_features
from metaworldx.composition.q_fusion import fuse_weights, mix_actions, q_selection
from metaworldx.composition.weight_smoothing import (
    SmoothingConfig,
    init_smoothing,
    smooth_weights,
    with_stabilizer,
)
from metaworldx.core.errors import UserError
from metaworldx.router.distill import DistillConfig, RouterDataset, distill
from metaworldx.router.losses import (
    demo_loss,
    divergence,
    guidance_weight,
    irm_loss,
    task_losses,
)
from metaworldx.router.network import init_router, log_weights
from metaworldx.vlm.schema import MAX_STAGES, MIN_WEIGHT, Guidance, Stage

W = np.array([0.5, 0.3, 0.2])
PRIOR = np.array([0.6, 0.3, 0.1])
DEMO = np.array([0.1, 0.2, 0.7])
KL_PRIOR = 0.5 * np.log(0.5 / 0.6) + 0.2 * np.log(0.2 / 0.1)
KL_DEMO = 0.5 * np.log(0.5 / 0.1) + 0.3 * np.log(0.3 / 0.2) + 0.2 * np.log(0.2 / 0.7)
ENTROPY = -(0.5 * np.log(0.5) + 0.3 * np.log(0.3) + 0.2 * np.log(0.2))


# ---- Eq. 9 to 13


def _least_task(prior, beta):
    """Weights where Eq. 10 is least: w ~ w_v^(1/(1+beta))."""
    raised = np.asarray(prior, float) ** (1.0 / (1.0 + beta))
    return raised / raised.sum(axis=-1, keepdims=True)


def _least_irm(prior, demo, rate, beta):
    """Weights where Eq. 12 is least at a fixed rate: w ~ w_v^(rate/c) P^(1/c)."""
    c = 1.0 + rate * (1.0 + beta)
    raised = np.asarray(prior, float) ** (rate / c) * np.asarray(demo, float) ** (1.0 / c)
    return raised / raised.sum(axis=-1, keepdims=True)


def test_losses_are_eq_10_to_12():
    log_w = jnp.log(jnp.array([W, W]))
    task, demo = task_losses(log_w, jnp.array(PRIOR), 0.3), demo_loss(log_w, jnp.array(DEMO))
    np.testing.assert_allclose(task, [KL_PRIOR - 0.3 * ENTROPY] * 2, atol=1e-6)
    assert float(demo) == pytest.approx(KL_DEMO, abs=1e-6)
    whole = irm_loss(task, demo, 0.7)
    assert float(whole) == pytest.approx(0.7 * (KL_PRIOR - 0.3 * ENTROPY) + KL_DEMO, abs=1e-6)
    # By the lambda(t) of each state.
    whole = irm_loss(jnp.array([1.0, 3.0]), demo, jnp.array([0.5, 0.1]))
    assert float(whole) == pytest.approx(0.4 + KL_DEMO, abs=1e-6)


def test_the_guidance_s_weight_decays_as_in_eq_12():
    found = guidance_weight(2.0, 0.9, jnp.arange(4))
    np.testing.assert_allclose(found, [2.0, 1.8, 1.62, 1.458], rtol=1e-6)


@pytest.mark.parametrize("rate", [0.0, 0.4, 3.0])
def test_the_losses_are_least_at_their_closed_forms(rate):
    beta = 0.25

    @jax.jit
    def loss(x):
        log_w = jax.nn.log_softmax(x)[None]
        task = task_losses(log_w, jnp.array(PRIOR), beta)
        return irm_loss(task, demo_loss(log_w, jnp.array(DEMO)), rate)

    slope = jax.jit(jax.grad(loss))
    best = minimize(
        lambda x: float(loss(x)), np.zeros(3), jac=lambda x: np.asarray(slope(x), float)
    )
    least = np.exp(best.x) / np.exp(best.x).sum()
    np.testing.assert_allclose(least, _least_irm(PRIOR, DEMO, rate, beta), atol=1e-3)


def test_actions_are_summed_by_weight():
    actions = np.array([[1.0, 0.0], [0.0, 1.0], [-1.0, -1.0]])
    np.testing.assert_allclose(mix_actions(jnp.array(W), jnp.array(actions)), [0.3, 0.1], atol=1e-6)
    batch = mix_actions(jnp.array([W, W[::-1]]), jnp.array([actions, actions]))
    np.testing.assert_allclose(batch, [[0.3, 0.1], [-0.3, -0.2]], atol=1e-6)


def test_fusion_is_metaworld_s():
    selected = q_selection(jnp.array([1.0, 2.0, 0.0]), 0.5)
    raised = np.exp([2.0, 4.0, 0.0])
    np.testing.assert_allclose(selected, raised / raised.sum(), rtol=1e-5)
    whole = fuse_weights(jnp.array(W), selected, 0.7)
    np.testing.assert_allclose(whole, 0.7 * W + 0.3 * raised / raised.sum(), rtol=1e-5)


# ---- guidance as numbers

GUIDANCE = Guidance(
    relevance={"walk": 6.0, "reach": 3.0, "sit": 0.0},
    stages=(Stage("go", {"walk": 1.0}), Stage("open", {"reach": 0.75, "walk": 0.25})),
    confidence=0.8,
    teacher="somebody",
)
NAMES = ("walk", "reach", "sit")


def test_guidance_becomes_weights_in_the_pool_s_order():
    found = encode_guidance(GUIDANCE, ("sit", "walk", "reach"), temperature=3.0)
    share = np.exp([0.0, 2.0, 1.0]) / np.exp([0.0, 2.0, 1.0]).sum()
    np.testing.assert_allclose(found.prior, MIN_WEIGHT + (1 - 3 * MIN_WEIGHT) * share, rtol=1e-5)
    assert found.stages.shape == (MAX_STAGES, 3) and int(found.count) == 2
    np.testing.assert_allclose(found.stages[1:], found.stages[1][None].repeat(11, 0))
    np.testing.assert_allclose(found.stages[1], [0.001, 0.25025, 0.74875], atol=1e-5)
    assert float(jnp.min(found.stages)) >= MIN_WEIGHT - 1e-7


def test_guidance_without_stages_has_one():
    found = encode_guidance(Guidance(GUIDANCE.relevance, (), 1.0, "x"), NAMES)
    assert int(found.count) == 1
    np.testing.assert_allclose(found.stages[0], found.prior)


def test_what_the_router_sees_of_guidance_has_one_size():
    found = encode_guidance(GUIDANCE, NAMES)
    seen = jax.vmap(guidance_features, in_axes=(None, 0))(found, jnp.array([-1, 0, 1, 7]))
    assert seen.shape == (4, 8)
    np.testing.assert_allclose(seen[0], seen[1])
    np.testing.assert_allclose(seen[2], seen[3])
    np.testing.assert_allclose(seen[1:3, -2:], [[0.0, 0.8], [1.0, 0.8]], atol=1e-6)


# ---- distillation

TASKS, COUNT = 6, 5


def _lessons(states: int, key: int) -> RouterDataset:
    """Tasks with priors of their own; demonstrations change experts where a state's sign does."""
    rng = np.random.default_rng(0)
    priors = rng.dirichlet(np.ones(COUNT), TASKS) * (1 - COUNT * 1e-3) + 1e-3
    draw = np.random.default_rng(key)
    task = draw.integers(0, TASKS, states)
    obs = draw.normal(size=(states, 3))
    late = obs[:, 0] > 0.0
    demo = np.full((states, COUNT), 0.05)
    demo[np.arange(states), np.where(late, 4, 0)] = 0.8
    logs = np.log(priors)[task] / 3.5 + 1.0
    numbers = (obs, logs, priors[task], demo, np.ones(states))
    return RouterDataset(*(jnp.asarray(x, jnp.float32) for x in numbers))


def _mean_kl(sizes, params, held: RouterDataset, target) -> float:
    log_w = log_weights(sizes, params, held.obs, held.guidance)
    return float(jnp.mean(divergence(log_w, target)))


def test_task_loss_alone_ends_in_its_closed_form():
    config = DistillConfig(steps=1500, beta=0.3, eta=1.0, demo_weight=0.0)
    sizes, params, _ = distill(config, _lessons(4000, 1), jax.random.key(0))
    held = _lessons(1000, 2)
    assert _mean_kl(sizes, params, held, _least_task(held.prior, 0.3)) < 0.02
    assert _mean_kl(sizes, params, held, held.demo) > 0.2


def test_both_losses_at_a_fixed_rate_end_in_their_closed_form():
    config = DistillConfig(steps=2500, beta=0.1, lambda_0=0.5, eta=1.0)
    sizes, params, curve = distill(config, _lessons(8000, 1), jax.random.key(0))
    held = _lessons(1000, 2)
    wanted = _least_irm(held.prior, held.demo, 0.5, 0.1)
    assert _mean_kl(sizes, params, held, wanted) < 0.02
    np.testing.assert_allclose(curve.rate, 0.5)


def test_demonstrations_take_over_and_change_the_top_expert_at_their_boundaries():
    config = DistillConfig(steps=2000, eta=0.99)
    sizes, params, curve = distill(config, _lessons(4000, 1), jax.random.key(0))
    np.testing.assert_allclose(curve.rate, 0.99 ** np.arange(2000), rtol=1e-3)
    held = _lessons(1000, 2)
    top = np.argmax(log_weights(sizes, params, held.obs, held.guidance), axis=-1)
    late = np.asarray(held.obs[:, 0] > 0.0)
    clear = np.abs(np.asarray(held.obs[:, 0])) > 0.1
    assert np.mean(top[late & clear] == 4) > 0.97
    assert np.mean(top[~late & clear] == 0) > 0.97


def test_only_demonstrated_states_count_for_eq_11():
    dataset = _lessons(2000, 1)
    marked = (dataset.obs[:, 1] > 0.0).astype(jnp.float32)
    wrong = jnp.where(marked[:, None] > 0.0, dataset.demo, jnp.roll(dataset.demo, 2, axis=1))
    config = DistillConfig(steps=300)
    one, other = (
        distill(config, dataset.replace(demo=demo, demonstrated=marked), jax.random.key(0))[1]
        for demo in (dataset.demo, wrong)
    )
    jax.tree.map(np.testing.assert_array_equal, one, other)


def test_where_nothing_is_demonstrated_guidance_does_not_fade():
    dataset = _lessons(4000, 1)
    marked = (dataset.obs[:, 1] > 0.0).astype(jnp.float32)
    config = DistillConfig(steps=800, beta=0.1, eta=0.9)
    sizes, params, _ = distill(config, dataset.replace(demonstrated=marked), jax.random.key(0))
    held = _lessons(3000, 2)
    free, shown = (
        jax.tree.map(lambda x, at=at: x[at], held)
        for at in (held.obs[:, 1] < -0.5, held.obs[:, 1] > 0.5)
    )
    # There Eq. 10 is all that counts, and where something is shown Eq. 11, at the end.
    assert _mean_kl(sizes, params, free, _least_task(free.prior, 0.1)) < 0.06
    assert _mean_kl(sizes, params, shown, shown.demo) < 0.06
    assert _mean_kl(sizes, params, free, free.demo) > 0.3


def test_a_fresh_router_weighs_all_alike():
    from metaworldx.router.network import RouterSizes

    sizes = RouterSizes(3, 4, 5)
    params = init_router(sizes, jax.random.key(0))
    found = log_weights(sizes, params, jnp.ones((2, 3)), jnp.ones((2, 4)))
    np.testing.assert_allclose(jnp.exp(found), 0.2, rtol=1e-6)


@pytest.mark.parametrize(
    "wrong", [{"steps": 0}, {"eta": 0.0}, {"eta": 1.1}, {"beta": -1.0}, {"lambda_0": float("nan")}]
)
def test_settings_that_make_no_sense_are_told(wrong):
    with pytest.raises(UserError, match=next(iter(wrong))):
        DistillConfig(**wrong)


# ---- steady weights


def _run(config, wanted, steps, first=(0.6, 0.4, 0.0)):
    state = init_smoothing(jnp.array(first))
    states = []
    for t in range(steps):
        state = smooth_weights(config, state, jnp.array(wanted(t)), 0.02)
        states.append(state)
    return states


def test_weights_move_with_their_time_constant():
    config = SmoothingConfig(seconds=0.2, margin=0.0)
    states = _run(config, lambda t: (0.0, 1.0, 0.0), 10, first=(1.0, 0.0, 0.0))
    assert float(states[-1].weights[0]) == pytest.approx(np.exp(-1.0), abs=1e-4)
    at_once = _run(SmoothingConfig(seconds=0.0), lambda t: (0.1, 0.9, 0.0), 1)
    np.testing.assert_allclose(at_once[0].weights, [0.1, 0.9, 0.0], atol=1e-6)


def test_leaders_do_not_flip_within_the_margin():
    def wanted(t):
        return (0.52, 0.48, 0.0) if t % 2 else (0.48, 0.52, 0.0)

    states = _run(SmoothingConfig(margin=0.1), wanted, 200)
    assert {int(state.leader) for state in states} == {0}
    assert all(float(state.weights[0]) > float(state.weights[1]) for state in states)
    clear = _run(SmoothingConfig(margin=0.1), lambda t: (0.3, 0.7, 0.0), 100)
    assert int(clear[0].leader) == 1
    np.testing.assert_allclose(clear[-1].weights, [0.3, 0.7, 0.0], atol=1e-3)
    assert all(float(s.weights.sum()) == pytest.approx(1.0, abs=1e-5) for s in states + clear)


def test_the_stabiliser_takes_over_in_falls_and_doubt():
    config = SmoothingConfig(unsure=0.2, max_tilt=0.5, min_height=0.6, take_over=0.8)
    weights = jnp.tile(jnp.array([0.0, 0.9, 0.1]), (5, 1))
    tilt = jnp.array([0.0, 0.7, 0.0, 0.0, 0.0])
    height = jnp.array([0.9, 0.9, 0.5, 0.9, 0.9])
    confidence = jnp.array([1.0, 1.0, 1.0, 0.1, 0.0])
    found = with_stabilizer(config, weights, 0, confidence, tilt, height)
    np.testing.assert_allclose(found[:, 0], [0.0, 0.8, 0.8, 0.5, 1.0], atol=1e-6)
    np.testing.assert_allclose(found.sum(axis=-1), 1.0, atol=1e-6)
