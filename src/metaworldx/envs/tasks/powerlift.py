"""Lift a dumbbell over the head."""

from __future__ import annotations

from metaworldx.envs import reward_terms
from metaworldx.envs.robots import RobotSpec
from metaworldx.envs.task import StepResult, Task, TaskState, step_result
from metaworldx.envs.tolerance import tolerance
from metaworldx.sim.data import SimData
from metaworldx.sim.model_index import ModelIndex


class Powerlift(Task):
    """Lift a dumbbell from the floor to a height of 2 m."""

    name = "powerlift"
    instruction = "Grasp the barbell with both hands, lift it and stand upright."
    scene_description = "A heavy barbell on the floor."
    scene = "powerlift"
    success_bar = 800
    object_qpos = (0.5, 0.0, 0.2, 1.0, 0.0, 0.0, 0.0)

    def __init__(self, spec: RobotSpec, layout: ModelIndex):
        super().__init__(spec, layout)
        self._dumbbell = layout.body("dumbbell")

    def evaluate(self, data: SimData, state: TaskState) -> StepResult:
        standing = reward_terms.standing(self.robot, data, margin=reward_terms.STAND_HEIGHT / 3)
        upright = reward_terms.upright(self.robot, data, low=0.8)
        stand = standing * upright
        control = reward_terms.small_control(data)
        lifted = tolerance(data.xpos[self._dumbbell, 2], (1.9, 2.1), 2.0)
        return step_result(
            0.2 * (control * stand) + 0.8 * lifted,
            data.qpos[2] < 0.2,
            {
                "stand_reward": stand,
                "small_control": control,
                "reward_dumbbell_lifted": lifted,
                "standing": standing,
                "upright": upright,
            },
        )
