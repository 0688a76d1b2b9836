"""Stand, walk, run and crawl on the flat floor."""

from __future__ import annotations

from typing import ClassVar

import jax
import jax.numpy as jnp

from metaworldx.envs import reward_terms
from metaworldx.envs.task import StepResult, Task, TaskState, View, step_result
from metaworldx.envs.tolerance import tolerance
from metaworldx.sim.data import SimData


class Walk(Task):
    """Walk forward along x with 1 m/s."""

    name = "walk"
    instruction = "Walk forward at one metre a second."
    scene_description = "An empty floor."
    success_bar = 700
    min_collisions = "feet"
    speed: ClassVar[float] = 1.0
    """Speed along x (m/s) from which `move` is 1."""
    upright_from: ClassVar[float] = 0.9
    """Projection of the torso's z axis on the world's from which `upright` is 1."""

    def evaluate(self, data: SimData, state: TaskState) -> StepResult:
        """Control times stand times move; ends with the pelvis under 0.2 m."""
        standing = reward_terms.standing(self.robot, data)
        upright = reward_terms.upright(self.robot, data, self.upright_from)
        stand = standing * upright
        control = reward_terms.small_control(data)
        move = reward_terms.forward(self.robot, data, self.speed)
        return step_result(
            control * stand * move,
            data.qpos[2] < 0.2,
            {
                "stand_reward": stand,
                "small_control": control,
                "move": move,
                "standing": standing,
                "upright": upright,
            },
        )


class Run(Walk):
    """Run forward along x with 5 m/s."""

    name = "run"
    instruction = "Run forward at five metres a second."
    scene_description = "An empty floor."
    speed = 5.0


class Stand(Task):
    """Stand upright without moving."""

    name = "stand"
    instruction = "Stand still and upright."
    scene_description = "An empty floor."
    success_bar = 800
    min_collisions = "feet"
    head_height: ClassVar[float] = reward_terms.STAND_HEIGHT
    """Height of the head (m) from which `standing` is 1."""

    def evaluate(self, data: SimData, state: TaskState) -> StepResult:
        """Control times stand times stillness; ends when `lost`."""
        standing = reward_terms.standing(self.robot, data, height=self.head_height)
        upright = reward_terms.upright(self.robot, data)
        stand = standing * upright
        control, still = reward_terms.small_control(data), reward_terms.still(self.robot, data)
        return step_result(
            control * stand * still,
            self.lost(data),
            {
                "small_control": control,
                "stand_reward": stand,
                "dont_move": still,
                "standing": standing,
                "upright": upright,
            },
        )

    def lost(self, data: SimData) -> jax.Array:
        """Whether the episode ends because the robot no longer stands, bool."""
        return data.qpos[2] < 0.2


class Crawl(Task):
    """Crawl through a tunnel along x with 1 m/s, head and waist about 0.8 m high."""

    view = View(50, -18, 5.0, (1.0, 0.0, 0.6))
    name = "crawl"
    instruction = "Crawl forward through a low tunnel."
    scene_description = "A tunnel whose ceiling is lower than the robot."
    scene = "crawl"
    success_bar = 700
    can_fall = False

    def evaluate(self, data: SimData, state: TaskState) -> StepResult:
        """Control, height, speed and lying flat, weighted, inside of the tunnel; never ends."""
        imu = self.robot.imu_position(data)
        control = reward_terms.small_control(data)
        move = reward_terms.forward(self.robot, data, 1.0)
        crawling_head = tolerance(self.robot.head_height(data), (0.6, 1.0), margin=1.0)
        crawling = tolerance(imu[2], (0.6, 1.0), margin=1.0)
        # The quaternions themselves are compared, as HumanoidBench does: the same orientation
        # with the opposite sign is worth nothing, and the target is not of unit length.
        prone = jnp.array([0.75, 0.0, 0.65, 0.0])
        lying = tolerance(
            reward_terms.distance(self.robot.pelvis_orientation(data), prone), margin=1.0
        )
        in_tunnel = tolerance(imu[1], (-1.0, 1.0))
        reward = (
            0.1 * control + 0.25 * jnp.minimum(crawling, crawling_head) + 0.4 * move + 0.25 * lying
        )
        return step_result(
            reward * in_tunnel,
            False,
            {
                "crawling": crawling,
                "crawling_head": crawling_head,
                "small_control": control,
                "move": move,
                "in_tunnel": in_tunnel,
            },
        )
