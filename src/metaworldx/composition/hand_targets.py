"""Hand targets shared by tasks: one position for both hands, a goal within the arm's reach."""

from __future__ import annotations

import jax
import jax.numpy as jnp

from metaworldx.motion.builtin.reach import ARM, SHOULDER, SIDE, UP
from metaworldx.motion.kinematics import to_heading


def within_reach(goal: jax.Array, pelvis: jax.Array, yaw: jax.Array) -> jax.Array:
    """Target of the left hand for a goal `[3]`, m, limited to the skill's range of targets.

    These lie about the shoulder, ahead and to the outside (`motion.builtin.reach`). With targets
    beyond them, a robot leans after its arm until it falls.

    Args:
      goal, pelvis: in the world `[3]`, the ground at z = 0.
      yaw: heading of the pelvis, rad.
    """
    shoulder = jnp.array(SHOULDER, jnp.float32)
    below = jnp.append(pelvis[:2], 0.0)
    off = to_heading(goal - below, yaw) - shoulder
    far = jnp.linalg.norm(off)
    side = jnp.clip(jnp.arctan2(off[1], off[0]), *SIDE)
    up = jnp.clip(jnp.arcsin(jnp.clip(off[2] / jnp.maximum(far, 1e-6), -1.0, 1.0)), *UP)
    level = jnp.stack([jnp.cos(up) * jnp.cos(side), jnp.cos(up) * jnp.sin(side), jnp.sin(up)])
    place = shoulder + jnp.clip(far, *ARM) * level
    return to_heading(place, -yaw) + below


def both(place: jax.Array, aside: float = 0.0) -> jax.Array:
    """Targets of both hands `[2, 3]`, offset by `aside` to each side along y (m)."""
    return place + jnp.array([[0.0, aside, 0.0], [0.0, -aside, 0.0]])
