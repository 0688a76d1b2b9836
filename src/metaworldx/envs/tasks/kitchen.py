"""Work through four appliances of a kitchen in order."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
import numpy as np

from metaworldx.envs import reward_terms
from metaworldx.envs.robots import ROBOTS
from metaworldx.envs.task import ResetState, StepResult, Task, TaskState, step_result
from metaworldx.sim.data import SimData

_OBJECT_QPOS = 21
_ELEMENTS: dict[str, tuple[tuple[int, ...], tuple[float, ...]]] = {
    "microwave": ((13,), (-0.75,)),
    "kettle": ((14, 15, 16, 17, 18, 19, 20), (-0.23, 0.75, 1.0, 0.99, 0.0, 0.0, -0.06)),
    "bottom burner": ((2, 3), (-0.88, -0.01)),
    "light switch": ((8, 9), (-0.69, -0.05)),
}
"""In the order they are to be done: which of the objects' qpos, and their goal (m, rad)."""
_NEAR = 0.3
"""An element is done when its positions are this near to the goal (norm over metres and rad)."""
_YAW = 2.0 * math.atan(1.57)
"""HumanoidBench writes the robot's orientation as 1 0 0 1.57, which is this turn (rad)."""


class Kitchen(Task):
    """Open the microwave, move the kettle, turn a burner on and switch the light on.

    Each pays 1 once, and counts only when those before it are done or done in the same step; what
    is done stays done. There is no reward for standing, and falling doesn't end the episode. The
    state is how many are done, int32: as the order is fixed, those are always the first ones.
    """

    name = "kitchen"
    instruction = (
        "Stand at the stove, open the microwave, move the kettle, turn the knob and flip the "
        "switch with the hands."
    )
    scene_description = "A kitchen with a microwave, a kettle, burners and a light switch."
    scene = "kitchen"
    camera = "cam_kitchen"
    max_episode_steps = 500
    success_bar = 4
    reset_noise = 0.0
    robot_pose: ClassVar[Mapping[str, tuple[float, ...]]] = {
        "h1hand": (
            *(0.0, -0.6, 0.98, math.cos(_YAW / 2.0), 0.0, 0.0, math.sin(_YAW / 2.0)),
            *ROBOTS["h1hand"].stand[7:],
        )
    }
    object_qpos = (
        *(1.25561e-05, 1.57437e-07) * 4,
        *(8.24417e-05, 9.48283e-05),
        *(0.0, 0.0, 0.0, 0.0),
        *(-0.269, 0.35, 0.994, 1.0, 1.34939e-19, -3.51612e-05, -7.50168e-19),
    )

    def randomise(
        self, key: jax.Array, begin: ResetState, site_xpos: Callable[[jax.Array], jax.Array]
    ) -> ResetState:
        return begin.replace(memory=jnp.zeros((), jnp.int32))

    def observe(self, data: SimData, state: TaskState) -> jax.Array:
        return jnp.concatenate([self.robot.qpos(data), data.qpos[-_OBJECT_QPOS:]])

    def evaluate(self, data: SimData, state: TaskState) -> StepResult:
        objects = data.qpos[-_OBJECT_QPOS:]
        at_goal = jnp.stack(
            [
                reward_terms.distance(objects[np.array(where)], jnp.array(goal, objects.dtype))
                < _NEAR
                for where, goal in _ELEMENTS.values()
            ]
        )
        done_before = jnp.arange(len(_ELEMENTS)) < state
        done = jnp.sum(jnp.cumprod(done_before | at_goal)).astype(state.dtype)
        finished = done == len(_ELEMENTS)
        return step_result(
            (done - state).astype(objects.dtype),
            finished,
            {},
            done,
            success=finished,
            success_subtasks=done,
        )

    def memory_of_record(self, record: Mapping[str, Any]) -> TaskState:
        return np.asarray(len(_ELEMENTS) - len(record["tasks_to_complete"]), np.int32)

    def record_of_memory(self, state: TaskState) -> dict[str, Any]:
        return {"tasks_to_complete": dict.fromkeys(list(_ELEMENTS)[int(state) :])}
