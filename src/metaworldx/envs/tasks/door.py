"""Turn a door's hatch, open the door and go through."""

from __future__ import annotations

import jax
import jax.numpy as jnp

from metaworldx.envs import reward_terms
from metaworldx.envs.robots import RobotSpec
from metaworldx.envs.task import StepResult, Task, TaskState, View, progress, step_result
from metaworldx.envs.tolerance import tolerance
from metaworldx.sim.data import SimData
from metaworldx.sim.model_index import ModelIndex


class Door(Task):
    """Open the door by 1 rad and stand 1.2 m along x, behind it."""

    view = View(40, -12, 4.6, (0.5, 0.0, 0.95))
    name = "door"
    instruction = (
        "Walk to the door, reach for its handle and turn it, pull the door open and walk "
        "through the doorway."
    )
    scene_description = "A closed door with a turning hatch handle, one metre ahead."
    scene = "door"
    success_bar = 600
    object_qpos = (0.0, 0.0)
    milestone_names = ("hatch turned", "door opened", "passed")

    def __init__(self, spec: RobotSpec, layout: ModelIndex):
        super().__init__(spec, layout)
        self._hinge = layout.qpos("door_hinge")
        self._hatch_hinge = layout.qpos("door_hatch_hinge")
        self._hatch = layout.body("door_hatch")

    def evaluate(self, data: SimData, state: TaskState) -> StepResult:
        """Door, passage, posture, hatch and hand, weighted; ends with the pelvis under 0.58 m."""
        stand = reward_terms.standing(self.robot, data) * reward_terms.upright(
            self.robot, data, margin=0.9
        )
        control = reward_terms.small_control(data)
        # Below zero, which the hinge's soft limit allows a little, the door costs the robot.
        opening = data.qpos[self._hinge]
        door = jnp.minimum(1.0, opening * jnp.abs(opening))
        hatch = tolerance(data.qpos[self._hatch_hinge], (0.75, 2.0), 0.75, "linear")
        nearer_hand = reward_terms.hand_distances(self.robot, data, data.xpos[self._hatch]).min()
        proximity = tolerance(nearer_hand, (0.0, 0.25), 1.0, "linear")
        passage = tolerance(
            self.robot.imu_position(data)[0], (1.2, reward_terms.INF), 1.0, "linear", 0.0
        )
        return step_result(
            0.1 * stand * control + 0.45 * door + 0.05 * hatch + 0.05 * proximity + 0.35 * passage,
            data.qpos[2] < 0.58,
            {
                "stand_reward": stand,
                "small_control": control,
                "door_openness_reward": door,
                "door_hatch_openness_reward": hatch,
                "hand_hatch_proximity_reward": proximity,
                "passage_reward": passage,
            },
        )

    def milestones(self, data: SimData, state: TaskState) -> jax.Array:
        """Hatch at 0.75 rad, hinge at 0.5 rad, waist 1.2 m along x."""
        return progress(
            data.qpos[self._hatch_hinge] / 0.75,
            data.qpos[self._hinge] / 0.5,
            self.robot.imu_position(data)[0] / 1.2,
        )
