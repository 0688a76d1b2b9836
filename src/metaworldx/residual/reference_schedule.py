"""Who guides a task agent: a run's settings made into a guided environment."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from metaworldx.composition.affordances import composed_task, reference_schedules
from metaworldx.core.errors import UserError, check_known
from metaworldx.envs.env import Env
from metaworldx.envs.task import Task
from metaworldx.experts.pool import load_pool
from metaworldx.residual.residual_env import ResidualEnv, ScheduleEntry
from metaworldx.router.gating import GATINGS, gating_from
from metaworldx.router.train import kept_guidance
from metaworldx.vlm.schema import Guidance

PAPER, TEACHER = "paper", "teacher"


@dataclass(frozen=True)
class ResidualConfig:
    """How composed experts guide an agent.

    Attributes:
      folder: of a trained router (`metaworldx train router`), which keeps the teacher's guidance
        too; rules need none.
      pool: folder of the experts; None takes the shipped pool.
      authority: what the agent's action of 1 adds to the experts', as a share of an actuator's
        half range.
      schedule: names of experts that alone are the reference at first, in turn (Fig. 9); or
        `paper` alone for those of Table IV, `teacher` alone for the leaders of its stages.
      until: control steps of the training at which each of those turns ends. One for `paper` or
        `teacher`: where the last of them ends (the paper's is 2M, its default); the paper's turns
        keep their shares, the teacher's stages have equal ones.
    """

    folder: str | None = None
    pool: str | None = None
    authority: float = 0.3
    schedule: tuple[str, ...] = ()
    until: tuple[int, ...] = ()

    def __post_init__(self):
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


def reference_schedule(
    config: ResidualConfig, task: Task | type[Task], answer: Guidance | None
) -> tuple[ScheduleEntry, ...]:
    """The reference schedule of a task's training.

    Args:
      task: the task; its composition holds the paper's schedule (Table IV of MetaWorld-X).
      answer: the teacher's about it, if there is one.

    Raises:
      UserError: the paper has none for the task, or the teacher told no stages.
    """
    if config.schedule == (PAPER,):
        composed = composed_task(task)
        if composed is None or not composed.reference_schedule:
            raise UserError(
                f"the paper has no reference schedule for {task.name}; it has for "
                f"{', '.join(reference_schedules())}"
            )
        turns = composed.reference_schedule
        scale = config.until[0] / turns[-1][1] if config.until else 1.0
        return tuple(ScheduleEntry(name, round(until * scale)) for name, until in turns)
    if config.schedule == (TEACHER,):
        if answer is None or not answer.stages:
            raise UserError(
                f"the teacher told no stages of {task.name}; name the schedule's experts"
            )
        leaders = [max(s.experts, key=lambda name: s.experts[name]) for s in answer.stages]
        part = config.until[0] / len(leaders)
        return tuple(ScheduleEntry(name, round(part * (n + 1))) for n, name in enumerate(leaders))
    pairs = zip(config.schedule, config.until, strict=True)
    return tuple(ScheduleEntry(name, int(until)) for name, until in pairs)


def residual_env_for(
    env: Env, by: str, config: ResidualConfig, num_envs: int | None
) -> ResidualEnv:
    """A task's environment under composed experts.

    Args:
      by: one of `router.gating.GATINGS`.
      num_envs: environments that train together; None evaluates, without the schedule.

    Raises:
      UserError: unknown guide, no guidance for the task in the folder, or experts of another
        robot.
    """
    check_known("guide", by, GATINGS)
    pool = load_pool(None if config.pool is None else Path(config.pool), env.task.robot.spec.model)
    folder = None if config.folder is None else Path(config.folder)
    if folder is None and by != "rules":
        raise UserError(
            f"the guide {by!r} needs the folder of a router: guide.folder=DIR (metaworldx train "
            "router)"
        )
    gating = gating_from(by, pool.names, env.id, folder)
    turns: tuple[ScheduleEntry, ...] = ()
    if num_envs is not None:
        answer = None if folder is None else kept_guidance(folder, env.id)
        turns = reference_schedule(config, env.task, answer)
    policy, confidence = gating.policy, gating.confidence
    return ResidualEnv(env, pool, policy, confidence, config.authority, turns, num_envs or 1)
