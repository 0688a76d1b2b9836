"""What reaching and pushing share: a goal in space, drawn at reset and seen by the robot."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
import numpy as np
from flax import struct

from metaworldx.envs.task import ResetState, Task
from metaworldx.sim.data import SimData


@struct.dataclass
class GoalState:
    """State of a task with a goal.

    Attributes:
      goal: where to be, world position `[3]`, m.
    """

    goal: jax.Array


class GoalTask(Task):
    """A task for the left hand with a goal drawn uniformly from a box."""

    goal_low: ClassVar[tuple[float, float, float]]
    """Lower corner of the goal's box, m."""
    goal_high: ClassVar[tuple[float, float, float]]
    """Upper corner of the goal's box, m."""

    def randomise(
        self, key: jax.Array, begin: ResetState, site_xpos: Callable[[jax.Array], jax.Array]
    ) -> ResetState:
        """Draws the goal."""
        dtype = begin.qpos.dtype
        low, high = jnp.array(self.goal_low, dtype), jnp.array(self.goal_high, dtype)
        return replace(begin, memory=GoalState(jax.random.uniform(key, (3,), dtype, low, high)))

    def observe(self, data: SimData, state: GoalState) -> jax.Array:
        """The robot's positions and velocities, then its left hand and the goal, m."""
        hand = self.robot.left_hand(data)
        return jnp.concatenate([self.robot.observation(data), hand, state.goal])

    def memory_of_record(self, record: Mapping[str, Any]) -> GoalState:
        """The recorded goal."""
        return GoalState(jnp.asarray(record["goal"], jnp.result_type(float)))

    def record_of_memory(self, state: GoalState) -> dict[str, Any]:
        """The goal."""
        return {"goal": np.asarray(state.goal).tolist()}
