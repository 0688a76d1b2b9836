"""Arms led to places in the world, wherever the legs carry the robot: resolved-rate control."""

from __future__ import annotations

import jax
import jax.numpy as jnp

from metaworldx.experts.body_frame import ROBOT, BodyFrame, arm_gains, arm_hinges
from metaworldx.motion.kinematics import to_heading

_STEP = 0.08
"""How far from a hand its place counts at once (m)."""
_TURN = 0.25
"""What a hinge is asked to turn at once, at most (rad)."""


def arm_ik(body: BodyFrame, hand_targets: jax.Array) -> jax.Array:
    """Joint targets that bring hands to places: either arm's hinges `[2, 4]`, rad.

    `q + J^+ (place - hand)`, J the hands' Jacobian where the arms are, its inverse damped (Whitney
    1969; Wampler 1986).

    Args:
      places: in the world, left first `[2, 3]`, m.
    """
    qpos = body.qpos
    off = jax.vmap(lambda place: to_heading(place - qpos[:3], body.yaw))(hand_targets) - body.hands
    far = jnp.linalg.norm(off, axis=-1, keepdims=True)
    off = off * jnp.minimum(1.0, _STEP / jnp.maximum(far, 1e-6))
    turns = jnp.einsum("hji,hi->hj", arm_gains(ROBOT, qpos), off)
    return qpos[7 + arm_hinges(ROBOT)] + jnp.clip(turns, -_TURN, _TURN)
