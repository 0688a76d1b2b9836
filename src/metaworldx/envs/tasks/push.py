"""Push a box on a table to a goal with the left hand."""

from __future__ import annotations

from typing import ClassVar

import jax
import jax.numpy as jnp

from metaworldx.envs import reward_terms
from metaworldx.envs.robots import ROBOTS, RobotSpec
from metaworldx.envs.task import StepResult, progress, step_result
from metaworldx.envs.tasks.goal import GoalState, GoalTask
from metaworldx.sim.data import SimData
from metaworldx.sim.model_index import ModelIndex

_HAND = ROBOTS["h1hand"].stand
_LEFT_WRIST_YAW, _RIGHT_WRIST_YAW = 22, 47


class Push(GoalTask):
    """Push the box to within 5 cm of the goal, which pays 1000 and ends the episode."""

    name = "push"
    instruction = "Stand before the table, reach for the box and push it to the goal."
    scene_description = "A table with a box on it and a mark to push it to."
    scene = "push"
    max_episode_steps = 500
    success_bar = 700
    camera = "cam_tabletop"
    # h1hand starts with its palms turned, both wrists at 1.57 rad.
    robot_pose: ClassVar = {
        "h1hand": tuple(
            1.57 if i in (_LEFT_WRIST_YAW, _RIGHT_WRIST_YAW) else q for i, q in enumerate(_HAND)
        )
    }
    object_qpos = (0.7, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0)
    goal_low = (0.7, -0.5, 1.0)
    goal_high = (1.0, 0.5, 1.0)
    milestone_names = ("hand at the box", "box moved", "box at its goal")

    def __init__(self, spec: RobotSpec, layout: ModelIndex):
        super().__init__(spec, layout)
        position, velocity = layout.qpos("free_object"), layout.qvel("free_object")
        self._body = layout.body("object")
        self._box = slice(position, position + 3)
        self._box_velocity = slice(velocity, velocity + 3)

    def observe(self, data: SimData, state: GoalState) -> jax.Array:
        """As for every goal, then the box's position (m) and linear velocity (m/s)."""
        seen = super().observe(data, state)
        return jnp.concatenate([seen, data.qpos[self._box], data.qvel[self._box_velocity]])

    def evaluate(self, data: SimData, state: GoalState) -> StepResult:
        """Minus the box's and a tenth of the hand's distance, plus 1000 on arrival."""
        box = data.qpos[self._box]
        target_dist = reward_terms.distance(box, state.goal)
        hand_dist = reward_terms.distance(self.robot.left_hand(data), box)
        arrived = target_dist < 0.05
        success = jnp.where(arrived, 1000.0, 0.0)
        return step_result(
            success - 0.1 * hand_dist - target_dist,
            arrived,
            {"target_dist": target_dist, "hand_dist": hand_dist, "reward_success": success},
            state,
            success=arrived,
        )

    def milestones(self, data: SimData, state: GoalState) -> jax.Array:
        """Nearer hand within 0.3 m of the box, box 0.1 m from its start, 5 cm from its goal."""
        at, start = data.xpos[self._body], jnp.array(self.object_qpos[:3])
        hands = jnp.stack([self.robot.left_hand(data), self.robot.right_hand(data)])
        # As the reward measures it: bodies' positions are a substep older.
        far = jnp.linalg.norm(state.goal - data.qpos[self._box])
        near = jnp.linalg.norm(hands - at, axis=-1).min()
        moved = jnp.linalg.norm((at - start)[:2])
        return progress(0.3 / near, moved / 0.1, 0.05 / jnp.maximum(far, 1e-6))
