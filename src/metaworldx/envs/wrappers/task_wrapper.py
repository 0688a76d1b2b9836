"""Task wrapper: a task that overrides parts of another and delegates the rest."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import jax
import numpy as np

from metaworldx.envs.task import ResetState, StepResult, Task, TaskState
from metaworldx.sim.data import SimData


class TaskWrapper(Task):
    """The wrapped task, but for what a subclass overrides.

    Constants, indices and whatever else the wrapped task has are read from it. Only `start` is
    run here, so that `randomise` and the rest of a start may be overridden too.

    Attributes:
      task: the wrapped task, which may be a wrapper itself.
    """

    def __init__(self, task: Task):
        """Wraps a task; the wrapped one stays as it is."""
        self.task = task

    def __getattr__(self, name: str) -> Any:
        # Asked only for what neither wrapper nor `Task` has. Copies and pickles ask before there
        # is a wrapped task.
        if name == "task" or name.startswith("__"):
            raise AttributeError(name)
        return getattr(self.task, name)

    def inner_state(self, state: TaskState) -> TaskState:
        """The wrapped task's state; a subclass that adds to it says where it is."""
        return state

    def keyframe(self) -> np.ndarray:
        """As `Task.keyframe`."""
        return self.task.keyframe()

    def randomise(
        self, key: jax.Array, begin: ResetState, site_xpos: Callable[[jax.Array], jax.Array]
    ) -> ResetState:
        """As `Task.randomise`."""
        return self.task.randomise(key, begin, site_xpos)

    def normalised(self, qpos: jax.Array) -> jax.Array:
        """As `Task.normalised`."""
        return self.task.normalised(qpos)

    def on_reset(self, state: TaskState, data: SimData) -> TaskState:
        """As `Task.on_reset`."""
        return self.task.on_reset(self.inner_state(state), data)

    def observe(self, data: SimData, state: TaskState) -> jax.Array:
        """As `Task.observe`."""
        return self.task.observe(data, self.inner_state(state))

    def evaluate(self, data: SimData, state: TaskState) -> StepResult:
        """As `Task.evaluate`, with the wrapped task's state in the result."""
        return self.task.evaluate(data, self.inner_state(state))

    def milestones(self, data: SimData, state: TaskState) -> jax.Array:
        """As `Task.milestones`."""
        return self.task.milestones(data, self.inner_state(state))

    def touch(self, data: SimData, rule: str) -> jax.Array:
        """As `Task.touch`."""
        return self.task.touch(data, rule)

    def memory_of_record(self, record: Mapping[str, Any]) -> TaskState:
        """As `Task.memory_of_record`: the wrapped task's state."""
        return self.task.memory_of_record(record)

    def record_of_memory(self, state: TaskState) -> dict[str, Any]:
        """As `Task.record_of_memory`."""
        return self.task.record_of_memory(self.inner_state(state))


def _constant(name: str) -> property:
    return property(lambda self: getattr(self.task, name))


# `Task` has defaults for its constants, so `__getattr__` is never asked for them.
for _name in Task.__annotations__:
    setattr(TaskWrapper, _name, _constant(_name))
