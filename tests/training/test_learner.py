"""The protocol of learners, by two from outside the package: a linear policy under either feed."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import struct

from metaworldx import cli
from metaworldx.agents.base import RolloutFeed
from metaworldx.core.errors import UserError
from metaworldx.envs import make
from metaworldx.training import Learner, TrainConfig, Trainer, checked, runner_for
from metaworldx.training.reward_relabeling import EnvRewardFn
from metaworldx.training.run_dir import read_config, read_metrics

pytestmark = pytest.mark.usefixtures("quickly_compiled")


@dataclass(frozen=True)
class LinearSettings:
    rate: float = 0.1
    noise: float = 0.3


@struct.dataclass
class LinearState:
    params: jax.Array
    updates: jax.Array


class LinearLearner(Learner):
    """Imitates its own actions, each by the reward that it brought."""

    Settings = LinearSettings

    def init(self, key, obs_size, action_size):
        weights = 0.01 * jax.random.normal(key, (obs_size, action_size))
        return LinearState(weights, jnp.zeros((), jnp.int32))

    def act(self, params, obs, key, carry=None, mode=None, deterministic=False):
        mean = jnp.tanh(obs @ params)
        noise = self.settings.noise * jax.random.normal(key, mean.shape)
        return mean if deterministic else mean + noise, carry

    def update(self, state, batch, key):
        def loss(weights):
            apart = jnp.square(jnp.tanh(batch.obs[: len(batch.action)] @ weights) - batch.action)
            return (batch.reward * apart.mean(axis=-1)).mean()

        value, slope = jax.value_and_grad(loss)(state.params)
        state = LinearState(state.params - self.settings.rate * slope, state.updates + 1)
        return state, {"loss": value}


class RolloutLearner(LinearLearner):
    """The same from the steps just collected."""

    def __init__(self, settings, sizes):
        super().__init__(settings, sizes)
        self.feeds_on = RolloutFeed(steps=5)


CONFIG = TrainConfig(
    algorithm="test_learner:LinearLearner",
    agent=LinearSettings(),
    num_envs=4,
    shards=2,
    steps=80,
    epoch_rounds=10,
    seed_steps=40,
    capacity=64,
    batch=4,
    utd=0.25,
    horizon=2,
    eval_every=0,
    eval_episodes=1,
    checkpoint_every=40,
)


def test_a_learner_of_ones_own_trains_in_an_environment_handed_in(tmp_path):
    eval_env = partial(make, "h1-stand", "native", None)
    config = checked(CONFIG)
    trainer = Trainer(make("h1-stand", "native"), eval_env, EnvRewardFn(), config, tmp_path)
    first = np.asarray(trainer.state.agent.params)
    result = trainer.go()
    assert (result.why, result.epoch) == ("done", 2)
    assert int(trainer.state.agent.updates) == 10
    assert not np.array_equal(first, trainer.state.agent.params)
    assert np.isfinite([row.get("train/loss", 0.0) for row in read_metrics(tmp_path)]).all()
    assert np.isfinite(result.evaluations["policy"].return_mean)
    assert read_config(tmp_path) == config


def test_it_feeds_on_rollouts_if_it_says_so():
    config = dataclasses.replace(
        CONFIG, algorithm="test_learner:RolloutLearner", seed_steps=0, collect_steps=5, utd=0.05
    )
    runner = runner_for(dataclasses.replace(config, epoch_rounds=2))
    state, metrics = runner.epoch(runner.init(0))
    assert state.replay is None and int(state.agent.updates) == 2
    assert np.isfinite(float(metrics["train/loss"]))
    with pytest.raises(UserError, match="rollouts of 5 steps"):
        runner_for(dataclasses.replace(config, collect_steps=10, utd=0.025, capacity=128))


def test_commands_take_it_by_its_name(tmp_path, capsys):
    names = ("num_envs", "shards", "steps", "epoch_rounds", "seed_steps", "capacity", "batch")
    names += ("utd", "horizon", "eval_every", "eval_episodes", "checkpoint_every")
    settings = [f"--set={name}={getattr(CONFIG, name)}" for name in names]
    run = str(tmp_path / "run")
    args = ["train", "agent", "--algorithm", "test_learner:LinearLearner", "--task", "h1-stand"]
    assert cli.main([*args, *settings, "--set=agent.rate=0.2", "--out", run]) == 0
    assert "agent.rate 0.2" in capsys.readouterr().err
    again = ["train", "agent", "--resume", "--out", run, "--steps", "120"]
    assert cli.main(again) == 0
    assert [row["epoch"] for row in read_metrics(tmp_path / "run")] == [1, 2, 3]
    capsys.readouterr()
    assert cli.main(["eval", "agent", run, "--episodes", "1", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["act_with"] == "policy"
    assert cli.main(["eval", "agent", run, "--act-with", "mppi"]) == 2
    assert cli.main(["report", run]) == 2
    assert "needs an agent of tdmpc2" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("setting", "why"),
    [
        ("algorithm=tdmcp2", "did you mean 'tdmpc2'"),
        ("algorithm=nowhere:Learner", "no module 'nowhere'"),
        ("algorithm=test_learner:LinaerLearner", "did you mean 'LinearLearner'"),
        ("algorithm=test_learner:LinearSettings", "is no agents.base.Learner"),
    ],
)
def test_a_learner_that_is_none_is_one_line(tmp_path, capsys, setting, why):
    assert cli.main(["train", "agent", "--set", setting, "--out", str(tmp_path / "new")]) == 2
    err = capsys.readouterr().err
    assert err.startswith("metaworldx: error: ") and err.count("\n") == 1 and why in err
