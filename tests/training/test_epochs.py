"""An epoch of the real loop each: of an expert under motion priors, of an agent under a guide."""

from __future__ import annotations

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from helpers.tiny_run import TINY
from metaworldx.composition.composer import Composer
from metaworldx.composition.gating_policies import rule_gating
from metaworldx.envs import EnvConfig, make
from metaworldx.experts.pool import add_expert, load_experts, load_pool
from metaworldx.experts.skills import SKILLS
from metaworldx.experts.train import for_skill, with_expert_settings
from metaworldx.residual.train import ResidualConfig
from metaworldx.training import runner_for

pytestmark = pytest.mark.usefixtures("quickly_compiled")

STEPS, ROUNDS, TAU = 10, 2, 0.3
"""Steps of a round, rounds; and the running means' step, so large that joints are told apart."""
PLAIN = dataclasses.replace(
    TINY,
    task="h1-walk",
    end_head_below_m=None,
    seed_steps=0,
    steps=80,
    collect_steps=STEPS,
    epoch_rounds=ROUNDS,
    utd=0.025,
)


@pytest.fixture(scope="module")
def imitation():
    """The loop of a tiny walking expert, its parameters at first, and what an epoch makes."""
    config = dataclasses.replace(for_skill(PLAIN, "walk"), train=PLAIN)
    loop = runner_for(with_expert_settings(config, {"imitation.tau": TAU}))
    state = loop.init(0)
    first = jax.tree.map(np.asarray, state.agent.params)
    return loop, first, *loop.epoch(state)


def _weights(errors: np.ndarray) -> np.ndarray:
    """W of the joints after rounds of squared errors `[rounds, N, J]`."""
    mean = np.full(errors.shape[-1], 0.01)
    for seen in errors:
        mean += TAU * (seen.mean(axis=0) - mean)
    raw = np.clip(np.sqrt(mean / mean.mean()), 0.25, 4.0)
    return raw / raw.mean()


def _reward(terms: dict, weights: np.ndarray | float) -> np.ndarray:
    """Eq. 4 under weights of the joints, beside the task's reward."""
    skill = SKILLS["walk"]
    numbers = skill.imitation
    place = (weights * np.asarray(terms["joint_error"], float)).sum(-1) + terms["root_error"]
    speed = (weights * np.asarray(terms["joint_speed_error"], float)).sum(-1)
    near = np.exp(-numbers.alpha * place)
    near = near + numbers.lam * np.exp(-numbers.beta * (speed + terms["root_speed_error"]))
    return skill.w_track * near / (1.0 + numbers.lam) + skill.w_task * terms["task"]


def _moved(first, params) -> list[bool]:
    pairs = zip(jax.tree.leaves(first), jax.tree.leaves(params), strict=True)
    assert all(np.isfinite(x).all() for x in jax.tree.leaves(params))
    return [not np.array_equal(old, new) for old, new in pairs]


def test_an_imitation_epoch_learns_from_eq_4_under_todays_weights(imitation):
    loop, first, state, metrics = imitation
    data = jax.tree.map(lambda x: np.asarray(x)[:, :20], state.replay.data)
    assert int(state.replay.filled) == 20 and not data.diverged.any()
    # What was collected counts all joints alike.
    np.testing.assert_allclose(data.reward, _reward(data.terms, 1.0), rtol=1e-4, atol=1e-6)
    # From [shards, steps, environments, joints].
    errors = np.moveaxis(data.terms["joint_error"], 0, 1).reshape(ROUNDS, STEPS * 4, -1)
    weights = _weights(errors)
    assert weights.max() > 1.5 * weights.min()
    batches = loop.sample_batches(state.replay, jax.random.key(1))
    by_hand = _reward(jax.tree.map(np.asarray, batches.terms), weights)
    found = jax.vmap(lambda drawn: loop.reward_fn.reward(state.reward, drawn))(batches)
    np.testing.assert_allclose(found, by_hand, rtol=1e-3, atol=1e-5)
    assert np.abs(by_hand - np.asarray(batches.reward)).max() > 1e-3
    # Updates take this reward: what was collected does not matter to them, the weights do.
    update, key = jax.jit(loop.update_agent), jax.random.key(2)
    updated = update(state.agent, state.reward, batches, key)[0].params
    otherwise = batches.replace(reward=1.0 - batches.reward)
    same = update(state.agent, state.reward, otherwise, key)[0].params
    assert not any(_moved(jax.tree.map(np.asarray, updated), same))
    others = state.reward.replace(error=state.reward.error[::-1])
    changed = update(state.agent, others, batches, key)[0].params
    assert any(_moved(jax.tree.map(np.asarray, updated), changed))
    assert np.mean(_moved(first, state.agent.params)) > 0.9
    assert float(metrics["train/skipped"]) == 0.0


def test_a_guided_agent_of_no_authority_does_as_the_experts(tmp_path):
    for expert in load_experts():
        if expert.name in ("stand", "walk"):
            add_expert(expert, tmp_path)
    config = ResidualConfig(guide="rules", pool=str(tmp_path), authority=1e-6, train=PLAIN)
    loop = runner_for(config)
    state = loop.init(0)
    first = jax.tree.map(np.asarray, state.agent.params)
    state, metrics = loop.epoch(state)

    pool = load_pool(tmp_path)
    plain = make("h1-walk", "native", None, EnvConfig())
    composer, gating = Composer(pool, plain), rule_gating(pool.names)
    keys = jax.random.split(jax.random.split(jax.random.key(0), 3)[1], (2, 2)).reshape(-1)
    alone = plain.reset(keys)
    composer_state = jax.jit(lambda s: composer.begin(s, gating))(alone)

    @jax.jit
    def together(state, composer_state):
        acted, composer_state = composer.act(state, composer_state, gating, jnp.ones(4))
        return plain.step(state, acted.action), composer_state, acted.action

    rewards, actions = [], []
    for _ in range(STEPS * ROUNDS):
        alone, composer_state, action = together(alone, composer_state)
        rewards.append(np.asarray(alone.reward))
        actions.append(np.asarray(action))
    after = np.asarray(state.env.physics.qpos).reshape(4, -1)
    np.testing.assert_allclose(after, alone.physics.qpos, atol=1e-3)
    kept = np.moveaxis(np.asarray(state.replay.data.reward)[:, :20], 0, 1).reshape(20, 4)
    np.testing.assert_allclose(kept, rewards, rtol=2e-2, atol=1e-3)
    # What the agent is shown of the experts is what they did a step before.
    obs = np.moveaxis(np.asarray(state.replay.data.obs)[:, :20], 0, 1).reshape(20, 4, -1)
    shown = obs[1:, :, plain.obs_size : plain.obs_size + plain.action_size]
    np.testing.assert_allclose(shown, actions[:-1], atol=1e-2)
    assert np.mean(_moved(first, state.agent.params)) > 0.9
    assert float(metrics["train/skipped"]) == 0.0
