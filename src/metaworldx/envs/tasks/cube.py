"""Turn a cube in each hand until both look like a third."""

from __future__ import annotations

from collections.abc import Callable

import jax
import jax.numpy as jnp

from metaworldx.envs import reward_terms
from metaworldx.envs.robots import RobotSpec
from metaworldx.envs.task import ResetState, StepResult, Task, TaskState, View, step_result
from metaworldx.envs.tolerance import tolerance
from metaworldx.sim.data import SimData
from metaworldx.sim.model_index import ModelIndex

_ANGLE = 3.14
"""Roll, pitch and yaw are drawn from plus or minus this (rad)."""


def quat_of_euler(angles: jax.Array) -> jax.Array:
    """Quaternion w x y z of roll, pitch and yaw (rad), turned about x, then y, then z."""
    cr, cp, cy = jnp.cos(angles / 2.0)
    sr, sp, sy = jnp.sin(angles / 2.0)
    return jnp.stack(
        [
            cr * cp * cy + sr * sp * sy,
            sr * cp * cy - cr * sp * sy,
            cr * sp * cy + sr * cp * sy,
            cr * cp * sy - sr * sp * cy,
        ]
    )


class Cube(Task):
    """Stand still and turn the cube in each hand to the orientation of a floating one.

    Orientations are compared as four numbers, so q and -q differ, though they are the same turn;
    HumanoidBench does so.
    """

    view = View(130, -15, 2.0, (0.3, 0.0, 1.1))
    name = "cube"
    instruction = "Turn the cubes in both hands with the fingers until they match the third."
    scene_description = "A cube in each hand and one that floats ahead."
    scene = "cube"
    camera = "cam_inhand"
    max_episode_steps = 500
    success_bar = 370
    reset_noise = 0.0
    object_qpos = (
        *(0.45, 0.21, 1.125, 1.0, 0.0, 0.0, 0.0),
        *(0.45, -0.21, 1.125, 1.0, 0.0, 0.0, 0.0),
    )

    def __init__(self, spec: RobotSpec, layout: ModelIndex):
        super().__init__(spec, layout)
        cubes = ("left_cube_to_rotate", "right_cube_to_rotate")
        self._left, self._right = map(layout.body, cubes)
        self._quats = tuple(layout.qpos(f"free_{cube}") + 3 for cube in cubes)
        self._target = layout.body("target_cube")

    def randomise(
        self, key: jax.Array, begin: ResetState, site_xpos: Callable[[jax.Array], jax.Array]
    ) -> ResetState:
        angles = jax.random.uniform(key, (3, 3), begin.qpos.dtype, -_ANGLE, _ANGLE)
        qpos = begin.qpos
        for adr, turn in zip(self._quats, angles[:2], strict=True):
            qpos = qpos.at[adr : adr + 4].set(quat_of_euler(turn))
        target = self.layout.mocap("target_cube")
        return begin.replace(
            qpos=qpos, mocap_quat=begin.mocap_quat.at[target].set(quat_of_euler(angles[2]))
        )

    def observe(self, data: SimData, state: TaskState) -> jax.Array:
        return jnp.concatenate([data.qpos, data.qvel, data.xquat[self._target]])

    def evaluate(self, data: SimData, state: TaskState) -> StepResult:
        standing = reward_terms.standing(self.robot, data)
        upright = reward_terms.upright(self.robot, data)
        stand = standing * upright
        control, still = reward_terms.small_control(data), reward_terms.still(self.robot, data)

        cubes = jnp.array([self._left, self._right])
        turned = reward_terms.distance(data.xquat[cubes], data.xquat[self._target])
        aligned = tolerance(turned, margin=0.3).mean()
        hands = self.robot.hands(data)
        close = tolerance(reward_terms.distance(hands, data.xpos[cubes]), (0.0, 0.1), 0.5).mean()
        dropped = jnp.any(data.xpos[cubes, 2] < 0.6)
        return step_result(
            0.2 * (control * stand * still) + 0.5 * aligned + 0.3 * close,
            (data.qpos[2] < 0.58) | dropped,
            {
                "small_control": control,
                "stand_reward": stand,
                "dont_move": still,
                "standing": standing,
                "upright": upright,
                "orientation_alignment_reward": aligned,
                "cube_closeness_reward": close,
            },
        )
