"""Training methods: environment, evaluation environment and reward function of a run.

The trainer is independent of methods. A method (an expert's imitation, a residual agent) is a
dataclass with a `TrainConfig`, its environments and its reward function.
"""

from __future__ import annotations

import dataclasses
from functools import partial
from pathlib import Path
from typing import Any, ClassVar, Protocol

from metaworldx.core.config import to_data
from metaworldx.envs.env import Env
from metaworldx.envs.factory import EnvMaker, make
from metaworldx.envs.state import EnvConfig
from metaworldx.envs.wrappers.early_termination import EarlyTermination, with_early_termination
from metaworldx.training.config import TrainConfig
from metaworldx.training.reward_relabeling import EnvRewardFn, RewardFn


class Method(Protocol):
    """Training with more than a task's own environment and reward.

    Attributes:
      name: of its entry in `config.json`.
      train: the trainer's settings.
    """

    name: ClassVar[str]

    @property
    def train(self) -> TrainConfig:
        """The trainer's settings."""
        ...

    @classmethod
    def read(cls, folder: Path) -> Any:
        """The settings of the run in a folder."""
        ...

    def training_in(self, env: Env) -> Env:
        """The environment to train in, made of the task's."""
        ...

    def acting_in(self, env: Env) -> Env:
        """Environment of a task for the trained agent."""
        ...

    def reward_fn(self, env: Env) -> RewardFn:
        """Reward function in the environment of `training_in`."""
        ...


RunConfig = TrainConfig | Any
"""Settings of a run: a task's own (`TrainConfig`), or a `Method` around them."""


def train_config(config: RunConfig) -> TrainConfig:
    """The trainer's settings of a run."""
    return config if isinstance(config, TrainConfig) else config.train


def with_train(config: RunConfig, **changes: Any) -> RunConfig:
    """The same run with other settings of the trainer."""
    train = dataclasses.replace(train_config(config), **changes)
    return train if isinstance(config, TrainConfig) else dataclasses.replace(config, train=train)


def kept(config: RunConfig) -> dict[str, Any]:
    """Entries of a run's method for `config.json`, beside the trainer's settings."""
    if isinstance(config, TrainConfig):
        return {}
    data = to_data(config)
    del data["train"]
    return {config.name: data}


def early_termination(config: TrainConfig) -> EarlyTermination:
    """Early termination of a run's training episodes."""
    return EarlyTermination(config.end_head_below_m, config.end_pelvis_below_m)


def training_env(config: RunConfig) -> Env:
    """The environment that a run trains in."""
    train = train_config(config)
    env = make(train.task, train.backend, train.collisions, EnvConfig(), worlds=train.num_envs)
    if isinstance(config, TrainConfig):
        return with_early_termination(env, early_termination(train))
    return config.training_in(env)


def reward_fn(config: RunConfig, env: Env) -> RewardFn:
    """Reward function of a run."""
    return EnvRewardFn() if isinstance(config, TrainConfig) else config.reward_fn(env)


def acting_in(env: Env, config: RunConfig) -> Env:
    """Environment of a task for a run's agent."""
    return env if isinstance(config, TrainConfig) else config.acting_in(env)


def evaluation_env(
    config: RunConfig, task: str | None = None, collisions: str | None = None
) -> EnvMaker:
    """Builds what a run is evaluated in: native MuJoCo, the task's own start, end and reward.

    Args:
      task: another than the run's own.
      collisions: another set than the run's own.
    """
    train = train_config(config)
    return partial(_evaluation_env, config, task or train.task, collisions or train.collisions)


def _evaluation_env(
    config: RunConfig, task: str, collisions: str | None, settings: EnvConfig
) -> Env:
    return acting_in(make(task, "native", collisions, settings), config)
