"""Following a clip: where in it the robot is, and what is asked of it from where it stands."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from flax import struct

from metaworldx.experts.reference import References, target_at
from metaworldx.motion.clip import COMMAND
from metaworldx.motion.kinematics import heading, to_heading, wrapped

MAX_TURN_RATE = 0.5
"""The greatest turn rate (rad/s) that a wrong heading asks for."""
_PLACES = ("left_hand", "right_hand", "seat")


@struct.dataclass
class Follow:
    """What following a clip needs to remember; scalars but for the last two.

    Attributes:
      clip: its number, int32.
      seconds: since the clip began.
      heading: where the robot is to head, rad.
      anchor: place (m) and heading (rad) from which the command's places count `[3]`.
      command: what is asked `[11]`; at first the clip's own.
    """

    clip: jax.Array
    seconds: jax.Array
    heading: jax.Array
    anchor: jax.Array
    command: jax.Array


def begin_following(
    refs: References, clip: jax.Array, seconds: jax.Array, qpos: jax.Array
) -> Follow:
    """Follows a clip from where the robot stands, heading as it does."""
    yaw = heading(qpos[3:7]) - target_at(refs, clip, seconds).yaw
    anchor = jnp.concatenate([qpos[:2], yaw[None]])
    return Follow(clip, seconds, yaw, anchor, refs.command[clip])


def moved_on(refs: References, follow: Follow, dt: float) -> Follow:
    """One control step later."""
    return follow.replace(
        seconds=follow.seconds + dt, heading=follow.heading + dt * refs.turn_rate[follow.clip]
    )


def command_now(refs: References, follow: Follow, qpos: jax.Array, gain: jax.Array | float):
    """The command `[11]` as it is from where the robot is.

    The turn rate also asks for the heading back that was lost; places stay where they are in the
    world while the robot moves.

    Args:
      qpos: the robot's own `[7 + J]`.
      gain: turn rate by lost heading, 1/s.
    """
    yaw = heading(qpos[3:7])
    sway = target_at(refs, follow.clip, follow.seconds).yaw
    lost = wrapped(follow.heading + sway - yaw)
    turn = refs.turn_rate[follow.clip] + jnp.clip(gain * lost, -MAX_TURN_RATE, MAX_TURN_RATE)
    command = follow.command.at[COMMAND["turn_rate"]].set(turn)
    floor = jnp.concatenate([follow.anchor[:2], jnp.zeros(1)])
    here = jnp.concatenate([qpos[:2], jnp.zeros(1)])
    for name in _PLACES:
        place = follow.command[COMMAND[name]]
        world = floor + to_heading(place, -follow.anchor[2])
        seen = to_heading(world - here, yaw)
        command = command.at[COMMAND[name]].set(jnp.where(jnp.any(place != 0.0), seen, 0.0))
    return command
