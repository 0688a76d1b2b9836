"""Restoring a trained agent from its run's folder."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import jax

from metaworldx.agents import learner_class
from metaworldx.core.config import parse_setting
from metaworldx.core.errors import UserError, check_known
from metaworldx.envs.env import Env
from metaworldx.envs.scripted_policies import Policy
from metaworldx.envs.state import EnvState
from metaworldx.evaluation.controllers import AgentController, check_sizes
from metaworldx.training.checkpointing import newest, restore_agent
from metaworldx.training.config import TrainConfig, with_settings
from metaworldx.training.learner import Learner, run_sizes
from metaworldx.training.run_dir import CONFIG, read_config, read_run

CHECKPOINTS = ("latest", "best")


@dataclass(frozen=True)
class TrainedAgent:
    """Agent of a run's checkpoint.

    Attributes:
      config: the run's trainer settings.
      learner: for acting with the parameters.
      obs_size, action_size: of its observations and actions.
      params: its parameters.
      epoch: of the checkpoint.
    """

    config: TrainConfig
    learner: Learner
    obs_size: int
    action_size: int
    params: Any
    epoch: int

    @property
    def sizes(self) -> tuple[int, int]:
        """Of observations and actions."""
        return self.obs_size, self.action_size

    def controller(self, mode: str) -> Callable[[Env], AgentController]:
        """Controller for an evaluation's environment.

        Args:
          mode: one of the learner's acting modes.
        """
        return partial(AgentController, self.learner, mode, sizes=self.sizes)

    @property
    def agent_config(self) -> Any:
        """TD-MPC2's settings in full.

        Raises:
          UserError: another algorithm's agent.
        """
        if self.config.algorithm != "tdmpc2":
            raise UserError(f"this needs an agent of tdmpc2, not of {self.config.algorithm}")
        learner: Any = self.learner
        return learner.config(*self.sizes)

    def policy(self, env: Env) -> Policy:
        """The policy's most likely actions, as `envs.rollout` takes them.

        Raises:
          UserError: another environment's sizes than the agent knows.
        """
        check_sizes(self.sizes, env)
        mode = self.learner.act_modes[0]

        def act(state: EnvState, key: jax.Array) -> jax.Array:
            return self.learner.act(self.params, state.obs, key, None, mode, deterministic=True)[0]

        return act


def load_agent(run: Path, checkpoint: str = "latest", planner: Sequence[str] = ()) -> TrainedAgent:
    """The agent of the run in `run`; its sizes are those that the run's folder keeps.

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
    if "horizon" in changes:
        horizon = changes.pop("horizon")
        if horizon is not None and (type(horizon) is not int or horizon < 1):
            raise UserError(f"planner setting horizon is {horizon!r}; needs a number of at least 1")
        changes["plan_horizon"] = horizon
    described = _described(run)
    # Of format 1 nobody asks: what follows from it is kept.
    sizes = run_sizes(config, described.get("episode_length", 1))
    learner = learner_class(config.algorithm).restored(config.agent, sizes, described)
    if changes:
        names = {n if n == "plan_horizon" else f"planner.{n}": x for n, x in changes.items()}
        config = with_settings(replace(config, agent=learner.settings), names)
        learner = type(learner)(config.agent, sizes)
    widths = described["obs_size"], described["action_size"]
    template = jax.eval_shape(lambda: learner.init(jax.random.key(0), *widths))
    state, epoch = restore_agent(run, template, checkpoint)
    return TrainedAgent(config, learner, *widths, state.params, epoch)


def _described(run: Path) -> dict[str, Any]:
    """What a run's folder keeps of its learner, with the sizes of the agent.

    Raises:
      UserError: none is there.
    """
    found = read_run(run).get("agent")
    if not isinstance(found, dict) or not all(
        type(found.get(name)) is int and found[name] > 0 for name in ("obs_size", "action_size")
    ):
        raise UserError(f"{run / CONFIG} cannot be read: no sizes under 'agent'")
    return found


def _there(run: Path) -> str:
    """Available checkpoints of a run."""
    epochs = {which: newest(run, which) for which in CHECKPOINTS}
    there = [f"{which} (epoch {n})" for which, n in epochs.items() if n is not None]
    return f"{run} has {' and '.join(there) or 'none that is complete'}"
