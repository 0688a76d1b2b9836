"""Training of a residual agent, guided by composed experts (lambda term of MetaWorld-X)."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from metaworldx.core.config import renamed, with_changes
from metaworldx.core.errors import UserError, check_known
from metaworldx.envs.env import Env
from metaworldx.envs.wrappers.early_termination import with_early_termination
from metaworldx.experts.pool import load_pool
from metaworldx.residual.reference_schedule import PAPER, reference_schedule
from metaworldx.residual.residual_env import ResidualEnv, ScheduleEntry
from metaworldx.router.router_gating import GATINGS, gating_from
from metaworldx.router.train import kept_guidance
from metaworldx.training.config import TrainConfig, with_settings
from metaworldx.training.method import early_termination
from metaworldx.training.reward_relabeling import EnvRewardFn, RewardFn
from metaworldx.training.run_dir import read_config, read_part, read_run


@dataclass(frozen=True)
class ResidualConfig:
    """Settings of a residual agent's training: a `training.method.Method`.

    The agent's action is added to that of the composed experts, a_ref.

    Attributes:
      guide: gating policy of the experts: a router, a teacher's weights, or rules.
      folder: of a trained router (`metaworldx train router`), which also stores the teacher's
        guidance; rules need none.
      pool: folder of the experts; None takes the shipped pool.
      authority: what the agent's action of 1 adds to the experts', as a share of an actuator's
        half range.
      schedule: names of experts that are the single reference one after another (Fig. 9); or
        `paper` for the schedule of Table IV, `teacher` for the leading experts of its stages.
      until: global step at which each entry ends. One for `paper` or `teacher`: the end of the last
        (the paper's is 2M, its default). The paper's entries keep their shares, the teacher's
        stages have equal ones.
      train: the trainer's settings; their `agent.action_penalty` is lambda of
        `lambda ||a - a_ref||^2`.
    """

    name: ClassVar[str] = "residual"
    guide: str = "router"
    folder: str | None = None
    pool: str | None = None
    authority: float = 0.3
    schedule: tuple[str, ...] = ()
    until: tuple[int, ...] = ()
    train: TrainConfig = TrainConfig()

    def __post_init__(self):
        check_known("guide", self.guide, GATINGS)
        if self.schedule == (PAPER,) and not self.until:
            return
        if len(self.schedule) != len(self.until):
            raise UserError(
                f"a schedule of {len(self.schedule)} experts with {len(self.until)} ends; each "
                "needs one"
            )
        if list(self.until) != sorted(self.until):
            raise UserError(f"until is {list(self.until)}; needs to rise")
        if self.until and self.until[0] < 1:
            raise UserError(f"until begins with {self.until[0]}; needs at least 1")

    @classmethod
    def read(cls, folder: Path) -> ResidualConfig:
        """The settings of the run in a folder.

        Raises:
          UserError: no run, none of a residual agent, or one of other settings than this version's.
        """
        if not cls.kept_in(folder):
            raise UserError(f"the run in {folder} trained no residual agent")
        own = read_part(folder, cls.name, cls, _from_format_1)
        return dataclasses.replace(own, train=read_config(folder))

    @classmethod
    def kept_in(cls, folder: Path) -> bool:
        """Whether the run in a folder trains a residual agent."""
        data = read_run(folder)
        return cls.name in data or data["train"].get("guide") is not None

    def training_in(self, env: Env) -> Env:
        """The residual environment with the reference schedule."""
        early = with_early_termination(env, early_termination(self.train))
        return residual_env_for(early, self, self.train.num_envs)

    def acting_in(self, env: Env) -> Env:
        """The residual environment without the schedule."""
        return residual_env_for(env, self, None)

    def reward_fn(self, env: Env) -> RewardFn:
        """The task's own."""
        del env
        return EnvRewardFn()


def with_residual_settings(config: ResidualConfig, changes: Mapping[str, Any]) -> ResidualConfig:
    """The settings with changes: `guide`, `guide.NAME`, or the trainer's.

    Raises:
      UserError: an unknown name (with the nearest), or a value of another type.
    """
    changes = renamed(changes, {"guide_settings.": "guide."})
    own = {k.removeprefix("guide."): v for k, v in changes.items() if k.startswith("guide.")}
    own |= {k: v for k, v in changes.items() if k == "guide"}
    others = {k: v for k, v in changes.items() if k != "guide" and not k.startswith("guide.")}
    train = with_settings(config.train, others)
    return dataclasses.replace(with_changes(config, own, "guide setting"), train=train)


def _from_format_1(data: Mapping[str, Any]) -> ResidualConfig:
    """The guide of a run that version 0.1 wrote."""
    own = {"guide": data["guide"], **data.get("guide_settings", {})}
    return with_changes(ResidualConfig(), own, "guide setting")


def residual_env_for(env: Env, config: ResidualConfig, num_envs: int | None) -> ResidualEnv:
    """Residual environment of a task under composed experts.

    Args:
      num_envs: environments that train together; None evaluates, without the schedule.

    Raises:
      UserError: no guidance for the task in the folder, or experts of another
        robot.
    """
    folder = None if config.folder is None else Path(config.folder)
    if folder is None and config.guide != "rules":
        raise UserError(
            f"the guide {config.guide!r} needs the folder of a router: guide.folder=DIR "
            "(metaworldx train router)"
        )
    pool = load_pool(None if config.pool is None else Path(config.pool), env.task.robot.spec.model)
    gating = gating_from(config.guide, pool.names, env.id, folder)
    schedule: tuple[ScheduleEntry, ...] = ()
    if num_envs is not None:
        answer = None if folder is None else kept_guidance(folder, env.id)
        schedule = reference_schedule(config, env.task, answer)
    policy, confidence = gating.policy, gating.confidence
    return ResidualEnv(env, pool, policy, confidence, config.authority, schedule, num_envs or 1)
