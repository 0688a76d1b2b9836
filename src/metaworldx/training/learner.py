"""Learner of a run, from its settings; the protocol (`Learner`) is in `agents.base`."""

from __future__ import annotations

from metaworldx.agents import learner_class
from metaworldx.agents.base import Learner, RunSizes
from metaworldx.core.errors import UserError
from metaworldx.training.config import TrainConfig

__all__ = ["Learner", "make_learner", "run_sizes"]


def run_sizes(config: TrainConfig, episode_length: int) -> RunSizes:
    """Sizes of a run for its learner."""
    return RunSizes(config.horizon, config.batch, config.updates, episode_length)


def make_learner(config: TrainConfig, episode_length: int) -> Learner:
    """The learner of a run's algorithm.

    Raises:
      UserError: an unknown algorithm, one that cannot be imported, or other settings than its own.
    """
    learner = learner_class(config.algorithm)(config.agent, run_sizes(config, episode_length))
    if config.eval_with not in (*learner.act_modes, "both"):
        raise UserError(
            f"eval_with is {config.eval_with!r}; {config.algorithm} acts by "
            f"{', '.join(learner.act_modes)}"
        )
    return learner
