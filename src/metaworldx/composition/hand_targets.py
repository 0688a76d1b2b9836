"""Where hands go next in what they do to a thing: press a lever, push a box, keep a ball."""

from __future__ import annotations

import jax
import jax.numpy as jnp

from metaworldx.motion.builtin.reach import ARM, SHOULDER, SIDE, UP
from metaworldx.motion.kinematics import to_heading

# Pressing a door's lever, m.
GRIP = (-0.141, -0.1, 0.0)
"""Where a hand presses the handle, from the hatch."""
TURNED = 0.3
"""A handle turned by more (rad) has a hand on it: its spring takes it back otherwise."""
_OVER_X = (-0.03, 0.03)
_OVER_Z = 0.04
_LIFT, _PRESS = 0.12, -0.10
_BACK = (-0.16, 0.0, 0.2)

# Pushing a box, m but for the cosine and the share.
_ROUND = 0.22
"""A hand goes round the box at this distance from its centre; the box's corners are at 0.14."""
_BEHIND = 0.9
"""A hand is behind the box when its direction from it is the way's, turned round, by this cosine
(26 degrees) or more."""
_THROUGH = 0.1
"""It then pushes towards a place so far beyond the box's centre."""
_OVER = 0.05
"""Hands' places are so high over the box's centre: an arm sags by that, on the table it sticks."""
_SHY = 0.5
"""Share of the way to the side by which the aim is short of the goal. A hand that comes from the
robot, which walks, shoves the box ahead too far, and nothing brings it back."""

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


def handle_place(hand: jax.Array, grip: jax.Array, angle: jax.Array) -> jax.Array:
    """Where a hand goes next to press a lever down: back from under it, over it, down `[3]`, m.

    A hand that is over the lever is not moved along it or across, lest it push the robot away.

    Args:
      hand: `[3]`, in the world.
      grip: a point `-GRIP[1]` from the lever's axis, as the lever is level `[3]`.
      angle: by which the lever is turned, rad.
    """
    off = hand - grip
    across = jnp.clip(off[0], *_OVER_X)
    high = off[2] > _OVER_Z + GRIP[1] * jnp.sin(angle)
    over = high & (off[0] > _OVER_X[0] - 0.03) & (jnp.abs(off[1]) < 0.1)
    down = jnp.stack([across, 0.0, _PRESS])
    up = jnp.where(high, jnp.stack([across, 0.0, _LIFT]), jnp.array(_BACK))
    return grip + jnp.where(over | (angle > TURNED), down, up)


def push_place(hand: jax.Array, box: jax.Array, goal: jax.Array) -> jax.Array:
    """Where a hand goes next to push a box to a goal: round it until behind it, then on `[3]`, m.

    Args:
      hand, box, goal: `[3]`, in the world.
    """
    way = (goal - box)[:2]
    along = _unit(way - jnp.array([_SHY * jnp.abs(way[1]), 0.0]))
    from_box = _unit((hand - box)[:2])
    behind = -jnp.dot(along, from_box) > _BEHIND
    off = jnp.where(behind, _THROUGH * along, _ROUND * _unit(from_box - along))
    return box + jnp.append(off, _OVER)


def _unit(x: jax.Array) -> jax.Array:
    return x / jnp.maximum(jnp.linalg.norm(x), 1e-6)


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
