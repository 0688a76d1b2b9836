"""Catch a ball and throw it into a hoop."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
import numpy as np
from flax import struct

from metaworldx.envs import reward_terms
from metaworldx.envs.robots import RobotSpec
from metaworldx.envs.task import ResetState, StepResult, Task, View, progress, step_result
from metaworldx.envs.tolerance import tolerance
from metaworldx.sim.contact_rules import ContactRule, geoms
from metaworldx.sim.data import SimData
from metaworldx.sim.model_index import ModelIndex


@struct.dataclass
class BasketballState:
    """State of the ball game.

    Attributes:
      throwing: whether the ball has been touched and is now to be thrown, bool scalar.
    """

    throwing: jax.Array


class Basketball(Task):
    """Catch the flying ball, then throw it: 1000 and the end when it is within 5 cm of the hoop.

    The stage changes from catch to throw as soon as the ball touches anything at all, be it
    the floor, and never back.
    """

    view = View(70, -10, 7.5, (1.6, 0.0, 1.4))
    name = "basketball"
    instruction = "Stand ready, catch the ball with both hands and throw it into the basket."
    scene_description = "A ball flies towards the robot; a basket hangs some metres ahead."
    scene = "basketball"
    max_episode_steps = 500
    success_bar = 1200
    camera = "cam_basketball"
    milestone_names = ("hands at the ball", "ball high", "ball in the hoop")
    object_qpos = (0.35, 0.9, 2.0, 1.0, 0.0, 0.0, 0.0)
    contact_rules: ClassVar = {"ball": ContactRule(geoms("basketball_collision"))}

    def __init__(self, spec: RobotSpec, layout: ModelIndex):
        super().__init__(spec, layout)
        self._ball = layout.body("basketball")
        self._ball_qpos = layout.qpos("free_basketball")
        self._ball_qvel = layout.qvel("free_basketball")
        self._hoop = layout.site("hoop_center")
        self._left_hand = layout.site("left_hand")

    def randomise(
        self, key: jax.Array, begin: ResetState, site_xpos: Callable[[jax.Array], jax.Array]
    ) -> ResetState:
        """The ball comes from up to 1.45 rad off the front, 1.5 m away, with 7.5 m/s.

        It starts 0.39 m above the left hand, which is why the sites' places are asked for.
        """
        angle = jax.random.uniform(key, (), begin.qpos.dtype, -1.45, 1.45)
        outward = jnp.stack([jnp.cos(angle), jnp.sin(angle)])
        height = 0.3924 + site_xpos(begin.qpos)[self._left_hand, 2]
        ball, velocity = self._ball_qpos, self._ball_qvel
        return replace(
            begin,
            qpos=begin.qpos.at[ball : ball + 2].set(1.5 * outward).at[ball + 2].set(height),
            qvel=begin.qvel.at[velocity : velocity + 2].set(-7.5 * outward),
            memory=BasketballState(jnp.zeros((), bool)),
        )

    def evaluate(self, data: SimData, state: BasketballState) -> StepResult:
        """The running stage's reward, plus 1000 for a hit; a hit or a fallen ball or robot ends."""
        throwing = state.throwing | self.touch(data, "ball")
        stand, control = reward_terms.stand(self.robot, data), reward_terms.small_control(data)
        ball = data.xpos[self._ball]
        farther_hand = reward_terms.hand_distances(self.robot, data, ball).max()
        proximity = tolerance(farther_hand, (0.0, 0.2), margin=1.0)
        to_hoop = reward_terms.distance(ball, data.site_xpos[self._hoop])
        aim = tolerance(to_hoop, margin=7.0, sigmoid="linear")
        scored = to_hoop < 0.05
        reward = jnp.where(
            throwing,
            0.15 * stand * control + 0.05 * proximity + 0.8 * aim,
            0.5 * stand * control + 0.5 * proximity,
        )
        return step_result(
            reward + jnp.where(scored, 1000.0, 0.0),
            (data.qpos[self._ball_qpos + 2] < 0.5) | (data.qpos[2] < 0.5) | scored,
            {
                "reward_hand_proximity": proximity,
                "reward_ball_success": aim,
                "stand_reward": stand,
                "small_control": control,
            },
            BasketballState(throwing),
            success=scored,
            success_subtasks=throwing,
        )

    def milestones(self, data: SimData, state: BasketballState) -> jax.Array:
        """Farther hand within 0.25 m of the ball, ball 1.8 m high, 5 cm from the hoop."""
        ball = data.xpos[self._ball]
        hands = jnp.stack([self.robot.left_hand(data), self.robot.right_hand(data)])
        away = jnp.linalg.norm(hands - ball, axis=-1).max()
        missed = jnp.linalg.norm(ball - data.site_xpos[self._hoop])
        return progress(0.25 / away, ball[2] / 1.8, 0.05 / missed)

    def memory_of_record(self, record: Mapping[str, Any]) -> BasketballState:
        """The recorded stage."""
        return BasketballState(jnp.asarray(record["stage"] == "throw"))

    def record_of_memory(self, state: BasketballState) -> dict[str, Any]:
        """The stage, catch or throw."""
        return {"stage": "throw" if bool(np.asarray(state.throwing)) else "catch"}
