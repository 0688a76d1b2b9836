"""Inverse kinematics of the arms for hand targets in the world: resolved-rate control."""

from __future__ import annotations

import jax
import jax.numpy as jnp

from metaworldx.experts.body_frame import ROBOT, BodyFrame, arm_gains, arm_hinges
from metaworldx.motion.kinematics import to_heading

_STEP = 0.08
"""Greatest hand error per step (m)."""
_TURN = 0.25
"""Greatest change of a hinge per step (rad)."""


def arm_ik(body: BodyFrame, hand_targets: jax.Array) -> jax.Array:
    """Joint targets that move hands to their targets: each arm's hinges `[2, 4]`, rad.

    `q + J^+ (target - hand)`, J the hands' Jacobian where the arms are, its inverse damped (Whitney
    1969; Wampler 1986).

    Args:
      hand_targets: in the world, left first `[2, 3]`, m.
    """
    qpos = body.qpos
    off = jax.vmap(lambda place: to_heading(place - qpos[:3], body.yaw))(hand_targets) - body.hands
    far = jnp.linalg.norm(off, axis=-1, keepdims=True)
    off = off * jnp.minimum(1.0, _STEP / jnp.maximum(far, 1e-6))
    turns = jnp.einsum("hji,hi->hj", arm_gains(ROBOT, qpos), off)
    return qpos[7 + arm_hinges(ROBOT)] + jnp.clip(turns, -_TURN, _TURN)
