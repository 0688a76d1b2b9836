"""Reach a point in space with the left hand."""

from __future__ import annotations

import jax.numpy as jnp

from metaworldx.envs import reward_terms
from metaworldx.envs.task import StepResult, View, step_result
from metaworldx.envs.tasks.goal import GoalMemory, GoalTask
from metaworldx.sim.data import SimData


class Reach(GoalTask):
    """Bring the left hand to a goal up to 2 m away to each side; nothing ends the episode."""

    view = View(distance=5.0)
    name = "reach"
    success_bar = 12000
    goal_low = (-2.0, -2.0, 0.2)
    goal_high = (2.0, 2.0, 2.0)

    def evaluate(self, r: SimData, memory: GoalMemory) -> StepResult:
        """Upright pelvis less motion, plus 5 within 1 m and another 10 within 5 cm."""
        hand_dist = reward_terms.distance(self.robot.left_hand(r), memory.goal)
        healthy = 5.0 * self.robot.pelvis_upright(r)
        motion = jnp.sum(self.robot.qvel(r) ** 2)
        close = jnp.where(hand_dist < 1.0, 5.0, 0.0)
        success = jnp.where(hand_dist < 0.05, 10.0, 0.0)
        return step_result(
            healthy - 0.0001 * motion + close + success,
            False,
            {
                "hand_dist": hand_dist,
                "healthy_reward": healthy,
                "motion_penalty": motion,
                "reward_close": close,
                "reward_success": success,
            },
            memory,
        )
