"""Observation of a router in every task: the robot, and the affordances in its heading frame."""

from __future__ import annotations

import jax
import jax.numpy as jnp

from metaworldx.composition.affordances import MILESTONES, Affordances
from metaworldx.experts.body_frame import BodyFrame
from metaworldx.motion.kinematics import to_heading

OBS_SIZE = 28 + 2 * MILESTONES
_NEAR, _WAY = 1.5, 3.0
"""Bounds of the hands' errors and of the distance to the goal (m)."""


def router_observation(body: BodyFrame, scene: Affordances, reached: jax.Array) -> jax.Array:
    """Observation of one robot `[OBS_SIZE]`.

    Height over the soles (m), tilt, velocity along the heading (m/s), angular velocity (rad/s).
    Hands from the pelvis and their targets from the hands in the heading frame (m; 0 without one),
    and whether each hand has one. Vector and distance to the goal (m; 0 without one), milestones,
    and their running maxima.

    Args:
      reached: running maximum of each milestone `[MILESTONES]`.
    """
    qpos, yaw = body.qpos, body.yaw
    hand_targets = jax.vmap(lambda place: to_heading(place - qpos[:3], yaw))(scene.hand_targets)
    away = jnp.where(
        scene.has_target[:, None], jnp.clip(hand_targets - body.hands, -_NEAR, _NEAR), 0.0
    )
    way = to_heading(jnp.append(scene.goal - qpos[:2], 0.0), yaw)[:2]
    far = jnp.linalg.norm(way)
    way = jnp.where(scene.has_goal, way * jnp.minimum(1.0, _WAY / jnp.maximum(far, 1e-6)), 0.0)
    parts = (
        body.height[None],
        body.up,
        body.velocity,
        body.qvel[3:6],
        body.hands.reshape(-1),
        away.reshape(-1),
        scene.has_target.astype(qpos.dtype),
        way,
        scene.has_goal.astype(qpos.dtype)[None],
        jnp.where(scene.has_goal, jnp.minimum(far, _WAY), 0.0)[None],
        scene.milestones,
        reached,
    )
    return jnp.concatenate(parts)
