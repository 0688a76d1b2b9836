"""Keep one's balance on a board that lies on a sphere."""

from __future__ import annotations

from typing import ClassVar

import jax

from metaworldx.envs import reward_terms
from metaworldx.envs.robots import ROBOTS
from metaworldx.envs.tasks.locomotion import Stand
from metaworldx.sim.contact_rules import ContactRule, except_geoms, geoms
from metaworldx.sim.data import SimData

_SPHERE, _BOARD = "pivot_sphere_collision", "stand_board_collision"
_ON_BOARD = (0.0, 0.0, 0.37, 1.0, 0.0, 0.0, 0.0)
_ON_FLOOR = (0.0, 0.0, 0.17, 1.0, 0.0, 0.0, 0.0)


class BalanceSimple(Stand):
    """Stand on a board on a fixed sphere: `Stand`'s reward with the head 0.37 m higher.

    The episode ends when the pelvis sinks below 0.8 m, when the sphere touches anything but
    floor and board, and when anything but the sphere touches the floor.
    """

    name = "balance_simple"
    instruction = "Stand on the board and keep balance."
    scene_description = "A board that rests on a sphere that cannot roll."
    scene = "balance_simple"
    min_collisions = "body"
    head_height = reward_terms.STAND_HEIGHT + 0.37
    robot_pose: ClassVar = {
        robot: (-0.1, 0.0, 1.38, *ROBOTS[robot].stand[3:]) for robot in ("h1", "h1hand")
    }
    object_qpos = _ON_BOARD
    contact_rules: ClassVar = {
        "sphere": ContactRule(geoms(_SPHERE), except_geoms("floor", _BOARD)),
        "floor": ContactRule(geoms("floor"), except_geoms(_SPHERE)),
    }

    def lost(self, data: SimData) -> jax.Array:
        """Whether the balance is lost, bool."""
        return (data.qpos[2] < 0.8) | self.touch(data, "sphere") | self.touch(data, "floor")


class BalanceHard(BalanceSimple):
    """The sphere can roll."""

    name = "balance_hard"
    instruction = "Stand on the board and keep balance."
    scene_description = "A board that rolls on a sphere."
    scene = "balance_hard"
    object_qpos = _ON_BOARD + _ON_FLOOR
