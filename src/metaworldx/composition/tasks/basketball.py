"""Composition of basketball: the hands catch the ball before the chest and hold it there."""

from __future__ import annotations

import jax
import jax.numpy as jnp

from metaworldx.composition.affordances import Affordances, ComposedTask, TargetsFn, affordances
from metaworldx.composition.hand_targets import both
from metaworldx.envs.task import Task, TaskState
from metaworldx.motion.kinematics import heading, to_heading
from metaworldx.sim.data import SimData

# Catching a ball: hands ahead of the pelvis, to either side and over it, m, but for the shares.
_READY = (0.295, 0.165, 0.18)
"""Before the touch: forearms level under the ball's way, so that it meets the chest over them."""
_KEEP = (0.346, 0.06, 0.12)
"""After it, to which `_WITH_THE_BALL` is added: hands nearly meet beyond the ball."""
_WITH_THE_BALL = (0.2, 0.0, 0.55)
"""Share of the ball's own distance and height that they follow."""
_TURNED_WITH_IT = 0.42
"""Share of the ball's angle from the front by which the hands are turned with it."""
_MOST_ASIDE = 1.5
"""A ball farther to a side than this (rad) is as good as there: the angle jumps behind the back."""


def _affordances(task: Task) -> TargetsFn:
    """Hands before the chest, where the ball falls between them; then they keep it there.

    These places catch the ball, not an expert: arms are led to them by inverse kinematics.
    """
    ball, robot = task.layout.body("basketball"), task.robot

    def read(data: SimData, state: TaskState) -> Affordances:
        at = data.xpos[ball]
        pelvis, yaw = robot.pelvis_position(data), heading(robot.pelvis_orientation(data))
        seen = to_heading(at - pelvis, yaw)
        hand_targets = to_heading(catching_places(seen, state.throwing), -yaw) + pelvis
        return affordances(hand_targets, (True, True))

    return read


def catching_places(ball: jax.Array, touched: jax.Array) -> jax.Array:
    """Where hands go to catch a ball and to keep it between forearms and chest `[2, 3]`, m.

    Either is turned towards the ball by a share of its angle from the front.

    Args:
      ball: from the pelvis, along its heading `[3]`, as places are.
      touched: whether the ball has touched anything yet, bool.
    """
    keep = jnp.array(_KEEP) + jnp.array(_WITH_THE_BALL) * jnp.array(
        [jnp.linalg.norm(ball[:2]), 0.0, ball[2]]
    )
    ahead, aside, up = jnp.where(touched, keep, jnp.array(_READY))
    angle = jnp.clip(jnp.arctan2(ball[1], ball[0]), -_MOST_ASIDE, _MOST_ASIDE)
    return to_heading(both(jnp.stack([ahead, 0.0, up]), aside), -_TURNED_WITH_IT * angle)


COMPOSED = ComposedTask(_affordances, reference_schedule=(("stand", 870_000), ("reach", 2_000_000)))
