"""Q-values of every expert under a trained agent's world model: MetaWorld's dynamic selection."""

from __future__ import annotations

from pathlib import Path

import jax
import jax.numpy as jnp

from metaworldx.agents import tdmpc2
from metaworldx.composition.q_fusion import ExpertQFn
from metaworldx.core.errors import UserError
from metaworldx.envs.registry import EnvId
from metaworldx.experts.train import ExpertConfig
from metaworldx.residual.run_config import read_run_config
from metaworldx.residual.train import ResidualConfig
from metaworldx.training.trained_agent import TrainedAgent, load_agent


def expert_q_from_run(run: Path, task: str | EnvId, checkpoint: str = "latest") -> ExpertQFn:
    """Q-values from the ensemble of an agent trained in a task, with or without a guide.

    Args:
      task: the environment of the composition.
      checkpoint: latest or best.

    Raises:
      UserError: not a run, one of another task, or of an expert's training.
    """
    trained, env, config = load_agent(run, checkpoint), EnvId.parse(task), read_run_config(run)
    if isinstance(config, ExpertConfig):
        raise UserError(
            f"{run} trained the expert {config.skill.name}; needs an agent of {env.text}"
        )
    if EnvId.parse(trained.config.task) != env:
        raise UserError(f"the agent in {run} knows {trained.config.task}; needs one of {env.text}")
    return expert_q_of(trained, config.authority if isinstance(config, ResidualConfig) else None)


def expert_q_of(trained: TrainedAgent, authority: float | None = None) -> ExpertQFn:
    """Q-values of every expert's action in the agent's own action space.

    A residual agent's actions are added to a_ref. An expert is then the residual from the action
    under the current weights towards the expert's, clipped to the agent's authority.

    Args:
      authority: of a residual agent; None for an agent without a guide.
    """
    config, params = trained.agent_config, trained.params
    if authority is None:
        return lambda obs, last, weights, held, each: tdmpc2.ensemble_q(config, params, obs, each)

    def value(
        obs: jax.Array, last: jax.Array, weights: jax.Array, held: jax.Array, each: jax.Array
    ) -> jax.Array:
        towards = jnp.clip((each - held[..., None, :]) / authority, -1.0, 1.0)
        seen = jnp.concatenate([obs, last, weights], axis=-1)
        return tdmpc2.ensemble_q(config, params, seen, towards)

    return value
