"""Early termination of training episodes, once the robot has fallen."""

from __future__ import annotations

from dataclasses import dataclass

import jax

from metaworldx.envs.env import Env
from metaworldx.envs.task import StepResult, Task, TaskState
from metaworldx.envs.wrappers.task_wrapper import TaskWrapper
from metaworldx.sim.data import SimData


@dataclass(frozen=True)
class EarlyTermination:
    """Conditions that end a training episode before the task itself does.

    Attributes:
      head_below_m: the head is lower than this (m); None never ends it.
      pelvis_below_m: the pelvis is lower than this (m); None never ends it.
    """

    head_below_m: float | None = None
    pelvis_below_m: float | None = None

    @property
    def active(self) -> bool:
        """Whether it ever ends an episode."""
        return self.head_below_m is not None or self.pelvis_below_m is not None


def with_early_termination(env: Env, early: EarlyTermination) -> Env:
    """The environment with early termination under `early`; rewards are unchanged."""
    return env.with_task(EarlyTerminationTask(env.task, early)) if early.active else env


class EarlyTerminationTask(TaskWrapper):
    """A task that also terminates once the robot has fallen."""

    def __init__(self, task: Task, early: EarlyTermination):
        """Wraps a task."""
        super().__init__(task)
        self._early = early

    def evaluate(self, data: SimData, state: TaskState) -> StepResult:
        """The wrapped task's result, with early termination."""
        out = self.task.evaluate(data, state)
        return out.replace(terminated=out.terminated | _down(self, data, self._early))


def _down(task: Task, data: SimData, early: EarlyTermination) -> jax.Array:
    down = jax.numpy.zeros((), bool)
    if early.head_below_m is not None:
        down |= task.robot.head_height(data) < early.head_below_m
    if early.pelvis_below_m is not None:
        down |= data.qpos[2] < early.pelvis_below_m
    return down
