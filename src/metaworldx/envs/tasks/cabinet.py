"""Open a cabinet's doors and drawer and move cubes between its compartments."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from metaworldx.envs import reward_terms
from metaworldx.envs.robots import RobotSpec
from metaworldx.envs.task import ResetState, StepResult, Task, TaskState, View, step_result
from metaworldx.envs.tolerance import tolerance
from metaworldx.sim.data import SimData
from metaworldx.sim.model_index import ModelIndex

_SUBTASKS = 4
_X, _REACH_X, _REACH_Y, _REACH_Z = 0.9, 0.3, 0.6, 0.15
"""Where the compartments stand (x, m), and half their depth, width and height."""
_MIDDLE, _TOP = 0.94, 1.54
"""Heights (m) of the middle and the top compartment's centres."""


class Cabinet(Task):
    """Four subtasks in turn; completing number k pays 100 k, the last ends the episode.

    1: slide the pulling door open. 2: pull the drawer open. 3: put the drawer's cube into the
    middle compartment. 4: put the lateral compartment's cube into the top one. The state is the
    number of the current subtask, int32; 5 when all are done.
    """

    view = View(40, -12, 4.0, (0.4, 0.0, 0.95))
    name = "cabinet"
    instruction = (
        "Stand at the cabinet, open its doors and drawer with the hands and put the box inside."
    )
    scene_description = "A cabinet with a hinged door, a sliding door and a drawer."
    scene = "cabinet"
    camera = "cam_hand_visible"
    success_bar = 2500
    object_qpos = (
        *(0.0,) * 5,
        *(0.9, 0.0, 0.58, 1.0, 0.0, 0.0, 0.0),
        *(0.9, 0.0, 0.87, 1.0, 0.0, 0.0, 0.0),
        *(0.9, 0.0, 1.16, 1.0, 0.0, 0.0, 0.0),
        *(0.9, 0.0, 1.45, 1.0, 0.0, 0.0, 0.0),
    )

    def __init__(self, spec: RobotSpec, layout: ModelIndex):
        super().__init__(spec, layout)
        self._pulling_door = layout.qpos("pull_door_slide")
        self._drawer = layout.qpos("drawer_slide")
        self._left_door = layout.qpos("left_door_hinge")
        self._right_door = layout.qpos("right_door_hinge")
        self._pullup_door = layout.qpos("pullup_door_hinge")
        self._drawer_cube = layout.body("drawer_cube")
        self._lateral_cube = layout.body("lateral_cabinet_cube")

    def randomise(
        self, key: jax.Array, begin: ResetState, site_xpos: Callable[[jax.Array], jax.Array]
    ) -> ResetState:
        return begin.replace(memory=jnp.ones((), jnp.int32))

    def evaluate(self, data: SimData, state: TaskState) -> StepResult:
        stand, control = reward_terms.stand(self.robot, data), reward_terms.small_control(data)

        # Openness of what each subtask opens; the first two are not limited to 1.
        pulled = jnp.abs(data.qpos[self._pulling_door] / 0.4)
        drawn = jnp.abs(data.qpos[self._drawer] / 0.45)
        doors = jnp.minimum(
            1.0,
            jnp.maximum(jnp.abs(data.qpos[self._left_door]), jnp.abs(data.qpos[self._right_door])),
        )
        pulled_up = jnp.minimum(1.0, jnp.abs(data.qpos[self._pullup_door]))
        near_middle, in_middle = _placed(data.xpos[self._drawer_cube], _MIDDLE)
        near_top, in_top = _placed(data.xpos[self._lateral_cube], _TOP)

        zero = jnp.zeros_like(stand)
        now = state - 1
        openness = jnp.stack([pulled, drawn, doors, pulled_up, zero])[now]
        proximity = jnp.stack([zero, zero, near_middle, near_top, zero])[now]
        secondary = jnp.stack([zero, zero, zero, doors, zero])[now]
        complete = jnp.stack([pulled > 0.95, drawn > 0.95, in_middle, in_top, jnp.asarray(False)])[
            now
        ]

        manipulation = jnp.where(state <= 2, openness, 0.5 * proximity + 0.5 * openness)
        reward: Any = jnp.where(
            state <= _SUBTASKS, 0.2 * (stand * control) + 0.8 * manipulation, 1000.0
        )
        reward = reward + jnp.where(complete, 100.0 * state, 0.0)
        state = state + complete.astype(state.dtype)
        finished = state > _SUBTASKS
        return step_result(
            reward,
            finished,
            {
                "stand_reward": stand,
                "small_control": control,
                "door_openness_reward": openness,
                "secondary_door_openness_reward": secondary,
                "drawer_cube_proximity_reward": proximity,
                "subtask_complete": complete,
            },
            state,
            success=finished,
            success_subtasks=state - 1,
        )

    def memory_of_record(self, record: Mapping[str, Any]) -> TaskState:
        return np.asarray(record["current_subtask"], np.int32)

    def record_of_memory(self, state: TaskState) -> dict[str, Any]:
        return {"current_subtask": int(state)}


def _placed(cube: jax.Array, height: float) -> tuple[jax.Array, jax.Array]:
    """How near a cube `[3]` is to the compartment at that height, and whether it is inside."""
    x, y, z = cube
    horizontal = (
        tolerance(x - _X, (-_REACH_X, _REACH_X), 0.3, "linear")
        + tolerance(y, (-_REACH_Y, _REACH_Y), 0.3, "linear")
    ) / 2.0
    vertical = tolerance(z - height, (-_REACH_Z, _REACH_Z), 0.3, "linear")
    inside = (
        (x >= _X - _REACH_X)
        & (x <= _X + _REACH_X)
        & (y >= -_REACH_Y)
        & (y <= _REACH_Y)
        & (height - _REACH_Z <= z)
        & (z <= height + _REACH_Z)
    )
    return 0.3 * horizontal + 0.7 * vertical, inside
