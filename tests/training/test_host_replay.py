"""The replay in host memory, and planning while training: the same loop, other settings."""

from __future__ import annotations

import dataclasses

import jax
import numpy as np
import pytest

from metaworldx.agents.tdmpc2 import AgentSettings
from metaworldx.training import TrainConfig, runner_for

pytestmark = pytest.mark.slow

TINY = TrainConfig(
    num_envs=4,
    shards=2,
    epoch_rounds=3,
    seed_steps=12,
    capacity=64,
    batch=4,
    utd=0.5,
    horizon=2,
    agent=AgentSettings(latent_size=8, encoder_size=8, hidden_size=8, num_q=2),
)


def _two_epochs(config: TrainConfig):
    loop = runner_for(config)
    state, _ = loop.seed_epoch(loop.init(0))
    state, metrics = loop.epoch(state)
    return state, {name: float(value) for name, value in metrics.items()}


def test_replay_on_host_gives_the_same_run():
    device, metrics = _two_epochs(TINY)
    host, again = _two_epochs(dataclasses.replace(TINY, replay_on="host"))
    np.testing.assert_equal(host.replay.head, device.replay.head)
    for name, value in metrics.items():
        np.testing.assert_allclose(again[name], value, rtol=1e-4, atol=1e-5, err_msg=name)


@pytest.mark.parametrize("act_with", ["mppi", "mixed"])
def test_planning_while_training(act_with):
    agent = dataclasses.replace(TINY.agent, act_with=act_with, plan_fraction=0.5)
    state, metrics = _two_epochs(dataclasses.replace(TINY, agent=agent))
    planning = {"mppi": 2, "mixed": 1}[act_with]
    assert jax.tree.leaves(state.acting)[0].shape[:2] == (2, planning)
    assert np.isfinite(metrics["train/model_loss"])
