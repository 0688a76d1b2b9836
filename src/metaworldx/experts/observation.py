"""What an expert observes: the robot relative to its own heading and place, phase, command."""

from __future__ import annotations

import jax
import jax.numpy as jnp

from metaworldx.experts.body_frame import BodyFrame
from metaworldx.motion.kinematics import robot_tree


def robot_features(body: BodyFrame) -> jax.Array:
    """The robot's own numbers without its place and heading `[..., 16 + 2 J]`.

    Height over the soles (m), places of the soles' middles from the pelvis (m), tilt, velocity
    along the heading (m/s), spin in the pelvis's frame (rad/s), hinges (rad), their velocities
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
    """A point on the circle `[..., 2]`: all of it for loops, half of it for what ends.

    Args:
      phase: 0 to 1, `[...]`.
    """
    angle = jnp.where(loop, 2.0, 1.0) * jnp.pi * phase
    return jnp.stack([jnp.sin(angle), jnp.cos(angle)], axis=-1)


def observation_size(robot: str) -> int:
    """How many numbers `expert_observation` has, `39 + 2 J`."""
    return 39 + 2 * len(robot_tree(robot).joints)


def expert_observation(
    body: BodyFrame, errors: jax.Array, phase: jax.Array, command: jax.Array
) -> jax.Array:
    """What an expert observes, but for what it may see ahead `[..., 39 + 2 J]`.

    Args:
      errors: how the robot departs from its reference, `balance_errors` `[..., 10]`.
      phase: `phase_features`, `[..., 2]`.
      command: `[..., 11]`.
    """
    return jnp.concatenate([robot_features(body), errors, phase, command], axis=-1)
