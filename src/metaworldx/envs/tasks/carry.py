"""Walk with a box in both arms: this project's own task."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import ClassVar

import jax
import jax.numpy as jnp
import numpy as np

from metaworldx.envs import reward_terms
from metaworldx.envs.robots import ROBOTS, RobotSpec, z_axis_z
from metaworldx.envs.task import ResetState, StepResult, Task, TaskState, step_result
from metaworldx.envs.tolerance import tolerance
from metaworldx.sim.data import SimData
from metaworldx.sim.model_index import ModelIndex

_SPEED = 1.0
"""Speed along x (m/s) from which `move` is 1."""
_ARM = (-0.3, 0.0, -0.3, 0.15)
"""Left shoulder pitch, roll and yaw and elbow (rad) that bring the forearms level in front of the
waist, turned inwards and rising a little, so that the box leans towards the torso. The elbow's
zero is a right angle."""
_PLACE = (0.26, 0.0, 0.25)
"""Where the box's centre lies when it is held, in the torso's frame (m; x forward, z up)."""
_FROM_HANDS = (-0.135, 0.0, 0.145)
"""From between the hands to the box's centre (m) when it lies 1 cm above the forearms."""


class Carry(Task):
    """Walk along x with 1 m/s and hold a box in front of the waist.

    MetaWorld-X has an expert for carrying, but HumanoidBench has no such task, so this one is
    ours. The box measures 0.26 x 0.4 x 0.2 m (depth, width, height), weighs 2 kg, has rubber-like
    friction and begins 1 cm above both forearms; H1 has no fingers, so it is carried on the
    forearms, elbows at about a right angle.

    The reward is that of walk, times how well the box is held, all between 0 and 1:

      stand_reward * small_control * move * box_place * box_upright * hands_on_box

    - `box_place`: 1 while the box's centre is within 0.1 m of where it lies in the arms, close in
      front of the torso and at the waist's height, both taken in the torso's frame (0.1 at 0.4 m);
    - `box_upright`: 1 while its z axis points up by 0.9 or more, linearly to 0 when it lies on a
      side;
    - `hands_on_box`: mean over the hands of 1 within 0.25 m of the box's centre (0.1 at 0.5 m);
      either hand rests about 0.2 m from it.

    The episode ends when the pelvis or the box's centre is lower than 0.5 m, and after 1000 steps.
    Standing still with the box earns a sixth of what walking does. The success bar of 700 is ours
    too: it is walk's.
    """

    name = "carry"
    instruction = "Walk forward carrying a box in both arms."
    scene_description = "A box in the robot's arms."
    scene = "carry"
    success_bar = 700
    robot_pose: ClassVar[Mapping[str, tuple[float, ...]]] = {
        "h1": (*ROBOTS["h1"].stand[:18], *_ARM, _ARM[0], -_ARM[1], -_ARM[2], _ARM[3])
    }
    object_qpos = (0.26, 0.0, 1.26, 1.0, 0.0, 0.0, 0.0)

    def __init__(self, spec: RobotSpec, layout: ModelIndex):
        super().__init__(spec, layout)
        self._box, self._torso = layout.body("carry_box"), layout.body("torso_link")
        self._box_qpos = layout.qpos("free_box")
        self._hands = np.array([layout.site("left_hand"), layout.site("right_hand")])

    def randomise(
        self, key: jax.Array, begin: ResetState, site_xpos: Callable[[jax.Array], jax.Array]
    ) -> ResetState:
        # Placed by the hands, as the pose's noise moves them by more than the gap to the box.
        between_hands = site_xpos(begin.qpos)[self._hands].mean(axis=0).astype(begin.qpos.dtype)
        box = between_hands + jnp.array(_FROM_HANDS, begin.qpos.dtype)
        return begin.replace(qpos=begin.qpos.at[self._box_qpos : self._box_qpos + 3].set(box))

    def evaluate(self, data: SimData, state: TaskState) -> StepResult:
        standing = reward_terms.standing(self.robot, data)
        upright = reward_terms.upright(self.robot, data)
        stand = standing * upright
        control = reward_terms.small_control(data)
        move = reward_terms.forward(self.robot, data, _SPEED)

        box = data.xpos[self._box]
        place = data.xpos[self._torso] + reward_terms.rotated(
            data.xquat[self._torso], jnp.array(_PLACE, box.dtype)
        )
        in_place = tolerance(reward_terms.distance(box, place), (0.0, 0.1), 0.3)
        box_upright = tolerance(
            z_axis_z(data.xquat[self._box]), (0.9, reward_terms.INF), 0.9, "linear", 0.0
        )
        hands_on = tolerance(
            reward_terms.hand_distances(self.robot, data, box), (0.0, 0.25), 0.25
        ).mean()
        return step_result(
            stand * control * move * in_place * box_upright * hands_on,
            (data.qpos[2] < 0.5) | (box[2] < 0.5),
            {
                "stand_reward": stand,
                "small_control": control,
                "move": move,
                "box_place": in_place,
                "box_upright": box_upright,
                "hands_on_box": hands_on,
                "standing": standing,
                "upright": upright,
            },
        )
