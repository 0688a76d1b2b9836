"""Wipe a window with a tool."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
import numpy as np

from metaworldx.envs import reward_terms
from metaworldx.envs.robots import RobotSpec
from metaworldx.envs.task import (
    FREE_QPOS,
    ResetState,
    StepResult,
    Task,
    TaskState,
    View,
    step_result,
)
from metaworldx.envs.tolerance import tolerance
from metaworldx.sim.contact_rules import ContactRule, geoms
from metaworldx.sim.data import SimData
from metaworldx.sim.model_index import ModelIndex

_PANE_X = 0.92
"""Where the wipe's corners and centre are (x, m) when it lies flat on the pane."""


class Window(Task):
    """Hold the tool in both hands, keep its wipe flat on the pane and move it up and down.

    The head is to be 0.4 m away from where it was at the start, which is the state `[3]`, m.
    """

    # The tool's light wiping ball spins up to 340 rad/s between hand and pane: with 4 and 8
    # iterations it ran away, with 8 and 16 it moves as with 100 and 50.
    mjx_solver = (8, 16)
    view = View(45, -12, 4.0, (0.4, 0.0, 1.0))
    name = "window"
    instruction = (
        "Grasp the cleaning tool, stand at the window and wipe it with the hand up and down."
    )
    scene_description = "A window and a cleaning tool."
    scene = "window"
    camera = "cam_hand_visible"
    success_bar = 650
    contact_rules: ClassVar[Mapping[str, ContactRule]] = {
        "wiping": ContactRule(geoms("window_pane_collision"), geoms("window_wipe_collision"))
    }
    object_qpos = (*(0.45, 0.0, 1.085, 1.0, 0.0, 0.0, 0.0), *(1.0, 0.0, 0.0, 0.0))

    def __init__(self, spec: RobotSpec, layout: ModelIndex):
        super().__init__(spec, layout)
        # The ball joint in the tool's neck follows the tool's free joint and has no name.
        self._free += (layout.qpos("free_window_wiping_tool") + FREE_QPOS,)
        self._tool = layout.body("window_wiping_tool")
        self._tool_velocity = layout.sensor("window_wiping_tool_subtreelinvel")
        self._wipe = np.array([layout.site(f"wipe_contact_site_{x}") for x in "abcde"])

    def randomise(
        self, key: jax.Array, begin: ResetState, site_xpos: Callable[[jax.Array], jax.Array]
    ) -> ResetState:
        return begin.replace(memory=jnp.zeros(3, begin.qpos.dtype))

    def on_reset(self, state: TaskState, data: SimData) -> TaskState:
        return self.robot.head_position(data).astype(state.dtype)

    def evaluate(self, data: SimData, state: TaskState) -> StepResult:
        stand, control = reward_terms.stand(self.robot, data), reward_terms.small_control(data)
        flat = tolerance(data.site_xpos[self._wipe, 0], (_PANE_X, _PANE_X), 0.4, "linear").min()
        touching = self.touch(data, "wiping").astype(flat.dtype)
        tool = data.xpos[self._tool]
        held = tolerance(reward_terms.hand_distances(self.robot, data, tool), (0.0, 0.2), 0.5).min()
        vertical_speed = jnp.abs(data.sensordata[self._tool_velocity][2])
        moving = tolerance(vertical_speed, (0.5, 0.5), 0.5)
        head_moved = reward_terms.distance(self.robot.head_position(data), state)
        head = tolerance(head_moved, (0.4, 0.4), 0.1)
        manipulation = 0.2 * (stand * control * head) + 0.4 * moving + 0.4 * held
        contact = touching * flat
        return step_result(
            0.5 * manipulation + 0.5 * contact,
            (data.qpos[2] < 0.58) | (tool[2] < 0.58),
            {
                "stand_reward": stand,
                "small_control": control,
                "moving_wipe_reward": moving,
                "hand_tool_proximity_reward": held,
                "window_contact_reward": flat,
                "window_contact_filter": touching,
                "window_contact_total_reward": contact,
            },
            state,
        )

    def memory_of_record(self, record: Mapping[str, Any]) -> TaskState:
        return np.asarray(record["head_pos0"], float)

    def record_of_memory(self, state: TaskState) -> dict[str, Any]:
        return {"head_pos0": np.asarray(state).tolist()}
