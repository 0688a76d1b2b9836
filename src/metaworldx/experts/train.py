"""Training of a skill's expert: imitation of human clips beside the task's reward (Eq. 1 to 4)."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from metaworldx.core.config import flat, renamed, with_changes
from metaworldx.core.errors import UserError
from metaworldx.envs.env import Env
from metaworldx.experts.imitation_reward import ImitationRewardFn
from metaworldx.experts.motion_library import MotionLibrary, build_motion_library
from metaworldx.experts.motion_tracking_env import MotionTrackingEnv
from metaworldx.experts.skills import Skill, clips_of, skill_named
from metaworldx.experts.task_targets import targets_fn_of
from metaworldx.training.config import PRESETS, TrainConfig, with_settings
from metaworldx.training.run_dir import read_config, read_part, read_run

_FORMER_NAMES = {"skill_settings.": "skill.", "imitation_settings.": "imitation."}
# Returns of rewards up to 1 at this discount stay below 67: bins that reach no further are finer.
_NARROW_VALUES = {"num_bins": 51, "vmin": -1.0, "vmax": 5.0}


@dataclass(frozen=True)
class ExpertConfig:
    """Settings of an expert's training: a `training.method.Method`.

    Attributes:
      skill: in full, with the coefficients of its imitation reward.
      train: the trainer's settings; their task is the skill's.
    """

    name: ClassVar[str] = "expert"
    skill: Skill
    train: TrainConfig

    @classmethod
    def read(cls, folder: Path) -> ExpertConfig:
        """The settings of the run in a folder.

        Raises:
          UserError: no run, none of an expert, or one of other settings than this version's.
        """
        if not cls.kept_in(folder):
            raise UserError(f"the run in {folder} trained no skill; needs one of `train expert`")
        return cls(read_part(folder, "expert.skill", Skill, _format_1_skill), read_config(folder))

    @classmethod
    def kept_in(cls, folder: Path) -> bool:
        """Whether the run in a folder trains an expert."""
        data = read_run(folder)
        return cls.name in data or data["train"].get("skill") is not None

    def training_in(self, env: Env) -> Env:
        """The task as a motion tracking environment."""
        return MotionTrackingEnv(env, _followed(env, self.skill), self.skill)

    def acting_in(self, env: Env) -> Env:
        """The tracking environment with the task's own reset, termination and reward."""
        library = _followed(env, self.skill)
        return MotionTrackingEnv(
            env, library, self.skill, training=False, targets_fn=targets_fn_of(env)
        )

    def reward_fn(self, env: Env) -> ImitationRewardFn:
        """The imitation reward under the current joint weights, and the task's."""
        return ImitationRewardFn(self.skill, env.action_size)


def for_skill(config: TrainConfig, skill: str) -> ExpertConfig:
    """A preset's settings for training a skill's expert.

    Raises:
      UserError: unknown skill.
    """
    numbers = skill_named(skill)
    agent = dataclasses.replace(config.agent, decay_rate=True)
    own = dataclasses.replace(
        config, task=numbers.task, end_head_below_m=None, end_pelvis_below_m=None, agent=agent
    )
    if config.agent == PRESETS["cpu"].agent:
        agent = dataclasses.replace(agent, **_NARROW_VALUES, log_std_max=-1.9, action_penalty=0.03)
        own = dataclasses.replace(
            own, steps=1_000_000, capacity=1_000_000, seed_steps=6_400, agent=agent
        )
    return ExpertConfig(numbers, own)


def with_expert_settings(config: ExpertConfig, changes: Mapping[str, Any]) -> ExpertConfig:
    """The settings with changes: `skill.NAME`, `imitation.NAME`, or the trainer's.

    Raises:
      UserError: an unknown name (with the nearest), or a value of another type.
    """
    changes = renamed(changes, _FORMER_NAMES)
    skill = {k.removeprefix("skill."): v for k, v in changes.items() if k.startswith("skill.")}
    imitation = {k: v for k, v in changes.items() if k.startswith("imitation.")}
    others = {k: v for k, v in changes.items() if not k.startswith(("skill.", "imitation."))}
    return ExpertConfig(
        _changed_skill(config.skill, skill | imitation), with_settings(config.train, others)
    )


def _changed_skill(skill: Skill, changes: Mapping[str, Any]) -> Skill:
    own = {k: v for k, v in changes.items() if not k.startswith("imitation.")}
    within = {k.removeprefix("imitation."): v for k, v in changes.items() if k not in own}
    imitation = with_changes(skill.imitation, within, "imitation setting")
    return with_changes(dataclasses.replace(skill, imitation=imitation), own, "skill setting")


def _format_1_skill(data: Mapping[str, Any]) -> Skill:
    """The skill of a run that version 0.1 wrote: by its name, with what differed."""
    own = {name: data.get(f"{name}_settings", {}) for name in ("skill", "imitation")}
    changes = {**own["skill"], **flat({"imitation": own["imitation"]})}
    return _changed_skill(skill_named(data["skill"]), changes)


def _followed(env: Env, skill: Skill) -> MotionLibrary:
    return build_motion_library(env.task.robot.spec.model, clips_of(skill), skill.then)
