"""Observation of an expert: proprioception in the heading frame, phase, and command."""

from __future__ import annotations

import jax
import jax.numpy as jnp

from metaworldx.experts.body_frame import BodyFrame
from metaworldx.motion.kinematics import robot_tree


def robot_features(body: BodyFrame) -> jax.Array:
    """Proprioception without position and heading `[..., 16 + 2 J]`.

    Height over the soles (m), centers of the soles from the pelvis (m), tilt, velocity along the
    heading (m/s), angular velocity in the pelvis's frame (rad/s), hinges (rad), their velocities
    (rad/s).
    """
    middles = body.soles.mean(axis=-2)
    parts = (
        body.height[..., None],
        middles.reshape(*middles.shape[:-2], 6),
        body.up,
        body.velocity,
        body.qvel[..., 3:6],
        body.qpos[..., 7:],
        body.qvel[..., 6:],
    )
    return jnp.concatenate(parts, axis=-1)


def phase_features(phase: jax.Array, loop: jax.Array) -> jax.Array:
    """Phase as a point on the unit circle `[..., 2]`; on half of it for clips that end.

    Args:
      phase: 0 to 1, `[...]`.
    """
    angle = jnp.where(loop, 2.0, 1.0) * jnp.pi * phase
    return jnp.stack([jnp.sin(angle), jnp.cos(angle)], axis=-1)


def observation_size(robot: str) -> int:
    """Size of `expert_observation`, `39 + 2 J`."""
    return 39 + 2 * len(robot_tree(robot).joints)


def expert_observation(
    body: BodyFrame, errors: jax.Array, phase: jax.Array, command: jax.Array
) -> jax.Array:
    """Observation of an expert, without a preview of the reference `[..., 39 + 2 J]`.

    Args:
      errors: `balance_errors` relative to the reference `[..., 10]`.
      phase: `phase_features`, `[..., 2]`.
      command: `[..., 11]`.
    """
    return jnp.concatenate([robot_features(body), errors, phase, command], axis=-1)
