"""What a trained agent's world model expects of every expert: MetaWorld's dynamic selection."""

from __future__ import annotations

from pathlib import Path

import jax
import jax.numpy as jnp

from metaworldx.agents import tdmpc2
from metaworldx.composition.q_fusion import ExpertQFn
from metaworldx.core.errors import UserError
from metaworldx.envs.registry import EnvId
from metaworldx.experts.environments import guide_of
from metaworldx.training.restore import TrainedAgent, load_agent


def expert_q_from_run(run: Path, task: str | EnvId, checkpoint: str = "latest") -> ExpertQFn:
    """The Q-ensemble of an agent that was trained in a task, with or without a guide.

    Args:
      task: the environment in which experts are weighed.
      checkpoint: latest or best.

    Raises:
      UserError: not a run, one of another task, or of an expert's training.
    """
    trained, env = load_agent(run, checkpoint), EnvId.parse(task)
    config = trained.config
    if config.skill is not None:
        raise UserError(f"{run} trained the expert {config.skill}; needs an agent of {env.text}")
    if EnvId.parse(config.task) != env:
        raise UserError(f"the agent in {run} knows {config.task}; needs one of {env.text}")
    return expert_q_of(trained)


def expert_q_of(trained: TrainedAgent) -> ExpertQFn:
    """Q of what every expert would do, as the agent's own actions mean it.

    A guided agent's actions are added to a_ref. An expert is then the action that goes from what
    the present weights do towards the expert, as far as the agent's authority reaches.
    """
    config, params = trained.agent_config, trained.params
    if trained.config.guide is None:
        return lambda obs, last, weights, held, each: tdmpc2.expected(config, params, obs, each)
    authority = guide_of(trained.config).authority

    def value(
        obs: jax.Array, last: jax.Array, weights: jax.Array, held: jax.Array, each: jax.Array
    ) -> jax.Array:
        towards = jnp.clip((each - held[..., None, :]) / authority, -1.0, 1.0)
        seen = jnp.concatenate([obs, last, weights], axis=-1)
        return tdmpc2.expected(config, params, seen, towards)

    return value
