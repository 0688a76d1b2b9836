"""Hand targets that tasks share: a place for both hands, a goal as far as an arm reaches."""

from __future__ import annotations

import jax
import jax.numpy as jnp

from metaworldx.motion.builtin.reach import ARM, SHOULDER, SIDE, UP
from metaworldx.motion.kinematics import to_heading


def within_reach(goal: jax.Array, pelvis: jax.Array, yaw: jax.Array) -> jax.Array:
    """Where the left hand goes for a goal `[3]`, m: there, or as far its way as targets lie.

    Targets of the skill lie about the shoulder, ahead and to the outside (`motion.builtin.reach`);
    a robot that is asked for more leans after its arm until it falls.

    Args:
      goal, pelvis: in the world `[3]`, the ground at z = 0.
      yaw: where the pelvis heads, rad.
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
    """A place for either hand `[2, 3]`, so far to each side along y (m)."""
    return place + jnp.array([[0.0, aside, 0.0], [0.0, -aside, 0.0]])
