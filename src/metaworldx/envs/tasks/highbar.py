"""Swing up on a high bar until upside down."""

from __future__ import annotations

from typing import ClassVar

from metaworldx.envs import reward_terms
from metaworldx.envs.task import StepResult, Task, TaskState, View, step_result
from metaworldx.envs.tolerance import tolerance
from metaworldx.sim.data import SimData

_LEGS_AND_TORSO = (0.0,) * 11
_LEFT_ARM, _RIGHT_ARM = (0.0, 3.11, 0.0, 1.49), (0.0, -3.11, 0.0, 1.49)

_STRONG_LEFT_ARM, _STRONG_RIGHT_ARM = (0.0, 3.11, 0.0, 1.6, 0.0), (0.0, -3.11, 0.0, 1.6, 0.0)
_WRIST = (0.11, 0.33)
# Fingers clasped around the bar: first, middle and ring finger, little finger, thumb.
_FINGER_POSE = (0.0, 1.3, 0.7, 1.7)
_HAND_POSE = (
    *_WRIST,
    *(3 * _FINGER_POSE),
    *(0.1, 0.0, 1.2, 0.77, 1.62),
    *(0.31, 1.35, 0.27, 0.27, 1.45),
)
# Actuators come in another order, thumb first, and close each finger with one tendon.
_FINGER_HOLD = (0.0, 1.57, 2.5)
_HAND_HOLD = (
    *_WRIST,
    *(1.05, 1.22, 0.209, 0.698, 1.57),
    *(3 * _FINGER_HOLD),
    *(0.785, *_FINGER_HOLD),
)


class HighBarSimple(Task):
    """Hang on a bar with both forearms tied to it and swing the feet up to 4.8 m."""

    view = View(distance=6.5, offset=(0.2, 0.0, 2.3))
    name = "highbar_simple"
    instruction = "Hold on to the bar with both hands and swing until upside down."
    scene_description = "The hands are tied to a bar high above the floor."
    scene = "highbar_simple"
    success_bar = 750
    # HumanoidBench turns its noise off within the first reset, after that reset has used it, so
    # only an environment's first episode is noisy there; here every episode begins like that one.
    # Being upside down is the aim; a lost grip ends the episode by the head's height.
    can_fall = False
    robot_pose: ClassVar = {
        "h1": (0.27, 0.0, 1.74, 1.0, 0.0, 0.0, 0.0, *_LEGS_AND_TORSO, *_LEFT_ARM, *_RIGHT_ARM)
    }
    hold: ClassVar = {"h1": (*_LEGS_AND_TORSO, *_LEFT_ARM, *_RIGHT_ARM)}

    def evaluate(self, data: SimData, state: TaskState) -> StepResult:
        """Upside down times feet times control; ends with the head under 2 m."""
        upside_down = tolerance(
            -self.robot.torso_upright(data), (0.9, reward_terms.INF), 1.9, "linear", 0.0
        )
        feet_height = (self.robot.left_foot_height(data) + self.robot.right_foot_height(data)) / 2.0
        feet = (1.0 + tolerance(feet_height, (4.8, reward_terms.INF), 2.0, "linear", 0.0)) / 2.0
        control = reward_terms.small_control(data)
        return step_result(
            upside_down * feet * control,
            self.robot.head_height(data) < 2.0,
            {"upright_reward": upside_down, "feet_reward": feet, "small_control": control},
        )


class HighBarHard(HighBarSimple):
    """Nothing ties the robot to the bar: its fingers must hold on."""

    name = "highbar_hard"
    instruction = "Hold on to the bar with both hands and swing until upside down."
    scene_description = "A bar high above the floor that both hands hold."
    scene = "highbar_hard"
    robot_pose: ClassVar = {
        "h1strong": (
            *(0.27, 0.0, 1.62, 1.0, 0.0, 0.0, 0.0),
            *_LEGS_AND_TORSO,
            *(*_STRONG_LEFT_ARM, *_HAND_POSE),
            *(*_STRONG_RIGHT_ARM, *_HAND_POSE),
        )
    }
    hold: ClassVar = {
        "h1strong": (
            *_LEGS_AND_TORSO,
            *(*_STRONG_LEFT_ARM, *_STRONG_RIGHT_ARM),
            *(*_HAND_HOLD, *_HAND_HOLD),
        )
    }
