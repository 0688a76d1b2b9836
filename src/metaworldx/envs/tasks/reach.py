"""Reach a point in space with the left hand."""

from __future__ import annotations

import jax
import jax.numpy as jnp

from metaworldx.envs import reward_terms
from metaworldx.envs.task import StepResult, View, progress, step_result
from metaworldx.envs.tasks.goal import GoalState, GoalTask
from metaworldx.sim.data import SimData


class Reach(GoalTask):
    """Bring the left hand to a goal up to 2 m away to each side; nothing ends the episode."""

    view = View(distance=5.0)
    name = "reach"
    instruction = "Stand and reach for a point with the left hand."
    scene_description = "A point within two metres."
    success_bar = 12000
    goal_low = (-2.0, -2.0, 0.2)
    goal_high = (2.0, 2.0, 2.0)
    milestone_names = ("hand near its goal", "hand at its goal")

    def evaluate(self, data: SimData, state: GoalState) -> StepResult:
        """Upright pelvis less motion, plus 5 within 1 m and another 10 within 5 cm."""
        hand_dist = reward_terms.distance(self.robot.left_hand(data), state.goal)
        healthy = 5.0 * self.robot.pelvis_upright(data)
        motion = jnp.sum(self.robot.qvel(data) ** 2)
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
            state,
        )

    def milestones(self, data: SimData, state: GoalState) -> jax.Array:
        """Left hand within 0.5 m and within 0.1 m of its goal."""
        away = jnp.linalg.norm(self.robot.left_hand(data) - state.goal)
        return progress(0.5 / away, 0.1 / away)
