"""Reference schedule of a residual agent (Fig. 9 and Table IV of MetaWorld-X)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metaworldx.composition.affordances import composed_task, reference_schedules
from metaworldx.core.errors import UserError
from metaworldx.envs.task import Task
from metaworldx.residual.residual_env import ScheduleEntry
from metaworldx.vlm.schema import Guidance

if TYPE_CHECKING:
    from metaworldx.residual.train import ResidualConfig

PAPER, TEACHER = "paper", "teacher"


def reference_schedule(
    config: ResidualConfig, task: Task | type[Task], answer: Guidance | None
) -> tuple[ScheduleEntry, ...]:
    """The reference schedule of a task's training.

    Args:
      task: the task; its composition holds the paper's schedule (Table IV of MetaWorld-X).
      answer: the teacher's answer for it, if there is one.

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
        schedule = composed.reference_schedule
        scale = config.until[0] / schedule[-1][1] if config.until else 1.0
        return tuple(ScheduleEntry(name, round(until * scale)) for name, until in schedule)
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
