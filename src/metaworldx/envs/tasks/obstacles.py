"""Go forward over hurdles, stairs and slopes, and between poles."""

from __future__ import annotations

from typing import ClassVar

import jax.numpy as jnp

from metaworldx.envs import reward_terms
from metaworldx.envs.task import StepResult, Task, TaskState, View, step_result
from metaworldx.envs.tasks.locomotion import Run
from metaworldx.envs.tolerance import tolerance
from metaworldx.sim.contact_rules import ContactRule, except_geoms, geoms
from metaworldx.sim.data import SimData


class Hurdle(Run):
    """Run along x with 5 m/s over hurdles; whoever touches a barrier gets a tenth."""

    view = View(25, -15, 7.0, (3.0, 0.0, 0.7))
    name = "hurdle"
    instruction = "Run forward and get over hurdles."
    scene_description = "Hurdles stand across the track."
    scene = "hurdle"
    camera = "cam_hurdle"
    min_collisions = "body"
    upright_from = 0.8
    contact_rules: ClassVar = {
        "barrier": ContactRule(
            geoms("left_barrier_collision", "right_barrier_collision", "behind_barrier_collision")
        )
    }

    def evaluate(self, data: SimData, state: TaskState) -> StepResult:
        """`Run`'s, with a torso that may lean further, times the barriers' discount."""
        run = super().evaluate(data, state)
        discount = jnp.where(self.touch(data, "barrier"), 0.1, 1.0)
        return step_result(
            run.reward * discount,
            run.terminated,
            {**run.terms, "wall_collision_discount": discount},
        )


class Stair(Task):
    """Climb stairs along x with 1 m/s, the head well above both feet."""

    view = View(60, -12, 7.0, (2.2, 0.0, 0.9))
    name = "stair"
    instruction = "Climb the stairs and descend on the other side."
    scene_description = "Stairs up and down ahead."
    scene = "stair"
    success_bar = 700
    min_collisions = "feet"

    def evaluate(self, data: SimData, state: TaskState) -> StepResult:
        """Stand times control times move; ends with the torso nearly level."""
        feet = jnp.stack([self.robot.left_foot_height(data), self.robot.right_foot_height(data)])
        standing = tolerance(
            self.robot.head_height(data) - feet, (1.2, reward_terms.INF), 0.45
        ).prod()
        upright = reward_terms.upright(self.robot, data, 0.5)
        stand = standing * upright
        control = reward_terms.small_control(data)
        move = reward_terms.forward(self.robot, data, 1.0)
        return step_result(
            stand * control * move,
            self.robot.torso_upright(data) < 0.1,
            {
                "stand_reward": stand,
                "small_control": control,
                "move": move,
                "standing": standing,
                "upright": upright,
            },
        )


class Slide(Stair):
    """Walk up and down slopes along x with 1 m/s; the reward is that of `Stair`."""

    view = View(60, -12, 8.0, (2.5, 0.0, 0.9))
    name = "slide"
    instruction = "Walk up a slope and down again."
    scene_description = "Slopes up and down ahead."
    scene = "slide"


def _pole(geom: str, body: str) -> bool:
    del body
    return "pole_r" in geom


class Pole(Task):
    """Go along x with 0.5 m/s through a forest of poles; whoever touches one gets a tenth."""

    view = View(30, -20, 7.0, (2.0, 0.0, 0.7))
    name = "pole"
    instruction = "Walk forward between the poles without touching them."
    scene_description = "A dense forest of poles."
    scene = "pole"
    success_bar = 700
    contact_rules: ClassVar = {"pole": ContactRule(_pole, except_geoms("floor"))}

    def evaluate(self, data: SimData, state: TaskState) -> StepResult:
        """Standing and moving, half each, times the poles' discount; ends under 0.5 m."""
        standing = reward_terms.standing(self.robot, data)
        upright = reward_terms.upright(self.robot, data)
        stand = standing * upright
        control = reward_terms.small_control(data)
        move = reward_terms.forward(self.robot, data, 0.5)
        discount = jnp.where(self.touch(data, "pole"), 0.1, 1.0)
        return step_result(
            (0.5 * control * stand + 0.5 * move) * discount,
            data.qpos[2] < 0.5,
            {
                "stand_reward": stand,
                "small_control": control,
                "move": move,
                "standing": standing,
                "upright": upright,
                "collision_discount": discount,
            },
        )
