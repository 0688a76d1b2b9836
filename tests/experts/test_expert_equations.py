"""What an expert's Q_A and policy learn (Eq. 5 and 6 of MetaWorld-X), worked out by hand."""

from __future__ import annotations

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from metaworldx.agents import tdmpc2
from metaworldx.agents.tdmpc2 import world_model as wm
from metaworldx.agents.tdmpc2.losses import Batch, Noise, policy_loss, td_targets
from metaworldx.experts.imitation_reward import ImitationRewardFn, JointErrors
from metaworldx.experts.skills import SKILLS
from metaworldx.training.replay_buffer import Sequences

CONFIG = tdmpc2.AgentConfig(
    obs_size=3,
    action_size=2,
    latent_size=8,
    encoder_size=8,
    hidden_size=8,
    horizon=1,
    num_q=3,
    num_bins=61,
    vmin=-1.0,
    vmax=5.0,
    dropout=0.0,
    discount=0.9,
    rho=0.5,
    entropy_coef=0.01,
    tau=0.25,
    log_std_min=-4.0,
    log_std_max=-1.0,
)
VALUES = (2.0, 30.0, 5.0)
"""What the three Q-functions say, everywhere."""
RAW_MEAN, RAW_LOG_STD = np.array([0.3, -0.4]), np.array([0.2, -0.1])
LATENTS = jnp.ones((4, 1, 8)) / 8.0


def _two_hot_logits(value: float) -> np.ndarray:
    """Logits whose expected value on symlog bins is `value`: two neighbouring bins share it."""
    bins = np.linspace(-1.0, 5.0, 61)
    place = np.log1p(value)
    low = int(np.searchsorted(bins, place, side="right")) - 1
    share = (place - bins[low]) / (bins[low + 1] - bins[low])
    logits = np.full(61, -60.0)
    logits[low], logits[low + 1] = np.log(1.0 - share + 1e-12), np.log(share + 1e-12)
    return logits


@pytest.fixture(scope="module")
def params() -> wm.Params:
    """Networks whose outputs are known: only the last layers' biases are not zero."""
    fresh = wm.init_params(CONFIG, jax.random.key(0))

    def constant(weights, bias):
        last = weights["linear_2"]
        return weights | {
            "linear_2": {"kernel": jnp.zeros_like(last["kernel"]), "bias": jnp.asarray(bias)}
        }

    qs = constant(fresh.model.qs, np.stack([_two_hot_logits(v) for v in VALUES]).astype("f"))
    policy = constant(fresh.policy, np.concatenate([RAW_MEAN, RAW_LOG_STD]).astype("f"))
    return dataclasses.replace(fresh, model=fresh.model.replace(qs=qs), policy=policy)


def _rewards(skill) -> tuple[jax.Array, np.ndarray]:
    """Rewards `[1, B]` of four replayed steps, and by hand."""
    squared = np.array([[0.0, 0.0], [0.2, 0.1], [0.0, 0.4], [1.0, 0.3]])
    speeds = np.array([[0.0, 0.0], [4.0, 1.0], [0.0, 9.0], [2.0, 2.0]])
    root, root_speed = np.array([0.0, 0.1, 0.05, 0.0]), np.array([0.0, 3.0, 0.0, 1.0])
    task = np.array([0.0, 0.4, 1.0, 0.2])
    terms = {
        "joint_error": squared[None],
        "joint_speed_error": speeds[None],
        "root_error": root[None],
        "root_speed_error": root_speed[None],
        "task": task[None],
    }
    terms = {name: jnp.asarray(x, jnp.float32) for name, x in terms.items()}
    none = jnp.zeros((1, 4))
    drawn = Sequences(jnp.zeros((2, 4, 3)), jnp.zeros((1, 4, 2)), none, none, terms)
    # Mean squared errors of 0.09 and 0.01: (9 / 5)^0.5 and (1 / 5)^0.5, then of mean one.
    raw = np.array([np.sqrt(1.8), np.sqrt(0.2)])
    weights = raw / raw.mean()
    near = np.exp(-1.5 * (squared @ weights + root))
    smooth = np.exp(-0.03 * (speeds @ weights + root_speed))
    aligned = (near + 0.25 * smooth) / 1.25
    reward = ImitationRewardFn(skill, 2).reward(JointErrors(jnp.array([0.09, 0.01])), drawn)
    return reward, skill.w_track * aligned + skill.w_task * task


def _noise(target_pair: tuple[int, int], policy_pair: tuple[int, int], horizon: int = 1) -> Noise:
    draws = np.random.default_rng(1).normal(size=(2, 4, horizon + 1, 2)).astype("f")
    return Noise(
        target_action=jnp.asarray(draws[0, :, :horizon]),
        policy_action=jnp.asarray(draws[1]),
        target_pair=jnp.array(target_pair),
        policy_pair=jnp.array(policy_pair),
    )


@pytest.mark.parametrize("w_track", [1.0, 0.65])
@pytest.mark.parametrize(("pair", "least"), [((0, 1), 2.0), ((1, 2), 5.0)])
def test_targets_of_q_a_are_eq_5(params, w_track, pair, least):
    skill = dataclasses.replace(SKILLS["walk"], w_track=w_track, w_task=1.0 - w_track)
    reward, by_hand = _rewards(skill)
    ended = jnp.array([0.0, 0.0, 1.0, 0.0])
    batch = Batch(
        obs=jnp.zeros((4, 2, 3)),
        action=jnp.zeros((4, 1, 2)),
        reward=reward[0][:, None],
        terminated=ended[:, None],
    )
    found = td_targets(CONFIG, params, params.model.qs, batch, LATENTS, _noise(pair, (0, 1)))
    wanted = by_hand + 0.9 * (1.0 - np.asarray(ended)) * least
    np.testing.assert_allclose(np.asarray(found)[:, 0], wanted, rtol=2e-4)


def test_the_policys_loss_is_eq_6(params):
    """`-(Q_A / S + tau H)`: both enter with plus into what is maximised."""
    zs = jnp.broadcast_to(LATENTS, (4, 2, 8))
    noise = _noise((0, 1), (0, 2))
    scale = jnp.asarray(4.0)
    loss, (new_scale, _) = policy_loss(
        CONFIG, params.policy, params.model.qs, zs, scale, None, noise
    )
    # Q is the same everywhere: its range is 0, so the scale moves a quarter of the way to 1.
    assert float(new_scale) == pytest.approx(4.0 + 0.25 * (1.0 - 4.0))
    log_std = -4.0 + 0.5 * 3.0 * (np.tanh(RAW_LOG_STD) + 1.0)
    drawn = np.asarray(noise.policy_action)
    log_density = (-0.5 * drawn**2 - log_std - 0.5 * np.log(2.0 * np.pi)).sum(axis=-1)
    entropy = -2.0 * log_density
    gain = (0.5 * (2.0 + 5.0) / 3.25 + 0.01 * entropy).mean(axis=0)
    wanted = -np.mean(np.array([1.0, 0.5]) * gain)
    assert float(loss) == pytest.approx(wanted, rel=2e-4)


def test_a_broader_policy_has_the_smaller_loss(params):
    """The entropy is sought, not shunned (the paper prints a minus sign before it)."""
    zs, noise = jnp.broadcast_to(LATENTS, (4, 2, 8)), _noise((0, 1), (0, 2))
    last = params.policy["linear_2"]
    losses = []
    for wider in (0.0, 0.5):
        bias = last["bias"].at[2:].add(wider)
        policy = params.policy | {"linear_2": last | {"bias": bias}}
        loss, _ = policy_loss(CONFIG, policy, params.model.qs, zs, jnp.asarray(1.0), None, noise)
        losses.append(float(loss))
    assert losses[1] < losses[0]
