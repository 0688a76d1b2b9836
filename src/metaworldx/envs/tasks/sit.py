"""Sit down on a chair."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import jax
import jax.numpy as jnp

from metaworldx.envs import reward_terms
from metaworldx.envs.robots import RobotSpec
from metaworldx.envs.task import ResetState, StepResult, Task, TaskState, step_result
from metaworldx.envs.tolerance import tolerance
from metaworldx.sim.data import SimData
from metaworldx.sim.model_index import ModelIndex


class SitSimple(Task):
    """Sit still and upright, pelvis 0.7 m high, on a chair that stands fixed behind the robot."""

    name = "sit_simple"
    instruction = "Sit down on the chair behind."
    scene_description = "A chair stands right behind the robot."
    scene = "sit_simple"
    success_bar = 750
    sits = True

    def __init__(self, spec: RobotSpec, layout: ModelIndex):
        super().__init__(spec, layout)
        self._chair = layout.body("chair")

    def evaluate(self, data: SimData, state: TaskState) -> StepResult:
        """Control times sitting times stillness; ends with the pelvis under 0.5 m."""
        offset = data.qpos[:2] - data.xpos[self._chair, :2]
        sitting = tolerance(data.qpos[2], (0.68, 0.72), margin=0.2)
        on_chair = tolerance(offset[0], (-0.19, 0.19), margin=0.2) * tolerance(
            offset[1], margin=0.1
        )
        trunk = self.robot.head_height(data) - self.robot.imu_position(data)[2]
        posture = tolerance(trunk, (0.35, 0.45), margin=0.3)
        upright = reward_terms.upright(self.robot, data, low=0.95, margin=0.9)
        sit = (0.5 * sitting + 0.5 * on_chair) * upright * posture
        control, still = reward_terms.small_control(data), reward_terms.still(self.robot, data)
        return step_result(
            control * sit * still,
            data.qpos[2] < 0.5,
            {
                "small_control": control,
                "sit_reward": sit,
                "dont_move": still,
                "sitting": sitting,
                "upright": upright,
                "sitting_posture": posture,
            },
        )


class SitHard(SitSimple):
    """The chair can be moved, and the robot starts before it turned by up to 1.8 rad."""

    name = "sit_hard"
    instruction = "Turn to the chair, sit down on it and stay seated."
    scene_description = "A chair that can be pushed away."
    scene = "sit_hard"
    object_qpos = (-0.25, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0)

    def randomise(
        self, key: jax.Array, begin: ResetState, site_xpos: Callable[[jax.Array], jax.Array]
    ) -> ResetState:
        """Places the robot before the chair, upright and turned (its noise there is lost)."""
        dtype = begin.qpos.dtype
        x, y, yaw = jax.random.uniform(
            key, (3,), dtype, jnp.array([0.2, -0.15, -1.8]), jnp.array([0.4, 0.15, 1.8])
        )
        turned = jnp.stack([jnp.cos(yaw / 2), 0.0 * yaw, 0.0 * yaw, jnp.sin(yaw / 2)])
        qpos = begin.qpos.at[:2].set(jnp.stack([x, y])).at[3:7].set(turned)
        return replace(begin, qpos=qpos)
