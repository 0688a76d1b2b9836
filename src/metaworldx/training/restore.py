"""A trained agent out of its run's folder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import jax

from metaworldx.agents import tdmpc2
from metaworldx.core.errors import UserError, check_known
from metaworldx.envs.env import Env
from metaworldx.envs.scripted_policies import Policy
from metaworldx.envs.state import EnvConfig, EnvState
from metaworldx.evaluation.controllers import check_sizes
from metaworldx.experts.environments import evaluation_env, skill_of
from metaworldx.experts.expert import Expert, acting_part, acting_sizes
from metaworldx.experts.skills import clips_of
from metaworldx.training.checkpointing import newest, restore_agent
from metaworldx.training.config import TrainConfig, as_data, parse_setting
from metaworldx.training.epoch_runner import agent_config_for, planning_config_for
from metaworldx.training.run_dir import read_config, read_machine, read_metrics

CHECKPOINTS = ("latest", "best")


@dataclass(frozen=True)
class TrainedAgent:
    """What a run's checkpoint holds of its agent.

    Attributes:
      config: the run's settings.
      agent_config, planning_config: the agent's, for acting and for planning.
      params: its weights.
      epoch: of the checkpoint.
    """

    config: TrainConfig
    agent_config: tdmpc2.AgentConfig
    planning_config: tdmpc2.AgentConfig
    params: Any
    epoch: int

    def policy(self, env: Env) -> Policy:
        """The policy's most likely actions, as `envs.rollout` takes them.

        Raises:
          UserError: another environment's sizes than the agent knows.
        """
        check_sizes(self.agent_config, env)

        def act(state: EnvState, key: jax.Array) -> jax.Array:
            return tdmpc2.act(self.agent_config, self.params, state.obs, key, deterministic=True)

        return act


def load_agent(run: Path, checkpoint: str = "latest", planner: Sequence[str] = ()) -> TrainedAgent:
    """The agent of the run in `run`.

    Args:
      checkpoint: latest, or best (of the run's own evaluations).
      planner: settings of the planner, NAME=VALUE, in place of the run's; horizon is how many
        steps it looks ahead.

    Raises:
      UserError: not a run, no such checkpoint, or one that cannot be read.
    """
    numbered = checkpoint.isdecimal()
    if not numbered:
        check_known("checkpoint", checkpoint, CHECKPOINTS)
    config = read_config(run)
    if numbered:
        raise UserError(f"no checkpoint {checkpoint!r}; {_there(run)}: give one of these names")
    changes = dict(parse_setting(text) for text in planner)
    horizon = changes.pop("horizon", config.plan_horizon)
    if horizon is not None and (type(horizon) is not int or horizon < 1):
        raise UserError(f"planner setting horizon is {horizon!r}; needs a number of at least 1")
    settings = {**config.planner_settings, **changes}
    config = replace(config, plan_horizon=horizon, planner_settings=settings)
    agent_config = agent_config_for(config, evaluation_env(config)(EnvConfig()))
    template = jax.eval_shape(lambda: tdmpc2.init(agent_config, jax.random.key(0)))
    state, epoch = restore_agent(run, template, checkpoint)
    planning_config = planning_config_for(config, agent_config)
    return TrainedAgent(config, agent_config, planning_config, state.params, epoch)


def _there(run: Path) -> str:
    """Which checkpoints of a run are there."""
    epochs = {which: newest(run, which) for which in CHECKPOINTS}
    there = [f"{which} (epoch {n})" for which, n in epochs.items() if n is not None]
    return f"{run} has {' and '.join(there) or 'none that is complete'}"


def expert_from_run(run: Path, checkpoint: str = "best") -> Expert:
    """The expert that a run of `train expert` trained, with its record.

    Raises:
      UserError: as `load_agent`; a run that trained no skill.
    """
    trained = load_agent(run, checkpoint)
    skill = skill_of(trained.config)
    if skill is None:
        raise UserError(f"the run in {run} trained no skill; needs one of `train expert`")
    rows = [row for row in read_metrics(run) if row["epoch"] <= trained.epoch]
    evaluation = next((row["eval/policy"] for row in rows[::-1] if "eval/policy" in row), {})
    last = rows[-1] if rows else {}
    begun = trained.config.begin_with
    record = {
        # Where on the machine another run lay says nothing to others.
        "config": as_data(trained.config) | {"begin_with": begun and Path(begun).name},
        "machine": read_machine(run),
        "checkpoint": checkpoint,
        "env_steps": last.get("env_steps", 0),
        "updates": last.get("updates", 0),
        "minutes": last.get("seconds", 0.0) / 60.0,
        "return_mean": evaluation.get("return_mean"),
        "length_mean": evaluation.get("length_mean"),
    }
    return Expert(
        skill=skill,
        sizes=acting_sizes(trained.agent_config),
        params=acting_part(trained.params),
        clips=tuple(clips_of(skill)),
        record=record,
    )
